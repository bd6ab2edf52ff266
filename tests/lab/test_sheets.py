"""Reading what was handed in, and the tables of marks."""

import csv
import io
import json
from pathlib import Path

import pytest

from pmulab.cli import main
from pmulab.lab.classroom.marks import Grade, Mark, table
from pmulab.lab.classroom.parcel import learner_of
from pmulab.lab.classroom.sheets import sheet_of, sheet_of_cells
from pmulab.lab.classroom.slices import statements
from pmulab.lab.classroom.submissions import sheets

FIRST = "from pmulab import Hypervisor, check\nfrom pmulab.kvm.vcpu import counters, evcntr"
PUT = "class Mine(Hypervisor):\n    def pmu_put(self, vcpu):\n        {}"


def code(source, tags=()):
    return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}


def read(*cells):
    return sheet_of_cells("ada", "04.ipynb", cells)


def answers(sheet):
    return {answer.exercise: answer for answer in sheet.answers}


def names_of(source):
    """Run an answer's file and return what it defines."""
    names = {}
    exec(source, names)
    return names


def test_an_answer_takes_what_it_needs_of_the_cells_before_it():
    sheet = read(
        code(FIRST),
        code("MASKS = [1]\nMASKS.append(2)\nOTHER = 1 / 0\nimport os"),
        code("def helper(x):\n    return deeper(x)\n\nprint('nothing')"),
        code("deeper = lambda x: MASKS + [x]"),
        code(PUT.format("return helper(3)"), ["exercise"]),
        code('check("swap.put", Mine)'),
    )
    source = answers(sheet)["swap.put"].source

    assert [1, 2, 3] == names_of(source)["Mine"].pmu_put(None, None)
    assert not {"OTHER", "os", "print", "evcntr"} & set(source.replace("(", " ").split())


def test_the_last_of_several_definitions_counts():
    sheet = read(
        code("from pmulab import Hypervisor"),
        code("N = 1\ndef f(): return N"),
        code("N = 2"),
        code(PUT.format("return f()")),
    )

    assert 2 == names_of(answers(sheet)["swap.put"].source)["Mine"].pmu_put(None, None)


@pytest.mark.parametrize("magic", ["%matplotlib inline", "!ls", "?check", "check?", "%%time\nx=1"])
def test_a_magic_is_passed_over(magic):
    sheet = read(code(f"from pmulab import Hypervisor\n{magic}"), code(PUT.format("return 1")))

    assert 1 == names_of(answers(sheet)["swap.put"].source)["Mine"].pmu_put(None, None)


def test_an_answer_needs_neither_tag_nor_name_nor_the_first_cell():
    sheet = read(code(PUT.format("return 7").replace("Mine", "Other")))

    assert 7 == names_of(answers(sheet)["swap.put"].source)["Other"].pmu_put(None, None)


def test_of_two_answers_the_last_counts_and_the_other_is_named():
    sheet = read(*(code(PUT.format(body)) for body in ("return 1", "return 2", "...")))

    assert "04.ipynb, cell 2" == answers(sheet)["swap.put"].where
    assert ("swap.put is answered in 04.ipynb, cell 1, too; the last one counts",) == sheet.remarks


def test_a_starter_alone_is_empty():
    for body in ("...", "pass", '"""Say."""', "raise NotImplementedError()"):
        assert answers(read(code(PUT.format(body))))["swap.put"].empty


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ({**code(PUT.format("return 1")), "cell_type": "markdown"}, "(swap.put) is no code cell"),
        (code("x = 1", ["exercise"]), "no class in it has an exercise's hook"),
        (code("class (:", ["exercise"]), "no Python"),
    ],
)
def test_what_cannot_be_graded_is_named_with_its_cell(cell, said):
    (remark,) = read(code("x = 1"), cell).remarks

    assert remark.startswith("04.ipynb, cell 2")
    assert said in remark


def test_an_answer_that_is_no_python_is_graded_as_it_is():
    assert "class Mine" in answers(read(code(PUT.format("return ("))))["swap.put"].source


def test_odd_cells_do_no_harm():
    odd = [None, {}, {"cell_type": "code"}, {"cell_type": "code", "source": [1, "x = 1"]}, 7]
    odd += [{"cell_type": "code", "source": "x", "metadata": 3}, code("\0"), code("(" * 500)]

    cells = [cell for cell in odd if isinstance(cell, dict)]
    assert ["swap.put"] == [*answers(read(*cells, code(PUT.format("1"))))]


