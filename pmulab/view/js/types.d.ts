// What Python sends, as wire.py, board.py and registers.py write it, and what anywidget hands over.
// A test gives real traces to these types.

/** A widget's traits: those that Python and the page share. */
export interface Model<Traits> {
  get<K extends keyof Traits & string>(name: K): Traits[K];
  set<K extends keyof Traits & string>(name: K, value: Traits[K]): void;
  save_changes(): void;
  on(changes: string, act: () => void): void;
  off(changes: string, act: () => void): void;
  send(order: unknown): void;
}

/** What anywidget calls `render` with. */
export interface Given<Traits> {
  model: Model<Traits>;
  el: HTMLElement;
}

/** The bookmarks are the player's alone, HPMN the ownership map's. */
export interface StepperTraits {
  story: string;
  index: number;
  bookmarks: number[];
  hpmn: number | null;
}

export interface BitsTraits {
  register: string;
  state: string;
  operand: string;
  /** Name, value, the cell before; empty before the first write. */
  last: [name: string, value: string, before: string] | [];
}

export interface GuessTraits {
  label: string;
  asks: string;
  question: string;
  choices: string[];
  guess: string;
  waits: boolean;
  kind: "right" | "wrong" | "none" | "";
  says: string;
  why: string;
  kept: string;
}

/** `given` is a file's name and text, and which request it answers. */
export interface LessonTraits {
  says: string;
  notice: string;
  alarm: boolean;
  asked: number;
  given: [name: string, text: string, n: string] | [];
  brought: string;
  outcome: string;
  hands: boolean;
  asks: boolean;
  found: string[];
  file: [name: string, content: string, ...has: string[]] | [];
  renews: string;
  number: string;
  date: string;
  joined: [text: string, ...changes: string[]] | [];
}

/** `asked` is what was asked for, of which step, and a number that grows. */
export interface CardTraits {
  label: string;
  answer: string;
  html: string;
  buttons: string[];
  told: string;
  said: string[];
  busy: boolean;
  asked: [what: string, step: number, n: number] | [];
}

export interface SliderTraits {
  label: string;
  texts: string[];
  index: number;
}

/** What a desk shows, as JSON of its facts, and how far a search is. */
export interface PanelTraits {
  shown: string;
  busy: string;
}

/** Two guests in turns, by lab/course/turns. */
export interface TurnsFacts {
  title: string;
  chosen: [swap: boolean, turn: number, work: number];
  turn: number[];
  work: number[];
  turns: [who: string, from: number, to: number, before: number, after: number][];
  saved: [who: string, cycle: number, count: number][];
  guests: [name: string, read: number, did: number, says: string, at: number][];
}

/** A statement of a method, by lab/lines. */
export interface LineFacts {
  n: number;
  block: number;
  depth: number;
  comment: string;
  text: string;
  otherwise: string;
  closes: number[];
  off: boolean;
  inside: boolean;
  up: boolean;
  down: boolean;
  moved: boolean;
  kind: string;
  says: string;
  chip: string;
}

export interface AnswerFacts {
  kind: string;
  head: string;
  more: string[];
  steps: string[];
  trace: boolean;
}

export interface LinesFacts {
  title: string;
  about: string;
  head: string;
  rows: LineFacts[];
  edited: boolean;
  answer: AnswerFacts | null;
  asks: string;
}

export interface HuntRow {
  n: number;
  text: string;
  kind: "" | "right" | "wrong";
}

/** A method with a guilty line, or one to edit, by lab/course/suspects. */
export interface HuntFacts {
  title: string;
  about: string;
  rows: HuntRow[];
  edit: string;
  answer: AnswerFacts | null;
  told: string;
  steps: string[];
  does: [what: string, text: string][];
}

export interface BenchMove {
  n: number;
  who: string;
  text: string;
  possible: boolean;
  effect: string[];
}

