// The registers of every place in one table, and the records around the position in another.

import { make, say } from "./dom.js";

const AROUND = 2;

export class Registers {
  constructor(story) {
    this.story = story;
    this.cells = [];
    this.signed = [];
    this.state = undefined;
    this.captions = story.places.map(() => make("span", { class: "pl-caption" }));
    this.caption = make("caption", { class: "pl-hidden" });
    const table = make("table", {}, this.caption, this.head(), this.body());
    this.align();
    this.scroll = make("div", { class: "pl-scroll" }, table);
    this.element = make("section", { class: "pl-registers" }, this.scroll, ...this.more());
  }

  head() {
    const row = make("tr", {}, make("th", { scope: "col", text: "register" }));
    this.heads = this.story.places.map(([name], k) =>
      make("th", { scope: "col", "data-place": name }, make("b", { text: name }), this.captions[k]),
    );
    row.append(...this.heads);
    return make("thead", {}, row);
  }

  body() {
    const { locations, places } = this.story;
    const number = new Map(locations.map((location, k) => [location, k]));
    let group;
    const rows = this.story.registers.map((register, r) => {
      const title = make("th", { scope: "row", text: register.name, title: register.meaning });
      const cells = places.map(([place]) => this.cell(number.get(`${place}.${register.name}`), r));
      // A register of the hardware alone has its row to itself.
      if (cells.slice(1).every((td) => !td.dataset.location)) {
        const here = this.cells[number.get(cells[0].dataset.location)];
        if (here) here.column = "alone";
        cells.splice(1);
        cells[0].colSpan = places.length;
      }
      const row = make(
        "tr",
        { class: register.group === group ? "" : "pl-first" },
        title,
        ...cells,
      );
      row.hidden = !register.used;
      if (register.used) group = register.group;
      return row;
    });
    this.unused = rows.filter((row) => row.hidden);
    return make("tbody", {}, ...rows);
  }

  cell(location, register) {
    if (location === undefined) return make("td");
    const mark = make("span", { class: "pl-sign" });
    const text = make("span", { class: "pl-value" });
    const detail = make("span", { class: "pl-detail" });
    const box = make("div", {}, mark, text, detail);
    const td = make("td", { "data-location": this.story.locations[location] }, box);
    const column = this.story.locations[location].split(".", 1)[0];
    this.cells[location] = { td, mark, text, detail, register, column };
    return td;
  }

  // Values end in line: a column has room for the longest that it ever has. Registers of the
  // hardware alone are a column of their own.
  align() {
    const { changes, initial, values } = this.story;
    const longest = new Map();
    const see = (location, value) => {
      const { column } = this.cells[location];
      longest.set(column, Math.max(longest.get(column) ?? 0, values[value].length));
    };
    for (const [location, value] of initial.entries()) see(location, value);
    for (const [, location, value] of changes) see(location, value);
    for (const { text, column } of this.cells)
      text.style.setProperty("--pl-digits", `${longest.get(column)}ch`);
  }

  more() {
    const count = this.unused.length;
    if (!count) return [];
    const name = `${count} more, zero all the time`;
    const show = (e) => {
      const open = e.currentTarget.getAttribute("aria-expanded") === "true";
      for (const row of this.unused) row.hidden = open;
      e.currentTarget.setAttribute("aria-expanded", !open);
    };
    return [
      make("button", {
        type: "button",
        class: "pl-more",
        text: name,
        "aria-expanded": "false",
        onclick: show,
      }),
    ];
  }

  draw(n) {
    const state = this.story.state(n);
    for (const location of this.signed) this.show(location, state[location]);
    this.cells.forEach((_, location) => {
      if (this.state?.[location] !== state[location]) this.show(location, state[location]);
    });
    this.state = state;
    this.signed = n ? this.sign(n - 1, state) : [];
    say(this.caption, `Registers at step ${n}`);
    this.drawHeads(this.story.loadedAt(n));
  }

