// Made by `make bundle` of these modules, sha256 7a60333580a93555: columns.js controls.js dom.js events.js lanes.js player.js registers.js states.js stepper.js
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
function onKeys(root, act, passes = foreign) {
  const listener = (event) => {
    if (!root.contains(
      /** @type {Node} */
      event.target
    ) || passes(event)) return;
    event.stopPropagation();
    if (act(event)) event.preventDefault();
  };
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
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
var LANE = 26;
var BAR = 16;
var MARK = 20;
var HOOK = 20;
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
    this.columns.turnTo(n - 1);
    const drawn2 = `${this.columns.start} ${bookmarks}`;
    if (drawn2 !== this.drawn) this.page.innerHTML = this.pageAt(bookmarks);
    this.drawn = drawn2;
    this.placeCursor(n);
  }
  /** @param {number} n */
  placeCursor(n) {
    const { start, seen, span, width } = this.columns;
    const length = Math.max(this.story.length, 1);
    this.cursor.innerHTML = n ? `<rect x="${this.columns.x(n - 1)}" y="${this.top - 2}" width="${width}" height="${this.axis - this.top + 4}" rx="3"/>` : `<path d="M${this.gutter},${this.top - 2}V${this.axis + 2}"/>`;
    const [frame, spot] = this.overview.querySelectorAll(".pl-window, .pl-spot");
    if (!frame) return;
    const x = this.gutter + start / length * span;
    set(frame, { x, width: Math.max(seen / length * span, 2) });
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
      const place = `x="${this.columns.x(a)}" y="${this.laneY(lane) - 3}"`;
      const size = `width="${(b - a) * width}" height="${BAR + 6}"`;
      return `<rect class="pl-band pl-tone${this.story.tones[lane]}" ${place} ${size} rx="4"/>`;
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
      const look = `${letter ? "pl-act" : "pl-work"} pl-tone${this.story.tones[lanes[i]]}`;
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
  bookmark: "M4,2.5h8v11l-4,-3.5l-4,3.5z"
};
var KEYS = {
  " ": (player) => player.toggle(),
  n: (player) => player.jump("swap", 1),
  p: (player) => player.jump("swap", -1),
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
    this.marks = group("pl-bookmarks", "Bookmarks");
    this.keys = this.helpPanel();
    this.playing = void 0;
    this.shown = "";
    this.element = make("div", {}, player.slider, this.rows(), this.keys);
  }
  rows() {
    const moves = [this.first, this.back, this.play, this.forward, this.last];
    const label = make("span", { class: "pl-label", text: "next", "aria-hidden": "true" });
    return make(
      "div",
      { class: "pl-controls" },
      group("pl-group", "Play", ...moves, this.speeds()),
      group("pl-group pl-more-controls", "More", this.flag, this.ask),
      group("pl-group pl-jumps", "Run to the next", label, ...this.next),
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
  /** @param {Story} story */
  constructor(story) {
    const { locations, places, registers } = story.sent;
    this.story = story;
    this.cells = locations.map(makeCell);
    this.rowOf = new Map(registers.map(({ name }, row) => [name, row]));
    this.signed = [];
    this.state = new Int32Array();
    this.captions = places.map(() => make("span", { class: "pl-caption" }));
    this.heads = places.map(({ name }, k) => {
      const title = make("b", { text: name });
      return make("th", { scope: "col", "data-place": name }, title, this.captions[k]);
    });
    this.caption = make("caption", { class: "pl-hidden" });
    const rows = this.rows();
    this.unused = rows.filter((row) => row.hidden);
    const head = make("tr", {}, ...titles("register"), ...this.heads);
    const body = make("tbody", {}, ...rows);
    const table = make("table", {}, this.caption, make("thead", {}, head), body);
    this.align();
    this.scroll = make("div", { class: "pl-scroll" }, table);
    this.element = make("section", { class: "pl-registers" }, this.scroll, ...this.more());
  }
  rows() {
    const { locations, places, registers } = this.story.sent;
    const number = new Map(locations.map((location, k) => [location, k]));
    let group2 = "";
    return registers.map(({ name, meaning, group: its, used }) => {
      const title = make("th", { scope: "row", text: name, title: meaning });
      const found = places.map((place) => this.cells[number.get(`${place.name}.${name}`) ?? -1]);
      const row = make("tr", { class: its === group2 ? "" : "pl-first" }, title);
      row.append(...this.inRow(found));
      row.hidden = !used;
      if (used) group2 = its;
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
    if (!this.unused.length) return [];
    const text = `${this.unused.length} more, ${this.story.words.zero}`;
    const more = button({ class: "pl-more", text, "aria-expanded": false });
    more.addEventListener("click", () => {
      const open = more.getAttribute("aria-expanded") === "true";
      for (const row of this.unused) row.hidden = open;
      set(more, { "aria-expanded": !open });
    });
    return [more];
  }
  /** @param {number} n */
  draw(n) {
    const state = this.story.state(n);
    for (const location of this.signed) this.show(location, state[location]);
    for (const location of this.cells.keys())
      if (this.state[location] !== state[location]) this.show(location, state[location]);
    this.state = state;
    this.signed = n ? this.sign(n - 1, state) : [];
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
    const scrolls = this.scroll.scrollWidth > this.scroll.clientWidth + 1;
    const label = "Registers, scrolls sideways";
    const reachable = { tabindex: 0, role: "region", "aria-label": label };
    if (scrolls) set(this.scroll, reachable);
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
    const place = make("span", { class: "pl-place" });
    const code = make("code");
    cells[4].append(place, code);
    const row = { tr: make("tr", {}, ...cells), cells, place, code, record: 0 };
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
    say(row.place, story.text("at", record));
    say(row.code, story.text("code", record));
    row.cells[3].title = what;
    row.cells[4].title = story.text("source", record);
  }
};

// pmulab/view/js/states.js
var KEYFRAME = 64;
var Story = class {
  /** @param {string} json */
  constructor(json) {
    this.sent = JSON.parse(json);
    const { changes, fields, lanes, marks, records, registers, scenario, signed } = this.sent;
    this.scenario = scenario;
    this.words = this.sent.words;
    this.times = records.time;
    this.length = this.times.length;
    this.lanes = lanes.map(([name]) => name);
    this.tones = lanes.map(([, tone]) => tone);
    this.changesOf = grouped(changes, this.length);
    this.signedBy = grouped(signed, this.length);
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
  // A short sentence for position n, as a slider or a hint says it.
  /** @param {number} n */
  says(n) {
    return this.textAt("sentence", n, "the start");
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
    });
    sizes.observe(this.root);
    const deaf = onKeys(this.root, (e) => this.key(e));
    this.ends.push(
      deaf,
      () => sizes.disconnect(),
      () => this.model.off(changes, changed)
    );
    this.redraw();
  }
  close() {
    for (const end of this.ends) end();
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
    const view = new View(
      /** @type {Model<Traits>} */
      model
    );
    el.append(view.root);
    return () => view.close();
  });
}

// pmulab/view/js/player.js
var STEPS_A_SECOND = 4;
var NO_LINE = "no line of the hypervisor did this";
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
    this.lanes = new Lanes(story, go);
    this.registers = new Registers(story);
    this.listing = new Listing(story, go);
    this.controls = new Controls(story, this);
    this.place = make("span", { class: "pl-place" });
    this.code = make("code");
    this.chips = make("span", { class: "pl-chips" });
    const top = make("div", { class: "pl-top" }, this.heading, this.chips);
    const line = make("div", { class: "pl-line" }, this.place, this.code);
    const parts = [this.lanes, this.controls, this.listing, this.registers];
    this.open(
      "pmulab-player",
      `Player of ${story.scenario}`,
      make("div", {}, top, this.sentence, line),
      ...parts.map(({ element }) => element)
    );
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
  /** @param {number} by */
  move(by) {
    this.go(this.n + by);
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
    const own = tagName === "SELECT" || tagName === "BUTTON" && [" ", "Enter"].includes(event.key);
    return !own && press(event.key, this);
  }
  // ---- drawing
  /** @override @param {number} width */
  resize(width) {
    this.lanes.resize(width);
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
    const noLine = n ? NO_LINE : "Press → for the first step.";
    set(this.sentence, { "aria-live": playing ? "off" : "polite" });
    say(this.sentence, story.textAt("sentence", n, story.words.start));
    say(this.place, story.textAt("source", n) || noLine);
    say(this.code, story.textAt("code", n));
    this.drawChips(n ? story.marksOf(n - 1) : []);
    this.lanes.draw(n, this.bookmarks);
    this.controls.draw(n, playing, this.bookmarks);
    this.listing.draw(n);
    this.registers.draw(n);
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
