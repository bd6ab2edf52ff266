"""Every notebook opens in real JupyterLab, runs from top to bottom, and is fit to look at.

The state of the cells comes from JupyterLab's own model: cells outside the window have no place in
the page, so a traceback there would not be found by looking.
"""

from pathlib import Path

import pytest
from browser.conftest import OUTPUT, TALL

NOTEBOOKS = sorted(path.name for path in Path(__file__).parents[2].glob("notebooks/*.ipynb"))
FIRST = "01-a-counter-and-a-turn.ipynb"
CELLS = """() => jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.model.type === 'code')
  .map(cell => ({
    source: cell.model.sharedModel.getSource(),
    ran: cell.model.executionState === 'idle' && cell.model.executionCount > 0,
    folded: cell.outputHidden,
    outputs: cell.model.outputs.toJSON(),
  }))"""
BOTTOM = """() => {
  document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0;
  return Math.ceil([...document.querySelectorAll('.jp-Cell')].pop().getBoundingClientRect().bottom);
}"""


def code_cells(lab):
    """Return the code cells as JupyterLab's model has them."""
    return lab.page.evaluate(CELLS)


def tracebacks(lab):
    """Return the errors in all cells, those outside the window too."""
    outputs = [output for cell in code_cells(lab) for output in cell["outputs"]]
    return [output["ename"] for output in outputs if output["output_type"] == "error"]


def picture(lab, name):
    """Store a picture of the whole notebook: the window is made as high as that."""
    lab.page.set_viewport_size({"width": 1280, "height": TALL})
    lab.page.wait_for_timeout(500)
    lab.page.set_viewport_size({"width": 1280, "height": lab.page.evaluate(BOTTOM) + 60})
    lab.page.wait_for_timeout(500)
    lab.screenshot(name)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_in_jupyterlab_without_an_error(lab, name):
    lab.open(name)
    picture(lab, f"{Path(name).stem}-before")
    lab.run_all()
    lab.show_all()
    for theme in ("Light", "Dark"):
        lab.use_theme(f"JupyterLab {theme}")
        picture(lab, f"{Path(name).stem}-{theme.lower()}")

    assert [] == tracebacks(lab)
    assert [] == [cell["source"] for cell in code_cells(lab) if not cell["ran"]]
    assert 0 == lab.page.locator(".jp-Dialog").count()
    assert 0 == lab.page.get_by_text("Error displaying widget").count()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_answer_stays_folded_until_its_cell_is_run(lab, name):
    lab.open(name)
    before = code_cells(lab)
    asking = [cell["source"].startswith("predict(") for cell in before]
    # Of folded outputs JupyterLab shows the first line.
    shown = [cell["outputs"][0]["data"]["text/plain"] for cell in before if cell["folded"]]
    lab.run_all()

    assert asking == [cell["folded"] for cell in before]
    assert set(shown) <= {"Your guess: none yet; run this cell to make one"}
    assert [] == [cell["source"] for cell in code_cells(lab) if cell["folded"]]


@pytest.mark.parametrize("name", [FIRST])
def test_a_new_user_meets_no_pop_up(lab, name):
    lab.open(name)
    lab.page.wait_for_timeout(1000)

    assert 0 == lab.page.locator(".jp-Dialog, .Toastify__toast").count()


# ---- the first notebook


def saved(player):
    """Return A's saved counter and the sign beside it."""
    cell = player.locator('td[data-location="A.PMEVCNTR0_EL0"]')
    return cell.get_attribute("data-value"), cell.get_attribute("data-sign")


def press(player, *keys):
    """Press keys in the player and return its position."""
    for key in keys:
        player.page.keyboard.press(key)
    player.page.wait_for_timeout(100)
    return int(player.get_attribute("data-index"))


def test_in_the_first_notebook_the_player_steps_by_key_and_both_charts_show(lab):
    lab.open(FIRST)
    lab.page.set_viewport_size({"width": 1160, "height": TALL})
    lab.run_all()
    lab.show_all()
    # The last of three: at the put of A.
    player = lab.page.locator(".pmulab-player").nth(2)
    sentence = player.locator(".pl-sentence")
    player.get_by_role("slider", name="Step").focus()
    start = press(player)

    assert ("0x0", "") == saved(player)
    assert start + 4 == press(player, *["ArrowRight"] * 4)
    assert "host on cpu0: mrs PMEVCNTR0_EL0 = 0x320 -> A" == sentence.inner_text()
    assert ("0x320", "written") == saved(player)
    OUTPUT.mkdir(exist_ok=True)
    player.screenshot(path=OUTPUT / "player-step-50.png")
    assert start + 3 == press(player, "ArrowLeft")
    assert ("0x0", "") == saved(player)
    press(player, "n")
    assert "host on cpu0: vcpu_load B" == sentence.inner_text()
    press(player, "p")
    assert "host on cpu0: vcpu_put A" == sentence.inner_text()
    press(player, "End")
    assert "0x7d0" == saved(player)[0]
    assert 0 == press(player, "Home")
    lab.page.locator(".bqplot").nth(1).wait_for()
    assert 2 <= lab.page.locator(".bqplot").count()
    assert [] == tracebacks(lab)
