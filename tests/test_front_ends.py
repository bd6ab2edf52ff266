"""Front ends that know no widgets show every output of every notebook."""

import copy
import json
import re
from functools import cache
from pathlib import Path

import pytest
from front_ends import STATE, VIEW, faults, outputs_of, shown, words

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@cache
def read(path):
    """Read a notebook as data."""
    return json.loads(path.read_text(encoding="utf-8"))


@each
def test_every_output_is_shown_by_who_knows_no_widgets(path):
    assert [] == faults(read(path))
    assert outputs_of(read(path))


def test_the_page_names_the_versions_that_were_tested_together():
    page = (ROOT / "docs" / "front-ends.md").read_text(encoding="utf-8")
    tested = (ROOT / "environment.yml").read_text(encoding="utf-8")
    for title, name in (("JupyterLab", "jupyterlab"), ("Jupyter Notebook", "notebook")):
        minor = re.search(rf"- {name}==(\d+\.\d+)\.", tested)[1]

        assert f"| {title} {minor} | tried |" in page


@each
def test_what_is_committed_has_no_widget(path):
    notebook = read(path)

    assert "widgets" not in notebook["metadata"]
    assert [] == [n for n, o in outputs_of(notebook) if VIEW in o.get("data", {})]


def output(**data):
    """Make an output of these forms."""
    return {"output_type": "display_data", "metadata": {}, "data": data}


def notebook_of(*outputs, **metadata):
    """Make a notebook of one cell with these outputs."""
    return {"cells": [{"outputs": [*outputs]}], "metadata": metadata}


VIEWED = {VIEW: {"model_id": "1"}}
TWINS = {"text/plain": "2600", "text/html": "<b>2600</b>"}


@pytest.mark.parametrize(
    ("notebook", "due"),
    [
        (notebook_of(output(**VIEWED, **TWINS)), ""),
        (notebook_of(output(**TWINS), widgets={STATE: {"state": {"1": {}}}}), ""),
        (notebook_of(output(**TWINS), widgets={}), "metadata.widgets has no state"),
        (notebook_of(output(**TWINS), widgets={STATE: {"state": {}}}), "no state"),
        (notebook_of(output(**VIEWED), output(**TWINS)), ""),
        (notebook_of(output(**VIEWED)), "shows nothing"),
        (notebook_of(output(**VIEWED), output(**{"text/plain": "1"})), "shows nothing"),
        (notebook_of(output(**VIEWED, **{"text/plain": "Turns()"})), "without text/html"),
        (notebook_of(output(**{"text/html": "<b>1</b>"})), "without text/plain"),
        (notebook_of(output(**{**TWINS, "text/html": "<style>b {}</style>"})), "shows nothing"),
        (notebook_of(output(**{**TWINS, "text/html": "1<script>"})), "needs <script"),
        (notebook_of(output(**{**TWINS, "text/html": "1<img src='//a.org/b'>"})), "needs src="),
    ],
)
def test_a_fault_is_seen(notebook, due):
    found = faults(notebook)

    assert bool(due) == bool(found)
    assert due in "".join(found)


@pytest.mark.notebook
@each
def test_nbconvert_shows_every_output_in_its_order(path):
    page = page_of(read(path))
    at = 0
    for n, one in outputs_of(read(path)):
        said = " ".join(shown(one).split())
        found = page.find(said, at)

        assert found >= 0, f"cell {n}: {said[:80]!r} is not in the page, or not in its place"
        at = found + len(said)


@pytest.mark.notebook
def test_nbconvert_shows_the_twin_of_a_widget_that_ran_and_has_no_state():
    notebook = copy.deepcopy(read(NOTEBOOKS[0]))
    before = page_of(notebook)
    for cell in notebook["cells"]:
        outputs = cell.get("outputs", [])
        # In a front end that ran it: the widget, and its twin, which hides where the widget is.
        for k in reversed(range(len(outputs))):
            if "text/html" in outputs[k].get("data", ()):
                outputs.insert(k, output(**VIEWED))

    assert outputs_of(read(NOTEBOOKS[0])) != outputs_of(notebook)
    assert before == page_of(notebook)


def page_of(notebook):
    """Return the text of a notebook as nbconvert writes it, one space between words."""
    # Loaded here, for it takes seconds, and a fast run collects this file all the same.
    import nbformat
    from nbconvert import HTMLExporter

    made = nbformat.reads(json.dumps(notebook), as_version=4)
    page, _ = HTMLExporter().from_notebook_node(made)
    return words(page)
