// Made by `make bundle` of these modules, sha256 bf9ed3ec066a10b0: code.js dom.js events.js lines.js panel.js stepper.js
// pmulab/view/js/dom.js
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
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

// pmulab/view/js/code.js
var TOKENS = /(?<comment>#.*)|(?<string>"[^"]*"|'[^']*')|(?<keyword>\b(?:and|def|else|False|for|if|in|None|not|or|return|self|True|while|with)\b)/g;
function coloured(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(TOKENS)) {
    const [kind] = Object.entries(found.groups ?? {}).find(([, hit]) => hit) ?? ["plain"];
    parts.push(text.slice(end, found.index));
    parts.push(make("span", { class: `ln-${kind}`, text: found[0] }));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
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
function onKeys(root, act, passes = foreign) {
  const listener = (event) => {
    if (!root.contains(
      /** @type {Node} */
      event.target
    ) || passes(event)) return;
    event.stopPropagation();
    const box = (
      /** @type {Element} */
      event.target.matches("[data-scrolls]")
    );
    if (box && event.key.startsWith("Arrow")) return;
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
    const end = draw(given);
    return () => {
      model.off("comm_live_update", lost);
      end?.();
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
    for (const end of this.ends) end();
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
var SIGNS = {
  noticed: "!",
  nobody: "○",
  holds: "✓",
  wrong: "✗",
  "not finished": "…"
};
function drawAnswer(answer) {
  const sign = make("span", { class: "dk-sign", "aria-hidden": true, text: SIGNS[answer.kind] });
  const parts = [make("p", { class: "dk-head" }, sign, answer.head)];
  const more = answer.more.map((text) => make("li", { text }));
  if (more.length) parts.push(make("ul", { class: "dk-more" }, ...more));
  const steps = answer.steps.map((text) => text.trimEnd());
  const list = make("pre", { class: "dk-steps", text: steps.join("\n") });
  return [...parts, ...steps.length ? [list] : []];
}

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

// pmulab/view/js/lines.js
var Lines = class extends Panel {
  /** @param {Model<PanelTraits>} model */
  constructor(model) {
    super(model, "pmulab-lines");
    this.title = make("h2");
    this.about = make("p", { class: "ln-about" });
    this.code = make("div", { class: "ln-code" });
    this.answer = make("div", { class: "dk-answer", "aria-live": "polite" });
    const all = { text: "All on", onclick: () => this.order("reset") };
    this.all = button({ ...all, title: "Switch every line on, where it was (Escape)" });
    this.each = button({ text: "Try each line", onclick: () => this.order("survey") });
    this.stop = button({ text: "Stop", class: "dk-stop", onclick: () => this.order("stop") });
    this.play = button({ text: "In the player", onclick: () => this.order("play") });
    const keys = make("span", {
      class: "dk-keys",
      text: "↑ ↓ line · Space on/off · Alt+↑ ↓ moves it"
    });
    const buttons = [this.all, this.each, this.play, this.stop];
    const bar = make("div", { class: "dk-bar" }, ...buttons, this.busy, keys);
    this.root.append(this.title, this.about, this.code, bar, this.answer);
    this.at = 0;
    this.redraw();
  }
  /** @returns {HTMLButtonElement[]} */
  get switches() {
    return [.../** @type {any} */
    this.code.querySelectorAll("[role=switch]")];
  }
  /** @override @param {KeyboardEvent} event */
  key(event) {
    const { key, altKey } = event;
    const target = (
      /** @type {Element} */
      event.target
    );
    const row = this.facts?.rows[this.at];
    const way = { ArrowUp: -1, ArrowDown: 1 }[key];
    if (key === "Escape") this.order("reset");
    else if (way && altKey && row) this.order("move", row.n, way);
    else if (way) this.goTo(this.at + way);
    else if (key === "Home") this.goTo(0);
    else if (key === "End") this.goTo(Number.POSITIVE_INFINITY);
    else if (key === " " && target.getAttribute("role") === "switch" && row)
      this.order("switch", row.n);
    else return false;
    return true;
  }
  /** @param {number} n */
  goTo(n) {
    const all = this.switches;
    this.at = Math.max(0, Math.min(n, all.length - 1));
    for (const [k, one] of all.entries()) one.tabIndex = k === this.at ? 0 : -1;
    all[this.at]?.focus();
  }
  /** @override @param {LinesFacts} facts */
  draw(facts) {
    const inside = this.code.contains(document.activeElement);
    const chosen = inside ? this.chosen : void 0;
    set(this.root, { "aria-label": `Lines of ${facts.title}` });
    set(this.title, { text: facts.title });
    set(this.about, { text: facts.about });
    const head = make("div", { class: "ln-head" }, ...coloured(facts.head));
    this.code.replaceChildren(head, ...facts.rows.flatMap((row, k) => this.row(row, k)));
    if (chosen) this.goTo(facts.rows.findIndex((row) => row.n === chosen));
    set(this.all, { "aria-disabled": !facts.edited });
    const { answer, asks } = facts;
    this.play.hidden = !answer?.trace;
    this.answer.dataset.kind = asks ? "asks" : answer?.kind ?? "waits";
    const words = make("p", { class: "dk-head", text: asks || "…" });
    this.answer.replaceChildren(...asks || !answer ? [words] : drawAnswer(answer));
  }
  /** @param {LineFacts} row @param {number} k */
  row(row, k) {
    const pad = { style: `padding-left: ${row.depth * 4}ch` };
    const off = row.off || row.inside;
    const first = row.text.split("\n")[0];
    const own = button(
      {
        role: "switch",
        "aria-checked": !off,
        "aria-label": `line ${row.n}, ${first}`,
        class: "ln-switch",
        tabindex: k === this.at ? 0 : -1,
        onfocus: () => this.choose(k),
        onclick: () => this.order("switch", row.n)
      },
      make("span", { class: "ln-knob" })
    );
    const text = make("code", { class: "ln-text", ...pad }, ...coloured(row.text));
    const mark = row.kind && !off ? this.mark(row) : "";
    const place = make("span", { class: "ln-n", text: row.n });
    const moves = make("span", { class: "ln-moves" }, this.mover(row, -1), this.mover(row, 1));
    const look = `ln-row ${off ? "ln-off" : ""} ${row.moved ? "ln-moved" : ""} ln-${row.kind}`;
    const line = make("div", { class: look }, own, place, text, mark, moves);
    const above = row.comment ? [this.aside(row.comment, pad)] : [];
    const at = (depth) => ({ style: `padding-left: ${depth * 4}ch` });
    const before = row.otherwise ? [this.aside(row.otherwise, at(row.depth - 1))] : [];
    const after = row.closes.map((depth) => this.aside("}", at(depth)));
    return [...before, ...above, line, ...after];
  }
  /** @param {number} k */
  choose(k) {
    this.at = k;
    this.chosen = this.facts?.rows[k].n;
    for (const [n, one] of this.switches.entries()) one.tabIndex = n === k ? 0 : -1;
  }
  /** @param {string} text @param {{ style: string }} pad */
  aside(text, pad) {
    return make("div", { class: "ln-aside" }, make("code", pad, ...coloured(text)));
  }
  /** @param {LineFacts} row */
  mark(row) {
    const sign = make("span", { "aria-hidden": true, text: `${SIGNS[row.kind]} ` });
    return make("span", { class: "ln-mark", title: row.says }, sign, row.chip);
  }
  /** @param {LineFacts} row @param {number} way */
  mover(row, way) {
    const where = way < 0 ? "up" : "down";
    return button({
      text: way < 0 ? "▴" : "▾",
      tabindex: -1,
      "aria-label": `Move line ${row.n} ${where}`,
      "aria-disabled": !(way < 0 ? row.up : row.down),
      onclick: () => this.order("move", row.n, way)
    });
  }
};
var lines_default = widget(Lines);
export {
  lines_default as default
};
