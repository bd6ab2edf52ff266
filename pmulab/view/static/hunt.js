// Made by `make bundle` of these modules, sha256 3b8d2a389387b187: code.js dom.js events.js hunt.js panel.js stepper.js
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

// pmulab/view/js/hunt.js
var MARKS = { right: "✓", wrong: "✗" };
var Hunt = class extends Panel {
  /** @param {Model<PanelTraits>} model */
  constructor(model) {
    super(model, "pmulab-lines pmulab-hunt");
    this.title = make("h2");
    this.about = make("p", { class: "ln-about" });
    this.code = make("div", { class: "ln-code" });
    this.bar = make("div", { class: "dk-bar" });
    this.answer = make("div", { class: "dk-answer", role: "status" });
    this.told = make("p", { class: "hn-told" });
    this.steps = make("pre", { class: "dk-steps" });
    const summary = make("summary", { text: "What happens" });
    this.story = make("details", { class: "hn-story", open: true }, summary, this.told, this.steps);
    this.root.append(this.title, this.about, this.code, this.answer, this.story, this.bar);
    this.field = void 0;
    this.does = "";
    this.at = 0;
    this.redraw();
  }
  /** @returns {HTMLButtonElement[]} */
  get lines() {
    return [.../** @type {any} */
    this.code.querySelectorAll(".hn-line")];
  }
  /** @override @param {KeyboardEvent} event */
  passes(event) {
    return !this.asks(event) && super.passes(event);
  }
  /** @param {KeyboardEvent} event */
  asks({ key, ctrlKey, metaKey, target }) {
    return key === "Enter" && (ctrlKey || metaKey) && target === this.field;
  }
  /** @override @param {KeyboardEvent} event */
  key(event) {
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (this.asks(event)) this.ask();
    else if (way && !this.field) this.lines[this.at + way]?.focus();
    else return false;
    return true;
  }
  ask() {
    this.order("ask", this.field?.value ?? "");
  }
  /** @override @param {HuntFacts} facts */
  draw(facts) {
    const inside = this.code.contains(document.activeElement);
    const other = this.title.textContent !== facts.title;
    set(this.root, { "aria-label": facts.title });
    set(this.title, { text: facts.title });
    say(this.about, facts.about);
    if (facts.edit) {
      if (other) this.code.replaceChildren(this.edited(facts.edit));
    } else {
      this.at = other ? 0 : this.at;
      this.code.replaceChildren(...facts.rows.map((row, k) => this.row(row, k)));
      if (inside) this.lines[this.at]?.focus();
    }
    this.answer.hidden = !facts.answer;
    this.answer.dataset.kind = facts.answer?.kind ?? "";
    this.answer.replaceChildren(...facts.answer ? drawAnswer(facts.answer) : []);
    this.story.hidden = !facts.steps.length;
    say(this.told, facts.told);
    say(this.steps, facts.steps.join("\n"));
    if (`${facts.does}` !== this.does) {
      this.does = `${facts.does}`;
      this.bar.replaceChildren(...facts.does.map((one) => this.doer(one)), this.busy);
    }
  }
  /** @param {[what: string, text: string]} one */
  doer([what, text]) {
    const act = what === "ask" ? () => this.ask() : () => this.order(what);
    return button({ text, onclick: act });
  }
  /** @param {HuntRow} row @param {number} k */
  row({ n, text, kind }, k) {
    const number = make("span", { class: "ln-n", text: n });
    const code = make("code", {}, ...coloured(text));
    const sign = make("span", { class: "hn-sign", text: MARKS[kind] ?? "" });
    const onclick = () => this.order("accuse", n);
    const onfocus = () => this.choose(k);
    const look = { class: "hn-line", "data-kind": kind, title: `Line ${n} is the guilty one` };
    return button(
      { ...look, tabindex: k === this.at ? 0 : -1, onclick, onfocus },
      number,
      code,
      sign
    );
  }
  /** @param {number} k */
  choose(k) {
    this.at = k;
    for (const [n, one] of this.lines.entries()) one.tabIndex = n === k ? 0 : -1;
  }
  /** @param {string} text */
  edited(text) {
    const rows = text.trimEnd().split("\n").length + 1;
    const look = { class: "hn-edit", rows, spellcheck: false, "aria-label": "The method, to edit" };
    this.field = make("textarea", look);
    this.field.value = text.trimEnd();
    return this.field;
  }
};
var hunt_default = widget(Hunt);
export {
  hunt_default as default
};
