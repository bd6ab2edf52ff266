"""A widget without a kernel is its static twin, in JupyterLab, Notebook 7 and nbconvert's pages."""

import subprocess
import sys

import nbformat
import pytest
from browser.conftest import in_front, notebook
from nbclient import NotebookClient

SOURCES = (
    "from pmulab import Machine\nfrom pmulab.view import bits, counter_chart, player",
    "trace = Machine('two-guests').run()\nplayer(trace, 34)",
    "print('beside')\nbits('PMCNTENSET_EL0', 3)",
    "from pmulab import turns\nturns()",
    "from pmulab.view import machine_drawing\nmachine_drawing('put')",
    "counter_chart(trace, 'PMEVCNTR0_EL0')",
)
LIVE = (
    ".pmulab-player",
    ".pmulab-bits",
    ".pmulab-turns",
    ".pmulab-drawing",
    ".pmulab-chart",
)
# JupyterLab's widget manager reports this, whatever is shown.
REPORTED = "widget model not found"
NOTE = "In a notebook, run the cell to make it live."


@pytest.fixture(params=["lab", "notebook"])
def opened(request, browser, server):
    """Open a notebook of widgets in either front end and run it."""
    with in_front(request.param, browser, server, {"width": 1280, "height": 5000}) as lab:
        lab.write(f"twins-{request.param}.ipynb", "notebook", notebook(*SOURCES))
        lab.open(f"twins-{request.param}.ipynb")
        lab.run_all()
        lab.page.locator(".pmulab-chart").wait_for()
        yield lab
        assert [] == [error for error in lab.errors if REPORTED not in error]


def seen(lab):
    """Say what a reader sees: which widgets live, how many twins, whether there is an error."""
    lab.page.wait_for_timeout(1500)
    live = [lab.page.locator(selector).is_visible() for selector in LIVE]
    notes = [note for note in lab.page.get_by_text(NOTE).all() if note.is_visible()]
    wrong = lab.page.get_by_text("Error displaying widget")
    assert lab.page.get_by_text("beside", exact=True).is_visible()
    return live, len(notes), [text for text in wrong.all() if text.is_visible()]


def reopened(lab):
    """Save the notebook and load the page again."""
    lab.command("docmanager:save")
    lab.page.wait_for_timeout(500)
    lab.page.reload()
    lab.wait_for_kernel()


def test_without_a_kernel_a_widget_is_its_table_and_with_one_it_lives(opened):
    n = len(LIVE)
    live, static = ([True] * n, 0, []), ([False] * n, n, [])
    kernel = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    assert live == seen(opened)

    reopened(opened)
    assert live == seen(opened)

    opened.page.evaluate(f"{kernel}.restart()")
    assert static == seen(opened)
    opened.screenshot(f"twins-{opened.front}-restarted", full_page=True)

    reopened(opened)
    assert static == seen(opened)
    opened.screenshot(f"twins-{opened.front}-reopened", full_page=True)

    opened.run_all()
    opened.page.locator(".pmulab-chart").wait_for()
    assert live == seen(opened)


def test_a_page_of_nbconvert_shows_the_twins(page, errors, tmp_path):
    ran = nbformat.from_dict(notebook(*SOURCES))
    NotebookClient(ran, kernel_name="python3").execute()
    path = tmp_path / "ran.ipynb"
    nbformat.write(ran, path)
    links = ("--HTMLExporter.require_js_url=", "--HTMLExporter.mathjax_url=")
    words = ["nbconvert", "--log-level=ERROR", "--to", "html", *links, path]
    subprocess.run([sys.executable, "-m", *words], check=True)
    page.goto(f"file://{path.with_suffix('.html')}")

    assert len(LIVE) == sum(note.is_visible() for note in page.get_by_text(NOTE).all())
    assert page.locator("caption", has_text="Records around it").is_visible()
