// @ts-check
// A trace in the browser: its records, and the state at any position.
//
// Position n is the state after the first n records. A state is a list of small numbers, one for
// each location, that name values; values stay texts, because JavaScript rounds large integers.

import { fill } from "./dom.js";

/** @import { TextColumn, TraceJson } from "./types.js" */

const KEYFRAME = 64;

export class Story {
  /** @param {string} json */
  constructor(json) {
    /** @type {TraceJson} */
    this.sent = JSON.parse(json);
    const { changes, fields, lanes, lines, marks, records, registers, scenario, signed, travels } =
      this.sent;
    this.scenario = scenario;
    this.words = this.sent.words;
    this.times = records.time;
    this.length = this.times.length;
    this.lanes = lanes.map(([name]) => name);
    this.tones = lanes.map(([, tone]) => tone);
    this.changesOf = grouped(changes, this.length);
    this.signedBy = grouped(signed, this.length);
    this.travelsOf = grouped(travels, this.length);
    // Where the text of each `file:line` is: its source, its row there.
    this.lineOf = new Map(lines.map(([at, source, row]) => [at, { source, row }]));
    // For each register, what its fields say by value.
    this.said = registers.map(() => /** @type {Map<number, number>} */ (new Map()));
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
    return this.sent.records.marks.flatMap((marks, record) => (marks & bit ? [record + 1] : []));
  }

  // The nearest position with a mark after (way 1) or before (way -1) position n, or undefined.
  /** @param {number} mark @param {number} n @param {number} way */
  jump(mark, n, way) {
    return nearest(this.jumps[mark], n, way);
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
    const has = (/** @type {number} */ i) => this.sent.texts[hook[i]] !== "";
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
    return undefined;
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
    const at = n ? (this.changesOf(n - 1)[0]?.[1] ?? this.signedBy(n - 1)[0]?.[1]) : undefined;
    return at === undefined ? "" : this.sent.locations[at].split(".")[1];
  }

  // The way to position n: a line for each step, or a diagram in Mermaid's language.
  /** @param {number} n */
  path(n) {
    const lines = this.times.slice(0, n).map((time, i) => `${i + 1}\t${time}\t${this.says(i + 1)}`);
    return lines.join("\n");
  }

  /** @param {number} n */
  diagram(n) {
    const arrows = this.times.slice(0, n).map((_, i) => this.text("arrow", i));
    return [...this.sent.diagram, ...arrows].join("\n");
  }

  /** @param {number} record */
  marksOf(record) {
    return this.sent.marks.filter((_, bit) => this.sent.records.marks[record] & (1 << bit));
  }
}

/**
 * The nearest of sorted positions after (way 1) or before (way -1) position n, or undefined.
 * @param {number[]} positions @param {number} n @param {number} way
 */
export function nearest(positions, n, way) {
  return way > 0 ? positions.find((p) => p > n) : positions.findLast((p) => p < n);
}

/**
 * Rows that begin with a record's number, in order, as a function from that number to its rows.
 * @template {[record: number, ...unknown[]]} Row
 * @param {Row[]} rows @param {number} length
 */
function grouped(rows, length) {
  const starts = new Int32Array(length + 1);
  for (const [record] of rows) starts[record + 1]++;
  for (let i = 0; i < length; i++) starts[i + 1] += starts[i];
  return (/** @type {number} */ record) => rows.slice(starts[record], starts[record + 1]);
}
