// Made by `make bundle` of these modules, sha256 30ae2a967cb4e9d5: board.js columns.js dom.js events.js handle.js stepper.js timeline.js
// pmulab/view/js/columns.js
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
function lastIndex(list, n, key) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = low + high >> 1;
    if (key(list[middle]) <= n) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
function lastAt(points, n) {
  return points[lastIndex(points, n, ([position]) => position)];
}
var Columns = class {
  /** @param {number} count @param {number} gutter @param {[least: number, most: number]} widths */
  constructor(count, gutter, widths) {
    this.count = count;
    this.gutter = gutter;
    this.widths = widths;
    this.start = 0;
    this.seen = 0;
    this.width = 0;
    this.span = 0;
  }
  /** @param {number} room */
  resize(room) {
    const [least, most] = this.widths;
    this.span = Math.max(room - this.gutter, least);
    this.width = clamp(this.span / Math.max(this.count, 1), least, most);
    this.seen = Math.max(Math.floor(this.span / this.width), 1);
  }
  // Which page a column is on depends on nothing else, so a step back shows the same picture again:
  // a quarter of the page is left on each side.
  /** @param {number} column */
  turnTo(column) {
    const edge = this.seen >> 2;
    const size = Math.max(this.seen - 2 * edge, 1);
    const page = Math.floor(Math.max(column - edge, 0) / size);
    this.start = clamp(page * size, 0, Math.max(this.count - this.seen, 0));
  }
  // The column after the last on the page.
  get end() {
    return Math.min(this.start + this.seen, this.count);
  }
  /** @param {number} column */
  x(column) {
    return this.gutter + (column - this.start) * this.width;
  }
  /** @param {number} x */
  at(x) {
    return this.start + Math.floor((x - this.gutter) / this.width);
  }
  // [first, after the last, what they have in common] of each run of columns on the page.
  /**
   * @template T
   * @param {(column: number) => T} what
   */
  runs(what) {
    const found = [];
    for (let column = this.start; column < this.end; column++) {
      const last = found.at(-1);
      const now = what(column);
      if (last && last[2] === now) last[1] = column + 1;
      else found.push([column, column + 1, now]);
    }
    return found;
  }
};
function escaped(text) {
  return text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
}
function fitted(text, width, letter, least = 2) {
  const room = Math.floor(width / letter);
  if (text.length <= room) return escaped(text);
  return room >= least ? escaped(`${text.slice(0, room - 1)}…`) : "";
}

