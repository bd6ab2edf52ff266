"""The field of `predict`: it asks first, and what the cell shows waits for the answer."""

import pytest
from browser.conftest import axe_finds, in_front

FIRST = "00-start-here.ipynb"


@pytest.fixture(params=["lab", "notebook"])
def opened(request, browser, server):
    """Open the first notebook in either front end and run it."""
    with in_front(request.param, browser, server, {"width": 1280, "height": 1000}) as lab:
        lab.open(FIRST)
        lab.python("__import__('pathlib').Path('pmulab-progress.json').unlink(missing_ok=True)")
        lab.run_all()
        yield lab
        assert [] == lab.errors


def field(lab):
    """Return the first field of the notebook."""
    return lab.page.locator(".pmulab-guess").first


def below(lab):
    """Return the output below the first field: what a guess uncovers."""
    area = lab.page.locator(".jp-OutputArea:has(.pmulab-guess)").first
    return area.locator(".jp-OutputArea-child:not(:has(.pmulab-guess))")


def test_what_a_cell_shows_waits_for_the_guess_which_is_kept(opened):
    waiting, box = below(opened), field(opened).locator("input")
    assert "(2000, 600)" in waiting.text_content()
    assert not waiting.is_visible()

    box.fill("<b>, I think")
    opened.screenshot(f"guess-{opened.front}-waits")
    box.press("Enter")
    waiting.wait_for(state="visible")
    assert "kept" == field(opened).locator('[role="status"]').text_content()
    opened.screenshot(f"guess-{opened.front}-kept")

    opened.run_all()
    assert "<b>, I think" == box.input_value()
    assert below(opened).is_visible()
    assert "'<b>, I think'" == opened.python(
        "machine and __import__('pmulab').progress().predictions[-1]['guess']"
    )


def test_who_has_no_guess_may_look_with_the_keyboard_alone(opened):
    field(opened).locator("input").focus()
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Enter")
    below(opened).wait_for(state="visible")

    assert "no guess" == field(opened).locator('[role="status"]').text_content()
    assert [] == axe_finds(opened.page)
