// Rows over time: a column for each position at which a row changes, drawn as far as it is seen.

import { makeSvg } from "./dom.js";

const ROW = 30;
const BAR = 20;
const GAP = 32;
const NAME = 15;
const AXIS = 20;
const MIN_COLUMN = 40;
const MAX_COLUMN = 104;
// A letter of the labels is about so wide.
const LETTER = 6.4;

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// The last entry of a sorted list that is not beyond n.
export function lastAt(list, n, key = (item) => item[0]) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) <= n) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Timeline {
  constructor(sheet, go) {
    this.sheet = sheet;
    this.go = go;
    this.start = 0;
    const all = sheet.rows.flatMap((row) => row.points.map(([n]) => n));
    all.push(...sheet.names.map(([n]) => n));
    this.moments = [...new Set([0, ...all])].sort((a, b) => a - b);
    this.names = new Map(sheet.names);
    // A change of the table alone, as of a count, draws no new span.
    this.spans = sheet.rows.map(({ points }) =>
      points.filter(
        ([, ...look], k) => !k || look[0] !== points[k - 1][1] || look[1] !== points[k - 1][2],
      ),
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
    this.drawn = undefined;
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
    const moved = now.map((name, k) =>
      name === would[k]
        ? ""
        : this.span(x, this.head + k * ROW, this.column, `→${would[k]}`, "tone0 would"),
    );
    const end = this.gutter + this.columns * this.column;
    return `<path class="bd-suppose" d="M${this.gutter},${y}H${end}"/>${moved.join("")}`;
  }

  // A name may be wider than its column, so names stand on up to three heights; the rows begin below.
  place() {
    this.heights = new Map();
    const ends = [0, 0, 0];
    for (const [column, n] of this.moments.entries()) {
      const name = this.names.get(n);
      if (!name) continue;
      const x = column * this.column;
      const free = Math.max(
        ends.findIndex((right) => right <= x),
        0,
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
        `<text class="bd-name" x="${x + 5}" y="${y}">${escaped(name)}</text>`,
      );
    }
    parts.push(...this.sheet.rows.map((row, k) => this.row(row, k, end)), ...this.boundary(end));
    return parts.join("");
  }

  row(row, k, end) {
    const y = this.head + k * ROW;
    const parts = [
      `<text class="pl-lane-name" x="${this.gutter - 12}" y="${y + 19}">${escaped(row.name)}</text>`,
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
    const looks = look
      .split(" ")
      .map((word) => `bd-${word}`)
      .join(" ");
    const stripes = look.includes("stop") || look.includes("stripes");
    const marks = stripes ? this.hatch(x + 1, top, width - 2, label.length * LETTER + 34) : "";
    return (
      `<rect class="bd-span ${looks}" x="${x + 1}" y="${top}" width="${width - 2}" height="${BAR}" rx="3"/>` +
      `${marks}<text class="bd-label" x="${x + width / 2}" y="${top + 14}">${fitted(label, width - 6)}</text>`
    );
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
    const fill =
      label === "high"
        ? `<rect class="bd-high ${`bd-${look.split(" ")[0]}`}" x="${x}" y="${high}" width="${width}" height="${low - high}"/>`
        : "";
    const text =
      label === "high"
        ? `<text class="bd-label" x="${x + width / 2}" y="${y + 19}">${fitted("high", width - 4)}</text>`
        : "";
    return `${fill}<path class="bd-wire" d="${rise}M${x},${now}h${width}"/>${text}`;
  }

  // A share of a budget: the frame is the budget, what is filled is spent.
  meter(x, y, width, label, look) {
    const top = y + (ROW - BAR) / 2;
    const share = Math.min(Number.parseInt(label, 10) / 100, 1);
    return (
      `<rect class="bd-spent" x="${x}" y="${top + BAR * (1 - share)}" width="${width}" height="${BAR * share}"/>` +
      `<path class="bd-budget bd-${look}" d="M${x},${top}h${width}M${x},${top + BAR}h${width}"/>` +
      `<text class="bd-label" x="${x + width / 2}" y="${top + 14}">${fitted(label, width - 2)}</text>`
    );
  }

  // What a look means, as a small picture.
  sample(look, label) {
    const svg = makeSvg("svg", {
      class: "bd-sample",
      width: 94,
      height: ROW,
      "aria-hidden": "true",
    });
    const draw = {
      boundary: () => `<path class="bd-boundary" d="M2,15h90"/>`,
      line: () => this.level(2, 0, 90, "high", "tone0", "low"),
      meter: () => this.meter(2, 0, 90, label, ""),
      suppose: () => `<path class="bd-suppose" d="M2,15h90"/>`,
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
        `<path class="bd-boundary" d="${jump}M${x},${y}h${(column - from) * this.column}"/>`,
      );
      const rows = this.sheet.rows.length - 1;
      const text = fitted(
        `HPMN ${rows - this.sheet.boundary[at][1]}`,
        (column - from) * this.column,
      );
      parts.push(`<text class="bd-edge" x="${x + 3}" y="${y - 3}">${text}</text>`);
    }
    return parts;
  }
}

function escaped(text) {
  return text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
}

// A text as far as it fits; what is left of a cut one says so.
function fitted(text, width) {
  const room = Math.floor(width / LETTER);
  if (text.length <= room) return escaped(text);
  return room > 1 ? escaped(`${text.slice(0, room - 1)}…`) : "";
}
