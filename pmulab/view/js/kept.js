// @ts-check
// Notebooks that JupyterLite keeps in the browser: those that a learner has edited.

const FILES = "files";

/** @typedef {{ cell_type: string, source: string | string[], metadata: object }} Cell */
/** @typedef {{ cells: Cell[], metadata: object, nbformat: number, nbformat_minor: number }} Notebook */
/** @typedef {{ type: string, path: string, content: Notebook }} Kept */

/** Give them as texts by name, without outputs. @returns {Promise<{ [name: string]: string }>} */
export async function notebooksKept() {
  const found = await rows();
  return Object.fromEntries(
    found
      .filter(({ type, path }) => type === "notebook" && !path.includes("/"))
      .map(({ path, content }) => [path, JSON.stringify(bare(content))]),
  );
}

/** @returns {Promise<Kept[]>} */
async function rows() {
  const name = `JupyterLite Storage - ${baseUrl()}`;
  const known = await indexedDB.databases();
  // To open what is not there would make it.
  if (!known.some((one) => one.name === name)) return [];
  const database = await answer(indexedDB.open(name));
  const kept = database.objectStoreNames.contains(FILES)
    ? await answer(database.transaction(FILES).objectStore(FILES).getAll())
    : [];
  database.close();
  return kept;
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
