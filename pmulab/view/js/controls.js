// The controls: real buttons with names, a slider, the keys, and the list of both behind `?`.

import { make, makeSvg } from "./dom.js";
import { LETTERS, markIcon, SHAPES } from "./lanes.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

const ICONS = {
  first: "M3,3v10M13,3L7,8l6,5z",
  back: "M11,3L5,8l6,5z",
  play: "M5,3l8,5l-8,5z",
  pause: "M5,3v10M11,3v10",
  forward: "M5,3l6,5l-6,5z",
  last: "M13,3v10M3,3l6,5l-6,5z",
  bookmark: "M4,2.5h8v11l-4,-3.5l-4,3.5z",
};

// Keys as in a debugger. A capital letter goes the other way.
const KEYS = {
  ArrowLeft: (player) => player.step(-1),
  ArrowRight: (player) => player.step(1),
  k: (player) => player.step(-1),
  j: (player) => player.step(1),
  PageUp: (player) => player.step(-10),
  PageDown: (player) => player.step(10),
  Home: (player) => player.go(0),
  End: (player) => player.go(Infinity),
  " ": (player) => player.toggle(),
  n: (player) => player.jump("swap", 1),
  p: (player) => player.jump("swap", -1),
  b: (player) => player.bookmark(),
  "[": (player) => player.toBookmark(-1),
  "]": (player) => player.toBookmark(1),
  "?": (player) => player.help(),
  Escape: (player) => player.help(false),
};
const JUMPS = { s: "swap", t: "trap", i: "interrupt", o: "overflow", a: "accusation" };

const HELP = [
  ["← →, k j", "one step back, forward"],
  ["PageUp, PageDown", "ten steps"],
  ["Home, End", "first, last"],
  ["Space", "play or pause (on a button: presses it)"],
  ["n, p", "next, previous swap"],
  ["s t i o a", "next swap, trap, interrupt, overflow, accusation; with Shift the one before"],
  ["b", "set or remove a bookmark"],
  ["[ ]", "previous, next bookmark"],
  ["? Escape", "open, close this list"],
];

// Act on a key, if it is one of ours; say whether it was.
export function press(key, player) {
  const mark = JUMPS[key.toLowerCase()];
  if (mark) player.jump(mark, key === key.toLowerCase() ? 1 : -1);
  else if (KEYS[key]) KEYS[key](player);
  return Boolean(mark || KEYS[key]);
}

