"""Each prediction asks what its row asks, and the teacher's page lists the rows."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from editions import number_of
from test_sources import without_source

from pmulab.lab.course.predictions import numbers, predictions, teachers_table

NOTEBOOKS = sorted(Path(__file__).parent.parent.glob("notebooks/*.ipynb"))
PAGE = NOTEBOOKS[0].parent / "teacher" / "README.md"
PREDICT = re.compile(r'^predict\("([\db.]+)"\)', re.M)
ROWS = predictions()


def asked_in(path):
    """List (id, the last line of the cell above) of a notebook's predictions."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        (found[1], "".join(above["source"]).strip().splitlines()[-1])
        for above, cell in pairwise(cells)
        if cell["cell_type"] == "code" and (found := PREDICT.search("".join(cell["source"])))
    ]


ALL = [row for path in NOTEBOOKS for row in asked_in(path)]


def test_a_prediction_follows_its_question_and_each_row_is_asked_once():
    asks = re.compile(r"\*\*Predict\.\*\* .+\?")

    assert list(ROWS) == [id for id, _ in ALL]
    assert [] == [(id, line) for id, line in ALL if not asks.fullmatch(line)]
    assert [] == [(id, line) for id, line in ALL if not line.endswith(ROWS[id].question)]


def test_the_predictions_of_a_notebook_are_numbered_from_one():
    for path in NOTEBOOKS:
        number = number_of(path)
        found = [id for id, _ in asked_in(path)]

        assert found == [f"{number}.{n}" for n in range(1, len(found) + 1)], path.name


def test_a_notebook_that_asks_begins_the_lesson_before_it_asks():
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        number = number_of(path)
        lesson = number if number.isdecimal() else f'"{number}"'
        begins = [k for k, s in enumerate(code) if f"\nlesson({lesson}, " in s]
        asks = [k for k, s in enumerate(code) if PREDICT.search(s)]

        # Only what moves at once may stand before it.
        assert begins in ([0], [1]) if asks else begins == [], path.name
        assert begins < asks or not asks, path.name


def test_an_answer_is_one_of_the_choices_or_has_a_number():
    rows = [row for row in ROWS.values() if row.answer]

    assert [] == [row.id for row in rows if row.choices and row.answer not in row.choices]
    assert [] == [row.id for row in rows if not row.choices and not numbers(row.answer)]
    assert [] == [row.id for row in ROWS.values() if len(set(row.choices)) == 1 or not row.why]


def test_a_reason_that_names_arm_or_linux_has_its_source():
    assert {} == {row.id: words for row in ROWS.values() if (words := without_source(row.why))}


def test_the_teachers_page_has_the_rows():
    assert teachers_table() in PAGE.read_text(encoding="utf-8")


GOOD = "Good: what surprises is remembered."


@pytest.mark.parametrize(
    "id, guess, kind, says",
    [
        ("1.6", "4300", "right", "Right: 4300."),
        ("1.6", "2500", "wrong", "You said 2500; it is 4300. Good: what surprises is remembered."),
        ("1.6", "many", "wrong", "You said many; it is 4300. Good: what surprises is remembered."),
        ("1.6", " ", "none", "It is 4300."),
        ("1.12", "0x320", "right", "Right: 800."),
        ("2.2", "counters 5 and 0", "right", "Right: 0 and 5."),
        ("2.2", "5", "wrong", "You said 5; it is 0 and 5. Good: what surprises is remembered."),
        ("3.4", "two", "right", "Right: 2."),
        ("9.3", "2.6", "right", "Right: 2.6 %."),
        # More exactly is no less right; a bitmap and a word are other ways to say it.
        ("9.3", "2.56", "right", "Right: 2.6 %."),
        ("9.3", "2.5", "wrong", "You said 2.5; it is 2.6 %. Good: what surprises is remembered."),
        ("1.4", "both", "right", "Right: 0 and 1."),
        ("1.4", "0b011", "right", "Right: 0 and 1."),
        ("1.4", "0b11 and 0.5", "wrong", f"You said 0b11 and 0.5; it is 0 and 1. {GOOD}"),
        ("1.6", "4300.2", "wrong", f"You said 4300.2; it is 4300. {GOOD}"),
        ("1.4", "3", "wrong", "You said 3; it is 0 and 1. Good: what surprises is remembered."),
        ("12.9", "Low", "right", "Right: 0."),
        ("7.2", "", "none", "The answer: it never lowers the wire."),
        ("2.3", "No", "right", "Right: no."),
        ("11.2", "yes", "none", "You will see."),
    ],
)
def test_a_guess_is_judged(id, guess, kind, says):
    assert (kind, says) == ROWS[id].judge(guess)
