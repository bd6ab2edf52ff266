// A register as bits: click those to be written, write them under a name, see which bits move.

import { make, onKeys, say, sayFirst } from "./dom.js";

const MASK64 = (1n << 64n) - 1n;

// What a write does is data: the masks of the bits that it sets, clears and loads.
function written(rule, cell, value) {
  const kept = cell & ~(value & rule.clears) & ~rule.loads;
  return (kept | (value & (rule.sets | rule.loads))) & MASK64;
}

function hex(value) {
  return `0x${value.toString(16)}`;
}

class Bits {
  constructor(model) {
    this.model = model;
    this.story = JSON.parse(model.get("register"));
    for (const name of this.story.names)
      for (const kind of ["sets", "clears", "loads"]) name[kind] = BigInt(name[kind]);
    this.cells = [];
    this.heading = make("h2", { class: "bt-heading" });
    this.sentence = make("p", { class: "pl-sentence", "aria-live": "polite" });
    const fields = this.story.fields.map((field) => this.field(field));
    this.root = make(
      "div",
      {
        class: "pmulab-view pmulab-bits",
        role: "group",
        "aria-label": `Bits of ${this.story.title}`,
        "data-lm-suppress-shortcuts": "true",
      },
      this.heading,
      make("p", { class: "bd-record", text: this.story.meaning }),
      this.sentence,
      make("div", { class: "bt-fields" }, this.legend(), ...fields),
      this.controls(),
    );
    this.deaf = onKeys(this.root, (e) => this.key(e));
    this.changed = () => this.draw();
    this.model.on("change:state change:operand change:last", this.changed);
    this.draw();
  }

  close() {
    this.deaf();
    this.model.off("change:state change:operand change:last", this.changed);
  }

  get state() {
    return BigInt(this.model.get("state"));
  }

  get operand() {
    return BigInt(this.model.get("operand"));
  }

  legend() {
    const rows = ["field", "bit", "holds", "to write"];
    return make(
      "div",
      { class: "bt-field bt-legend", "aria-hidden": "true" },
      ...rows.map((text) => make("span", { class: "bt-row", text })),
    );
  }

  field({ name, meaning, access, bits }) {
    const low = bits.at(-1);
    const cells = bits.map((n) => {
      const title = bits.length > 1 ? `${name}[${n - low}]` : name;
      const holds = make("span", { class: "bt-holds" });
      const button = make("button", {
        type: "button",
        class: "bt-bit",
        "aria-pressed": "false",
        "aria-label": `Bit ${n}, ${title}, to write`,
        onclick: () => this.flip(n),
      });
      const cell = make("div", { class: "bt-cell" }, make("span", { class: "bt-number", text: n }));
      cell.append(holds, button);
      cell.dataset.bit = n;
      this.cells.push({ n, title, cell, holds, button });
      return cell;
    });
    const head = make("span", { class: "bt-name", text: name });
    const only = access === "RO" ? " (read only)" : "";
    const box = make("div", { class: "bt-cells" }, ...cells);
    return make("div", { class: "bt-field", title: `${meaning}${only}` }, head, box);
  }

  controls() {
    const buttons = this.story.names.map((rule) =>
      make("button", {
        type: "button",
        class: "bt-write",
        text: `Write to ${rule.name}`,
        onclick: () => this.write(rule),
      }),
    );
    this.entry = make("input", {
      type: "text",
      class: "bt-entry",
      "aria-label": "Value to write, in hex",
      spellcheck: "false",
    });
    this.entry.addEventListener("change", () => this.enter());
    const all = make("button", { type: "button", text: "All ones", onclick: () => this.fill() });
    const none = make("button", { type: "button", text: "All zeros", onclick: () => this.set(0n) });
    return make("div", { class: "pl-group bt-controls" }, this.entry, all, none, ...buttons);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    if (event.shiftKey && event.key === "Enter") return;
    event.stopPropagation();
    const here = this.cells.findIndex(({ button }) => button === event.target);
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (here < 0 || !way) return;
    this.cells[here + way]?.button.focus();
    event.preventDefault();
  }

  flip(n) {
    this.set(this.operand ^ (1n << BigInt(n)));
  }

  fill() {
    this.set(this.cells.reduce((all, { n }) => all | (1n << BigInt(n)), 0n));
  }

  set(value) {
    this.model.set("operand", hex(value));
    this.model.save_changes();
  }

  enter() {
    const text = this.entry.value.trim().replace(/_/g, "").replace(/^0x/i, "");
    const all = this.cells.reduce((mask, { n }) => mask | (1n << BigInt(n)), 0n);
    if (/^[0-9a-f]{1,16}$/i.test(text)) this.set(BigInt(`0x${text}`) & all);
    this.draw();
  }

  write(rule) {
    const before = this.state;
    const value = this.operand;
    this.model.set("last", [rule.name, hex(value), hex(before)]);
    this.model.set("state", hex(written(rule, before, value)));
    this.model.save_changes();
  }

  draw() {
    const { state, operand } = this;
    const last = this.model.get("last");
    const before = last.length ? BigInt(last[2]) : state;
    const names = this.story.names.map(({ name }) => name).join(" and ");
    say(this.heading, `${names}: ${hex(state)}`);
    sayFirst(this.sentence, this.said(last, before, state));
    this.entry.value = hex(operand);
    for (const { n, cell, holds, button } of this.cells) {
      const one = (value) => Number((value >> BigInt(n)) & 1n);
      const moved = one(state) - one(before);
      const sign = ["-", "", "+"][moved + 1];
      say(holds, sign ? `${one(before)}→${one(state)}` : `${one(state)}`);
      cell.dataset.holds = one(state);
      cell.dataset.moved = sign;
      say(button, one(operand));
      button.setAttribute("aria-pressed", one(operand) === 1);
    }
  }

  said(last, before, state) {
    if (!last.length) return "Nothing written yet.";
    const [name, value] = last;
    const moved = this.cells
      .filter(({ n }) => ((state ^ before) >> BigInt(n)) & 1n)
      .map(({ n, title }) => `${(state >> BigInt(n)) & 1n ? "+" : "-"}${title}`);
    const did = moved.length ? `moved ${moved.join(" ")}` : "no bit moved";
    const { why } = this.story.names.find((rule) => rule.name === name);
    return `Wrote ${value} to ${name}: ${did}. The others stay: ${why}.`;
  }
}

function render({ model, el }) {
  const view = new Bits(model);
  el.append(view.root);
  return () => view.close();
}

export default { render };
