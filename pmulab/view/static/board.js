// Made by `make bundle` of these modules, sha256 9672a54fe86977b6: board.js dom.js handle.js timeline.js
// pmulab/view/js/dom.js
var SVG = "http://www.w3.org/2000/svg";
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}
function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== void 0 && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
function sayFirst(element, text) {
  if (element.textContent === text) return;
  const end = text.indexOf(". ") + 1 || text.length;
  element.replaceChildren(
    text.slice(0, end),
    make("span", { class: "pl-rest", text: text.slice(end) })
  );
}
function onKeys(root, act) {
  const listener = (event) => {
    if (root.contains(event.target)) act(event);
  };
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
}

// pmulab/view/js/timeline.js
var ROW = 30;
var BAR = 20;
var GAP = 32;
var NAME = 15;
var AXIS = 20;
var MIN_COLUMN = 40;
var MAX_COLUMN = 104;
var LETTER = 6.4;
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
function lastAt(list, n, key = (item) => item[0]) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = low + high >> 1;
    if (key(list[middle]) <= n) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
var Timeline = class {
  constructor(sheet, go) {
    this.sheet = sheet;
    this.go = go;
    this.start = 0;
    const all = sheet.rows.flatMap((row) => row.points.map(([n]) => n));
    all.push(...sheet.names.map(([n]) => n));
    this.moments = [.../* @__PURE__ */ new Set([0, ...all])].sort((a, b) => a - b);
    this.names = new Map(sheet.names);
    this.spans = sheet.rows.map(
      ({ points }) => points.filter(
        ([, ...look], k) => !k || look[0] !== points[k - 1][1] || look[1] !== points[k - 1][2]
      )
    );
    this.gutter = 20 + 7.4 * Math.max(6, ...sheet.rows.map((row) => row.name.length));
    this.page = makeSvg("g");
    this.cursor = makeSvg("g", { class: "pl-cursor" });
    this.svg = makeSvg("svg", { class: "bd-time", role: "img" });
    this.overlay = makeSvg("g");
    this.svg.append(this.page, this.overlay, this.cursor);
    const at = (e) => this.positionAt(e.clientX - this.svg.getBoundingClientRect().left);
    this.svg.addEventListener("pointerdown", (e) => {
      this.svg.setPointerCapture(e.pointerId);
      this.go(at(e));
    });
    this.svg.addEventListener("pointermove", (e) => e.buttons & 1 && this.go(at(e)));
  }
  positionAt(x) {
    const column = this.start + Math.floor((x - this.gutter) / this.column);
    return this.moments[clamp(column, 0, this.moments.length - 1)];
  }
  // The position of the change before (way -1) or after (way 1) position n, or undefined.
  change(n, way) {
    const column = lastAt(this.moments, n, (m) => m);
    if (way > 0) return this.moments[column + 1];
    return this.moments[column] < n ? this.moments[column] : this.moments[column - 1];
  }
  resize(width) {
    const span = Math.max(width - this.gutter - 4, MIN_COLUMN);
    this.column = clamp(span / this.moments.length, MIN_COLUMN, MAX_COLUMN);
    this.columns = Math.max(Math.floor(span / this.column), 1);
    this.place();
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", this.axis + AXIS);
    this.drawn = void 0;
  }
  // The middle of a position's column, and the height of the gap above a row.
  knobAt(n, row) {
    const column = lastAt(this.moments, n, (m) => m) - this.start;
    return { x: this.gutter + (column + 0.5) * (this.column ?? 0), y: this.head + row * ROW };
  }
  // The row whose gap above it is nearest to a height in the window.
  boundaryAt(clientY) {
    return Math.round((clientY - this.svg.getBoundingClientRect().top - this.head) / ROW);
  }
  // What would be otherwise: a second boundary over all that is seen, and each row that moves.
  supposed(row, now, would) {
    const y = this.head + row * ROW;
    const x = this.cursorX;
    const moved = now.map(
      (name, k) => name === would[k] ? "" : this.span(x, this.head + k * ROW, this.column, `→${would[k]}`, "tone0 would")
    );
    const end = this.gutter + this.columns * this.column;
    return `<path class="bd-suppose" d="M${this.gutter},${y}H${end}"/>${moved.join("")}`;
  }
  // A name may be wider than its column, so names stand on up to three heights; the rows begin below.
  place() {
    this.heights = /* @__PURE__ */ new Map();
    const ends = [0, 0, 0];
    for (const [column, n] of this.moments.entries()) {
      const name = this.names.get(n);
      if (!name) continue;
      const x = column * this.column;
      const free = Math.max(
        ends.findIndex((right) => right <= x),
        0
      );
      ends[free] = x + 14 + 7 * name.length;
      this.heights.set(n, free);
    }
    this.head = GAP + NAME * Math.max(0, ...this.heights.values());
    this.axis = this.head + this.sheet.rows.length * ROW + 4;
  }
  draw(n, overlay = () => "") {
    this.svg.setAttribute("aria-label", `${this.sheet.title}, over time. Step ${n}.`);
    if (!this.column) return;
    const column = lastAt(this.moments, n, (m) => m);
    this.turnPage(column);
    if (this.drawn !== this.start) this.page.innerHTML = this.pageAt();
    this.drawn = this.start;
    const x = this.gutter + (column - this.start) * this.column;
    this.cursorX = x;
    this.cursor.innerHTML = `<rect x="${x}" y="${this.head - 2}" width="${this.column}" height="${this.axis - this.head + 4}" rx="3"/>`;
    this.overlay.innerHTML = overlay();
  }
  // Which page a column is on depends on nothing else, so a step back shows the same picture again.
  turnPage(column) {
    const edge = this.columns >> 2;
    const size = Math.max(this.columns - 2 * edge, 1);
    const page = Math.floor(Math.max(column - edge, 0) / size);
    this.start = clamp(page * size, 0, Math.max(this.moments.length - this.columns, 0));
  }
  pageAt() {
    const end = Math.min(this.start + this.columns, this.moments.length);
    const parts = [];
    for (let column = this.start; column < end; column++) {
      const x = this.gutter + (column - this.start) * this.column;
      const n = this.moments[column];
      parts.push(`<text class="pl-axis" x="${x + 3}" y="${this.axis + 15}">${n || "start"}</text>`);
      const name = this.names.get(n);
      if (!name) continue;
      const y = 12 + NAME * this.heights.get(n);
      parts.push(
        `<path class="pl-tick" d="M${x + 1},${y - 8}V${this.axis}"/>`,
        `<text class="bd-name" x="${x + 5}" y="${y}">${escaped(name)}</text>`
      );
    }
    parts.push(...this.sheet.rows.map((row, k) => this.row(row, k, end)), ...this.boundary(end));
    return parts.join("");
  }
  row(row, k, end) {
    const y = this.head + k * ROW;
    const parts = [
      `<text class="pl-lane-name" x="${this.gutter - 12}" y="${y + 19}">${escaped(row.name)}</text>`
    ];
    let before;
    for (let column = this.start; column < end; ) {
      const from = column;
      const point = lastAt(this.spans[k], this.moments[column]);
      while (column < end && lastAt(this.spans[k], this.moments[column]) === point) column++;
      const [, label, look] = this.spans[k][point];
      const x = this.gutter + (from - this.start) * this.column;
      const width = (column - from) * this.column;
      if (row.kind === "line") parts.push(this.level(x, y, width, label, look, before));
      else if (row.kind === "meter") parts.push(this.meter(x, y, width, label, look));
      else parts.push(this.span(x, y, width, label, look));
      before = label;
    }
    return parts.join("");
  }
  span(x, y, width, label, look) {
    const top = y + (ROW - BAR) / 2;
    const looks = look.split(" ").map((word) => `bd-${word}`).join(" ");
    const stripes = look.includes("stop") || look.includes("stripes");
    const marks = stripes ? this.hatch(x + 1, top, width - 2, label.length * LETTER + 34) : "";
    return `<rect class="bd-span ${looks}" x="${x + 1}" y="${top}" width="${width - 2}" height="${BAR}" rx="3"/>${marks}<text class="bd-label" x="${x + width / 2}" y="${top + 14}">${fitted(label, width - 6)}</text>`;
  }
  // Slanted lines at the two ends, so that the label between them stays readable.
  hatch(x, top, width, room) {
    const lines = [];
    const ends = width < room ? [] : [x + 4, x + width - 14];
    for (const from of ends)
      for (let k = 0; k < 2; k++) lines.push(`M${from + k * 5},${top + BAR - 3}l5,${6 - BAR}`);
    return `<path class="bd-hatch" d="${lines.join("")}"/>`;
  }
  // A line of a signal: high or low, as an oscilloscope would draw it.
  level(x, y, width, label, look, before) {
    const [high, low] = [y + 7, y + ROW - 7];
    const now = label === "high" ? high : low;
    const rise = before && before !== label ? `M${x},${low}V${high}` : "";
    const fill = label === "high" ? `<rect class="bd-high ${`bd-${look.split(" ")[0]}`}" x="${x}" y="${high}" width="${width}" height="${low - high}"/>` : "";
    const text = label === "high" ? `<text class="bd-label" x="${x + width / 2}" y="${y + 19}">${fitted("high", width - 4)}</text>` : "";
    return `${fill}<path class="bd-wire" d="${rise}M${x},${now}h${width}"/>${text}`;
  }
  // A share of a budget: the frame is the budget, what is filled is spent.
  meter(x, y, width, label, look) {
    const top = y + (ROW - BAR) / 2;
    const share = Math.min(Number.parseInt(label, 10) / 100, 1);
    return `<rect class="bd-spent" x="${x}" y="${top + BAR * (1 - share)}" width="${width}" height="${BAR * share}"/><path class="bd-budget bd-${look}" d="M${x},${top}h${width}M${x},${top + BAR}h${width}"/><text class="bd-label" x="${x + width / 2}" y="${top + 14}">${fitted(label, width - 2)}</text>`;
  }
  // What a look means, as a small picture.
  sample(look, label) {
    const svg = makeSvg("svg", {
      class: "bd-sample",
      width: 94,
      height: ROW,
      "aria-hidden": "true"
    });
    const draw = {
      boundary: () => `<path class="bd-boundary" d="M2,15h90"/>`,
      line: () => this.level(2, 0, 90, "high", "tone0", "low"),
      meter: () => this.meter(2, 0, 90, label, ""),
      suppose: () => `<path class="bd-suppose" d="M2,15h90"/>`
    };
    svg.innerHTML = (draw[look] ?? (() => this.span(1, 0, 92, label, look)))();
    return svg;
  }
  // A thick line between two rows, with its name where it moves.
  boundary(end) {
    const parts = [];
    for (let column = this.start; column < end && this.sheet.boundary.length; ) {
      const from = column;
      const at = lastAt(this.sheet.boundary, this.moments[column]);
      while (column < end && lastAt(this.sheet.boundary, this.moments[column]) === at) column++;
      const x = this.gutter + (from - this.start) * this.column;
      const y = this.head + this.sheet.boundary[at][1] * ROW;
      const last = this.lastY;
      const jump = from > this.start && last !== y ? `M${x},${last}V${y}` : "";
      this.lastY = y;
      parts.push(
        `<path class="bd-boundary" d="${jump}M${x},${y}h${(column - from) * this.column}"/>`
      );
      const rows = this.sheet.rows.length - 1;
      const text = fitted(
        `HPMN ${rows - this.sheet.boundary[at][1]}`,
        (column - from) * this.column
      );
      parts.push(`<text class="bd-edge" x="${x + 3}" y="${y - 3}">${text}</text>`);
    }
    return parts;
  }
};
function escaped(text) {
  return text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
}
function fitted(text, width) {
  const room = Math.floor(width / LETTER);
  if (text.length <= room) return escaped(text);
  return room > 1 ? escaped(`${text.slice(0, room - 1)}…`) : "";
}

