// @ts-check
// A line that says how far a notebook is. With it the page begins to hold keys for a field.

import { makeView } from "./dom.js";
import { drawn } from "./events.js";
import { held } from "./held.js";

/** @param {import("./types.js").Given<import("./types.js").LessonTraits>} given */
function render({ model, el }) {
  held();
  el.append(makeView("pmulab-lesson", {}, model.get("says")));
}

export default drawn(render);
