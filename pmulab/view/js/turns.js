// @ts-check
// The first minute: a switch, two sliders, two large numbers, one counter over time.

import { button, make, makeSvg, say, set } from "./dom.js";
import { bringIntoView, foreign, goOn, runsTheCell } from "./events.js";
import { Panel } from "./panel.js";
import { widget } from "./stepper.js";
import { drawCounter } from "./turns_chart.js";

/** @import { Model, PanelTraits, TurnsFacts } from "./types.js" */

const SIGNS = { right: "✓", luck: "?", wrong: "!" };

/** @param {number} value */
function number(value) {
  return value.toLocaleString("en");
}

/** @extends {Panel<TurnsFacts>} */
class Turns extends Panel {
  /** @param {Model<PanelTraits>} model */
  constructor(model) {
    super(model, "pmulab-turns");
    /** @type {TurnsFacts["chosen"] | undefined} What the user wants; Python may be behind. */
    this.wanted = undefined;
    this.asked = "";
    this.title = make("h2");
    this.switch = button({ role: "switch", class: "tn-switch", onclick: () => this.turnSwap() });
    this.switch.append(make("span", { class: "tn-knob", "aria-hidden": true }));
    this.state = make("output", { class: "tn-state" });
    this.length = slider("Length of a turn", () => this.choose());
    this.amount = slider("B's work", () => this.choose());
    this.numbers = make("div", { class: "tn-numbers", role: "status" });
    this.chart = makeSvg("svg", { class: "tn-chart", role: "img" });
    this.other = make("p", { class: "tn-other" });
    const swap = make("label", { class: "tn-swap" }, "swap:", this.switch, this.state);
    const controls = make("div", { class: "tn-controls" }, swap, this.length.row, this.amount.row);
    const top = make("div", { class: "tn-top" }, controls, this.numbers);
    this.root.append(this.title, top, this.chart, this.other);
    set(this.switch, { "aria-label": "swap" });
    let seen = false;
    const sizes = new ResizeObserver(() => {
      if (!this.facts || !this.root.clientWidth) return;
      this.drawChart(this.facts);
      if (!seen) bringIntoView(this.root);
      seen = true;
    });
    sizes.observe(this.root);
    this.ends.push(() => sizes.disconnect());
    this.redraw();
  }

  // Arrows are the sliders' own, Space and Enter the switch's.
  /** @override @param {KeyboardEvent} event */
  passes(event) {
    return foreign(event) && !runsTheCell(event);
  }

  /** @override @param {KeyboardEvent} event */
  key(event) {
    return runsTheCell(event) && goOn(this.root);
  }

  turnSwap() {
    const { checked } = this.switch.dataset;
    this.switch.dataset.checked = checked ? "" : "true";
    this.choose();
  }

  choose() {
    const { facts } = this;
    if (!facts) return;
    const swap = Boolean(this.switch.dataset.checked);
    const [turn, work] = [facts.turn[this.length.at()], facts.work[this.amount.at()]];
    this.wanted = [swap, turn, work];
    this.drawControls(this.wanted);
    this.ask();
  }

  // One order at a time: a slider moves faster than answers come, and only its last place counts.
  ask() {
    if (!this.wanted || this.asked) return;
    if (`${this.wanted}` === `${this.facts?.chosen}`) return;
    this.asked = `${this.wanted}`;
    this.order("choose", ...this.wanted);
  }

  /** @override @param {TurnsFacts} facts */
  draw(facts) {
    say(this.title, facts.title);
    this.length.limit(facts.turn.length);
    this.amount.limit(facts.work.length);
    // What was not asked for here, Python's own change, is what is wanted now.
    if (!this.asked || this.asked === `${this.wanted}`) this.wanted = undefined;
    this.asked = "";
    this.drawControls(this.wanted ?? facts.chosen);
    this.drawNumbers(facts);
    this.drawChart(facts);
    this.ask();
  }

  /** @param {TurnsFacts["chosen"]} chosen */
  drawControls([swap, turn, work]) {
    this.switch.dataset.checked = swap ? "true" : "";
    set(this.switch, { "aria-checked": swap });
    say(this.state, swap ? "on" : "off");
    this.length.show(this.facts?.turn.indexOf(turn) ?? 0, `${number(turn)} cycles`);
    this.amount.show(this.facts?.work.indexOf(work) ?? 0, `${number(work)} instructions`);
  }

  /** @param {TurnsFacts} facts */
  drawNumbers({ guests: [[name, read, did, says], [other, otherRead, otherDid, otherSays]] }) {
    const right = read === did;
    const kind = right ? (this.facts?.chosen[0] ? "right" : "luck") : "wrong";
    const sign = make("span", { class: "tn-sign", "aria-hidden": true, text: SIGNS[kind] });
    this.numbers.replaceChildren(
      large(`${name} reads`, number(read), "tn-read"),
      make("span", { class: "tn-than", text: right ? "=" : "≠" }),
      large(`${name} did`, number(did), "tn-did"),
      make("p", { class: "tn-says", "data-kind": kind }, sign, says),
    );
    const what = `${other} reads ${number(otherRead)} and did ${number(otherDid)}`;
    say(this.other, `${what}. ${otherSays}`);
  }

  /** @param {TurnsFacts} facts */
  drawChart(facts) {
    const width = Math.max(360, this.root.clientWidth - 34);
    const [[name, read, did]] = facts.guests;
    set(this.chart, {
      "aria-label": `Counter 0 over time, ${facts.turns.length} turns. ${name} reads ${read}, did ${did}.`,
    });
    drawCounter(this.chart, facts, width);
  }
}

/**
 * Make a slider over positions, with its name and value.
 * @param {string} label @param {() => void} act
 */
function slider(label, act) {
  const input = make("input", { type: "range", min: 0, max: 1, "aria-label": label, oninput: act });
  const value = make("output");
  const row = make("div", { class: "tn-slider" }, make("span", { text: label }), input, value);
  return {
    row,
    at: () => Number(input.value),
    /** @param {number} length */
    limit: (length) => set(input, { max: length - 1 }),
    /** @param {number} index @param {string} text */
    show: (index, text) => {
      input.value = `${index}`;
      set(input, { "aria-valuetext": text });
      say(value, text);
    },
  };
}

/** @param {string} label @param {string} value @param {string} kind */
function large(label, value, kind) {
  const name = make("span", { class: "tn-label", text: label });
  return make("div", { class: `tn-large ${kind}` }, name, make("b", { text: value }));
}

export default widget(Turns);
