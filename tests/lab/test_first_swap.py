"""Notebook 01's swap: two hooks in one class, judged by the run that the learner sees."""

import json
from functools import partial

import pytest
from lab.hostile import JUDGED
from lab.test_again import hand_in, notebook

from pmulab.lab.classroom.cell import mark
from pmulab.lab.classroom.copies import instructor, nbgrader, student
from pmulab.lab.classroom.grading import graded
from pmulab.lab.classroom.sheets import sheet_of_cells
from pmulab.lab.classroom.submissions import sheets
from pmulab.lab.course.check import check
from pmulab.lab.exercises import run
from pmulab.lab.exercises.rows import GRADED
from pmulab.lab.gallery.swap import NoSwap

ID = "first.swap"
HEAD = "from pmulab.lab.gallery.swap import NoSwap\n"
THREE = "('PMCNTENSET_EL0', 'PMCCNTR_EL0', 'PMEVCNTR0_EL0')"
PUT = f"""    def pmu_put(self, vcpu):
        for name in {THREE}:
            vcpu.regs[name] = self.cpu.mrs(name)
        self.cpu.msr("PMCNTENCLR_EL0", 0x80000003)
"""
LOAD = f"""    def pmu_load(self, vcpu):
        for name in {THREE}[::-1]:
            self.cpu.msr(name, vcpu.regs[name])
"""
EMPTY = "    def pmu_put(self, vcpu):\n        pass\n"
OTHER = "    def owns_counters(self, vcpu):\n        return True\n"
# A mark that both guests leave behind, so that no law breaks and what they read is another number.
LATE = LOAD + "        self.cpu.msr('PMCR_EL0', self.cpu.mrs('PMCR_EL0') & ~1)\n"
ANSWERS = {
    "right": (PUT + LOAD, "right", "each guest reads what it reads"),
    "load alone": (LOAD, "broken", "own_counts"),
    "put alone": (PUT, "broken", "own_counts"),
    "counts nothing": (PUT + LATE, "broken", ""),
    "empty": (EMPTY, "not attempted", "def pmu_put(self, vcpu) and def pmu_load(self, vcpu)"),
    "no vcpu": (PUT.replace("self, vcpu", "self") + LOAD, "error", "pmu_put takes self, vcpu"),
    "another hook": (PUT + LOAD + OTHER, "error", "replace pmu_put and pmu_load alone"),
    "raises": (PUT + LOAD + "        1 / 0\n", "error", "ZeroDivisionError"),
    "says it is not written": (
        "    def pmu_put(self, vcpu):\n        if vcpu:\n            raise NotImplementedError\n",
        "not attempted",
        "roughly 10 lines",
    ),
}


def class_of(body):
    scope = {}
    exec(f"{HEAD}class Mine(NoSwap):\n{body}", scope)
    return scope["Mine"]


@pytest.mark.parametrize(("body", "kind", "says"), ANSWERS.values(), ids=ANSWERS)
def test_a_run_judges_both_hooks(body, kind, says):
    verdict = check(ID, class_of(body))

    assert kind == verdict.kind
    assert says in repr(verdict)


def test_what_a_guest_reads_is_compared_where_no_law_looks(monkeypatch):
    monkeypatch.setattr(run, "Machine", partial(run.Machine, laws=False))
    verdict = run.run(GRADED[ID], NoSwap)

    assert ("broken", "own_reads") == (verdict.kind, verdict.law)
    assert "A reads x0 and gets 2600; on a PMU of its own it gets 2000." in repr(verdict)
    assert run.run(GRADED[ID], class_of(PUT + LOAD)).right


def test_what_is_no_hypervisor_is_said():
    assert "it takes a class that is a Hypervisor" in repr(check(ID, int))
    assert "not attempted" == check(ID, NoSwap).kind


def test_what_hangs_is_not_finished():
    body = "    def pmu_put(self, vcpu):\n        while True:\n            pass\n"

    assert "not finished" == check(ID, class_of(body), 1).kind


def test_an_answer_counts_in_lesson_1_alone_and_is_empty_where_both_hooks_are():
    def found(body, lesson):
        cells = [{"cell_type": "code", "source": f"class Mine(NoSwap):\n{body}"}]
        return {a.exercise: a.empty for a in sheet_of_cells("ada", "n", cells, lesson).answers}

    assert {ID: False} == found(PUT + LOAD, "01")
    assert {ID: False} == found(EMPTY + LOAD, "01")
    assert {ID: True} == found(EMPTY, "01")
    assert {"swap.put": False, "swap.load": False} == found(PUT + LOAD, "04")


def test_the_copies_ask_for_it_and_nbgraders_has_a_test_worth_its_points():
    texts = {make: notebook("01", make)[1] for make in (student, instructor, nbgrader)}
    cells = json.loads(texts[nbgrader])["cells"]
    graded_cells = [c["metadata"]["nbgrader"] for c in cells if "nbgrader" in c["metadata"]]

    assert all('check(\\"first.swap\\", Mine)' in text for text in texts.values())
    assert "self.pmu_stop" not in texts[student] and "self.pmu_stop" in texts[instructor]
    assert [None, GRADED[ID].lines] == [tag.get("points") for tag in graded_cells]
    assert 1 == texts[nbgrader].count('mark(\\"first.swap\\", In)')


@pytest.mark.slow
def test_grade_takes_the_right_one_and_no_other(tmp_path):
    def mine(body, before=""):
        return lambda _: f"{before}class Mine(NoSwap):\n{body}"

    forged = JUDGED.replace("swap.put", ID) + (
        "for module in [*sys.modules.values()]:\n"
        "    if hasattr(module, 'judge_run'): module.judge_run = right\n"
    )
    hand_in(tmp_path, "ada", notebook("01", student, mine(PUT + LOAD)))
    hand_in(tmp_path, "bob", notebook("01", student, mine(LOAD)))
    hand_in(tmp_path, "cyd", notebook("01", student))
    hand_in(tmp_path, "dan", notebook("01", student, mine(LOAD, forged)))
    hand_in(tmp_path, "eve", notebook("01", instructor))
    found = {grade.learner: grade for grade in graded(sheets([tmp_path]), (), 30)}
    worth = GRADED[ID].lines

    points = {learner: grade.points for learner, grade in found.items()}
    assert {"ada": worth, "bob": 0, "cyd": 0, "dan": 0, "eve": worth} == points
    assert {worth} == {grade.of for grade in found.values()}
    assert "own_counts" == found["bob"].marks[0].law
    assert "not attempted" == found["cyd"].marks[0].verdict
    assert "from outside" in found["dan"].marks[0].text


@pytest.mark.slow
def test_the_locked_test_judges_it_in_the_learners_notebook(capsys):
    cells = ["", HEAD, f"class Mine(NoSwap):\n{PUT}{LOAD}"]
    mark(ID, cells)

    assert f"{ID}: right." in capsys.readouterr().out
    with pytest.raises(AssertionError, match="own_counts"):
        mark(ID, [*cells[:2], f"class Mine(NoSwap):\n{LOAD}"])
