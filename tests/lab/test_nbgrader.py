"""Real nbgrader: generated, handed in, graded, told; right, wrong and wounded submissions.

It is in build/nbgrader, where `make test` puts it; without it these tests are left out.
"""

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pmulab.lab.classroom import copies
from pmulab.lab.classroom.gradebooks import grades_in
from pmulab.lab.exercises.rows import EXERCISES

ROOT = Path(__file__).parent.parent.parent
HOME = ROOT / "build" / "nbgrader"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (HOME / "nbgrader").is_dir(), reason="no nbgrader; make build/nbgrader"),
]
LESSON = "04-preemption"
IDS = ("swap.stop", "swap.fold", "swap.put", "swap.load")
FULL = {id: EXERCISES[id].lines for id in IDS}
NONE = dict.fromkeys(IDS, 0)
WRONG = 'self.cpu.msr("PMCNTENCLR_EL0", 1)'
CHEAT = """class V:
    right = True
check = mark = lambda *a, **k: V()
import sys
sys.modules["pmulab.lab.classroom.cell"] = sys.modules["__main__"]
class Mine(Hypervisor):
    def pmu_put(self, vcpu):
        ..."""


def answer(notebook, id):
    """Return the cell in which an exercise is to be answered."""
    slug = f"04-{id.replace('.', '-')}"
    (cell,) = (c for c in notebook["cells"] if is_called(c, f"{slug}-answer"))
    return cell


def is_called(cell, name):
    return cell["metadata"].get("nbgrader", {}).get("grade_id") == name


def solved(notebook):
    """Answer everything as the library does."""
    for id in IDS:
        cell = answer(notebook, id)
        cell["source"] = copies.filled(copies.emptied(unmarked(text(cell))))
    return notebook


def unmarked(source):
    """Write a starter as nbgrader gives it out, empty."""
    lines = source.replace("# YOUR CODE HERE", "").replace("raise NotImplementedError()", "...")
    return "\n".join(line for line in lines.split("\n") if line.strip())


def text(cell):
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def put(body):
    return f"class Mine(Hypervisor):\n    def pmu_put(self, vcpu):\n        {body}"


def with_put(source):
    """Answer everything, and put with a source of its own."""

    def make(notebook):
        answer(solved(notebook), "swap.put")["source"] = source
        return notebook

    return make


def partly(notebook):
    right = solved(copy.deepcopy(notebook))
    answer(notebook, "swap.stop")["source"] = text(answer(right, "swap.stop"))
    return notebook


def renamed(notebook):
    cell = answer(solved(notebook), "swap.put")
    cell["source"] = text(cell).replace("class Mine", "class MyVeryOwn")
    return notebook


def older(notebook):
    """Hand in what was made from an edition whose tests had other names."""
    for n, cell in enumerate(solved(notebook)["cells"]):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] += f"-{n}"
    return notebook


def copied(notebook):
    """Hand in a cell twice, the wrong one first."""
    cells = solved(notebook)["cells"]
    at = cells.index(answer(notebook, "swap.put"))
    twin = copy.deepcopy(cells[at])
    twin["source"] = put(WRONG)
    cells.insert(at, twin)
    return notebook


def split(notebook):
    """Hand in an answer whose helper is in a cell of its own."""
    cells = solved(notebook)["cells"]
    at = cells.index(answer(notebook, "swap.stop"))
    names = text(cells[at]).replace("self.guest_counter_mask(vcpu)", "my_mask(self, vcpu)")
    cells[at]["source"] = names
    helper = "def my_mask(hyp, vcpu):\n    return hyp.guest_counter_mask(vcpu)"
    cells.insert(at, {**bare(cells[at]), "source": helper})
    return notebook


def bare(cell):
    return {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}


def without_test(notebook):
    cells = solved(notebook)["cells"]
    cells[:] = [cell for cell in cells if not is_called(cell, "04-swap-put-test")]
    return notebook


def without_answer(notebook):
    solved(notebook)["cells"].remove(answer(notebook, "swap.put"))
    return notebook


def markdown(notebook):
    cell = answer(solved(notebook), "swap.put")
    source = text(cell)
    cell.clear()
    cell |= {"cell_type": "markdown", "metadata": {}, "source": source}
    return notebook


def stripped(notebook):
    for cell in solved(notebook)["cells"]:
        cell["metadata"] = {}
    return notebook


