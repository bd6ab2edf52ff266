// @ts-check
// A value that goes between hardware and memory: an arrow under its row, and once, driven by the
// step, the value on its way. Who prefers less motion sees the arrow alone.

import { make, makeSvg, say, set } from "./dom.js";

/** @import { Cell } from "./registers.js" */

const MS = 450;

export class Travel {
  /** @param {Cell[]} cells */
  constructor(cells) {
    this.cells = cells;
    /** @type {[record: number, from: number, to: number] | undefined} */
    this.way = undefined;
    this.path = makeSvg("path");
    this.svg = makeSvg("svg", { class: "pl-arrow", "aria-hidden": "true" }, this.path);
    this.value = make("span", { class: "pl-moving", "aria-hidden": "true" });
    this.parts = [this.svg, this.value];
    /** @type {Animation | undefined} */
    this.moving = undefined;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /** @param {[record: number, from: number, to: number] | undefined} way @param {boolean} moved */
  draw(way, moved) {
    this.moving?.cancel();
    this.moving = undefined;
    this.way = way;
    this.place();
    if (way && moved && !this.calm.matches) this.move(way);
  }

  // Where the value of a cell stands, inside what scrolls.
  /** @param {number} location */
  spot(location) {
    const { td, text } = this.cells[location];
    const box = td.firstElementChild ?? td;
    const home = /** @type {Element} */ (this.svg.parentElement);
    const [here, at, row] = [home, text, box].map((e) => e.getBoundingClientRect());
    const x = at.right - here.left + home.scrollLeft;
    const y = row.bottom - here.top + home.scrollTop;
    return { x, y, hidden: !row.height };
  }

  place() {
    const d = this.way ? this.arrow(this.way) : "";
    set(this.path, { d });
  }

  /** @param {[record: number, from: number, to: number]} way */
  arrow([, from, to]) {
    const [a, b] = [this.spot(from), this.spot(to)];
    if (a.hidden || b.hidden) return "";
    const [x, end] = [a.x - 12, b.x - 12];
    return `M${x},${a.y - 2}v4H${end}v-4m-3,3l3,-3l3,3`;
  }

  /** @param {[record: number, from: number, to: number]} way */
  move([, from, to]) {
    const [a, b] = [this.spot(from), this.spot(to)];
    if (a.hidden || b.hidden) return;
    say(this.value, this.cells[to].td.dataset.value ?? "");
    this.moving = this.value.animate(
      [
        { transform: `translate(calc(${a.x}px - 100%), ${a.y - 19}px)`, opacity: 1 },
        { transform: `translate(calc(${b.x}px - 100%), ${b.y - 19}px)`, opacity: 1 },
      ],
      { duration: MS, easing: "ease-in-out" },
    );
  }
}
