// @ts-check
// A slider with a name and its value beside it.

import { make, makeView, say, set } from "./dom.js";
import { drawn, onKeys } from "./events.js";

/** @import { Given, SliderTraits } from "./types.js" */

/** @param {Given<SliderTraits>} given */
function render({ model, el }) {
  const [label, texts] = [model.get("label"), model.get("texts")];
  const name = make("span", { class: "pl-label", text: label });
  const shown = make("output", { class: "pl-value" });
  const range = { type: "range", min: 0, max: texts.length - 1, "aria-label": label };
  const input = make("input", range);
  input.addEventListener("input", () => {
    model.set("index", Number(input.value));
    model.save_changes();
  });
  const draw = () => {
    const index = model.get("index");
    input.value = `${index}`;
    set(input, { "aria-valuetext": texts[index] });
    say(shown, texts[index]);
  };
  const deaf = onKeys(
    input,
    () => false,
    (e) => e.key === "Tab",
  );
  model.on("change:index", draw);
  el.append(makeView("pl-slider", {}, name, input, shown));
  draw();
  return () => {
    deaf();
    model.off("change:index", draw);
  };
}

export default drawn(render);
