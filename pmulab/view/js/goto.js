// @ts-check
// A field that goes where its text says: a step, a register's next change, the next run of a line
// or of a hook, the next record of an actor.

import { make, say } from "./dom.js";

/** @import { Player } from "./player.js" */

export class GoTo {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    const { story } = player;
    const about = "a step, a register, a line as :58, a method, an actor";
    this.input = make("input", {
      type: "text",
      class: "pl-entry pl-goto",
      placeholder: "go to: 12, PMCR, :58",
      "aria-label": "Go to",
      title: `Go to ${about} (g, or type a number)`,
      autocomplete: "off",
      spellcheck: false,
    });
    this.status = make("span", { class: "pl-status", role: "status" });
    this.about = about;
    const hooks = new Set(story.sent.records.hook);
    this.hooks = [...hooks].map((k) => story.sent.texts[k]).filter(Boolean);
  }

  // Open it: a digit that is typed anywhere begins a step's number.
  /** @param {string} key */
  begin(key) {
    if (!/^[0-9g]$/.test(key)) return false;
    this.input.value = key === "g" ? "" : key;
    this.input.focus();
    return true;
  }

  // The browser writes what is typed; Enter goes, Escape leaves.
  /** @param {string} key */
  key(key) {
    if (key === "Enter") this.go(this.input.value.trim());
    else if (key === "Escape") this.player.slider.focus();
    else return false;
    return true;
  }

  /** @param {string} text */
  go(text) {
    const { player } = this;
    const { story } = player;
    this.tell("");
    if (/^\d+$/.test(text)) return this.step(Number(text));
    const known = text.toUpperCase();
    const register = known && story.sent.registers.find(({ name }) => name.startsWith(known));
    const lane = story.lanes.indexOf(text);
    const tests = /** @type {[boolean, (record: number) => boolean][]} */ ([
      [lane >= 0, (i) => story.sent.records.lane[i] === lane],
      [Boolean(register), (i) => story.changed(i, register ? register.name : "")],
      [/:\d+$/.test(text), (i) => story.text("at", i).endsWith(text)],
      [this.hooks.includes(text), (i) => story.text("hook", i) === text],
    ]);
    const test = tests.find(([fits]) => fits);
    if (!test) this.tell(`no ${text || "text"} here: type ${this.about}`);
    else if (!player.seek(test[1], 1)) this.tell(`no ${text} after this step`);
  }

  /** @param {number} n */
  step(n) {
    const { length } = this.player.story;
    if (n > length) return this.tell(`${n} is beyond the last step, ${length}`);
    this.player.pause();
    this.player.go(n);
  }

  /** @param {string} text */
  tell(text) {
    say(this.status, text);
  }
}
