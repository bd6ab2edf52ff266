"""The desks of the hunt: a click is answered beside the line, and an edit below the field."""

import json

import pytest
from lab.drawn import fresh_bug

from pmulab.lab.course.hunt import CaseScene, case
from pmulab.lab.course.suspects import Breaking
from pmulab.view.card import card
from pmulab.view.hunt import BreakDesk, HuntDesk


@pytest.fixture(scope="module")
def suspect():
    return fresh_bug(4)


@pytest.fixture
def desk(suspect):
    suspect.clicked = {}
    return HuntDesk(suspect)


def shown(desk):
    return json.loads(desk.panel.shown)


@pytest.mark.slow
def test_a_click_is_answered_on_the_line_and_below(desk):
    assert shown(desk)["answer"] is None

    desk.obey({"do": "accuse", "with": [1]})
    assert "wrong" == shown(desk)["rows"][0]["kind"]
    assert "Not line 1" in shown(desk)["answer"]["head"]
    assert "wrong" == shown(desk)["answer"]["kind"]

    desk.obey({"do": "accuse", "with": [5]})
    assert "right" == shown(desk)["rows"][4]["kind"]
    assert "Right: line 5" in shown(desk)["answer"]["head"]
    assert "holds" == shown(desk)["answer"]["kind"]


@pytest.mark.slow
def test_the_history_opens_in_the_player_and_closes(desk):
    desk.obey({"do": "play"})
    assert 2 == len(desk.children)
    assert "pmu_stop" in desk.children[-1].to_text()

    desk.obey({"do": "play"})
    assert 1 == len(desk.children)


@pytest.mark.slow
def test_a_fresh_bug_takes_its_place(desk):
    desk.obey({"do": "play"})
    desk.obey({"do": "fresh"})

    assert "Fresh bug 5" in shown(desk)["title"]
    assert "overflow_status" in desk.to_text()
    assert shown(desk)["answer"] is None
    assert 1 == len(desk.children)


def test_an_edit_is_answered_with_its_card_and_its_history():
    desk = BreakDesk(Breaking("irq.status"))
    desk.obey({"do": "ask", "with": [desk.desk.text.replace("&", "|", 1)]})

    assert "Broken: irq_level." == shown(desk)["answer"]["head"]
    assert "not yet" in desk.children[1].value
    assert ["play", "In the player"] in shown(desk)["does"]

    desk.obey({"do": "play"})
    assert 3 == len(desk.children)

    desk.obey({"do": "ask", "with": [desk.desk.text]})
    assert "edit one line" in shown(desk)["answer"]["head"]
    assert 1 == len(desk.children)


@pytest.mark.slow
def test_the_twins_have_the_method(suspect):
    desk = BreakDesk(Breaking("irq.status"))

    assert "def overflow_status" in desk.to_text()
    assert "def overflow_status" in desk.to_html()
    assert "<pre>Fresh bug 4" in HuntDesk(suspect).to_html()


def test_a_case_has_a_card_that_keeps_its_lines_back():
    shown = card(CaseScene(case(2)))
    assert "Case 2: a law is broken" in shown.to_html()
    assert "pmu_put" not in shown.to_html()
    assert shown.face.buttons == ["Show"]
    shown.act("step", 2)
    begins = shown.player.index
    assert not any(record.code for record in shown.player.trace if record.hook == "pmu_put")
    shown.act("Show", 0)
    assert 0 < begins < shown.player.index == len(shown.player.trace)
    assert shown.to_text() == repr(case(2))


def test_what_is_told_of_posted_text_has_its_lines():
    trace = CaseScene(case("put-keeps-control")).trace
    assert any(record.code for record in trace if record.hook == "pmu_put")
