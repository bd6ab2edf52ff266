// @ts-check
// Keys and pointers, as all views hear them.

import { set } from "./dom.js";

// What stays the browser's and the notebook's: Tab, Shift+Enter, anything with Ctrl, Alt, Meta.
/** @param {KeyboardEvent} event */
export function foreign(event) {
  return (
    event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab" || runsTheCell(event)
  );
}

/** @param {KeyboardEvent} event */
export function runsTheCell(event) {
  return event.shiftKey && event.key === "Enter";
}

/**
 * Go on to the cell below, as after running one: to run this one again would lose the position.
 * @param {Element} root
 */
export function goOn(root) {
  const next = root.closest(".jp-Cell")?.nextElementSibling;
  if (next instanceof HTMLElement) next.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

/**
 * Scroll a view into sight if its cell has just been run: that cell is active, or the one below.
 * @param {Element} root
 */
export function bringIntoView(root) {
  const cell = root.closest(".jp-Cell");
  const ran = [cell, cell?.nextElementSibling].some((c) => c?.classList.contains("jp-mod-active"));
  if (ran) root.scrollIntoView({ block: "nearest" });
}

/**
 * Hear keys inside an element; `act` says whether it used one. No key goes on to the notebook, where
 * d, x or arrows are orders, but those that are none of ours. Returns what ends it. At the window
 * and on the way down, because Notebook 7 takes keys for its cells before they reach an element.
 * @param {Element} root
 * @param {(event: KeyboardEvent) => boolean | void} act
 * @param {(event: KeyboardEvent) => boolean} passes
 */
export function onKeys(root, act, passes = foreign) {
  /** @param {KeyboardEvent} event */
  const listener = (event) => {
    if (!root.contains(/** @type {Node} */ (event.target)) || passes(event)) return;
    event.stopPropagation();
    // Arrows on a box that scrolls are for it.
    const box = /** @type {Element} */ (event.target).matches("[data-scrolls]");
    if (box && event.key.startsWith("Arrow")) return;
    if (act(event)) event.preventDefault();
  };
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
}

/** Say how a box looks that keys reach, so that arrows scroll it. @param {string} label */
export function scrolls(label) {
  return { tabindex: 0, role: "group", "aria-label": label, "data-scrolls": "" };
}

/**
 * Let keys reach a box for as long as there is more in it than it shows. Returns what ends it.
 * @param {HTMLElement} box @param {string} label
 */
export function reachable(box, label) {
  const look = scrolls(label);
  const sizes = new ResizeObserver(() => {
    const more = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (more) set(box, look);
    else for (const name of Object.keys(look)) box.removeAttribute(name);
  });
  for (const one of [box, ...box.children]) sizes.observe(one);
  return () => sizes.disconnect();
}

/** @type {{ [key: string]: number }} */
const STEPS = {
  ArrowLeft: -1,
  k: -1,
  ArrowRight: 1,
  j: 1,
  PageUp: -10,
  PageDown: 10,
  Home: -Infinity,
  End: Infinity,
};

/**
 * How many steps a key goes, or undefined.
 * @param {string} key
 */
export function stepsOf(key) {
  return STEPS[key];
}

/**
 * Act where an element is pressed, and wherever the pointer is dragged from there.
 * @param {HTMLElement | SVGElement} element
 * @param {(event: PointerEvent) => void} drag
 * @param {(event: PointerEvent) => void} press
 */
export function onDrag(element, drag, press = drag) {
  /** @param {PointerEvent} event */
  const down = (event) => {
    element.setPointerCapture(event.pointerId);
    press(event);
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    if (event.buttons & 1) drag(event);
  };
  element.addEventListener("pointerdown", /** @type {EventListener} */ (down));
  element.addEventListener("pointermove", /** @type {EventListener} */ (move));
}

/**
 * Make a widget of what draws it. One that has lost its kernel says so in ipywidgets' word, and
 * the static twin takes its place (`twins.css`).
 * @template Traits
 * @param {(given: import("./types.js").Given<Traits>) => (() => void) | void} draw
 */
export function drawn(draw) {
  /** @param {import("./types.js").Given<Traits>} given */
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
