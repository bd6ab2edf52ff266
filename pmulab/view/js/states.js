// A trace in the browser: its records, and the state at any position.
//
// Position n is the state after the first n records. A state is a list of small numbers, one for
// each location, that name values; values stay texts, because JavaScript rounds large integers.

const KEYFRAME = 64;

export class Story {
  constructor(json) {
    Object.assign(this, JSON.parse(json));
    this.length = this.records.time.length;
    this.hardware = this.places.map(([, hardware]) => hardware);
    this.changesOf = grouped(this.changes, this.length);
    this.signedBy = grouped(this.signed, this.length);
    this.said = this.registers.map(() => new Map());
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
  jump(mark, n, way) {
    const all = this.jumps[mark];
    return way > 0 ? all.find((p) => p > n) : all.findLast((p) => p < n);
  }

  text(column, record) {
    return this.texts[this.records[column][record]];
  }

  marksOf(record) {
    return this.marks.filter((_, bit) => this.records.marks[record] & (1 << bit));
  }

  // Who is on each PE at position n: a Map from the PE's number to a name, "" for nobody.
  loadedAt(n) {
    const on = new Map();
    for (const [when, cpu, guest] of this.loaded) if (when <= n) on.set(cpu, guest);
    return on;
  }

  // The colour of a lane: host, idle and nobody are grey; the vCPUs take the others in turn.
  tone(name) {
    const guests = this.lanes.filter((lane) => lane !== "host" && lane !== "idle");
    const place = guests.indexOf(name);
    return place < 0 ? 0 : (place % 3) + 1;
  }

  heading(n) {
    const when = n ? `, cycle ${this.records.time[n - 1]}` : "";
    return `${this.scenario}: step ${n} of ${this.length}${when}`;
  }
}

// Rows that begin with a record's number, in order, as a function from that number to its rows.
function grouped(rows, length) {
  const starts = new Int32Array(length + 1);
  for (const [record] of rows) starts[record + 1]++;
  for (let i = 0; i < length; i++) starts[i + 1] += starts[i];
  return (record) => rows.slice(starts[record], starts[record + 1]);
}
