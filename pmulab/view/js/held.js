// @ts-check
// Keys for a field that is on its way. Between Shift+Enter and the field's arrival the focus is in
// the notebook, where `00` restarts the kernel and `dd` deletes a cell; so they are held for it.

const PATIENCE_MS = 10_000;
const SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)";
const ASKS = /^(predict|self_test)\(/;
const WRITES = "input, textarea, select, [contenteditable='true']";

class Held {
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
    // Each open notebook has an active cell; that of a hidden tab is not the one that runs.
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
}

/** @param {KeyboardEvent} event */
function isAnOrder(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab";
}

/** Return the one of this page: each widget is a file of its own, the page is theirs together. */
export function held() {
  const page = /** @type {Window & { pmulabHeld?: Held }} */ (window);
  page.pmulabHeld ??= new Held();
  return page.pmulabHeld;
}
