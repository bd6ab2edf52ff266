// Made by `make bundle` of these modules, sha256 9ab14fc08868bab7: dom.js events.js slider.js
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

// pmulab/view/js/slider.js
function render({ model, el }) {
  const [label, texts] = [model.get("label"), model.get("texts")];
  const name = make("span", { class: "pl-label", text: label });
  const shown = make("output", { class: "pl-value" });
  const range = { type: "range", min: 0, max: texts.length - 1, "aria-label": label };
  const input = make("input", range);
  input.addEventListener("input", () => {
    model.set("index", Number(input.value));
    model.save_changes();
  });
  const draw = () => {
    const index = model.get("index");
    input.value = `${index}`;
    set(input, { "aria-valuetext": texts[index] });
    say(shown, texts[index]);
  };
  const deaf = onKeys(
    input,
    () => false,
    (e) => e.key === "Tab"
  );
  model.on("change:index", draw);
  el.append(makeView("pl-slider", {}, name, input, shown));
  draw();
  return () => {
    deaf();
    model.off("change:index", draw);
  };
}
var slider_default = drawn(render);
export {
  slider_default as default
};
