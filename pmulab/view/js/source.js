// @ts-check
// The method of the hypervisor that did a step, whole, its line lit; what its names were above it.

import { make, say, set } from "./dom.js";

/** @import { Story } from "./states.js" */

export class Source {
  /** @param {Story} story @param {(at: string) => void} pick */
  constructor(story, pick) {
    this.story = story;
    this.pick = pick;
    this.shown = -1;
    /** @type {HTMLElement[]} */
    this.lines = [];
    this.lit = /** @type {HTMLElement | undefined} */ (undefined);
    this.where = make("span", { class: "pl-at" });
    this.code = make("code");
    this.held = make("p", { class: "pl-held" });
    this.text = make("div", { class: "pl-text", tabindex: 0, role: "group" });
    set(this.text, { "aria-label": "The hypervisor's method" });
    const line = make("div", { class: "pl-line" }, this.where, this.code);
    this.element = make("section", { class: "pl-source" }, line, this.held, this.text);
  }

  /** @param {number} n */
  draw(n) {
    const { story } = this;
    const at = n ? story.sent.records.at[n - 1] : -1;
    const spot = story.lineOf.get(at);
    say(this.where, story.textAt("source", n) || (n ? story.words.noLine : ""));
    say(this.code, story.textAt("code", n));
    say(this.held, story.textAt("held", n));
    this.element.classList.toggle("pl-whole", Boolean(spot));
    this.text.hidden = !spot;
    this.light(undefined);
    if (!spot) return Boolean(n && story.textAt("source", n));
    if (this.shown !== spot.source) this.fill(spot.source);
    this.light(this.lines[spot.row]);
    return true;
  }

  /** @param {number} source */
  fill(source) {
    this.shown = source;
    const { lines, sources, texts } = this.story.sent;
    const ran = new Map(
      lines.filter(([, s]) => s === source).map(([at, , row]) => [row, texts[at]]),
    );
    this.lines = sources[source][1].map((text, row) => {
      const at = ran.get(row);
      const line = make("div", { class: at ? "pl-ran" : "", text: text || " " });
      if (at) line.addEventListener("click", () => this.pick(at));
      if (at) line.title = `${at}. Press: its next run.`;
      return line;
    });
    this.text.replaceChildren(...this.lines);
  }

  /** @param {HTMLElement | undefined} line */
  light(line) {
    this.lit?.classList.remove("pl-now");
    this.lit?.removeAttribute("aria-current");
    this.lit = line;
    if (!line) return;
    line.classList.add("pl-now");
    set(line, { "aria-current": "step" });
  }

  // The lit line stands in the middle; the page itself does not scroll.
  settle() {
    const line = this.lit;
    if (line) this.text.scrollTop = line.offsetTop - this.text.clientHeight / 2 + line.offsetHeight;
  }
}
