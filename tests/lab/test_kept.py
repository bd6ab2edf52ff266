"""Marks that are kept: another run takes what is good, and judges the rest."""

import json
import os

import pytest

from pmulab.cli import main
from pmulab.lab.classroom import kept
from pmulab.lab.classroom.grading import Desk, graded
from pmulab.lab.classroom.kept import kept_in
from pmulab.lab.classroom.marks import Mark
from pmulab.lab.classroom.sheets import Answer, Sheet

HEAD = '{"learner": "ada", "exer'


def sheet(learner, source, name="mine.py"):
    return Sheet(learner, (Answer("irq.wake", name, source, f"{name}, cell 3"),))


@pytest.fixture
def judge(monkeypatch):
    """Put a judge in place who takes note of what is asked, and says what the answer says."""
    asked = []

    def judged(self, id, answer):
        asked.append(answer.source)
        return {"verdict": answer.source.split()[0], "text": f"{id}: {len(asked)}"}

    monkeypatch.setattr(Desk, "_judged", judged)
    return asked


def run(path, *handed_in, seconds=60):
    return [*graded(handed_in, ["irq.wake"], seconds, kept=kept_in(path))]


def test_what_was_marked_is_not_judged_again(judge, tmp_path):
    path, ada, bob = tmp_path / "k", sheet("ada", "right 1"), sheet("bob", "broken 2")
    first = run(path, ada, bob)

    assert first == run(path, ada, bob)
    assert ["right 1", "broken 2"] == judge
    assert ["ada", "bob"] == [
        json.loads(line)["learner"] for line in path.read_text().split("\n")[:-1]
    ]


@pytest.mark.parametrize(
    ("then", "seconds"),
    [
        (sheet("ada", "right 1 # changed"), 60),
        (sheet("ada", "right 1", "other.py"), 60),
        (sheet("ada", "right 1"), 61),
    ],
)
def test_what_has_changed_is_judged_again(then, seconds, judge, tmp_path):
    run(tmp_path / "k", sheet("ada", "right 1"))
    run(tmp_path / "k", then, seconds=seconds)

    assert 2 == len(judge)


def test_another_edition_judges_again(judge, tmp_path, monkeypatch):
    run(tmp_path / "k", sheet("ada", "right 1"))
    monkeypatch.setattr(kept, "edition", lambda: "another")
    run(tmp_path / "k", sheet("ada", "right 1"))

    assert 2 == len(judge)


def test_what_was_not_finished_is_tried_again(judge, tmp_path):
    path, ada = tmp_path / "k", Sheet("ada", (Answer("irq.wake", "a.py", "x", "a.py"),))
    found = Mark("irq.wake", "not finished", "")
    kept_in(path).add("ada", ada.answers[0], found, 60)

    assert {} == kept_in(path).marks


def test_a_mark_says_where_the_answer_is_now(judge, tmp_path):
    (before,) = run(tmp_path / "k", sheet("ada", "right 1"))
    moved = sheet("ada", "right 1").answers[0]._replace(where="mine.py, cell 9")
    (after,) = run(tmp_path / "k", Sheet("ada", (moved,)))

    assert 1 == len(judge)
    assert ["mine.py, cell 3", "mine.py, cell 9"] == [one.marks[0].where for one in (before, after)]


def test_no_answer_is_no_line(judge, tmp_path):
    empty = Answer("irq.wake", "a.py", "...", "a.py", True)
    run(tmp_path / "k", Sheet("ada", (empty,)), Sheet("bob", ()))

    assert "" == (tmp_path / "k").read_text()


def test_processes_that_mark_side_by_side_mix_no_lines(judge, tmp_path):
    path = tmp_path / "k"
    handed_in = [sheet(f"{n}", f"right {n}") for n in range(20)]
    [*graded(handed_in, ["irq.wake"], 60, jobs=2, kept=kept_in(path))]

    assert 20 == len(kept_in(path).marks)
    run(path, *handed_in)
    assert [] == judge


@pytest.mark.parametrize("n", [1, 5, len(HEAD)])
def test_a_line_that_was_not_written_to_its_end_is_dropped(n, judge, tmp_path):
    path, ada, bob = tmp_path / "k", sheet("ada", "right 1"), sheet("bob", "broken 2")
    run(path, ada)
    whole = path.read_bytes()
    path.write_bytes(whole + HEAD[:n].encode())
    run(path, ada, bob)

    assert ["right 1", "broken 2"] == judge
    assert path.read_bytes().startswith(whole)
    assert 2 == len(kept_in(path).marks)


@pytest.mark.parametrize(
    "text", ["import pmulab", "{}\n", "[]\n", '{"cells": []', '"x"\nlearner,1\n']
)
def test_another_file_is_left_as_it_is(text, tmp_path, capsys):
    path, mine = tmp_path / "notes.txt", tmp_path / "mine.py"
    path.write_text(text)
    mine.write_text("x = 1")

    assert 2 == main(["grade", str(mine), "--keep", str(path)])
    assert "no mark; marks are kept in a file of their own" in capsys.readouterr().err
    assert text == path.read_text()


def test_where_no_file_can_be_nothing_is_judged(judge, tmp_path, capsys):
    mine = tmp_path / "mine.py"
    mine.write_text("x = 1")

    assert 2 == main(["grade", str(mine), "--keep", str(tmp_path / "nosuch" / "k")])
    assert "nosuch" in capsys.readouterr().err
    assert [] == judge


def test_the_edition_names_the_library_python_and_z3():
    files, python, z3 = kept.edition().split(", ")

    assert 12 == len(files)
    assert python.startswith("Python 3.")
    assert z3.startswith("z3 ")
    assert os.sep not in kept.edition()
