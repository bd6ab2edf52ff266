// @ts-check
// A register as bits: click those to be written, write them under a name, see which bits move.

import { button, fill, make, makeView, say, sayFirst, set } from "./dom.js";
import { foreign, goOn, onKeys, runsTheCell } from "./events.js";
import { widget } from "./stepper.js";

/** @import { BitsTraits, Box, Model, RegisterJson, RegisterName } from "./types.js" */

const MASK64 = (1n << 64n) - 1n;
const HALF = 16;
const CHANGES = "change:state change:operand change:last";

/**
 * What a write does is data: the masks of the bits that it sets, clears and loads.
 * @param {RegisterName} name @param {bigint} cell @param {bigint} value
 */
function written(name, cell, value) {
  const [sets, clears, loads] = [name.sets, name.clears, name.loads].map(BigInt);
  return ((cell & ~(value & clears) & ~loads) | (value & (sets | loads))) & MASK64;
}

/** @param {bigint} value */
function hex(value) {
  return `0x${value.toString(16)}`;
}

/** @param {bigint} value @param {number} n */
function bit(value, n) {
  return Number((value >> BigInt(n)) & 1n);
}

/**
 * Fields in rows of half a word, so that a full register breaks in its middle.
 * @param {Box[]} fields
 */
function rows(fields) {
  const bits = fields.reduce((sum, field) => sum + field.bits.length, 0);
  /** @type {Map<number, Box[]>} */
  const found = new Map();
  for (const field of fields) {
    const half = bits > HALF ? Math.floor(field.bits[0][0] / HALF) : 0;
    found.set(half, [...(found.get(half) ?? []), field]);
  }
  return [...found.values()];
}

class Bits {
  /** @param {Model<BitsTraits>} model */
  constructor(model) {
    this.model = model;
    /** @type {RegisterJson} */
    this.story = JSON.parse(model.get("register"));
    const { fields, meaning, name } = this.story;
    this.heading = make("h2", { class: "bt-heading" });
    this.sentence = make("p", { class: "pl-sentence", "aria-live": "polite" });
    this.cells = fields.flatMap(({ bits }) => bits.map(([n, title]) => this.cell(n, title)));
    this.mask = this.cells.reduce((mask, { n }) => mask | (1n << BigInt(n)), 0n);
    this.entry = make("input", {
      type: "text",
      class: "pl-entry bt-entry",
      "aria-label": "Value to write, in hex",
      spellcheck: false,
      onchange: () => this.enter(),
    });
    this.root = makeView(
      "pmulab-bits",
      { role: "group", "aria-label": name },
      this.heading,
      make("p", { class: "bd-record", text: meaning }),
      this.sentence,
      ...rows(fields).map((row) => this.row(row)),
      this.controls(),
    );
    this.deaf = onKeys(
      this.root,
      (e) => (runsTheCell(e) ? goOn(this.root) : this.key(e)),
      (e) => foreign(e) && !runsTheCell(e),
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
    const rows = this.story.words.legend.map((text) => make("span", { class: "bt-row", text }));
    return make("div", { class: "bt-field bt-legend", "aria-hidden": "true" }, ...rows);
  }

  /** @param {number} n @param {string} title */
  cell(n, title) {
    const holds = make("span", { class: "bt-holds" });
    const write = button({
      class: "bt-bit",
      "aria-pressed": false,
      "aria-label": `Bit ${n}, ${title}, to write`,
      onclick: () => this.set(this.operand ^ (1n << BigInt(n))),
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
      make("div", { class: "bt-cells" }, ...cells),
    );
  }

  controls() {
    const buttons = this.story.names.map((name) =>
      button({ class: "bt-write", text: `Write to ${name.name}`, onclick: () => this.write(name) }),
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
    const before = hexBefore === undefined ? state : BigInt(hexBefore);
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
    const bits = this.cells
      .filter(({ n }) => bit(state ^ before, n))
      .map(({ n, title }) => `${bit(state, n) ? "+" : "-"}${title}`);
    const did = bits.length ? fill(moved, { bits: bits.join(" ") }) : still;
    const why = this.story.names.find((other) => other.name === name)?.why ?? "";
    return fill(wrote, { value, name, did, why });
  }
}

export default widget(Bits);
