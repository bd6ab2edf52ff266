// @ts-check
// Counter 0 over time: a band for each turn, the climbing line, what was saved, what was read.

import { makeSvg, set } from "./dom.js";

/** @import { TurnsFacts } from "./types.js" */

const HEIGHT = 250;
const ROOM = { left: 52, right: 16, top: 30, bottom: 40 };
// Fixed, so that a slider moves the lines and not the axes: the most that the sliders allow.
const MOST = { cycles: 6100, count: 3600 };

/** @param {SVGElement} svg @param {TurnsFacts} facts @param {number} width */
export function drawCounter(svg, facts, width) {
  set(svg, { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT });
  const wide = width - ROOM.left - ROOM.right;
  const high = HEIGHT - ROOM.top - ROOM.bottom;
  /** @param {number} cycle */
  const x = (cycle) => ROOM.left + (wide * cycle) / MOST.cycles;
  /** @param {number} count */
  const y = (count) => ROOM.top + high * (1 - count / MOST.count);
  const { turns, saved, guests } = facts;
  const bands = turns.map(([who, from, to]) => [
    box(`tn-band tn-${who}`, x(from), ROOM.top - 22, x(to) - x(from), high + 22),
    ...(x(to) - x(from) > 14 ? [words("tn-who", who, (x(from) + x(to)) / 2, ROOM.top - 6)] : []),
  ]);
  const counts = turns.map(([who, from, to, before, after]) =>
    line(`tn-count tn-${who}`, x(from), y(before), x(to), y(after)),
  );
  const jumps = turns.slice(1).map(([, from, , before], k) => {
    const was = turns[k][4];
    return line("tn-jump", x(from), y(was), x(from), y(before));
  });
  const kept = saved.map(([who, at, count]) => {
    const until = turns.find(([name, from]) => name === who && from >= at)?.[1];
    const read = guests.find(([name]) => name === who)?.[4] ?? at;
    return line(`tn-kept tn-${who}`, x(at), y(count), x(until ?? read), y(count));
  });
  const ends = guests.flatMap(([who, read, , , at], k) => {
    const [[, first, , , then]] = guests;
    // Two that end at one place have their words above and below it.
    const below = k > 0 && Math.abs(y(read) - y(first)) < 18 && Math.abs(x(at) - x(then)) < 120;
    const says = `${who} reads ${read.toLocaleString("en")}`;
    return end(`tn-${who}`, x(at), y(read), says, below ? 22 : -11);
  });
  const lines = [...kept, ...jumps, ...counts];
  svg.replaceChildren(...bands.flat(), ...grid(x, y, width, saved.length > 0), ...lines, ...ends);
}

/**
 * @param {(cycle: number) => number} x @param {(count: number) => number} y
 * @param {number} width @param {boolean} dotted
 */
function grid(x, y, width, dotted) {
  const says = `↑ counter 0 in the hardware${dotted ? "; dotted: the count that put has saved" : ""}`;
  const counts = [0, 1000, 2000, 3000].flatMap((count) => [
    line("tn-grid", ROOM.left, y(count), width - ROOM.right, y(count)),
    words("tn-tick tn-right", count.toLocaleString("en"), ROOM.left - 6, y(count) + 4),
  ]);
  const cycles = [0, 1000, 2000, 3000, 4000, 5000, 6000].map((cycle) =>
    words("tn-tick", cycle.toLocaleString("en"), x(cycle), y(0) + 17),
  );
  return [
    ...counts,
    ...cycles,
    words("tn-tick tn-right", "cycles →", width - ROOM.right, y(0) + 34),
    words("tn-tick tn-left", says, ROOM.left, y(0) + 34),
  ];
}

/** @param {string} kind @param {number} x @param {number} y @param {string} says @param {number} down */
function end(kind, x, y, says, down) {
  const dot = makeSvg("circle", { class: `tn-end ${kind}`, cx: x, cy: y, r: 5 });
  return [dot, words("tn-reads", says, x - 4, y + down)];
}

/** @param {string} kind @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
function line(kind, x1, y1, x2, y2) {
  return makeSvg("line", { class: kind, x1, y1, x2, y2 });
}

/** @param {string} kind @param {number} x @param {number} y @param {number} width @param {number} height */
function box(kind, x, y, width, height) {
  return makeSvg("rect", { class: kind, x, y, width: Math.max(0, width - 1), height });
}

/** @param {string} kind @param {string} text @param {number} x @param {number} y */
function words(kind, text, x, y) {
  return makeSvg("text", { class: kind, text, x, y });
}
