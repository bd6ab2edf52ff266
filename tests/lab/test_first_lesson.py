"""What the first lesson starts from, and an answer to its exercise."""

import json

import pytest

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.gallery.swap import NoSwap
from pmulab.sim.machine import Machine

NOTEBOOK = "01-a-counter-and-a-turn.ipynb"
ANSWER = """
class Mine(NoSwap):
    def pmu_put(self, vcpu):
        vcpu.regs["PMCNTENSET_EL0"] = self.cpu.mrs("PMCNTENSET_EL0")
        self.cpu.msr("PMCNTENCLR_EL0", vcpu.regs["PMCNTENSET_EL0"])
        for name in ["PMCCNTR_EL0", "PMEVCNTR0_EL0"]:
            vcpu.regs[name] = self.cpu.mrs(name)

    def pmu_load(self, vcpu):
        for name in ["PMCCNTR_EL0", "PMEVCNTR0_EL0", "PMCNTENSET_EL0"]:
            self.cpu.msr(name, vcpu.regs[name])
"""


def judge(hypervisor):
    """Run two guests until a law is broken; return what the accusation is about."""
    machine = Machine("two-guests", hypervisor)
    machine.run()
    return machine.laws.accusation and machine.laws.accusation[:3]


def exercise_cells(root):
    """Return the sources of the cells that a learner fills in."""
    cells = json.loads((root / "notebooks" / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    return ["".join(c["source"]) for c in cells if "exercise" in c["metadata"].get("tags", [])]


def mine(source):
    """Make the class that a cell defines."""
    names = {"NoSwap": NoSwap}
    exec(source, names)
    return names["Mine"]


def test_without_a_swap_a_guest_loses_its_counts_and_reads_those_of_others():
    machine = Machine("two-guests", NoSwap, laws=False)
    machine.run()

    assert {"x0": 2600, "x1": 4300} == machine.guests["A"].x
    assert {"x0": 2200, "x1": 3800} == machine.guests["B"].x
    assert ("own_counts", "A", "PMEVCNTR0_EL0") == judge(NoSwap)


def test_the_exercise_as_shipped_is_accused_and_an_answer_of_its_size_is_not(root):
    (starter,) = exercise_cells(root)

    assert ("own_counts", "A", "PMEVCNTR0_EL0") == judge(mine(starter))
    assert judge(mine(ANSWER)) is None
    assert judge(Hypervisor) is None


@pytest.mark.parametrize(
    ("forgotten", "law"),
    [
        ('        self.cpu.msr("PMCNTENCLR_EL0", vcpu.regs["PMCNTENSET_EL0"])\n', "quiet_when_put"),
        ('"PMCCNTR_EL0", ', "own_counts"),
        (', "PMCNTENSET_EL0"', "own_counts"),
    ],
)
def test_an_answer_that_forgets_something_is_accused(forgotten, law):
    assert forgotten in ANSWER
    assert law == judge(mine(ANSWER.replace(forgotten, "")))[0]
