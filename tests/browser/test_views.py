"""Every view in real JupyterLab and in Notebook 7: controls, states, themes, sizes, pictures.

One notebook with all of them is opened once in each front end. Pictures go to output/; a person
looks at them, also as people with a colour vision deficiency see them.
"""

import importlib.util
import json
import random
from pathlib import Path

import pytest
from browser.conftest import OUTPUT, Lab
from browser.test_player import FRAMES, notebook, write

from pmulab.sim.machine import Machine
from pmulab.sim.scenario import load

SIZE = {"width": 1280, "height": 1000}
NOTEBOOK = "views-test.ipynb"
BOARDS = {
    "ownership_map": ("dynamic-reservation", "Who owns which counter of cpu0", 44),
    "filter_board": ("banned-while-away", "Event filter", 113),
    "interrupt_path": ("overflow-interrupt", "Interrupt path", 49),
}
SETUP = """\
from pmulab.lab.exercises import check
from pmulab.lab.gallery import gallery
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import load
from pmulab.view import *
def traced(name):
    machine = Machine(load(name))
    machine.run()
    return machine.trace"""
CELLS = {
    "bits": 'bits_ = bits("PMCNTENSET_EL0", 0x5); bits_',
    "plain": 'plain = bits("MDCR_EL2", 0x84); plain',
    **{view: f'{view}_ = {view}(traced("{name}")); {view}_' for view, (name, *_) in BOARDS.items()},
    "verdict": """\
bug = next(bug for bug in gallery().values() if not bug.harmless)
class Broken:
    trace = bug.explore().trace
    def lines(self):
        return [f"swap: not yet. The law {bug.law} is broken.", f"  {bug.what}"]
verdict_ = verdict_view(Broken()); verdict_""",
    "private": """\
private = against_private({"private PMU": [(0, 0), (100, 100), (300, 200)],
    "guest A here": [(0, 0), (100, 100), (200, 100), (300, 150)]}); private""",
    "costs": """\
costs_ = costs({"exits": [("read loop", 900, 12), ("profile", 300, 40)],
    "cycles": [("read loop", 9_000_000, 120_000), ("profile", 300_000, 40_000)]}); costs_""",
    "heat": """\
heat = heat_map(lambda x, y: x * y // 7, ("time slice", [100, 200, 400, 800]),
    ("sampling rate", [10, 20, 50]), "late samples"); heat""",
}


class Front:
    """A front end with all views in one notebook."""

    def __init__(self, name, lab):
        self.name, self.lab, self.page = name, lab, lab.page

    def python(self, code):
        """Evaluate code in the notebook's kernel and return the value's repr."""
        script = """async (code) => {
          const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const done = kernel.requestExecute({code: '', user_expressions: {value: code}});
          const value = (await done.done).content.user_expressions.value;
          return value.status === 'ok' ? value.data['text/plain'] : value.evalue;
        }"""
        return self.page.evaluate(script, code)

    def text(self, code):
        """Evaluate code that gives a text."""
        return eval(self.python(code))

    def output(self, cell):
        """Find the output of a cell by its name."""
        place = 1 + list(CELLS).index(cell)
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(place)

    def picture(self, name, cell):
        """Store a picture of a cell."""
        OUTPUT.mkdir(exist_ok=True)
        place = self.output(cell)
        place.scroll_into_view_if_needed()
        self.page.wait_for_timeout(250)
        place.screenshot(path=OUTPUT / f"{name}.png")


def opened_in(name, browser, server):
    """Open the notebook in a front end and run it."""
    context = browser.new_context(viewport=SIZE)
    context.set_default_timeout(30_000)
    page, errors = context.new_page(), []
    page.on("console", lambda m: m.type == "error" and errors.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: errors.append(f"page: {error}"))
    lab = Lab(page, server, errors)
    page.goto(f"{server}/lab")
    page.wait_for_function("window.jupyterapp?.serviceManager?.contents")
    write(lab, NOTEBOOK, "notebook", notebook(SETUP, *CELLS.values()))
    page.goto(f"{server}/{'notebooks' if name == 'notebook' else 'doc/tree'}/{NOTEBOOK}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    # Notebook 7 reports a page error of its own while it loads (measured: ecosystem notes).
    errors.clear()
    lab.run_all()
    page.locator(".pmulab-board").nth(2).wait_for()
    page.locator(".pmulab-player").first.wait_for()
    page.locator(".bqplot").nth(3).wait_for(state="attached")
    return Front(name, lab), context


@pytest.fixture(scope="module", params=["lab", "notebook"])
def opened(request, browser, server):
    """Open all views once in each front end."""
    front, context = opened_in(request.param, browser, server)
    yield front
    context.close()


@pytest.fixture
def front(opened):
    """Give a front end; no console error and no traceback may be left at the end."""
    opened.page.set_viewport_size(SIZE)
    yield opened
    if opened.lab.in_dark:
        opened.lab.use_theme("JupyterLab Light")

    assert [] == opened.lab.tracebacks()
    assert [] == opened.lab.errors


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_for_people_to_look_at(front, theme):
    if front.name == "notebook" and theme == "dark":
        pytest.skip("the same pictures as in JupyterLab")
    front.page.set_viewport_size(SIZE | {"height": 1500})
    front.lab.use_theme(f"JupyterLab {theme.title()}")
    for view, (*_, n) in BOARDS.items():
        front.python(f"setattr({view}_, 'index', {n})")
    front.python("bits_.write(0x4, 'PMCNTENCLR_EL0'), plain.write(0x82)")
    front.page.wait_for_timeout(400)
    for cell in CELLS:
        front.picture(f"view-{cell}-{front.name}-{theme}", cell)
