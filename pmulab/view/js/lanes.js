// @ts-check
// The lanes: who acts at each step, as columns; marks above them; the whole trace in small below.
//
// Only the page in view is drawn. It stays where it is while the cursor moves inside it.

import { Columns, clamp, escaped, fitted } from "./columns.js";
import { make, makeSvg, set } from "./dom.js";
import { onDrag } from "./events.js";

/** @import { Story } from "./states.js" */

const LANE = 24;
const BAR = 16;
const MARK = 20;
const HOOK = 18;
const AXIS = 18;
const OVERVIEW = 6;
// A letter of a hook's name is about so wide.
const LETTER = 6.2;

/** @type {{ [mark: string]: [letter: string, shape: string] }} */
const SHAPES = {
  overflow: ["O", "M-7,-7h14v14h-14z"],
  trap: ["T", "M0,-9.5L9,6.5H-9z"],
  swap: ["S", "M0,-9.5L9.5,0L0,9.5L-9.5,0z"],
  interrupt: ["I", "M-8,0a8,8 0 1 0 16,0a8,8 0 1 0 -16,0z"],
  accusation: ["!", "M-4,-8.5h8L9.5,0L4,8.5h-8L-9.5,0z"],
};

/**
 * A mark as a small picture: shape and letter, never colour alone.
 * @param {string} name
 */
export function markIcon(name) {
  const looks = { class: "pl-icon", viewBox: "-11 -11 22 22", "aria-hidden": "true" };
  const icon = makeSvg("svg", looks);
  icon.innerHTML = mark(name, 0, 0);
  return icon;
}

/** @param {string} name @param {number} x @param {number} y */
function mark(name, x, y) {
  const [letter, shape] = SHAPES[name] ?? [name[0].toUpperCase(), SHAPES.interrupt[1]];
  const drop = name === "trap" ? 1.5 : 0;
  return (
    `<g class="pl-mark pl-${name}" transform="translate(${x},${y})">` +
    `<path d="${shape}"/><text y="${3.4 + drop}">${letter}</text></g>`
  );
}

export class Lanes {
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
    // The one actor that is looked at, or -1.
    this.only = -1;
    this.dragging = false;
    this.listen(this.svg, (x) => this.columns.at(x) + 1);
    this.listen(this.overview, (x) =>
      Math.round(((x - this.gutter) / this.columns.span) * story.length),
    );
  }

  // Press or drag to go there; hover to read the record.
  /** @param {SVGSVGElement} svg @param {(x: number) => number} position */
  listen(svg, position) {
    const at = (/** @type {MouseEvent} */ e) =>
      clamp(position(e.clientX - svg.getBoundingClientRect().left), 0, this.story.length);
    onDrag(svg, (e) => this.go(at(e)));
    // A page that turned under the pointer would run away from it.
    const drag = (/** @type {boolean} */ on) => () => {
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
    set(this.svg, { width: width });
    set(this.overview, { width: width });
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
    const drawn = `${this.columns.start} ${bookmarks} ${this.only}`;
    if (drawn !== this.drawn) this.page.innerHTML = this.pageAt(bookmarks);
    this.drawn = drawn;
    this.placeCursor(n);
  }

  /** @param {number} n */
  placeCursor(n) {
    const { start, seen, span, width } = this.columns;
    const length = Math.max(this.story.length, 1);
    this.cursor.innerHTML = n
      ? `<rect x="${this.columns.x(n - 1)}" y="${this.top - 2}" width="${width}" height="${this.axis - this.top + 4}" rx="3"/>`
      : `<path d="M${this.gutter},${this.top - 2}V${this.axis + 2}"/>`;
    const [frame, spot] = this.overview.querySelectorAll(".pl-window, .pl-spot");
    if (!frame) return;
    const x = this.gutter + (start / length) * span;
    set(frame, { x, width: Math.max((seen / length) * span, 2) });
    set(spot, { d: `M${this.gutter + (n / length) * span},0V40` });
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
    return (
      `<text class="pl-lane-name" x="${this.gutter - 12}" y="${y + 4}">${escaped(name)}</text>` +
      `<path class="pl-rule" d="M${this.gutter},${y}h${this.columns.span}"/>`
    );
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
    return (
      `<path class="pl-brace" d="M${x},${this.hooks}v3h${width}v-3"/>` +
      `<text class="pl-hook" x="${x + width / 2}" y="${this.hooks + 14}">${fitted(name, width, LETTER, 4)}</text>`
    );
  }

  // All blocks of a look are one path and all letters one text, each at its place: a page of many
  // elements takes longer to lay out and to paint than a frame has.
  records() {
    const { start, end, width } = this.columns;
    const { lane: lanes } = this.story.sent.records;
    const blocks = /** @type {Map<string, string>} */ (new Map());
    /** @type {{ x: number[], y: number[], text: string }} */
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
    const y = (/** @type {number} */ k) => this.top - 14 - (lowest + k) * MARK;
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
    const bin = (/** @type {number} */ i) => Math.floor((i / length) * width);
    for (let i = 0; i < length; i++)
      bins[sent.records.lane[i]].fill(1, bin(i), Math.max(bin(i + 1), bin(i) + 1));
    const paths = bins.map((ones, lane) => {
      const y = 3 + lane * OVERVIEW;
      const d = runsOfOnes(ones).map(([a, b]) => `M${this.gutter + a},${y}h${b - a}`);
      return `<path class="pl-tone${tones[lane]}" d="${d.join("")}"/>`;
    });
    const height = lanes.length * OVERVIEW + 3;
    set(this.overview, { height });
    this.overview.innerHTML =
      `<rect class="pl-window" y="0.5" height="${height - 1}" rx="2"/>${paths.join("")}` +
      `<path class="pl-spot"/>`;
  }
}

/**
 * [first record, record after the last, vCPU] for each time that a vCPU is on a PE.
 * @param {Story} story
 */
function loadedSpans(story) {
  const since = /** @type {Map<number, [from: number, guest: string]>} */ (new Map());
  /** @type {[from: number, to: number, guest: string][]} */
  const spans = [];
  const leave = (/** @type {number} */ cpu, /** @type {number} */ until) => {
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

/** @param {Uint8Array} bin */
function runsOfOnes(bin) {
  /** @type {[start: number, end: number][]} */
  const found = [];
  for (let x = 0; x < bin.length; x++) {
    const last = found.at(-1);
    if (bin[x] && last?.[1] === x) last[1] = x + 1;
    else if (bin[x]) found.push([x, x + 1]);
  }
  return found;
}

/**
 * The level of each record's topmost mark; a neighbour's marks stand one higher, for they are wider
 * than a column.
 * @param {number[]} marks
 */
function markLevels(marks) {
  const levels = new Int8Array(Math.max(marks.length, 1));
  let raised = 0;
  marks.forEach((bits, i) => {
    raised = bits && marks[i - 1] ? 1 - raised : 0;
    levels[i] = bits ? raised + bitCount(bits) - 1 : 0;
  });
  return levels;
}

/** @param {number} bits */
function bitCount(bits) {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count++;
  return count;
}
