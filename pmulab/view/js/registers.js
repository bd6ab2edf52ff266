// @ts-check
// The registers of every place in one table, and the records around the position in another.

import { clamp, lastAt } from "./columns.js";
import { button, fill, make, say, set, titles } from "./dom.js";
import { scrolls } from "./events.js";
import { Travel } from "./travel.js";

/** @import { Story } from "./states.js" */

/** @typedef {ReturnType<typeof makeCell>} Cell */

/** @param {string} location */
function makeCell(location) {
  const mark = make("span", { class: "pl-sign" });
  const text = make("span", { class: "pl-value" });
  const detail = make("span", { class: "pl-detail" });
  const td = make("td", { "data-location": location }, make("div", {}, mark, text, detail));
  const [column, name] = location.split(".");
  return { td, mark, text, detail, column, name };
}

export class Registers {
  /** @param {Story} story @param {(register: string) => void} pick */
  constructor(story, pick) {
    const { locations, places, registers } = story.sent;
    this.pick = pick;
    this.story = story;
    this.cells = locations.map(makeCell);
    this.rowOf = new Map(registers.map(({ name }, row) => [name, row]));
    /** @type {number[]} */
    this.signed = [];
    this.state = new Int32Array();
    /** @type {Element[]} */
    this.revealed = [];
    this.scrolled = 0;
    this.sizes = { head: 0, height: 0 };
    this.tops = /** @type {Map<Element, number>} */ (new Map());
    this.captions = places.map(() => make("span", { class: "pl-caption" }));
    this.heads = places.map(({ name }, k) => {
      const title = make("b", { text: name });
      return make("th", { scope: "col", "data-place": name }, title, this.captions[k]);
    });
    this.caption = make("caption", { class: "pl-hidden" });
    const rows = this.rows();
    const kind = (/** @type {number} */ k) => registers[k];
    this.folds = [
      { words: story.words.folded, rows: rows.filter((_, k) => kind(k).used && !kind(k).first) },
      { words: story.words.zero, rows: rows.filter((_, k) => !kind(k).used) },
    ];
    const head = make("tr", {}, ...titles("register"), ...this.heads);
    const body = make("tbody", {}, ...rows);
    const table = make("table", {}, this.caption, make("thead", {}, head), body);
    this.align();
    this.travel = new Travel(this.cells);
    // It scrolls where a window is small, so keys reach it.
    const look = { class: "pl-scroll", ...scrolls("Registers") };
    this.scroll = make("div", look, table, ...this.travel.parts);
    this.scroll.addEventListener("scroll", () => {
      this.scrolled = this.scroll.scrollTop;
    });
    this.element = make("section", { class: "pl-registers" }, this.scroll, ...this.more());
  }

  rows() {
    const { locations, places, registers } = this.story.sent;
    const number = new Map(locations.map((location, k) => [location, k]));
    let group = "";
    return registers.map(({ name, meaning, group: its, first }) => {
      const says = `${meaning}. Press: its next change.`;
      const title = make("th", { scope: "row", text: name, title: says });
      title.addEventListener("click", () => this.pick(name));
      const found = places.map((place) => this.cells[number.get(`${place.name}.${name}`) ?? -1]);
      const row = make("tr", { class: its === group ? "" : "pl-first" }, title);
      row.append(...this.inRow(found));
      row.hidden = !first;
      if (first) group = its;
      return row;
    });
  }

  // A register of the hardware alone has its row to itself.
  /** @param {(Cell | undefined)[]} found */
  inRow([first, ...rest]) {
    const all = [first, ...rest].map((cell) => cell?.td ?? make("td"));
    if (rest.some(Boolean)) return all;
    all[0].colSpan = all.length;
    if (first) first.column = "alone";
    return all.slice(0, 1);
  }

  // Values end in line: a column has room for the longest that it ever has. Registers of the
  // hardware alone are a column of their own.
  align() {
    const { changes, initial, values } = this.story.sent;
    const longest = /** @type {Map<string, number>} */ (new Map());
    const see = (/** @type {number} */ location, /** @type {number} */ value) => {
      const { column } = this.cells[location];
      longest.set(column, Math.max(longest.get(column) ?? 0, values[value].length));
    };
    for (const [location, value] of initial.entries()) see(location, value);
    for (const [, location, value] of changes) see(location, value);
    for (const { text, column } of this.cells)
      text.style.setProperty("--pl-digits", `${longest.get(column)}ch`);
  }

  more() {
    const folds = this.folds.filter(({ rows }) => rows.length);
    const buttons = folds.map(({ words, rows }) => {
      const more = button({ class: "pl-more", text: `${rows.length} more, ${words}` });
      set(more, { "aria-expanded": false });
      more.addEventListener("click", () => {
        const open = more.getAttribute("aria-expanded") === "true";
        for (const row of rows) row.hidden = open;
        set(more, { "aria-expanded": !open });
        this.resized();
      });
      return more;
    });
    return buttons.length ? [make("div", { class: "pl-group" }, ...buttons)] : [];
  }

  // A row that is used and folded opens while a step touches it.
  /** @param {number[]} signed */
  reveal(signed) {
    for (const row of this.revealed) row.classList.remove("pl-touched");
    this.revealed = signed.map((at) => /** @type {Element} */ (this.cells[at].td.parentElement));
    for (const row of this.revealed) row.classList.add("pl-touched");
  }

