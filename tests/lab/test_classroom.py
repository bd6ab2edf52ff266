"""Copies of notebooks for a class."""

import ast
import json
from pathlib import Path

import pytest

from pmulab.cli import main
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import evtyper
from pmulab.lab.classroom import copies as classroom
from pmulab.lab.classroom.cells_in_c import as_python
from pmulab.lab.course.check import check
from pmulab.lab.course.hunt import HUNTED, POSTED, case
from pmulab.lab.course.project import Empty
from pmulab.lab.exercises.judge import is_empty
from pmulab.lab.exercises.rows import EXERCISES

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
STARTER = """class Mine(Hypervisor):
    def kick(self, vcpu):
        ..."""


def cell(kind, source, tags=()):
    metadata = {"tags": list(tags)} if tags else {}
    made = {"cell_type": kind, "metadata": metadata, "source": source}
    return made | ({"outputs": [{"x": 1}], "execution_count": 3} if kind == "code" else {})


@pytest.fixture
def notebook():
    return {
        "cells": [
            cell("markdown", "Write it. Roughly 1 line."),
            cell("code", "from pmulab import Hypervisor, check, hint, reveal"),
            cell("code", STARTER, ["exercise"]),
            cell("code", 'check("irq.wake", Mine)'),
            cell("code", '# hint("irq.wake", 1)\n# reveal("irq.wake")'),
        ],
        "metadata": {"pmulab": "07"},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def run(source):
    """Run the source of some cells; return what they define."""
    names = {"Hypervisor": Hypervisor, "Empty": Empty, "check": check}
    exec(compile(source, "cell", "exec"), names)
    return names


@pytest.mark.parametrize("id", EXERCISES)
def test_an_empty_hook_is_filled_with_code_that_compiles_and_needs_nothing_else(id):
    row = EXERCISES[id]
    source = f"class Mine(Hypervisor):\n    def {row.hook}({row.arguments}):\n        ..."
    mine = run(classroom.filled(source))["Mine"]
    reference = getattr(Hypervisor, row.hook)
    names = [n for n in getattr(mine, row.hook).__code__.co_names if n in reference.__globals__]
    free = [n for n in names if n not in getattr(mine, row.hook).__globals__]

    assert not is_empty(getattr(mine, row.hook))
    assert [] == free


@pytest.mark.parametrize("id", EXERCISES)
def test_what_was_filled_can_be_emptied_again(id):
    row = EXERCISES[id]
    source = f"class Mine(Hypervisor):\n    def {row.hook}({row.arguments}):\n        ..."

    assert classroom.emptied(classroom.filled(source)).endswith(source)


@pytest.mark.slow
def test_a_body_on_the_line_of_its_hook_is_filled_too():
    short = "class Mine(Hypervisor):\n    def kick(self, vcpu): ...  # one line"

    assert check("irq.wake", run(classroom.filled(short))["Mine"]).right


def test_a_hook_that_is_written_already_is_left_as_it_is():
    written = STARTER.replace("...", "vcpu.request = True")

    assert written == classroom.filled(written)


@pytest.mark.slow
def test_a_filled_cell_passes_its_check():
    assert check("irq.wake", run(classroom.filled(STARTER))["Mine"]).right


def test_a_student_gets_no_outputs_and_no_call_that_prints_the_answer(notebook):
    made = classroom.student(notebook)
    text = json.dumps(made)

    assert "reveal(" not in text
    assert "hint(" in text
    assert all(c["outputs"] == [] for c in made["cells"] if c["cell_type"] == "code")
    assert STARTER == made["cells"][2]["source"]


def test_a_solved_notebook_is_emptied_for_students(notebook):
    notebook["cells"][2]["source"] = STARTER.replace("...", "vcpu.request = True")

    assert STARTER == classroom.student(notebook)["cells"][2]["source"]


def test_the_original_is_left_alone(notebook):
    before = json.dumps(notebook)
    for kind in (classroom.student, classroom.instructor, classroom.nbgrader):
        kind(notebook)

    assert before == json.dumps(notebook)


def test_nbgrader_gets_a_solution_cell_and_a_locked_test(notebook):
    _, _, answer, test, _ = classroom.nbgrader(notebook)["cells"]

    assert classroom.BEGIN in answer["source"]
    assert answer["metadata"]["nbgrader"]["solution"]
    assert not answer["metadata"]["nbgrader"]["grade"]
    assert test["metadata"]["nbgrader"]["locked"]
    assert 1 == test["metadata"]["nbgrader"]["points"]
    assert 'mark("irq.wake", In)' in test["source"]
    assert ["07-irq-wake-answer", "07-irq-wake-test"] == [
        one["metadata"]["nbgrader"]["grade_id"] for one in (answer, test)
    ]


@pytest.mark.slow
def test_nbgrader_s_test_judges_what_has_run_in_a_process_of_its_own(notebook, capsys):
    first, _, test = classroom.nbgrader(notebook)["cells"][1:4]
    stub = STARTER.replace("...", "raise NotImplementedError()")
    cheat = f"check = lambda *a: 1\n{stub}"
    for source in (stub, cheat):
        with pytest.raises(AssertionError, match="not attempted"):
            exec(test["source"], {"In": ["", first["source"], source]})
    right = [first["source"], cheat, classroom.filled(STARTER)]
    exec(test["source"], {"In": right})

    assert "irq.wake: right." in capsys.readouterr().out


def test_what_the_first_cell_imports_is_not_imported_again(notebook):
    notebook["cells"][1]["source"] += "\nfrom pmulab.kvm.vcpu import counters"
    notebook["cells"][2]["source"] = STARTER.replace("kick", "pmu_stop")
    notebook["cells"][3]["source"] = 'check("swap.stop", Mine)'
    source = classroom.nbgrader(notebook)["cells"][2]["source"]

    assert source.startswith("class Mine")
    assert 1 == source.count(classroom.BEGIN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_has_three_copies_whose_cells_compile(path):
    for make in (classroom.student, classroom.instructor, classroom.nbgrader):
        cells = make(json.loads(path.read_text(encoding="utf-8")))["cells"]
        ids = [c["metadata"]["nbgrader"]["grade_id"] for c in cells if "nbgrader" in c["metadata"]]
        for made in cells:
            if made["cell_type"] == "code":
                ast.parse(as_python(classroom._text(made)))

        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_check_of_a_notebook_follows_the_hook_that_it_judges(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    checks = "\n".join(classroom._text(c) for c in notebook["cells"] if c["cell_type"] == "code")
    found = classroom._exercises(notebook)

    # What is asked for in C is left as it is: there is one text, and no solution in it.
    own = [id for id, _ in classroom.CHECK.findall(checks) if id in EXERCISES]
    assert own == [id for _, _, id in found]
    for answer, _, id in found:
        assert f"def {EXERCISES[id].hook}(" in classroom._text(answer)


def test_the_command_writes_three_folders(tmp_path, capsys):
    code = main(["class", str(tmp_path), "--notebooks", str(ROOT / "notebooks")])

    assert 0 == code
    assert f"{3 * len(NOTEBOOKS)} notebooks" in capsys.readouterr().out
    names = {p.name for p in tmp_path.iterdir() if not p.name.startswith(".")}
    assert {"student", "instructor", "nbgrader"} == names
    assert (tmp_path / "nbgrader" / "nbgrader_config.py").exists()


def test_what_a_teacher_has_edited_is_kept_and_named(tmp_path, capsys):
    command = ["class", str(tmp_path / "class"), "--notebooks", str(tmp_path / "edition")]
    (tmp_path / "edition").mkdir()
    for path in NOTEBOOKS[:2]:
        (tmp_path / "edition" / path.name).write_text(path.read_text())
    assert 0 == main(command)
    edited, other = (tmp_path / "class" / "student" / path.name for path in NOTEBOOKS[:2])
    edited.write_text("mine")
    assert 0 == main(command), "an edit is no news while the edition is the same"
    for path in NOTEBOOKS[:2]:
        later = tmp_path / "edition" / path.name
        later.write_text(later.read_text().replace("pmulab", "pmulab "))
    before = other.read_text()
    capsys.readouterr()

    assert 1 == main(command)
    assert "mine" == edited.read_text()
    assert before != other.read_text()
    assert [str(edited)] == [
        line.rpartition(" ")[2] for line in capsys.readouterr().out.splitlines() if "kept" in line
    ]


@pytest.mark.slow
def test_a_list_of_files_that_is_damaged_loses_nothing(tmp_path, capsys):
    command = ["class", str(tmp_path), "--notebooks", str(ROOT / "notebooks")]
    assert 0 == main(command)
    (tmp_path / ".pmulab-class.json").write_text("{")
    page = tmp_path / "student" / NOTEBOOKS[0].name
    page.write_text("mine")

    assert 2 == main(command)
    assert "damaged" in capsys.readouterr().err
    assert "mine" == page.read_text()


def test_a_folder_without_notebooks_is_one_line(tmp_path, capsys):
    assert 2 == main(["class", str(tmp_path), "--notebooks", str(tmp_path)])
    assert "--notebooks" in capsys.readouterr().err


# ---- the hunt and the project


@pytest.mark.slow
def test_the_hunt_has_eight_cases_and_keeps_their_names_back():
    assert 8 == len(set(HUNTED))
    for n in range(1, 9):
        found = case(n)

        assert found.bug.id not in repr(found)
        assert found.bug.hook not in repr(found)
        assert found.bug.law in repr(found)


def repair(*hooks):
    """Make a class with the library's own hooks, as somebody who has found the mistake does."""
    return type("Mine", (Hypervisor,), {hook: getattr(Hypervisor, hook) for hook in hooks})


@pytest.mark.slow
@pytest.mark.parametrize("n", range(1, 9))
def test_a_case_is_repaired_by_its_hook_and_by_no_other(n):
    found = case(n)
    other = "vgic_fold" if found.bug.hook != "vgic_fold" else "pmu_put"

    assert repr(found.repaired(repair(found.bug.hook))).startswith(f"Case {n} is repaired.")
    elsewhere = repr(found.repaired(repair(other)))
    assert elsewhere.startswith(f"Case {n}, with your {other}, in world ")
    assert found.bug.law in elsewhere


def test_a_repair_that_is_empty_is_none():
    class Mine(Hypervisor):
        def pmu_put(self, vcpu): ...

    assert "Case 2: nothing to try yet. " in repr(case(2).repaired(Mine))


@pytest.mark.slow
def test_the_appendix_has_the_entries_whose_origin_says_v8():
    for id in POSTED:
        assert "v8" in case(id).bug.origin


@pytest.mark.slow
def test_a_repair_that_serves_one_world_alone_is_told():
    class Mine(Hypervisor):
        def apply_event_filter(self, vcpu):
            for idx in range(self.guest_counters(vcpu)):
                self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))

    said = repr(case(4).repaired(Mine))

    assert said.startswith("Case 4: this world holds, and apply_event_filter is not right yet.")
    assert "own_counts" in said


def test_a_case_that_is_not_there_says_what_is():
    with pytest.raises(KeyError, match=r"no entry 'put' in the gallery; .*put-keeps-control"):
        case("put")
