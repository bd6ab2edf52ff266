// The lanes: who acts at each step, as columns; marks above them; the whole trace in small below.
//
// Only the page in view is drawn. It stays where it is while the cursor moves inside it.

import { make, makeSvg } from "./dom.js";

const LANE = 26;
const BAR = 16;
const MARK = 20;
const HOOK = 20;
const AXIS = 18;
const MIN_COLUMN = 14;
const MAX_COLUMN = 24;
const OVERVIEW = 6;

export const LETTERS = {
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
  accusation: ["!", "a law is broken"],
};

export const SHAPES = {
  overflow: ["O", "M-7,-7h14v14h-14z"],
  trap: ["T", "M0,-9.5L9,6.5H-9z"],
  swap: ["S", "M0,-9.5L9.5,0L0,9.5L-9.5,0z"],
  interrupt: ["I", "M-8,0a8,8 0 1 0 16,0a8,8 0 1 0 -16,0z"],
  accusation: ["!", "M-4,-8.5h8L9.5,0L4,8.5h-8L-9.5,0z"],
};

// A mark as a small picture: shape and letter, never colour alone.
export function markIcon(name) {
  const icon = makeSvg("svg", {
    class: "pl-icon",
    viewBox: "-11 -11 22 22",
    "aria-hidden": "true",
  });
  icon.innerHTML = mark(name, 0, 0);
  return icon;
}

function mark(name, x, y) {
  const [letter, shape] = SHAPES[name];
  const drop = name === "trap" ? 1.5 : 0;
  return (
    `<g class="pl-mark pl-${name}" transform="translate(${x},${y})">` +
    `<path d="${shape}"/><text y="${3.4 + drop}">${letter}</text></g>`
  );
}

export class Lanes {
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
    this.listen(this.overview, (x) => Math.round(((x - this.gutter) / this.span) * story.length));
  }

  // Press or drag to go there; hover to read the record.
  listen(svg, position) {
    const at = (e) =>
      clamp(position(e.clientX - svg.getBoundingClientRect().left), 0, this.story.length);
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
    this.drawn = undefined;
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
    this.cursor.innerHTML = n
      ? `<rect x="${x}" y="${this.top - 2}" width="${this.column}" height="${bottom - this.top + 4}" rx="3"/>`
      : `<path d="M${this.gutter},${this.top - 2}V${bottom + 2}"/>`;
    const spot = this.gutter + (n / Math.max(this.story.length, 1)) * this.span;
    const window = this.overview.querySelector(".pl-window");
    if (!window) return;
    window.setAttribute("x", this.gutter + (this.start / this.story.length) * this.span);
    window.setAttribute("width", Math.max((this.columns / this.story.length) * this.span, 2));
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
    return (
      `<text class="pl-lane-name" x="${this.gutter - 12}" y="${y + 4}">${label}</text>` +
      `<path class="pl-rule" d="M${this.gutter},${y}h${this.span}"/>`
    );
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
        `<rect class="pl-band pl-lane${this.tones[lane]}" x="${x}" y="${y}" width="${width}" height="${BAR + 6}" rx="4"/>`,
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
    // 6.2 pixels a letter; a name that does not fit is cut, and what is left of it says so.
    const room = Math.floor(width / 6.2);
    const shown = name.length <= room ? name : room > 3 ? `${name.slice(0, room - 1)}…` : "";
    return (
      `<path class="pl-brace" d="M${x},${this.hooks}v3h${width}v-3"/>` +
      `<text class="pl-hook" x="${x + width / 2}" y="${this.hooks + 14}">${shown}</text>`
    );
  }

  // All blocks of a look are one path and all letters one text, each at its place: a page of many
  // elements takes longer to lay out and to paint than a frame has.
  records(start, end) {
    const { records } = this.story;
    const blocks = new Map();
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
    const bin = (i) => Math.floor((i / length) * width);
    for (let i = 0; i < length; i++)
      bins[records.lane[i]].fill(1, bin(i), Math.max(bin(i + 1), bin(i) + 1));
    const paths = bins.map((ones, lane) => {
      const y = 3 + lane * OVERVIEW;
      const d = runs(ones).map(([a, b]) => `M${this.gutter + a},${y}h${b - a}`);
      return `<path class="pl-lane${this.tones[lane]}" d="${d.join("")}"/>`;
    });
    const height = lanes.length * OVERVIEW + 3;
    this.overview.setAttribute("height", height);
    this.overview.innerHTML =
      `<rect class="pl-window" y="0.5" height="${height - 1}" rx="2"/>${paths.join("")}` +
      `<path class="pl-spot"/>`;
  }
}

// [first record, record after the last, vCPU] for each time that a vCPU is on a PE.
function loadedSpans(story) {
  const since = new Map();
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

// [start, end] of each run of ones.
function runs(bin) {
  const found = [];
  for (let x = 0; x < bin.length; x++) {
    if (bin[x] && !bin[x - 1]) found.push([x, x + 1]);
    else if (bin[x]) found.at(-1)[1] = x + 1;
  }
  return found;
}

// The level of each record's topmost mark; a neighbour's marks stand one higher, for they are wider
// than a column.
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

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
