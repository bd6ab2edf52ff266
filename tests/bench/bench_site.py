"""Measure visits to the site beside JupyterLite's own floor, in one run.

    python tests/bench/bench_site.py [ROUNDS]

The floor is an empty JupyterLite with the same kernel: one cell that prints a number. A first visit
is by a new browser, the second by the same one. Printed are MB that the server has sent, and
seconds from the address to the notebook, and to the first answer after Shift+Enter. One server
sends files as they are, one packs what it sends, as most do. Needs a Chromium and what `make site`
needs.
"""

import contextlib
import gzip
import importlib.util
import json
import shutil
import statistics
import sys
import threading
import time
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))
PACKS = (".js", ".mjs", ".json", ".html", ".css", ".svg", ".ipynb", ".wasm")
SITE, FLOOR = "00-start-here.ipynb", "empty.ipynb"
# What the first cell shows: the site's first thing to move, the floor's number.
ANSWERS = {SITE: ".tn-read", FLOOR: ".jp-OutputArea-output:has-text('42')"}


class Counting(SimpleHTTPRequestHandler):
    """Serves files and counts what it sends, by path."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args, sent, packs, **named):
        self.sent, self.packs = sent, packs
        super().__init__(*args, **named)

    def do_GET(self):
        """Send a file; one that is known by its time is not sent again."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        if self.headers.get("If-Modified-Since") == self.date_time_string(path.stat().st_mtime):
            self.send_response(304)
            self.end_headers()
            return
        content = packed(path) if self.packs and path.suffix in PACKS else path.read_bytes()
        self.send_response(200)
        if self.packs and path.suffix in PACKS:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", len(content))
        self.send_header("Last-Modified", self.date_time_string(path.stat().st_mtime))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content)
        self.sent[self.path.partition("?")[0]] += len(content)

    def log_message(self, *words):
        """Say nothing."""


def packed(path, known={}):  # noqa: B006  packed once, as a server's cache has it
    """Return a file's gzip."""
    if path not in known:
        known[path] = gzip.compress(path.read_bytes(), 6)
    return known[path]


@contextlib.contextmanager
def served(folder, packs):
    """Serve a folder; give its address and the count of what is sent."""
    sent = Counter()
    handler = partial(Counting, directory=str(folder), sent=sent, packs=packs)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        server.shutdown()


def visit(context, address, name):
    """Open a notebook and run its first cell; return seconds to the notebook and to its answer."""
    page = context.new_page()
    page.set_default_timeout(180_000)
    begun = time.monotonic()
    page.goto(f"{address}/lab/index.html?path={name}")
    page.locator(".jp-CodeCell .cm-content").first.click()
    shown = time.monotonic() - begun
    page.keyboard.press("Shift+Enter")
    page.locator(ANSWERS[name]).first.wait_for()
    answered = time.monotonic() - begun
    page.close()
    return shown, answered


def visits(browser, folder, name, packs):
    """Visit a site twice with one browser; return a row of figures for each visit."""
    rows = []
    with served(folder, packs) as (address, sent):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        for _ in range(2):
            sent.clear()
            seconds = visit(context, address, name)
            rows.append((sum(sent.values()) / 1e6, *seconds, dict(sent)))
        context.close()
    return rows


def floor(lite, folder):
    """Build an empty JupyterLite with the site's kernel and its packages as they come."""
    source = folder / "lite"
    core = source / "static" / "pyodide"
    core.mkdir(parents=True)
    for name in lite.CORE:
        shutil.copy(lite.CACHE / "package" / name, core)
    for wheel in (lite.CACHE / "wheels").glob("*.whl"):
        shutil.copy(wheel, core)
    rows = lite.read_list(needed=(*lite.LISTED,))
    lite.write_rows(core, {**rows, "comm": lite.added_row("comm", *lite.ADDED["comm"])})
    (source / "files").mkdir()
    from browser.conftest import notebook

    (source / "files" / FLOOR).write_text(json.dumps(notebook("print(42)")))
    kernel = {"disablePyPIFallback": True}
    plugins = {"@jupyterlite/pyodide-kernel-extension:kernel": kernel}
    data = {"jupyter-config-data": {"litePluginSettings": plugins}}
    data["jupyter-lite-schema-version"] = 0
    (source / "jupyter-lite.json").write_text(json.dumps(data))
    settings = {"@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True}}
    (source / "overrides.json").write_text(json.dumps(settings))
    lite.build(source, folder / "site")
    return folder / "site"


def load_lite():
    """Load the builder of the site."""
    spec = importlib.util.spec_from_file_location("lite", TESTS.parent / ".ci" / "lite.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(rounds=3):
    """Build both, visit them in turn, print."""
    from browser.conftest import ARGS, find_chromium
    from playwright.sync_api import sync_playwright

    lite = load_lite()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        folder = Path(folder)
        lite.main([str(folder / "site")])
        sites = {"floor": (floor(lite, folder / "floor"), FLOOR), "site": (folder / "site", SITE)}
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGS))
        found = {}
        for _ in range(rounds):
            for packs in (False, True):
                for what, (place, name) in sites.items():
                    for n, row in enumerate(visits(browser, place, name, packs)):
                        found.setdefault((packs, what, n), []).append(row)
        browser.close()
    report(found)


def report(found):
    """Print the middle of each figure with its ends, and the largest files of a first visit."""
    print(f"{'':<32}{'MB sent':>9}{'notebook, s':>22}{'first answer, s':>22}")
    for (packs, what, n), rows in sorted(found.items()):
        head = f"{what}, {'first' if not n else 'second'} visit{', packed' if packs else ''}"
        sent, shown, answered, _ = zip(*rows)
        print(f"{head:<32}{statistics.median(sent):>9.1f}{spread(shown):>22}{spread(answered):>22}")
    largest = Counter(found[False, "site", 0][0][3]).most_common(12)
    print("largest of the site's first visit, as files, in MB:")
    print(*(f"  {size / 1e6:5.2f}  {path}" for path, size in largest), sep="\n")


def spread(values):
    """Write the middle of some seconds with its ends."""
    return f"{statistics.median(values):.1f} ({min(values):.1f} .. {max(values):.1f})"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
