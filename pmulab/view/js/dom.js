// Small helpers to make elements.

const SVG = "http://www.w3.org/2000/svg";

// Make an element: tag, attributes (`text` is its text, `on...` a listener), children.
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Change a text only where it differs: writing the same text again costs a layout.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Say several sentences: the first is what happened; what holds besides weighs less.
export function sayFirst(element, text) {
  if (element.textContent === text) return;
  const end = text.indexOf(". ") + 1 || text.length;
  element.replaceChildren(
    text.slice(0, end),
    make("span", { class: "pl-rest", text: text.slice(end) }),
  );
}

// Hear keys inside an element; returns what ends it. At the window and on the way down, because
// Notebook 7 takes keys for its cells before they reach an element.
export function onKeys(root, act) {
  const listener = (event) => {
    if (root.contains(event.target)) act(event);
  };
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
}
