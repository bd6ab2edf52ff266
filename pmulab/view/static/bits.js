// Made by `make bundle` of these modules, sha256 3f23b626520ecf44: bits.js dom.js events.js stepper.js
// pmulab/view/js/dom.js
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}
function button(attributes, ...children) {
  return make("button", { type: "button", ...attributes }, ...children);
}
function makeView(kind, attributes, ...children) {
  const own = { class: `pmulab-view ${kind}`, "data-lm-suppress-shortcuts": "true" };
  return make("div", { ...own, ...attributes }, ...children);
}
function filled(element, attributes, children) {
  set(element, attributes);
  element.append(...children);
  return element;
}
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = `${value}`;
    else if (value !== void 0) element.setAttribute(name, `${value}`);
  }
}
function say(element, text) {
  if (element.textContent !== `${text}`) element.textContent = `${text}`;
}
function sayFirst(element, text) {
  if (element.textContent === text) return;
  const end = text.indexOf(". ") + 1 || text.length;
  const rest = make("span", { class: "pl-rest", text: text.slice(end) });
  element.replaceChildren(text.slice(0, end), rest);
}
function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => `${values[name]}`);
}

// pmulab/view/js/events.js
function foreign(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab" || runsTheCell(event);
}
function runsTheCell(event) {
  return event.shiftKey && event.key === "Enter";
}
function goOn(root) {
  const next = root.closest(".jp-Cell")?.nextElementSibling;
  if (next instanceof HTMLElement) next.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}
function onKeys(root, act, passes = foreign) {
  const listener = (event) => {
    if (!root.contains(
      /** @type {Node} */
      event.target
    ) || passes(event)) return;
    event.stopPropagation();
    const box = (
      /** @type {Element} */
      event.target.matches("[data-scrolls]")
    );
    if (box && event.key.startsWith("Arrow")) return;
    if (act(event)) event.preventDefault();
  };
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
}
function drawn(draw) {
  const render = (given) => {
    const { model, el } = given;
    const lost = () => el.classList.add("jupyter-widgets-disconnected");
    model.on("comm_live_update", lost);
    const end = draw(given);
    return () => {
      model.off("comm_live_update", lost);
      end?.();
    };
  };
  return { render };
}

// pmulab/view/js/stepper.js
function widget(View) {
  return drawn(({ model, el }) => {
    const make2 = () => new View(
      /** @type {Model<Traits>} */
      model
    );
    let view = make2();
    el.append(view.root);
    const anew = () => {
      const focus = (
        /** @type {HTMLElement} */
        document.activeElement
      );
      const all = (root) => [...root.querySelectorAll("[tabindex], button")];
      const place = all(view.root).indexOf(focus);
      view.close();
      const next = make2();
      view.root.replaceWith(next.root);
      view = next;
      all(view.root)[place]?.focus();
    };
    model.on("change:story", anew);
    return () => {
      model.off("change:story", anew);
      view.close();
    };
  });
}

