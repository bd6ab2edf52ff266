// @ts-check
// Elements: making them, and changing what they say.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {string | number | boolean | undefined | ((event: Event) => void)} Attribute */
/** @typedef {{ [name: string]: Attribute }} Attributes */

/**
 * Make an element: tag, attributes (`text` is its text, `on...` a listener), children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Attributes} attributes @param {(Node | string)[]} children
 */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag @param {Attributes} attributes @param {Node[]} children
 */
export function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** @param {Attributes} attributes @param {(Node | string)[]} children */
export function button(attributes, ...children) {
  return make("button", { type: "button", ...attributes }, ...children);
}

/**
 * Make the titles of columns.
 * @param {string[]} texts
 */
export function titles(...texts) {
  return texts.map((text) => make("th", { scope: "col", text }));
}

/**
 * Make what holds a whole view. JupyterLab's shortcuts stay away from what carries
 * lm-suppress-shortcuts.
 * @param {string} kind @param {Attributes} attributes @param {(Node | string)[]} children
 */
export function makeView(kind, attributes, ...children) {
  const own = { class: `pmulab-view ${kind}`, "data-lm-suppress-shortcuts": "true" };
  return make("div", { ...own, ...attributes }, ...children);
}

/**
 * @template {Element} E
 * @param {E} element @param {Attributes} attributes @param {(Node | string)[]} children
 */
function filled(element, attributes, children) {
  set(element, attributes);
  element.append(...children);
  return element;
}

/** @param {Element} element @param {Attributes} attributes */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = `${value}`;
    else if (value !== undefined) element.setAttribute(name, `${value}`);
  }
}

/**
 * Change a text only where it differs: writing the same text again costs a layout.
 * @param {Element} element @param {string | number} text
 */
export function say(element, text) {
  if (element.textContent !== `${text}`) element.textContent = `${text}`;
}

/**
 * Say several sentences: the first is what happened; what holds besides weighs less.
 * @param {Element} element @param {string} text
 */
export function sayFirst(element, text) {
  if (element.textContent === text) return;
  const end = text.indexOf(". ") + 1 || text.length;
  const rest = make("span", { class: "pl-rest", text: text.slice(end) });
  element.replaceChildren(text.slice(0, end), rest);
}

/**
 * Fill in a sentence that Python sent, "step {n} of {length}".
 * @param {string} sentence @param {{ [name: string]: string | number }} values
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => `${values[name]}`);
}
