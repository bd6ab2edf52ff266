// @ts-check
// A small world by hand: what may happen now as buttons, the machine, the laws as lamps.

import { button, make, say, set, titles } from "./dom.js";
import { reachable } from "./events.js";
import { Panel } from "./panel.js";
import { widget } from "./stepper.js";

/** @import { BenchFacts, BenchMove, Model, PanelTraits } from "./types.js" */

const HINT =
  "Point at a move or a law, or go there by arrow keys: here stands what it does. " +
  "“A is due”: what A's own PMU would hold. No value: it is in the hardware.";

/** @type {[order: string, text: string, title: string][]} */
const ORDERS = [
  ["undo", "↶ Undo", "Take the last move back (u)"],
  ["redo", "↷ Redo", "Do it again (r)"],
  ["restart", "Restart", "Take everything back"],
  ["surprise", "Surprise me", "Do one of the possible moves (s)"],
  ["find_break", "Shortest break from here", "Search for what breaks a law (b)"],
  ["find_overflow", "Nearest overflow", "How far is it to a counter's overflow? (o)"],
  ["play", "In the player", "Open the path in the player (p)"],
];
/** @type {{ [key: string]: string }} */
const KEYS = {
  u: "undo",
  r: "redo",
  s: "surprise",
  b: "find_break",
  o: "find_overflow",
  p: "play",
  Escape: "stop",
};
/** @type {{ [key: string]: number }} */
const WAYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** @extends {Panel<BenchFacts>} */
class Bench extends Panel {
  /** @param {Model<PanelTraits>} model */
  constructor(model) {
    super(model, "pmulab-bench");
    this.title = make("h2");
    this.about = make("p", { class: "bn-about" });
    this.task = make("p", { class: "bn-task", "aria-live": "polite" });
    this.moves = make("div", { class: "bn-moves" });
    this.hint = make("p", { class: "bn-hint", "aria-live": "polite", text: HINT });
    this.table = make("table", { class: "bn-table" });
    this.lamps = make("ul", { class: "bn-lamps" });
    this.done = make("ol", {});
    this.says = make("div", { class: "dk-answer bn-says", "aria-live": "polite" });
    this.path = make("code", { class: "bn-path" });
    this.buttons = Object.fromEntries(
      ORDERS.map(([order, text, title]) => [
        order,
        button({ text, title, onclick: () => this.order(order) }),
      ]),
    );
    const stop = button({ text: "Stop", class: "dk-stop", onclick: () => this.order("stop") });
    const copies = [
      button({ text: "Copy path", onclick: () => this.copy("share") }),
      button({ text: "Copy as a cell", onclick: () => this.copy("cell") }),
    ];
    this.copied = make("span", { class: "bn-copied", role: "status" });
    const bar = make("div", { class: "dk-bar" }, ...Object.values(this.buttons), stop, this.busy);
    const foot = make("div", { class: "dk-bar" }, this.path, ...copies, this.copied);
    const scroll = make("div", { class: "bn-scroll" }, this.table);
    this.past = make("div", { class: "bn-done" }, this.done);
    this.ends.push(reachable(scroll, "Table"), reachable(this.past, "What was done"));
    const right = make("div", {}, this.hint, scroll, this.says, this.past);
    this.left = make("div", {}, this.moves);
    const both = make("div", { class: "bn-both" }, this.left, right);
    this.root.append(this.title, this.about, this.task, this.lamps, bar, both, foot);
    this.at = -1;
    this.redraw();
  }

  /** @returns {HTMLButtonElement[]} */
  get all() {
    return [.../** @type {any} */ (this.moves.querySelectorAll("button"))];
  }

  /** @override @param {KeyboardEvent} event */
  key(event) {
    const { key, altKey } = event;
    const target = /** @type {Element} */ (event.target);
    if (key === " " || key === "Enter" || altKey) return false;
    const group = [this.all, this.laws].find((all) => all.some((one) => one === target));
    if (key in WAYS && group) this.goTo(this.place(target, group) + WAYS[key], group);
    else if (key in KEYS) this.order(KEYS[key]);
    else return false;
    return true;
  }

  /** @param {Element} target @param {HTMLButtonElement[]} all */
  place(target, all) {
    return all.indexOf(/** @type {HTMLButtonElement} */ (target));
  }

  /** @param {number} k */
  goTo(k, all = this.all) {
    all[(k + all.length) % all.length]?.focus();
  }

  /** @returns {HTMLButtonElement[]} */
  get laws() {
    return [.../** @type {any} */ (this.lamps.querySelectorAll("button"))];
  }

  /** @param {"share" | "cell"} what */
  async copy(what) {
    const text = this.facts?.[what] ?? "";
    try {
      await navigator.clipboard.writeText(text);
      say(this.copied, "copied");
    } catch {
      say(this.copied, text);
    }
  }

