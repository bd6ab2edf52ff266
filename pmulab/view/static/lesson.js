// Made by `make bundle` of these modules, sha256 2439818f25030a4a: dom.js events.js held.js lesson.js
// pmulab/view/js/dom.js
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
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

// pmulab/view/js/events.js
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

// pmulab/view/js/lesson.js
function render({ model, el }) {
  held();
  el.append(makeView("pmulab-lesson", {}, model.get("says")));
}
var lesson_default = drawn(render);
export {
  lesson_default as default
};
