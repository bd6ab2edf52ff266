// @ts-check
// The controls: real buttons with names, a slider, the keys, and the list of both behind `?`.

import { button, make, makeSvg, set } from "./dom.js";
import { stepsOf } from "./events.js";
import { markIcon } from "./lanes.js";

/** @import { Player } from "./player.js" */
/** @import { Story } from "./states.js" */

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

const ICONS = {
  first: "M3,3v10M13,3L7,8l6,5z",
  back: "M11,3L5,8l6,5z",
  play: "M5,3l8,5l-8,5z",
  pause: "M5,3v10M11,3v10",
  forward: "M5,3l6,5l-6,5z",
  last: "M13,3v10M3,3l6,5l-6,5z",
  bookmark: "M4,2.5h8v11l-4,-3.5l-4,3.5z",
  records: "M3,4h10M3,8h10M3,12h10",
};

// Keys as in a debugger, beside those that step. A capital letter goes the other way.
/** @type {{ [key: string]: (player: Player) => void }} */
const KEYS = {
  " ": (player) => player.toggle(),
  n: (player) => player.jump("swap", 1),
  p: (player) => player.jump("swap", -1),
  r: (player) => player.thisRegister(1),
  R: (player) => player.thisRegister(-1),
  l: (player) => player.thisLine(1),
  L: (player) => player.thisLine(-1),
  c: (player) => player.controls.copy("text"),
  m: (player) => player.controls.copy("Mermaid"),
  b: (player) => player.bookmark(),
  "[": (player) => player.toBookmark(-1),
  "]": (player) => player.toBookmark(1),
  "?": (player) => player.help(),
  Escape: (player) => player.help(false),
};

/** @param {string[]} marks @returns {[term: string, says: string][]} */
function help(marks) {
  const letters = marks.map(([letter]) => letter).join(" ");
  return [
    ["← →, k j", "one step back, forward"],
    ["PageUp, PageDown", "ten steps"],
    ["Home, End", "first, last"],
    ["Space", "play or pause (on a button: presses it)"],
    ["n, p", "next, previous swap"],
    [letters, `next ${marks.join(", ")}; with Shift the one before`],
    ["12 Enter, g", "to step 12; g: to a register, a line, an actor"],
    ["r, l", "next change of this register, next run of this line; with Shift the one before"],
    ["c, m", "copy the way to this step as text, as a Mermaid diagram"],
    ["Shift+Enter", "on to the next cell"],
    ["b", "set or remove a bookmark"],
    ["[ ]", "previous, next bookmark"],
    ["? Escape", "open, close this list"],
  ];
}

/**
 * Act on a key, if it is one of ours; say whether it was.
 * @param {string} key @param {Player} player
 */
export function press(key, player) {
  const lower = key.toLowerCase();
  const mark = player.story.sent.marks.find(([letter]) => letter === lower);
  const steps = stepsOf(key);
  if (mark) player.jump(mark, key === lower ? 1 : -1);
  else if (steps && Number.isFinite(steps)) player.step(steps);
  // To an end it goes without a pause.
  else if (steps) player.move(steps);
  else KEYS[key]?.(player);
  return Boolean(mark || steps || KEYS[key]);
}