// pmulab/view/js/handle.js
var MOVED = "→ ";
var WAYS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };
var Handle = class {
  constructor(model, sheet, timeline) {
    this.model = model;
    this.sheet = sheet;
    this.timeline = timeline;
    this.size = sheet.whatIf.size;
    this.knob = make("div", {
      class: "bd-handle",
      role: "slider",
      tabindex: 0,
      "aria-label": "HPMN, what if",
      "aria-orientation": "vertical",
      "aria-valuemin": 0,
      "aria-valuemax": this.size
    });
    this.says = make("span", { "aria-live": "polite" });
    this.back = make("button", {
      type: "button",
      text: "As recorded",
      title: "Put HPMN back where the trace has it (Escape)",
      onclick: () => this.set(null)
    });
    this.line = make("p", { class: "bd-whatif" }, this.says, this.back);
    this.title = make("th", { scope: "col" });
    this.cells = sheet.rows.map(() => make("td"));
    this.listen();
  }
  listen() {
    this.knob.addEventListener("pointerdown", (e) => {
      this.knob.setPointerCapture(e.pointerId);
      e.stopPropagation();
    });
    this.knob.addEventListener("pointermove", (e) => {
      if (e.buttons & 1) this.set(this.size - this.timeline.boundaryAt(e.clientY));
    });
  }
  // Act on a key that the handle has heard; say whether it was one of its own.
  press(key) {
    const ends = { Home: 0, End: this.size, Escape: null };
    if (key in WAYS) this.set(this.hpmn(this.n) + WAYS[key]);
    else if (key in ends) this.set(ends[key]);
    else return false;
    return true;
  }
  set(hpmn) {
    const to = hpmn === null ? null : clamp(hpmn, 0, this.size);
    if (to === this.model.get("hpmn")) return;
    this.model.set("hpmn", to);
    this.model.save_changes();
  }
  recorded(n) {
    const { boundary } = this.sheet;
    return boundary.length ? this.size - boundary[lastAt(boundary, n)][1] : 0;
  }
  hpmn(n) {
    return this.model.get("hpmn") ?? this.recorded(n);
  }
  // Who owns each row at position n, and who would with HPMN where the handle stands.
  owners(n) {
    const now = this.sheet.rows.map((row) => row.points[lastAt(row.points, n)][3][0]);
    const guest = now[this.size] === "host" ? "" : now[this.size];
    const hpmn = this.hpmn(n);
    const mine = (k) => k === this.size || k >= this.size - hpmn;
    return { now, guest, would: now.map((_, k) => mine(k) ? guest || "a guest" : "host") };
  }
  draw(n) {
    this.n = n;
    const moved = this.model.get("hpmn") !== null;
    const hpmn = this.hpmn(n);
    const { now, guest, would } = this.owners(n);
    const text = this.sheet.whatIf.says[guest][hpmn];
    this.line.hidden = !moved;
    this.title.hidden = !moved;
    say(this.says, moved ? text : "");
    say(this.title, `if HPMN were ${hpmn}`);
    for (const [k, cell] of this.cells.entries()) {
      cell.hidden = !moved;
      const same = would[k] === now[k];
      say(cell, moved ? `${same ? "" : MOVED}${would[k]}` : "");
      cell.className = moved && !same ? "bd-moved" : "";
    }
    this.knob.classList.toggle("bd-moved", moved);
    this.knob.setAttribute("aria-valuenow", hpmn);
    this.knob.setAttribute("aria-valuetext", moved ? text : `${hpmn}, as recorded`);
    say(this.knob, `↕ HPMN ${hpmn}${moved ? "?" : ""}`);
  }
  // Put the knob on its boundary; return what is drawn over the picture.
  overlay(n) {
    const { now, would } = this.owners(n);
    const row = this.size - this.hpmn(n);
    const { x, y } = this.timeline.knobAt(n, row);
    this.knob.style.left = `${x}px`;
    this.knob.style.top = `${y}px`;
    return this.model.get("hpmn") === null ? "" : this.timeline.supposed(row, now, would);
  }
};

