// A slider with a name and its value beside it.

import { make, onKeys, say } from "./dom.js";

function render({ model, el }) {
  const texts = model.get("texts");
  const name = make("span", { class: "pl-label", text: model.get("label") });
  const shown = make("output", { class: "pl-value" });
  const input = make("input", {
    type: "range",
    min: 0,
    max: texts.length - 1,
    "aria-label": model.get("label"),
  });
  const draw = () => {
    const index = model.get("index");
    input.value = index;
    input.setAttribute("aria-valuetext", texts[index]);
    say(shown, texts[index]);
  };
  input.addEventListener("input", () => {
    model.set("index", Number(input.value));
    model.save_changes();
  });
  const deaf = onKeys(input, (e) => {
    if (e.key !== "Tab") e.stopPropagation();
  });
  model.on("change:index", draw);
  const attributes = { class: "pmulab-view pl-slider", "data-lm-suppress-shortcuts": "true" };
  el.append(make("div", attributes, name, input, shown));
  draw();
  return () => {
    deaf();
    model.off("change:index", draw);
  };
}

export default { render };
