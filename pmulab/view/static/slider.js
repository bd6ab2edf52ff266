// Made by `make bundle` of these modules, sha256 9ba77c158829b281: dom.js slider.js
// pmulab/view/js/dom.js
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== void 0 && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
function onKeys(root, act) {
  const listener = (event) => {
    if (root.contains(event.target)) act(event);
  };
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
}

// pmulab/view/js/slider.js
function render({ model, el }) {
  const texts = model.get("texts");
  const name = make("span", { class: "pl-label", text: model.get("label") });
  const shown = make("output", { class: "pl-value" });
  const input = make("input", {
    type: "range",
    min: 0,
    max: texts.length - 1,
    "aria-label": model.get("label")
  });
  const draw = () => {
    const index = model.get("index");
    input.value = index;
    input.setAttribute("aria-valuetext", texts[index]);
    say(shown, texts[index]);
  };
  input.addEventListener("input", () => {
    model.set("index", Number(input.value));
    model.save_changes();
  });
  const deaf = onKeys(input, (e) => {
    if (e.key !== "Tab") e.stopPropagation();
  });
  model.on("change:index", draw);
  const attributes = { class: "pmulab-view pl-slider", "data-lm-suppress-shortcuts": "true" };
  el.append(make("div", attributes, name, input, shown));
  draw();
  return () => {
    deaf();
    model.off("change:index", draw);
  };
}
var slider_default = { render };
export {
  slider_default as default
};
