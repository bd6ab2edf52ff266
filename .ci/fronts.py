"""Open book and site in each browser of this machine, in each kind of window; print what passed.

    python .ci/fronts.py [--only firefox --only private --only book]

Book and site are those of build/book and build/site.

In each chapter of the book every widget is to be drawn, players are stepped by a key, one widget
of each kind is moved, and the page may not be wider than a phone. In the site a notebook's first
cell is run, a guess made; the page is opened anew, then the browser. A word that nothing is kept,
and a download, are looked for. What a browser writes on its console is told. A browser that is not
here is a line; `browsers.py` says which there are, and what a window's kind is.

Not done: what a person sees (look at tests/browser/output); a service worker's own errors.
"""

import argparse
import contextlib
import functools
import json
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent))
from browsers import BROWSERS, until

ROOT = Path(__file__).resolve().parent.parent
BOOK, SITE = ROOT / "build" / "book", ROOT / "build" / "site"
NOTEBOOK, QUESTION, GUESS = "01-a-counter-and-a-turn.ipynb", "1.1", "73"
PHONE = (390, 844)
# A browser whose driver has no console: its pages tell themselves what goes wrong.
TELLS = b"""<script>{
  const all = (window.complaints = []);
  const broken = ({message, target}) =>
    all.push(message ?? `not loaded: ${target.src ?? target.href}`);
  addEventListener('error', broken, true);
  addEventListener('unhandledrejection', ({reason}) => all.push(`${reason}`));
  const say = console.error;
  console.error = (...words) => { all.push(words.join(' ')); say(...words); };
}</script>"""

# ---- what is asked of a page

# As a reader does who reads: what comes next is drawn before it comes.
WALK = """async () => {
  const boxes = [...document.querySelectorAll('.pmulab-live')];
  const drawn = (box) => 'alive' in box.dataset;
  const ahead = (box) => box.getBoundingClientRect().top < 2 * innerHeight;
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    const end = performance.now() + 20_000;
    do await new Promise(requestAnimationFrame);
    while (!boxes.filter(ahead).every(drawn) && performance.now() < end);
  }
  return [boxes.filter(drawn).length, boxes.length];
}"""
SPILLS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The first box of each kind that has something to take hold of.
KINDS = """() => {
  const found = new Map();
  document.querySelectorAll('.pmulab-live[data-alive]').forEach((box, n) => {
    const {kind} = box.dataset;
    // A lesson's line has only what goes down as a file.
    if (kind === 'Lesson' || found.has(kind)) return;
    if (box.querySelector('input, button')) found.set(kind, n);
  });
  return [...found];
}"""
# Make it seen, and take hold of its first control; return how it is moved and how it looks now.
HOLD = """(n) => {
  const box = document.querySelectorAll('.pmulab-live')[n];
  const seen = (one) => one.checkVisibility({visibilityProperty: true}) && !one.disabled;
  const kinds = ['[role=switch]', '.bn-move', 'input[type=range]', 'input', 'button'];
  const all = kinds.flatMap((kind) => [...box.querySelectorAll(kind)].filter(seen));
  const one = all[0];
  if (!one) return ['', box.innerHTML];
  one.scrollIntoView({block: 'center'});
  one.focus();
  const how = one.matches('[role=switch]') ? 'space' : one.type === 'radio' ? 'choice'
    : one.type === 'range'
    ? (one.value === one.max ? 'Home' : 'End') : one.tagName === 'INPUT' ? 'text' : 'Enter';
  return [how, box.innerHTML];
}"""
CHANGED = "(n, before) => document.querySelectorAll('.pmulab-live')[n].innerHTML !== before"
# Look without a guess, wherever something waits for one.
LOOK = (
    "() => document.querySelectorAll('.pg-waits button:last-child').forEach((one) => one.click())"
)
PLAYERS = "() => document.querySelectorAll('.pmulab-player, .pmulab-board').length"
STEP = """(n) => {
  const root = document.querySelectorAll('.pmulab-player, .pmulab-board')[n];
  const slider = root.querySelector('[aria-label="Step"]');
  if (!slider || !slider.checkVisibility({visibilityProperty: true})) return false;
  slider.scrollIntoView({block: 'center'});
  slider.focus();
  return document.activeElement === slider;
}"""
STEPPED = """(n) =>
  document.querySelectorAll('.pmulab-player, .pmulab-board')[n].dataset.index === '1'"""
KEYS = {
    "space": (" ",),
    "choice": (" ", "Enter"),
    "Home": ("Home",),
    "End": ("End",),
    "Enter": ("Enter",),
}


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, with pages that tell of their errors, and lets JupyterLab be asked."""

    def log_message(self, *words):
        """Say nothing."""

    def do_GET(self):
        """Send a file."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file() or path.suffix not in (".html", ".json"):
            super().do_GET()
            return
        content = path.read_bytes()
        if path.suffix == ".html":
            content = content.replace(b"<head>", b"<head>" + TELLS, 1)
        elif path.name == "jupyter-lite.json":
            settings = json.loads(content)
            settings["jupyter-config-data"]["exposeAppInBrowser"] = True
            content = json.dumps(settings).encode()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", f"{len(content)}")
        self.end_headers()
        self.wfile.write(content)


