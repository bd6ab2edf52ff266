"""Points beyond the exercises: a repair in the hunt, the project's hooks, self-tests."""

import json
from pathlib import Path

import pytest

from pmulab.cli import main
from pmulab.lab.classroom.copies import instructor, nbgrader, student
from pmulab.lab.classroom.grading import graded
from pmulab.lab.classroom.marks import table
from pmulab.lab.classroom.quizzes import answers_in, asked_of, with_tests
from pmulab.lab.classroom.submissions import sheets
from pmulab.lab.course.self_tests import self_tests
from pmulab.lab.exercises.judge import is_empty
from pmulab.lab.exercises.rows import AGAIN, EXERCISES, PROJECT
from pmulab.lab.gallery.gallery import gallery

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PARTS = ("irq.wake", "hunt.repair", "project.host_counter_mask", "project.kick")
MASKS = """from pmulab import Hypervisor, joined
mine = joined()
class Masks(mine):
    def guest_counter_mask(self, vcpu):
        return (1 << self.guest_counters(vcpu)) - 1
    def host_counter_mask(self):
        return self.host.cntr_mask
"""


def notebook(name, make, change=lambda text: text):
    """Return a copy of a notebook of the course, with its answers changed."""
    (path,) = NOTEBOOKS.glob(f"{name}-*.ipynb")
    made = json.loads(path.read_text(encoding="utf-8"))
    made["metadata"]["pmulab"] = name
    made = make(made)
    for cell in made["cells"]:
        if "exercise" in cell["metadata"].get("tags", []):
            cell["source"] = change(cell["source"])
    return path.name, json.dumps(made)


def hand_in(folder, learner, *notebooks):
    for name, text in notebooks:
        path = folder / learner / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def only(*hooks):
    """Keep the answers to some hooks alone, so that a test takes seconds."""

    def change(text):
        head, *parts = text.split("    def ")
        kept = [p if p.startswith(hooks) else f"{p.partition(':')[0]}: ...\n" for p in parts]
        return "    def ".join([head, *kept])

    return change


@pytest.mark.slow
def test_the_project_and_the_repair_have_points(tmp_path):
    two = only("kick", "host_counter_mask")
    hand_in(tmp_path, "ada", notebook("11", instructor, two))
    wrong = notebook("11", instructor, lambda text: two(text).replace("= True", "= False"))
    hand_in(tmp_path, "bob", wrong)
    hand_in(tmp_path, "eve", notebook("10", instructor), notebook("11", student))
    # What 11 leaves empty is what an earlier notebook has.
    hand_in(tmp_path, "eve", notebook("07", instructor, only("kick")))
    found = [*graded(sheets([tmp_path]), PARTS, 60)]
    points = [{mark.exercise: mark.points for mark in one.marks} for one in found]

    kick = EXERCISES["irq.wake"].lines
    due = [(0, 0, 1, 1), (0, 0, 1, 0), (kick, 2, 0, 1)]
    assert [dict(zip(PARTS, row, strict=True)) for row in due] == points
    assert "broken" == found[1].marks[-1].verdict
    rows = [row.split(",") for row in table(found).splitlines()]
    assert ["learner", "irq.wake", "hunt.repair", "project", "total", "remarks"] == rows[0]
    assert [["ada", "2"], ["bob", "1"], ["eve", "1"]] == [[row[0], row[3]] for row in rows[1:]]


@pytest.mark.slow
def test_a_known_mistake_in_the_project_is_refused(tmp_path):
    cell = {"cell_type": "code", "source": MASKS, "metadata": {}, "outputs": []}
    hand_in(tmp_path, "ada", ("11-mine.ipynb", json.dumps({"cells": [cell], "metadata": {}})))
    (found,) = graded(sheets([tmp_path]), (), 60)
    marks = {mark.exercise: mark for mark in found.marks}

    assert (0, 1) == tuple(marks[f"project.{one}_counter_mask"].points for one in ("guest", "host"))
    assert "mask-without-cycles" == marks["project.guest_counter_mask"].nearest
    assert "mask-without-cycles" in gallery()


def is_test(cell):
    return cell["metadata"].get("nbgrader", {}).get("grade", False)


def test_each_hook_of_the_project_has_a_test_in_nbgraders_copy():
    _, text = notebook("11", nbgrader)
    cells = json.loads(text)["cells"]
    tests = [
        c["source"].split('"')[1] for c in cells if c["metadata"].get("nbgrader", {}).get("grade")
    ]

    assert [f"project.{hook}" for hook in PROJECT] == tests
    ids = [cell["id"] for cell in cells]
    assert len(ids) == len(set(ids))
    _, text = notebook("10", nbgrader)
    assert 1 == text.count('mark(\\"hunt.repair\\", In)')


def test_what_nbgrader_leaves_to_be_written_is_empty():
    def not_written(self):
        # YOUR CODE HERE
        raise NotImplementedError()

    def says_why(self):
        raise NotImplementedError("later")

    def other(self):
        raise NotImplementedError(self.kick())

    def another(self):
        raise ValueError("later")

    assert [True, True, False, False] == [*map(is_empty, (not_written, says_why, other, another))]


def test_again_is_what_an_exercise_is_but_for_its_place():
    assert all(row.hook in {one.hook for one in EXERCISES.values()} for row in AGAIN.values())
    assert not AGAIN.keys() & EXERCISES.keys()
    assert {"1", "10", "11"} == {row.notebook for row in AGAIN.values()}


# ---- self-tests


def keep(folder, learner, **answers):
    rows = [
        {"question": f"self-test {id.replace('_', '.')}", "guess": said}
        for id, said in answers.items()
    ]
    path = folder / learner / "pmulab-progress.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"pmulab_progress": 1, "exercises": {}, "predictions": rows}))


@pytest.mark.slow
def test_self_tests_count_where_a_teacher_wants_it(tmp_path, capsys):
    rows = self_tests()
    mine = {"7_1": rows["7.1"].answer, "7_2": "PMUIRQ"}
    keep(tmp_path, "ada", **mine)
    keep(tmp_path, "bob", **{"7_2": rows["7.2"].answer.upper()})
    for learner in ("ada", "bob", "eve"):
        (tmp_path / learner).mkdir(exist_ok=True)
        (tmp_path / learner / "mine.py").write_text("x = 1\n")
    answers = answers_in([tmp_path])

    assert [rows["7.1"], rows["7.2"]] == asked_of(answers.values())
    command = ["grade", str(tmp_path), "--exercise", "irq.wake", "--self-tests"]
    assert 1 == main([*command, "--csv", str(tmp_path / "out.csv")])
    said = capsys.readouterr().out
    assert "ada: 0 of 1, 1 of 3 points" in said
    assert "self-tests: 1 of 2 questions right" in said
    rows = (tmp_path / "out.csv").read_text().splitlines()
    assert "learner,irq.wake,self-test,total,remarks" == rows[0]
    assert ["1", "1", "0"] == [row.split(",")[2] for row in rows[1:]]


def test_a_file_that_is_no_progress_has_no_answers(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "a.json").write_text("{")
    (tmp_path / "ada" / "b.json").write_text('{"pmulab_progress": 99}')

    assert {"ada": {}} == answers_in([tmp_path])
    assert with_tests.__doc__ and [] == asked_of(answers_in([tmp_path]).values())
