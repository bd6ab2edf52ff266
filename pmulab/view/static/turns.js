// Made by `make bundle` of these modules, sha256 57a2c275433bb2ea: dom.js events.js panel.js stepper.js turns.js turns_chart.js
// pmulab/view/js/dom.js
var SVG = "http://www.w3.org/2000/svg";
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}
function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}
function button(attributes, ...children) {
  return make("button", { type: "button", ...attributes }, ...children);
}
function makeView(kind, attributes, ...children) {
  const own = { class: `pmulab-view ${kind}`, "data-lm-suppress-shortcuts": "true" };
  return make("div", { ...own, ...attributes }, ...children);
}
function filled(element, attributes, children) {
  set(element, attributes);
  element.append(...children);
  return element;
}
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = `${value}`;
    else if (value !== void 0) element.setAttribute(name, `${value}`);
  }
}
function say(element, text) {
  if (element.textContent !== `${text}`) element.textContent = `${text}`;
}

// pmulab/view/js/events.js
function foreign(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab" || runsTheCell(event);
}
function runsTheCell(event) {
  return event.shiftKey && event.key === "Enter";
}
function goOn(root) {
  const next = root.closest(".jp-Cell")?.nextElementSibling;
  if (next instanceof HTMLElement) next.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}
function bringIntoView(root) {
  const cell = root.closest(".jp-Cell");
  const ran = [cell, cell?.nextElementSibling].some((c) => c?.classList.contains("jp-mod-active"));
  if (ran) root.scrollIntoView({ block: "nearest" });
}
function onKeys(root, act, passes = foreign) {
  const listener = (event) => {
    if (!root.contains(
      /** @type {Node} */
      event.target
    ) || passes(event)) return;
    event.stopPropagation();
    const box2 = (
      /** @type {Element} */
      event.target.matches("[data-scrolls]")
    );
    if (box2 && event.key.startsWith("Arrow")) return;
    if (act(event)) event.preventDefault();
  };
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
}
function drawn(draw) {
  const render = (given) => {
    const { model, el } = given;
    const lost = () => el.classList.add("jupyter-widgets-disconnected");
    model.on("comm_live_update", lost);
    const end2 = draw(given);
    return () => {
      model.off("comm_live_update", lost);
      end2?.();
    };
  };
  return { render };
}

// pmulab/view/js/panel.js
var Panel = class {
  /** @param {Model<PanelTraits>} model @param {string} kind */
  constructor(model, kind) {
    this.model = model;
    this.root = makeView(kind, { role: "group", tabindex: -1 });
    this.busy = make("p", { class: "dk-busy", role: "status" });
    this.shown = "";
    this.facts = void 0;
    const draw = () => this.redraw();
    const work = () => this.work();
    model.on("change:shown", draw);
    model.on("change:busy", work);
    const deaf = onKeys(
      this.root,
      (e) => runsTheCell(e) ? goOn(this.root) : this.key(e),
      (e) => this.passes(e)
    );
    this.ends = [
      deaf,
      () => {
        model.off("change:shown", draw);
        model.off("change:busy", work);
      }
    ];
  }
  close() {
    for (const end2 of this.ends) end2();
  }
  /** @param {string} what @param {unknown[]} given */
  order(what, ...given) {
    this.model.send({ do: what, with: given });
  }
  // What stays the browser's and the notebook's.
  /** @param {KeyboardEvent} event */
  passes({ key, ctrlKey, metaKey }) {
    return key === "Tab" || ctrlKey || metaKey;
  }
  /** @param {KeyboardEvent} _event @returns {boolean} whether the key was one of its own */
  key(_event) {
    return false;
  }
  redraw() {
    const shown = this.model.get("shown");
    if (shown === this.shown) return;
    this.shown = shown;
    this.facts = JSON.parse(shown);
    if (this.facts) this.draw(this.facts);
    this.work();
  }
  // A search that ends at once says nothing.
  work() {
    const busy = this.model.get("busy");
    say(this.busy, busy ? `Searching: ${busy}` : "");
    this.root.classList.toggle("dk-searches", Boolean(busy));
  }
  /** @param {Facts} _facts */
  draw(_facts) {
  }
};

// pmulab/view/js/stepper.js
function widget(View) {
  return drawn(({ model, el }) => {
    const make2 = () => new View(
      /** @type {Model<Traits>} */
      model
    );
    let view = make2();
    el.append(view.root);
    const anew = () => {
      const focus = (
        /** @type {HTMLElement} */
        document.activeElement
      );
      const all = (root) => [...root.querySelectorAll("[tabindex], button")];
      const place = all(view.root).indexOf(focus);
      view.close();
      const next = make2();
      view.root.replaceWith(next.root);
      view = next;
      all(view.root)[place]?.focus();
    };
    model.on("change:story", anew);
    return () => {
      model.off("change:story", anew);
      view.close();
    };
  });
}