// pmulab/view/js/bits.js
var MASK64 = (1n << 64n) - 1n;
var HALF = 16;
var CHANGES = "change:state change:operand change:last";
function written(name, cell, value) {
  const [sets, clears, loads] = [name.sets, name.clears, name.loads].map(BigInt);
  return (cell & ~(value & clears) & ~loads | value & (sets | loads)) & MASK64;
}
function hex(value) {
  return `0x${value.toString(16)}`;
}
function bit(value, n) {
  return Number(value >> BigInt(n) & 1n);
}
function rows(fields) {
  const bits = fields.reduce((sum, field) => sum + field.bits.length, 0);
  const found = /* @__PURE__ */ new Map();
  for (const field of fields) {
    const half = bits > HALF ? Math.floor(field.bits[0][0] / HALF) : 0;
    found.set(half, [...found.get(half) ?? [], field]);
  }
  return [...found.values()];
}
var Bits = class {
  /** @param {Model<BitsTraits>} model */
  constructor(model) {
    this.model = model;
    this.story = JSON.parse(model.get("register"));
    const { fields, meaning, name } = this.story;
    this.heading = make("h2", { class: "bt-heading" });
    this.sentence = make("p", { class: "pl-sentence", "aria-live": "polite" });
    this.cells = fields.flatMap(({ bits }) => bits.map(([n, title]) => this.cell(n, title)));
    this.mask = this.cells.reduce((mask, { n }) => mask | 1n << BigInt(n), 0n);
    this.entry = make("input", {
      type: "text",
      class: "pl-entry bt-entry",
      "aria-label": "Value to write, in hex",
      spellcheck: false,
      onchange: () => this.enter()
    });
    this.root = makeView(
      "pmulab-bits",
      { role: "group", "aria-label": name },
      this.heading,
      make("p", { class: "bd-record", text: meaning }),
      this.sentence,
      ...rows(fields).map((row) => this.row(row)),
      this.controls()
    );
    this.deaf = onKeys(
      this.root,
      (e) => runsTheCell(e) ? goOn(this.root) : this.key(e),
      (e) => foreign(e) && !runsTheCell(e)
    );
    this.changed = () => this.draw();
    model.on(CHANGES, this.changed);
    this.draw();
  }
  close() {
    this.deaf();
    this.model.off(CHANGES, this.changed);
  }
  get state() {
    return BigInt(this.model.get("state"));
  }
  get operand() {
    return BigInt(this.model.get("operand"));
  }
  /** @param {Box[]} fields */
  row(fields) {
    const boxes = fields.map((field) => this.field(field));
    return make("div", { class: "bt-fields" }, this.legend(), ...boxes);
  }
  legend() {
    const rows2 = this.story.words.legend.map((text) => make("span", { class: "bt-row", text }));
    return make("div", { class: "bt-field bt-legend", "aria-hidden": "true" }, ...rows2);
  }
  /** @param {number} n @param {string} title */
  cell(n, title) {
    const holds = make("span", { class: "bt-holds" });
    const write = button({
      class: "bt-bit",
      "aria-pressed": false,
      "aria-label": `Bit ${n}, ${title}, to write`,
      onclick: () => this.set(this.operand ^ 1n << BigInt(n))
    });
    const number = make("span", { class: "bt-number", text: n });
    const box = make("div", { class: "bt-cell", "data-bit": n }, number, holds, write);
    return { n, title, box, holds, write };
  }
  /** @param {Box} field */
  field({ name, meaning, access, bits: [[first], ...rest] }) {
    const from = this.cells.findIndex(({ n }) => n === first);
    const cells = this.cells.slice(from, from + 1 + rest.length).map(({ box }) => box);
    const title = `${meaning}${access === "RO" ? " (read only)" : ""}`;
    const head = make("span", { class: "bt-name", text: name });
    return make(
      "div",
      { class: "bt-field", title },
      head,
      make("div", { class: "bt-cells" }, ...cells)
    );
  }
  controls() {
    const buttons = this.story.names.map(
      (name) => button({ class: "bt-write", text: `Write to ${name.name}`, onclick: () => this.write(name) })
    );
    const all = button({ text: "All ones", onclick: () => this.set(this.mask) });
    const none = button({ text: "All zeros", onclick: () => this.set(0n) });
    return make("div", { class: "pl-group bt-controls" }, this.entry, all, none, ...buttons);
  }
  /** @param {KeyboardEvent} event */
  key({ key, target }) {
    const here = this.cells.findIndex(({ write }) => write === target);
    const way = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (here < 0 || !way) return false;
    this.cells[here + way]?.write.focus();
    return true;
  }
  /** @param {bigint} value */
  set(value) {
    this.model.set("operand", hex(value));
    this.model.save_changes();
  }
  enter() {
    const text = this.entry.value.trim().replace(/_/g, "").replace(/^0x/i, "");
    if (/^[0-9a-f]{1,16}$/i.test(text)) this.set(BigInt(`0x${text}`) & this.mask);
    this.draw();
  }
  /** @param {RegisterName} name */
  write(name) {
    const { state, operand } = this;
    this.model.set("last", [name.name, hex(operand), hex(state)]);
    this.model.set("state", hex(written(name, state, operand)));
    this.model.save_changes();
  }
  draw() {
    const { state, operand } = this;
    const [name, value, hexBefore] = this.model.get("last");
    const before = hexBefore === void 0 ? state : BigInt(hexBefore);
    const { heading, nothing } = this.story.words;
    say(this.heading, fill(heading, { value: hex(state) }));
    sayFirst(this.sentence, name && value ? this.said(name, value, before, state) : nothing);
    this.entry.value = hex(operand);
    for (const { n, box, holds, write } of this.cells) {
      const [was, is] = [bit(before, n), bit(state, n)];
      say(holds, was === is ? is : `${was}→${is}`);
      box.dataset.holds = `${is}`;
      box.dataset.moved = ["-", "", "+"][is - was + 1];
      say(write, bit(operand, n));
      set(write, { "aria-pressed": bit(operand, n) === 1 });
    }
  }
  /** @param {string} name @param {string} value @param {bigint} before @param {bigint} state */
  said(name, value, before, state) {
    const { moved, still, wrote } = this.story.words;
    const bits = this.cells.filter(({ n }) => bit(state ^ before, n)).map(({ n, title }) => `${bit(state, n) ? "+" : "-"}${title}`);
    const did = bits.length ? fill(moved, { bits: bits.join(" ") }) : still;
    const why = this.story.names.find((other) => other.name === name)?.why ?? "";
    return fill(wrote, { value, name, did, why });
  }
};
var bits_default = widget(Bits);
export {
  bits_default as default
};
