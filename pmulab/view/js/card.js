// @ts-check
// A verdict as a card: Python writes it, here its steps and buttons come alive.

import { button, make, makeView, say, set } from "./dom.js";
import { watchEdits } from "./edited.js";
import { onKeys } from "./events.js";

/** @import { CardTraits, Given } from "./types.js" */

/** @param {Given<CardTraits>} given */
function render({ model, el }) {
  let asked = model.get("asked")[2] ?? 0;
  let edited = false;
  let refused = false;
  /** @param {string} what @param {number} step */
  const ask = (what, step = 0) => {
    refused = edited && what === model.get("buttons")[0];
    if (refused) return tell();
    asked += 1;
    model.set("asked", [what, step, asked]);
    model.save_changes();
  };
  const page = make("div", { class: "pc-page" });
  const row = make("div", { class: "pc-buttons" });
  const told = make("span", { class: "pc-told", role: "status" });
  const bar = make("progress", { "aria-label": "checking", hidden: "" });
  const hints = make("div", { class: "pc-hints", role: "status" });
  const label = model.get("label");
  const root = makeView("pmulab-verdict-card", {
    role: "group",
    "aria-label": label,
    tabindex: -1,
  });
  root.append(page);

  const draw = () => {
    page.innerHTML = model.get("html");
    for (const cell of page.querySelectorAll("tbody th")) {
      const number = Number(/\d+/.exec(`${cell.textContent}`)?.[0] ?? "");
      const steps = cell.closest("details");
      if (!steps || !number) continue;
      const name = `Open step ${number} in the player`;
      const open = button(
        { "aria-label": name, title: name, onclick: () => ask("step", number) },
        `${cell.textContent}`,
      );
      cell.replaceChildren(open);
    }
    const made = model.get("buttons").map((name) => button({ onclick: () => ask(name) }, name));
    row.replaceChildren(...made, bar, told);
    // Inside of the card's border.
    page.firstElementChild?.append(row, hints);
  };
  const tell = () => {
    const what = refused ? "Nothing checked" : "Older than its cell";
    const older = `${what}: ${model.get("answer")} is edited and not run. Run it first.`;
    say(told, edited && !model.get("busy") ? older : model.get("told"));
    bar.toggleAttribute("hidden", !model.get("busy"));
    for (const one of row.querySelectorAll("button")) one.disabled = model.get("busy");
  };
  const hint = () => {
    const lines = model.get("said").map((text) => make("p", { text }));
    hints.replaceChildren(...lines);
  };
  const all = () => {
    set(root, { "aria-label": model.get("label") });
    draw();
    tell();
    hint();
  };
  const changed = "change:html change:buttons change:label";
  model.on(changed, all);
  model.on("change:told change:busy", tell);
  model.on("change:said", hint);
  const deaf = onKeys(root, () => false);
  const answer = () => model.get("answer");
  const unwatch = watchEdits(root, answer, (now) => {
    edited = now;
    refused = false;
    tell();
  });
  el.append(root);
  all();
  return () => {
    deaf();
    unwatch();
    model.off(changed, all);
    model.off("change:told change:busy", tell);
    model.off("change:said", hint);
  };
}

export default { render };