def served(folder):
    """Serve a folder on this machine; return its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def complaints(browser):
    """Take what the console and the page have complained of since the last time."""
    if browser.errors is None:
        told = browser.run("() => window.complaints.splice(0)")
        # A page hears of it as of an error; no console shows it.
        return [line for line in told if not line.startswith("ResizeObserver loop")]
    told = [*browser.errors]
    browser.errors.clear()
    return told


# ---- the book


def read(browser, address, name):
    """Read a chapter as a learner does; return what there was and what went wrong."""
    browser.size(1280, 800)
    browser.goto(f"{address}/{name}")
    drawn, there = browser.run(WALK)
    wrong = [f"{there - drawn} of {there} widgets are not drawn"] if drawn < there else []
    browser.run(LOOK)
    waited(browser, "() => !document.querySelector('.pg-waits')", seconds=5)
    steps = [stepped(browser, n) for n in range(min(2, browser.run(PLAYERS)))]
    moves = {kind: moved(browser, n) for kind, n in browser.run(KINDS)}
    wrong += [f"player {n} does not step" for n, well in enumerate(steps) if well is False]
    wrong += [f"{kind} does not move" for kind, well in moves.items() if well is False]
    browser.size(*PHONE)
    if (over := browser.run(SPILLS)) > 0:
        wrong.append(f"{over} px wider than a phone")
    wrong += complaints(browser)
    counts = [sum(well is True for well in row) for row in (steps, moves.values())]
    return (drawn, *counts), [f"{name}: {what}" for what in wrong]


def stepped(browser, n):
    """Step a player by keys; tell whether its picture followed, None where it waits for a guess."""
    if not browser.run(STEP, n):
        return None
    browser.press("Home", "ArrowRight")
    return waited(browser, STEPPED, n)


def moved(browser, n):
    """Move the first control of a widget by keys; tell whether the widget answered."""
    how, before = browser.run(HOLD, n)
    if not how:
        return None
    browser.press(*KEYS.get(how, ("7", "Enter")))
    return waited(browser, CHANGED, n, before)


def waited(browser, script, *args, seconds=20):
    """Wait until the page says yes; tell whether it did."""
    try:
        return browser.wait(script, *args, seconds=seconds)
    except TimeoutError:
        return False


# ---- the site

# The lab's current tab is none in a window that nobody has clicked into yet.
PANEL = "[...(window.jupyterapp?.shell?.widgets('main') ?? [])].find((one) => one.sessionContext)"
IDLE = f"() => {PANEL}?.sessionContext?.session?.kernel?.status === 'idle'"
# Make the first cell that begins so seen; return where it is.
CELL = (
    f"async (begins) => {{ const notebook = {PANEL}.content;"
    + """
  const cells = notebook.widgets.filter((cell) => cell.model.type === 'code');
  const cell = cells.find((one) => one.model.sharedModel.getSource().startsWith(begins));
  await notebook.scrollToItem(notebook.widgets.indexOf(cell), 'center');
  await new Promise((done) => setTimeout(done, 500));
  const box = cell.node.querySelector('.cm-content').getBoundingClientRect();
  return [box.x + 40, box.y + 8];
}"""
)
LESSON = "() => document.querySelector('.pmulab-lesson p')?.textContent"
NOTICE = (
    """() => [...document.querySelectorAll('.ls-notice')].map((one) => one.textContent).join(' ')"""
)
FIELD = """() => {
  const field = document.querySelector('.pmulab-guess input');
  field?.focus();
  return Boolean(field) && document.activeElement === field;
}"""
STATE = """() => {
  const said = document.querySelector('.pmulab-guess .pg-state')?.textContent;
  return said && !said.includes('…') && said;
}"""
PRESS = """(label) => {
  const all = [...document.querySelectorAll('button')].filter((b) => b.checkVisibility());
  const one = all.find((button) => button.textContent === label);
  one?.focus();
  return Boolean(one);
}"""
DOWN = "Download progress"


def begin(browser, address):
    """Open the notebook and run its first cell; return what the lesson's line says."""
    browser.goto(f"{address}/lab/index.html?path={NOTEBOOK}")
    browser.wait(IDLE)
    run_cell(browser, "")
    return browser.wait(LESSON)


def run_cell(browser, begins):
    """Run the first cell of code that begins so, as a learner does."""
    browser.click(*browser.run(CELL, begins))
    browser.press("Shift+Enter")


def guess(browser):
    """Run the cell that asks, and guess; return what is said of whether it is kept."""
    run_cell(browser, f'predict("{QUESTION}")')
    browser.wait(FIELD)
    browser.press(*GUESS, "Enter")
    return browser.wait(STATE, seconds=30)


def down(browser, label):
    """Press a button that downloads; return the file's text, empty where none came."""
    for old in browser.downloads.iterdir():
        old.unlink()
    if not browser.run(PRESS, label):
        return ""
    browser.press("Enter")
    return waited_for_file(browser)


