"""Every notebook opens in real JupyterLab and runs from top to bottom."""

from pathlib import Path

import pytest

NOTEBOOKS = sorted(path.name for path in Path(__file__).parents[2].glob("notebooks/*.ipynb"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_in_jupyterlab_without_an_error(lab, name):
    lab.open(name)
    lab.run_all()
    lab.screenshot(f"{Path(name).stem}-end")

    assert [] == lab.tracebacks()
    assert 0 == lab.page.locator(".jp-Dialog").count()


@pytest.mark.parametrize("name", NOTEBOOKS[:1])
def test_a_new_user_meets_no_pop_up(lab, name):
    lab.open(name)
    lab.page.wait_for_timeout(1000)

    assert 0 == lab.page.locator(".jp-Dialog, .Toastify__toast").count()
