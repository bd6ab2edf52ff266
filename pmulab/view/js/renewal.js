// @ts-check
// A page whose notebook is older than its site: the browser keeps the one that was edited.

import { button, make, say } from "./dom.js";
import { notebookKept, notebookServed, replaced, saved } from "./kept.js";

/** @import { LessonTraits, Model } from "./types.js" */

/** @param {Model<LessonTraits>} model @param {HTMLElement} row */
export function drawRenewal(model, row) {
  const notice = make("p", { class: "ls-notice", "data-kind": "note", text: model.get("renews") });
  const list = make("ul", { class: "ls-found" });
  const said = make("span", { class: "pg-state", role: "status" });
  /** @type {() => void} */
  let then = () => {};
  const both = async () => {
    await saved(row);
    const mine = await notebookKept(model.get("number"));
    if (!mine) throw new Error("this browser keeps no such notebook; open the page anew");
    return { mine, served: await notebookServed(mine.path) };
  };
  /** @param {() => Promise<void>} act */
  const safely = (act) => act().catch((error) => say(said, `${error.message ?? error}`));
  /** @param {import("./kept.js").Notebook | undefined} made */
  const take = (made) =>
    safely(async () => {
      const { mine } = await both();
      await replaced(mine, `${mine.path}.of-${model.get("date")}`, made);
      location.reload();
    });
  /** @param {string[]} lines @param {string} what @param {() => void} act */
  const offer = (lines, what, act) => {
    list.replaceChildren(...lines.map((text) => make("li", { text })));
    say(said, "");
    say(go, what);
    then = act;
    go.hidden = false;
    go.focus();
  };
  const look = () =>
    safely(async () => {
      const { mine, served } = await both();
      const texts = { mine: JSON.stringify(mine.content), new: JSON.stringify(served) };
      model.send({ do: "join", ...texts });
    });
  const reset = () => {
    const beside = "The site's notebook as it is. Yours stays beside it as a file.";
    offer([beside], "Reset it: the page opens anew", () => take(undefined));
  };
  const joined = () => {
    const [text, ...changes] = model.get("joined");
    if (!text) return;
    const lines = [...changes, "Your notebook as it was stays beside it as a file."];
    offer(lines, "Take it: the page opens anew", () => take(JSON.parse(text)));
  };
  const go = button({ onclick: () => then() });
  go.hidden = true;
  const keep = button({ onclick: look }, "Take the new text, keep my answers");
  const drop = button({ onclick: reset }, "Reset this notebook");
  row.append(notice, make("div", { class: "pg-line" }, keep, drop, said), list, go);
  model.on("change:joined", joined);
  return () => model.off("change:joined", joined);
}
