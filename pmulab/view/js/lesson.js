// @ts-check
// A line that says how far a notebook is. With it the page begins to hold keys for a field. Where the
// page may lose what it keeps, a notice says so, with a way to take it along as a file.

import { button, make, makeView, say } from "./dom.js";
import { drawn, onKeys, runsTheCell } from "./events.js";
import { download, upload } from "./files.js";
import { drawHandIn } from "./hand_in.js";
import { held } from "./held.js";
import { drawRenewal } from "./renewal.js";

/** @import { Given, LessonTraits, Model } from "./types.js" */

/** @param {Given<LessonTraits>} given */
function render({ model, el }) {
  held();
  const says = make("div", { class: "pg-line" }, make("p", { text: model.get("says") }));
  const row = makeView("pmulab-lesson", {}, says);
  el.append(row);
  const deaf = onKeys(row, () => false, passes);
  const ends = [deaf];
  if (model.get("renews")) ends.push(drawRenewal(model, row));
  if (model.get("notice")) ends.push(drawNotice(model, row));
  if (model.get("hands")) ends.push(drawHandIn(model, row, says));
  return () => {
    for (const end of ends) end();
  };
}

/** @param {KeyboardEvent} event */
function passes(event) {
  return event.key === "Tab" || runsTheCell(event);
}

/**
 * Say what may be lost, and take it along.
 * @param {Model<LessonTraits>} model @param {HTMLElement} row
 */
function drawNotice(model, row) {
  const ask = () => {
    model.set("asked", model.get("asked") + 1);
    model.save_changes();
  };
  const bring = async () => {
    model.set("brought", await upload(".json"));
    model.save_changes();
  };
  const said = make("span", { class: "pg-state", role: "status" });
  const notice = make("p", { class: "ls-notice", text: model.get("notice") });
  notice.dataset.kind = model.get("alarm") ? "alarm" : "note";
  const down = button({ onclick: ask }, "Download progress");
  const up = button({ onclick: bring }, "Bring a file of progress");
  row.append(notice, make("div", { class: "pg-line" }, down, up, said));
  const give = () => {
    const [name, text] = model.get("given");
    if (name && text) download(name, text, "application/json");
  };
  const draw = () => say(said, model.get("outcome"));
  model.on("change:given", give);
  model.on("change:outcome", draw);
  draw();
  return () => {
    model.off("change:given", give);
    model.off("change:outcome", draw);
  };
}

export default drawn(render);
