// Made by `make bundle` of these modules, sha256 5b38ad4f042fb4db: dom.js events.js guess.js held.js
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

// pmulab/view/js/events.js
function foreign(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab" || runsTheCell(event);
}
function runsTheCell(event) {
  return event.shiftKey && event.key === "Enter";
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
  const render2 = (given) => {
    const { model, el } = given;
    const lost = () => el.classList.add("jupyter-widgets-disconnected");
    model.on("comm_live_update", lost);
    const end = draw(given);
    return () => {
      model.off("comm_live_update", lost);
      end?.();
    };
  };
  return { render: render2 };
}

// pmulab/view/js/held.js
var PATIENCE_MS = 1e4;
var SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)";
var ASKS = /^(predict|self_test)\(/;
var WRITES = "input, textarea, select, [contenteditable='true']";
var Held = class {
  /** @type {string[]} */
  keys = [];
  end = 0;
  /** Whether the cell that the user ran last asks, and its field has not come yet. */
  asked = false;
  constructor() {
    window.addEventListener("keydown", (e) => this.hear(e), true);
    window.addEventListener("click", (e) => this.press(e), true);
  }
  /** @param {KeyboardEvent} event */
  hear(event) {
    const { target, key } = event;
    const place = target instanceof Element ? target : document.body;
    if (key === "Enter" && (event.shiftKey || event.ctrlKey)) this.expect(place);
    else if (key === "Escape") this.end = 0;
    else if (performance.now() < this.end && !place.closest(WRITES) && !isAnOrder(event)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      this.keys.push(key);
    }
  }
  // The toolbar runs cells as well.
  /** @param {MouseEvent} event */
  press(event) {
    const { target } = event;
    if (target instanceof Element && target.closest('[data-command^="notebook:run-cell"]'))
      this.expect(target);
  }
  /** @param {Element} place */
  expect(place) {
    if (place.closest(".pmulab-guess")) return;
    const panel = place.closest(".jp-NotebookPanel") ?? document.querySelector(SHOWN);
    const cell = panel?.querySelector(".jp-Cell.jp-mod-active .cm-content");
    this.asked = ASKS.test(cell?.textContent ?? "");
    this.end = this.asked ? performance.now() + PATIENCE_MS : 0;
    this.keys = [];
  }
  /** Give what was typed meanwhile. */
  take() {
    const keys = performance.now() < this.end ? this.keys : [];
    this.end = 0;
    this.asked = false;
    return keys;
  }
};
function isAnOrder(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab";
}
function held() {
  const page = (
    /** @type {Window & { pmulabHeld?: Held }} */
    window
  );
  page.pmulabHeld ??= new Held();
  return page.pmulabHeld;
}

// pmulab/view/js/guess.js
var SIGNS = { right: "✓", wrong: "≠", none: "", "": "" };
var STAYS_MS = 1e3;
var FRAMES = 100;
var names = 0;
function render({ model, el }) {
  const keys = held();
  const field = makeField(model.get("choices"), model.get("guess"), model.get("question"));
  let seen = false;
  let lacks = false;
  const answer = () => {
    seen = false;
    lacks = false;
    model.set("guess", field.value());
    model.set("waits", false);
    model.save_changes();
    draw();
  };
  const enter = () => {
    lacks = model.get("waits") && !field.value();
    if (lacks) draw();
    else answer();
  };
  const keep = button({ onclick: answer });
  const hint = make("span", { class: "pg-state", role: "status" });
  const sign = make("span", { class: "pg-sign", "aria-hidden": "true" });
  const text = make("span");
  const says = make("p", { class: "pg-says", role: "status" }, sign, text);
  const why = make("div", { class: "pg-why" });
  const name = make("span", { class: "pg-name", text: model.get("label") });
  const line = make("div", { class: "pg-line" }, name, field.root, keep, hint);
  const asks = make("div", { class: "pg-asks" });
  asks.innerHTML = model.get("asks");
  const row = makeView("pmulab-guess", {}, asks, line, says, why);
  const draw = () => {
    const waits = model.get("waits");
    row.classList.toggle("pg-waits", waits);
    row.dataset.kind = model.get("kind");
    say(keep, waits ? "Show" : `Keep this ${model.get("asks") ? "answer" : "guess"}`);
    const then = model.get("asks") ? "Enter shows the answer" : "Enter shows what happens";
    const next = lacks ? field.asks : then;
    const none = model.get("asks") ? "no answer" : "no guess";
    say(hint, waits ? next : model.get("guess") ? model.get("kept") : none);
    hint.classList.toggle("pg-lost", model.get("kept").startsWith("not "));
    say(sign, SIGNS[model.get("kind")]);
    say(text, model.get("says"));
    if (why.innerHTML !== model.get("why")) why.innerHTML = model.get("why");
    if (!waits && !seen && field.root.contains(document.activeElement)) show();
  };
  const show = () => {
    seen = Boolean(model.get("says"));
    requestAnimationFrame(() => inView(row));
  };
  const act = (event) => {
    if (event.key === "Escape") leave(row, false);
    else if (event.target === keep && !runsTheCell(event)) return false;
    else if (event.key !== "Enter") return field.press(event.key);
    else enter();
    if (runsTheCell(event)) leave(row, true);
    return event.key === "Enter" || event.key === "Escape";
  };
  const deaf = onKeys(row, act, (e) => e.key === "Tab" || e.ctrlKey || e.metaKey || e.altKey);
  const traits = ["waits", "kind", "says", "why", "kept"];
  for (const trait of traits) model.on(`change:${trait}`, draw);
  el.append(row);
  draw();
  if (keys.asked)
    takeFocus(row, field, () => {
      const typed = keys.take();
      const last = typed.indexOf("Enter");
      for (const key of last < 0 ? typed : typed.slice(0, last)) field.type(key);
      if (last >= 0) enter();
    });
  return () => {
    deaf();
    for (const trait of traits) model.off(`change:${trait}`, draw);
  };
}
function makeField(choices, kept, label) {
  return choices.length ? makeChoices(choices, kept, label) : makeEntry(kept, label);
}
function makeEntry(kept, label) {
  const root = make("input", {
    type: "text",
    class: "pl-entry",
    value: kept,
    autocomplete: "off",
    spellcheck: false,
    placeholder: "a number, or several",
    "aria-label": label
  });
  return {
    root,
    asks: "Type a number first, or press Show",
    value: () => root.value.trim(),
    first: () => root,
    press: () => false,
    type(key) {
      if (key.length === 1) root.value += key;
      else if (key === "Backspace") root.value = root.value.slice(0, -1);
    }
  };
}
function makeChoices(choices, kept, label) {
  const group = `pmulab-guess-${Date.now()}-${names++}`;
  const inputs = choices.map((value) => make("input", { type: "radio", name: group, value }));
  for (const input of inputs) input.checked = input.value === kept;
  const labels = inputs.map((input) => make("label", {}, input, input.value));
  const root = make("div", { role: "radiogroup", class: "pg-choices" }, ...labels);
  set(root, { "aria-label": label });
  const chosen = () => inputs.find((input) => input.checked);
  let typed = "";
  const press = (key) => {
    if (key.length !== 1) return false;
    const found = [`${typed}${key}`.toLowerCase(), key.toLowerCase()].find((text) => named(text));
    const input = found === void 0 ? void 0 : named(found);
    if (!found || !input) return false;
    typed = found;
    input.checked = true;
    input.focus();
    return true;
  };
  const named = (text) => text.length === 1 && inputs["abcdefgh".indexOf(text)] || inputs.find((input) => input.value.toLowerCase().startsWith(text));
  return {
    root,
    asks: "Choose first: type a letter, or how your choice begins",
    value: () => chosen()?.value ?? "",
    first: () => chosen() ?? /** @type {HTMLElement} */
    inputs[0],
    press,
    type: press
  };
}
function takeFocus(row, field, then, frames = FRAMES) {
  if (!row.isConnected) {
    if (frames) requestAnimationFrame(() => takeFocus(row, field, then, frames - 1));
    return;
  }
  const cell = row.closest(".jp-Cell");
  const active = row.closest(".jp-Notebook")?.querySelector(".jp-Cell.jp-mod-active");
  const near = cell && (cell === active || cell.nextElementSibling === active);
  const writes = document.activeElement?.closest(".cm-content, .pmulab-view");
  if (!near || writes) return;
  field.first().focus();
  stay(row, field);
  then();
  if (row.classList.contains("pg-waits")) row.scrollIntoView({ block: "nearest" });
}
function stay(row, field) {
  const end = performance.now() + STAYS_MS;
  let byUser = false;
  const own = () => {
    byUser = true;
  };
  const leaves = (event) => {
    if (event.key === "Tab" || event.key === "Escape" || runsTheCell(event)) byUser = true;
  };
  const back = () => {
    if (byUser || performance.now() > end) return;
    setTimeout(() => byUser || row.contains(document.activeElement) || field.first().focus());
  };
  window.addEventListener("pointerdown", own, true);
  window.addEventListener("keydown", leaves, true);
  row.addEventListener("focusout", back);
  setTimeout(() => {
    window.removeEventListener("pointerdown", own, true);
    window.removeEventListener("keydown", leaves, true);
    row.removeEventListener("focusout", back);
  }, STAYS_MS);
}
function leave(row, forth) {
  const cell = row.closest(".jp-Cell");
  const to = forth && cell?.nextElementSibling || cell;
  if (!(to instanceof HTMLElement)) return;
  to.tabIndex = to.tabIndex < 0 ? -1 : to.tabIndex;
  to.focus();
}
function inView(row) {
  row.closest(".jp-OutputArea")?.scrollIntoView({ block: "nearest" });
  row.scrollIntoView({ block: "nearest" });
}
var guess_default = drawn(render);
export {
  guess_default as default
};
