// Made by `make bundle` of these modules, sha256 4380611ee61f4584: bench.js dom.js events.js panel.js stepper.js
// pmulab/view/js/dom.js
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}
function button(attributes, ...children) {
  return make("button", { type: "button", ...attributes }, ...children);
}
function titles(...texts) {
  return texts.map((text) => make("th", { scope: "col", text }));
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
function scrolls(label) {
  return { tabindex: 0, role: "group", "aria-label": label, "data-scrolls": "" };
}
function reachable(box, label) {
  const look = scrolls(label);
  const sizes = new ResizeObserver(() => {
    const more = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (more) set(box, look);
    else for (const name of Object.keys(look)) box.removeAttribute(name);
  });
  for (const one of [box, ...box.children]) sizes.observe(one);
  return () => sizes.disconnect();
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

// pmulab/view/js/bench.js
var HINT = "Point at a move or a law, or go there by arrow keys: here stands what it does. “A is due”: what A's own PMU would hold. No value: it is in the hardware.";
var ORDERS = [
  ["undo", "↶ Undo", "Take the last move back (u)"],
  ["redo", "↷ Redo", "Do it again (r)"],
  ["restart", "Restart", "Take everything back"],
  ["surprise", "Surprise me", "Do one of the possible moves (s)"],
  ["find_break", "Shortest break from here", "Search for what breaks a law (b)"],
  ["find_overflow", "Nearest overflow", "How far is it to a counter's overflow? (o)"],
  ["play", "In the player", "Open the path in the player (p)"]
];
var KEYS = {
  u: "undo",
  r: "redo",
  s: "surprise",
  b: "find_break",
  o: "find_overflow",
  p: "play",
  Escape: "stop"
};
var WAYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
var Bench = class extends Panel {
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
        button({ text, title, onclick: () => this.order(order) })
      ])
    );
    const stop = button({ text: "Stop", class: "dk-stop", onclick: () => this.order("stop") });
    const copies = [
      button({ text: "Copy path", onclick: () => this.copy("share") }),
      button({ text: "Copy as a cell", onclick: () => this.copy("cell") })
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
    return [.../** @type {any} */
    this.moves.querySelectorAll("button")];
  }
  /** @override @param {KeyboardEvent} event */
  key(event) {
    const { key, altKey } = event;
    const target = (
      /** @type {Element} */
      event.target
    );
    if (key === " " || key === "Enter" || altKey) return false;
    const group = [this.all, this.laws].find((all) => all.some((one) => one === target));
    if (key in WAYS && group) this.goTo(this.place(target, group) + WAYS[key], group);
    else if (key in KEYS) this.order(KEYS[key]);
    else return false;
    return true;
  }
  /** @param {Element} target @param {HTMLButtonElement[]} all */
  place(target, all) {
    return all.indexOf(
      /** @type {HTMLButtonElement} */
      target
    );
  }
  /** @param {number} k */
  goTo(k, all = this.all) {
    all[(k + all.length) % all.length]?.focus();
  }
  /** @returns {HTMLButtonElement[]} */
  get laws() {
    return [.../** @type {any} */
    this.lamps.querySelectorAll("button")];
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
    const groups = /* @__PURE__ */ new Map();
    for (const move of moves.filter((one) => one.possible))
      groups.set(move.who, [...groups.get(move.who) ?? [], move]);
    const sorted = [...groups].sort(([a], [b]) => Number(a === "host") - Number(b === "host"));
    const drawn2 = sorted.map(([who, own]) => {
      const name = make("h3", { text: who === "host" ? "The host" : `Guest ${who}` });
      return make("div", { class: `bn-group bn-${who}` }, name, ...own.map((m) => this.move(m)));
    });
    const none = make("p", { class: "bn-none", text: "Nothing more is possible: undo." });
    this.moves.replaceChildren(...drawn2.length ? drawn2 : [none]);
    for (const [k, one] of this.all.entries()) one.tabIndex = k ? -1 : 0;
  }
  /** @param {BenchMove} move */
  move(move) {
    const words = move.text.match(/^(?:host:? |\w+ )(.*?)(?: \((.*)\))?$/) ?? [];
    const [, does = move.text, code = ""] = words;
    const effect = move.effect.join("; ").replaceAll(" -> ", " → ");
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
        onclick: () => this.order("do", move.n)
      },
      make("span", { text: does }),
      ...code ? [make("code", { text: code.split("; ")[0] })] : []
    );
    return own;
  }
  /** @param {BenchFacts} facts */
  drawTable({ places, table }) {
    const head = make("tr", {}, ...titles("register", ...places));
    const rows = table.map(([name, cells]) => {
      const drawn2 = cells.map(
        ([text, fresh]) => make("td", { class: fresh ? "bn-fresh" : "", text: fresh ? `◂ ${text}` : text })
      );
      return make("tr", {}, make("th", { scope: "row", text: name }), ...drawn2);
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
    if (verdict.length) this.left.append(this.says);
    else this.past.before(this.says);
    const lines = rest.map((text) => make("li", { text: text.trim() }));
    const go = button({ text: "Do these", onclick: () => this.order("follow") });
    this.says.replaceChildren(
      ...first ? [make("p", { class: "dk-head", text: first })] : [],
      ...lines.length ? [make("ul", { class: "dk-more" }, ...lines)] : [],
      ...ahead.length ? [go] : []
    );
  }
};
var bench_default = widget(Bench);
export {
  bench_default as default
};