def waited_for_file(browser):
    """Wait for a file to come down; return its text, empty where none came."""
    try:
        return until(lambda: browser.took() or whole(browser.downloads), 20, "a file comes down")
    except TimeoutError:
        return ""


def whole(folder):
    """Return the text of the one file in a folder, once all of it is there."""
    found = [path.read_text(errors="replace") for path in folder.iterdir()]
    return found[0] if len(found) == 1 and found[0].rstrip().endswith("}") else ""


def try_site(cls, kind, folder, address, tell):
    """Use the site in one window, twice; tell each thing that was seen, and whether it is well."""
    if kind == "refused":
        return try_refused(cls, folder, address, tell)
    with window(cls, kind, folder) as browser:
        start = time.monotonic()
        begin(browser, address)
        tell("first cell", True, f"after {time.monotonic() - start:.0f} s")
        notice = browser.run(NOTICE)
        said = guess(browser)
        tell("guess", True, said)
        file = down(browser, DOWN)
        tell(
            "word",
            "forgets" in notice or "cannot be kept" in notice,
            f"{notice[:44]}…" if notice else "none",
        )
        tell("download", GUESS in file, f"{len(file)} bytes")
        line = begin(browser, address)
        kept = line.startswith("1 of")
        # What is said to be kept is there when the page is opened anew.
        tell("opened anew", kept == (said == "kept"), f"the guess is {'there' if kept else 'gone'}")
        tell(
            "console", not (wrong := complaints(browser)), "; ".join(wrong)[:200] or "says nothing"
        )
    with window(cls, kind, folder) as browser:
        kept = begin(browser, address).startswith("1 of")
        well = kept == (kind == "normal")
        tell("browser anew", well, f"the guess is {'there' if kept else 'gone'}")


def try_refused(cls, folder, address, tell):
    """Open the site where every store is refused: it says so, and gives the notebook as a file."""
    with window(cls, "refused", folder) as browser:
        browser.goto(f"{address}/lab/index.html?path={NOTEBOOK}")
        word = waited(browser, "() => document.querySelector('.pmulab-refused')?.textContent")
        tell("word", bool(word), f"{word or 'none'}"[:44])
        for old in browser.downloads.iterdir():
            old.unlink()
        browser.run("() => document.querySelector('.pmulab-refused a')?.focus()")
        browser.press("Enter")
        file = waited_for_file(browser)
        tell("download", "nbformat" in file, f"{len(file)} bytes")


def try_book(cls, kind, folder, address, tell):
    """Read each chapter in one window; tell what was seen, and whether it is well."""
    with window(cls, kind, folder) as browser:
        names = [path.name for path in sorted(BOOK.glob("[0-9]*.html"))]
        found = [read(browser, address, name) for name in names]
        drawn, steps, moves = (sum(column) for column in zip(*(row for row, _ in found)))
        wrong = [line for _, lines in found for line in lines]
        counts = f"{len(names)} chapters, {drawn} widgets, {steps} stepped, {moves} moved"
        tell("read", not wrong, "\n    ".join([counts, *wrong]))
        browser.goto(f"{address}/{names[0]}")
        browser.run(WALK)
        word = browser.run("() => document.querySelector('.lv-forgets')?.textContent ?? ''")
        tell("word", "keeps nothing" in word, f"{word[:44]}…")
        tell("download", "pmulab_progress" in (file := down(browser, DOWN)), f"{len(file)} bytes")


@contextlib.contextmanager
def window(cls, kind, folder):
    """Open a window, and close it."""
    browser = cls(kind, folder)
    try:
        yield browser
    finally:
        browser.close()


TRIED = {"book": (try_book, BOOK), "site": (try_site, SITE)}


def main(words):
    """Try what was asked for; return 1 if something is not well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", default=[], help="a browser, a kind, book, site")
    asked = {word.lower() for word in parser.parse_args(words).only}
    failed = 0
    for cls in BROWSERS:
        if not cls.found():
            print(f"{cls.name}: not found ({' or '.join(cls.programs)})")
            continue
        for kind in cls.kinds:
            for what, (act, folder) in TRIED.items():
                names = {cls.name.lower(), kind, what}
                if not asked <= names:
                    continue
                if not folder.exists():
                    print(f"{cls.name}, {kind}, {what}: not built (`make {what}`)")
                    continue
                failed += tried(cls, kind, what, act, served(folder))
    return 1 if failed else 0


def tried(cls, kind, what, act, address):
    """Try one thing in one window; print what was seen, and return how much is not well."""
    head, failed = f"{cls.name:<10} {kind:<8} {what:<5}", []

    def tell(name, well, said):
        print(f"{head} {name:<13} {'ok' if well else 'NO':<3} {said}", flush=True)
        if not well:
            failed.append(name)

    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            act(cls, kind, folder, address, tell)
        except (OSError, RuntimeError, TimeoutError) as error:
            tell("gives up", False, f"{error}".splitlines()[0][:200])
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
