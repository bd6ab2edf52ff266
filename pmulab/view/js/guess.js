// @ts-check
// A field for a guess. Enter or the button keeps it, and shows what has waited for it.

import { button, make, makeView, say } from "./dom.js";
import { drawn, onKeys, runsTheCell } from "./events.js";

/** @import { Given, GuessTraits } from "./types.js" */

/** @param {Given<GuessTraits>} given */
function render({ model, el }) {
  const label = model.get("label");
  const input = make("input", {
    type: "text",
    class: "pl-entry",
    value: model.get("guess"),
    autocomplete: "off",
    spellcheck: false,
    placeholder: "what do you expect?",
    "aria-label": `${label}, question ${model.get("question")}`,
  });
  const answer = () => {
    model.set("guess", input.value.trim());
    model.set("waits", false);
    model.save_changes();
    draw();
  };
  const keep = button({ onclick: answer });
  const state = make("span", { class: "pg-state", role: "status" });
  const name = make("span", { class: "pg-name", text: label });
  const row = makeView("pmulab-guess", {}, name, input, keep, state);
  const draw = () => {
    const waits = model.get("waits");
    row.classList.toggle("pg-waits", waits);
    say(keep, waits ? "Show" : "Keep");
    if (waits) say(state, "Enter shows what happens");
    else say(state, model.get("guess") ? "kept" : "no guess");
  };
  const passes = (/** @type {KeyboardEvent} */ e) => e.key === "Tab" || runsTheCell(e);
  const deaf = onKeys(input, (e) => e.key === "Enter" && answer(), passes);
  model.on("change:waits", draw);
  el.append(row);
  draw();
  return () => {
    deaf();
    model.off("change:waits", draw);
  };
}

export default drawn(render);
