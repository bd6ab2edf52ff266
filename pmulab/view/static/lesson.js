// Made by `make bundle` of these modules, sha256 589636906196b17d: dom.js events.js files.js hand_in.js held.js kept.js lesson.js renewal.js
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
function onKeys(root, act, passes2 = foreign) {
  const listener = (event) => {
    if (!root.contains(
      /** @type {Node} */
      event.target
    ) || passes2(event)) return;
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

// pmulab/view/js/files.js
function download(name, content, type) {
  const href = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 6e4);
}
function upload(accept) {
  return new Promise((resolve) => {
    const input = make("input", { type: "file", accept });
    input.onchange = async () => resolve(await input.files?.[0]?.text() ?? "");
    input.click();
  });
}

// pmulab/view/js/kept.js
var FILES = "files";
var SAVE = '[data-command="docmanager:save"]';
var UNSAVED = ".lm-TabBar-tab.lm-mod-current.jp-mod-dirty";
var PATIENCE_MS = 5e3;
async function notebooksKept() {
  const found = await rows();
  return Object.fromEntries(
    found.filter(({ type, path }) => type === "notebook" && !path.includes("/")).map(({ path, content }) => [path, JSON.stringify(bare(content))])
  );
}
async function notebookKept(number) {
  const found = await rows();
  return found.find(({ path }) => path.match(/^0*(\w+)-.*\.ipynb$/)?.[1] === number);
}
async function notebookServed(path) {
  const found = await fetch(`${baseUrl()}files/${encodeURIComponent(path)}`, { cache: "no-cache" });
  if (!found.ok) throw new Error(`the site has no ${path}`);
  return found.json();
}
async function replaced(old, aside, made) {
  const text = JSON.stringify(old.content);
  const beside = { ...old, name: aside, path: aside, type: "file", format: "text", content: text };
  const database = await opened();
  if (!database) throw new Error("this page keeps no notebooks");
  const files = () => database.transaction(FILES, "readwrite").objectStore(FILES);
  await answer(files().put(beside, aside));
  if (made) await answer(files().put({ ...old, content: made }, old.path));
  else await answer(files().delete(old.path));
  const there = [await answer(files().get(aside)), await answer(files().get(old.path))];
  database.close();
  if (there[0]?.content !== text || JSON.stringify(there[1]?.content) !== JSON.stringify(made))
    throw new Error("what was written is not what is there");
}
async function rows() {
  const database = await opened();
  const kept = database ? await answer(database.transaction(FILES).objectStore(FILES).getAll()) : [];
  database?.close();
  return kept;
}
async function opened() {
  const name = `JupyterLite Storage - ${baseUrl()}`;
  const known = await indexedDB.databases();
  if (!known.some((one) => one.name === name)) return void 0;
  const database = await answer(indexedDB.open(name));
  return database.objectStoreNames.contains(FILES) ? database : void 0;
}
async function saved(row) {
  const save = row.closest(".jp-NotebookPanel")?.querySelector(SAVE);
  if (save instanceof HTMLElement) save.click();
  const end = performance.now() + PATIENCE_MS;
  do
    await new Promise(requestAnimationFrame);
  while (document.querySelector(UNSAVED) && performance.now() < end);
}
function baseUrl() {
  const said = document.getElementById("jupyter-config-data")?.textContent;
  return JSON.parse(said || "{}").baseUrl ?? "/";
}
function bare(notebook) {
  const cells = notebook.cells.map(({ cell_type, source, metadata }) => {
    return { cell_type, source, metadata };
  });
  return { ...notebook, cells };
}
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// pmulab/view/js/hand_in.js
function drawHandIn(model, row, line) {
  const name = make("input", { type: "text", class: "pl-entry", autocomplete: "name" });
  const label = make("label", {}, "Your name ", name);
  const list = make("ul", { class: "ls-found" });
  const said = make("span", { class: "pg-state", role: "status" });
  const order = async (what) => {
    say(said, "one moment …");
    const before = document.activeElement;
    await saved(row);
    if (what === "look") name.focus();
    else if (before instanceof HTMLElement) before.focus();
    const notebooks = model.get("asks") ? JSON.stringify(await notebooksKept()) : "";
    model.send({ do: what, learner: name.value.trim(), notebooks });
  };
  const write = () => {
    if (name.value.trim()) order("file");
    else {
      say(said, "The file needs your name");
      name.focus();
    }
  };
  const form = make("div", { class: "ls-hand-in", hidden: true }, list);
  const commit = button({ onclick: write }, "Write the file");
  form.append(make("div", { class: "pg-line" }, label, commit, said));
  const look = () => {
    form.hidden = false;
    open.setAttribute("aria-expanded", "true");
    order("look");
  };
  const open = button({ onclick: look, "aria-expanded": false }, "Hand in");
  line.append(open);
  row.append(form);
  const draw = (lines) => list.replaceChildren(...lines.map((text) => make("li", { text })));
  const found = () => {
    if (!model.get("found").length) return;
    draw(model.get("found"));
    say(said, "");
  };
  const give = () => {
    const [file, content, ...has] = model.get("file");
    if (!file || content === void 0) return;
    const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
    download(file, bytes, "application/zip");
    draw(has);
    say(said, `${file} is made, read back, and with your browser's downloads`);
  };
  const act = (event) => {
    const enters = event.key === "Enter" && event.target === name;
    if (enters) write();
    return enters;
  };
  const deaf = onKeys(form, act, (event) => event.key === "Tab" || runsTheCell(event));
  model.on("change:found", found);
  model.on("change:file", give);
  return () => {
    deaf();
    model.off("change:found", found);
    model.off("change:file", give);
  };
}

// pmulab/view/js/held.js
var PATIENCE_MS2 = 1e4;
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
    this.end = this.asked ? performance.now() + PATIENCE_MS2 : 0;
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

// pmulab/view/js/renewal.js
function drawRenewal(model, row) {
  const notice = make("p", { class: "ls-notice", "data-kind": "note", text: model.get("renews") });
  const list = make("ul", { class: "ls-found" });
  const said = make("span", { class: "pg-state", role: "status" });
  let then = () => {
  };
  const both = async () => {
    await saved(row);
    const mine = await notebookKept(model.get("number"));
    if (!mine) throw new Error("this browser keeps no such notebook; open the page anew");
    return { mine, served: await notebookServed(mine.path) };
  };
  const safely = (act) => act().catch((error) => say(said, `${error.message ?? error}`));
  const take = (made) => safely(async () => {
    const { mine } = await both();
    await replaced(mine, `${mine.path}.of-${model.get("date")}`, made);
    location.reload();
  });
  const offer = (lines, what, act) => {
    list.replaceChildren(...lines.map((text) => make("li", { text })));
    say(said, "");
    say(go, what);
    then = act;
    go.hidden = false;
    go.focus();
  };
  const look = () => safely(async () => {
    const { mine, served } = await both();
    const texts = { mine: JSON.stringify(mine.content), new: JSON.stringify(served) };
    model.send({ do: "join", ...texts });
  });
  const reset = () => {
    const beside = "The site's notebook as it is. Yours stays beside it as a file.";
    offer([beside], "Reset it: the page opens anew", () => take(void 0));
  };
  const joined = () => {
    const [text, ...changes] = model.get("joined");
    if (!text) return;
    const lines = [...changes, "Your notebook as it was stays beside it as a file."];
    offer(lines, "Take it: the page opens anew", () => take(JSON.parse(text)));
  };
  const go = button({ onclick: () => then() });
  go.hidden = true;
  const keep = button({ onclick: look }, "Take the new text, keep my answers");
  const drop = button({ onclick: reset }, "Reset this notebook");
  row.append(notice, make("div", { class: "pg-line" }, keep, drop, said), list, go);
  model.on("change:joined", joined);
  return () => model.off("change:joined", joined);
}

// pmulab/view/js/lesson.js
function render({ model, el }) {
  held();
  const says = make("div", { class: "pg-line" }, make("p", { text: model.get("says") }));
  const row = makeView("pmulab-lesson", {}, says);
  el.append(row);
  const deaf = onKeys(row, () => false, passes);
  const ends = [deaf];
  if (model.get("renews")) ends.push(drawRenewal(model, row));
  if (model.get("notice")) ends.push(drawNotice(model, row));
  if (model.get("hands")) ends.push(drawHandIn(model, row, says));
  return () => {
    for (const end of ends) end();
  };
}
function passes(event) {
  return event.key === "Tab" || runsTheCell(event);
}
function drawNotice(model, row) {
  const ask = () => {
    model.set("asked", model.get("asked") + 1);
    model.save_changes();
  };
  const bring = async () => {
    model.set("brought", await upload(".json"));
    model.save_changes();
  };
  const said = make("span", { class: "pg-state", role: "status" });
  const notice = make("p", { class: "ls-notice", text: model.get("notice") });
  notice.dataset.kind = model.get("alarm") ? "alarm" : "note";
  const down = button({ onclick: ask }, "Download progress");
  const up = button({ onclick: bring }, "Bring a file of progress");
  row.append(notice, make("div", { class: "pg-line" }, down, up, said));
  const give = () => {
    const [name, text] = model.get("given");
    if (name && text) download(name, text, "application/json");
  };
  const draw = () => say(said, model.get("outcome"));
  model.on("change:given", give);
  model.on("change:outcome", draw);
  draw();
  return () => {
    model.off("change:given", give);
    model.off("change:outcome", draw);
  };
}
var lesson_default = drawn(render);
export {
  lesson_default as default
};
