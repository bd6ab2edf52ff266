"""An exam: the same seed makes the same one, its numbers are the model's, and it is marked."""

import json

import pytest

from pmulab import check
from pmulab.cli import main
from pmulab.kvm.vcpu import CYCLE_BIT
from pmulab.lab.classroom.asked import NAMES
from pmulab.lab.classroom.exam import exam, key, notebook, number
from pmulab.lab.classroom.grading import graded
from pmulab.lab.classroom.kept import edition
from pmulab.lab.classroom.marks import POINTS
from pmulab.lab.classroom.sheets import only_exams
from pmulab.lab.classroom.submissions import sheets

SEEDS = range(1, 13)


def answered(seed, change=lambda id, text: text):
    """Fill an exam from its key; `change` makes other answers of the right ones."""
    made, found = notebook(seed), exam(seed)
    answers = {name: str(min(found.due(id))) for id, name in NAMES.items()}
    lines = [*found.suspect.lines]
    # The library's line again, at the place and depth of the wrong one.
    at = min(found.suspect.guilty) - 1
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    lines[at : max(found.suspect.guilty)] = [indent + text for text in found.suspect.due]
    for cell in made["cells"]:
        name = cell["source"].partition(" =")[0]
        if name in answers:
            id = next(id for id, other in NAMES.items() if other == name)
            cell["source"] = f"{name} = {change(id, answers[name])}"
        elif cell["source"].startswith("class Mine"):
            cell["source"] = "\n".join(
                ["class Mine(Hypervisor):", *(f"    {one}" for one in lines)]
            )
            cell["source"] = change("exam.repair", cell["source"])
    return made


def hand_in(folder, learner, made, name="exam.ipynb"):
    path = folder / learner / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made), encoding="utf-8")


@pytest.mark.slow
def test_the_same_seed_makes_the_same_exam_and_another_one_another():
    exam.cache_clear()
    first = notebook(7)
    exam.cache_clear()

    assert first == notebook(7)
    texts = {seed: [cell["source"] for cell in notebook(seed)["cells"]] for seed in (7, 8, 9)}
    for n, cell in enumerate(first["cells"]):
        if cell["cell_type"] == "markdown" and "Repair" not in cell["source"]:
            assert 3 == len({texts[seed][n] for seed in texts}), cell["source"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_an_exam_has_answers_a_bug_that_is_caught_and_a_repair(seed):
    found = exam(seed)

    assert 4 == len(found.questions)
    assert all(question.answer > 0 for question in found.questions)
    assert found.suspect.result.accusation is not None
    assert found.suspect.guilty
    assert CYCLE_BIT & found.questions[0].answer
    assert not any(f"{q.answer}" in q.text.split() for q in found.questions)
    assert all(str(q.answer) in key(seed) for q in found.questions)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, 8])
def test_the_repair_of_an_exam_is_what_check_calls_right(seed):
    cells = [cell["source"] for cell in answered(seed)["cells"] if cell["cell_type"] == "code"]
    scope = {}
    for source in cells[:-1]:
        exec(source, scope)

    assert check(exam(seed).suspect.row.id, scope["Mine"]).right
    assert f'check("{exam(seed).suspect.row.id}", Mine)' == cells[-1]


@pytest.mark.slow
def test_exams_are_marked_each_by_its_own_key(tmp_path):
    hand_in(tmp_path, "right", answered(7))
    hand_in(tmp_path, "other", answered(8))
    hand_in(tmp_path, "empty", notebook(8))
    hand_in(tmp_path, "wrong", answered(8, lambda id, text: f"{text} + 1" if id in NAMES else text))
    copied = answered(7)
    copied["metadata"]["pmulab"] = "exam-8"
    hand_in(tmp_path, "copied", copied)
    nameless = answered(8, lambda id, text: "q" if id == "exam.1" else text)
    del nameless["metadata"]["pmulab"]
    hand_in(tmp_path, "nameless", nameless, "exam-8.ipynb")
    found = {one.learner: one for one in graded(sheets([tmp_path]), (), 60)}
    points = {name: [mark.points for mark in one.marks] for name, one in found.items()}

    assert [*POINTS.values()] == points["right"] == points["other"]
    assert [0] * 6 == points["empty"]
    assert [0] * 5 + [3] == points["wrong"]
    # Of another row's sheet some number may fit by luck; the line and the method do not.
    assert points["copied"][-1] == 0 and sum(points["copied"]) <= 2
    assert [0, 1, 1, 1, 3, 3] == points["nameless"]
    assert "exam.1 of exam 8: q is no number: digits, hex, binary" in repr(found["nameless"])


