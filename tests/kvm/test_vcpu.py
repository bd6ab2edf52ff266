"""A vCPU's saved registers, and the names of the registers of a counter."""

import pytest

from pmulab.hw.pe import Pe
from pmulab.hw.sysregs import CYCLE_IDX, REGS
from pmulab.kvm.vcpu import TYPES, Vcpu, Vm, counter_of, evcntr, evtyper

every_counter = pytest.mark.parametrize("idx", range(CYCLE_IDX + 1))


class Noisy(dict):
    """Registers that note who looks at them."""

    def __init__(self, regs):
        super().__init__(regs)
        self.seen = []

    def __getitem__(self, name):
        self.seen.append(name)
        return super().__getitem__(name)


def test_a_peek_reads_what_is_saved_and_nobody_notices():
    vcpu = Vcpu("A", Vm("A", 2))
    vcpu.regs = regs = Noisy(vcpu.regs | {"PMEVCNTR1_EL0": 7})

    assert [7, []] == [vcpu.peek("PMEVCNTR1_EL0"), regs.seen]
    assert [7, ["PMEVCNTR1_EL0"]] == [vcpu.regs["PMEVCNTR1_EL0"], regs.seen]


def test_a_peek_at_what_is_not_saved_is_refused():
    vcpu = Vcpu("A", Vm("A", 2))

    with pytest.raises(KeyError, match="PMEVCNTR2_EL0"):
        vcpu.peek("PMEVCNTR2_EL0")


@every_counter
def test_a_counters_registers_know_their_counter_and_their_cells(idx):
    cells = Pe(31).pmu.cells
    for name in (evcntr(idx), evtyper(idx)):
        assert idx == counter_of(name)
        assert REGS[name].cell == name.removesuffix("_EL0")
        assert REGS[name].cell in cells
    assert [False, True] == [name in TYPES for name in (evcntr(idx), evtyper(idx))]


@pytest.mark.parametrize("name", ["PMCR_EL0", "PMXEVCNTR_EL0", "PMSELR_EL0"])
def test_other_registers_are_of_no_counter(name):
    with pytest.raises(KeyError):
        counter_of(name)
