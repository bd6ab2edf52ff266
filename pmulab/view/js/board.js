// @ts-check
// A board: rows over time and a table at one position. It asks Python for nothing.

import { lastAt } from "./columns.js";
import { button, fill, make, say, sayFirst, set, titles } from "./dom.js";
import { reachable, stepsOf } from "./events.js";
import { Handle } from "./handle.js";
import { Stepper, widget } from "./stepper.js";
import { Timeline } from "./timeline.js";

/** @import { Model, SheetJson, SheetRow, StepperTraits } from "./types.js" */

const KEYS = "Keys: ← → one step, n p next and previous change, Page Up and Down ten, Home End.";
/** @type {{ [key: string]: number }} */
const CHANGES = { n: 1, p: -1 };

class Board extends Stepper {
  /** @param {Model<StepperTraits>} model */
  constructor(model) {
    /** @type {SheetJson} */
    const sheet = JSON.parse(model.get("story"));
    super(model, sheet, "h3");
    this.sheet = sheet;
    this.timeline = new Timeline(sheet, (n) => this.go(n));
    this.record = make("p", { class: "bd-record" });
    this.chip = make("span", { class: "pl-chip" });
    const { whatIf } = sheet;
    this.handle = whatIf ? new Handle(model, sheet, whatIf, this.timeline) : undefined;
    /** @type {[button: HTMLElement, way: number][]} */
    this.ways = [
      [button({ text: "First", onclick: () => this.go(0) }), -1],
      [button({ text: "Previous change", onclick: () => this.change(-1) }), -1],
      [button({ text: "Back", onclick: () => this.go(this.n - 1) }), -1],
      [button({ text: "Forward", onclick: () => this.go(this.n + 1) }), 1],
      [button({ text: "Next change", onclick: () => this.change(1) }), 1],
      [button({ text: "Last", onclick: () => this.go(sheet.length) }), 1],
    ];
    this.rows = sheet.rows.map((row, k) => this.row(row, k));
    this.caption = make("caption", { class: "pl-hidden" });
    this.open("pmulab-board", `${sheet.title} in ${sheet.scenario}`, ...this.parts());
  }

  parts() {
    const { handle, sheet, timeline } = this;
    const hint = make("span", { class: "bd-hint", text: KEYS });
    const table = make("div", { class: "pl-scroll" }, this.table());
    this.ends.push(reachable(table, "Table"));
    return [
      make("h2", { text: sheet.title }),
      make("div", { class: "pl-top" }, this.heading, this.chip),
      this.sentence,
      this.record,
      make("div", { class: "bd-stage" }, timeline.svg, ...(handle ? [handle.knob] : [])),
      this.slider,
      make("div", { class: "pl-group" }, ...this.ways.map(([way]) => way), hint),
      ...(handle ? [handle.line] : []),
      make("div", { class: "bd-below" }, table, this.legend()),
    ];
  }

  legend() {
    const items = this.sheet.legend.map(([look, label, says]) =>
      make("li", {}, this.timeline.sample(look, label), make("span", { text: says })),
    );
    return make("ul", { class: "bd-legend", "aria-label": "Legend" }, ...items);
  }

  get meters() {
    return this.sheet.rows.some((row) => row.kind === "meter");
  }

  table() {
    const [first, ...rest] = this.sheet.columns;
    const changed = make("span", { class: "pl-hidden", text: "changed" });
    const head = make("tr", {}, ...titles(first), make("th", { scope: "col" }, changed));
    head.append(...titles(...rest), ...(this.handle ? [this.handle.title] : []));
    if (this.meters) head.append(make("td"));
    const body = make("tbody", {}, ...this.rows.map(({ line }) => line));
    return make("table", { class: "bd-table" }, this.caption, make("thead", {}, head), body);
  }

  /** @param {SheetRow} row @param {number} k */
  row(row, k) {
    const sign = make("td", { class: "bd-sign" });
    const cells = this.sheet.columns.slice(1).map(() => make("td"));
    // A share of a budget as a bar; the text beside it has the number.
    const bar = make("div");
    const beside = this.handle ? [this.handle.cells[k]] : [];
    if (row.kind === "meter") beside.push(make("td", {}, make("div", { class: "bd-bar" }, bar)));
    else if (this.meters) beside.push(make("td"));
    const name = make("th", { scope: "row", text: row.name });
    // An empty class is there from the start: a step back shows the same page to the letter.
    const line = make("tr", { class: "" }, name, sign, ...cells, ...beside);
    return { line, sign, cells, bar };
  }

  /** @param {number} way */
  change(way) {
    this.go(this.timeline.change(this.n, way) ?? this.n);
  }

  /** @override @param {KeyboardEvent} event */
  key({ key, target }) {
    if (target === this.handle?.knob && this.handle?.press(key)) return true;
    const steps = stepsOf(key);
    if (steps) this.go(this.n + steps);
    else if (CHANGES[key]) this.change(CHANGES[key]);
    else return false;
    return true;
  }

  /** @override @param {number} width */
  resize(width) {
    this.timeline.resize(width);
    this.root.style.setProperty("--pl-gutter", `${this.timeline.gutter}px`);
  }

  /** @override @param {number} n */
  draw(n) {
    const { sheet } = this;
    const name = this.timeline.names.get(n);
    const says = lastAt(sheet.says, n)[1];
    say(this.record, sheet.texts[sheet.sentences[n]]);
    sayFirst(this.sentence, says);
    say(this.chip, name ?? "");
    this.chip.hidden = !name;
    say(this.caption, fill(sheet.words.caption, { title: sheet.title, n }));
    for (const [way, by] of this.ways)
      set(way, { "aria-disabled": by < 0 ? n === 0 : n === sheet.length });
    this.handle?.draw(n);
    this.timeline.draw(n, () => this.handle?.overlay(n) ?? "");
    for (const [k, row] of sheet.rows.entries()) this.drawRow(row, k, n);
    return says;
  }

  /** @param {SheetRow} row @param {number} k @param {number} n */
  drawRow(row, k, n) {
    const { line, sign, cells, bar } = this.rows[k];
    const [since, label, , texts] = lastAt(row.points, n);
    const fresh = since === n && n > 0;
    line.classList.toggle("bd-changed", fresh);
    say(sign, fresh ? this.sheet.words.changed : "");
    if (row.kind === "meter") bar.style.width = label.replace(" ", "");
    for (const [c, text] of texts.entries()) say(cells[c], text);
  }
}

export default widget(Board);
