"""What a verdict says of the moment in which a law breaks."""

import pytest

from pmulab.explain.history import explore
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.check import check
from pmulab.lab.gallery.gallery import gallery

TOLD = [
    pytest.param(
        "swap.put",
        "put-keeps-control",
        " >   2  host exits and puts",
        "PMCR_EL0: 0x41011040 -> 0x41011041",
        marks=pytest.mark.slow,
    ),
    ("irq.inject", "inject-recorded", "   now  A is entitled", "flags 0x0, PMINTENSET_EL1 0x1"),
    ("trap.control", "reset-at-el2", " >   2  A switches", "set it to 0x1, now it holds 0x0"),
    ("filter.write", "type-waits", " >   3  A lets", "PMEVTYPER0_EL0 has SW_INCR (0x0)"),
    ("filter.load", "filter-ignored", " >   6  host loads", "(0x13), which its filter denies"),
    ("vgic.fold", "fold-forgets-active", " >   7  A takes", "taken INTID 23, and not yet ended it"),
    ("vgic.fold", "fold-forgets-active", " >   7  A takes", "ICH_LR0_EL2 has INTID 23, pending"),
    ("vgic.populate", "level-consumed", " >   6  A halts", "line_level False, pending_latch False"),
    ("irq.record", "record-nothing", " >   8  A lets", "its share of the hardware's is 0x0"),
    ("swap.put", "put-loses-flags", " >   7  host exits", "A is put, so there is no other place"),
    (
        "dynamic.reserve",
        "reserve-for-ever",
        " >   0  (given:",
        "cntr_mask is 0x2 (at most 0x80000003)",
    ),
    pytest.param(
        "swap.put",
        "put-forgets-selector",
        "   now  the hardware's PMSELR",
        "PMSELR_EL0 is 0x0",
        marks=pytest.mark.slow,
    ),
    (
        "trap.control",
        "reset-forgotten",
        "   now  A is loaded and GUEST_OWNED",
        "and no more",
    ),
    (
        "lazy.take",
        "lazy-without-load",
        "   now  A is loaded and GUEST_OWNED",
        "PMEVCNTR0_EL0 is 0x0",
    ),
    pytest.param(
        "filter.load",
        "filter-forgets-cycles",
        " >   1  host",
        "changed nothing; it wrote PMEVTYPER0",
        marks=pytest.mark.slow,
    ),
    ("partition.host_mask", "host-mask-all", "   now  A's saved", "MDCR_EL2.HPMN is 1"),
    (
        "lazy.decide",
        "lazy-stays-free",
        "   now  A is loaded and FREE",
        "A's access: GUEST_OWNED -> FREE",
    ),
]


@pytest.mark.one_in(6)
@pytest.mark.parametrize(("exercise", "bug", "step", "witness"), TOLD)
def test_a_verdict_marks_the_steps_of_its_hook_and_shows_what_explains_it(
    exercise, bug, step, witness
):
    text = repr(check(exercise, gallery()[bug].hypervisor))

    assert step in text
    assert witness in text


def test_what_a_hook_returned_is_shown_where_the_library_stumbles_over_it():
    class Mine(Hypervisor):
        def guest_counter_mask(self, vcpu):
            vcpu.vm.n_counters  # noqa: B018

    text = repr(check("partition.guest_mask", Mine))

    assert "in the library, after guest_counter_mask(A) returned None" in text


def test_the_machine_is_seen_as_the_law_saw_it():
    """A history's last step may go on after the accusation: the witness is from before that."""
    found = gallery()["fold-forgets-active"].explore()
    seen = " ".join(found.telling.witness)

    assert "A's private wire is high" in seen
    assert "no list register is in use" not in seen


def test_without_a_hook_each_change_names_its_own():
    seen = gallery()["put-assigns-flags"].explore().telling.witness

    assert "in step 8, pmu_put changed A's saved PMOVSSET_EL0: 0x1 -> 0x0" in seen
    assert [] == [line for line in seen if ",  changed" in line]


@pytest.mark.slow
def test_a_hook_that_changes_little_has_it_told_whatever_it_is():
    text = repr(check("irq.record", gallery()["record-nothing"].hypervisor))

    assert "in step 8, handle_guest_irq changed the hardware's PMOVSSET_EL0: 0x1 -> 0x0" in text
    assert "PMUIRQ: 0x1" not in text


@pytest.mark.slow
def test_who_owned_what_when_a_hook_was_called_is_told_if_that_has_changed_since():
    text = repr(check("irq.split", gallery()["record-hosts"].hypervisor))

    assert "called, A's access was FREE and host.cntr_mask was 0x80000003" in text
    assert "was called" not in repr(check("lazy.decide", gallery()["lazy-stays-free"].hypervisor))


def unloads(self, overflow):
    self.host.loaded = None


def forgets_the_mask(self, overflow):
    self.host.cntr_mask = None


def forgets_the_access(self, overflow):
    del self.host.loaded.access


def forgets_the_registers(self, overflow):
    self.host.loaded.regs = None


def forgets_the_host(self, overflow):
    self.host = None


def forgets_the_flags(self, overflow):
    self.host.loaded.regs["PMOVSSET_EL0"] = None


NASTY = (
    unloads,
    forgets_the_mask,
    forgets_the_access,
    forgets_the_registers,
    forgets_the_host,
    forgets_the_flags,
)


@pytest.mark.parametrize("answer", NASTY)
@pytest.mark.slow
def test_what_a_submission_breaks_is_a_verdict_all_the_same(answer):
    verdict = check("irq.record", type("Mine", (Hypervisor,), {"handle_guest_irq": answer}))

    assert verdict.kind in ("broken", "error")
    assert "not yet" in repr(verdict)


@pytest.mark.slow
def test_watching_a_hook_changes_nothing():
    row = gallery()["put-loses-flags"]
    found, watched = row.explore(), explore(row.world, row.hypervisor, "pmu_put")

    assert found.trace == watched.trace


@pytest.mark.slow
def test_a_verdict_says_what_the_hook_did_to_the_accused_register():
    text = repr(check("swap.put", gallery()["put-assigns-flags"].hypervisor))

    assert "in step 8, pmu_put changed A's saved PMOVSSET_EL0: 0x1 -> 0x0" in text
