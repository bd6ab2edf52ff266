// A board: rows over time and a table at one position. It asks Python for nothing.

import { make, onKeys, say, sayFirst } from "./dom.js";
import { Handle } from "./handle.js";
import { clamp, lastAt, Timeline } from "./timeline.js";

const SAVE_AFTER_MS = 150;
const KEYS = "Keys: ← → one step, n p next and previous change, Page Up and Down ten, Home End.";
const CHANGED = "◂";

class Board {
  constructor(model) {
    this.model = model;
    this.sheet = JSON.parse(model.get("story"));
    this.timeline = new Timeline(this.sheet, (n) => this.go(n));
    this.heading = make("h3", { class: "pl-where" });
    this.sentence = make("p", { class: "bd-record" });
    this.says = make("p", { class: "pl-sentence", "aria-live": "polite" });
    this.chip = make("span", { class: "pl-chip" });
    if (this.sheet.whatIf) this.handle = new Handle(model, this.sheet, this.timeline);
    this.controls();
    this.cells = this.sheet.rows.map(() => this.sheet.columns.slice(1).map(() => make("td")));
    this.signs = this.sheet.rows.map(() => make("td", { class: "bd-sign" }));
    this.caption = make("caption", { class: "pl-hidden" });
    const top = make("div", { class: "pl-top" }, this.heading, this.chip);
    this.root = make(
      "div",
      {
        class: "pmulab-view pmulab-board",
        role: "group",
        "aria-label": `${this.sheet.title} in ${this.sheet.scenario}`,
        tabindex: "-1",
        "data-lm-suppress-shortcuts": "true",
      },
      make("h2", { text: this.sheet.title }),
      top,
      this.says,
      this.sentence,
      make(
        "div",
        { class: "bd-stage" },
        this.timeline.svg,
        ...(this.handle ? [this.handle.knob] : []),
      ),
      this.slider,
      this.buttons,
      ...(this.handle ? [this.handle.line] : []),
      make(
        "div",
        { class: "bd-below" },
        make("div", { class: "pl-scroll" }, this.table()),
        this.legend(),
      ),
    );
    this.listen();
    // A cell out of sight has no size yet, but it has a text.
    this.draw();
  }

  controls() {
    const { length } = this.sheet;
    this.slider = make("input", { type: "range", min: 0, max: length, "aria-label": "Step" });
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    const button = (text, act) => make("button", { type: "button", text, onclick: act });
    this.ways = [
      [button("First", () => this.go(0)), -1],
      [button("Previous change", () => this.change(-1)), -1],
      [button("Back", () => this.go(this.n - 1)), -1],
      [button("Forward", () => this.go(this.n + 1)), 1],
      [button("Next change", () => this.change(1)), 1],
      [button("Last", () => this.go(length)), 1],
    ];
    const hint = make("span", { class: "bd-hint", text: KEYS });
    this.buttons = make("div", { class: "pl-group" }, ...this.ways.map(([b]) => b), hint);
  }

  legend() {
    const items = this.sheet.legend.map(([look, label, says]) =>
      make("li", {}, this.timeline.sample(look, label), make("span", { text: says })),
    );
    return make("ul", { class: "bd-legend", "aria-label": "Legend" }, ...items);
  }

  table() {
    const [first, ...rest] = this.sheet.columns;
    const meters = this.sheet.rows.some((row) => row.kind === "meter");
    const head = make(
      "tr",
      {},
      make("th", { scope: "col", text: first }),
      make("th", { scope: "col" }, make("span", { class: "pl-hidden", text: "changed" })),
      ...rest.map((text) => make("th", { scope: "col", text })),
      ...(this.handle ? [this.handle.title] : []),
      ...(meters ? [make("td")] : []),
    );
    // A share of a budget as a bar; the text beside it has the number.
    this.bars = this.sheet.rows.map(() => make("div", { class: "bd-bar" }, make("div")));
    this.lines = this.sheet.rows.map((row, k) => {
      const name = make("th", { scope: "row", text: row.name });
      const beside = this.handle ? [this.handle.cells[k]] : [];
      if (meters) beside.push(make("td", {}, ...(row.kind === "meter" ? [this.bars[k]] : [])));
      return make("tr", { class: "" }, name, this.signs[k], ...this.cells[k], ...beside);
    });
    return make(
      "table",
      { class: "bd-table" },
      this.caption,
      make("thead", {}, head),
      make("tbody", {}, ...this.lines),
    );
  }

