// @ts-check
// HPMN as a handle on the ownership map: moved, it asks whose each counter would be, at once; where
// Python can run the world anew, that answers when the handle is let go.

import { clamp, lastAt } from "./columns.js";
import { button, make, say, set } from "./dom.js";
import { onDrag } from "./events.js";

/** @import { Model, SheetJson, StepperTraits, WhatIf } from "./types.js" */
/** @import { Timeline } from "./timeline.js" */

/** @type {{ [key: string]: number }} */
const WAYS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };

export class Handle {
  /** @param {Model<StepperTraits>} model @param {SheetJson} sheet @param {WhatIf} whatIf @param {Timeline} timeline */
  constructor(model, sheet, whatIf, timeline) {
    this.model = model;
    this.sheet = sheet;
    this.whatIf = whatIf;
    this.timeline = timeline;
    // The last row is the cycle counter, whose owner HPMN does not change.
    this.size = sheet.rows.length - 1;
    this.n = 0;
    this.knob = make("div", {
      class: "bd-handle",
      role: "slider",
      tabindex: 0,
      "aria-label": whatIf.name,
      "aria-orientation": "vertical",
      "aria-valuemin": 0,
      "aria-valuemax": this.size,
    });
    this.says = make("span", { "aria-live": "polite" });
    const title = "Put HPMN back where the trace has it (Escape)";
    const back = button({ text: "As recorded", title, onclick: () => this.set(null) });
    this.line = make("p", { class: "pl-group bd-whatif" }, this.says, back);
    this.title = make("th", { scope: "col" });
    this.cells = sheet.rows.map(() => make("td"));
    onDrag(
      this.knob,
      (e) => this.set(this.size - timeline.boundaryAt(e.clientY), false),
      // The picture below would take it for a step.
      (e) => e.stopPropagation(),
    );
    for (const end of ["pointerup", "pointercancel"])
      this.knob.addEventListener(end, () => model.save_changes());
  }

  /** @param {string} key @returns {boolean} whether the key was one of its own */
  press(key) {
    /** @type {{ [key: string]: number | null }} */
    const ends = { Home: 0, End: this.size, Escape: null };
    if (key in WAYS) this.set(this.hpmn(this.n) + WAYS[key]);
    else if (key in ends) this.set(ends[key]);
    else return false;
    return true;
  }

  /** @param {number | null} hpmn @param {boolean} tell whether Python is told at once */
  set(hpmn, tell = true) {
    const to = hpmn === null ? null : clamp(hpmn, 0, this.size);
    if (to === this.model.get("hpmn")) return;
    this.model.set("hpmn", to);
    if (tell) this.model.save_changes();
  }

  get moved() {
    return this.model.get("hpmn") !== this.whatIf.ran;
  }

  // HPMN where the handle stands, or as the trace has it at position n.
  /** @param {number} n */
  hpmn(n) {
    const { boundary } = this.sheet;
    return this.model.get("hpmn") ?? (boundary.length ? this.size - lastAt(boundary, n)[1] : 0);
  }

  // Who owns each row at position n, and what would be with HPMN where the handle stands.
  /** @param {number} n */
  supposed(n) {
    const now = this.sheet.rows.map((row) => lastAt(row.points, n)[3][0]);
    const [title, says, would] = this.whatIf.cases[now[this.size]][this.hpmn(n)];
    return { now, title, says, would };
  }

  /** @param {number} n */
  draw(n) {
    this.n = n;
    const { moved } = this;
    const hpmn = this.hpmn(n);
    const { now, title, says, would } = this.supposed(n);
    for (const part of [this.title, ...this.cells]) part.hidden = !moved;
    this.line.hidden = this.model.get("hpmn") === null;
    say(this.says, moved ? says : this.whatIf.said);
    say(this.title, title);
    for (const [k, cell] of this.cells.entries()) {
      const other = moved && would[k] !== now[k];
      say(cell, moved ? `${other ? this.whatIf.moved : ""}${would[k]}` : "");
      cell.className = other ? "bd-moved" : "";
    }
    this.knob.classList.toggle("bd-moved", moved);
    const still = this.line.hidden ? "as recorded" : "run anew";
    const spoken = moved ? says : `${hpmn}, ${still}`;
    set(this.knob, { "aria-valuenow": hpmn, "aria-valuetext": spoken });
    say(this.knob, `↕ drag HPMN ${hpmn}${moved ? "?" : ""}`);
  }

  // Put the knob on its boundary; return what is drawn over the picture.
  /** @param {number} n */
  overlay(n) {
    const { now, would } = this.supposed(n);
    const row = this.size - this.hpmn(n);
    const { x, y } = this.timeline.knobAt(n, row);
    this.knob.style.left = `${x}px`;
    this.knob.style.top = `${y}px`;
    this.timeline.cover(n, !this.moved);
    return this.moved ? this.timeline.supposed(n, row, now, would) : "";
  }
}