/** @param {keyof typeof ICONS} name */
function icon(name) {
  const path = makeSvg("path", { d: ICONS[name] });
  return makeSvg("svg", { class: "pl-glyph", viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
}

/** @param {string} name @param {() => void} onclick @param {(Node | string)[]} content */
function named(name, onclick, ...content) {
  return button({ "aria-label": name, onclick }, ...content);
}

/** @param {string} kind @param {string} label @param {Node[]} parts */
function group(kind, label, ...parts) {
  return make("div", { class: kind, role: "group", "aria-label": label }, ...parts);
}

// A button that cannot act stays where the focus is and says why.
/** @param {Element} element @param {boolean} possible @param {string} title @param {string} reason */
function enable(element, possible, title, reason) {
  set(element, { "aria-disabled": !possible, title: possible ? title : reason });
}

export class Controls {
  /** @param {Story} story @param {Player} player */
  constructor(story, player) {
    this.story = story;
    this.player = player;
    this.first = named("First step", () => player.go(0), icon("first"));
    this.back = named("Back one step", () => player.step(-1), icon("back"));
    this.play = named("Play", () => player.toggle(), icon("play"));
    this.forward = named("Forward one step", () => player.step(1), icon("forward"));
    this.last = named("Last step", () => player.go(Infinity), icon("last"));
    this.flag = named("Bookmark", () => player.bookmark(), icon("bookmark"));
    this.flag.title = "Bookmark this step (b)";
    this.ask = named("Keys and signs", () => player.help(), "?");
    this.ask.title = "Keys and signs (?)";
    this.next = story.sent.marks.map((mark) => {
      const text = make("span", { text: mark });
      return named(`Next ${mark}`, () => player.jump(mark, 1), markIcon(mark), text);
    });
    this.register = named("Next change of this register", () => player.thisRegister(1), "register");
    this.line = named("Next run of this line", () => player.thisLine(1), "line");
    this.list = named("Records", () => this.toggleRecords(), icon("records"));
    this.list.title = "The records around this step, or the hypervisor's method";
    this.records = false;
    this.marks = group("pl-bookmarks", "Bookmarks");
    this.keys = this.helpPanel();
    /** @type {boolean | undefined} */
    this.playing = undefined;
    this.shown = "";
    set(this.list, { "aria-pressed": false });
    this.element = make("div", {}, this.rows(), this.keys);
  }

  rows() {
    const moves = [this.first, this.back, this.play, this.forward, this.last];
    const label = make("span", { class: "pl-label", text: "next", "aria-hidden": "true" });
    return make(
      "div",
      { class: "pl-controls" },
      group("pl-group", "Play", ...moves, this.speeds(), this.actors()),
      group("pl-group", "Go to", this.player.goto.input),
      group("pl-group pl-more-controls", "More", this.flag, this.list, ...this.copies(), this.ask),
      group("pl-group", "Run to the next", label, ...this.next, this.register, this.line),
      this.player.goto.status,
      this.marks,
    );
  }

  speeds() {
    const options = SPEEDS.map((s) =>
      make("option", { value: s, text: `${s}×`, selected: s === 1 || undefined }),
    );
    const about = { "aria-label": "Speed", title: "Speed: steps a second" };
    const select = make("select", about, ...options);
    select.addEventListener("change", () => this.player.setSpeed(Number(select.value)));
    return select;
  }

  actors() {
    const names = ["everyone", ...this.story.lanes];
    const options = names.map((name, k) => make("option", { value: k - 1, text: name }));
    const about = { "aria-label": "Whose steps", title: "Step through one actor's records alone" };
    const select = make("select", about, ...options);
    select.addEventListener("change", () => this.player.choose(Number(select.value)));
    return select;
  }

  copies() {
    return ["text", "Mermaid"].map((form) => {
      const copy = named(`Copy as ${form}`, () => this.copy(form), form === "text" ? "Copy" : form);
      copy.title = `Copy the way to this step as ${form} (${form[0] === "t" ? "c" : "m"})`;
      return copy;
    });
  }

  // A page that is not served safely has no clipboard.
  /** @param {string} form */
  async copy(form) {
    const { goto, n } = this.player;
    const text = form === "text" ? this.story.path(n) : this.story.diagram(n);
    try {
      await navigator.clipboard.writeText(text);
      goto.tell(`Copied ${n} ${n === 1 ? "step" : "steps"} as ${form}.`);
    } catch {
      goto.tell("The browser does not let a page copy here.");
    }
  }

  toggleRecords() {
    this.records = !this.records;
    set(this.list, { "aria-pressed": this.records });
    this.player.redraw();
  }

  helpPanel() {
    const { legend, marks } = this.story.sent;
    /** @param {string} title @param {[term: Node | string, says: string][]} rows */
    const column = (title, rows) => {
      const items = rows.flatMap(([term, says]) => [
        make("dt", {}, term),
        make("dd", { text: says }),
      ]);
      return make("div", {}, make("h3", { text: title }), make("dl", {}, ...items));
    };
    /** @type {[Node | string, string][]} */
    const icons = marks.map((name) => [markIcon(name), name]);
    const panel = make(
      "div",
      { class: "pl-help", role: "region", "aria-label": "Keys and signs" },
      column("Keys", help(marks)),
      column("Lanes", legend.letters),
      column("Marks and signs", [...icons, ...legend.signs]),
    );
    panel.hidden = true;
    return panel;
  }

  /** @param {number} n @param {boolean} playing @param {number[]} bookmarks */
  draw(n, playing, bookmarks) {
    const { length, sent } = this.story;
    enable(this.first, n > 0, "First step (Home)", "This is the first step");
    enable(this.back, n > 0, "Back one step (←)", "This is the first step");
    enable(this.forward, n < length, "Forward one step (→)", "This is the last step");
    enable(this.last, n < length, "Last step (End)", "This is the last step");
    this.drawPlay(playing);
    for (const [k, mark] of sent.marks.entries()) this.drawJump(k, mark, n);
    const register = this.story.registerAt(n);
    const at = this.story.lineOfStep(n);
    enable(this.register, !!register, `Next change of ${register} (r)`, "No register in this step");
    enable(this.line, Boolean(at), `Next run of ${at} (l)`, this.story.noLine(n));
    this.drawBookmarks(n, bookmarks);
  }

  /** @param {boolean} playing */
  drawPlay(playing) {
    if (this.playing === playing) return;
    this.playing = playing;
    const name = playing ? "Pause" : "Play";
    set(this.play, { "aria-label": name, title: `${name} (Space)` });
    this.play.replaceChildren(icon(playing ? "pause" : "play"));
  }

  /** @param {number} k @param {string} mark @param {number} n */
  drawJump(k, mark, n) {
    const any = this.story.jumps[k].length > 0;
    const reason = any ? `No ${mark} after this step` : `No ${mark} in this trace`;
    const key = mark === "swap" ? "n or s" : mark[0];
    enable(this.next[k], this.story.jump(k, n, 1) !== undefined, `Next ${mark} (${key})`, reason);
  }

  /** @param {number} n @param {number[]} bookmarks */
  drawBookmarks(n, bookmarks) {
    set(this.flag, { "aria-pressed": bookmarks.includes(n) });
    const shown = `${bookmarks} ${n}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const chips = bookmarks.map((at) => {
      const chip = named(`Bookmark at step ${at}`, () => this.player.go(at), `${at}`);
      chip.title = this.story.says(at);
      if (at === n) set(chip, { "aria-current": "step" });
      return chip;
    });
    const label = make("span", { class: "pl-label", text: "bookmarks" });
    this.marks.replaceChildren(...(chips.length ? [label, ...chips] : []));
  }

  help(open = this.keys.hidden) {
    this.keys.hidden = !open;
    set(this.ask, { "aria-expanded": open });
  }
}
