// @ts-check
// What all views of a trace have in common: the trace, a position, ways to move it.

import { clamp } from "./columns.js";
import { fill, make, makeView, say, set } from "./dom.js";
import { bringIntoView, drawn, foreign, goOn, onKeys, runsTheCell } from "./events.js";

/** @import { Model, StepperTraits, Told } from "./types.js" */

const SAVE_AFTER_MS = 150;
// What has been seen once was not just run.
const seen = new WeakSet();

export class Stepper {
  /** @param {Model<StepperTraits>} model @param {Told} told @param {"h2" | "h3"} heading */
  constructor(model, told, heading) {
    this.model = model;
    this.told = told;
    this.heading = make(heading, { class: "pl-where" });
    this.sentence = make("p", { class: "pl-sentence", "aria-live": "polite" });
    const act = () => this.go(Number(this.slider.value));
    const range = { type: "range", min: 0, max: told.length, "aria-label": "Step" };
    this.slider = make("input", { ...range, oninput: act });
    this.root = make("div");
    /** @type {(() => void)[]} */
    this.ends = [];
    this.saving = 0;
    this.frame = 0;
  }

  /** @param {string} kind @param {string} label @param {Element[]} parts */
  open(kind, label, ...parts) {
    this.root = makeView(kind, { role: "group", "aria-label": label, tabindex: -1 }, ...parts);
    const changed = () => this.schedule();
    const changes = "change:index change:bookmarks change:hpmn";
    this.model.on(changes, changed);
    const sizes = new ResizeObserver(([{ contentRect }]) => {
      if (!contentRect.width) return;
      this.resize(contentRect.width - 2);
      this.redraw();
      this.resized();
      if (!seen.has(this.model)) bringIntoView(this.root);
      seen.add(this.model);
    });
    sizes.observe(this.root);
    const act = (/** @type {KeyboardEvent} */ e) =>
      runsTheCell(e) ? goOn(this.root) : this.key(e);
    const deaf = onKeys(this.root, act, (e) => foreign(e) && !runsTheCell(e));
    this.ends.push(
      deaf,
      () => sizes.disconnect(),
      () => this.model.off(changes, changed),
    );
    // A cell out of sight has no size yet, but it has a text.
    this.redraw();
  }

  close() {
    for (const end of this.ends) end();
    cancelAnimationFrame(this.frame);
    if (this.saving) this.save();
  }

  // ---- what a view does in its own way

  // Draw a position; return what the slider says of it.
  /** @param {number} _n @returns {string} */
  draw(_n) {
    return "";
  }

  /** @param {number} _width */
  resize(_width) {}

  resized() {}

  /** @param {KeyboardEvent} _event @returns {boolean} whether the key was one of its own */
  key(_event) {
    return false;
  }

  // ---- where we are

  get n() {
    return this.model.get("index");
  }

  /**
   * @template {keyof StepperTraits} K
   * @param {K} name @param {StepperTraits[K]} value
   */
  set(name, value) {
    this.model.set(name, value);
    this.saving ||= window.setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  save() {
    clearTimeout(this.saving);
    this.saving = 0;
    this.model.save_changes();
  }

  /** @param {number} n */
  go(n) {
    const to = clamp(n, 0, this.told.length);
    if (to !== this.n) this.set("index", to);
  }

  // ---- drawing

  // At most once a frame, however fast the position moves.
  schedule() {
    this.frame ||= requestAnimationFrame(() => this.redraw());
  }

  redraw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { n, told } = this;
    const { scenario, length, times, words } = told;
    const when = n ? fill(words.cycle, { cycle: times[n - 1] }) : "";
    this.root.dataset.index = `${n}`;
    say(this.heading, fill(words.heading, { scenario, n, length }) + when);
    const says = this.draw(n);
    this.slider.value = `${n}`;
    set(this.slider, { "aria-valuetext": `${n} of ${length}: ${says}` });
  }
}

/**
 * Return what anywidget calls, for a view that is a class. Another story is another view, with the
 * focus where it was.
 * @template Traits
 * @param {new (model: Model<Traits>) => { root: Element, close(): void }} View
 */
export function widget(View) {
  return drawn(({ model, el }) => {
    const make = () => new View(/** @type {Model<Traits>} */ (model));
    let view = make();
    el.append(view.root);
    const anew = () => {
      const focus = /** @type {HTMLElement} */ (document.activeElement);
      const all = (/** @type {Element} */ root) => [...root.querySelectorAll("[tabindex], button")];
      const place = all(view.root).indexOf(focus);
      view.close();
      const next = make();
      view.root.replaceWith(next.root);
      view = next;
      /** @type {HTMLElement | undefined} */ (all(view.root)[place])?.focus();
    };
    model.on("change:story", anew);
    return () => {
      model.off("change:story", anew);
      view.close();
    };
  });
}
