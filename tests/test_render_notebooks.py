"""What `make notebooks` stores, and what it leaves out."""

import json

import nbformat
import pytest
import render_notebooks as render

pytestmark = pytest.mark.notebook

VIEW = "application/vnd.jupyter.widget-view+json"


def notebook_of(*outputs):
    """Make a notebook of one executed cell with these outputs."""
    cell = nbformat.v4.new_code_cell("x", outputs=list(outputs), execution_count=7)
    cell.metadata = nbformat.from_dict({"tags": ["exercise"], "execution": {"started": "now"}})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(""), cell])
    notebook.metadata["widgets"] = {"state": {}}
    return notebook


def test_the_static_forms_of_a_widget_are_kept_and_its_view_is_not():
    data = {"text/plain": "Timeline", "text/html": "<table>", VIEW: {"model_id": "1"}}
    output = nbformat.v4.new_output("execute_result", data, execution_count=7)
    cell = render.make_static(notebook_of(output)).cells[1]

    assert {"text/plain", "text/html"} == set(cell.outputs[0].data)
    assert (1, 1) == (cell.execution_count, cell.outputs[0].execution_count)


def test_an_output_without_a_static_form_is_left_out():
    output = nbformat.v4.new_output("display_data", {VIEW: {"model_id": "1"}})

    assert [] == render.make_static(notebook_of(output)).cells[1].outputs


def test_printed_text_is_joined():
    pieces = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in ("a", "b\n")]

    assert ["ab\n"] == [o.text for o in render.make_static(notebook_of(*pieces)).cells[1].outputs]


def test_what_a_front_end_noted_is_left_out_and_what_the_author_set_is_kept():
    notebook = render.make_static(notebook_of())

    assert {"kernelspec", "language_info"} == set(notebook.metadata)
    assert {"tags": ["exercise"]} == notebook.cells[1].metadata


def test_an_address_is_refused():
    output = nbformat.v4.new_output("display_data", {"text/plain": "<Pe at 0x7f00aa11>"})

    with pytest.raises(ValueError, match="differs from run to run; give the object a __repr__"):
        render.make_static(notebook_of(output))


def test_a_cell_without_an_id_gets_the_same_one_each_time():
    cell = {"cell_type": "code", "source": ["x"], "metadata": {}, "outputs": []}
    source = json.dumps({"cells": [cell, cell], "metadata": {}})
    first, second = (cell["id"] for cell in json.loads(render.with_ids(source))["cells"])

    assert (first, second) == (second[:8], first + "x")


def test_a_second_rendering_changes_nothing(tmp_path):
    cell = nbformat.v4.new_code_cell("print(1)\n2 + 3")
    path = tmp_path / "01-x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)

    assert 1 == render.main(["--check", str(path)])
    assert 0 == render.main([str(path)])
    assert 0 == render.main(["--check", str(path)])
