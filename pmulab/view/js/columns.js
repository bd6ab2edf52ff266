// @ts-check
// What pictures over time share: a page of columns, and labels that fit.

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/**
 * The last entry of a sorted list that is not beyond n.
 * @template T
 * @param {T[]} list @param {number} n @param {(item: T) => number} key
 */
export function lastIndex(list, n, key) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) <= n) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * What holds at position n.
 * @template {[number, ...unknown[]]} T
 * @param {T[]} points @param {number} n
 */
export function lastAt(points, n) {
  return points[lastIndex(points, n, ([position]) => position)];
}

// Columns, of which a page is seen.
export class Columns {
  /** @param {number} count @param {number} gutter @param {[least: number, most: number]} widths */
  constructor(count, gutter, widths) {
    this.count = count;
    this.gutter = gutter;
    this.widths = widths;
    // The first on the page, and how many are seen.
    this.start = 0;
    this.seen = 0;
    // The width of one, and of all that is seen.
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
    /** @type {[from: number, to: number, what: T][]} */
    const found = [];
    for (let column = this.start; column < this.end; column++) {
      const last = found.at(-1);
      const now = what(column);
      if (last && last[2] === now) last[1] = column + 1;
      else found.push([column, column + 1, now]);
    }
    return found;
  }
}

/** @param {string} text */
export function escaped(text) {
  return text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/**
 * A text as far as it fits; what is left of a cut one says so, and is no shorter than `least`.
 * @param {string} text @param {number} width @param {number} letter @param {number} least
 */
export function fitted(text, width, letter, least = 2) {
  const room = Math.floor(width / letter);
  if (text.length <= room) return escaped(text);
  return room >= least ? escaped(`${text.slice(0, room - 1)}…`) : "";
}
