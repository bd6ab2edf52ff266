// @ts-check
// A widget in a page without a kernel: its record is drawn by the module that JupyterLab runs, and
// what it would ask Python for has been asked when the page was made.

const HERE = new URL(".", import.meta.url);
// Near the window it is drawn, before a reader gets there.
const NEAR = "3000px 0px";
const ANY = "*";
const FORGETS = "This page keeps nothing: your guesses are gone when you leave it. ";
const TAKES =
  " A file of progress goes beside the notebooks, or into the site by “Bring a file of progress”.";
/** @type {Map<string, string>} Guesses by question, as a notebook's progress has them. */
const guesses = new Map();

/** @typedef {{ [name: string]: any }} Traits */
/** @typedef {{ module?: string, classes?: string[], traits: Traits }} Kept */
/** @typedef {{ model: string, answer: string, due: number[], places: number, also: string[], named: { [word: string]: number }, figures: string }} Reads */
/** @typedef {{ root: string, models: { [id: string]: Kept }, watch?: [string, string][], reads?: Reads, guess?: string, asks?: boolean, needs?: boolean }} Record */
/** @typedef {{ [key: string]: [{ [id: string]: any }, string] }} Answers */

/** @param {string} path */
async function fetched(path) {
  const answer = await fetch(new URL(path, HERE));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

/** @type {Map<string, Promise<string>>} */
const texts = new Map();

/** @param {string} name */
function text(name) {
  const known = texts.get(name);
  if (known) return known;
  const coming = fetched(`texts/${name}.txt`).then((answer) => answer.text());
  texts.set(name, coming);
  return coming;
}

/**
 * Put each long text where its name stands.
 * @param {Traits} traits
 */
async function whole(traits) {
  const parts = Object.entries(traits).map(async ([name, value]) => {
    const long = typeof value?.text === "string" && !Array.isArray(value);
    return [name, long ? await text(value.text) : value];
  });
  return /** @type {Traits} */ (Object.fromEntries(await Promise.all(parts)));
}

/** What anywidget would give to a module. */
class Model {
  /** @param {string} id @param {Traits} traits @param {Page} page */
  constructor(id, traits, page) {
    this.id = id;
    this.traits = traits;
    this.first = { ...traits };
    this.page = page;
    /** @type {Map<string, Set<() => void>>} */
    this.heard = new Map();
  }

  /** @param {string} name */
  get(name) {
    return this.traits[name];
  }

  /** @param {string} name @param {any} value */
  set(name, value) {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    for (const act of [...(this.heard.get(`change:${name}`) ?? [])]) act();
  }

  save_changes() {
    this.page.saved(this.id);
  }

  /** @param {string} changes @param {() => void} act */
  on(changes, act) {
    for (const change of changes.split(" ")) {
      const heard = this.heard.get(change) ?? new Set();
      this.heard.set(change, heard.add(act));
    }
  }

  /** @param {string} changes @param {() => void} act */
  off(changes, act) {
    for (const change of changes.split(" ")) this.heard.get(change)?.delete(act);
  }

  /** @param {unknown} order */
  send(order) {
    this.page.ask(`${this.id} ${JSON.stringify(order)}`);
  }
}

/** One widget of a page, with all models in it. */
class Page {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.name = `${box.dataset.live}`;
    /** @type {Record} */
    this.record = { root: "", models: {} };
    /** @type {Map<string, Model>} */
    this.models = new Map();
    this.state = "0";
    this.saw = "";
    /** @type {Set<string>} Traits that an answer has set: they go back with the next one. */
    this.answered = new Set();
    /** @type {Promise<Answers> | undefined} */
    this.answers = undefined;
    this.notice = document.createElement("p");
    this.notice.className = "lv-notice";
    this.notice.setAttribute("role", "status");
    this.notice.hidden = true;
  }

  async open() {
    this.record = await (await fetched(`records/${this.name}.json`)).json();
    await this.add(this.record.models);
    this.saw = this.watched();
    const place = document.createElement("div");
    place.className = "lv-place";
    place.append(await this.drawn(this.record.root));
    this.box.replaceChildren(...(this.record.needs ? [this.notice, place] : [place, this.notice]));
    if (this.record.needs) this.needsPython();
    if (this.box.dataset.kind === "Lesson") this.box.append(forgets());
    this.box.dataset.alive = "";
    this.waits();
    if (this.record.asks) this.box.addEventListener("pointerenter", () => this.known());
  }

  /** @param {{ [id: string]: Kept }} models */
  async add(models) {
    for (const [id, kept] of Object.entries(models)) {
      this.record.models[id] = kept;
      this.models.set(id, new Model(id, await whole(kept.traits), this));
    }
  }

  /** @param {string} id @returns {Promise<HTMLElement>} */
  async drawn(id) {
    const model = /** @type {Model} */ (this.models.get(id));
    const { module, classes, traits } = this.record.models[id];
    const el = document.createElement("div");
    if (module) {
      const { default: widget } = await import(new URL(`modules/${module}.js`, HERE).href);
      widget.render({ model, el });
    } else if ("children" in traits) {
      el.classList.add("lv-box", ...(classes ?? []));
      const fill = async () => {
        const inside = /** @type {string[]} */ (model.get("children"));
        const had = new Map([...el.children].map((one) => [one.getAttribute("data-id"), one]));
        const now = inside.map((id) => had.get(id) ?? this.drawn(id));
        el.replaceChildren(...(await Promise.all(now)));
      };
      model.on("change:children", fill);
      await fill();
    } else {
      const fill = () => {
        el.innerHTML = model.get("html");
      };
      model.on("change:html", fill);
      fill();
    }
    el.dataset.id = id;
    return el;
  }

  // ---- what a widget asks

  watched() {
    const { watch } = this.record;
    return watch ? JSON.stringify(watch.map(([id, name]) => this.seen(id, name))) : "";
  }

  /** @param {string} id @param {string} name */
  seen(id, name) {
    const value = this.models.get(id)?.get(name);
    // What was asked for, and a number that grows.
    return name === "asked" ? value.slice(0, 2) : value;
  }

  /** @param {string} id */
  saved(id) {
    this.waits();
    const { reads, watch, guess } = this.record;
    if (!watch?.some(([one]) => one === id)) return;
    const said = `${this.models.get(id)?.get("guess") ?? ""}`.trim();
    if (guess) guesses.set(guess, said);
    if (reads) {
      this.ask(JSON.stringify([fits(said, reads) ? reads.answer : said && "{guess}"]), said);
      return;
    }
    const now = this.watched();
    // The same guess, or the same step, may be asked for again.
    const again = watch.some(([, name]) => name === "asked" || name === "guess");
    if (now !== this.saw || again) this.ask(now);
    this.saw = now;
  }

  known() {
    this.answers ??= fetched(`records/${this.name}.answers.json`).then((answer) => answer.json());
    return this.answers;
  }

  /** @param {string} key @param {string} said */
  async ask(key, said = "") {
    const all = this.record.asks ? await this.known() : {};
    const found = all[`${this.state} ${key}`] ?? all[`${ANY} ${key}`];
    this.notice.hidden = Boolean(found);
    if (!found) return this.needsPython("That");
    const [changes, then] = found;
    const [old, next] = [this.answered, new Set()];
    this.state = then || "0";
    for (const [id, change] of Object.entries(changes)) {
      if (!this.models.has(id) && change.traits) await this.add({ [id]: change });
    }
    /** @type {[Model, string, any][]} */
    const put = [];
    for (const [id, change] of Object.entries(changes)) {
      const model = /** @type {Model} */ (this.models.get(id));
      for (const [name, value] of Object.entries(await whole(change.traits ?? change))) {
        put.push([model, name, said && name === "says" ? value.replace("{guess}", said) : value]);
        if (!change.traits) next.add(`${id} ${name}`);
      }
    }
    for (const one of old) {
      const [id, name] = one.split(" ");
      const model = /** @type {Model} */ (this.models.get(id));
      if (!next.has(one)) put.push([model, name, model.first[name]]);
    }
    this.answered = next;
    for (const [model, name, value] of put) model.set(name, value);
    this.waits();
  }

  needsPython(which = "This one") {
    this.notice.replaceChildren(`${which} needs a Python, which this page does not have. `);
    const live = document.querySelector(".lv-go");
    if (live) this.notice.append(live.cloneNode(true));
    this.notice.hidden = false;
  }

  // What stands below a guess waits for it, as in a notebook.
  waits() {
    const waits = this.models.get(this.record.root)?.get("waits");
    this.box.toggleAttribute("data-waits", Boolean(waits));
  }
}

