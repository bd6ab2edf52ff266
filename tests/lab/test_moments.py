"""Put and load where every access takes a moment: a wrong order of writes is found."""

import inspect
from textwrap import dedent

import pytest

from pmulab.kvm import swap
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.cases import judge
from pmulab.lab.course.check import check

LINES = {
    "stop": ["self.pmu_stop(vcpu)"],
    "counts": ["for idx in counters(mask):", "    regs[evcntr(idx)] = cpu.mrs(evcntr(idx))"],
    "fold": ["self.fold_overflow(vcpu)"],
    "keep": ['self.host.pmcr = cpu.mrs("PMCR_EL0")'],
    "types": ["self.apply_event_filter(vcpu)"],
    "values": ["for idx in counters(mask):", "    cpu.msr(evcntr(idx), regs[evcntr(idx)])"],
    "control": ['cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)'],
    "flags": ['cpu.msr("PMOVSCLR_EL0", mask)'],
    "enables": [
        'self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)'
    ],
    "interrupts": [
        'self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)'
    ],
}


def moved(hook, what, before=None):
    """Return a hypervisor whose hook has some lines before others, or not at all."""
    lines = dedent(inspect.getsource(getattr(Hypervisor, hook))).splitlines()
    taken, anchor = ([f"    {line}" for line in LINES.get(name, ())] for name in (what, before))
    at = lines.index(taken[0])
    assert lines[at : at + len(taken)] == taken
    del lines[at : at + len(taken)]
    if before:
        to = lines.index(anchor[0])
        lines[to:to] = taken
    names = dict(vars(swap))
    exec("\n".join(lines), names)
    return type("Mine", (Hypervisor,), {hook: names[hook]})


ORDERS = [
    ("pmu_put", "counts", "stop", "PMEVCNTR0_EL0 as put saved it"),
    ("pmu_put", "fold", "stop", "PMEVCNTR0_EL0 as put saved it"),
    ("pmu_load", "keep", None, "host.pmcr"),
    ("pmu_load", "enables", "types", "what counts too early"),
    ("pmu_load", "enables", "values", "what counts too early"),
    ("pmu_load", "enables", "control", "what counts too early"),
]
FREE_ORDERS = [
    ("pmu_put", "fold", "counts"),
    ("pmu_load", "values", "types"),
    ("pmu_load", "flags", "types"),
    ("pmu_load", "control", "types"),
    ("pmu_load", "interrupts", "enables"),
    # Put has left no flag: whether load clears them, and when, nobody can tell.
    ("pmu_load", "flags", None),
    ("pmu_load", "interrupts", "flags"),
]


@pytest.mark.parametrize(("hook", "what", "before", "said"), ORDERS)
def test_a_wrong_order_is_found(hook, what, before, said):
    accusation = judge(hook, moved(hook, what, before))

    assert accusation.subject.startswith(said)


@pytest.mark.parametrize(("hook", "what", "before"), FREE_ORDERS)
def test_an_order_that_does_not_matter_is_right(hook, what, before):
    assert judge(hook, moved(hook, what, before)) is None


@pytest.mark.slow
def test_the_check_of_put_finds_the_read_before_the_stop():
    verdict = check("swap.put", moved("pmu_put", "counts", "stop"))

    assert "an access takes a moment and PMEVCNTR0_EL0 wraps after 1 of them" in repr(verdict)
