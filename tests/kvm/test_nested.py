"""A guest that is a hypervisor too: the reference keeps its laws, and wrong hosts are caught."""

from random import Random

import pytest

from pmulab.explain.history import explore
from pmulab.explorer.alphabets import each
from pmulab.explorer.worlds import WORLDS
from pmulab.hw.sysregs import MDCR_EL2, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.nested import EXCLUDE_EL1, INCLUDE_EL2, Nested
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr, evtyper
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import ScenarioError, from_dict, load

NESTED = WORLDS["nested"]
# Its EL2 lets nothing of its guest's count there and takes the boundary away, its guest clears and
# resets: ten times as many states.
MORE = (
    "el2: msr MDCR_EL2, 0x20082; msr PMCR_EL0, 0x2; msr PMCNTENCLR_EL0, 0x3; msr PMOVSCLR_EL0, 0x3"
)
LARGE = NESTED.variant("nested-large", alphabets=((*NESTED.alphabets[0], *each(MORE)),))


def boundary_too_high(self, vcpu):
    """Leave the lowest of its EL2's counters to its guest."""
    n, hpmn = vcpu.vm.n_counters, MDCR_EL2.get(vcpu.regs["MDCR_EL2"], "HPMN")
    return (1 << n) - (1 << min(hpmn + 1, n))


def keeps_all(self, vcpu):
    """Let every level reach every counter."""
    return self.virtual_counter_mask(vcpu)


def stands_still(self, vcpu):
    """Do nothing where another level runs."""


def looks_at_nsh(self, vcpu):
    """Make anew what its EL2 counts, and leave what only its EL1 counts."""
    for idx in counters(self.enabled_counters(vcpu)):
        if vcpu.regs[evtyper(idx)] & INCLUDE_EL2 and vcpu.regs[evtyper(idx)] & EXCLUDE_EL1:
            self.emulated_release(vcpu, 1 << idx)
    self.emulated_resync(vcpu)


def one_switch_interrupts(self, vcpu):
    """Ask PMCR_EL0.E for the interrupts of both ranges."""
    flags = vcpu.regs["PMOVSSET_EL0"] & vcpu.regs["PMINTENSET_EL1"]
    return bool(flags and vcpu.regs["PMCR_EL0"] & PMCR_EL0.E)


def one_switch_counts(self, vcpu):
    """Let PMCR_EL0.E stop the counters of its EL2 too."""
    on = vcpu.regs["PMCR_EL0"] & PMCR_EL0.E
    return vcpu.regs["PMCNTENSET_EL0"] & self.virtual_counter_mask(vcpu) if on else 0


def zeroes_all(self, vcpu, value):
    """Zero the counters of both ranges."""
    Nested.write_control(self, vcpu, value)
    if value & PMCR_EL0.P:
        for idx in counters(self.virtual_counter_mask(vcpu) & ~CYCLE_BIT):
            self.emulated_write(vcpu, evcntr(idx), 0)


def moves_late(self, vcpu, value):
    """Keep the new boundary, and let run what runs."""
    vcpu.regs["MDCR_EL2"] = value & 0x2009F


def reloads_for_hpme(self, vcpu, value):
    """Look again only where HPME changes, not where the boundary moves."""
    old = vcpu.regs["MDCR_EL2"]
    if (old ^ value) & MDCR_EL2.HPME:
        Nested.write_mdcr(self, vcpu, value)
    else:
        moves_late(self, vcpu, value)


def never_prohibited(self, vcpu, idx):
    """Let the first range count at EL2 whatever HPMD says."""
    return bool(vcpu.regs[evtyper(idx)] & INCLUDE_EL2)


def el1_is_el1(self, vcpu, idx):
    """Take P for the level that its EL2 runs at."""
    return vcpu.regs[evtyper(idx)] & (PMEVTYPER0_EL0.P | PMEVTYPER0_EL0.U)


WRONG = {
    "hyp_counter_mask": [boundary_too_high],
    "accessible_counter_mask": [keeps_all],
    "nested_transition": [stands_still, looks_at_nsh],
    "overflow_status": [one_switch_interrupts],
    "enabled_counters": [one_switch_counts],
    "write_control": [zeroes_all],
    "write_mdcr": [moves_late, reloads_for_hpme],
    "counts_at_el2": [never_prohibited],
    "guest_levels": [el1_is_el1],
}


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    ("hook", "method"), [(hook, method) for hook, found in WRONG.items() for method in found]
)
def test_a_wrong_host_is_caught(hook, method):
    result = explore(LARGE, type("Wrong", (Nested,), {hook: method}))

    assert result.accusation is not None
    assert result.accusation.law in (
        "own_reads",
        "own_counts",
        "own_range",
        "own_level",
        "irq_level",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [NESTED, pytest.param(LARGE, marks=pytest.mark.thorough)],
    ids=lambda world: world.name,
)
def test_the_reference_keeps_every_law(world):
    result = explore(world, Nested)

    assert result.certificate.closed
    assert result.accusation is None