WRITTEN = {
    "q1 = 5": "5",
    "q1: int = 5": "5",
    "a = q1 = 0x10": "0x10",
    "q1 = 4\nq1 = 1 + 4": "1 + 4",
    "q1: int": None,
    "q1, q2 = 5, 6": None,
    "q1 = 4\nq1 += 1": None,
    "if True:\n    q1 = 5": None,
    "print(q1 := 5)": None,
}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "value"), WRITTEN.items(), ids=WRITTEN)
def test_a_number_is_read_however_it_is_written_or_that_is_said(text, value, tmp_path):
    made = notebook(7)
    cell = next(cell for cell in made["cells"] if cell["source"].startswith("q1 ="))
    cell["source"] = text
    hand_in(tmp_path, "ada", made)
    (sheet,) = sheets([tmp_path])
    found = [one.source for one in sheet.answers if one.exercise == "exam.1"]
    said = [remark for remark in sheet.remarks if "say `q1 = 5`, by itself" in remark]

    if value is None:
        n = made["cells"].index(cell) + 1
        assert 1 == len(said) and said[0].startswith(f"exam.ipynb, cell {n}: q1 is written to")
    else:
        assert not said
        assert number(value) == number(found[0])


@pytest.mark.slow
def test_an_exam_says_which_pmulab_wrote_it_and_grade_says_when_another_one_marks(tmp_path, capsys):
    old, other = notebook(7), notebook(8)
    assert edition() == old["metadata"]["pmulab_made"]["by"]
    assert f"Written by pmulab {edition()}." in key(7)
    old["metadata"]["pmulab_made"]["by"] = "0123, Python 3.9"
    other["metadata"]["pmulab_made"] = {"by": "0123, Python 3.9", "asks": "another thing"}
    odd = notebook(7)
    odd["metadata"]["pmulab_made"] = ["odd"]
    for name, made in {"ada": old, "bob": other, "cyd": notebook(7), "dan": odd}.items():
        hand_in(tmp_path, name, made)
    assert 1 == main(["grade", str(tmp_path), "--exam", "7", "8"])
    said = capsys.readouterr().out
    notes = [line for line in said.splitlines() if "was written by" in line]

    assert [7, 8] == [int(line.split()[2]) for line in notes]
    assert notes[0].endswith(f"0123, Python 3.9, this is {edition()}; here it asks the same")
    assert notes[1].endswith("here it asks something else: mark it by its key")


def test_an_exam_that_was_not_set_is_not_graded(tmp_path):
    hand_in(tmp_path, "ada", answered(9))
    (sheet,) = sheets([tmp_path])

    assert {9} == {one.exam for one in sheet.answers}
    assert () == only_exams(sheet, [7, 8]).answers
    assert ("exam 9 was not set, so it is not graded",) == only_exams(sheet, [7, 8]).remarks
    assert sheet == only_exams(sheet, [9])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x80000003", 0x80000003),
        ("1 << 31 | 0b11", 0x80000003),
        ("~0 & 7", 7),
        ("(1 << 4) - 1 + 2 * 3 ^ 1", 20),
        ("-3", -3),
        ("1 << 10000000000", None),
        ("9 ** 9", None),
        ("__import__('os')", None),
        ("True", None),
        ("1.5", None),
        ("'1'", 1),
        ("'0b110'", 6),
        ("hex(1200)", 1200),
        ("hex(int('0x10'))", 16),
        ("open(1)", None),
        ("hex(1, 2)", None),
        ("'one'", None),
        ("", None),
        ("1 +", None),
        ("1 << 128 << 128", None),
        ("(" * 500 + "1" + ")" * 500, None),
    ],
)
def test_a_number_is_read_and_nothing_run(text, value):
    assert value == number(text)


@pytest.mark.slow
def test_exams_are_written_with_their_keys(tmp_path, capsys):
    assert 0 == main(["class", str(tmp_path), "--exam", "7", "8"])
    assert (tmp_path / "exam" / ".vscode" / "settings.json").exists()
    assert [".vscode", "exam-7.ipynb", "exam-8.ipynb", "key-7.md", "key-8.md"] == sorted(
        path.name for path in (tmp_path / "exam").iterdir()
    )
    assert "the line" not in (tmp_path / "exam" / "exam-7.ipynb").read_text()
    for seed in ("-1", "seven"):
        with pytest.raises(SystemExit):
            main(["class", str(tmp_path), "--exam", seed])
    assert "a seed is a number from 0 to 999999999, not seven" in capsys.readouterr().err