  // Scroll inside the table alone, by what was measured once: to ask where a row is costs a layout.
  /** @param {Element | undefined} row */
  follow(row) {
    const top = row && this.tops.get(row);
    if (top === undefined) return;
    const { head, height } = this.sizes;
    const to = top < this.scrolled + head ? top - head : top + 26 - height;
    const seen = top >= this.scrolled + head && top + 26 <= this.scrolled + height;
    if (!seen) this.scroll.scrollTop = to;
  }

  measure() {
    const { clientHeight, scrollHeight } = this.scroll;
    this.sizes = { head: this.heads[0].offsetHeight, height: clientHeight };
    const rows = [...this.scroll.querySelectorAll("tr")];
    const all = scrollHeight <= clientHeight + 1;
    this.tops = new Map(all ? [] : rows.map((row) => [row, row.offsetTop]));
    this.scrolled = this.scroll.scrollTop;
  }

  // What needs to know where things stand: to ask costs a layout, so it comes last in a step.
  /** @param {number} n @param {boolean} moved whether a step forward led here */
  settle(n, moved) {
    this.follow(this.revealed[0]);
    this.travel.draw(n ? this.story.travelsOf(n - 1)[0] : undefined, moved);
  }

  /** @param {number} n */
  draw(n) {
    const state = this.story.state(n);
    for (const location of this.signed) this.show(location, state[location]);
    for (const location of this.cells.keys())
      if (this.state[location] !== state[location]) this.show(location, state[location]);
    this.state = state;
    this.signed = n ? this.sign(n - 1, state) : [];
    this.reveal(this.signed);
    say(this.caption, fill(this.story.words.registers, { n }));
    this.drawHeads(n);
  }

  /** @param {number} record @param {Int32Array} state */
  sign(record, state) {
    const { signs, texts } = this.story.sent;
    return this.story.signedBy(record).map(([, location, sign, says]) => {
      this.show(location, state[location], signs[sign], texts[says]);
      return location;
    });
  }

  /** @param {number} location @param {number} value */
  show(location, value, [sign, symbol] = ["", ""], says = "") {
    const { td, mark, text, detail, name } = this.cells[location];
    const { texts, values } = this.story.sent;
    const words = this.story.said[this.rowOf.get(name) ?? -1].get(value);
    const fields = says || (words === undefined ? "" : texts[words]);
    td.dataset.value = values[value];
    td.dataset.sign = sign;
    td.title = fields;
    say(text, values[value]);
    say(detail, fields);
    say(mark, symbol);
    if (sign) mark.append(make("span", { class: "pl-hidden", text: ` ${sign} ` }));
  }

  // A vCPU has the colour of its lane; the hardware has that of the vCPU that is on it.
  /** @param {number} n */
  drawHeads(n) {
    for (const [k, { heads }] of this.story.sent.places.entries()) {
      const [, caption, tone] = lastAt(heads, n);
      say(this.captions[k], this.story.sent.texts[caption]);
      this.heads[k].className = `pl-tone${tone}`;
    }
  }

  // A region that scrolls sideways has to be reachable by keyboard, any other should not be.
  resized() {
    this.travel.place();
    this.measure();
    const { clientHeight, clientWidth, scrollHeight, scrollWidth } = this.scroll;
    const scrolls = scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
    const label = "Registers, scrolls";
    const reachable = { tabindex: 0, role: "group", "aria-label": label };
    if (scrolls) set(this.scroll, reachable);
    else for (const name in reachable) this.scroll.removeAttribute(name);
  }
}

// The records around the position, with the hypervisor's line beside each.
export class Listing {
  /** @param {Story} story @param {(n: number) => void} go */
  constructor(story, go) {
    this.story = story;
    const size = Math.min(2 * story.sent.around + 1, story.length);
    this.rows = Array.from({ length: size }, () => this.row(go));
    const head = make("thead", {}, make("tr", {}, ...titles(...story.words.listing)));
    const caption = make("caption", { class: "pl-hidden", text: "The records around this step" });
    const body = make("tbody", {}, ...this.rows.map(({ tr }) => tr));
    this.element = make("table", { class: "pl-listing" }, caption, head, body);
  }

  /** @param {(n: number) => void} go */
  row(go) {
    const names = ["number", "cycle", "who", "what", "source"];
    const cells = names.map((name) => make("td", { class: `pl-${name}` }));
    const where = make("span", { class: "pl-at" });
    const code = make("code");
    cells[4].append(where, code);
    const row = { tr: make("tr", {}, ...cells), cells, where, code, record: 0 };
    row.tr.addEventListener("click", () => go(row.record + 1));
    return row;
  }

  /** @param {number} n */
  draw(n) {
    const first = clamp(n - 1 - this.story.sent.around, 0, this.story.length - this.rows.length);
    for (const [k, row] of this.rows.entries()) this.fill(row, first + k, n - 1);
  }

  /** @param {ReturnType<Listing["row"]>} row @param {number} record @param {number} now */
  fill(row, record, now) {
    const { story } = this;
    row.record = record;
    row.tr.classList.toggle("pl-now", record === now);
    row.tr.classList.toggle("pl-later", record > now);
    if (record === now) set(row.tr, { "aria-current": "step" });
    else row.tr.removeAttribute("aria-current");
    const number = `${record === now ? "▸ " : ""}${record + 1}`;
    const who = story.lanes[story.sent.records.lane[record]];
    const what = story.text("text", record);
    for (const [k, text] of [number, story.times[record], who, what].entries())
      say(row.cells[k], text);
    say(row.where, story.text("at", record));
    say(row.code, story.text("code", record));
    row.cells[3].title = what;
    row.cells[4].title = story.text("source", record);
  }
}