// pmulab/view/js/turns_chart.js
var HEIGHT = 250;
var ROOM = { left: 52, right: 16, top: 30, bottom: 40 };
var MOST = { cycles: 6100, count: 3600 };
function drawCounter(svg, facts, width) {
  set(svg, { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT });
  const wide = width - ROOM.left - ROOM.right;
  const high = HEIGHT - ROOM.top - ROOM.bottom;
  const x = (cycle) => ROOM.left + wide * cycle / MOST.cycles;
  const y = (count) => ROOM.top + high * (1 - count / MOST.count);
  const { turns, saved, guests } = facts;
  const bands = turns.map(([who, from, to]) => [
    box(`tn-band tn-${who}`, x(from), ROOM.top - 22, x(to) - x(from), high + 22),
    ...x(to) - x(from) > 14 ? [words("tn-who", who, (x(from) + x(to)) / 2, ROOM.top - 6)] : []
  ]);
  const counts = turns.map(
    ([who, from, to, before, after]) => line(`tn-count tn-${who}`, x(from), y(before), x(to), y(after))
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
    const below = k > 0 && Math.abs(y(read) - y(first)) < 18 && Math.abs(x(at) - x(then)) < 120;
    const says = `${who} reads ${read.toLocaleString("en")}`;
    return end(`tn-${who}`, x(at), y(read), says, below ? 22 : -11);
  });
  const lines = [...kept, ...jumps, ...counts];
  svg.replaceChildren(...bands.flat(), ...grid(x, y, width, saved.length > 0), ...lines, ...ends);
}
function grid(x, y, width, dotted) {
  const says = `↑ counter 0 in the hardware${dotted ? "; dotted: the count that put has saved" : ""}`;
  const counts = [0, 1e3, 2e3, 3e3].flatMap((count) => [
    line("tn-grid", ROOM.left, y(count), width - ROOM.right, y(count)),
    words("tn-tick tn-right", count.toLocaleString("en"), ROOM.left - 6, y(count) + 4)
  ]);
  const cycles = [0, 1e3, 2e3, 3e3, 4e3, 5e3, 6e3].map(
    (cycle) => words("tn-tick", cycle.toLocaleString("en"), x(cycle), y(0) + 17)
  );
  return [
    ...counts,
    ...cycles,
    words("tn-tick tn-right", "cycles →", width - ROOM.right, y(0) + 34),
    words("tn-tick tn-left", says, ROOM.left, y(0) + 34)
  ];
}
function end(kind, x, y, says, down) {
  const dot = makeSvg("circle", { class: `tn-end ${kind}`, cx: x, cy: y, r: 5 });
  return [dot, words("tn-reads", says, x - 4, y + down)];
}
function line(kind, x1, y1, x2, y2) {
  return makeSvg("line", { class: kind, x1, y1, x2, y2 });
}
function box(kind, x, y, width, height) {
  return makeSvg("rect", { class: kind, x, y, width: Math.max(0, width - 1), height });
}
function words(kind, text, x, y) {
  return makeSvg("text", { class: kind, text, x, y });
}