ALL_BUT_PUT = {**FULL, "swap.put": 0}
SUBMISSIONS = {
    "right": (solved, FULL),
    "wrong": (with_put(put(WRONG)), ALL_BUT_PUT),
    "empty": (lambda notebook: notebook, NONE),
    "partial": (partly, {**NONE, "swap.stop": FULL["swap.stop"]}),
    "syntax": (with_put("class Mine(Hypervisor)\n    def pmu_put(self, vcpu):\n"), ALL_BUT_PUT),
    "crash": (with_put(put("import os; os._exit(0)")), ALL_BUT_PUT),
    "cheat": (with_put(CHEAT), ALL_BUT_PUT),
    "late": (solved, FULL),
    "renamed": (renamed, FULL),
    "older": (older, FULL),
    "copied": (copied, FULL),
    "split": (split, FULL),
    "without-test": (without_test, FULL),
    "without-answer": (without_answer, ALL_BUT_PUT),
    "markdown": (markdown, ALL_BUT_PUT),
    "stripped": (stripped, FULL),
}


def in_its_environment(course, *words):
    """Run Python with nbgrader, as a teacher does in an activated environment."""
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(HOME)])
    folders = [str(HOME / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    environment["PATH"] = os.pathsep.join(folders)
    environment["HOME"] = str(course.parent)
    return subprocess.run(
        [sys.executable, *words],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def nbgrader(course, *words):
    """Run a command of nbgrader; returns its status and what it said."""
    done = in_its_environment(course, "-m", "nbgrader", *words)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Make a course, hand in all submissions, grade them; return the folder and what was said."""
    course = tmp_path_factory.mktemp("class") / "nbgrader"
    copies.make_copies(course.parent, ROOT / "notebooks")
    code, said = nbgrader(course, "generate_assignment", LESSON, "--create")
    assert 0 == code, said
    released = course / "release" / LESSON / f"{LESSON}.ipynb"
    for name, (make, _) in SUBMISSIONS.items():
        place = course / "submitted" / name / LESSON
        place.mkdir(parents=True)
        notebook = make(json.loads(released.read_text()))
        (place / f"{LESSON}.ipynb").write_text(json.dumps(notebook))
    late = course / "submitted" / "late" / LESSON / "timestamp.txt"
    late.write_text("2030-01-01 00:00:00 UTC")
    code, said = nbgrader(course, "autograde", LESSON)
    assert 0 == code, said
    code, more = nbgrader(course, "generate_feedback", LESSON)
    assert 0 == code, more
    return course, said


MARKS = """
import sys
from nbgrader.api import Gradebook
with Gradebook("sqlite:///gradebook.db") as gradebook:
    grades = gradebook.find_submission_notebook(sys.argv[1], sys.argv[1], sys.argv[2]).grades
    for grade in grades:
        print(grade.name, grade.auto_score)
"""


def marks_of(course, name):
    """Return what the gradebook has of a submission, by exercise."""
    done = in_its_environment(course, "-c", MARKS, LESSON, name)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {slug[3:-5].replace("-", ".", 1): float(score) for slug, score in rows}


@pytest.fixture(scope="module")
def points(graded):
    """Return the points of each submission, by exercise."""
    return {name: marks_of(graded[0], name) for name in SUBMISSIONS}


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_marks_are_as_a_person_would_give_them(name, points):
    assert SUBMISSIONS[name][1] == points[name]


def test_the_page_of_a_class_reads_the_gradebook(graded, points):
    grades, _ = grades_in(graded[0] / "gradebook.db")
    found = {one.learner: one for one in grades}

    assert points == {
        name: {m.exercise: m.points for m in one.marks} for name, one in found.items()
    }
    assert {"not attempted"} == {mark.verdict for mark in found["empty"].marks}
    assert {"broken"} == {m.verdict for m in found["wrong"].marks if m.exercise == "swap.put"}


def test_what_cannot_be_graded_is_named_with_its_cell(graded):
    assert "(swap.put) is no code cell, so it is not graded" in graded[1]


def test_feedback_says_what_is_wrong(graded):
    for name, said in (("wrong", "host_controls"), ("crash", "ended the process")):
        page = graded[0] / "feedback" / name / LESSON / f"{LESSON}.html"
        assert said in page.read_text()


def test_there_is_one_place_to_write_in_each_exercise(graded):
    for path in sorted((graded[0].parent / "nbgrader" / "source").glob("*/*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                # One for each method: a cell of the project has several.
                methods = text(cell).count("    def ")
                assert methods == text(cell).count(copies.BEGIN), path.name


def test_grade_says_the_same_of_the_same_notebooks(graded, points, capsys):
    from pmulab.cli import main

    main(["grade", str(graded[0] / "submitted"), "--json", "--jobs", "2"])
    found = {row["learner"]: row for row in json.loads(capsys.readouterr().out)}

    for name, due in points.items():
        assert due == {mark["exercise"]: mark["points"] for mark in found[name]["marks"]}, name


def edition(folder, change):
    """Make another edition of the course in a folder."""
    shutil.copytree(ROOT / "notebooks", folder)
    path = folder / f"{LESSON}.ipynb"
    notebook = json.loads(path.read_text())
    change(notebook["cells"])
    path.write_text(json.dumps(notebook))
    return folder


def with_one_more(cells):
    """Put an exercise before all others."""
    at = next(n for n, cell in enumerate(cells) if "exercise" in str(cell["metadata"]))
    mine = {**bare(None), "id": "mine", "metadata": {"tags": ["exercise"]}}
    mine["source"] = "class Mine(Hypervisor):\n    def kick(self, vcpu):\n        ..."
    cells[at:at] = [mine, {**bare(None), "id": "check", "source": 'check("irq.wake", Mine)'}]


def hand_in(course, name, notebook):
    place = course / "submitted" / name / LESSON
    place.mkdir(parents=True)
    (place / f"{LESSON}.ipynb").write_text(json.dumps(notebook))


def done(course, *words):
    code, said = nbgrader(course, *words)
    assert 0 == code, said


def test_an_exercise_in_front_keeps_the_answers_of_the_edition_before(tmp_path):
    course = tmp_path / "class" / "nbgrader"
    copies.make_copies(course.parent, ROOT / "notebooks")
    done(course, "generate_assignment", LESSON, "--create")
    given_out = json.loads((course / "release" / LESSON / f"{LESSON}.ipynb").read_text())
    hand_in(course, "early", partly(given_out))

    made = copies.make_copies(course.parent, edition(tmp_path / "edition", with_one_more)).files
    assert not made.kept
    done(course, "generate_assignment", LESSON, "--force")
    done(course, "autograde", LESSON)

    assert {**SUBMISSIONS["partial"][1], "irq.wake": 0} == marks_of(course, "early")


def test_a_text_that_is_mended_keeps_the_marks(graded, points, tmp_path):
    course = tmp_path / "class" / "nbgrader"
    shutil.copytree(graded[0], course)
    shutil.copy(graded[0].parent / ".pmulab-class.json", course.parent)

    def mend(cells):
        cells[0]["source"] = "# Another title"

    copies.make_copies(course.parent, edition(tmp_path / "edition", mend))
    done(course, "generate_assignment", LESSON, "--force")
    done(course, "autograde", LESSON, "--student", "partial", "--force")

    assert points["partial"] == marks_of(course, "partial")
    assert points["right"] == marks_of(course, "right")


def test_a_first_swap_of_two_hooks_has_its_points(tmp_path):
    course, lesson = tmp_path / "class" / "nbgrader", "01-a-counter-and-a-turn"
    copies.make_copies(course.parent, ROOT / "notebooks")
    assert 0 == nbgrader(course, "generate_assignment", lesson, "--create")[0]
    released = json.loads((course / "release" / lesson / f"{lesson}.ipynb").read_text())
    (cell,) = (c for c in released["cells"] if is_called(c, "01-first-swap-answer"))
    empty = text(cell)
    right = copies.filled(copies.emptied(unmarked(empty)))
    for name, source in {"right": right, "wrong": right.split("    def pmu_load")[0]}.items():
        cell["source"] = source
        place = course / "submitted" / name / lesson
        place.mkdir(parents=True)
        (place / f"{lesson}.ipynb").write_text(json.dumps(released))
    code, said = nbgrader(course, "autograde", lesson)
    grades, _ = grades_in(course)

    assert 0 == code, said
    due = {"right": [("first.swap", "right")], "wrong": [("first.swap", "broken")]}
    assert due == {g.learner: [(m.exercise, m.verdict) for m in g.marks] for g in grades}
    assert 2 == empty.count("raise NotImplementedError()")