  listen() {
    this.changed = () => this.schedule();
    this.model.on("change:index change:hpmn", this.changed);
    this.deaf = onKeys(this.root, (e) => this.key(e));
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      if (!contentRect.width) return;
      this.timeline.resize(contentRect.width - 2);
      this.root.style.setProperty("--pl-gutter", `${this.timeline.gutter}px`);
      this.draw();
    });
    this.sizes.observe(this.root);
  }

  close() {
    this.sizes.disconnect();
    this.deaf();
    this.model.off("change:index change:hpmn", this.changed);
    if (this.saving) this.save();
  }

  get n() {
    return this.model.get("index");
  }

  go(n) {
    const to = clamp(n, 0, this.sheet.length);
    if (to === this.n) return;
    this.model.set("index", to);
    this.saving ??= setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  save() {
    clearTimeout(this.saving);
    this.saving = undefined;
    this.model.save_changes();
  }

  change(way) {
    const to = this.timeline.change(this.n, way);
    if (to !== undefined) this.go(to);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    if (event.shiftKey && event.key === "Enter") return;
    event.stopPropagation();
    if (event.target === this.handle?.knob && this.handle.press(event.key)) {
      event.preventDefault();
      return;
    }
    const { n } = this;
    const steps = { ArrowLeft: -1, k: -1, ArrowRight: 1, j: 1, PageUp: -10, PageDown: 10 };
    const ends = { Home: 0, End: this.sheet.length };
    if (event.key in steps) this.go(n + steps[event.key]);
    else if (event.key in ends) this.go(ends[event.key]);
    else if (event.key === "n") this.change(1);
    else if (event.key === "p") this.change(-1);
    else return;
    event.preventDefault();
  }

  // At most once a frame, however fast the position moves.
  schedule() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    if (this.frame) cancelAnimationFrame(this.frame);
    this.frame = undefined;
    const { n, sheet } = this;
    const when = n ? `, cycle ${sheet.times[n - 1]}` : "";
    const name = this.timeline.names.get(n);
    this.root.dataset.index = n;
    say(this.heading, `${sheet.scenario}: step ${n} of ${sheet.length}${when}`);
    say(this.sentence, sheet.texts[sheet.sentences[n]]);
    sayFirst(this.says, sheet.says[lastAt(sheet.says, n)][1]);
    say(this.chip, name ?? "");
    this.chip.hidden = !name;
    say(this.caption, `${sheet.title} at step ${n}`);
    this.slider.value = n;
    this.slider.setAttribute("aria-valuetext", `${n} of ${sheet.length}: ${this.says.textContent}`);
    for (const [button, way] of this.ways)
      button.setAttribute("aria-disabled", way < 0 ? n === 0 : n === sheet.length);
    this.handle?.draw(n);
    this.timeline.draw(n, () => this.handle?.overlay(n) ?? "");
    for (const [k, row] of sheet.rows.entries()) this.drawRow(row, k, n);
  }

  drawRow(row, k, n) {
    const [since, label, , cells] = row.points[lastAt(row.points, n)];
    const fresh = since === n && n > 0;
    this.lines[k].classList.toggle("bd-changed", fresh);
    say(this.signs[k], fresh ? CHANGED : "");
    if (row.kind === "meter") this.bars[k].firstChild.style.width = `${label}`.replace(" ", "");
    for (const [c, text] of cells.entries()) say(this.cells[k][c], text);
  }
}

function render({ model, el }) {
  const view = new Board(model);
  el.append(view.root);
  return () => view.close();
}

export default { render };
