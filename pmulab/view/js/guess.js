// @ts-check
// A field for a guess, or choices. Enter or the button accepts it and shows what has waited for it,
// Shift+Enter goes on to the next cell as well, Escape leaves. No other key leaves.

import { button, make, makeView, say, set } from "./dom.js";
import { drawn, onKeys, runsTheCell } from "./events.js";
import { held } from "./held.js";

/** @import { Given, GuessTraits } from "./types.js" */

const SIGNS = { right: "✓", wrong: "≠", none: "", "": "" };
// JupyterLab gives the focus to the next cell, and may do so again when the cell has run.
const STAYS_MS = 1000;
const FRAMES = 100;
let names = 0;

/** @param {Given<GuessTraits>} given */
function render({ model, el }) {
  const keys = held();
  const field = makeField(model.get("choices"), model.get("guess"), model.get("question"));
  let seen = false;
  const answer = () => {
    seen = false;
    model.set("guess", field.value());
    model.set("waits", false);
    model.save_changes();
    draw();
  };
  const keep = button({ onclick: answer });
  const hint = make("span", { class: "pg-state" });
  const sign = make("span", { class: "pg-sign", "aria-hidden": "true" });
  const text = make("span");
  const says = make("p", { class: "pg-says", role: "status" }, sign, text);
  const why = make("div", { class: "pg-why" });
  const name = make("span", { class: "pg-name", text: model.get("label") });
  const line = make("div", { class: "pg-line" }, name, field.root, keep, hint);
  const row = makeView("pmulab-guess", {}, line, says, why);
  const draw = () => {
    const waits = model.get("waits");
    row.classList.toggle("pg-waits", waits);
    row.dataset.kind = model.get("kind");
    say(keep, waits ? "Show" : "Keep");
    say(hint, waits ? "Enter shows what happens" : model.get("guess") ? "kept" : "no guess");
    say(sign, SIGNS[model.get("kind")]);
    say(text, model.get("says"));
    // Python's own sentence, escaped there.
    if (why.innerHTML !== model.get("why")) why.innerHTML = model.get("why");
    if (!waits && !seen && field.root.contains(document.activeElement)) show();
  };
  const show = () => {
    seen = Boolean(model.get("says"));
    requestAnimationFrame(() => inView(row));
  };
  /** @param {KeyboardEvent} event */
  const act = (event) => {
    if (event.key === "Escape") leave(row, false);
    else if (event.key !== "Enter" || (event.target === keep && !runsTheCell(event))) return false;
    else answer();
    if (runsTheCell(event)) leave(row, true);
    return event.key === "Enter" || event.key === "Escape";
  };
  const deaf = onKeys(row, act, (e) => e.key === "Tab" || e.ctrlKey || e.metaKey || e.altKey);
  const traits = ["waits", "kind", "says", "why"];
  for (const trait of traits) model.on(`change:${trait}`, draw);
  el.append(row);
  draw();
  if (keys.asked)
    takeFocus(row, field, () => {
      if (field.type(keys.take())) answer();
    });
  return () => {
    deaf();
    for (const trait of traits) model.off(`change:${trait}`, draw);
  };
}

/** @typedef {{ root: HTMLElement, value(): string, first(): HTMLElement,
 *              type(keys: string[]): boolean }} Field */

/** @param {string[]} choices @param {string} kept @param {string} label @returns {Field} */
function makeField(choices, kept, label) {
  return choices.length ? makeChoices(choices, kept, label) : makeEntry(kept, label);
}

/** @param {string} kept @param {string} label @returns {Field} */
function makeEntry(kept, label) {
  const root = make("input", {
    type: "text",
    class: "pl-entry",
    value: kept,
    autocomplete: "off",
    spellcheck: false,
    placeholder: "a number",
    "aria-label": label,
  });
  return {
    root,
    value: () => root.value.trim(),
    first: () => root,
    type(keys) {
      for (const key of keys) {
        if (key.length === 1) root.value += key;
        else if (key === "Backspace") root.value = root.value.slice(0, -1);
      }
      return keys.includes("Enter") && root.value.trim() !== "";
    },
  };
}

/** @param {string[]} choices @param {string} kept @param {string} label @returns {Field} */
function makeChoices(choices, kept, label) {
  const group = `pmulab-guess-${Date.now()}-${names++}`;
  const inputs = choices.map((value) => make("input", { type: "radio", name: group, value }));
  for (const input of inputs) input.checked = input.value === kept;
  const labels = inputs.map((input) => make("label", {}, input, input.value));
  const root = make("div", { role: "radiogroup", class: "pg-choices" }, ...labels);
  set(root, { "aria-label": label });
  const chosen = () => inputs.find((input) => input.checked);
  return {
    root,
    value: () => chosen()?.value ?? "",
    first: () => chosen() ?? /** @type {HTMLElement} */ (inputs[0]),
    type: () => false,
  };
}

/**
 * Take the focus if this is the cell that the user has just run, who is not writing elsewhere.
 * @param {HTMLElement} row @param {Field} field @param {() => void} then
 */
function takeFocus(row, field, then, frames = FRAMES) {
  if (!row.isConnected) {
    if (frames) requestAnimationFrame(() => takeFocus(row, field, then, frames - 1));
    return;
  }
  const cell = row.closest(".jp-Cell");
  const active = document.querySelector(".jp-Notebook .jp-Cell.jp-mod-active");
  const near = cell && (cell === active || cell.nextElementSibling === active);
  const writes = document.activeElement?.closest(".cm-content, .pmulab-view");
  if (!near || writes) return;
  field.first().focus();
  stay(row, field);
  then();
}

/** @param {HTMLElement} row @param {Field} field */
function stay(row, field) {
  const end = performance.now() + STAYS_MS;
  let byUser = false;
  const own = () => {
    byUser = true;
  };
  /** @param {KeyboardEvent} event */
  const leaves = (event) => {
    if (event.key === "Tab" || event.key === "Escape" || runsTheCell(event)) byUser = true;
  };
  const back = () => {
    if (byUser || performance.now() > end) return;
    setTimeout(() => byUser || row.contains(document.activeElement) || field.first().focus());
  };
  window.addEventListener("pointerdown", own, true);
  window.addEventListener("keydown", leaves, true);
  row.addEventListener("focusout", back);
  setTimeout(() => {
    window.removeEventListener("pointerdown", own, true);
    window.removeEventListener("keydown", leaves, true);
    row.removeEventListener("focusout", back);
  }, STAYS_MS);
}

/**
 * Give the focus to the notebook: to this cell, or to the next.
 * @param {HTMLElement} row @param {boolean} forth
 */
function leave(row, forth) {
  const cell = row.closest(".jp-Cell");
  const to = (forth && cell?.nextElementSibling) || cell;
  if (!(to instanceof HTMLElement)) return;
  to.tabIndex = to.tabIndex < 0 ? -1 : to.tabIndex;
  to.focus();
}

/** Bring what a guess has uncovered into view. @param {HTMLElement} row */
function inView(row) {
  const outputs = row.closest(".jp-OutputArea") ?? row;
  const scroller = row.closest(".jp-WindowedPanel-outer") ?? document.documentElement;
  const bottom = scroller.getBoundingClientRect().bottom;
  const hidden = outputs.getBoundingClientRect().bottom > bottom;
  row.scrollIntoView({ block: hidden ? "start" : "nearest" });
}

export default drawn(render);
