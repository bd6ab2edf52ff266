// The player: a trace that steps, plays and goes back. It asks Python for nothing.

import { Controls, press } from "./controls.js";
import { make, onKeys, say } from "./dom.js";
import { clamp, Lanes, markIcon } from "./lanes.js";
import { Listing, Registers } from "./registers.js";
import { Story } from "./states.js";

const STEPS_A_SECOND = 4;
const SAVE_AFTER_MS = 150;
const NO_LINE = "no line of the hypervisor did this";
const stories = new WeakMap();

// Two views of one widget share what was read out of its trace.
function storyOf(model) {
  const key = model.get("story");
  const known = stories.get(model) ?? {};
  if (known.key !== key) stories.set(model, { key, story: new Story(key) });
  return stories.get(model).story;
}

class Player {
  constructor(model) {
    this.model = model;
    this.story = storyOf(model);
    this.speed = 1;
    const go = (n) => this.go(n);
    this.lanes = new Lanes(this.story, go);
    this.registers = new Registers(this.story);
    this.listing = new Listing(this.story, go);
    this.controls = new Controls(this.story, this);
    this.heading = make("h2", { class: "pl-where" });
    this.sentence = make("p", { class: "pl-sentence", "aria-live": "polite" });
    this.place = make("span", { class: "pl-place" });
    this.code = make("code");
    this.chips = make("span", { class: "pl-chips" });
    this.root = this.layout();
    this.listen();
    // A cell out of sight has no size yet, but it has a text.
    this.draw();
  }

  layout() {
    const top = make("div", { class: "pl-top" }, this.heading, this.chips);
    const line = make("div", { class: "pl-line" }, this.place, this.code);
    const head = make("div", {}, top, this.sentence, line);
    const parts = [
      head,
      this.lanes.element,
      this.controls.element,
      this.listing.element,
      this.registers.element,
    ];
    const name = `Player of ${this.story.scenario}`;
    // JupyterLab's shortcuts stay away from what carries lm-suppress-shortcuts.
    const attributes = {
      class: "pmulab-view pmulab-player",
      role: "group",
      "aria-label": name,
      tabindex: "-1",
      "data-lm-suppress-shortcuts": "true",
    };
    return make("div", attributes, ...parts);
  }

  listen() {
    this.changed = () => this.schedule();
    this.model.on("change:index", this.changed);
    this.model.on("change:bookmarks", this.changed);
    this.deaf = onKeys(this.root, (e) => this.key(e));
    this.sizes = new ResizeObserver(([{ contentRect }]) => this.resize(contentRect.width));
    this.sizes.observe(this.root);
  }

  close() {
    this.pause();
    this.sizes.disconnect();
    this.deaf();
    this.model.off("change:index", this.changed);
    this.model.off("change:bookmarks", this.changed);
    if (this.saving) this.save();
  }

  // ---- where we are

  get n() {
    return this.model.get("index");
  }

  get bookmarks() {
    return this.model.get("bookmarks");
  }

  set(name, value) {
    this.model.set(name, value);
    this.saving ??= setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  save() {
    clearTimeout(this.saving);
    this.saving = undefined;
    this.model.save_changes();
  }

  go(n) {
    const to = clamp(n, 0, this.story.length);
    if (to !== this.n) this.set("index", to);
  }

  step(by) {
    this.pause();
    this.go(this.n + by);
  }

  jump(mark, way) {
    this.pause();
    const to = this.story.jump(this.story.marks.indexOf(mark), this.n, way);
    if (to !== undefined) this.go(to);
  }

  bookmark() {
    const { n, bookmarks } = this;
    const rest = bookmarks.filter((at) => at !== n);
    this.set(
      "bookmarks",
      rest.length < bookmarks.length ? rest : [...rest, n].sort((a, b) => a - b),
    );
  }

  toBookmark(way) {
    const { n, bookmarks } = this;
    const to = way > 0 ? bookmarks.find((at) => at > n) : bookmarks.findLast((at) => at < n);
    if (to !== undefined) this.go(to);
  }

  help(open) {
    this.controls.help(open);
  }

  // ---- playing

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
    this.playing = setInterval(() => this.tick(), 1000 / STEPS_A_SECOND / this.speed);
    this.schedule();
  }

  tick() {
    this.go(this.n + 1);
    if (this.n === this.story.length) this.pause();
  }

  pause() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = undefined;
    this.schedule();
  }

  // ---- keys

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
    if (event.shiftKey && event.key === "Enter") return;
    // JupyterLab in command mode would take d, x or arrows as orders to the notebook.
    event.stopPropagation();
    const { tagName } = event.target;
    const own =
      tagName === "SELECT" || (tagName === "BUTTON" && [" ", "Enter"].includes(event.key));
    if (!own && press(event.key, this)) event.preventDefault();
  }

  // ---- drawing

  resize(width) {
    if (!width) return;
    this.lanes.resize(width - 2);
    this.draw();
    this.registers.resize();
  }

  // At most once a frame, however fast the position moves.
  schedule() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    if (this.frame) cancelAnimationFrame(this.frame);
    this.frame = undefined;
    const { n, story } = this;
    const playing = Boolean(this.playing);
    this.root.dataset.index = n;
    this.sentence.setAttribute("aria-live", playing ? "off" : "polite");
    say(this.heading, story.heading(n));
    say(this.sentence, n ? story.text("sentence", n - 1) : "The start: nothing has happened yet.");
    say(this.place, n ? story.text("source", n - 1) || NO_LINE : "Press → for the first step.");
    say(this.code, n ? story.text("code", n - 1) : "");
    this.drawChips(n ? story.marksOf(n - 1) : []);
    this.lanes.draw(n, this.bookmarks);
    this.controls.draw(n, { playing, bookmarks: this.bookmarks });
    this.listing.draw(n);
    this.registers.draw(n);
  }

  drawChips(marks) {
    const shown = marks.join();
    if (shown === this.shownMarks) return;
    this.shownMarks = shown;
    const chips = marks.map((mark) => make("span", { class: "pl-chip" }, markIcon(mark), mark));
    this.chips.replaceChildren(...chips);
  }
}

function render({ model, el }) {
  const view = new Player(model);
  el.append(view.root);
  return () => view.close();
}

export default { render };
