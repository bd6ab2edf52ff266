// @ts-check
// A method with a switch at each line, and who notices when one is off.

import { coloured } from "./code.js";
import { button, make, set } from "./dom.js";
import { Panel, SIGNS, drawAnswer } from "./panel.js";
import { widget } from "./stepper.js";

/** @import { LineFacts, LinesFacts, Model, PanelTraits } from "./types.js" */

/** @extends {Panel<LinesFacts>} */
class Lines extends Panel {
  /** @param {Model<PanelTraits>} model */
  constructor(model) {
    super(model, "pmulab-lines");
    this.title = make("h2");
    this.about = make("p", { class: "ln-about" });
    this.code = make("div", { class: "ln-code" });
    this.answer = make("div", { class: "dk-answer", "aria-live": "polite" });
    const all = { text: "All on", onclick: () => this.order("reset") };
    this.all = button({ ...all, title: "Switch every line on, where it was (Escape)" });
    this.each = button({ text: "Try each line", onclick: () => this.order("survey") });
    this.stop = button({ text: "Stop", class: "dk-stop", onclick: () => this.order("stop") });
    this.play = button({ text: "In the player", onclick: () => this.order("play") });
    const keys = make("span", {
      class: "dk-keys",
      text: "↑ ↓ line · Space on/off · Alt+↑ ↓ moves it",
    });
    const buttons = [this.all, this.each, this.play, this.stop];
    const bar = make("div", { class: "dk-bar" }, ...buttons, this.busy, keys);
    this.root.append(this.title, this.about, this.code, bar, this.answer);
    this.at = 0;
    this.redraw();
  }

  /** @returns {HTMLButtonElement[]} */
  get switches() {
    return [.../** @type {any} */ (this.code.querySelectorAll("[role=switch]"))];
  }

  /** @override @param {KeyboardEvent} event */
  key(event) {
    const { key, altKey } = event;
    const target = /** @type {Element} */ (event.target);
    const row = this.facts?.rows[this.at];
    const way = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (key === "Escape") this.order("reset");
    else if (way && altKey && row) this.order("move", row.n, way);
    else if (way) this.goTo(this.at + way);
    else if (key === "Home") this.goTo(0);
    else if (key === "End") this.goTo(Number.POSITIVE_INFINITY);
    else if (key === " " && target.getAttribute("role") === "switch" && row)
      this.order("switch", row.n);
    else return false;
    return true;
  }

  /** @param {number} n */
  goTo(n) {
    const all = this.switches;
    this.at = Math.max(0, Math.min(n, all.length - 1));
    for (const [k, one] of all.entries()) one.tabIndex = k === this.at ? 0 : -1;
    all[this.at]?.focus();
  }

  /** @override @param {LinesFacts} facts */
  draw(facts) {
    const inside = this.code.contains(document.activeElement);
    const chosen = inside ? this.chosen : undefined;
    set(this.root, { "aria-label": `Lines of ${facts.title}` });
    set(this.title, { text: facts.title });
    set(this.about, { text: facts.about });
    const head = make("div", { class: "ln-head" }, ...coloured(facts.head));
    this.code.replaceChildren(head, ...facts.rows.flatMap((row, k) => this.row(row, k)));
    if (chosen) this.goTo(facts.rows.findIndex((row) => row.n === chosen));
    set(this.all, { "aria-disabled": !facts.edited });
    const { answer, asks } = facts;
    this.play.hidden = !answer?.trace;
    this.answer.dataset.kind = asks ? "asks" : (answer?.kind ?? "waits");
    const words = make("p", { class: "dk-head", text: asks || "…" });
    this.answer.replaceChildren(...(asks || !answer ? [words] : drawAnswer(answer)));
  }

  /** @param {LineFacts} row @param {number} k */
  row(row, k) {
    const pad = { style: `padding-left: ${row.depth * 4}ch` };
    const off = row.off || row.inside;
    const first = row.text.split("\n")[0];
    const own = button(
      {
        role: "switch",
        "aria-checked": !off,
        "aria-label": `line ${row.n}, ${first}`,
        class: "ln-switch",
        tabindex: k === this.at ? 0 : -1,
        onfocus: () => this.choose(k),
        onclick: () => this.order("switch", row.n),
      },
      make("span", { class: "ln-knob" }),
    );
    const text = make("code", { class: "ln-text", ...pad }, ...coloured(row.text));
    const mark = row.kind && !off ? this.mark(row) : "";
    const place = make("span", { class: "ln-n", text: row.n });
    const moves = make("span", { class: "ln-moves" }, this.mover(row, -1), this.mover(row, 1));
    const look = `ln-row ${off ? "ln-off" : ""} ${row.moved ? "ln-moved" : ""} ln-${row.kind}`;
    const line = make("div", { class: look }, own, place, text, mark, moves);
    const above = row.comment ? [this.aside(row.comment, pad)] : [];
    const at = (/** @type {number} */ depth) => ({ style: `padding-left: ${depth * 4}ch` });
    const before = row.otherwise ? [this.aside(row.otherwise, at(row.depth - 1))] : [];
    const after = row.closes.map((depth) => this.aside("}", at(depth)));
    return [...before, ...above, line, ...after];
  }

  /** @param {number} k */
  choose(k) {
    this.at = k;
    this.chosen = this.facts?.rows[k].n;
    for (const [n, one] of this.switches.entries()) one.tabIndex = n === k ? 0 : -1;
  }

  /** @param {string} text @param {{ style: string }} pad */
  aside(text, pad) {
    return make("div", { class: "ln-aside" }, make("code", pad, ...coloured(text)));
  }

  /** @param {LineFacts} row */
  mark(row) {
    const sign = make("span", { "aria-hidden": true, text: `${SIGNS[row.kind]} ` });
    return make("span", { class: "ln-mark", title: row.says }, sign, row.chip);
  }

  /** @param {LineFacts} row @param {number} way */
  mover(row, way) {
    const where = way < 0 ? "up" : "down";
    return button({
      text: way < 0 ? "▴" : "▾",
      tabindex: -1,
      "aria-label": `Move line ${row.n} ${where}`,
      "aria-disabled": !(way < 0 ? row.up : row.down),
      onclick: () => this.order("move", row.n, way),
    });
  }
}

export default widget(Lines);
