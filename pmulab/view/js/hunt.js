// @ts-check
// A method whose guilty line is to be clicked, or one to be edited, and what came of it.

import { coloured } from "./code.js";
import { button, make, say, set } from "./dom.js";
import { Panel, drawAnswer } from "./panel.js";
import { widget } from "./stepper.js";

/** @import { HuntFacts, HuntRow, Model, PanelTraits } from "./types.js" */

/** @type {{ [kind: string]: string }} */
const MARKS = { right: "✓", wrong: "✗" };

/** @extends {Panel<HuntFacts>} */
class Hunt extends Panel {
  /** @param {Model<PanelTraits>} model */
  constructor(model) {
    super(model, "pmulab-lines pmulab-hunt");
    this.title = make("h2");
    this.about = make("p", { class: "ln-about" });
    this.code = make("div", { class: "ln-code" });
    this.bar = make("div", { class: "dk-bar" });
    this.answer = make("div", { class: "dk-answer", role: "status" });
    this.told = make("p", { class: "hn-told" });
    this.steps = make("pre", { class: "dk-steps" });
    const summary = make("summary", { text: "What happens" });
    this.story = make("details", { class: "hn-story", open: true }, summary, this.told, this.steps);
    this.root.append(this.title, this.about, this.code, this.answer, this.story, this.bar);
    /** @type {HTMLTextAreaElement | undefined} */
    this.field = undefined;
    this.does = "";
    this.at = 0;
    this.redraw();
  }

  /** @returns {HTMLButtonElement[]} */
  get lines() {
    return [.../** @type {any} */ (this.code.querySelectorAll(".hn-line"))];
  }

  /** @override @param {KeyboardEvent} event */
  passes(event) {
    return !this.asks(event) && super.passes(event);
  }

  /** @param {KeyboardEvent} event */
  asks({ key, ctrlKey, metaKey, target }) {
    return key === "Enter" && (ctrlKey || metaKey) && target === this.field;
  }

  /** @override @param {KeyboardEvent} event */
  key(event) {
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (this.asks(event)) this.ask();
    else if (way && !this.field) this.lines[this.at + way]?.focus();
    else return false;
    return true;
  }

  ask() {
    this.order("ask", this.field?.value ?? "");
  }

  /** @override @param {HuntFacts} facts */
  draw(facts) {
    const inside = this.code.contains(document.activeElement);
    const other = this.title.textContent !== facts.title;
    set(this.root, { "aria-label": facts.title });
    set(this.title, { text: facts.title });
    say(this.about, facts.about);
    if (facts.edit) {
      if (other) this.code.replaceChildren(this.edited(facts.edit));
    } else {
      this.at = other ? 0 : this.at;
      this.code.replaceChildren(...facts.rows.map((row, k) => this.row(row, k)));
      if (inside) this.lines[this.at]?.focus();
    }
    this.answer.hidden = !facts.answer;
    this.answer.dataset.kind = facts.answer?.kind ?? "";
    this.answer.replaceChildren(...(facts.answer ? drawAnswer(facts.answer) : []));
    this.story.hidden = !facts.steps.length;
    say(this.told, facts.told);
    say(this.steps, facts.steps.join("\n"));
    if (`${facts.does}` !== this.does) {
      this.does = `${facts.does}`;
      this.bar.replaceChildren(...facts.does.map((one) => this.doer(one)), this.busy);
    }
  }

  /** @param {[what: string, text: string]} one */
  doer([what, text]) {
    const act = what === "ask" ? () => this.ask() : () => this.order(what);
    return button({ text, onclick: act });
  }

  /** @param {HuntRow} row @param {number} k */
  row({ n, text, kind }, k) {
    const number = make("span", { class: "ln-n", text: n });
    const code = make("code", {}, ...coloured(text));
    const sign = make("span", { class: "hn-sign", text: MARKS[kind] ?? "" });
    const onclick = () => this.order("accuse", n);
    const onfocus = () => this.choose(k);
    const look = { class: "hn-line", "data-kind": kind, title: `Line ${n} is the guilty one` };
    return button(
      { ...look, tabindex: k === this.at ? 0 : -1, onclick, onfocus },
      number,
      code,
      sign,
    );
  }

  /** @param {number} k */
  choose(k) {
    this.at = k;
    for (const [n, one] of this.lines.entries()) one.tabIndex = n === k ? 0 : -1;
  }

  /** @param {string} text */
  edited(text) {
    const rows = text.trimEnd().split("\n").length + 1;
    const look = { class: "hn-edit", rows, spellcheck: false, "aria-label": "The method, to edit" };
    this.field = make("textarea", look);
    this.field.value = text.trimEnd();
    return this.field;
  }
}

export default widget(Hunt);