// pmulab/view/js/dom.js
var SVG = "http://www.w3.org/2000/svg";
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}
function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}
function button(attributes, ...children) {
  return make("button", { type: "button", ...attributes }, ...children);
}
function titles(...texts) {
  return texts.map((text) => make("th", { scope: "col", text }));
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
function bringIntoView(root) {
  const cell = root.closest(".jp-Cell");
  const ran = [cell, cell?.nextElementSibling].some((c) => c?.classList.contains("jp-mod-active"));
  if (ran) root.scrollIntoView({ block: "nearest" });
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
function scrolls(label) {
  return { tabindex: 0, role: "group", "aria-label": label, "data-scrolls": "" };
}
function reachable(box, label) {
  const look = scrolls(label);
  const sizes = new ResizeObserver(() => {
    const more = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (more) set(box, look);
    else for (const name of Object.keys(look)) box.removeAttribute(name);
  });
  for (const one of [box, ...box.children]) sizes.observe(one);
  return () => sizes.disconnect();
}
var STEPS = {
  ArrowLeft: -1,
  k: -1,
  ArrowRight: 1,
  j: 1,
  PageUp: -10,
  PageDown: 10,
  Home: -Infinity,
  End: Infinity
};
function stepsOf(key) {
  return STEPS[key];
}
function onDrag(element, drag, press = drag) {
  const down = (event) => {
    element.setPointerCapture(event.pointerId);
    press(event);
  };
  const move = (event) => {
    if (event.buttons & 1) drag(event);
  };
  element.addEventListener(
    "pointerdown",
    /** @type {EventListener} */
    down
  );
  element.addEventListener(
    "pointermove",
    /** @type {EventListener} */
    move
  );
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

// pmulab/view/js/handle.js
var WAYS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };
var Handle = class {
  /** @param {Model<StepperTraits>} model @param {SheetJson} sheet @param {WhatIf} whatIf @param {Timeline} timeline */
  constructor(model, sheet, whatIf, timeline) {
    this.model = model;
    this.sheet = sheet;
    this.whatIf = whatIf;
    this.timeline = timeline;
    this.size = sheet.rows.length - 1;
    this.n = 0;
    this.knob = make("div", {
      class: "bd-handle",
      role: "slider",
      tabindex: 0,
      "aria-label": whatIf.name,
      "aria-orientation": "vertical",
      "aria-valuemin": 0,
      "aria-valuemax": this.size
    });
    this.says = make("span", { "aria-live": "polite" });
    const title = "Put HPMN back where the trace has it (Escape)";
    const back = button({ text: "As recorded", title, onclick: () => this.set(null) });
    this.line = make("p", { class: "pl-group bd-whatif" }, this.says, back);
    this.title = make("th", { scope: "col" });
    this.cells = sheet.rows.map(() => make("td"));
    onDrag(
      this.knob,
      (e) => this.set(this.size - timeline.boundaryAt(e.clientY), false),
      // The picture below would take it for a step.
      (e) => e.stopPropagation()
    );
    for (const end of ["pointerup", "pointercancel"])
      this.knob.addEventListener(end, () => model.save_changes());
  }
  /** @param {string} key @returns {boolean} whether the key was one of its own */
  press(key) {
    const ends = { Home: 0, End: this.size, Escape: null };
    if (key in WAYS) this.set(this.hpmn(this.n) + WAYS[key]);
    else if (key in ends) this.set(ends[key]);
    else return false;
    return true;
  }
  /** @param {number | null} hpmn @param {boolean} tell whether Python is told at once */
  set(hpmn, tell = true) {
    const to = hpmn === null ? null : clamp(hpmn, 0, this.size);
    if (to === this.model.get("hpmn")) return;
    this.model.set("hpmn", to);
    if (tell) this.model.save_changes();
  }
  get moved() {
    return this.model.get("hpmn") !== this.whatIf.ran;
  }
  // HPMN where the handle stands, or as the trace has it at position n.
  /** @param {number} n */
  hpmn(n) {
    const { boundary } = this.sheet;
    return this.model.get("hpmn") ?? (boundary.length ? this.size - lastAt(boundary, n)[1] : 0);
  }
  // Who owns each row at position n, and what would be with HPMN where the handle stands.
  /** @param {number} n */
  supposed(n) {
    const now = this.sheet.rows.map((row) => lastAt(row.points, n)[3][0]);
    const [title, says, would] = this.whatIf.cases[now[this.size]][this.hpmn(n)];
    return { now, title, says, would };
  }
  /** @param {number} n */
  draw(n) {
    this.n = n;
    const { moved } = this;
    const hpmn = this.hpmn(n);
    const { now, title, says, would } = this.supposed(n);
    for (const part of [this.title, ...this.cells]) part.hidden = !moved;
    this.line.hidden = this.model.get("hpmn") === null;
    say(this.says, moved ? says : this.whatIf.said);
    say(this.title, title);
    for (const [k, cell] of this.cells.entries()) {
      const other = moved && would[k] !== now[k];
      say(cell, moved ? `${other ? this.whatIf.moved : ""}${would[k]}` : "");
      cell.className = other ? "bd-moved" : "";
    }
    this.knob.classList.toggle("bd-moved", moved);
    const still = this.line.hidden ? "as recorded" : "run anew";
    const spoken = moved ? says : `${hpmn}, ${still}`;
    set(this.knob, { "aria-valuenow": hpmn, "aria-valuetext": spoken });
    say(this.knob, `↕ drag HPMN ${hpmn}${moved ? "?" : ""}`);
  }
  // Put the knob on its boundary; return what is drawn over the picture.
  /** @param {number} n */
  overlay(n) {
    const { now, would } = this.supposed(n);
    const row = this.size - this.hpmn(n);
    const { x, y } = this.timeline.knobAt(n, row);
    this.knob.style.left = `${x}px`;
    this.knob.style.top = `${y}px`;
    this.timeline.cover(n, !this.moved);
    return this.moved ? this.timeline.supposed(n, row, now, would) : "";
  }
};

// pmulab/view/js/stepper.js
var SAVE_AFTER_MS = 150;
var seen = /* @__PURE__ */ new WeakSet();
var Stepper = class {
  /** @param {Model<StepperTraits>} model @param {Told} told @param {"h2" | "h3"} heading */
  constructor(model, told, heading) {
    this.model = model;
    this.told = told;
    this.heading = make(heading, { class: "pl-where" });
    this.sentence = make("p", { class: "pl-sentence", "aria-live": "polite" });
    const act = () => this.go(Number(this.slider.value));
    const range = { type: "range", min: 0, max: told.length, "aria-label": "Step" };
    this.slider = make("input", { ...range, oninput: act });
    this.root = make("div");
    this.ends = [];
    this.saving = 0;
    this.frame = 0;
  }
  /** @param {string} kind @param {string} label @param {Element[]} parts */
  open(kind, label, ...parts) {
    this.root = makeView(kind, { role: "group", "aria-label": label, tabindex: -1 }, ...parts);
    const changed = () => this.schedule();
    const changes = "change:index change:bookmarks change:hpmn";
    this.model.on(changes, changed);
    const sizes = new ResizeObserver(([{ contentRect }]) => {
      if (!contentRect.width) return;
      this.resize(contentRect.width - 2);
      this.redraw();
      this.resized();
      if (!seen.has(this.model)) bringIntoView(this.root);
      seen.add(this.model);
    });
    sizes.observe(this.root);
    const act = (e) => runsTheCell(e) ? goOn(this.root) : this.key(e);
    const deaf = onKeys(this.root, act, (e) => foreign(e) && !runsTheCell(e));
    this.ends.push(
      deaf,
      () => sizes.disconnect(),
      () => this.model.off(changes, changed)
    );
    this.redraw();
  }
  close() {
    for (const end of this.ends) end();
    cancelAnimationFrame(this.frame);
    if (this.saving) this.save();
  }
  // ---- what a view does in its own way
  // Draw a position; return what the slider says of it.
  /** @param {number} _n @returns {string} */
  draw(_n) {
    return "";
  }
  /** @param {number} _width */
  resize(_width) {
  }
  resized() {
  }
  /** @param {KeyboardEvent} _event @returns {boolean} whether the key was one of its own */
  key(_event) {
    return false;
  }
  // ---- where we are
  get n() {
    return this.model.get("index");
  }
  /**
   * @template {keyof StepperTraits} K
   * @param {K} name @param {StepperTraits[K]} value
   */
  set(name, value) {
    this.model.set(name, value);
    this.saving ||= window.setTimeout(() => this.save(), SAVE_AFTER_MS);
  }
  save() {
    clearTimeout(this.saving);
    this.saving = 0;
    this.model.save_changes();
  }
  /** @param {number} n */
  go(n) {
    const to = clamp(n, 0, this.told.length);
    if (to !== this.n) this.set("index", to);
  }
  // ---- drawing
  // At most once a frame, however fast the position moves.
  schedule() {
    this.frame ||= requestAnimationFrame(() => this.redraw());
  }
  redraw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { n, told } = this;
    const { scenario, length, times, words } = told;
    const when = n ? fill(words.cycle, { cycle: times[n - 1] }) : "";
    this.root.dataset.index = `${n}`;
    say(this.heading, fill(words.heading, { scenario, n, length }) + when);
    const says = this.draw(n);
    this.slider.value = `${n}`;
    set(this.slider, { "aria-valuetext": `${n} of ${length}: ${says}` });
  }
};
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

// pmulab/view/js/timeline.js
var ROW = 30;
var BAR = 20;
var GAP = 32;
var NAME = 15;
var AXIS = 20;
var LETTER = 6.4;
var BOLD = 7;
var Timeline = class {
  /** @param {SheetJson} sheet @param {(n: number) => void} go */
  constructor(sheet, go) {
    this.sheet = sheet;
    const all = sheet.rows.flatMap((row) => row.points.map(([n]) => n));
    all.push(...sheet.names.map(([n]) => n));
    this.moments = [.../* @__PURE__ */ new Set([0, ...all])].sort((a, b) => a - b);
    this.names = new Map(sheet.names);
    this.spans = sheet.rows.map(
      ({ points }) => points.filter(
        ([, ...look], k) => !k || look[0] !== points[k - 1][1] || look[1] !== points[k - 1][2]
      )
    );
    this.width = 0;
    this.gutter = 20 + 7.4 * Math.max(6, ...sheet.rows.map((row) => row.name.length));
    this.columns = new Columns(this.moments.length, this.gutter, [40, 104]);
    this.heights = /** @type {Map<number, number>} */
    /* @__PURE__ */ new Map();
    this.head = 0;
    this.axis = 0;
    this.drawn = -1;
    this.page = makeSvg("g");
    this.cursor = makeSvg("g", { class: "pl-cursor" });
    this.overlay = makeSvg("g");
    const parts = [this.page, this.overlay, this.cursor];
    this.svg = makeSvg("svg", { class: "bd-time", role: "img" }, ...parts);
    onDrag(this.svg, (e) => go(this.positionAt(e.clientX)));
  }
  /** @param {number} clientX */
  positionAt(clientX) {
    const column = this.columns.at(clientX - this.svg.getBoundingClientRect().left);
    return this.moments[clamp(column, 0, this.moments.length - 1)];
  }
  /** @param {number} n */
  columnOf(n) {
    return lastIndex(this.moments, n, (moment) => moment);
  }
  // The position of the change before (way -1) or after (way 1) position n, or undefined.
  /** @param {number} n @param {number} way */
  change(n, way) {
    const column = this.columnOf(n);
    if (way > 0) return this.moments[column + 1];
    return this.moments[column] < n ? this.moments[column] : this.moments[column - 1];
  }
  /** @param {number} width */
  resize(width) {
    this.width = width;
    this.columns.resize(width - 4);
    this.layOut();
    set(this.svg, { width, height: this.axis + AXIS });
    this.drawn = -1;
  }
  // The middle of a position's column, and the height of the gap above a row.
  /** @param {number} n @param {number} row */
  knobAt(n, row) {
    return { x: this.columns.x(this.columnOf(n) + 0.5), y: this.head + row * ROW };
  }
  // The row whose gap above it is nearest to a height in the window.
  /** @param {number} clientY */
  boundaryAt(clientY) {
    return Math.round((clientY - this.svg.getBoundingClientRect().top - this.head) / ROW);
  }
  // The boundary's name gives way where the handle says the same.
  /** @param {number} n @param {boolean} said */
  cover(n, said) {
    const column = this.columnOf(n);
    for (const name of this.page.querySelectorAll(".bd-edge")) {
      const [from, to] = `${name.getAttribute("data-columns")}`.split(" ").map(Number);
      name.classList.toggle("bd-covered", said && from <= column && column < to);
    }
  }
  // What would be otherwise: a second boundary over all that is seen, and each row that moves.
  /** @param {number} n @param {number} row @param {string[]} now @param {string[]} would */
  supposed(n, row, now, would) {
    const { width, seen: seen2 } = this.columns;
    const x = this.columns.x(this.columnOf(n));
    const moved = would.map(
      (name, k) => name === now[k] ? "" : this.span(x, this.head + k * ROW, width, `→${name}`, "tone0 would")
    );
    const line = `M${this.gutter},${this.head + row * ROW}h${seen2 * width}`;
    return `<path class="bd-suppose" d="${line}"/>${moved.join("")}`;
  }
  // A name may be wider than its column, so names stand on up to three heights; the rows begin below.
  layOut() {
    this.heights.clear();
    const ends = [0, 0, 0];
    for (const [column, n] of this.moments.entries()) {
      const name = this.names.get(n);
      if (!name) continue;
      const x = column * this.columns.width;
      const free = Math.max(
        ends.findIndex((right) => right <= x),
        0
      );
      ends[free] = x + 14 + BOLD * name.length;
      this.heights.set(n, free);
    }
    this.head = GAP + NAME * Math.max(0, ...this.heights.values());
    this.axis = this.head + this.sheet.rows.length * ROW + 4;
  }
  /** @param {number} n @param {() => string} overlay */
  draw(n, overlay) {
    set(this.svg, { "aria-label": `${this.sheet.title}, over time. Step ${n}.` });
    if (!this.columns.width) return;
    const column = this.columnOf(n);
    this.columns.turnTo(column);
    if (this.drawn !== this.columns.start) this.page.innerHTML = this.pageAt();
    this.drawn = this.columns.start;
    const height = this.axis - this.head + 4;
    this.cursor.innerHTML = `<rect x="${this.columns.x(column)}" y="${this.head - 2}" width="${this.columns.width}" height="${height}" rx="3"/>`;
    this.overlay.innerHTML = overlay();
  }
  pageAt() {
    const parts = [];
    const names = [];
    for (let column = this.columns.start; column < this.columns.end; column++) {
      const x = this.columns.x(column);
      const n = this.moments[column];
      parts.push(`<text class="pl-axis" x="${x + 3}" y="${this.axis + 15}">${n || "start"}</text>`);
      const name = this.names.get(n);
      if (!name) continue;
      const y = 12 + NAME * (this.heights.get(n) ?? 0);
      const place = Math.min(x + 5, this.width - BOLD * name.length);
      parts.push(`<path class="pl-tick" d="M${x + 1},${y - 8}V${this.axis}"/>`);
      names.push(`<text class="bd-name" x="${place}" y="${y}">${escaped(name)}</text>`);
    }
    parts.push(...names, ...this.sheet.rows.map((row, k) => this.row(row, k)), ...this.boundary());
    return parts.join("");
  }
  /** @param {SheetRow} row @param {number} k */
  row(row, k) {
    const y = this.head + k * ROW;
    const parts = [
      `<text class="pl-lane-name" x="${this.gutter - 12}" y="${y + 19}">${escaped(row.name)}</text>`
    ];
    let before = "";
    for (const [from, to, point] of this.columns.runs(
      (c) => lastAt(this.spans[k], this.moments[c])
    )) {
      const [, label, look] = point;
      const x = this.columns.x(from);
      const width = (to - from) * this.columns.width;
      if (row.kind === "line") parts.push(this.level(x, y, width, label, look, before));
      else if (row.kind === "meter") parts.push(this.meter(x, y, width, label, look));
      else parts.push(this.span(x, y, width, label, look));
      before = label;
    }
    return parts.join("");
  }
  /** @param {number} x @param {number} y @param {number} width @param {string} label @param {string} look */
  span(x, y, width, label, look) {
    const top = y + (ROW - BAR) / 2;
    const looks = look.replace(/\w+/g, "bd-$&");
    const stripes = look.includes("stop") || look.includes("stripes");
    const marks = stripes ? this.hatch(x + 1, top, width - 2, label.length * LETTER + 34) : "";
    return `<rect class="bd-span ${looks}" x="${x + 1}" y="${top}" width="${width - 2}" height="${BAR}" rx="3"/>` + marks + labelled(x + width / 2, top + 14, label, width - 6);
  }
  // Slanted lines at the two ends, so that the label between them stays readable.
  /** @param {number} x @param {number} top @param {number} width @param {number} room */
  hatch(x, top, width, room) {
    const lines = [];
    const ends = width < room ? [] : [x + 4, x + width - 14];
    for (const from of ends)
      for (let k = 0; k < 2; k++) lines.push(`M${from + k * 5},${top + BAR - 3}l5,${6 - BAR}`);
    return `<path class="bd-hatch" d="${lines.join("")}"/>`;
  }
  // A line of a signal: high or low, as an oscilloscope would draw it.
  /** @param {number} x @param {number} y @param {number} width @param {string} label @param {string} look @param {string} before */
  level(x, y, width, label, look, before) {
    const [high, low] = [y + 7, y + ROW - 7];
    const up = label === "high";
    const rise = before && before !== label ? `M${x},${low}V${high}` : "";
    const wire = `<path class="bd-wire" d="${rise}M${x},${up ? high : low}h${width}"/>`;
    if (!up) return wire;
    const tone = `bd-${look.split(" ")[0]}`;
    return `<rect class="bd-high ${tone}" x="${x}" y="${high}" width="${width}" height="${low - high}"/>` + wire + labelled(x + width / 2, y + 19, label, width - 4);
  }
  // A share of a budget: the frame is the budget, what is filled is spent.
  /** @param {number} x @param {number} y @param {number} width @param {string} label @param {string} look */
  meter(x, y, width, label, look) {
    const top = y + (ROW - BAR) / 2;
    const share = Math.min(Number.parseInt(label, 10) / 100, 1);
    return `<rect class="bd-spent" x="${x}" y="${top + BAR * (1 - share)}" width="${width}" height="${BAR * share}"/><path class="bd-budget bd-${look}" d="M${x},${top}h${width}M${x},${top + BAR}h${width}"/>` + labelled(x + width / 2, top + 14, label, width - 2);
  }
  // What a look means, as a small picture.
  /** @param {string} look @param {string} label */
  sample(look, label) {
    const size = { width: 94, height: ROW };
    const svg = makeSvg("svg", { class: "bd-sample", ...size, "aria-hidden": "true" });
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
  boundary() {
    const { boundary, rows } = this.sheet;
    if (!boundary.length) return [];
    let last = NaN;
    return this.columns.runs((column) => lastAt(boundary, this.moments[column])).map(([from, to, [, row]]) => {
      const [x, y] = [this.columns.x(from), this.head + row * ROW];
      const width = (to - from) * this.columns.width;
      const jump = from > this.columns.start && last !== y ? `M${x},${last}V${y}` : "";
      last = y;
      const text = fitted(`HPMN ${rows.length - 1 - row}`, width, LETTER);
      return `<path class="bd-boundary" d="${jump}M${x},${y}h${width}"/><text class="bd-edge" x="${x + width - 3}" y="${y - 3}" data-columns="${from} ${to}">${text}</text>`;
    });
  }
};
function labelled(x, y, label, width) {
  return `<text class="bd-label" x="${x}" y="${y}">${fitted(label, width, LETTER)}</text>`;
}

// pmulab/view/js/board.js
var KEYS = "Keys: ← → one step, n p next and previous change, Page Up and Down ten, Home End.";
var CHANGES = { n: 1, p: -1 };
var Board = class extends Stepper {
  /** @param {Model<StepperTraits>} model */
  constructor(model) {
    const sheet = JSON.parse(model.get("story"));
    super(model, sheet, "h3");
    this.sheet = sheet;
    this.timeline = new Timeline(sheet, (n) => this.go(n));
    this.record = make("p", { class: "bd-record" });
    this.chip = make("span", { class: "pl-chip" });
    const { whatIf } = sheet;
    this.handle = whatIf ? new Handle(model, sheet, whatIf, this.timeline) : void 0;
    this.ways = [
      [button({ text: "First", onclick: () => this.go(0) }), -1],
      [button({ text: "Previous change", onclick: () => this.change(-1) }), -1],
      [button({ text: "Back", onclick: () => this.go(this.n - 1) }), -1],
      [button({ text: "Forward", onclick: () => this.go(this.n + 1) }), 1],
      [button({ text: "Next change", onclick: () => this.change(1) }), 1],
      [button({ text: "Last", onclick: () => this.go(sheet.length) }), 1]
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
      make("div", { class: "bd-stage" }, timeline.svg, ...handle ? [handle.knob] : []),
      this.slider,
      make("div", { class: "pl-group" }, ...this.ways.map(([way]) => way), hint),
      ...handle ? [handle.line] : [],
      make("div", { class: "bd-below" }, table, this.legend())
    ];
  }
  legend() {
    const items = this.sheet.legend.map(
      ([look, label, says]) => make("li", {}, this.timeline.sample(look, label), make("span", { text: says }))
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
    head.append(...titles(...rest), ...this.handle ? [this.handle.title] : []);
    if (this.meters) head.append(make("td"));
    const body = make("tbody", {}, ...this.rows.map(({ line }) => line));
    return make("table", { class: "bd-table" }, this.caption, make("thead", {}, head), body);
  }
  /** @param {SheetRow} row @param {number} k */
  row(row, k) {
    const sign = make("td", { class: "bd-sign" });
    const cells = this.sheet.columns.slice(1).map(() => make("td"));
    const bar = make("div");
    const beside = this.handle ? [this.handle.cells[k]] : [];
    if (row.kind === "meter") beside.push(make("td", {}, make("div", { class: "bd-bar" }, bar)));
    else if (this.meters) beside.push(make("td"));
    const name = make("th", { scope: "row", text: row.name });
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
};
var board_default = widget(Board);
export {
  board_default as default
};