/** Say that nothing is kept, with a way to take it along. */
function forgets() {
  const button = document.createElement("button");
  button.textContent = "Download progress";
  button.onclick = () => {
    const rows = [...guesses].map(([question, guess]) => ({ question, guess }));
    const predictions = rows.filter(({ guess }) => guess);
    // As `pmulab.lab.course.progress` writes it.
    const text = JSON.stringify({ pmulab_progress: 1, exercises: {}, predictions }, null, 1);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: "application/json" }));
    link.download = "pmulab-progress.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  const said = document.createElement("p");
  said.className = "lv-forgets";
  said.append(FORGETS, button, TAKES);
  return said;
}

/**
 * Tell whether a guess has the numbers of the answer, in any order and base.
 * @param {string} said @param {Reads} reads
 */
export function fits(said, { due, places, also, named, figures }) {
  const low = said.toLowerCase().replaceAll(",", " ");
  if (also.includes(said.toLowerCase())) return true;
  if (/^0b[01]+$/.test(low) && also.includes(`0b${BigInt(low).toString(2)}`)) return true;
  const written = [...low.matchAll(new RegExp(figures, "g"))].map(([one]) => Number(one));
  const words = (low.match(/[a-z]+/g) ?? []).filter((word) => word in named);
  const all = [...written, ...words.map((word) => named[word])];
  const told = new Set(all.map((n) => (places ? Number(n.toFixed(places)) : n)));
  return due.length > 0 && told.size === due.length && due.every((n) => told.has(n));
}

/** @param {HTMLElement} box */
async function open(box) {
  try {
    await new Page(box).open();
  } catch (error) {
    // The still form stays.
    console.error(error);
  }
}

const watch = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      open(/** @type {HTMLElement} */ (target));
    }
  },
  { rootMargin: NEAR },
);
for (const box of document.querySelectorAll(".pmulab-live")) watch.observe(box);
