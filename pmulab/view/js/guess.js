// @ts-check
// A field for a guess, or choices, which a letter or their beginning selects. Enter accepts a guess and
// shows what has waited for it, the button does so without one. Shift+Enter goes on to the next cell,
// Escape leaves. No other key leaves.

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
  let lacks = false;
  const answer = () => {
    seen = false;
    lacks = false;
    model.set("guess", field.value());
    model.set("waits", false);
    model.save_changes();
    draw();
  };
  // Enter alone reveals nothing: who has not chosen is asked to.
  const enter = () => {
    lacks = model.get("waits") && !field.value();
    if (lacks) draw();
    else answer();
  };
  const keep = button({ onclick: answer });
  const hint = make("span", { class: "pg-state", role: "status" });
  const sign = make("span", { class: "pg-sign", "aria-hidden": "true" });
  const text = make("span");
  const says = make("p", { class: "pg-says", role: "status" }, sign, text);
  const why = make("div", { class: "pg-why" });
  const name = make("span", { class: "pg-name", text: model.get("label") });
  const line = make("div", { class: "pg-line" }, name, field.root, keep, hint);
  // Python's own, escaped there.
  const asks = make("div", { class: "pg-asks" });
  asks.innerHTML = model.get("asks");
  const row = makeView("pmulab-guess", {}, asks, line, says, why);
  const draw = () => {
    const waits = model.get("waits");
    row.classList.toggle("pg-waits", waits);
    row.dataset.kind = model.get("kind");
    say(keep, waits ? "Show" : `Keep this ${model.get("asks") ? "answer" : "guess"}`);
    const then = model.get("asks") ? "Enter shows the answer" : "Enter shows what happens";
    const next = lacks ? field.asks : then;
    const none = model.get("asks") ? "no answer" : "no guess";
    say(hint, waits ? next : model.get("guess") ? model.get("kept") : none);
    hint.classList.toggle("pg-lost", model.get("kept").startsWith("not "));
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
    else if (event.target === keep && !runsTheCell(event)) return false;
    else if (event.key !== "Enter") return field.press(event.key);
    else enter();
    if (runsTheCell(event)) leave(row, true);
    return event.key === "Enter" || event.key === "Escape";
  };
  const deaf = onKeys(row, act, (e) => e.key === "Tab" || e.ctrlKey || e.metaKey || e.altKey);
  const traits = ["waits", "kind", "says", "why", "kept"];
  for (const trait of traits) model.on(`change:${trait}`, draw);
  el.append(row);
  draw();
  if (keys.asked)
    takeFocus(row, field, () => {
      const typed = keys.take();
      const last = typed.indexOf("Enter");
      for (const key of last < 0 ? typed : typed.slice(0, last)) field.type(key);
      if (last >= 0) enter();
    });
  return () => {
    deaf();
    for (const trait of traits) model.off(`change:${trait}`, draw);
  };
}

/**
 * `asks` is for who has no guess; `press` uses a key that the browser gives no meaning, `type` one
 * that was pressed before the field was there.
 * @typedef {{ root: HTMLElement, asks: string, value(): string, first(): HTMLElement,
 *             press(key: string): boolean, type(key: string): void }} Field
 */

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
    placeholder: "a number, or several",
    "aria-label": label,
  });
  return {
    root,
    asks: "Type a number first, or press Show",
    value: () => root.value.trim(),
    first: () => root,
    press: () => false,
    type(key) {
      if (key.length === 1) root.value += key;
      else if (key === "Backspace") root.value = root.value.slice(0, -1);
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
  let typed = "";
  // A letter is that of a choice (guess.css shows it), or begins one; what fits none begins anew.
  const press = (/** @type {string} */ key) => {
    if (key.length !== 1) return false;
    const found = [`${typed}${key}`.toLowerCase(), key.toLowerCase()].find((text) => named(text));
    const input = found === undefined ? undefined : named(found);
    if (!found || !input) return false;
    typed = found;
    input.checked = true;
    input.focus();
    return true;
  };
  const named = (/** @type {string} */ text) =>
    (text.length === 1 && inputs["abcdefgh".indexOf(text)]) ||
    inputs.find((input) => input.value.toLowerCase().startsWith(text));
  return {
    root,
    asks: "Choose first: type a letter, or how your choice begins",
    value: () => chosen()?.value ?? "",
    first: () => chosen() ?? /** @type {HTMLElement} */ (inputs[0]),
    press,
    type: press,
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
  // Each open notebook has an active cell.
  const active = row.closest(".jp-Notebook")?.querySelector(".jp-Cell.jp-mod-active");
  const near = cell && (cell === active || cell.nextElementSibling === active);
  const writes = document.activeElement?.closest(".cm-content, .pmulab-view");
  if (!near || writes) return;
  field.first().focus();
  stay(row, field);
  then();
  if (row.classList.contains("pg-waits")) row.scrollIntoView({ block: "nearest" });
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

/** Bring what a guess has uncovered into view, and no more, but its own line. @param {HTMLElement} row */
function inView(row) {
  row.closest(".jp-OutputArea")?.scrollIntoView({ block: "nearest" });
  row.scrollIntoView({ block: "nearest" });
}

export default drawn(render);
