// @ts-check
// The method of the hypervisor that did a step, whole, its line lit; what its names were above it.
// The height of its lines is the style sheet's.

import { fill, make, say, set } from "./dom.js";

/** @import { Story } from "./states.js" */

const LINE = 17;

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
    const record = story.lineAt(n);
    const spot = story.lineOf.get(story.sent.records.at[record]);
    const source = story.textAt("source", record + 1);
    const next = record === n;
    say(this.where, next ? fill(story.words.nextLine, { source }) : source);
    say(this.code, story.textAt("code", record + 1));
    say(this.held, story.textAt("held", n));
    this.element.classList.toggle("pl-whole", Boolean(spot));
    this.element.classList.toggle("pl-next", next);
    this.text.hidden = !spot;
    if (spot && this.shown !== spot.source) this.fill(spot.source);
    this.light(spot && this.lines[spot.row]);
    return record >= 0;
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
    if (!line) return;
    // What is out of sight has no height; then the line stands first.
    const above = Math.max(0, (this.text.clientHeight - line.offsetHeight) / 2);
    this.text.scrollTop = Math.round((line.offsetTop - above) / LINE) * LINE;
  }
}
