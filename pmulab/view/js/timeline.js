// @ts-check
// Rows over time: a column for each position at which a row changes, drawn as far as it is seen.

import { Columns, clamp, escaped, fitted, lastAt, lastIndex } from "./columns.js";
import { makeSvg, set } from "./dom.js";
import { onDrag } from "./events.js";

/** @import { SheetJson, SheetRow } from "./types.js" */

const ROW = 30;
const BAR = 20;
const GAP = 32;
const NAME = 15;
const AXIS = 20;
// A letter of the labels is about so wide.
const LETTER = 6.4;
const BOLD = 7;

export class Timeline {
  /** @param {SheetJson} sheet @param {(n: number) => void} go */
  constructor(sheet, go) {
    this.sheet = sheet;
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
    this.width = 0;
    this.gutter = 20 + 7.4 * Math.max(6, ...sheet.rows.map((row) => row.name.length));
    this.columns = new Columns(this.moments.length, this.gutter, [40, 104]);
    this.heights = /** @type {Map<number, number>} */ (new Map());
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
    const { width, seen } = this.columns;
    const x = this.columns.x(this.columnOf(n));
    const moved = would.map((name, k) =>
      name === now[k] ? "" : this.span(x, this.head + k * ROW, width, `→${name}`, "tone0 would"),
    );
    const line = `M${this.gutter},${this.head + row * ROW}h${seen * width}`;
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
        0,
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
    // Over all lines: a name may be wider than its column.
    const names = [];
    for (let column = this.columns.start; column < this.columns.end; column++) {
      const x = this.columns.x(column);
      const n = this.moments[column];
      parts.push(`<text class="pl-axis" x="${x + 3}" y="${this.axis + 15}">${n || "start"}</text>`);
      const name = this.names.get(n);
      if (!name) continue;
      const y = 12 + NAME * (this.heights.get(n) ?? 0);
      // At the edge of a narrow window it stands before its line.
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
      `<text class="pl-lane-name" x="${this.gutter - 12}" y="${y + 19}">${escaped(row.name)}</text>`,
    ];
    let before = "";
    for (const [from, to, point] of this.columns.runs((c) =>
      lastAt(this.spans[k], this.moments[c]),
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
    return (
      `<rect class="bd-span ${looks}" x="${x + 1}" y="${top}" width="${width - 2}" height="${BAR}" rx="3"/>` +
      marks +
      labelled(x + width / 2, top + 14, label, width - 6)
    );
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
    return (
      `<rect class="bd-high ${tone}" x="${x}" y="${high}" width="${width}" height="${low - high}"/>` +
      wire +
      labelled(x + width / 2, y + 19, label, width - 4)
    );
  }

  // A share of a budget: the frame is the budget, what is filled is spent.
  /** @param {number} x @param {number} y @param {number} width @param {string} label @param {string} look */
  meter(x, y, width, label, look) {
    const top = y + (ROW - BAR) / 2;
    const share = Math.min(Number.parseInt(label, 10) / 100, 1);
    return (
      `<rect class="bd-spent" x="${x}" y="${top + BAR * (1 - share)}" width="${width}" height="${BAR * share}"/>` +
      `<path class="bd-budget bd-${look}" d="M${x},${top}h${width}M${x},${top + BAR}h${width}"/>` +
      labelled(x + width / 2, top + 14, label, width - 2)
    );
  }

  // What a look means, as a small picture.
  /** @param {string} look @param {string} label */
  sample(look, label) {
    const size = { width: 94, height: ROW };
    const svg = makeSvg("svg", { class: "bd-sample", ...size, "aria-hidden": "true" });
    /** @type {{ [look: string]: () => string }} */
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
  boundary() {
    const { boundary, rows } = this.sheet;
    if (!boundary.length) return [];
    let last = NaN;
    return this.columns
      .runs((column) => lastAt(boundary, this.moments[column]))
      .map(([from, to, [, row]]) => {
        const [x, y] = [this.columns.x(from), this.head + row * ROW];
        const width = (to - from) * this.columns.width;
        const jump = from > this.columns.start && last !== y ? `M${x},${last}V${y}` : "";
        last = y;
        const text = fitted(`HPMN ${rows.length - 1 - row}`, width, LETTER);
        return (
          `<path class="bd-boundary" d="${jump}M${x},${y}h${width}"/>` +
          `<text class="bd-edge" x="${x + width - 3}" y="${y - 3}" data-columns="${from} ${to}">${text}</text>`
        );
      });
  }
}

/** @param {number} x @param {number} y @param {string} label @param {number} width */
function labelled(x, y, label, width) {
  return `<text class="bd-label" x="${x}" y="${y}">${fitted(label, width, LETTER)}</text>`;
}
