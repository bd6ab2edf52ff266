// @ts-check
// The player: a trace that steps, plays and goes back. It asks Python for nothing; it tells it the
// position.

import { Controls, press } from "./controls.js";
import { make, say, set } from "./dom.js";
import { GoTo } from "./goto.js";
import { Lanes, markIcon } from "./lanes.js";
import { Listing, Registers } from "./registers.js";
import { Source } from "./source.js";
import { nearest, Story } from "./states.js";
import { Stepper, widget } from "./stepper.js";

/** @import { Model, StepperTraits } from "./types.js" */

const STEPS_A_SECOND = 4;
const stories = /** @type {WeakMap<object, { key: string, story: Story }>} */ (new WeakMap());

// Two views of one widget share what was read out of its trace.
/** @param {Model<StepperTraits>} model */
function storyOf(model) {
  const key = model.get("story");
  const known = stories.get(model);
  if (known?.key === key) return known.story;
  const story = new Story(key);
  stories.set(model, { key, story });
  return story;
}

export class Player extends Stepper {
  /** @param {Model<StepperTraits>} model */
  constructor(model) {
    const story = storyOf(model);
    super(model, story, "h2");
    this.story = story;
    this.speed = 1;
    this.playing = 0;
    this.shownMarks = "";
    const go = (/** @type {number} */ n) => this.go(n);
    // One actor's lane, whose records alone are stepped through, or -1.
    this.only = -1;
    this.before = NaN;
    this.lanes = new Lanes(story, go);
    this.registers = new Registers(story, (name) => this.toRegister(name, 1));
    this.listing = new Listing(story, go);
    this.source = new Source(story, (at) => this.toLine(at, 1));
    this.goto = new GoTo(this);
    this.controls = new Controls(story, this);
    this.chips = make("span", { class: "pl-chips" });
    const top = make("div", { class: "pl-top" }, this.heading, this.chips);
    const time = make("div", { class: "pl-over" }, this.lanes.element, this.slider);
    const pane = make("div", { class: "pl-pane" }, this.source.element, this.listing.element);
    const stage = make("div", { class: "pl-stage" }, time, pane);
    const below = [this.controls.element, this.registers.element];
    const parts = [make("div", {}, top, this.sentence), stage, ...below];
    this.open("pmulab-player", `Player of ${story.scenario}`, ...parts);
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

  // Of one actor alone, if one is chosen; to an end without a pause.
  /** @param {number} by */
  move(by) {
    const way = Math.sign(by);
    if (this.only < 0 || !Number.isFinite(by)) return this.go(this.n + by);
    for (let k = 0; k < Math.abs(by); k++) this.seek((i) => this.isOnly(i), way);
  }

  /** @param {number} record */
  isOnly(record) {
    return this.story.sent.records.lane[record] === this.only;
  }

  // Go to the nearest position whose record passes a test; say whether there is one.
  /** @param {(record: number) => boolean} test @param {number} way */
  seek(test, way) {
    this.pause();
    const to = this.story.find(test, this.n, way);
    if (to !== undefined) this.go(to);
    return to !== undefined;
  }

  /** @param {string} register @param {number} way */
  toRegister(register, way) {
    const found = this.seek((i) => this.story.changed(i, register), way);
    this.goto.tell(found ? "" : `${register} does not change ${way > 0 ? "after" : "before"} this`);
  }

  /** @param {string} at @param {number} way */
  toLine(at, way) {
    const found = at && this.seek((i) => this.story.text("at", i) === at, way);
    const none = `${at} does not run ${way > 0 ? "after" : "before"} this`;
    this.goto.tell(found ? "" : at ? none : this.story.noLine(this.n));
  }

  /** @param {number} way */
  thisRegister(way) {
    const register = this.story.registerAt(this.n);
    if (register) this.toRegister(register, way);
    else this.goto.tell("this step touches no register");
  }

  /** @param {number} way */
  thisLine(way) {
    this.toLine(this.story.lineOfStep(this.n), way);
  }

  /** @param {number} lane */
  choose(lane) {
    this.only = lane;
    this.lanes.only = lane;
    this.redraw();
  }

  /** @param {number} by */
  step(by) {
    this.pause();
    this.move(by);
  }

  /** @param {string} mark @param {number} way */
  jump(mark, way) {
    this.pause();
    this.go(this.story.jump(this.story.sent.marks.indexOf(mark), this.n, way) ?? this.n);
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
    this.playing = window.setInterval(() => this.tick(), 1000 / STEPS_A_SECOND / this.speed);
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
    const { tagName } = /** @type {Element} */ (event.target);
    if (event.target === this.goto.input) return this.goto.key(event.key);
    const own =
      tagName === "SELECT" || (tagName === "BUTTON" && [" ", "Enter"].includes(event.key));
    return !own && (press(event.key, this) || this.goto.begin(event.key));
  }

  // ---- drawing

  /** @override @param {number} width */
  resize(width) {
    this.lanes.resize(this.lanes.element.clientWidth || width);
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
    set(this.sentence, { "aria-live": playing ? "off" : "polite" });
    say(this.sentence, story.textAt("sentence", n, story.words.start));
    this.source.element.hidden = !this.source.draw(n) || this.controls.records;
    this.listing.element.hidden = !this.source.element.hidden;
    this.drawChips(n ? story.marksOf(n - 1) : []);
    this.lanes.draw(n, this.bookmarks);
    this.controls.draw(n, playing, this.bookmarks);
    this.listing.draw(n);
    this.registers.draw(n);
    // What was said of another position holds no longer.
    if (n !== this.before) this.goto.tell("");
    this.source.settle();
    this.registers.settle(n, n === this.before + 1);
    this.before = n;
    return story.says(n);
  }

  /** @param {string[]} marks */
  drawChips(marks) {
    const shown = marks.join();
    if (shown === this.shownMarks) return;
    this.shownMarks = shown;
    const chips = marks.map((mark) => make("span", { class: "pl-chip" }, markIcon(mark), mark));
    this.chips.replaceChildren(...chips);
  }
}

export default widget(Player);
