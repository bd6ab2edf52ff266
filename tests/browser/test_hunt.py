"""The hunt and the map in JupyterLab: a line is accused by keyboard, an edit is answered.

Pictures of 1280 x 800 go to output/; a person looks at them.
"""

import pytest
from browser.conftest import axe_finds, in_front, notebook

SIZE = {"width": 1280, "height": 800}
CELLS = (
    "from pmulab import *\nlesson(4)",
    "guilty(4)",
    'break_it("irq.status")',
    "mine = joined()",
    "case(5)",
)


@pytest.fixture(scope="module")
def opened(browser, server):
    """Open all of them once."""
    with in_front("lab", browser, server, SIZE) as lab:
        lab.write("hunt.ipynb", "notebook", notebook(*CELLS))
        lab.open("hunt.ipynb")
        lab.run_all()
        lab.page.get_by_role("button", name="Who notices?").wait_for()
        yield lab

        assert [] == lab.tracebacks()
        assert [] == lab.errors


def show(lab, cell):
    """Scroll a cell's output into view, and return it."""
    place = lab.page.locator(".jp-Notebook .jp-CodeCell").nth(cell)
    place.locator(".jp-OutputArea-output").first.evaluate("e => e.scrollIntoView({block: 'start'})")
    return place


def test_the_guilty_line_is_accused_by_keyboard(opened):
    place = show(opened, 1)
    place.get_by_role("button", name="def pmu_stop").focus()
    opened.page.keyboard.press("Enter")
    place.get_by_role("status").get_by_text("Not line 1").wait_for()
    for _ in range(4):
        opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("Enter")
    place.get_by_role("status").get_by_text("Right: line 5.").wait_for()
    place.get_by_role("button", name="Play it").click()
    place.locator(".pmulab-player").wait_for()
    place.get_by_role("button", name="A fresh bug").click()
    place.get_by_text("Fresh bug 5").wait_for()
    place.locator(".pmulab-player").wait_for(state="detached")


def test_a_case_plays_its_history(opened):
    place = show(opened, 4)
    place.get_by_role("button", name="Open step 2").click()
    place.locator(".pmulab-player").wait_for()
    assert "A enables the cycle counter" in place.locator(".pmulab-player").inner_text()
    place.get_by_role("button", name="Show", exact=True).click()
    assert place.get_by_role("button", name="Check again").count() == 0


def test_an_edit_is_answered_with_its_history(opened):
    place = show(opened, 2)
    field = place.locator("textarea")
    field.fill(field.input_value().replace("&", "|", 1))
    # The keys that ask do not run the cell: that would throw the edit away.
    field.press("Control+Enter")
    place.get_by_text("Broken: irq_level.").wait_for()
    assert "|" in field.input_value()
    place.get_by_role("button", name="In the player").click()
    place.locator(".pmulab-player").wait_for()


COUNT = "jupyterapp.shell.currentWidget.content.widgets.length"


def test_no_key_reaches_the_notebook_and_shift_enter_keeps_the_edit(opened):
    field = show(opened, 2).locator("textarea")
    before = opened.page.evaluate(COUNT)
    field.click()
    opened.page.keyboard.press("Control+End")
    opened.page.keyboard.type("  # ddxab00")
    opened.page.keyboard.press("Escape")
    opened.page.keyboard.type("dd")
    opened.page.keyboard.press("Shift+Enter")
    opened.page.wait_for_timeout(1000)

    # It goes on to the cell below; to run this one again would throw the edit away.
    assert field.input_value().endswith("  # ddxab00dd")
    assert not field.evaluate("e => e === document.activeElement")
    show(opened, 1).get_by_role("button", name="def ").focus()
    opened.page.keyboard.type("ddxb")
    assert before == opened.page.evaluate(COUNT)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_and_axe(opened, theme):
    opened.use_theme(f"JupyterLab {theme.title()}")
    for cell, name in enumerate(("map", "guilty", "break", "joined")):
        place = show(opened, cell)
        opened.page.wait_for_timeout(400)
        opened.screenshot(f"hunt-{name}-{theme}")
    picture = opened.page.locator(".pmulab-map").first
    found = axe_finds(opened.page)
    opened.use_theme("JupyterLab Light")

    assert place is not None
    assert picture.bounding_box()["width"] <= 720
    assert [] == found