REGISTERS = (
    *("PMCR_EL0", "PMCNTENSET_EL0", "PMCNTENCLR_EL0", "PMINTENSET_EL1", "PMINTENCLR_EL1"),
    *("PMOVSSET_EL0", "PMOVSCLR_EL0", "PMSELR_EL0", "PMXEVTYPER_EL0", "PMXEVCNTR_EL0"),
    *("PMCCNTR_EL0", "PMCCFILTR_EL0", "PMSWINC_EL0"),
)
BY_COUNTER = ("PMEVCNTR{}_EL0", "PMEVTYPER{}_EL0")
EVENTS = (0x00, 0x08, 0x13, 0x11)


def program_of(rng, n):
    """Draw what a guest hypervisor and its guest do, at full size."""
    program = []
    for _ in range(80):
        level = rng.choice(("", "el2: "))
        name = rng.choice((*REGISTERS, *(rng.choice(BY_COUNTER).format(rng.randrange(n)),) * 6))
        name = rng.choice((name, name, "MDCR_EL2")) if level else name
        draw = rng.randrange(10)
        if draw < 3:
            program.append(
                f"{level}work CPU_CYCLES=40 INST_RETIRED=30 MEM_ACCESS={rng.randrange(9)}"
            )
        elif draw < 5 and name != "PMSWINC_EL0":
            program.append(f"{level}mrs x0, {name}")
        else:
            program.append(f"{level}msr {name}, {value_of(rng, name, n):#x}")
    return program


def value_of(rng, name, n):
    """Draw a value that does something to a register."""
    if "TYPER" in name or "FILTR" in name:
        levels = rng.choice((0, 0x80000000, 0x40000000, 0x8000000, 0x88000000))
        return levels | (rng.choice(EVENTS) if "TYPER" in name else 0)
    if "CNTR" in name:
        return rng.choice((0, 0xFFFFFFF0, 0xFFFFFFFF, (1 << 64) - 20))
    if name == "MDCR_EL2":
        return rng.choice((0, 0x80, 0x20080, 0x4000080)) | rng.choice(
            (0, 1, n, 31, rng.randrange(n))
        )
    if name == "PMCR_EL0":
        return rng.choice((0, 1, 1, 1, 3, 5, 0x81, 0x41, 0xC1, 0x21))
    return rng.choice((31, rng.randrange(n))) if name == "PMSELR_EL0" else rng.getrandbits(32)


@pytest.mark.one_in(20)
@pytest.mark.parametrize("seed", range(40))
def test_no_random_guest_hypervisor_notices(seed):
    rng = Random(seed)
    n = rng.randint(1, 6)
    vm = {"name": "A", "counters": n, "partitioned": False, "has_el2": True}
    world = {
        "pmulab": 1,
        "name": f"random {seed}",
        "cpus": [{"counters": n + rng.randint(0, 2)}],
        "vms": [{**vm, "program": program_of(rng, n)}],
    }
    machine = Machine(from_dict(world), record=False)
    while machine.step():
        pass

    assert machine.laws.accusation is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"partitioned": True}, "vms[0].has_el2: in a partition it is not modelled"),
        ({"has_el2": False}, "this VM has no EL2"),
    ],
)
def test_a_world_that_cannot_be_says_why(changes, says):
    vm = {"name": "A", "counters": 2, "partitioned": False, "has_el2": True}
    world = {
        "pmulab": 1,
        "name": "wrong",
        "partition": {"reserved_host_counters": 2},
        "vms": [{**vm, "program": ["el2: mrs x0, PMCR_EL0"], **changes}],
    }
    with pytest.raises(ScenarioError) as error:
        from_dict(world)

    assert says in str(error.value)


def test_a_class_that_knows_no_level_is_refused():
    with pytest.raises(ScenarioError) as error:
        Machine(load("nested-hpmn"), type("Mine", (Hypervisor,), {}))

    assert "only a class of Nested runs it: Mine is none" in str(error.value)
