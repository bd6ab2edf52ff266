"""Fixtures for tests in a real browser: a JupyterLab server, a Chromium, and `lab` to drive both.

Chromium is looked for in PMULAB_CHROMIUM and on the PATH. Where there is none these tests are
skipped, or fail if PMULAB_BROWSER=required. Screenshots go to tests/browser/output/.
"""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OUTPUT = HERE / "output"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    # An address that is not the own machine's, so that plain http is no secure context.
    "--host-resolver-rules=MAP classroom.test 127.0.0.1",
)
# What a test may ask: this machine.
OWN = ("http://127.0.0.1:", "http://classroom.test:", "ws://127.0.0.1:", "data:", "blob:")


def pytest_collection_modifyitems(items):
    """Mark every test of this folder as a browser test."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")


def find_chromium():
    """Find a Chromium, or None."""
    named = os.environ.get("PMULAB_CHROMIUM")
    return next(filter(None, map(shutil.which, [named] if named else NAMES)), None)


@pytest.fixture(scope="session")
def browser():
    """Start one Chromium for the session."""
    path = find_chromium()
    if path is None:
        required = os.environ.get("PMULAB_BROWSER") == "required"
        give_up = pytest.fail if required else pytest.skip
        give_up("no Chromium found: install one (apt install chromium) or name it: PMULAB_CHROMIUM")
    # Not at the top: importing it takes time that the fast tests need not spend.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(browser, root, tmp_path_factory):
    """Serve a copy of notebooks/ with JupyterLab; give its address."""
    work, home = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    shutil.copytree(root / "notebooks", work, dirs_exist_ok=True)
    # A home of its own: neither the user's theme nor yesterday's open tabs may change a test.
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    env = os.environ | {name: str(home / name) for name in folders}
    # As `pmulab lab` starts it: without the news pop-up.
    env["JUPYTER_CONFIG_PATH"] = str(root / "pmulab" / "jupyter")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    words += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", "--expose-app-in-browser"]
    words += ["--JupyterNotebookApp.expose_app_in_browser=True"]
    log = home / "server.log"
    with log.open("w") as out:
        command = [sys.executable, "-m", "jupyterlab", *words, str(work)]
        process = subprocess.Popen(command, env=env, cwd=work, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}"
    wait_for(f"{address}/api/status", process, log)
    yield address
    process.terminate()
    process.wait(timeout=20)


def wait_for(url, process, log, seconds=60):
    """Wait until the server answers; fail with its log if it ends or stays silent."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            return urllib.request.urlopen(url, timeout=5).read()
        except OSError:
            time.sleep(0.1)
    process.kill()
    pytest.fail(f"the server did not start:\n{log.read_text()[-2000:]}", pytrace=False)