export interface BenchFacts {
  title: string;
  about: string;
  given: string;
  task: string;
  moves: BenchMove[];
  places: string[];
  table: [name: string, cells: [value: string, fresh: boolean][]][];
  lamps: { law: string; says: string; broken: boolean }[];
  verdict: string[];
  steps: string[];
  undone: number;
  said: string;
  ahead: string[];
  share: string;
  cell: string;
  hunting?: boolean;
}

/** Something of which a part holds from a position on: sorted by position. */
export type Point<Parts extends unknown[]> = [position: number, ...Parts];

/** What is seen, and what it says. */
export type Explained = [sign: string, says: string];

/** What a view needs to know of a trace to say where it is. */
export interface Told {
  scenario: string;
  length: number;
  times: number[];
  words: { heading: string; cycle: string };
}

// ---- a trace, by wire.py: a text or a value is its number in the list of all

export interface TraceJson {
  format: number;
  scenario: string;
  marks: string[];
  words: {
    start: string;
    heading: string;
    cycle: string;
    registers: string;
    zero: string;
    folded: string;
    noLine: string;
    nextLine: string;
    listing: string[];
  };
  legend: { letters: Explained[]; signs: Explained[] };
  around: number;
  lanes: [name: string, tone: number][];
  places: { name: string; heads: Point<[caption: number, tone: number]>[] }[];
  registers: { name: string; meaning: string; group: string; used: boolean; first: boolean }[];
  locations: string[];
  initial: number[];
  records: { time: number[]; cpu: number[]; lane: number[]; marks: number[] } & {
    [column in TextColumn]: number[];
  };
  /** The whole text of each method that ran, line by line. */
  sources: [file: string, lines: string[]][];
  lines: [at: number, source: number, row: number][];
  travels: [record: number, from: number, to: number][];
  /** A Mermaid sequence diagram without its arrows. */
  diagram: string[];
  changes: [record: number, location: number, value: number][];
  signs: [name: string, symbol: string][];
  signed: [record: number, location: number, sign: number, says: number][];
  loaded: Point<[cpu: number, guest: string]>[];
  fields: [register: number, value: number, says: number][];
  texts: string[];
  values: string[];
}

export type TextColumn =
  | "letter"
  | "text"
  | "sentence"
  | "hook"
  | "at"
  | "source"
  | "code"
  | "held"
  | "arrow";

// ---- a sheet, by board.py

export type Spot = Point<[label: string, look: string, cells: string[]]>;

export interface SheetRow {
  name: string;
  kind: string;
  points: Spot[];
}

export interface SheetJson extends Told {
  format: number;
  words: { heading: string; cycle: string; caption: string; changed: string };
  title: string;
  sentences: number[];
  columns: string[];
  rows: SheetRow[];
  says: Point<[says: string]>[];
  names: Point<[name: string]>[];
  boundary: Point<[row: number]>[];
  legend: [look: string, label: string, says: string][];
  texts: string[];
  whatIf?: WhatIf;
}

/** For each owner of the cycle counter and each HPMN: a title, a sentence, who would own each row. */
export interface WhatIf {
  /** What the handle is called; the HPMN that this trace was run anew with, if it was, in words. */
  name: string;
  ran: number | null;
  said: string;
  moved: string;
  cases: { [owner: string]: [title: string, says: string, owners: string[]][] };
}

// ---- a register, by registers.py

export interface Box {
  name: string;
  meaning: string;
  access: string;
  bits: [n: number, title: string][];
}

/** A name to write to, with masks in hex of what a write sets, clears and loads. */
export interface RegisterName {
  name: string;
  sets: string;
  clears: string;
  loads: string;
  why: string;
}

export interface RegisterJson {
  name: string;
  meaning: string;
  fields: Box[];
  names: RegisterName[];
  words: {
    heading: string;
    legend: string[];
    nothing: string;
    wrote: string;
    moved: string;
    still: string;
  };
}
