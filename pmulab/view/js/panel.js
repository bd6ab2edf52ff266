// @ts-check
// What the panels of desks have in common: facts that Python sends, orders that go back.

import { make, makeView, say } from "./dom.js";
import { goOn, onKeys, runsTheCell } from "./events.js";

/** @import { AnswerFacts, Model, PanelTraits } from "./types.js" */

/** @template Facts */
export class Panel {
  /** @param {Model<PanelTraits>} model @param {string} kind */
  constructor(model, kind) {
    this.model = model;
    this.root = makeView(kind, { role: "group", tabindex: -1 });
    this.busy = make("p", { class: "dk-busy", role: "status" });
    this.shown = "";
    /** @type {Facts | undefined} */
    this.facts = undefined;
    const draw = () => this.redraw();
    const work = () => this.work();
    model.on("change:shown", draw);
    model.on("change:busy", work);
    const deaf = onKeys(
      this.root,
      (e) => (runsTheCell(e) ? goOn(this.root) : this.key(e)),
      (e) => this.passes(e),
    );
    this.ends = [
      deaf,
      () => {
        model.off("change:shown", draw);
        model.off("change:busy", work);
      },
    ];
  }

  close() {
    for (const end of this.ends) end();
  }

  /** @param {string} what @param {unknown[]} given */
  order(what, ...given) {
    this.model.send({ do: what, with: given });
  }

  // What stays the browser's and the notebook's.
  /** @param {KeyboardEvent} event */
  passes({ key, ctrlKey, metaKey }) {
    return key === "Tab" || ctrlKey || metaKey;
  }

  /** @param {KeyboardEvent} _event @returns {boolean} whether the key was one of its own */
  key(_event) {
    return false;
  }

  redraw() {
    const shown = this.model.get("shown");
    if (shown === this.shown) return;
    this.shown = shown;
    this.facts = JSON.parse(shown);
    if (this.facts) this.draw(this.facts);
    this.work();
  }

  // A search that ends at once says nothing.
  work() {
    const busy = this.model.get("busy");
    say(this.busy, busy ? `Searching: ${busy}` : "");
    this.root.classList.toggle("dk-searches", Boolean(busy));
  }

  /** @param {Facts} _facts */
  draw(_facts) {}
}

// A sign beside each kind of answer: never by colour alone.
/** @type {{ [kind: string]: string }} */
export const SIGNS = {
  noticed: "!",
  nobody: "○",
  holds: "✓",
  wrong: "✗",
  "not finished": "…",
};

/**
 * Draw an answer: its sentence, what belongs to it, the history.
 * @param {AnswerFacts} answer
 */
export function drawAnswer(answer) {
  const sign = make("span", { class: "dk-sign", "aria-hidden": true, text: SIGNS[answer.kind] });
  /** @type {HTMLElement[]} */
  const parts = [make("p", { class: "dk-head" }, sign, answer.head)];
  const more = answer.more.map((text) => make("li", { text }));
  if (more.length) parts.push(make("ul", { class: "dk-more" }, ...more));
  const steps = answer.steps.map((text) => text.trimEnd());
  const list = make("pre", { class: "dk-steps", text: steps.join("\n") });
  return [...parts, ...(steps.length ? [list] : [])];
}
