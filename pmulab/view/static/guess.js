// Made by `make bundle` of these modules, sha256 0b013c46bb03fe26: dom.js guess.js
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

// pmulab/view/js/guess.js
function render({ model, el }) {
  const question = model.get("question");
  const input = make("input", {
    type: "text",
    value: model.get("guess"),
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "what do you expect?",
    "aria-label": `Your guess, question ${question}`
  });
  const button = make("button", { type: "button" });
  const state = make("span", { class: "pg-state", role: "status" });
  const row = make(
    "div",
    { class: "pmulab-view pmulab-guess", "data-lm-suppress-shortcuts": "true" },
    make("span", { class: "pg-name", text: "Your guess" }),
    input,
    button,
    state
  );
  const draw = () => {
    const waits = model.get("waits");
    row.classList.toggle("pg-waits", waits);
    say(button, waits ? "Show" : "Keep");
    if (waits) say(state, "Enter shows what happens");
    else say(state, model.get("guess") ? "kept" : "no guess");
  };
  const answer = () => {
    model.set("guess", input.value.trim());
    model.set("waits", false);
    model.save_changes();
    draw();
  };
  button.addEventListener("click", answer);
  const deaf = onKeys(input, (event) => {
    if (event.key === "Tab" || event.shiftKey && event.key === "Enter") return;
    event.stopPropagation();
    if (event.key === "Enter") answer();
  });
  model.on("change:waits", draw);
  el.append(row);
  draw();
  return () => {
    deaf();
    model.off("change:waits", draw);
  };
}
var guess_default = { render };
export {
  guess_default as default
};
