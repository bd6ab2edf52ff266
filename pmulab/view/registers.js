// The registers of every place in one table, and the records around the position in another.

import { make, say } from "./dom.js";

const SIGNS = { written: "◂", read: "▸" };
const AROUND = 2;

export class Registers {
  constructor(story) {
    this.story = story;
    this.cells = [];
    this.signed = [];
    this.state = null;
    this.captions = story.places.map(() => make("span", { class: "pl-caption" }));
    this.caption = make("caption", { class: "pl-hidden" });
    const table = make("table", {}, this.caption, this.head(), this.body());
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
      const row = make("tr", { class: register.group === group ? "" : "pl-first" }, title, ...cells);
      row.hidden = !register.used;
      if (register.used) group = register.group;
      return row;
    });
    this.unused = rows.filter((row) => row.hidden);
    return make("tbody", {}, ...rows);
  }

  cell(location, register) {
    if (location === undefined) return make("td");
    const sign = make("span", { class: "pl-sign" });
    const value = make("span", { class: "pl-value" });
    const detail = make("span", { class: "pl-detail" });
    const box = make("div", {}, sign, value, detail);
    const td = make("td", { "data-location": this.story.locations[location] }, box);
    this.cells[location] = { td, sign, value, detail, register };
    return td;
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
    return [make("button", { type: "button", class: "pl-more", text: name, "aria-expanded": "false", onclick: show })];
  }

  draw(n) {
    const state = this.story.state(n);
    for (const location of this.signed) this.show(location, state[location], "", undefined);
    this.cells.forEach((_, location) => {
      if (this.state?.[location] !== state[location]) this.show(location, state[location], "");
    });
    this.state = state;
    this.signed = n ? this.sign(n - 1, state) : [];
    say(this.caption, `Registers at step ${n}`);
    this.drawHeads(this.story.loadedAt(n));
  }

  sign(record, state) {
    const signed = new Set();
    for (const [, location] of this.story.readsOf(record)) {
      this.show(location, state[location], "read");
      signed.add(location);
    }
    for (const [, location, , , says] of this.story.changesOf(record)) {
      this.show(location, state[location], "written", this.story.texts[says]);
      signed.add(location);
    }
    return signed;
  }

  show(location, value, sign, says) {
    const { td, sign: mark, value: text, detail, register } = this.cells[location];
    const fields = says ?? this.story.texts[this.story.said[register].get(value)] ?? "";
    td.dataset.value = this.story.values[value];
    td.dataset.sign = sign;
    say(mark, sign ? SIGNS[sign] : "");
    say(text, this.story.values[value]);
    say(detail, fields);
    detail.title = sign ? `${sign}: ${fields}` : fields;
    if (sign) mark.append(make("span", { class: "pl-hidden", text: ` ${sign} ` }));
  }

  drawHeads(on) {
    this.story.places.forEach(([name, hardware], k) => {
      const cpu = [...on].find(([, guest]) => guest === name)?.[0];
      const guest = hardware && on.get(Number(name.slice(3)));
      const nobody = guest ? `hardware, ${guest} is on it` : "hardware, no vCPU on it";
      say(this.captions[k], hardware ? nobody : cpu === undefined ? "saved" : `saved, now on cpu${cpu}`);
      this.heads[k].classList.toggle("pl-away", !hardware && cpu !== undefined);
    });
  }

  // A region that scrolls sideways has to be reachable by keyboard, any other should not be.
  resize() {
    const scrolls = this.scroll.scrollWidth > this.scroll.clientWidth + 1;
    const reachable = { tabindex: "0", role: "region", "aria-label": "Registers, scrolls sideways" };
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
    const titles = ["#", "cycle", "who", "what happened", "the hypervisor's line"];
    const head = make("tr", {}, ...titles.map((text) => make("th", { scope: "col", text })));
    const caption = make("caption", { class: "pl-hidden", text: "The records around this step" });
    const body = make("tbody", {}, ...this.rows.map(({ tr }) => tr));
    this.element = make("table", { class: "pl-listing" }, caption, make("thead", {}, head), body);
  }

  row(go) {
    const names = ["number", "time", "who", "what", "source"];
    const cells = names.map((name) => make("td", { class: `pl-${name}` }));
    const place = make("span", { class: "pl-place" });
    const code = make("code");
    cells[4].append(code, place);
    const tr = make("tr", {}, ...cells);
    const row = { tr, cells, place, code, record: 0 };
    tr.addEventListener("click", () => go(row.record + 1));
    return row;
  }

  draw(n) {
    const { length } = this.story;
    const first = Math.min(Math.max(n - 1 - AROUND, 0), length - this.rows.length);
    this.rows.forEach((row, k) => this.fill(row, first + k, n - 1));
  }

  fill(row, record, now) {
    const { story } = this;
    row.record = record;
    row.tr.classList.toggle("pl-now", record === now);
    row.tr.classList.toggle("pl-later", record > now);
    if (record === now) row.tr.setAttribute("aria-current", "step");
    else row.tr.removeAttribute("aria-current");
    const who = story.lanes[story.records.lane[record]];
    const texts = [`${record === now ? "▸ " : ""}${record}`, story.records.time[record], who, story.text("text", record)];
    texts.forEach((text, k) => say(row.cells[k], `${text}`));
    say(row.place, story.text("source", record));
    say(row.code, story.text("code", record));
    row.cells[3].title = story.text("text", record);
    row.cells[4].title = `${story.text("source", record)}  ${story.text("code", record)}`.trim();
  }
}
