"""The desks of the hunt: a click is answered beside the line, and an edit below the field."""

import pytest
from lab.drawn import fresh_bug

from pmulab.lab.course.suspects import Breaking
from pmulab.view.hunt import BreakDesk, HuntDesk


@pytest.fixture(scope="module")
def suspect():
    return fresh_bug(4)


@pytest.fixture
def desk(suspect):
    return HuntDesk(suspect)


@pytest.mark.slow
def test_a_click_is_answered_on_the_line_and_below(desk):
    desk.rows[0].click()
    assert desk.rows[0].description.endswith("✗")
    assert "Not line 1" in desk.says.value

    desk.rows[4].click()
    assert desk.rows[4].description.endswith("✓")
    assert "Right: line 5" in desk.says.value
    assert 'role="status"' in desk.says.value


@pytest.mark.slow
def test_each_line_is_a_button_with_its_number(desk):
    assert [f"{n:>2}" for n in range(1, len(desk.rows) + 1)] == [
        row.description[:2] for row in desk.rows
    ]
    assert "Line 1 is guilty" == desk.rows[0].tooltip


@pytest.mark.slow
def test_the_history_opens_in_the_player_once(desk):
    before = len(desk.children)
    desk.play.click()
    desk.play.click()

    assert before + 1 == len(desk.children)
    assert "pmu_stop" in desk.children[-1].to_text()


@pytest.mark.slow
def test_a_fresh_bug_takes_its_place(desk):
    desk.play.click()
    desk.more.click()

    assert "Fresh bug 5" in desk.told.value
    assert "overflow_status" in desk.to_text()
    assert "Right" not in desk.says.value
    assert len(desk.rows) + 4 == len(desk.children)


def test_an_edit_is_answered_and_its_history_opens():
    desk = BreakDesk(Breaking("irq.status"))
    desk.text.value = desk.text.value.replace("&", "|", 1)
    desk.button.click()

    assert "Broken: irq_level." in desk.says.value
    assert 5 == len(desk.children)
    desk.text.value = desk.method.text
    desk.button.click()
    assert "edit one line" in desk.says.value
    assert 4 == len(desk.children)


@pytest.mark.slow
def test_the_twins_have_the_method(suspect):
    desk = BreakDesk(Breaking("irq.status"))

    assert "def overflow_status" in desk.to_text()
    assert "def overflow_status" in desk.to_html()
    assert "<pre>Fresh bug 4" in HuntDesk(suspect).to_html()
