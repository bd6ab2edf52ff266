// HPMN as a handle on the ownership map: moved, it asks whose each counter would be.

import { make, say } from "./dom.js";
import { clamp, lastAt } from "./timeline.js";

const MOVED = "→ ";
const WAYS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 };

export class Handle {
  constructor(model, sheet, timeline) {
    this.model = model;
    this.sheet = sheet;
    this.timeline = timeline;
    this.size = sheet.whatIf.size;
    this.knob = make("div", {
      class: "bd-handle",
      role: "slider",
      tabindex: 0,
      "aria-label": "HPMN, what if",
      "aria-orientation": "vertical",
      "aria-valuemin": 0,
      "aria-valuemax": this.size,
    });
    this.says = make("span", { "aria-live": "polite" });
    this.back = make("button", {
      type: "button",
      text: "As recorded",
      title: "Put HPMN back where the trace has it (Escape)",
      onclick: () => this.set(null),
    });
    this.line = make("p", { class: "bd-whatif" }, this.says, this.back);
    this.title = make("th", { scope: "col" });
    this.cells = sheet.rows.map(() => make("td"));
    this.listen();
  }

  listen() {
    this.knob.addEventListener("pointerdown", (e) => {
      this.knob.setPointerCapture(e.pointerId);
      // The picture below would take it for a step.
      e.stopPropagation();
    });
    this.knob.addEventListener("pointermove", (e) => {
      if (e.buttons & 1) this.set(this.size - this.timeline.boundaryAt(e.clientY));
    });
  }

  // Act on a key that the handle has heard; say whether it was one of its own.
  press(key) {
    const ends = { Home: 0, End: this.size, Escape: null };
    if (key in WAYS) this.set(this.hpmn(this.n) + WAYS[key]);
    else if (key in ends) this.set(ends[key]);
    else return false;
    return true;
  }

  set(hpmn) {
    const to = hpmn === null ? null : clamp(hpmn, 0, this.size);
    if (to === this.model.get("hpmn")) return;
    this.model.set("hpmn", to);
    this.model.save_changes();
  }

  recorded(n) {
    const { boundary } = this.sheet;
    return boundary.length ? this.size - boundary[lastAt(boundary, n)][1] : 0;
  }

  hpmn(n) {
    return this.model.get("hpmn") ?? this.recorded(n);
  }

  // Who owns each row at position n, and who would with HPMN where the handle stands.
  owners(n) {
    const now = this.sheet.rows.map((row) => row.points[lastAt(row.points, n)][3][0]);
    const guest = now[this.size] === "host" ? "" : now[this.size];
    const hpmn = this.hpmn(n);
    const mine = (k) => k === this.size || k >= this.size - hpmn;
    return { now, guest, would: now.map((_, k) => (mine(k) ? guest || "a guest" : "host")) };
  }

  draw(n) {
    this.n = n;
    const moved = this.model.get("hpmn") !== null;
    const hpmn = this.hpmn(n);
    const { now, guest, would } = this.owners(n);
    const text = this.sheet.whatIf.says[guest][hpmn];
    this.line.hidden = !moved;
    this.title.hidden = !moved;
    say(this.says, moved ? text : "");
    say(this.title, `if HPMN were ${hpmn}`);
    for (const [k, cell] of this.cells.entries()) {
      cell.hidden = !moved;
      const same = would[k] === now[k];
      say(cell, moved ? `${same ? "" : MOVED}${would[k]}` : "");
      cell.className = moved && !same ? "bd-moved" : "";
    }
    this.knob.classList.toggle("bd-moved", moved);
    this.knob.setAttribute("aria-valuenow", hpmn);
    this.knob.setAttribute("aria-valuetext", moved ? text : `${hpmn}, as recorded`);
    say(this.knob, `↕ HPMN ${hpmn}${moved ? "?" : ""}`);
  }

  // Put the knob on its boundary; return what is drawn over the picture.
  overlay(n) {
    const { now, would } = this.owners(n);
    const row = this.size - this.hpmn(n);
    const { x, y } = this.timeline.knobAt(n, row);
    this.knob.style.left = `${x}px`;
    this.knob.style.top = `${y}px`;
    return this.model.get("hpmn") === null ? "" : this.timeline.supposed(row, now, would);
  }
}