  /** @override @param {BenchFacts} facts */
  draw(facts) {
    const inside = this.root.contains(document.activeElement);
    const moved = facts.share !== this.path.textContent;
    set(this.root, { "aria-label": `Bench, ${facts.title}` });
    say(this.title, facts.title);
    say(this.about, `${facts.about}${facts.given ? ` Given: ${facts.given}.` : ""}`);
    say(this.task, facts.task);
    this.task.hidden = !facts.task;
    this.task.classList.toggle("bn-convicts", Boolean(facts.hunting));
    this.buttons.find_break.hidden = Boolean(facts.hunting);
    this.drawMoves(facts.moves);
    this.drawTable(facts);
    this.lamps.replaceChildren(...facts.lamps.map((lamp) => this.lamp(lamp)));
    for (const [k, one] of this.laws.entries()) one.tabIndex = k ? -1 : 0;
    this.drawSays(facts);
    const steps = facts.steps.map((text) => make("li", { text }));
    this.done.replaceChildren(...steps);
    this.past.scrollTop = this.past.scrollHeight;
    say(this.path, facts.share);
    say(this.copied, "");
    const on = { undo: facts.steps.length, restart: facts.steps.length, redo: facts.undone };
    for (const [order, n] of Object.entries(on)) set(this.buttons[order], { "aria-disabled": !n });
    set(this.buttons.play, { "aria-disabled": !facts.steps.length });
    if (moved) say(this.hint, HINT);
    this.hint.hidden = facts.verdict.length > 0;
    if (inside && !this.root.contains(document.activeElement)) this.refocus();
  }

  // Where the button that was pressed is gone, the next one is near.
  refocus() {
    const { all } = this;
    const same = all.findIndex((one) => Number(one.dataset.n) >= this.at);
    (all[same] ?? all.at(-1) ?? this.buttons.undo).focus();
  }

  /** @param {BenchMove[]} moves */
  drawMoves(moves) {
    /** @type {Map<string, BenchMove[]>} */
    const groups = new Map();
    for (const move of moves.filter((one) => one.possible))
      groups.set(move.who, [...(groups.get(move.who) ?? []), move]);
    const sorted = [...groups].sort(([a], [b]) => Number(a === "host") - Number(b === "host"));
    const drawn = sorted.map(([who, own]) => {
      const name = make("h3", { text: who === "host" ? "The host" : `Guest ${who}` });
      return make("div", { class: `bn-group bn-${who}` }, name, ...own.map((m) => this.move(m)));
    });
    const none = make("p", { class: "bn-none", text: "Nothing more is possible: undo." });
    this.moves.replaceChildren(...(drawn.length ? drawn : [none]));
    for (const [k, one] of this.all.entries()) one.tabIndex = k ? -1 : 0;
  }

  /** @param {BenchMove} move */
  move(move) {
    const words = move.text.match(/^(?:host:? |\w+ )(.*?)(?: \((.*)\))?$/) ?? [];
    const [, does = move.text, code = ""] = words;
    const effect = move.effect.join("; ").replaceAll(" -> ", "\u00a0→\u00a0");
    const says = () => {
      this.at = move.n;
      say(this.hint, `This would be next: ${move.text}: ${effect}.`);
    };
    const own = button(
      {
        class: "bn-move",
        "data-n": move.n,
        title: `${move.text}: ${effect}`,
        onfocus: says,
        onpointerenter: says,
        onclick: () => this.order("do", move.n),
      },
      make("span", { text: does }),
      ...(code ? [make("code", { text: code.split("; ")[0] })] : []),
    );
    return own;
  }

  /** @param {BenchFacts} facts */
  drawTable({ places, table }) {
    const head = make("tr", {}, ...titles("register", ...places));
    const rows = table.map(([name, cells]) => {
      const drawn = cells.map(([text, fresh]) =>
        make("td", { class: fresh ? "bn-fresh" : "", text: fresh ? `◂ ${text}` : text }),
      );
      return make("tr", {}, make("th", { scope: "row", text: name }), ...drawn);
    });
    this.table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  }

  /** @param {{ law: string, says: string, broken: boolean }} lamp */
  lamp({ law, says, broken }) {
    const sign = make("span", { class: "bn-bulb", "aria-hidden": true, text: broken ? "✕" : "✓" });
    const words = make("span", { text: `${law}${broken ? " broken" : ""}` });
    const tell = () => {
      this.hint.hidden = false;
      say(this.hint, `${law}: ${says}`);
    };
    const acts = { onfocus: tell, onpointerenter: tell, onclick: tell };
    return make("li", {}, button({ class: broken ? "bn-broken" : "", ...acts }, sign, words));
  }

  /** @param {BenchFacts} facts */
  drawSays({ verdict, said, ahead }) {
    const [first, ...rest] = verdict.length ? verdict : said ? [said, ...ahead] : [];
    this.says.dataset.kind = verdict.length ? "noticed" : ahead.length ? "asks" : "nobody";
    this.says.hidden = !first;
    // Where nothing is possible any more there is room.
    if (verdict.length) this.left.append(this.says);
    else this.past.before(this.says);
    const lines = rest.map((text) => make("li", { text: text.trim() }));
    const go = button({ text: "Do these", onclick: () => this.order("follow") });
    this.says.replaceChildren(
      ...(first ? [make("p", { class: "dk-head", text: first })] : []),
      ...(lines.length ? [make("ul", { class: "dk-more" }, ...lines)] : []),
      ...(ahead.length ? [go] : []),
    );
  }
}

export default widget(Bench);
