"""The self-tests: each question has its choices, a reason for each of them, and a notebook."""

import re
from collections import Counter
from pathlib import Path

import pytest
from test_sources import without_source

from pmulab import self_test
from pmulab.lab.course.progress import keep_guess, progress
from pmulab.lab.course.self_tests import questions, right_in, self_tests
from pmulab.view.guess import Quiz

ROWS = self_tests()
NOTEBOOKS = {
    path.name.split("-")[0].lstrip("0"): path.read_text(encoding="utf-8")
    for path in (Path(__file__).parents[2] / "notebooks").glob("[01]*.ipynb")
}


def test_each_choice_is_explained_by_its_letter():
    letters = {row.id: set(re.findall(r"\(([a-z])\)", row.why)) for row in ROWS.values()}

    assert {} == {id: found for id, found in letters.items() if not found <= set("abc")}
    assert [] == [id for id, row in ROWS.items() if row.answer not in row.choices]
    assert [] == [id for id, row in ROWS.items() if len(set(row.choices)) != 3]
    begins = {row.id: f"({'abc'[row.choices.index(row.answer)]})" for row in ROWS.values()}
    assert [] == [id for id, row in ROWS.items() if not row.why.startswith(begins[id])]


def test_no_letter_is_the_answer_more_often_than_half_the_time():
    found = Counter(row.choices.index(row.answer) for row in ROWS.values())

    assert 3 == len(found)
    assert max(found.values()) <= len(ROWS) / 2


def test_a_reason_that_names_arm_or_linux_has_its_source():
    assert {} == {row.id: words for row in ROWS.values() if (words := without_source(row.why))}


def test_each_is_asked_in_its_notebook_once():
    asked = {
        number
        for number, text in NOTEBOOKS.items()
        for _ in re.findall(r'"self_test\((?:\\")?\w+(?:\\")?\)"', text)
    }

    assert asked == {id.split(".")[0] for id in ROWS}
    for number in asked:
        ids = [row.id for row in questions(number)]
        assert ids == [f"{number}.{n}" for n in range(1, len(ids) + 1)]


def test_an_answer_is_judged_by_its_choice():
    row = ROWS["7.2"]

    assert ("right", "Right: (b) the kick") == row.judge("The Kick")
    assert ("wrong", "Not (a) PMUIRQ, but (b) the kick") == row.judge("PMUIRQ")
    assert ("none", "The answer: (b) the kick") == row.judge(" ")


def test_answers_are_kept_and_counted(tmp_path, monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", str(tmp_path / "kept.json"))
    keep_guess(ROWS["7.1"].key, "it is forgotten")
    keep_guess(ROWS["7.2"].key, "the kick")

    assert "1 of 2 questions of the self-test right" in progress().so_far("7")
    assert 1 == right_in(progress().guesses)


def test_elsewhere_the_questions_are_printed(capsys):
    self_test(7)

    assert "Who makes it run again?\n(a) PMUIRQ\n(b) the kick\n" in capsys.readouterr().out


@pytest.mark.parametrize("kept", ["", "PMUIRQ"])
def test_the_twins_have_the_choices_and_no_answer_before_there_is_one(kept):
    widget = Quiz(ROWS["7.2"], kept, lambda *_: None)

    for form in (widget.to_text(), widget.to_html()):
        assert all(choice in form for choice in ROWS["7.2"].choices)
        assert bool(kept) == ("Not (a)" in form)
        assert bool(kept) == ("the host, whose handler records" in form)
    assert bool(kept) == bool(widget.says)
