// Made by `make bundle` of these modules, sha256 b47d088f342792ac: columns.js controls.js dom.js events.js goto.js lanes.js player.js registers.js source.js states.js stepper.js travel.js
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
function onDrag(element, drag, press2 = drag) {
  const down = (event) => {
    element.setPointerCapture(event.pointerId);
    press2(event);
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

// pmulab/view/js/lanes.js
var LANE = 24;
var BAR = 16;
var MARK = 20;
var HOOK = 18;
var AXIS = 18;
var OVERVIEW = 6;
var LETTER = 6.2;
var SHAPES = {
  overflow: ["O", "M-7,-7h14v14h-14z"],
  trap: ["T", "M0,-9.5L9,6.5H-9z"],
  swap: ["S", "M0,-9.5L9.5,0L0,9.5L-9.5,0z"],
  interrupt: ["I", "M-8,0a8,8 0 1 0 16,0a8,8 0 1 0 -16,0z"],
  accusation: ["!", "M-4,-8.5h8L9.5,0L4,8.5h-8L-9.5,0z"]
};
function markIcon(name) {
  const looks = { class: "pl-icon", viewBox: "-11 -11 22 22", "aria-hidden": "true" };
  const icon2 = makeSvg("svg", looks);
  icon2.innerHTML = mark(name, 0, 0);
  return icon2;
}
function mark(name, x, y) {
  const [letter, shape] = SHAPES[name] ?? [name[0].toUpperCase(), SHAPES.interrupt[1]];
  const drop = name === "trap" ? 1.5 : 0;
  return `<g class="pl-mark pl-${name}" transform="translate(${x},${y})"><path d="${shape}"/><text y="${3.4 + drop}">${letter}</text></g>`;
}
var Lanes = class {
  /** @param {Story} story @param {(n: number) => void} go */
  constructor(story, go) {
    this.story = story;
    this.go = go;
    this.spans = loadedSpans(story);
    this.levels = markLevels(story.sent.records.marks);
    this.top = (this.levels.reduce((a, b) => Math.max(a, b)) + 1) * MARK + 4;
    this.hooks = this.top + story.lanes.length * LANE;
    this.axis = this.hooks + HOOK + 2;
    this.gutter = 20 + 8 * Math.max(4, ...story.lanes.map((name) => name.length));
    this.columns = new Columns(story.length, this.gutter, [14, 24]);
    this.page = makeSvg("g");
    this.cursor = makeSvg("g", { class: "pl-cursor" });
    const looks = { class: "pl-lanes", role: "img", height: this.axis + AXIS };
    this.svg = makeSvg("svg", looks, this.page, this.cursor);
    this.overview = makeSvg("svg", { class: "pl-overview", "aria-hidden": "true" });
    this.element = make("div", { class: "pl-time" }, this.svg, this.overview);
    this.drawn = "";
    this.only = -1;
    this.dragging = false;
    this.listen(this.svg, (x) => this.columns.at(x) + 1);
    this.listen(
      this.overview,
      (x) => Math.round((x - this.gutter) / this.columns.span * story.length)
    );
  }
  // Press or drag to go there; hover to read the record.
  /** @param {SVGSVGElement} svg @param {(x: number) => number} position */
  listen(svg, position) {
    const at = (e) => clamp(position(e.clientX - svg.getBoundingClientRect().left), 0, this.story.length);
    onDrag(svg, (e) => this.go(at(e)));
    const drag = (on) => () => {
      this.dragging = on && svg === this.svg;
    };
    svg.addEventListener("pointerdown", drag(true));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, drag(false));
    svg.addEventListener("pointermove", (e) => {
      const n = at(e);
      this.element.title = `${n ? `${n}: ` : ""}${this.story.says(n)}`;
    });
  }
  /** @param {number} width */
  resize(width) {
    this.columns.resize(width - 2);
    set(this.svg, { width });
    set(this.overview, { width });
    const whole = this.columns.seen >= this.story.length;
    this.overview.style.display = whole ? "none" : "";
    if (!whole) this.drawOverview();
    this.drawn = "";
  }
  /** @param {number} n @param {number[]} bookmarks */
  draw(n, bookmarks) {
    const label = `Who acts at each step. Step ${n}: ${this.story.says(n)}`;
    set(this.svg, { "aria-label": label });
    if (!this.columns.width) return;
    if (!this.dragging || !this.drawn) this.columns.turnTo(n - 1);
    const drawn2 = `${this.columns.start} ${bookmarks} ${this.only}`;
    if (drawn2 !== this.drawn) this.page.innerHTML = this.pageAt(bookmarks);
    this.drawn = drawn2;
    this.placeCursor(n);
  }
  /** @param {number} n */
  placeCursor(n) {
    const { start, seen: seen2, span, width } = this.columns;
    const length = Math.max(this.story.length, 1);
    this.cursor.innerHTML = n ? `<rect x="${this.columns.x(n - 1)}" y="${this.top - 2}" width="${width}" height="${this.axis - this.top + 4}" rx="3"/>` : `<path d="M${this.gutter},${this.top - 2}V${this.axis + 2}"/>`;
    const [frame, spot] = this.overview.querySelectorAll(".pl-window, .pl-spot");
    if (!frame) return;
    const x = this.gutter + start / length * span;
    set(frame, { x, width: Math.max(seen2 / length * span, 2) });
    set(spot, { d: `M${this.gutter + n / length * span},0V40` });
  }
  /** @param {number} lane */
  laneY(lane) {
    return this.top + lane * LANE + (LANE - BAR) / 2;
  }
  /** @param {number[]} bookmarks */
  pageAt(bookmarks) {
    const { start, end } = this.columns;
    const parts = this.story.lanes.map((name, lane) => this.lane(name, lane));
    parts.push(this.bands(), this.hookNames(), this.records());
    for (const n of bookmarks) if (n > start && n <= end) parts.push(this.flag(n));
    return parts.join("");
  }
  /** @param {string} name @param {number} lane */
  lane(name, lane) {
    const y = this.laneY(lane) + BAR / 2;
    return `<text class="pl-lane-name" x="${this.gutter - 12}" y="${y + 4}">${escaped(name)}</text><path class="pl-rule" d="M${this.gutter},${y}h${this.columns.span}"/>`;
  }
  // A frame in a vCPU's lane for the time that it is on a PE, whoever acts.
  bands() {
    const { start, end, width } = this.columns;
    const parts = this.spans.map(([from, to, guest]) => {
      const lane = this.story.lanes.indexOf(guest);
      const [a, b] = [Math.max(from, start), Math.min(to, end)];
      if (lane < 0 || a >= b) return "";
      const spot = `x="${this.columns.x(a)}" y="${this.laneY(lane) - 3}"`;
      const size = `width="${(b - a) * width}" height="${BAR + 6}"`;
      return `<rect class="pl-band pl-tone${this.story.tones[lane]}" ${spot} ${size} rx="4"/>`;
    });
    return parts.join("");
  }
  // The hypervisor's functions, each below the records that it made.
  hookNames() {
    const runs = this.columns.runs((record) => this.story.text("hook", record));
    return runs.map(([from, to, name]) => name && this.hookName(name, from, to)).join("");
  }
  /** @param {string} name @param {number} from @param {number} to */
  hookName(name, from, to) {
    const x = this.columns.x(from) + 1;
    const width = (to - from) * this.columns.width - 2;
    return `<path class="pl-brace" d="M${x},${this.hooks}v3h${width}v-3"/><text class="pl-hook" x="${x + width / 2}" y="${this.hooks + 14}">${fitted(name, width, LETTER, 4)}</text>`;
  }
  // All blocks of a look are one path and all letters one text, each at its place: a page of many
  // elements takes longer to lay out and to paint than a frame has.
  records() {
    const { start, end, width } = this.columns;
    const { lane: lanes } = this.story.sent.records;
    const blocks = (
      /** @type {Map<string, string>} */
      /* @__PURE__ */ new Map()
    );
    const letters = { x: [], y: [], text: "" };
    const parts = [];
    for (let i = start; i < end; i++) {
      const [x, y] = [this.columns.x(i), this.laneY(lanes[i])];
      const letter = this.story.text("letter", i);
      const off = this.only >= 0 && this.only !== lanes[i] ? " pl-off" : "";
      const look = `${letter ? "pl-act" : "pl-work"} pl-tone${this.story.tones[lanes[i]]}${off}`;
      const box = `M${x + 1.5},${y + 1}h${width - 3}v${BAR - 2}h${3 - width}z`;
      blocks.set(look, (blocks.get(look) ?? "") + box);
      if (letter) {
        letters.x.push(x + width / 2);
        letters.y.push(y + 12);
        letters.text += letter;
      }
      parts.push(this.marksAt(i, x + width / 2), (i + 1) % 10 ? "" : this.tick(i, x));
    }
    const paths = [...blocks].map(([look, d]) => `<path class="pl-block ${look}" d="${d}"/>`);
    const text = `<text class="pl-letter" x="${letters.x}" y="${letters.y}">${letters.text}</text>`;
    return paths.join("") + text + parts.join("");
  }
  // The k-th mark of a record stands above the one before it.
  /** @param {number} i @param {number} middle */
  marksAt(i, middle) {
    const names = this.story.marksOf(i);
    const lowest = this.levels[i] - names.length + 1;
    const y = (k) => this.top - 14 - (lowest + k) * MARK;
    return names.map((name, k) => mark(name, middle, y(k))).join("");
  }
  /** @param {number} i @param {number} x */
  tick(i, x) {
    const y = this.axis;
    return `<path class="pl-tick" d="M${x},${y}v4"/><text class="pl-axis" x="${x + 2}" y="${y + 14}">${i + 1}</text>`;
  }
  /** @param {number} n */
  flag(n) {
    const x = this.columns.x(n - 0.5);
    const y = this.axis + 2;
    return `<path class="pl-flag" d="M${x - 4},${y + 12}v-11h8v11l-4,-4z"/>`;
  }
  drawOverview() {
    const { lanes, length, sent, tones } = this.story;
    const width = Math.max(Math.floor(this.columns.span), 1);
    const bins = lanes.map(() => new Uint8Array(width));
    const bin = (i) => Math.floor(i / length * width);
    for (let i = 0; i < length; i++)
      bins[sent.records.lane[i]].fill(1, bin(i), Math.max(bin(i + 1), bin(i) + 1));
    const paths = bins.map((ones, lane) => {
      const y = 3 + lane * OVERVIEW;
      const d = runsOfOnes(ones).map(([a, b]) => `M${this.gutter + a},${y}h${b - a}`);
      return `<path class="pl-tone${tones[lane]}" d="${d.join("")}"/>`;
    });
    const height = lanes.length * OVERVIEW + 3;
    set(this.overview, { height });
    this.overview.innerHTML = `<rect class="pl-window" y="0.5" height="${height - 1}" rx="2"/>${paths.join("")}<path class="pl-spot"/>`;
  }
};
function loadedSpans(story) {
  const since = (
    /** @type {Map<number, [from: number, guest: string]>} */
    /* @__PURE__ */ new Map()
  );
  const spans = [];
  const leave = (cpu, until) => {
    const [from, guest] = since.get(cpu) ?? [0, ""];
    if (guest) spans.push([from, until, guest]);
  };
  for (const [n, cpu, guest] of story.sent.loaded) {
    leave(cpu, n);
    since.set(cpu, [Math.max(n - 1, 0), guest]);
  }
  for (const cpu of since.keys()) leave(cpu, story.length);
  return spans;
}
function runsOfOnes(bin) {
  const found = [];
  for (let x = 0; x < bin.length; x++) {
    const last = found.at(-1);
    if (bin[x] && last?.[1] === x) last[1] = x + 1;
    else if (bin[x]) found.push([x, x + 1]);
  }
  return found;
}
function markLevels(marks) {
  const levels = new Int8Array(Math.max(marks.length, 1));
  let raised = 0;
  marks.forEach((bits, i) => {
    raised = bits && marks[i - 1] ? 1 - raised : 0;
    levels[i] = bits ? raised + bitCount(bits) - 1 : 0;
  });
  return levels;
}
function bitCount(bits) {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count++;
  return count;
}

// pmulab/view/js/controls.js
var SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
var ICONS = {
  first: "M3,3v10M13,3L7,8l6,5z",
  back: "M11,3L5,8l6,5z",
  play: "M5,3l8,5l-8,5z",
  pause: "M5,3v10M11,3v10",
  forward: "M5,3l6,5l-6,5z",
  last: "M13,3v10M3,3l6,5l-6,5z",
  bookmark: "M4,2.5h8v11l-4,-3.5l-4,3.5z",
  records: "M3,4h10M3,8h10M3,12h10"
};
var KEYS = {
  " ": (player) => player.toggle(),
  n: (player) => player.jump("swap", 1),
  p: (player) => player.jump("swap", -1),
  r: (player) => player.thisRegister(1),
  R: (player) => player.thisRegister(-1),
  l: (player) => player.thisLine(1),
  L: (player) => player.thisLine(-1),
  c: (player) => player.controls.copy("text"),
  m: (player) => player.controls.copy("Mermaid"),
  b: (player) => player.bookmark(),
  "[": (player) => player.toBookmark(-1),
  "]": (player) => player.toBookmark(1),
  "?": (player) => player.help(),
  Escape: (player) => player.help(false)
};
function help(marks) {
  const letters = marks.map(([letter]) => letter).join(" ");
  return [
    ["← →, k j", "one step back, forward"],
    ["PageUp, PageDown", "ten steps"],
    ["Home, End", "first, last"],
    ["Space", "play or pause (on a button: presses it)"],
    ["n, p", "next, previous swap"],
    [letters, `next ${marks.join(", ")}; with Shift the one before`],
    ["12 Enter, g", "to step 12; g: to a register, a line, an actor"],
    ["r, l", "next change of this register, next run of this line; with Shift the one before"],
    ["c, m", "copy the way to this step as text, as a Mermaid diagram"],
    ["Shift+Enter", "on to the next cell"],
    ["b", "set or remove a bookmark"],
    ["[ ]", "previous, next bookmark"],
    ["? Escape", "open, close this list"]
  ];
}
function press(key, player) {
  const lower = key.toLowerCase();
  const mark2 = player.story.sent.marks.find(([letter]) => letter === lower);
  const steps = stepsOf(key);
  if (mark2) player.jump(mark2, key === lower ? 1 : -1);
  else if (steps && Number.isFinite(steps)) player.step(steps);
  else if (steps) player.move(steps);
  else KEYS[key]?.(player);
  return Boolean(mark2 || steps || KEYS[key]);
}
function icon(name) {
  const path = makeSvg("path", { d: ICONS[name] });
  return makeSvg("svg", { class: "pl-glyph", viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
}
function named(name, onclick, ...content) {
  return button({ "aria-label": name, onclick }, ...content);
}
function group(kind, label, ...parts) {
  return make("div", { class: kind, role: "group", "aria-label": label }, ...parts);
}
function enable(element, possible, title, reason) {
  set(element, { "aria-disabled": !possible, title: possible ? title : reason });
}
var Controls = class {
  /** @param {Story} story @param {Player} player */
  constructor(story, player) {
    this.story = story;
    this.player = player;
    this.first = named("First step", () => player.go(0), icon("first"));
    this.back = named("Back one step", () => player.step(-1), icon("back"));
    this.play = named("Play", () => player.toggle(), icon("play"));
    this.forward = named("Forward one step", () => player.step(1), icon("forward"));
    this.last = named("Last step", () => player.go(Infinity), icon("last"));
    this.flag = named("Bookmark", () => player.bookmark(), icon("bookmark"));
    this.flag.title = "Bookmark this step (b)";
    this.ask = named("Keys and signs", () => player.help(), "?");
    this.ask.title = "Keys and signs (?)";
    this.next = story.sent.marks.map((mark2) => {
      const text = make("span", { text: mark2 });
      return named(`Next ${mark2}`, () => player.jump(mark2, 1), markIcon(mark2), text);
    });
    this.register = named("Next change of this register", () => player.thisRegister(1), "register");
    this.line = named("Next run of this line", () => player.thisLine(1), "line");
    this.list = named("Records", () => this.toggleRecords(), icon("records"));
    this.list.title = "The records around this step, or the hypervisor's method";
    this.records = false;
    this.marks = group("pl-bookmarks", "Bookmarks");
    this.keys = this.helpPanel();
    this.playing = void 0;
    this.shown = "";
    set(this.list, { "aria-pressed": false });
    this.element = make("div", {}, this.rows(), this.keys);
  }
  rows() {
    const moves = [this.first, this.back, this.play, this.forward, this.last];
    const label = make("span", { class: "pl-label", text: "next", "aria-hidden": "true" });
    return make(
      "div",
      { class: "pl-controls" },
      group("pl-group", "Play", ...moves, this.speeds(), this.actors()),
      group("pl-group", "Go to", this.player.goto.input),
      group("pl-group pl-more-controls", "More", this.flag, this.list, ...this.copies(), this.ask),
      group("pl-group", "Run to the next", label, ...this.next, this.register, this.line),
      this.player.goto.status,
      this.marks
    );
  }
  speeds() {
    const options = SPEEDS.map(
      (s) => make("option", { value: s, text: `${s}×`, selected: s === 1 || void 0 })
    );
    const about = { "aria-label": "Speed", title: "Speed: steps a second" };
    const select = make("select", about, ...options);
    select.addEventListener("change", () => this.player.setSpeed(Number(select.value)));
    return select;
  }
  actors() {
    const names = ["everyone", ...this.story.lanes];
    const options = names.map((name, k) => make("option", { value: k - 1, text: name }));
    const about = { "aria-label": "Whose steps", title: "Step through one actor's records alone" };
    const select = make("select", about, ...options);
    select.addEventListener("change", () => this.player.choose(Number(select.value)));
    return select;
  }
  copies() {
    return ["text", "Mermaid"].map((form) => {
      const copy = named(`Copy as ${form}`, () => this.copy(form), form === "text" ? "Copy" : form);
      copy.title = `Copy the way to this step as ${form} (${form[0] === "t" ? "c" : "m"})`;
      return copy;
    });
  }
  // A page that is not served safely has no clipboard.
  /** @param {string} form */
  async copy(form) {
    const { goto, n } = this.player;
    const text = form === "text" ? this.story.path(n) : this.story.diagram(n);
    try {
      await navigator.clipboard.writeText(text);
      goto.tell(`Copied ${n} ${n === 1 ? "step" : "steps"} as ${form}.`);
    } catch {
      goto.tell("The browser does not let a page copy here.");
    }
  }
  toggleRecords() {
    this.records = !this.records;
    set(this.list, { "aria-pressed": this.records });
    this.player.redraw();
  }
  helpPanel() {
    const { legend, marks } = this.story.sent;
    const column = (title, rows) => {
      const items = rows.flatMap(([term, says]) => [
        make("dt", {}, term),
        make("dd", { text: says })
      ]);
      return make("div", {}, make("h3", { text: title }), make("dl", {}, ...items));
    };
    const icons = marks.map((name) => [markIcon(name), name]);
    const panel = make(
      "div",
      { class: "pl-help", role: "region", "aria-label": "Keys and signs" },
      column("Keys", help(marks)),
      column("Lanes", legend.letters),
      column("Marks and signs", [...icons, ...legend.signs])
    );
    panel.hidden = true;
    return panel;
  }
  /** @param {number} n @param {boolean} playing @param {number[]} bookmarks */
  draw(n, playing, bookmarks) {
    const { length, sent } = this.story;
    enable(this.first, n > 0, "First step (Home)", "This is the first step");
    enable(this.back, n > 0, "Back one step (←)", "This is the first step");
    enable(this.forward, n < length, "Forward one step (→)", "This is the last step");
    enable(this.last, n < length, "Last step (End)", "This is the last step");
    this.drawPlay(playing);
    for (const [k, mark2] of sent.marks.entries()) this.drawJump(k, mark2, n);
    const register = this.story.registerAt(n);
    const at = this.story.lineOfStep(n);
    enable(this.register, !!register, `Next change of ${register} (r)`, "No register in this step");
    enable(this.line, Boolean(at), `Next run of ${at} (l)`, this.story.noLine(n));
    this.drawBookmarks(n, bookmarks);
  }
  /** @param {boolean} playing */
  drawPlay(playing) {
    if (this.playing === playing) return;
    this.playing = playing;
    const name = playing ? "Pause" : "Play";
    set(this.play, { "aria-label": name, title: `${name} (Space)` });
    this.play.replaceChildren(icon(playing ? "pause" : "play"));
  }
  /** @param {number} k @param {string} mark @param {number} n */
  drawJump(k, mark2, n) {
    const any = this.story.jumps[k].length > 0;
    const reason = any ? `No ${mark2} after this step` : `No ${mark2} in this trace`;
    const key = mark2 === "swap" ? "n or s" : mark2[0];
    enable(this.next[k], this.story.jump(k, n, 1) !== void 0, `Next ${mark2} (${key})`, reason);
  }
  /** @param {number} n @param {number[]} bookmarks */
  drawBookmarks(n, bookmarks) {
    set(this.flag, { "aria-pressed": bookmarks.includes(n) });
    const shown = `${bookmarks} ${n}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const chips = bookmarks.map((at) => {
      const chip = named(`Bookmark at step ${at}`, () => this.player.go(at), `${at}`);
      chip.title = this.story.says(at);
      if (at === n) set(chip, { "aria-current": "step" });
      return chip;
    });
    const label = make("span", { class: "pl-label", text: "bookmarks" });
    this.marks.replaceChildren(...chips.length ? [label, ...chips] : []);
  }
  help(open = this.keys.hidden) {
    this.keys.hidden = !open;
    set(this.ask, { "aria-expanded": open });
  }
};

// pmulab/view/js/goto.js
var GoTo = class {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    const { story } = player;
    const about = "a step, a register, a line as :58, a method, an actor";
    this.input = make("input", {
      type: "text",
      class: "pl-entry pl-goto",
      placeholder: "go to: 12, PMCR, :58",
      "aria-label": "Go to",
      title: `Go to ${about} (g, or type a number)`,
      autocomplete: "off",
      spellcheck: false
    });
    this.status = make("span", { class: "pl-status", role: "status" });
    this.about = about;
    const hooks = new Set(story.sent.records.hook);
    this.hooks = [...hooks].map((k) => story.sent.texts[k]).filter(Boolean);
  }
  // Open it: a digit that is typed anywhere begins a step's number.
  /** @param {string} key */
  begin(key) {
    if (!/^[0-9g]$/.test(key)) return false;
    this.input.value = key === "g" ? "" : key;
    this.input.focus();
    return true;
  }
  // The browser writes what is typed; Enter goes, Escape leaves.
  /** @param {string} key */
  key(key) {
    if (key === "Enter") this.go(this.input.value.trim());
    else if (key === "Escape") this.player.slider.focus();
    else return false;
    return true;
  }
  /** @param {string} text */
  go(text) {
    const { player } = this;
    const { story } = player;
    this.tell("");
    if (/^\d+$/.test(text)) return this.step(Number(text));
    const known = text.toUpperCase();
    const register = known && story.sent.registers.find(({ name }) => name.startsWith(known));
    const lane = story.lanes.indexOf(text);
    const tests = (
      /** @type {[boolean, (record: number) => boolean][]} */
      [
        [lane >= 0, (i) => story.sent.records.lane[i] === lane],
        [Boolean(register), (i) => story.changed(i, register ? register.name : "")],
        [/:\d+$/.test(text), (i) => story.text("at", i).endsWith(text)],
        [this.hooks.includes(text), (i) => story.text("hook", i) === text]
      ]
    );
    const test = tests.find(([fits]) => fits);
    if (!test) this.tell(`no ${text || "text"} here: type ${this.about}`);
    else if (!player.seek(test[1], 1)) this.tell(`no ${text} after this step`);
  }
  /** @param {number} n */
  step(n) {
    const { length } = this.player.story;
    if (n > length) return this.tell(`${n} is beyond the last step, ${length}`);
    this.player.pause();
    this.player.go(n);
  }
  /** @param {string} text */
  tell(text) {
    say(this.status, text);
  }
};

// pmulab/view/js/travel.js
var MS = 450;
var Travel = class {
  /** @param {Cell[]} cells */
  constructor(cells) {
    this.cells = cells;
    this.way = void 0;
    this.path = makeSvg("path");
    this.svg = makeSvg("svg", { class: "pl-arrow", "aria-hidden": "true" }, this.path);
    this.value = make("span", { class: "pl-moving", "aria-hidden": "true" });
    this.parts = [this.svg, this.value];
    this.moving = void 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
  }
  /** @param {[record: number, from: number, to: number] | undefined} way @param {boolean} moved */
  draw(way, moved) {
    this.moving?.cancel();
    this.moving = void 0;
    this.way = way;
    this.place();
    if (way && moved && !this.calm.matches) this.move(way);
  }
  // Where the value of a cell stands, inside what scrolls.
  /** @param {number} location */
  spot(location) {
    const { td, text } = this.cells[location];
    const box = td.firstElementChild ?? td;
    const home = (
      /** @type {Element} */
      this.svg.parentElement
    );
    const [here, at, row] = [home, text, box].map((e) => e.getBoundingClientRect());
    const x = at.right - here.left + home.scrollLeft;
    const y = row.bottom - here.top + home.scrollTop;
    return { x, y, hidden: !row.height };
  }
  place() {
    const d = this.way ? this.arrow(this.way) : "";
    set(this.path, { d });
  }
  /** @param {[record: number, from: number, to: number]} way */
  arrow([, from, to]) {
    const [a, b] = [this.spot(from), this.spot(to)];
    if (a.hidden || b.hidden) return "";
    const [x, end] = [a.x - 12, b.x - 12];
    return `M${x},${a.y - 2}v4H${end}v-4m-3,3l3,-3l3,3`;
  }
  /** @param {[record: number, from: number, to: number]} way */
  move([, from, to]) {
    const [a, b] = [this.spot(from), this.spot(to)];
    if (a.hidden || b.hidden) return;
    say(this.value, this.cells[to].td.dataset.value ?? "");
    this.moving = this.value.animate(
      [
        { transform: `translate(calc(${a.x}px - 100%), ${a.y - 19}px)`, opacity: 1 },
        { transform: `translate(calc(${b.x}px - 100%), ${b.y - 19}px)`, opacity: 1 }
      ],
      { duration: MS, easing: "ease-in-out" }
    );
  }
};

// pmulab/view/js/registers.js
function makeCell(location) {
  const mark2 = make("span", { class: "pl-sign" });
  const text = make("span", { class: "pl-value" });
  const detail = make("span", { class: "pl-detail" });
  const td = make("td", { "data-location": location }, make("div", {}, mark2, text, detail));
  const [column, name] = location.split(".");
  return { td, mark: mark2, text, detail, column, name };
}
var Registers = class {
  /** @param {Story} story @param {(register: string) => void} pick */
  constructor(story, pick) {
    const { locations, places, registers } = story.sent;
    this.pick = pick;
    this.story = story;
    this.cells = locations.map(makeCell);
    this.rowOf = new Map(registers.map(({ name }, row) => [name, row]));
    this.signed = [];
    this.state = new Int32Array();
    this.revealed = [];
    this.scrolled = 0;
    this.sizes = { head: 0, height: 0 };
    this.tops = /** @type {Map<Element, number>} */
    /* @__PURE__ */ new Map();
    this.captions = places.map(() => make("span", { class: "pl-caption" }));
    this.heads = places.map(({ name }, k) => {
      const title = make("b", { text: name });
      return make("th", { scope: "col", "data-place": name }, title, this.captions[k]);
    });
    this.caption = make("caption", { class: "pl-hidden" });
    const rows = this.rows();
    const kind = (k) => registers[k];
    this.folds = [
      { words: story.words.folded, rows: rows.filter((_, k) => kind(k).used && !kind(k).first) },
      { words: story.words.zero, rows: rows.filter((_, k) => !kind(k).used) }
    ];
    const head = make("tr", {}, ...titles("register"), ...this.heads);
    const body = make("tbody", {}, ...rows);
    const table = make("table", {}, this.caption, make("thead", {}, head), body);
    this.align();
    this.travel = new Travel(this.cells);
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
    let group2 = "";
    return registers.map(({ name, meaning, group: its, first }) => {
      const says = `${meaning}. Press: its next change.`;
      const title = make("th", { scope: "row", text: name, title: says });
      title.addEventListener("click", () => this.pick(name));
      const found = places.map((place) => this.cells[number.get(`${place.name}.${name}`) ?? -1]);
      const row = make("tr", { class: its === group2 ? "" : "pl-first" }, title);
      row.append(...this.inRow(found));
      row.hidden = !first;
      if (first) group2 = its;
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
    const longest = (
      /** @type {Map<string, number>} */
      /* @__PURE__ */ new Map()
    );
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
    this.revealed = signed.map((at) => (
      /** @type {Element} */
      this.cells[at].td.parentElement
    ));
    for (const row of this.revealed) row.classList.add("pl-touched");
  }
  // Scroll inside the table alone, by what was measured once: to ask where a row is costs a layout.
  /** @param {Element | undefined} row */
  follow(row) {
    const top = row && this.tops.get(row);
    if (top === void 0) return;
    const { head, height } = this.sizes;
    const to = top < this.scrolled + head ? top - head : top + 26 - height;
    const seen2 = top >= this.scrolled + head && top + 26 <= this.scrolled + height;
    if (!seen2) this.scroll.scrollTop = to;
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
    this.travel.draw(n ? this.story.travelsOf(n - 1)[0] : void 0, moved);
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
    const { td, mark: mark2, text, detail, name } = this.cells[location];
    const { texts, values } = this.story.sent;
    const words = this.story.said[this.rowOf.get(name) ?? -1].get(value);
    const fields = says || (words === void 0 ? "" : texts[words]);
    td.dataset.value = values[value];
    td.dataset.sign = sign;
    td.title = fields;
    say(text, values[value]);
    say(detail, fields);
    say(mark2, symbol);
    if (sign) mark2.append(make("span", { class: "pl-hidden", text: ` ${sign} ` }));
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
    const scrolls2 = scrollWidth > clientWidth + 1 || scrollHeight > clientHeight + 1;
    const label = "Registers, scrolls";
    const reachable = { tabindex: 0, role: "group", "aria-label": label };
    if (scrolls2) set(this.scroll, reachable);
    else for (const name in reachable) this.scroll.removeAttribute(name);
  }
};
var Listing = class {
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
};

// pmulab/view/js/source.js
var LINE = 17;
var Source = class {
  /** @param {Story} story @param {(at: string) => void} pick */
  constructor(story, pick) {
    this.story = story;
    this.pick = pick;
    this.shown = -1;
    this.lines = [];
    this.lit = /** @type {HTMLElement | undefined} */
    void 0;
    this.where = make("span", { class: "pl-at" });
    this.code = make("code");
    this.held = make("p", { class: "pl-held" });
    this.text = make("div", { class: "pl-text", tabindex: 0, role: "group" });
    set(this.text, { "aria-label": "The hypervisor's method" });
    const line = make("div", { class: "pl-line" }, this.where, this.code);
    this.element = make("section", { class: "pl-source" }, line, this.held, this.text);
  }
  /** @param {number} n */
  draw(n) {
    const { story } = this;
    const record = story.lineAt(n);
    const spot = story.lineOf.get(story.sent.records.at[record]);
    const source = story.textAt("source", record + 1);
    const next = record === n;
    say(this.where, next ? fill(story.words.nextLine, { source }) : source);
    say(this.code, story.textAt("code", record + 1));
    say(this.held, story.textAt("held", n));
    this.element.classList.toggle("pl-whole", Boolean(spot));
    this.element.classList.toggle("pl-next", next);
    this.text.hidden = !spot;
    if (spot && this.shown !== spot.source) this.fill(spot.source);
    this.light(spot && this.lines[spot.row]);
    return record >= 0;
  }
  /** @param {number} source */
  fill(source) {
    this.shown = source;
    const { lines, sources, texts } = this.story.sent;
    const ran = new Map(
      lines.filter(([, s]) => s === source).map(([at, , row]) => [row, texts[at]])
    );
    this.lines = sources[source][1].map((text, row) => {
      const at = ran.get(row);
      const line = make("div", { class: at ? "pl-ran" : "", text: text || " " });
      if (at) line.addEventListener("click", () => this.pick(at));
      if (at) line.title = `${at}. Press: its next run.`;
      return line;
    });
    this.text.replaceChildren(...this.lines);
  }
  /** @param {HTMLElement | undefined} line */
  light(line) {
    this.lit?.classList.remove("pl-now");
    this.lit?.removeAttribute("aria-current");
    this.lit = line;
    if (!line) return;
    line.classList.add("pl-now");
    set(line, { "aria-current": "step" });
  }
  // The lit line stands in the middle; the page itself does not scroll.
  settle() {
    const line = this.lit;
    if (!line) return;
    const above = Math.max(0, (this.text.clientHeight - line.offsetHeight) / 2);
    this.text.scrollTop = Math.round((line.offsetTop - above) / LINE) * LINE;
  }
};

// pmulab/view/js/states.js
var KEYFRAME = 64;
var Story = class {
  /** @param {string} json */
  constructor(json) {
    this.sent = JSON.parse(json);
    const { changes, fields, lanes, lines, marks, records, registers, scenario, signed, travels } = this.sent;
    this.scenario = scenario;
    this.words = this.sent.words;
    this.times = records.time;
    this.length = this.times.length;
    this.lanes = lanes.map(([name]) => name);
    this.tones = lanes.map(([, tone]) => tone);
    this.changesOf = grouped(changes, this.length);
    this.signedBy = grouped(signed, this.length);
    this.travelsOf = grouped(travels, this.length);
    this.lineOf = new Map(lines.map(([at, source, row]) => [at, { source, row }]));
    this.said = registers.map(() => (
      /** @type {Map<number, number>} */
      /* @__PURE__ */ new Map()
    ));
    for (const [register, value, text] of fields) this.said[register].set(value, text);
    this.jumps = marks.map((_, bit) => this.positionsWith(1 << bit));
    this.keyframes = this.makeKeyframes();
  }
  makeKeyframes() {
    const state = Int32Array.from(this.sent.initial);
    const frames = [state.slice()];
    for (let n = 1; n <= this.length; n++) {
      this.apply(state, n - 1);
      if (n % KEYFRAME === 0) frames.push(state.slice());
    }
    return frames;
  }
  /** @param {Int32Array} state @param {number} record */
  apply(state, record) {
    for (const [, location, value] of this.changesOf(record)) state[location] = value;
  }
  // Always from a keyframe forwards: going back cannot differ from having come this way.
  /** @param {number} n */
  state(n) {
    const frame = Math.floor(n / KEYFRAME);
    const state = this.keyframes[frame].slice();
    for (let record = frame * KEYFRAME; record < n; record++) this.apply(state, record);
    return state;
  }
  /** @param {number} bit */
  positionsWith(bit) {
    return this.sent.records.marks.flatMap((marks, record) => marks & bit ? [record + 1] : []);
  }
  // The nearest position with a mark after (way 1) or before (way -1) position n, or undefined.
  /** @param {number} mark @param {number} n @param {number} way */
  jump(mark2, n, way) {
    return nearest(this.jumps[mark2], n, way);
  }
  /** @param {TextColumn} column @param {number} record */
  text(column, record) {
    return this.sent.texts[this.sent.records[column][record]];
  }
  // What the record that led to position n says, or what is said at the start.
  /** @param {TextColumn} column @param {number} n */
  textAt(column, n, start = "") {
    return n ? this.text(column, n - 1) : start;
  }
  // The record whose line of the hypervisor is shown at position n: the one that led there, or the
  // next one where that is what it calls; -1 for none.
  /** @param {number} n */
  lineAt(n) {
    const { cpu, hook } = this.sent.records;
    const has = (i) => this.sent.texts[hook[i]] !== "";
    if (!n) return -1;
    if (has(n - 1)) return n - 1;
    return n < this.length && has(n) && cpu[n] === cpu[n - 1] ? n : -1;
  }
  // The `file:line` of that record, empty for none.
  /** @param {number} n */
  lineOfStep(n) {
    return this.textAt("at", this.lineAt(n) + 1);
  }
  // Whose doing a step was that has no line.
  /** @param {number} n */
  noLine(n) {
    const who = this.lanes[this.sent.records.lane[n - 1]];
    return n ? fill(this.words.noLine, { who }) : this.words.start;
  }
  // A short sentence for position n, as a slider or a hint says it.
  /** @param {number} n */
  says(n) {
    return this.textAt("sentence", n, "the start");
  }
  // The nearest position after or before n whose record passes a test, or undefined.
  /** @param {(record: number) => boolean} test @param {number} n @param {number} way */
  find(test, n, way) {
    for (let at = n + way; at > 0 && at <= this.length; at += way) if (test(at - 1)) return at;
    return void 0;
  }
  // Whether a record changed a register, in whatever place.
  /** @param {number} record @param {string} register */
  changed(record, register) {
    const end = `.${register}`;
    return this.changesOf(record).some(([, at]) => this.sent.locations[at].endsWith(end));
  }
  // The register that a position is about: the first that its record changed, or touched.
  /** @param {number} n */
  registerAt(n) {
    const at = n ? this.changesOf(n - 1)[0]?.[1] ?? this.signedBy(n - 1)[0]?.[1] : void 0;
    return at === void 0 ? "" : this.sent.locations[at].split(".")[1];
  }
  // The way to position n: a line for each step, or a diagram in Mermaid's language.
  /** @param {number} n */
  path(n) {
    const lines = this.times.slice(0, n).map((time, i) => `${i + 1}	${time}	${this.says(i + 1)}`);
    return lines.join("\n");
  }
  /** @param {number} n */
  diagram(n) {
    const arrows = this.times.slice(0, n).map((_, i) => this.text("arrow", i));
    return [...this.sent.diagram, ...arrows].join("\n");
  }
  /** @param {number} record */
  marksOf(record) {
    return this.sent.marks.filter((_, bit) => this.sent.records.marks[record] & 1 << bit);
  }
};
function nearest(positions, n, way) {
  return way > 0 ? positions.find((p) => p > n) : positions.findLast((p) => p < n);
}
function grouped(rows, length) {
  const starts = new Int32Array(length + 1);
  for (const [record] of rows) starts[record + 1]++;
  for (let i = 0; i < length; i++) starts[i + 1] += starts[i];
  return (record) => rows.slice(starts[record], starts[record + 1]);
}

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

// pmulab/view/js/player.js
var STEPS_A_SECOND = 4;
var stories = (
  /** @type {WeakMap<object, { key: string, story: Story }>} */
  /* @__PURE__ */ new WeakMap()
);
function storyOf(model) {
  const key = model.get("story");
  const known = stories.get(model);
  if (known?.key === key) return known.story;
  const story = new Story(key);
  stories.set(model, { key, story });
  return story;
}
var Player = class extends Stepper {
  /** @param {Model<StepperTraits>} model */
  constructor(model) {
    const story = storyOf(model);
    super(model, story, "h2");
    this.story = story;
    this.speed = 1;
    this.playing = 0;
    this.shownMarks = "";
    const go = (n) => this.go(n);
    this.only = -1;
    this.before = NaN;
    this.lanes = new Lanes(story, go);
    this.registers = new Registers(story, (name) => this.toRegister(name, 1));
    this.listing = new Listing(story, go);
    this.source = new Source(story, (at) => this.toLine(at, 1));
    this.goto = new GoTo(this);
    this.controls = new Controls(story, this);
    this.chips = make("span", { class: "pl-chips" });
    const top = make("div", { class: "pl-top" }, this.heading, this.chips);
    const time = make("div", { class: "pl-over" }, this.lanes.element, this.slider);
    const pane = make("div", { class: "pl-pane" }, this.source.element, this.listing.element);
    const stage = make("div", { class: "pl-stage" }, time, pane);
    const below = [this.controls.element, this.registers.element];
    const parts = [make("div", {}, top, this.sentence), stage, ...below];
    this.open("pmulab-player", `Player of ${story.scenario}`, ...parts);
  }
  /** @override */
  close() {
    this.pause();
    super.close();
  }
  // ---- where we go
  get bookmarks() {
    return this.model.get("bookmarks");
  }
  // Of one actor alone, if one is chosen; to an end without a pause.
  /** @param {number} by */
  move(by) {
    const way = Math.sign(by);
    if (this.only < 0 || !Number.isFinite(by)) return this.go(this.n + by);
    for (let k = 0; k < Math.abs(by); k++) this.seek((i) => this.isOnly(i), way);
  }
  /** @param {number} record */
  isOnly(record) {
    return this.story.sent.records.lane[record] === this.only;
  }
  // Go to the nearest position whose record passes a test; say whether there is one.
  /** @param {(record: number) => boolean} test @param {number} way */
  seek(test, way) {
    this.pause();
    const to = this.story.find(test, this.n, way);
    if (to !== void 0) this.go(to);
    return to !== void 0;
  }
  /** @param {string} register @param {number} way */
  toRegister(register, way) {
    const found = this.seek((i) => this.story.changed(i, register), way);
    this.goto.tell(found ? "" : `${register} does not change ${way > 0 ? "after" : "before"} this`);
  }
  /** @param {string} at @param {number} way */
  toLine(at, way) {
    const found = at && this.seek((i) => this.story.text("at", i) === at, way);
    const none = `${at} does not run ${way > 0 ? "after" : "before"} this`;
    this.goto.tell(found ? "" : at ? none : this.story.noLine(this.n));
  }
  /** @param {number} way */
  thisRegister(way) {
    const register = this.story.registerAt(this.n);
    if (register) this.toRegister(register, way);
    else this.goto.tell("this step touches no register");
  }
  /** @param {number} way */
  thisLine(way) {
    this.toLine(this.story.lineOfStep(this.n), way);
  }
  /** @param {number} lane */
  choose(lane) {
    this.only = lane;
    this.lanes.only = lane;
    this.redraw();
  }
  /** @param {number} by */
  step(by) {
    this.pause();
    this.move(by);
  }
  /** @param {string} mark @param {number} way */
  jump(mark2, way) {
    this.pause();
    this.go(this.story.jump(this.story.sent.marks.indexOf(mark2), this.n, way) ?? this.n);
  }
  bookmark() {
    const { n, bookmarks } = this;
    const rest = bookmarks.filter((at) => at !== n);
    const all = rest.length < bookmarks.length ? rest : [...rest, n].sort((a, b) => a - b);
    this.set("bookmarks", all);
  }
  /** @param {number} way */
  toBookmark(way) {
    this.go(nearest(this.bookmarks, this.n, way) ?? this.n);
  }
  /** @param {boolean} [open] */
  help(open) {
    this.controls.help(open);
  }
  // ---- playing
  /** @param {number} speed */
  setSpeed(speed) {
    this.speed = speed;
    if (this.playing) this.play();
  }
  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }
  play() {
    this.pause();
    if (this.n === this.story.length) this.go(0);
    this.playing = window.setInterval(() => this.tick(), 1e3 / STEPS_A_SECOND / this.speed);
    this.schedule();
  }
  tick() {
    this.move(1);
    if (this.n === this.story.length) this.pause();
  }
  pause() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = 0;
    this.schedule();
  }
  /** @override @param {KeyboardEvent} event */
  key(event) {
    const { tagName } = (
      /** @type {Element} */
      event.target
    );
    if (event.target === this.goto.input) return this.goto.key(event.key);
    const own = tagName === "SELECT" || tagName === "BUTTON" && [" ", "Enter"].includes(event.key);
    return !own && (press(event.key, this) || this.goto.begin(event.key));
  }
  // ---- drawing
  /** @override @param {number} width */
  resize(width) {
    this.lanes.resize(this.lanes.element.clientWidth || width);
    this.root.style.setProperty("--pl-gutter", `${this.lanes.gutter}px`);
  }
  /** @override */
  resized() {
    this.registers.resized();
  }
  /** @override @param {number} n */
  draw(n) {
    const { story } = this;
    const playing = Boolean(this.playing);
    set(this.sentence, { "aria-live": playing ? "off" : "polite" });
    say(this.sentence, story.textAt("sentence", n, story.words.start));
    this.source.element.hidden = !this.source.draw(n) || this.controls.records;
    this.listing.element.hidden = !this.source.element.hidden;
    this.drawChips(n ? story.marksOf(n - 1) : []);
    this.lanes.draw(n, this.bookmarks);
    this.controls.draw(n, playing, this.bookmarks);
    this.listing.draw(n);
    this.registers.draw(n);
    if (n !== this.before) this.goto.tell("");
    this.source.settle();
    this.registers.settle(n, n === this.before + 1);
    this.before = n;
    return story.says(n);
  }
  /** @param {string[]} marks */
  drawChips(marks) {
    const shown = marks.join();
    if (shown === this.shownMarks) return;
    this.shownMarks = shown;
    const chips = marks.map((mark2) => make("span", { class: "pl-chip" }, markIcon(mark2), mark2));
    this.chips.replaceChildren(...chips);
  }
};
var player_default = widget(Player);
export {
  Player,
  player_default as default
};