@pytest.fixture
def page(browser):
    """Open an empty page, in a profile of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def errors(page):
    """Collect what a user would find in the console, and every request that leaves this machine."""
    found = []

    def look_at(request):
        if not request.url.startswith(OWN):
            found.append(f"request to another machine: {request.url}")

    page.on("console", lambda m: m.type == "error" and found.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: found.append(f"page: {error}"))
    page.on("request", look_at)
    return found


# Higher than any notebook.
TALL = 24_000
ALL_ASK = """() => document.querySelectorAll('.jp-Cell:has(.pmulab-guess)').length ===
  jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => /^(predict|self_test)\\(/.test(cell.model.sharedModel.getSource())).length"""


class Lab:
    """JupyterLab, or Notebook 7, in a page, as a user meets it."""

    def __init__(self, page, address, errors, front="lab"):
        self.page, self.address, self.errors, self.front = page, address, errors, front
        self.in_dark = False

    def open(self, name):
        """Open a notebook and wait for its kernel."""
        way = {"lab": "doc/tree", "notebook": "notebooks"}[self.front]
        self.page.goto(f"{self.address}/{way}/{name}")
        self.wait_for_kernel()

    def wait_for_kernel(self):
        """Wait until the notebook is there and its kernel has nothing to do."""
        self.page.wait_for_selector(".jp-Notebook .jp-Cell:visible")
        # In words of JupyterLab, because the kernel's mark in the toolbar is a picture.
        self.page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
            " === 'idle'"
        )
        if self.front == "notebook":
            # It reports a page error of its own while it loads.
            self.errors.clear()

    def python(self, code):
        """Evaluate code in the notebook's kernel; return the value's repr, or what went wrong."""
        script = """async (code) => {
          const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const done = kernel.requestExecute({code: '', user_expressions: {value: code}});
          const value = (await done.done).content.user_expressions.value;
          return value.status === 'ok' ? value.data['text/plain'] : value.evalue;
        }"""
        return self.page.evaluate(script, code)

    def write(self, name, kind, content):
        """Write a file where the server looks for notebooks."""
        self.page.goto(f"{self.address}/lab")
        self.page.wait_for_function("window.jupyterapp?.serviceManager?.contents")
        form = "json" if kind == "notebook" else "text"
        script = """([path, type, format, content]) => jupyterapp.serviceManager.contents
          .save(path, {type, format, content}).then(() => null)"""
        self.page.evaluate(script, [name, kind, form, content])

    def command(self, name, **arguments):
        """Carry out a command of JupyterLab's palette and wait for its end."""
        # No promise is waited for: the page may collect it as garbage, held or not.
        script = """([name, args]) => {
          window.pmulabSaid = "";
          window.pmulabKept = jupyterapp.commands.execute(name, args)
            .then(() => { window.pmulabSaid = "done"; },
                  (error) => { window.pmulabSaid = `failed: ${error}`; });
        }"""
        self.page.evaluate(script, [name, arguments])
        said = self.page.wait_for_function("window.pmulabSaid", timeout=300_000).json_value()
        assert said == "done", said

    def run_all(self):
        """Run all cells and wait for the last."""
        self.command("notebook:run-all-cells")

    def show_all(self):
        """Look without a guess, wherever a cell waits for one."""
        size = self.page.viewport_size
        # A cell outside the window is not in the page.
        self.page.set_viewport_size({"width": size["width"], "height": TALL})
        self.page.wait_for_function(ALL_ASK)
        # A question of a self-test waits for the one before; from below, so that nothing moves.
        waits = self.page.locator(".pg-waits button:visible")
        while n := waits.count():
            waits.nth(n - 1).click()
        self.page.set_viewport_size(size)

    def use_theme(self, name):
        """Switch to "JupyterLab Light" or "JupyterLab Dark"."""
        self.command("apputils:change-theme", theme=name)
        self.in_dark = name.endswith("Dark")
        light = "false" if self.in_dark else "true"
        # "attached", because the body counts as hidden: JupyterLab lays out all of it absolutely.
        self.page.wait_for_selector(f'body[data-jp-theme-light="{light}"]', state="attached")
        # A veil with moons covers the page while the style is changed.
        self.page.wait_for_function("!document.getElementById('jupyterlab-splash')")

    def tracebacks(self):
        """Return the text of every error output."""
        selector = '.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]'
        return self.page.locator(selector).all_inner_texts()

    def screenshot(self, name, **options):
        """Store a picture of the page, for people to look at."""
        OUTPUT.mkdir(exist_ok=True)
        self.page.screenshot(path=OUTPUT / f"{name}.png", **options)


def notebook(*sources):
    """Make a notebook of code cells."""
    cells = [
        {"cell_type": "code", "id": f"c{k}", "source": source, "metadata": {}, "outputs": []}
        | {"execution_count": None}
        for k, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


@contextlib.contextmanager
def in_front(front, browser, server, size):
    """Open a page of JupyterLab or Notebook 7 that many tests share."""
    context = browser.new_context(viewport=size)
    context.set_default_timeout(30_000)
    page, errors = context.new_page(), []
    page.on("console", lambda m: m.type == "error" and errors.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: errors.append(f"page: {error}"))
    yield Lab(page, server, errors, front)
    context.close()


# Without preload: that asks for what a style sheet imports beside the page, not beside the sheet.
AXE = "place => axe.run({include: [[place]]}, {preload: false})"


def axe_finds(page, place=".jp-OutputArea-output"):
    """Return what axe-core finds in our outputs, as (rule, elements); skip where it is missing."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None:
        pytest.skip("axe-core not found: pip install axe-playwright-python")
    # The themes fade; a colour on its way is none of ours.
    page.wait_for_timeout(500)
    page.evaluate((Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    rules = page.evaluate(AXE, place)["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in rules]


SPILLS = """root => [...root.querySelectorAll('button, input, select, th, td, p, li, text')]
  .filter(part => part.checkVisibility() && !part.closest('.pl-scroll, .bn-scroll, pre'))
  .filter(part => part.getBoundingClientRect().right > root.getBoundingClientRect().right + 1)
  .map(part => part.outerHTML.slice(0, 80))"""


def at_200_percent(lab, name, *roots):
    """Look at views in half the window, as at a zoom of 200 %; return what is cut off."""
    size = lab.page.viewport_size
    lab.page.set_viewport_size({"width": 640, "height": 800})
    found = []
    for k, root in enumerate(roots):
        root.evaluate("e => e.scrollIntoView({block: 'start'})")
        lab.page.wait_for_timeout(400)
        lab.screenshot(f"{name}-zoom-200-{k}-{lab.front}")
        found += root.evaluate(SPILLS)
    lab.page.set_viewport_size(size)
    return found


FRAMES = "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"


@pytest.fixture
def lab(page, server, errors):
    """Give JupyterLab; the test fails if anything is left in `lab.errors` at its end."""
    lab = Lab(page, server, errors)
    yield lab
    if lab.in_dark:
        # The server keeps the theme, and the next test expects the usual one.
        lab.use_theme("JupyterLab Light")

    assert [] == errors, "\n".join(errors)
