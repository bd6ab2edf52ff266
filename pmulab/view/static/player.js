// Made by `make bundle` of these modules, sha256 cb58e934779679c3: controls.js dom.js lanes.js player.js registers.js states.js
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
function onKeys(root, act) {
  const listener = (event) => {
    if (root.contains(event.target)) act(event);
  };
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
}

// pmulab/view/js/lanes.js
var LANE = 26;
var BAR = 16;
var MARK = 20;
var HOOK = 20;
var AXIS = 18;
var MIN_COLUMN = 14;
var MAX_COLUMN = 24;
var OVERVIEW = 6;
var LETTERS = {
  access: ["w", "msr: writes a hardware register (r: mrs, reads one)"],
  memory: ["m", "writes a vCPU's saved register"],
  work: ["", "solid block: runs, events retire"],
  load: ["L", "load: a vCPU comes onto the PE"],
  put: ["P", "put: a vCPU leaves the PE"],
  enter: ["e", "enters the guest"],
  exit: ["x", "leaves the guest"],
  trap: ["t", "an access traps to the hypervisor"],
  irq: ["i", "a physical interrupt"],
  inject: ["v", "a virtual interrupt is given to a guest"],
  sched: ["s", "the scheduler chooses"],
  note: ["n", "a note"],
  accusation: ["!", "a law is broken"]
};
var SHAPES = {
  overflow: ["O", "M-7,-7h14v14h-14z"],
  trap: ["T", "M0,-9.5L9,6.5H-9z"],
  swap: ["S", "M0,-9.5L9.5,0L0,9.5L-9.5,0z"],
  interrupt: ["I", "M-8,0a8,8 0 1 0 16,0a8,8 0 1 0 -16,0z"],
  accusation: ["!", "M-4,-8.5h8L9.5,0L4,8.5h-8L-9.5,0z"]
};
function markIcon(name) {
  const icon2 = makeSvg("svg", {
    class: "pl-icon",
    viewBox: "-11 -11 22 22",
    "aria-hidden": "true"
  });
  icon2.innerHTML = mark(name, 0, 0);
  return icon2;
}
function mark(name, x, y) {
  const [letter, shape] = SHAPES[name];
  const drop = name === "trap" ? 1.5 : 0;
  return `<g class="pl-mark pl-${name}" transform="translate(${x},${y})"><path d="${shape}"/><text y="${3.4 + drop}">${letter}</text></g>`;
}
var Lanes = class {
  constructor(story, go) {
    this.story = story;
    this.go = go;
    this.start = 0;
    this.tones = story.lanes.map((name) => story.tone(name));
    this.spans = loadedSpans(story);
    this.levels = markLevels(story.records.marks);
    this.top = (this.levels.reduce((a, b) => Math.max(a, b)) + 1) * MARK + 4;
    this.hooks = this.top + story.lanes.length * LANE;
    this.axis = this.hooks + HOOK + 2;
    this.height = this.axis + AXIS;
    this.gutter = 20 + 8 * Math.max(4, ...story.lanes.map((name) => name.length));
    this.page = makeSvg("g");
    this.cursor = makeSvg("g", { class: "pl-cursor" });
    this.svg = makeSvg("svg", { class: "pl-lanes", role: "img", height: this.height });
    this.svg.append(this.page, this.cursor);
    this.overview = makeSvg("svg", { class: "pl-overview", "aria-hidden": "true" });
    this.element = make("div", { class: "pl-time" }, this.svg, this.overview);
    this.listen(this.svg, (x) => this.start + Math.floor((x - this.gutter) / this.column) + 1);
    this.listen(this.overview, (x) => Math.round((x - this.gutter) / this.span * story.length));
  }
  // Press or drag to go there; hover to read the record.
  listen(svg, position) {
    const at = (e) => clamp(position(e.clientX - svg.getBoundingClientRect().left), 0, this.story.length);
    svg.addEventListener("pointerdown", (e) => {
      svg.setPointerCapture(e.pointerId);
      this.go(at(e));
    });
    svg.addEventListener("pointermove", (e) => {
      if (e.buttons & 1) this.go(at(e));
      const n = at(e);
      this.element.title = n ? `${n}: ${this.story.text("sentence", n - 1)}` : "the start";
    });
  }
  resize(width) {
    this.span = Math.max(width - this.gutter - 2, MIN_COLUMN);
    this.column = clamp(this.span / Math.max(this.story.length, 1), MIN_COLUMN, MAX_COLUMN);
    this.columns = Math.floor(this.span / this.column);
    this.svg.setAttribute("width", width);
    this.element.parentElement.style.setProperty("--pl-gutter", `${this.gutter}px`);
    this.overview.setAttribute("width", width);
    const whole = this.columns >= this.story.length;
    this.overview.style.display = whole ? "none" : "";
    if (!whole) this.drawOverview();
    this.drawn = void 0;
  }
  draw(n, bookmarks) {
    const text = n ? this.story.text("sentence", n - 1) : "the start";
    this.svg.setAttribute("aria-label", `Who acts at each step. Step ${n}: ${text}`);
    if (!this.column) return;
    this.turnPage(n - 1);
    const drawn = `${this.start} ${bookmarks}`;
    if (drawn !== this.drawn) this.page.innerHTML = this.pageAt(this.start, bookmarks);
    this.drawn = drawn;
    this.placeCursor(n);
  }
  // Which page a record is on depends on nothing else, so a step back shows the same picture again:
  // a quarter of the page is left on each side.
  turnPage(record) {
    const edge = this.columns >> 2;
    const size = Math.max(this.columns - 2 * edge, 1);
    const page = Math.floor(Math.max(record - edge, 0) / size);
    this.start = clamp(page * size, 0, Math.max(this.story.length - this.columns, 0));
  }
  placeCursor(n) {
    const x = this.gutter + (n - 1 - this.start) * this.column;
    const bottom = this.axis;
    this.cursor.innerHTML = n ? `<rect x="${x}" y="${this.top - 2}" width="${this.column}" height="${bottom - this.top + 4}" rx="3"/>` : `<path d="M${this.gutter},${this.top - 2}V${bottom + 2}"/>`;
    const spot = this.gutter + n / Math.max(this.story.length, 1) * this.span;
    const window2 = this.overview.querySelector(".pl-window");
    if (!window2) return;
    window2.setAttribute("x", this.gutter + this.start / this.story.length * this.span);
    window2.setAttribute("width", Math.max(this.columns / this.story.length * this.span, 2));
    this.overview.querySelector(".pl-spot").setAttribute("d", `M${spot},0V40`);
  }
  laneY(lane) {
    return this.top + lane * LANE + (LANE - BAR) / 2;
  }
  pageAt(start, bookmarks) {
    const end = Math.min(start + this.columns, this.story.length);
    const parts = this.story.lanes.map((name, lane) => this.lane(name, lane));
    parts.push(this.bands(start, end), this.hookNames(start, end));
    parts.push(this.records(start, end));
    for (const n of bookmarks) if (n > start && n <= end) parts.push(this.flag(n - start));
    return parts.join("");
  }
  lane(name, lane) {
    const y = this.laneY(lane) + BAR / 2;
    const label = name.replace(/[&<>]/g, "");
    return `<text class="pl-lane-name" x="${this.gutter - 12}" y="${y + 4}">${label}</text><path class="pl-rule" d="M${this.gutter},${y}h${this.span}"/>`;
  }
  // A frame in a vCPU's lane for the time that it is on a PE, whoever acts.
  bands(start, end) {
    const parts = [];
    for (const [from, to, guest] of this.spans) {
      const lane = this.story.lanes.indexOf(guest);
      const [a, b] = [Math.max(from, start), Math.min(to, end)];
      if (lane < 0 || a >= b) continue;
      const x = this.gutter + (a - start) * this.column;
      const y = this.laneY(lane) - 3;
      const width = (b - a) * this.column;
      parts.push(
        `<rect class="pl-band pl-lane${this.tones[lane]}" x="${x}" y="${y}" width="${width}" height="${BAR + 6}" rx="4"/>`
      );
    }
    return parts.join("");
  }
  // The hypervisor's functions, each below the records that it made.
  hookNames(start, end) {
    const parts = [];
    for (let i = start; i < end; i++) {
      const name = this.story.text("hook", i);
      const from = i;
      while (i + 1 < end && this.story.text("hook", i + 1) === name) i++;
      if (name) parts.push(this.hookName(name, from - start, i + 1 - start));
    }
    return parts.join("");
  }
  hookName(name, from, to) {
    const x = this.gutter + from * this.column + 1;
    const width = (to - from) * this.column - 2;
    const room = Math.floor(width / 6.2);
    const shown = name.length <= room ? name : room > 3 ? `${name.slice(0, room - 1)}…` : "";
    return `<path class="pl-brace" d="M${x},${this.hooks}v3h${width}v-3"/><text class="pl-hook" x="${x + width / 2}" y="${this.hooks + 14}">${shown}</text>`;
  }
  // All blocks of a look are one path and all letters one text, each at its place: a page of many
  // elements takes longer to lay out and to paint than a frame has.
  records(start, end) {
    const { records } = this.story;
    const blocks = /* @__PURE__ */ new Map();
    const letters = { x: [], y: [], text: "" };
    const parts = [];
    for (let i = start; i < end; i++) {
      const x = this.gutter + (i - start) * this.column;
      const y = this.laneY(records.lane[i]);
      const kind = this.story.text("kind", i);
      const look = `${kind === "work" ? "pl-work" : "pl-act"} pl-lane${this.tones[records.lane[i]]}`;
      const box = `M${x + 1.5},${y + 1}h${this.column - 3}v${BAR - 2}h${3 - this.column}z`;
      blocks.set(look, (blocks.get(look) ?? "") + box);
      const letter = this.letter(kind, i);
      if (letter) {
        letters.x.push(x + this.column / 2);
        letters.y.push(y + 12);
        letters.text += letter;
      }
      parts.push(this.marksAt(i, x + this.column / 2), (i + 1) % 10 ? "" : this.tick(i, x));
    }
    const paths = [...blocks].map(([look, d]) => `<path class="pl-block ${look}" d="${d}"/>`);
    const text = `<text class="pl-letter" x="${letters.x}" y="${letters.y}">${letters.text}</text>`;
    return paths.join("") + text + parts.join("");
  }
  marksAt(i, middle) {
    const { marks } = this.story.records;
    if (!marks[i]) return "";
    const place = (name, k) => mark(name, middle, this.top - 14 - this.levelOf(i, k) * MARK);
    return this.story.marksOf(i).map(place).join("");
  }
  // The k-th mark of a record stands above the one before it.
  levelOf(i, k) {
    return this.levels[i] - bitCount(this.story.records.marks[i]) + 1 + k;
  }
  letter(kind, i) {
    if (kind === "access" && this.story.text("text", i).startsWith("mrs")) return "r";
    return (LETTERS[kind] ?? ["·"])[0];
  }
  tick(i, x) {
    const y = this.axis;
    return `<path class="pl-tick" d="M${x},${y}v4"/><text class="pl-axis" x="${x + 2}" y="${y + 14}">${i + 1}</text>`;
  }
  flag(column) {
    const x = this.gutter + (column - 0.5) * this.column;
    const y = this.axis + 2;
    return `<path class="pl-flag" d="M${x - 4},${y + 12}v-11h8v11l-4,-4z"/>`;
  }
  drawOverview() {
    const { lanes, length, records } = this.story;
    const width = Math.max(Math.floor(this.span), 1);
    const bins = lanes.map(() => new Uint8Array(width));
    const bin = (i) => Math.floor(i / length * width);
    for (let i = 0; i < length; i++)
      bins[records.lane[i]].fill(1, bin(i), Math.max(bin(i + 1), bin(i) + 1));
    const paths = bins.map((ones, lane) => {
      const y = 3 + lane * OVERVIEW;
      const d = runs(ones).map(([a, b]) => `M${this.gutter + a},${y}h${b - a}`);
      return `<path class="pl-lane${this.tones[lane]}" d="${d.join("")}"/>`;
    });
    const height = lanes.length * OVERVIEW + 3;
    this.overview.setAttribute("height", height);
    this.overview.innerHTML = `<rect class="pl-window" y="0.5" height="${height - 1}" rx="2"/>${paths.join("")}<path class="pl-spot"/>`;
  }
};
function loadedSpans(story) {
  const since = /* @__PURE__ */ new Map();
  const spans = [];
  const leave = (cpu, until) => {
    const [from, guest] = since.get(cpu) ?? [];
    if (guest) spans.push([from, until, guest]);
  };
  for (const [n, cpu, guest] of story.loaded) {
    leave(cpu, n);
    since.set(cpu, [Math.max(n - 1, 0), guest]);
  }
  for (const cpu of since.keys()) leave(cpu, story.length);
  return spans;
}
function runs(bin) {
  const found = [];
  for (let x = 0; x < bin.length; x++) {
    if (bin[x] && !bin[x - 1]) found.push([x, x + 1]);
    else if (bin[x]) found.at(-1)[1] = x + 1;
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
function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
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
  bookmark: "M4,2.5h8v11l-4,-3.5l-4,3.5z"
};
var KEYS = {
  ArrowLeft: (player) => player.step(-1),
  ArrowRight: (player) => player.step(1),
  k: (player) => player.step(-1),
  j: (player) => player.step(1),
  PageUp: (player) => player.step(-10),
  PageDown: (player) => player.step(10),
  Home: (player) => player.go(0),
  End: (player) => player.go(Infinity),
  " ": (player) => player.toggle(),
  n: (player) => player.jump("swap", 1),
  p: (player) => player.jump("swap", -1),
  b: (player) => player.bookmark(),
  "[": (player) => player.toBookmark(-1),
  "]": (player) => player.toBookmark(1),
  "?": (player) => player.help(),
  Escape: (player) => player.help(false)
};
var JUMPS = { s: "swap", t: "trap", i: "interrupt", o: "overflow", a: "accusation" };
var HELP = [
  ["← →, k j", "one step back, forward"],
  ["PageUp, PageDown", "ten steps"],
  ["Home, End", "first, last"],
  ["Space", "play or pause (on a button: presses it)"],
  ["n, p", "next, previous swap"],
  ["s t i o a", "next swap, trap, interrupt, overflow, accusation; with Shift the one before"],
  ["b", "set or remove a bookmark"],
  ["[ ]", "previous, next bookmark"],
  ["? Escape", "open, close this list"]
];
function press(key, player) {
  const mark2 = JUMPS[key.toLowerCase()];
  if (mark2) player.jump(mark2, key === key.toLowerCase() ? 1 : -1);
  else if (KEYS[key]) KEYS[key](player);
  return Boolean(mark2 || KEYS[key]);
}
function icon(name) {
  const path = makeSvg("path", { d: ICONS[name] });
  return makeSvg("svg", { class: "pl-glyph", viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
}
function button(name, title, onclick, ...content) {
  return make("button", { type: "button", "aria-label": name, title, onclick }, ...content);
}
function enable(element, possible, title, reason) {
  element.setAttribute("aria-disabled", !possible);
  element.title = possible ? title : reason;
}
var Controls = class {
  constructor(story, player) {
    this.story = story;
    this.player = player;
    this.slider = make("input", { type: "range", min: 0, max: story.length, "aria-label": "Step" });
    this.slider.addEventListener("input", () => player.go(Number(this.slider.value)));
    this.marks = make("div", { class: "pl-bookmarks", role: "group", "aria-label": "Bookmarks" });
    this.keys = this.helpPanel();
    const rows = make(
      "div",
      { class: "pl-controls" },
      this.transport(),
      this.extras(),
      this.jumps(),
      this.marks
    );
    this.element = make("div", {}, this.slider, rows, this.keys);
  }
  transport() {
    const { player } = this;
    this.first = button("First step", "", () => player.go(0), icon("first"));
    this.back = button("Back one step", "", () => player.step(-1), icon("back"));
    this.play = button("Play", "", () => player.toggle(), icon("play"));
    this.forward = button("Forward one step", "", () => player.step(1), icon("forward"));
    this.last = button("Last step", "", () => player.go(Infinity), icon("last"));
    const buttons = [this.first, this.back, this.play, this.forward, this.last];
    return make(
      "div",
      { class: "pl-group", role: "group", "aria-label": "Play" },
      ...buttons,
      this.speeds()
    );
  }
  speeds() {
    const options = SPEEDS.map(
      (s) => make("option", { value: s, text: `${s}×`, selected: s === 1 })
    );
    const select = make(
      "select",
      { "aria-label": "Speed", title: "Speed: steps a second" },
      ...options
    );
    select.addEventListener("change", () => this.player.setSpeed(Number(select.value)));
    return select;
  }
  jumps() {
    this.next = this.story.marks.map(
      (mark2, k) => button(
        `Next ${mark2}`,
        "",
        () => this.player.jump(mark2, 1),
        markIcon(mark2),
        make("span", { text: this.story.marks[k] })
      )
    );
    const label = make("span", { class: "pl-label", text: "next", "aria-hidden": "true" });
    return make(
      "div",
      { class: "pl-group pl-jumps", role: "group", "aria-label": "Run to the next" },
      label,
      ...this.next
    );
  }
  extras() {
    this.flag = button(
      "Bookmark",
      "Bookmark this step (b)",
      () => this.player.bookmark(),
      icon("bookmark")
    );
    this.ask = button("Keys and signs", "Keys and signs (?)", () => this.player.help());
    this.ask.append("?");
    return make(
      "div",
      { class: "pl-group pl-more-controls", role: "group", "aria-label": "More" },
      this.flag,
      this.ask
    );
  }
  helpPanel() {
    const list = (rows) => {
      const items = rows.flatMap(([term, says]) => [
        make("dt", {}, ...[term].flat()),
        make("dd", { text: says })
      ]);
      return make("dl", {}, ...items);
    };
    const letters = Object.values(LETTERS).map(([letter, says]) => [letter || "▇", says]);
    const marks = Object.keys(SHAPES).map((name) => [[markIcon(name)], name]);
    const signs = [
      ["◂ ▸", "written, read by this step"],
      ["▴", "counted in this step"],
      ["+ -", "field set, field cleared"]
    ];
    const column = (title, rows) => make("div", {}, make("h3", { text: title }), list(rows));
    const columns = [
      column("Keys", HELP),
      column("Lanes", letters),
      column("Marks and signs", [...marks, ...signs])
    ];
    const panel = make(
      "div",
      { class: "pl-help", role: "region", "aria-label": "Keys and signs" },
      ...columns
    );
    panel.hidden = true;
    return panel;
  }
  draw(n, { playing, bookmarks }) {
    const { story } = this;
    this.slider.value = n;
    this.slider.setAttribute(
      "aria-valuetext",
      `${n} of ${story.length}: ${n ? story.text("sentence", n - 1) : "the start"}`
    );
    this.slider.style.setProperty("--pl-done", story.length ? n / story.length : 0);
    enable(this.first, n > 0, "First step (Home)", "This is the first step");
    enable(this.back, n > 0, "Back one step (←)", "This is the first step");
    enable(this.forward, n < story.length, "Forward one step (→)", "This is the last step");
    enable(this.last, n < story.length, "Last step (End)", "This is the last step");
    this.drawPlay(playing);
    for (const [k, mark2] of story.marks.entries()) this.drawJump(k, mark2, n);
    this.drawBookmarks(n, bookmarks);
  }
  drawPlay(playing) {
    if (this.playing === playing) return;
    this.playing = playing;
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.play.title = playing ? "Pause (Space)" : "Play (Space)";
    this.play.replaceChildren(icon(playing ? "pause" : "play"));
  }
  drawJump(k, mark2, n) {
    const any = this.story.jumps[k].length > 0;
    const reason = any ? `No ${mark2} after this step` : `No ${mark2} in this trace`;
    const key = mark2 === "swap" ? "n or s" : mark2[0];
    enable(this.next[k], this.story.jump(k, n, 1) !== void 0, `Next ${mark2} (${key})`, reason);
  }
  drawBookmarks(n, bookmarks) {
    this.flag.setAttribute("aria-pressed", bookmarks.includes(n));
    const shown = `${bookmarks} ${n}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const chips = bookmarks.map((at) => {
      const chip = button(`Bookmark at step ${at}`, "", () => this.player.go(at), `${at}`);
      chip.title = at ? this.story.text("sentence", at - 1) : "the start";
      if (at === n) chip.setAttribute("aria-current", "step");
      return chip;
    });
    const label = make("span", { class: "pl-label", text: "bookmarks" });
    this.marks.replaceChildren(...chips.length ? [label, ...chips] : []);
  }
  help(open = this.keys.hidden) {
    this.keys.hidden = !open;
    this.ask.setAttribute("aria-expanded", open);
  }
};

// pmulab/view/js/registers.js
var AROUND = 2;
var Registers = class {
  constructor(story) {
    this.story = story;
    this.cells = [];
    this.signed = [];
    this.state = void 0;
    this.captions = story.places.map(() => make("span", { class: "pl-caption" }));
    this.caption = make("caption", { class: "pl-hidden" });
    const table = make("table", {}, this.caption, this.head(), this.body());
    this.align();
    this.scroll = make("div", { class: "pl-scroll" }, table);
    this.element = make("section", { class: "pl-registers" }, this.scroll, ...this.more());
  }
  head() {
    const row = make("tr", {}, make("th", { scope: "col", text: "register" }));
    this.heads = this.story.places.map(
      ([name], k) => make("th", { scope: "col", "data-place": name }, make("b", { text: name }), this.captions[k])
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
        ...cells
      );
      row.hidden = !register.used;
      if (register.used) group = register.group;
      return row;
    });
    this.unused = rows.filter((row) => row.hidden);
    return make("tbody", {}, ...rows);
  }
  cell(location, register) {
    if (location === void 0) return make("td");
    const mark2 = make("span", { class: "pl-sign" });
    const text = make("span", { class: "pl-value" });
    const detail = make("span", { class: "pl-detail" });
    const box = make("div", {}, mark2, text, detail);
    const td = make("td", { "data-location": this.story.locations[location] }, box);
    const column = this.story.locations[location].split(".", 1)[0];
    this.cells[location] = { td, mark: mark2, text, detail, register, column };
    return td;
  }
  // Values end in line: a column has room for the longest that it ever has. Registers of the
  // hardware alone are a column of their own.
  align() {
    const { changes, initial, values } = this.story;
    const longest = /* @__PURE__ */ new Map();
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
        onclick: show
      })
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
    const { td, mark: mark2, text, detail, register } = this.cells[location];
    const fields = says || this.story.texts[this.story.said[register].get(value)] || "";
    td.dataset.value = this.story.values[value];
    td.dataset.sign = sign;
    td.title = fields;
    say(text, this.story.values[value]);
    say(detail, fields);
    say(mark2, symbol);
    if (sign) mark2.append(make("span", { class: "pl-hidden", text: ` ${sign} ` }));
  }
  // A vCPU has the colour of its lane; the hardware has that of the vCPU that is on it.
  drawHeads(on) {
    this.story.places.forEach(([name, hardware], k) => {
      const cpu = [...on].find(([, guest2]) => guest2 === name)?.[0];
      const guest = hardware && on.get(Number(name.slice(3)));
      const here = `hardware, ${guest || "no vCPU"}${guest ? " is" : ""} on it`;
      say(
        this.captions[k],
        hardware ? here : cpu === void 0 ? "saved" : `saved, now on cpu${cpu}`
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
      "aria-label": "Registers, scrolls sideways"
    };
    for (const [name, value] of Object.entries(reachable)) {
      if (scrolls) this.scroll.setAttribute(name, value);
      else this.scroll.removeAttribute(name);
    }
  }
};
var Listing = class {
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
      story.text("text", record)
    ];
    for (const [k, text] of texts.entries()) say(row.cells[k], `${text}`);
    say(row.place, story.text("at", record));
    say(row.code, story.text("code", record));
    row.cells[3].title = story.text("text", record);
    row.cells[4].title = story.text("source", record);
  }
};

// pmulab/view/js/states.js
var KEYFRAME = 64;
var Story = class {
  constructor(json) {
    Object.assign(this, JSON.parse(json));
    this.length = this.records.time.length;
    this.hardware = this.places.map(([, hardware]) => hardware);
    this.changesOf = grouped(this.changes, this.length);
    this.signedBy = grouped(this.signed, this.length);
    this.said = this.registers.map(() => /* @__PURE__ */ new Map());
    for (const [register, value, text] of this.fields) this.said[register].set(value, text);
    this.jumps = this.marks.map((_, bit) => this.positionsWith(1 << bit));
    this.keyframes = this.makeKeyframes();
  }
  makeKeyframes() {
    const state = Int32Array.from(this.initial);
    const frames = [state.slice()];
    for (let n = 1; n <= this.length; n++) {
      this.apply(state, n - 1);
      if (n % KEYFRAME === 0) frames.push(state.slice());
    }
    return frames;
  }
  apply(state, record) {
    for (const [, location, value] of this.changesOf(record)) state[location] = value;
  }
  // Always from a keyframe forwards: going back cannot differ from having come this way.
  state(n) {
    const frame = Math.floor(n / KEYFRAME);
    const state = this.keyframes[frame].slice();
    for (let record = frame * KEYFRAME; record < n; record++) this.apply(state, record);
    return state;
  }
  positionsWith(bit) {
    const found = [];
    this.records.marks.forEach((marks, record) => {
      if (marks & bit) found.push(record + 1);
    });
    return found;
  }
  // The nearest position with a mark after (way 1) or before (way -1) position n, or undefined.
  jump(mark2, n, way) {
    const all = this.jumps[mark2];
    return way > 0 ? all.find((p) => p > n) : all.findLast((p) => p < n);
  }
  text(column, record) {
    return this.texts[this.records[column][record]];
  }
  marksOf(record) {
    return this.marks.filter((_, bit) => this.records.marks[record] & 1 << bit);
  }
  // Who is on each PE at position n: a Map from the PE's number to a name, "" for nobody.
  loadedAt(n) {
    const on = /* @__PURE__ */ new Map();
    for (const [when, cpu, guest] of this.loaded) if (when <= n) on.set(cpu, guest);
    return on;
  }
  // The colour of a lane: host, idle and nobody are grey; the vCPUs take the others in turn.
  tone(name) {
    const guests = this.lanes.filter((lane) => lane !== "host" && lane !== "idle");
    const place = guests.indexOf(name);
    return place < 0 ? 0 : place % 3 + 1;
  }
  heading(n) {
    const when = n ? `, cycle ${this.records.time[n - 1]}` : "";
    return `${this.scenario}: step ${n} of ${this.length}${when}`;
  }
};
function grouped(rows, length) {
  const starts = new Int32Array(length + 1);
  for (const [record] of rows) starts[record + 1]++;
  for (let i = 0; i < length; i++) starts[i + 1] += starts[i];
  return (record) => rows.slice(starts[record], starts[record + 1]);
}

// pmulab/view/js/player.js
var STEPS_A_SECOND = 4;
var SAVE_AFTER_MS = 150;
var NO_LINE = "no line of the hypervisor did this";
var stories = /* @__PURE__ */ new WeakMap();
function storyOf(model) {
  const key = model.get("story");
  const known = stories.get(model) ?? {};
  if (known.key !== key) stories.set(model, { key, story: new Story(key) });
  return stories.get(model).story;
}
var Player = class {
  constructor(model) {
    this.model = model;
    this.story = storyOf(model);
    this.speed = 1;
    const go = (n) => this.go(n);
    this.lanes = new Lanes(this.story, go);
    this.registers = new Registers(this.story);
    this.listing = new Listing(this.story, go);
    this.controls = new Controls(this.story, this);
    this.heading = make("h2", { class: "pl-where" });
    this.sentence = make("p", { class: "pl-sentence", "aria-live": "polite" });
    this.place = make("span", { class: "pl-place" });
    this.code = make("code");
    this.chips = make("span", { class: "pl-chips" });
    this.root = this.layout();
    this.listen();
    this.draw();
  }
  layout() {
    const top = make("div", { class: "pl-top" }, this.heading, this.chips);
    const line = make("div", { class: "pl-line" }, this.place, this.code);
    const head = make("div", {}, top, this.sentence, line);
    const parts = [
      head,
      this.lanes.element,
      this.controls.element,
      this.listing.element,
      this.registers.element
    ];
    const name = `Player of ${this.story.scenario}`;
    const attributes = {
      class: "pmulab-view pmulab-player",
      role: "group",
      "aria-label": name,
      tabindex: "-1",
      "data-lm-suppress-shortcuts": "true"
    };
    return make("div", attributes, ...parts);
  }
  listen() {
    this.changed = () => this.schedule();
    this.model.on("change:index", this.changed);
    this.model.on("change:bookmarks", this.changed);
    this.deaf = onKeys(this.root, (e) => this.key(e));
    this.sizes = new ResizeObserver(([{ contentRect }]) => this.resize(contentRect.width));
    this.sizes.observe(this.root);
  }
  close() {
    this.pause();
    this.sizes.disconnect();
    this.deaf();
    this.model.off("change:index", this.changed);
    this.model.off("change:bookmarks", this.changed);
    if (this.saving) this.save();
  }
  // ---- where we are
  get n() {
    return this.model.get("index");
  }
  get bookmarks() {
    return this.model.get("bookmarks");
  }
  set(name, value) {
    this.model.set(name, value);
    this.saving ??= setTimeout(() => this.save(), SAVE_AFTER_MS);
  }
  save() {
    clearTimeout(this.saving);
    this.saving = void 0;
    this.model.save_changes();
  }
  go(n) {
    const to = clamp(n, 0, this.story.length);
    if (to !== this.n) this.set("index", to);
  }
  step(by) {
    this.pause();
    this.go(this.n + by);
  }
  jump(mark2, way) {
    this.pause();
    const to = this.story.jump(this.story.marks.indexOf(mark2), this.n, way);
    if (to !== void 0) this.go(to);
  }
  bookmark() {
    const { n, bookmarks } = this;
    const rest = bookmarks.filter((at) => at !== n);
    this.set(
      "bookmarks",
      rest.length < bookmarks.length ? rest : [...rest, n].sort((a, b) => a - b)
    );
  }
  toBookmark(way) {
    const { n, bookmarks } = this;
    const to = way > 0 ? bookmarks.find((at) => at > n) : bookmarks.findLast((at) => at < n);
    if (to !== void 0) this.go(to);
  }
  help(open) {
    this.controls.help(open);
  }
  // ---- playing
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
    this.playing = setInterval(() => this.tick(), 1e3 / STEPS_A_SECOND / this.speed);
    this.schedule();
  }
  tick() {
    this.go(this.n + 1);
    if (this.n === this.story.length) this.pause();
  }
  pause() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = void 0;
    this.schedule();
  }
  // ---- keys
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    if (event.shiftKey && event.key === "Enter") return;
    event.stopPropagation();
    const { tagName } = event.target;
    const own = tagName === "SELECT" || tagName === "BUTTON" && [" ", "Enter"].includes(event.key);
    if (!own && press(event.key, this)) event.preventDefault();
  }
  // ---- drawing
  resize(width) {
    if (!width) return;
    this.lanes.resize(width - 2);
    this.draw();
    this.registers.resize();
  }
  // At most once a frame, however fast the position moves.
  schedule() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }
  draw() {
    if (this.frame) cancelAnimationFrame(this.frame);
    this.frame = void 0;
    const { n, story } = this;
    const playing = Boolean(this.playing);
    this.root.dataset.index = n;
    this.sentence.setAttribute("aria-live", playing ? "off" : "polite");
    say(this.heading, story.heading(n));
    say(this.sentence, n ? story.text("sentence", n - 1) : "The start: nothing has happened yet.");
    say(this.place, n ? story.text("source", n - 1) || NO_LINE : "Press → for the first step.");
    say(this.code, n ? story.text("code", n - 1) : "");
    this.drawChips(n ? story.marksOf(n - 1) : []);
    this.lanes.draw(n, this.bookmarks);
    this.controls.draw(n, { playing, bookmarks: this.bookmarks });
    this.listing.draw(n);
    this.registers.draw(n);
  }
  drawChips(marks) {
    const shown = marks.join();
    if (shown === this.shownMarks) return;
    this.shownMarks = shown;
    const chips = marks.map((mark2) => make("span", { class: "pl-chip" }, markIcon(mark2), mark2));
    this.chips.replaceChildren(...chips);
  }
};
function render({ model, el }) {
  const view = new Player(model);
  el.append(view.root);
  return () => view.close();
}
var player_default = { render };
export {
  player_default as default
};
