// @ts-check
// A button that writes one file of notebooks and progress. Before it does, it says what is in it.

import { button, make, say } from "./dom.js";
import { onKeys, runsTheCell } from "./events.js";
import { download } from "./files.js";
import { notebooksKept, saved } from "./kept.js";

/** @import { LessonTraits, Model } from "./types.js" */

/**
 * @param {Model<LessonTraits>} model @param {HTMLElement} row @param {HTMLElement} line
 */
export function drawHandIn(model, row, line) {
  const name = make("input", { type: "text", class: "pl-entry", autocomplete: "name" });
  const label = make("label", {}, "Your name ", name);
  const list = make("ul", { class: "ls-found" });
  const said = make("span", { class: "pg-state", role: "status" });
  /** @param {string} what */
  const order = async (what) => {
    say(said, "one moment …");
    const before = document.activeElement;
    await saved(row);
    // The notebook has taken the focus.
    if (what === "look") name.focus();
    else if (before instanceof HTMLElement) before.focus();
    const notebooks = model.get("asks") ? JSON.stringify(await notebooksKept()) : "";
    model.send({ do: what, learner: name.value.trim(), notebooks });
  };
  const write = () => {
    if (name.value.trim()) order("file");
    else {
      say(said, "The file needs your name");
      name.focus();
    }
  };
  const form = make("div", { class: "ls-hand-in", hidden: true }, list);
  const commit = button({ onclick: write }, "Write the file");
  form.append(make("div", { class: "pg-line" }, label, commit, said));
  const look = () => {
    form.hidden = false;
    open.setAttribute("aria-expanded", "true");
    order("look");
  };
  const open = button({ onclick: look, "aria-expanded": false }, "Hand in");
  line.append(open);
  row.append(form);
  /** @param {string[]} lines */
  const draw = (lines) => list.replaceChildren(...lines.map((text) => make("li", { text })));
  const found = () => {
    if (!model.get("found").length) return;
    draw(model.get("found"));
    say(said, "");
  };
  const give = () => {
    const [file, content, ...has] = model.get("file");
    if (!file || content === undefined) return;
    const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
    download(file, bytes, "application/zip");
    draw(has);
    say(said, `${file} is made, read back, and with your browser's downloads`);
  };
  /** @param {KeyboardEvent} event */
  const act = (event) => {
    const enters = event.key === "Enter" && event.target === name;
    if (enters) write();
    return enters;
  };
  const deaf = onKeys(form, act, (event) => event.key === "Tab" || runsTheCell(event));
  model.on("change:found", found);
  model.on("change:file", give);
  return () => {
    deaf();
    model.off("change:found", found);
    model.off("change:file", give);
  };
}