function icon(name) {
  const path = makeSvg("path", { d: ICONS[name] });
  return makeSvg("svg", { class: "pl-glyph", viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
}

function button(name, title, onclick, ...content) {
  return make("button", { type: "button", "aria-label": name, title, onclick }, ...content);
}

// A button that cannot act stays where the focus is and says why.
function enable(element, possible, title, reason) {
  element.setAttribute("aria-disabled", !possible);
  element.title = possible ? title : reason;
}

export class Controls {
  constructor(story, player) {
    this.story = story;
    this.player = player;
    this.slider = make("input", { type: "range", min: 0, max: story.length, "aria-label": "Step" });
    this.slider.addEventListener("input", () => player.go(Number(this.slider.value)));
    this.marks = make("div", { class: "pl-bookmarks", role: "group", "aria-label": "Bookmarks" });
    this.keys = this.helpPanel();
    const rows = make(
      "div",
      { class: "pl-controls" },
      this.transport(),
      this.extras(),
      this.jumps(),
      this.marks,
    );
    this.element = make("div", {}, this.slider, rows, this.keys);
  }

  transport() {
    const { player } = this;
    this.first = button("First step", "", () => player.go(0), icon("first"));
    this.back = button("Back one step", "", () => player.step(-1), icon("back"));
    this.play = button("Play", "", () => player.toggle(), icon("play"));
    this.forward = button("Forward one step", "", () => player.step(1), icon("forward"));
    this.last = button("Last step", "", () => player.go(Infinity), icon("last"));
    const buttons = [this.first, this.back, this.play, this.forward, this.last];
    return make(
      "div",
      { class: "pl-group", role: "group", "aria-label": "Play" },
      ...buttons,
      this.speeds(),
    );
  }

  speeds() {
    const options = SPEEDS.map((s) =>
      make("option", { value: s, text: `${s}×`, selected: s === 1 }),
    );
    const select = make(
      "select",
      { "aria-label": "Speed", title: "Speed: steps a second" },
      ...options,
    );
    select.addEventListener("change", () => this.player.setSpeed(Number(select.value)));
    return select;
  }

  jumps() {
    this.next = this.story.marks.map((mark, k) =>
      button(
        `Next ${mark}`,
        "",
        () => this.player.jump(mark, 1),
        markIcon(mark),
        make("span", { text: this.story.marks[k] }),
      ),
    );
    const label = make("span", { class: "pl-label", text: "next", "aria-hidden": "true" });
    return make(
      "div",
      { class: "pl-group pl-jumps", role: "group", "aria-label": "Run to the next" },
      label,
      ...this.next,
    );
  }

  extras() {
    this.flag = button(
      "Bookmark",
      "Bookmark this step (b)",
      () => this.player.bookmark(),
      icon("bookmark"),
    );
    this.ask = button("Keys and signs", "Keys and signs (?)", () => this.player.help());
    this.ask.append("?");
    return make(
      "div",
      { class: "pl-group pl-more-controls", role: "group", "aria-label": "More" },
      this.flag,
      this.ask,
    );
  }

  helpPanel() {
    const list = (rows) => {
      const items = rows.flatMap(([term, says]) => [
        make("dt", {}, ...[term].flat()),
        make("dd", { text: says }),
      ]);
      return make("dl", {}, ...items);
    };
    const letters = Object.values(LETTERS).map(([letter, says]) => [letter || "▇", says]);
    const marks = Object.keys(SHAPES).map((name) => [[markIcon(name)], name]);
    const signs = [
      ["◂ ▸", "written, read by this step"],
      ["▴", "counted in this step"],
      ["+ -", "field set, field cleared"],
    ];
    const column = (title, rows) => make("div", {}, make("h3", { text: title }), list(rows));
    const columns = [
      column("Keys", HELP),
      column("Lanes", letters),
      column("Marks and signs", [...marks, ...signs]),
    ];
    const panel = make(
      "div",
      { class: "pl-help", role: "region", "aria-label": "Keys and signs" },
      ...columns,
    );
    panel.hidden = true;
    return panel;
  }

  draw(n, { playing, bookmarks }) {
    const { story } = this;
    this.slider.value = n;
    this.slider.setAttribute(
      "aria-valuetext",
      `${n} of ${story.length}: ${n ? story.text("sentence", n - 1) : "the start"}`,
    );
    this.slider.style.setProperty("--pl-done", story.length ? n / story.length : 0);
    enable(this.first, n > 0, "First step (Home)", "This is the first step");
    enable(this.back, n > 0, "Back one step (←)", "This is the first step");
    enable(this.forward, n < story.length, "Forward one step (→)", "This is the last step");
    enable(this.last, n < story.length, "Last step (End)", "This is the last step");
    this.drawPlay(playing);
    for (const [k, mark] of story.marks.entries()) this.drawJump(k, mark, n);
    this.drawBookmarks(n, bookmarks);
  }

  drawPlay(playing) {
    if (this.playing === playing) return;
    this.playing = playing;
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
    this.play.title = playing ? "Pause (Space)" : "Play (Space)";
    this.play.replaceChildren(icon(playing ? "pause" : "play"));
  }

  drawJump(k, mark, n) {
    const any = this.story.jumps[k].length > 0;
    const reason = any ? `No ${mark} after this step` : `No ${mark} in this trace`;
    const key = mark === "swap" ? "n or s" : mark[0];
    enable(this.next[k], this.story.jump(k, n, 1) !== undefined, `Next ${mark} (${key})`, reason);
  }

  drawBookmarks(n, bookmarks) {
    this.flag.setAttribute("aria-pressed", bookmarks.includes(n));
    const shown = `${bookmarks} ${n}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const chips = bookmarks.map((at) => {
      const chip = button(`Bookmark at step ${at}`, "", () => this.player.go(at), `${at}`);
      chip.title = at ? this.story.text("sentence", at - 1) : "the start";
      if (at === n) chip.setAttribute("aria-current", "step");
      return chip;
    });
    const label = make("span", { class: "pl-label", text: "bookmarks" });
    this.marks.replaceChildren(...(chips.length ? [label, ...chips] : []));
  }

  help(open = this.keys.hidden) {
    this.keys.hidden = !open;
    this.ask.setAttribute("aria-expanded", open);
  }
}
