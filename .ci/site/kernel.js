// @ts-check
// What the site's kernel loads as pyodide.mjs: Pyodide, with progress that outlives the page.
// A page over plain http has no service worker, and then Python has no folder that lasts. Its worker
// has IndexedDB, in which JupyterLite keeps the notebooks: so progress is kept there, a row at a time,
// for each open notebook has a worker of its own. Python finds the store as `pmulabStore`.
// Pyodide's compiled code lies packed beside this file, because not every server packs what it sends.

// Files that are not in the sources: the site has them beside this one.
const PYODIDE = "./core.mjs";
const COMPILED = "pyodide.asm.mjs";
const WASM = "pyodide.asm.wasm";
// As `pmulab.lab.course.progress` names it; the kernel begins in its home.
const FILE = "pmulab-progress.json";
const ROWS = "progress";

/** @typedef {{ [id: string]: unknown }} Exercises */
/** @typedef {{ question: string, guess: string }} Guess */
/** @typedef {{ pmulab_progress: number, exercises: Exercises, predictions: Guess[] }} Progress */

/** @param {object} options */
export async function loadPyodide(options) {
  const [python, store] = await Promise.all([started(options), opened()]);
  Object.assign(globalThis, { pmulabStore: store });
  if (store.text) python.FS.writeFile(FILE, store.text);
  return python;
}

/** @param {object} options */
async function started(options) {
  const [core, compiled] = await Promise.all([import(PYODIDE), module(COMPILED)]);
  const fetched = globalThis.fetch;
  const wasm = unpacked(WASM, "application/wasm");
  // Pyodide asks for it by this name.
  globalThis.fetch = (asked, init) => (`${asked}`.endsWith(WASM) ? wasm : fetched(asked, init));
  try {
    return await core.loadPyodide({ ...options, createPyodideModule: compiled.default });
  } finally {
    globalThis.fetch = fetched;
  }
}

/** @param {string} name */
async function module(name) {
  const text = await (await unpacked(name, "text/javascript")).blob();
  return import(URL.createObjectURL(text));
}

/** @param {string} name @param {string} type */
async function unpacked(name, type) {
  const packed = await fetch(new URL(`${name}.packed`, import.meta.url));
  if (!packed.ok || !packed.body) throw new Error(`${name}: ${packed.status}`);
  const body = packed.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(body, { headers: { "Content-Type": type } });
}

/** Open the store, or say why there is none. */
async function opened() {
  // Two sites of one server are two courses.
  const name = `pmulab ${new URL("../..", import.meta.url).pathname}`;
  try {
    const database = await answer(indexedDB.open(name), (request) => {
      request.result.createObjectStore(ROWS);
    });
    const text = await readBack(database);
    let waiting = 0;
    const queued = async (/** @type {string} */ part) => {
      waiting += 1;
      const there = await add(database, part).finally(() => {
        waiting -= 1;
      });
      // The file of a kernel is ahead of the store while another change is on its way.
      return waiting ? "" : there;
    };
    return { text, why: "", add: queued };
  } catch (error) {
    return { text: "", why: `${error}`, add: () => Promise.reject(error) };
  }
}

/**
 * Add rows and give all of it as read back; a promise that fails says why it is not kept.
 * @param {IDBDatabase} database @param {string} part
 */
async function add(database, part) {
  const change = database.transaction(ROWS, "readwrite", { durability: "strict" });
  const rows = change.objectStore(ROWS);
  const whole = JSON.stringify(joined(await answer(rows.get(ROWS)), JSON.parse(part)), null, 1);
  rows.put(whole, ROWS);
  await done(change);
  const there = await readBack(database);
  if (there !== whole) throw new Error("what was written is not what is there");
  return there;
}

/** @param {string | undefined} text @param {Progress} part */
function joined(text, part) {
  /** @type {Progress} */
  const whole = text ? JSON.parse(text) : { ...part, exercises: {}, predictions: [] };
  const asked = new Set(part.predictions.map((row) => row.question));
  const left = whole.predictions.filter((row) => !asked.has(row.question));
  const exercises = { ...whole.exercises, ...part.exercises };
  // An empty guess takes one back.
  const predictions = [...left, ...part.predictions.filter((row) => row.guess)];
  return { ...whole, exercises, predictions };
}

/** In a transaction of its own: the one that wrote has its own look at things. @param {IDBDatabase} database */
async function readBack(database) {
  const rows = database.transaction(ROWS).objectStore(ROWS);
  return /** @type {string} */ ((await answer(rows.get(ROWS))) ?? "");
}

/**
 * @template T @template {IDBRequest<T>} R
 * @param {R} request @param {(request: R) => void} upgrade @returns {Promise<T>}
 */
function answer(request, upgrade = () => {}) {
  return new Promise((resolve, reject) => {
    if (request instanceof IDBOpenDBRequest) request.onupgradeneeded = () => upgrade(request);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} change @returns {Promise<void>} */
function done(change) {
  return new Promise((resolve, reject) => {
    change.oncomplete = () => resolve();
    change.onerror = () => reject(change.error);
    change.onabort = () => reject(change.error);
  });
}