// pmulab/view/js/turns.js
var SIGNS = { right: "✓", luck: "?", wrong: "!" };
function number(value) {
  return value.toLocaleString("en");
}
var Turns = class extends Panel {
  /** @param {Model<PanelTraits>} model */
  constructor(model) {
    super(model, "pmulab-turns");
    this.wanted = void 0;
    this.asked = "";
    this.title = make("h2");
    this.switch = button({ role: "switch", class: "tn-switch", onclick: () => this.turnSwap() });
    this.switch.append(make("span", { class: "tn-knob", "aria-hidden": true }));
    this.state = make("output", { class: "tn-state" });
    this.length = slider("Length of a turn", () => this.choose());
    this.amount = slider("B's work", () => this.choose());
    this.numbers = make("div", { class: "tn-numbers", role: "status" });
    this.chart = makeSvg("svg", { class: "tn-chart", role: "img" });
    this.other = make("p", { class: "tn-other" });
    const swap = make("label", { class: "tn-swap" }, "swap:", this.switch, this.state);
    const controls = make("div", { class: "tn-controls" }, swap, this.length.row, this.amount.row);
    const top = make("div", { class: "tn-top" }, controls, this.numbers);
    this.root.append(this.title, top, this.chart, this.other);
    set(this.switch, { "aria-label": "swap" });
    let seen = false;
    const sizes = new ResizeObserver(() => {
      if (!this.facts || !this.root.clientWidth) return;
      this.drawChart(this.facts);
      if (!seen) bringIntoView(this.root);
      seen = true;
    });
    sizes.observe(this.root);
    this.ends.push(() => sizes.disconnect());
    this.redraw();
  }
  // Arrows are the sliders' own, Space and Enter the switch's.
  /** @override @param {KeyboardEvent} event */
  passes(event) {
    return foreign(event) && !runsTheCell(event);
  }
  /** @override @param {KeyboardEvent} event */
  key(event) {
    return runsTheCell(event) && goOn(this.root);
  }
  turnSwap() {
    const { checked } = this.switch.dataset;
    this.switch.dataset.checked = checked ? "" : "true";
    this.choose();
  }
  choose() {
    const { facts } = this;
    if (!facts) return;
    const swap = Boolean(this.switch.dataset.checked);
    const [turn, work] = [facts.turn[this.length.at()], facts.work[this.amount.at()]];
    this.wanted = [swap, turn, work];
    this.drawControls(this.wanted);
    this.ask();
  }
  // One order at a time: a slider moves faster than answers come, and only its last place counts.
  ask() {
    if (!this.wanted || this.asked) return;
    if (`${this.wanted}` === `${this.facts?.chosen}`) return;
    this.asked = `${this.wanted}`;
    this.order("choose", ...this.wanted);
  }
  /** @override @param {TurnsFacts} facts */
  draw(facts) {
    say(this.title, facts.title);
    this.length.limit(facts.turn.length);
    this.amount.limit(facts.work.length);
    if (!this.asked || this.asked === `${this.wanted}`) this.wanted = void 0;
    this.asked = "";
    this.drawControls(this.wanted ?? facts.chosen);
    this.drawNumbers(facts);
    this.drawChart(facts);
    this.ask();
  }
  /** @param {TurnsFacts["chosen"]} chosen */
  drawControls([swap, turn, work]) {
    this.switch.dataset.checked = swap ? "true" : "";
    set(this.switch, { "aria-checked": swap });
    say(this.state, swap ? "on" : "off");
    this.length.show(this.facts?.turn.indexOf(turn) ?? 0, `${number(turn)} cycles`);
    this.amount.show(this.facts?.work.indexOf(work) ?? 0, `${number(work)} instructions`);
  }
  /** @param {TurnsFacts} facts */
  drawNumbers({ guests: [[name, read, did, says], [other, otherRead, otherDid, otherSays]] }) {
    const right = read === did;
    const kind = right ? this.facts?.chosen[0] ? "right" : "luck" : "wrong";
    const sign = make("span", { class: "tn-sign", "aria-hidden": true, text: SIGNS[kind] });
    this.numbers.replaceChildren(
      large(`${name} reads`, number(read), "tn-read"),
      make("span", { class: "tn-than", text: right ? "=" : "≠" }),
      large(`${name} did`, number(did), "tn-did"),
      make("p", { class: "tn-says", "data-kind": kind }, sign, says)
    );
    const what = `${other} reads ${number(otherRead)} and did ${number(otherDid)}`;
    say(this.other, `${what}. ${otherSays}`);
  }
  /** @param {TurnsFacts} facts */
  drawChart(facts) {
    const width = Math.max(360, this.root.clientWidth - 34);
    const [[name, read, did]] = facts.guests;
    set(this.chart, {
      "aria-label": `Counter 0 over time, ${facts.turns.length} turns. ${name} reads ${read}, did ${did}.`
    });
    drawCounter(this.chart, facts, width);
  }
};
function slider(label, act) {
  const input = make("input", { type: "range", min: 0, max: 1, "aria-label": label, oninput: act });
  const value = make("output");
  const row = make("div", { class: "tn-slider" }, make("span", { text: label }), input, value);
  return {
    row,
    at: () => Number(input.value),
    /** @param {number} length */
    limit: (length) => set(input, { max: length - 1 }),
    /** @param {number} index @param {string} text */
    show: (index, text) => {
      input.value = `${index}`;
      set(input, { "aria-valuetext": text });
      say(value, text);
    }
  };
}
function large(label, value, kind) {
  const name = make("span", { class: "tn-label", text: label });
  return make("div", { class: `tn-large ${kind}` }, name, make("b", { text: value }));
}
var turns_default = widget(Turns);
export {
  turns_default as default
};