  sign(record, state) {
    const rows = this.story.signedBy(record);
    for (const [, location, sign, says] of rows) {
      this.show(location, state[location], this.story.signs[sign], this.story.texts[says]);
    }
    return rows.map(([, location]) => location);
  }

  show(location, value, [sign, symbol] = ["", ""], says = "") {
    const { td, mark, text, detail, register } = this.cells[location];
    const fields = says || this.story.texts[this.story.said[register].get(value)] || "";
    td.dataset.value = this.story.values[value];
    td.dataset.sign = sign;
    td.title = fields;
    say(text, this.story.values[value]);
    say(detail, fields);
    say(mark, symbol);
    if (sign) mark.append(make("span", { class: "pl-hidden", text: ` ${sign} ` }));
  }

  // A vCPU has the colour of its lane; the hardware has that of the vCPU that is on it.
  drawHeads(on) {
    this.story.places.forEach(([name, hardware], k) => {
      const cpu = [...on].find(([, guest]) => guest === name)?.[0];
      const guest = hardware && on.get(Number(name.slice(3)));
      const here = `hardware, ${guest || "no vCPU"}${guest ? " is" : ""} on it`;
      say(
        this.captions[k],
        hardware ? here : cpu === undefined ? "saved" : `saved, now on cpu${cpu}`,
      );
      this.heads[k].className = `pl-lane${this.story.tone(hardware ? guest : name)}`;
    });
  }

  // A region that scrolls sideways has to be reachable by keyboard, any other should not be.
  resize() {
    const scrolls = this.scroll.scrollWidth > this.scroll.clientWidth + 1;
    const reachable = {
      tabindex: "0",
      role: "region",
      "aria-label": "Registers, scrolls sideways",
    };
    for (const [name, value] of Object.entries(reachable)) {
      if (scrolls) this.scroll.setAttribute(name, value);
      else this.scroll.removeAttribute(name);
    }
  }
}

// The records around the position, with the hypervisor's line beside each.
export class Listing {
  constructor(story, go) {
    this.story = story;
    this.rows = [];
    const size = Math.min(2 * AROUND + 1, story.length);
    for (let k = 0; k < size; k++) this.rows.push(this.row(go));
    const titles = ["step", "cycle", "who", "what happened", "the hypervisor's line"];
    const head = make("tr", {}, ...titles.map((text) => make("th", { scope: "col", text })));
    const caption = make("caption", { class: "pl-hidden", text: "The records around this step" });
    const body = make("tbody", {}, ...this.rows.map(({ tr }) => tr));
    this.element = make("table", { class: "pl-listing" }, caption, make("thead", {}, head), body);
  }

  row(go) {
    const names = ["number", "cycle", "who", "what", "source"];
    const cells = names.map((name) => make("td", { class: `pl-${name}` }));
    const place = make("span", { class: "pl-place" });
    const code = make("code");
    cells[4].append(place, code);
    const tr = make("tr", {}, ...cells);
    const row = { tr, cells, place, code, record: 0 };
    tr.addEventListener("click", () => go(row.record + 1));
    return row;
  }

  draw(n) {
    const { length } = this.story;
    const first = Math.min(Math.max(n - 1 - AROUND, 0), length - this.rows.length);
    for (const [k, row] of this.rows.entries()) this.fill(row, first + k, n - 1);
  }

  fill(row, record, now) {
    const { story } = this;
    row.record = record;
    row.tr.classList.toggle("pl-now", record === now);
    row.tr.classList.toggle("pl-later", record > now);
    if (record === now) row.tr.setAttribute("aria-current", "step");
    else row.tr.removeAttribute("aria-current");
    const who = story.lanes[story.records.lane[record]];
    const texts = [
      `${record === now ? "▸ " : ""}${record + 1}`,
      story.records.time[record],
      who,
      story.text("text", record),
    ];
    for (const [k, text] of texts.entries()) say(row.cells[k], `${text}`);
    say(row.place, story.text("at", record));
    say(row.code, story.text("code", record));
    row.cells[3].title = story.text("text", record);
    row.cells[4].title = story.text("source", record);
  }
}
