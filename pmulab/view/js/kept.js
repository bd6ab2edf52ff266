// @ts-check
// Notebooks that JupyterLite keeps in the browser: those that a learner has edited.

const FILES = "files";
const SAVE = '[data-command="docmanager:save"]';
const UNSAVED = ".lm-TabBar-tab.lm-mod-current.jp-mod-dirty";
const PATIENCE_MS = 5000;

/** @typedef {{ cell_type: string, source: string | string[], metadata: object }} Cell */
/** @typedef {{ cells: Cell[], metadata: object, nbformat: number, nbformat_minor: number }} Notebook */
/** @typedef {{ type: string, path: string, name: string, content: Notebook }} Kept */

/** Give them as texts by name, without outputs. @returns {Promise<{ [name: string]: string }>} */
export async function notebooksKept() {
  const found = await rows();
  return Object.fromEntries(
    found
      .filter(({ type, path }) => type === "notebook" && !path.includes("/"))
      .map(({ path, content }) => [path, JSON.stringify(bare(content))]),
  );
}

/** Find the notebook of a lesson: "2" is 02-…, "7b" is 07b-…. @param {string} number */
export async function notebookKept(number) {
  const found = await rows();
  return found.find(({ path }) => path.match(/^0*(\w+)-.*\.ipynb$/)?.[1] === number);
}

/** Fetch a notebook as the site has it. @param {string} path @returns {Promise<Notebook>} */
export async function notebookServed(path) {
  const found = await fetch(`${baseUrl()}files/${encodeURIComponent(path)}`, { cache: "no-cache" });
  if (!found.ok) throw new Error(`the site has no ${path}`);
  return found.json();
}

/**
 * Put a notebook in another's place, or the site's where none is given; the old text stays beside it
 * as a file. What was written is read back.
 * @param {Kept} old @param {string} aside @param {Notebook | undefined} made
 */
export async function replaced(old, aside, made) {
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

/** @returns {Promise<Kept[]>} */
async function rows() {
  const database = await opened();
  const kept = database
    ? await answer(database.transaction(FILES).objectStore(FILES).getAll())
    : [];
  database?.close();
  return kept;
}

async function opened() {
  const name = `JupyterLite Storage - ${baseUrl()}`;
  const known = await indexedDB.databases();
  // To open what is not there would make it.
  if (!known.some((one) => one.name === name)) return undefined;
  const database = await answer(indexedDB.open(name));
  return database.objectStoreNames.contains(FILES) ? database : undefined;
}

/** Save the notebook, as its toolbar does, and wait until it is. @param {HTMLElement} row */
export async function saved(row) {
  const save = row.closest(".jp-NotebookPanel")?.querySelector(SAVE);
  if (save instanceof HTMLElement) save.click();
  const end = performance.now() + PATIENCE_MS;
  do await new Promise(requestAnimationFrame);
  while (document.querySelector(UNSAVED) && performance.now() < end);
}

function baseUrl() {
  const said = document.getElementById("jupyter-config-data")?.textContent;
  return JSON.parse(said || "{}").baseUrl ?? "/";
}

/** @param {Notebook} notebook */
function bare(notebook) {
  const cells = notebook.cells.map(({ cell_type, source, metadata }) => {
    return { cell_type, source, metadata };
  });
  return { ...notebook, cells };
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
