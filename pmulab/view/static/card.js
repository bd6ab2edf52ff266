// Made by `make bundle` of these modules, sha256 4f35a92b135b28cc: card.js dom.js edited.js events.js
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

// pmulab/view/js/edited.js
var SIGN = "jp-mod-dirty";
function watchEdits(inside, name, tell) {
  const cells = (
    /** @type {Set<Element>} */
    /* @__PURE__ */ new Set()
  );
  const seen = new MutationObserver(
    () => tell([...cells].some((cell) => cell.isConnected && cell.classList.contains(SIGN)))
  );
  const look = ({ target }) => {
    const cell = target instanceof Element ? target.closest(".jp-CodeCell") : null;
    const ours = cell?.closest(".jp-Notebook") === inside.closest(".jp-Notebook");
    const code = cell?.querySelector(".cm-content")?.textContent ?? "";
    if (!cell || !ours || cells.has(cell) || !code.includes(`class ${name()}(`)) return;
    cells.add(cell);
    seen.observe(cell, { attributes: true, attributeFilter: ["class"] });
  };
  document.addEventListener("focusin", look);
  return () => {
    document.removeEventListener("focusin", look);
    seen.disconnect();
  };
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

// pmulab/view/js/card.js
function render({ model, el }) {
  let asked = model.get("asked")[2] ?? 0;
  let edited = false;
  let refused = false;
  const ask = (what, step = 0) => {
    refused = edited && what === model.get("buttons")[0];
    if (refused) return tell();
    asked += 1;
    model.set("asked", [what, step, asked]);
    model.save_changes();
  };
  const page = make("div", { class: "pc-page" });
  const row = make("div", { class: "pc-buttons" });
  const told = make("span", { class: "pc-told", role: "status" });
  const bar = make("progress", { "aria-label": "checking", hidden: "" });
  const hints = make("div", { class: "pc-hints", role: "status" });
  const label = model.get("label");
  const root = makeView("pmulab-verdict-card", {
    role: "group",
    "aria-label": label,
    tabindex: -1
  });
  root.append(page);
  const draw = () => {
    page.innerHTML = model.get("html");
    for (const cell of page.querySelectorAll("tbody th")) {
      const number = Number(/\d+/.exec(`${cell.textContent}`)?.[0] ?? "");
      const steps = cell.closest("details");
      if (!steps || !number) continue;
      const name = `Open step ${number} in the player`;
      const open = button(
        { "aria-label": name, title: name, onclick: () => ask("step", number) },
        `${cell.textContent}`
      );
      cell.replaceChildren(open);
    }
    const made = model.get("buttons").map((name) => button({ onclick: () => ask(name) }, name));
    row.replaceChildren(...made, bar, told);
    page.firstElementChild?.append(row, hints);
  };
  const tell = () => {
    const what = refused ? "Nothing checked" : "Older than its cell";
    const older = `${what}: ${model.get("answer")} is edited and not run. Run it first.`;
    say(told, edited && !model.get("busy") ? older : model.get("told"));
    bar.toggleAttribute("hidden", !model.get("busy"));
    for (const one of row.querySelectorAll("button")) one.disabled = model.get("busy");
  };
  const hint = () => {
    const lines = model.get("said").map((text) => make("p", { text }));
    hints.replaceChildren(...lines);
  };
  const all = () => {
    set(root, { "aria-label": model.get("label") });
    draw();
    tell();
    hint();
  };
  const changed = "change:html change:buttons change:label";
  model.on(changed, all);
  model.on("change:told change:busy", tell);
  model.on("change:said", hint);
  const deaf = onKeys(root, () => false);
  const answer = () => model.get("answer");
  const unwatch = watchEdits(root, answer, (now) => {
    edited = now;
    refused = false;
    tell();
  });
  el.append(root);
  all();
  return () => {
    deaf();
    unwatch();
    model.off(changed, all);
    model.off("change:told change:busy", tell);
    model.off("change:said", hint);
  };
}
var card_default = { render };
export {
  card_default as default
};
