"""Marks that were made before, as a page takes them: nbgrader's gradebook, JSON and CSV."""

import json
import sqlite3

import pytest

from pmulab.cli import main
from pmulab.lab.classroom.gradebooks import grades_in, joined
from pmulab.lab.classroom.marks import Grade, Mark, table
from pmulab.lab.exercises.rows import GRADED

PUT, WAKE = "swap.put", "irq.wake"
CLASS = [
    Grade("ada", (Mark(PUT, "right", "x"), Mark(WAKE, "right", "x"))),
    Grade("=bob", (Mark(PUT, "broken", "x", law="own_flags"), Mark(WAKE, "not attempted", "x"))),
    Grade("cyd (participant 7)", (Mark(PUT, "error", "x"), Mark(WAKE, "right", "x"))),
]
# As nbgrader 0.9 makes them, as far as they are read; `test_nbgrader.py` reads a real one.
TABLES = """
CREATE TABLE submitted_assignment (id, student_id);
CREATE TABLE submitted_notebook (id, assignment_id);
CREATE TABLE base_cell (id, name);
CREATE TABLE grade_cells (id, max_score);
CREATE TABLE grade (notebook_id, cell_id, auto_score, manual_score);
CREATE TABLE comment (notebook_id, cell_id, auto_comment);
INSERT INTO base_cell VALUES ('put', '04-swap-put-test'), ('answer', '04-swap-put-answer'),
    ('mask', '02-partition-guest-mask-test'), ('own', '04-a-teachers-own');
INSERT INTO grade_cells VALUES ('put', 11), ('mask', 3), ('own', 5);
"""
# Points for put, points that a person has given, whether nbgrader found an empty answer.
BOOK = {
    "right": (11, None, False),
    "wrong": (0, None, False),
    "empty": (0, None, True),
    "by hand": (0, 11, False),
    "waits": (None, None, False),
    "some": (4, None, False),
}
DUE = {
    "right": "right",
    "wrong": "broken",
    "empty": "not attempted",
    "by hand": "right",
    "waits": "not finished",
    "some": "broken",
}


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "course" / "gradebook.db"
    path.parent.mkdir()
    with sqlite3.connect(path) as made:
        made.executescript(TABLES)
        for name, (points, by_hand, empty) in BOOK.items():
            made.execute("INSERT INTO submitted_assignment VALUES (?, ?)", (f"a-{name}", name))
            made.execute("INSERT INTO submitted_notebook VALUES (?, ?)", (name, f"a-{name}"))
            rows = [(name, "put", points, by_hand), (name, "mask", 3, None), (name, "own", 5, None)]
            made.executemany("INSERT INTO grade VALUES (?, ?, ?, ?)", rows)
            said = "No response." if empty else None
            made.execute("INSERT INTO comment VALUES (?, 'answer', ?)", (name, said))
    made.close()
    return path


def verdicts(grades):
    return {one.learner: {m.exercise: m.verdict for m in one.marks} for one in grades}


def test_a_gradebook_of_nbgraders_is_read_and_stays_as_it_is(book):
    before = book.read_bytes()
    grades, remarks = grades_in(book)

    due = {name: {PUT: kind, "partition.guest_mask": "right"} for name, kind in DUE.items()}
    assert (due, []) == (verdicts(grades), remarks)
    assert [*before] == [*book.read_bytes()]
    assert verdicts(grades) == verdicts(grades_in(book.parent)[0])


def test_what_grade_wrote_as_json_is_what_it_was(tmp_path):
    path = tmp_path / "marks.json"
    path.write_text(json.dumps([grade.as_dict() for grade in CLASS]))
    grades, _ = grades_in(path)

    assert [one.marks for one in CLASS] == [one.marks for one in grades]


@pytest.mark.parametrize("platform", ["plain", "moodle", "canvas"])
def test_a_table_says_who_is_right(tmp_path, platform):
    path = tmp_path / "marks.csv"
    path.write_text(table(CLASS, platform))
    grades, (remark,) = grades_in(path)

    due = verdicts(CLASS)
    wrong = {"error", "not attempted"}
    for one in due.values():
        one |= {id: "broken" for id, kind in one.items() if kind in wrong}
    assert due == verdicts(grades)
    assert "both are called wrong" in remark


def test_the_page_takes_them_all_and_joins_a_learners(book, tmp_path, capsys):
    path = tmp_path / "marks.json"
    more = Grade("right", (Mark(PUT, "broken", "x"), Mark(WAKE, "right", "x")))
    path.write_text(json.dumps([grade.as_dict() for grade in (*CLASS, more)]))
    out = tmp_path / "report.html"
    assert 0 == main(["report", str(book.parent), str(path), "--out", str(out)])

    assert f"{out}: {len(BOOK) + len(CLASS)} learners" in capsys.readouterr().out
    text = out.read_text()
    # Of "right" the gradebook's mark counts, which was named first.
    kinds = [*DUE.values(), *(grade.marks[0].verdict for grade in CLASS)]
    right, missing = kinds.count("right"), kinds.count("not attempted")
    numbers = (right, len(kinds) - right - missing, missing)
    cells = "".join(f"<td>{n}</td>" for n in numbers)
    assert f"<code>{PUT}</code></th>{cells}" in text
    (joint,) = joined([Grade("right", (Mark(PUT, "right", ""),)), more])
    assert [(PUT, "right"), (WAKE, "right")] == [(m.exercise, m.verdict) for m in joint.marks]


BAD = {
    "no database": ("gradebook.db", b"x" * 2000),
    "another database": ("other.db", b""),
    "no JSON": ("marks.json", b"{"),
    "another JSON": ("marks.json", b'{"a": 1}'),
    "no verdict": (
        "marks.json",
        b'[{"learner": "a", "marks": [{"exercise": "swap.put", "verdict": "x", "text": ""}]}]',
    ),
    "a mark without a verdict": ("marks.json", b'[{"learner": "a", "marks": [{}]}]'),
    "another table": ("marks.csv", b"a,b\n1,2\n"),
    "a number that is none": ("marks.csv", b"learner,swap.put\nada,x\n"),
    "no exercise": ("marks.csv", b"learner,total\nada,1\n"),
    "no bytes": ("marks.csv", b"\xff\xfe"),
}


@pytest.mark.parametrize(("name", "content"), BAD.values(), ids=BAD)
def test_what_has_no_marks_is_one_line(name, content, tmp_path, capsys):
    (tmp_path / name).write_bytes(content)
    out = tmp_path / "x.html"

    assert 2 == main(["report", str(tmp_path / name), "--out", str(out)])
    said = capsys.readouterr().err
    assert 1 == said.count("\n") and f"{tmp_path / name}: no mark" in said
    assert not out.exists()


def test_every_test_of_nbgraders_copy_has_an_exercise():
    """A slug is read back by leaving out dots and lines: no two exercises have the same."""
    slugs = {id.replace(".", "-").replace("_", "-") for id in GRADED}

    assert len(GRADED) == len(slugs)
