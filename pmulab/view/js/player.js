// @ts-check
// The player: a trace that steps, plays and goes back. It asks Python for nothing.

import { Controls, press } from "./controls.js";
import { make, say, set } from "./dom.js";
import { Lanes, markIcon } from "./lanes.js";
import { Listing, Registers } from "./registers.js";
import { nearest, Story } from "./states.js";
import { Stepper, widget } from "./stepper.js";

/** @import { Model, StepperTraits } from "./types.js" */

const STEPS_A_SECOND = 4;
const NO_LINE = "no line of the hypervisor did this";
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
      ...parts.map(({ element }) => element),
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
    const own =
      tagName === "SELECT" || (tagName === "BUTTON" && [" ", "Enter"].includes(event.key));
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
    const chips = marks.map((mark) => make("span", { class: "pl-chip" }, markIcon(mark), mark));
    this.chips.replaceChildren(...chips);
  }
}

export default widget(Player);
