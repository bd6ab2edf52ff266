// A field for a guess. Enter or the button keeps it, and shows what has waited for it.

import { make, onKeys, say } from "./dom.js";

function render({ model, el }) {
  const question = model.get("question");
  const input = make("input", {
    type: "text",
    value: model.get("guess"),
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "what do you expect?",
    "aria-label": `Your guess, question ${question}`,
  });
  const button = make("button", { type: "button" });
  const state = make("span", { class: "pg-state", role: "status" });
  const row = make(
    "div",
    { class: "pmulab-view pmulab-guess", "data-lm-suppress-shortcuts": "true" },
    make("span", { class: "pg-name", text: "Your guess" }),
    input,
    button,
    state,
  );
  const draw = () => {
    const waits = model.get("waits");
    row.classList.toggle("pg-waits", waits);
    say(button, waits ? "Show" : "Keep");
    if (waits) say(state, "Enter shows what happens");
    else say(state, model.get("guess") ? "kept" : "no guess");
  };
  const answer = () => {
    model.set("guess", input.value.trim());
    model.set("waits", false);
    model.save_changes();
    draw();
  };
  button.addEventListener("click", answer);
  const deaf = onKeys(input, (event) => {
    // Shift+Enter runs the cell, as everywhere.
    if (event.key === "Tab" || (event.shiftKey && event.key === "Enter")) return;
    event.stopPropagation();
    if (event.key === "Enter") answer();
  });
  model.on("change:waits", draw);
  el.append(row);
  draw();
  return () => {
    deaf();
    model.off("change:waits", draw);
  };
}

export default { render };
