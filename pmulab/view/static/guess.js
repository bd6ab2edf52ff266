// Made by `make bundle` of these modules, sha256 518922f9e9f87139: dom.js events.js guess.js
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

// pmulab/view/js/guess.js
function render({ model, el }) {
  const label = model.get("label");
  const input = make("input", {
    type: "text",
    class: "pl-entry",
    value: model.get("guess"),
    autocomplete: "off",
    spellcheck: false,
    placeholder: "what do you expect?",
    "aria-label": `${label}, question ${model.get("question")}`
  });
  const answer = () => {
    model.set("guess", input.value.trim());
    model.set("waits", false);
    model.save_changes();
    draw();
  };
  const keep = button({ onclick: answer });
  const state = make("span", { class: "pg-state", role: "status" });
  const name = make("span", { class: "pg-name", text: label });
  const row = makeView("pmulab-guess", {}, name, input, keep, state);
  const draw = () => {
    const waits = model.get("waits");
    row.classList.toggle("pg-waits", waits);
    say(keep, waits ? "Show" : "Keep");
    if (waits) say(state, "Enter shows what happens");
    else say(state, model.get("guess") ? "kept" : "no guess");
  };
  const passes = (e) => e.key === "Tab" || runsTheCell(e);
  const deaf = onKeys(input, (e) => e.key === "Enter" && answer(), passes);
  model.on("change:waits", draw);
  el.append(row);
  draw();
  return () => {
    deaf();
    model.off("change:waits", draw);
  };
}
var guess_default = drawn(render);
export {
  guess_default as default
};