// pmulab/view/js/board.js
var SAVE_AFTER_MS = 150;
var KEYS = "Keys: ← → one step, n p next and previous change, Page Up and Down ten, Home End.";
var CHANGED = "◂";
var Board = class {
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
        "data-lm-suppress-shortcuts": "true"
      },
      make("h2", { text: this.sheet.title }),
      top,
      this.says,
      this.sentence,
      make(
        "div",
        { class: "bd-stage" },
        this.timeline.svg,
        ...this.handle ? [this.handle.knob] : []
      ),
      this.slider,
      this.buttons,
      ...this.handle ? [this.handle.line] : [],
      make(
        "div",
        { class: "bd-below" },
        make("div", { class: "pl-scroll" }, this.table()),
        this.legend()
      )
    );
    this.listen();
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
      [button("Last", () => this.go(length)), 1]
    ];
    const hint = make("span", { class: "bd-hint", text: KEYS });
    this.buttons = make("div", { class: "pl-group" }, ...this.ways.map(([b]) => b), hint);
  }
  legend() {
    const items = this.sheet.legend.map(
      ([look, label, says]) => make("li", {}, this.timeline.sample(look, label), make("span", { text: says }))
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
      ...this.handle ? [this.handle.title] : [],
      ...meters ? [make("td")] : []
    );
    this.bars = this.sheet.rows.map(() => make("div", { class: "bd-bar" }, make("div")));
    this.lines = this.sheet.rows.map((row, k) => {
      const name = make("th", { scope: "row", text: row.name });
      const beside = this.handle ? [this.handle.cells[k]] : [];
      if (meters) beside.push(make("td", {}, ...row.kind === "meter" ? [this.bars[k]] : []));
      return make("tr", { class: "" }, name, this.signs[k], ...this.cells[k], ...beside);
    });
    return make(
      "table",
      { class: "bd-table" },
      this.caption,
      make("thead", {}, head),
      make("tbody", {}, ...this.lines)
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
    this.saving = void 0;
    this.model.save_changes();
  }
  change(way) {
    const to = this.timeline.change(this.n, way);
    if (to !== void 0) this.go(to);
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
    this.frame = void 0;
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
};
function render({ model, el }) {
  const view = new Board(model);
  el.append(view.root);
  return () => view.close();
}
var board_default = { render };
export {
  board_default as default
};