def test_a_statement_keeps_its_lines_and_its_decorators():
    source = "@staticmethod\ndef f():\n    # a reason\n    return 1\na = 1; b = 2"
    first, *others = statements(source)

    assert source.split("\na")[0] == first.text
    assert ["a = 1", "b = 2"] == [one.text for one in others]


# ---- files and folders


def notebook(*cells):
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3}', "\xff"])
def test_a_file_that_is_no_notebook_is_named(content, tmp_path):
    path = tmp_path / "04.ipynb"
    path.write_bytes(content.encode("latin-1"))
    (remark,) = sheet_of("ada", [path]).remarks

    assert remark.startswith("04.ipynb: it is no")


def test_a_notebook_with_a_mark_of_its_order_of_bytes_is_read(tmp_path):
    path = tmp_path / "04.ipynb"
    path.write_text(notebook(code(PUT.format("return 1"))), encoding="utf-8-sig")

    assert ["swap.put"] == [*answers(sheet_of("ada", [path]))]


def test_folders_are_learners_or_one_learner(tmp_path):
    text = notebook(code(PUT.format("return 1")))
    for name in ("ada/04-x.ipynb", "ada/sub/mine.ipynb", "bob/mine.py", "bob/.x/04.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text if name.endswith("b") else PUT.format("return 2"))
    (tmp_path / "carol.ipynb").write_text(text)

    assert ["ada", "bob", "carol"] == [sheet.learner for sheet in sheets([tmp_path])]
    assert ["mine"] == [sheet.learner for sheet in sheets([tmp_path / "bob"])]


def test_a_learner_s_course_is_one_submission(tmp_path):
    for name in ("03-the-partition.ipynb", "07b-the-list-registers.ipynb"):
        (tmp_path / name).write_text(notebook(code(PUT.format("return 1"))))

    assert [tmp_path.name] == [sheet.learner for sheet in sheets([tmp_path])]


def test_a_lesson_answers_its_own_exercises_and_no_others(tmp_path):
    put, kick = code(PUT.format("return 1")), code("class K(Hypervisor):\n def kick(s, v): s.x = 1")
    for name, metadata in (("04-preemption.ipynb", {}), ("homework.ipynb", {"pmulab": "04"})):
        text = json.dumps({"cells": [put, kick], "metadata": metadata})
        (tmp_path / name).write_text(text)

        assert ["swap.put"] == [*answers(sheet_of("ada", [tmp_path / name]))]
    # A number may be a learner's.
    (tmp_path / "12-ada.ipynb").write_text(notebook(put))
    assert ["swap.put"] == [*answers(sheet_of("ada", [tmp_path / "12-ada.ipynb"]))]
    # A notebook of somebody's own answers whatever it has.
    (tmp_path / "mine.ipynb").write_text(notebook(put, kick))
    assert {"swap.put", "irq.wake"} == set(answers(sheet_of("ada", [tmp_path / "mine.ipynb"])))


def test_a_link_to_somebody_else_s_answer_is_not_followed(tmp_path):
    for name in ("ada", "bob"):
        (tmp_path / name).mkdir()
    (tmp_path / "ada" / "04.py").write_text(PUT.format("return 1"))
    (tmp_path / "bob" / "mine.py").write_text("x = 1")
    (tmp_path / "bob" / "04.py").symlink_to(tmp_path / "ada" / "04.py")
    ada, bob = sheets([tmp_path])

    assert ["swap.put"] == [*answers(ada)]
    assert {} == answers(bob)


@pytest.mark.parametrize("name", ["nosuch", "empty", "notes.txt"])
def test_what_is_no_submission_is_one_line(name, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")

    assert 2 == main(["grade", str(tmp_path / name)])
    captured = capsys.readouterr()
    assert captured.err.startswith(f"pmulab: {tmp_path / name}: ")
    assert 1 == captured.err.count("\n")


# ---- marks


def mark(id, verdict="right"):
    return Mark(id, verdict, f"{id}: {verdict}")


def test_points_are_those_of_the_exercise_whatever_is_handed_in():
    grade = Grade("ada", (mark("swap.put"), mark("irq.wake", "broken")))

    assert (11, 12, 1) == (grade.points, grade.of, grade.score)
    assert repr(grade).startswith("ada: 1 of 2, 11 of 12 points\n")


def test_a_learner_without_an_answer_is_in_the_table(tmp_path):
    for name in ("ada", "kim"):
        (tmp_path / name).mkdir()
    (tmp_path / "ada" / "mine.py").write_text("x = 1")
    (tmp_path / "kim" / "pmulab-progress.json").write_text("{}")
    found = {sheet.learner: sheet for sheet in sheets([tmp_path])}

    assert ["ada", "kim"] == [*found]
    assert ("no notebook, no file of Python and no zip was handed in",) == found["kim"].remarks


def test_a_cell_that_is_gone_is_named(tmp_path):
    text = "class Mine(Hypervisor):\n    def kick(self, vcpu):\n        ..."
    cells = [{"cell_type": "code", "source": text, "metadata": {}}]
    (tmp_path / "07-injection.ipynb").write_text(json.dumps({"cells": cells}))
    (found,) = sheets([tmp_path])

    said = "07-injection.ipynb has no cell for irq.inject: deleted, or of another edition"
    assert (said,) == found.remarks


MOODLE = "Ada Byron_12345_assignsubmission_file_"


def test_the_folders_and_files_that_moodle_names_are_their_participants(tmp_path):
    put = "class Mine(Hypervisor):\n    def pmu_put(self, vcpu):\n        vcpu.name\n"
    other = put.replace("pmu_put", "pmu_load")
    files = {
        f"{MOODLE}/mine.py": put,
        # A later Moodle leaves out the last line, and a text that was typed has a folder, too.
        "Ada Byron_777_assignsubmission_file/mine.py": put,
        "Ada Byron_777_assignsubmission_onlinetext/more.py": other,
        "Bo_Li_9_assignsubmission_file_mine.py": put,
        "Bo_Li_9_assignsubmission_file_other.py": other,
        "eve/mine.py": put,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {one.learner: [a.exercise for a in one.answers] for one in sheets([tmp_path])}

    both = ["swap.put", "swap.load"]
    due = {"Ada Byron (participant 12345)": both[:1], "Ada Byron (participant 777)": both}
    assert {**due, "Bo_Li (participant 9)": both, "eve": both[:1]} == found
    (alone,) = sheets([tmp_path / MOODLE])
    assert "Ada Byron (participant 12345)" == alone.learner
    rows = [*csv.reader(io.StringIO(table([Grade(who, ()) for who in found], "moodle")))]
    assert ["Identifier", "Full name", "total", "remarks"] == rows[0]
    named = [["Participant 12345", "Ada Byron"], ["Participant 777", "Ada Byron"]]
    assert [*named, ["", "eve"], ["Participant 9", "Bo_Li"]] == [row[:2] for row in rows[1:]]


def test_a_zip_and_a_notebook_of_moodles_are_read_by_their_own_names(tmp_path):
    name = f"{MOODLE}07-injection.ipynb"
    wake = "class Mine(Hypervisor):\n    def kick(self, vcpu):\n        return True\n"
    cells = [{"cell_type": "code", "source": wake, "metadata": {}}]
    (tmp_path / name).write_text(json.dumps({"cells": cells}))
    (found,) = sheets([tmp_path])

    assert "Ada Byron (participant 12345)" == found.learner
    assert any("has no cell for irq.inject" in remark for remark in found.remarks)
    zipped = Path(f"{MOODLE}Ada-2026-11-30.zip")
    assert "Ada Byron (participant 12345)" == learner_of(zipped)


@pytest.mark.parametrize(
    ("platform", "heading", "login"),
    [("plain", 1, 0), ("moodle", 1, 0), ("canvas", 5, 3)],
)
def test_a_table_has_a_column_for_each_exercise(platform, heading, login):
    grades = [
        Grade("ada", (mark("swap.put"), mark("irq.wake", "not finished"))),
        Grade("=1+1", (mark("swap.put", "broken"), mark("irq.wake"))),
    ]
    first, *rows = csv.reader(io.StringIO(table(grades, platform)))
    worth = rows.pop(0) if platform == "canvas" else None

    # Canvas would take a column that it does not know for an assignment.
    more = [] if worth else ["total", "remarks"]
    assert ["swap.put", "irq.wake", *more] == first[heading:]
    assert [["11", "0"], ["0", "1"]] == [row[heading : heading + 2] for row in rows]
    assert ["ada", "'=1+1"] == [row[login] for row in rows]
    assert worth or ["11", "irq.wake: not finished"] == rows[0][-2:]
    assert worth is None or ["11", "1"] == worth[heading:]
