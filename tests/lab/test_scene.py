"""What a card shows: real verdicts of real wrong answers, as data."""

import time
from functools import cache

import pytest

from pmulab import Hypervisor
from pmulab.checking import check, scene_of
from pmulab.explain.beside import Side, beside
from pmulab.hw.sysregs import CYCLE_IDX, REGS
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr
from pmulab.kvm.vgic_state import PMU_PPI
from pmulab.lab.course.better import better
from pmulab.lab.course.progress import broken_before
from pmulab.lab.course.scene import Scene
from pmulab.lab.exercises.judge import judge, judge_units
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery.gallery import bugs_on
from pmulab.lab.gallery.nearest import SAME, nearest
from pmulab.sim.accusation import Accusation
from pmulab.sim.laws import LAWS
from pmulab.sim.meaning import plain
from pmulab.sim.private import TRAP_EL1, UNDEFINED
from pmulab.view.card import LOOKS, card_html


class Recorded(Hypervisor):
    """Tells of a level that rises and never of one that falls."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level and not vcpu.irq_level:
            vcpu.irq_level = level
            self.vgic_inject(vcpu, PMU_PPI, level)


class Forgotten(Hypervisor):
    """Tells of changes again and again, for it does not keep the level."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            self.vgic_inject(vcpu, PMU_PPI, level)


class TooMany(Hypervisor):
    """Gives one counter too many to a guest."""

    def guest_counter_mask(self, vcpu):
        return CYCLE_BIT | (2 << self.guest_counters(vcpu)) - 1


class Late(Hypervisor):
    """Loads the counters before the driver has moved the host's events away."""

    def pmu_load(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evcntr(idx), vcpu.regs[evcntr(idx)])
        Hypervisor.pmu_load(self, vcpu)


class Loops(Hypervisor):
    """Never comes back."""

    def kick(self, vcpu):
        while True:
            time.sleep(0.01)


@cache
def scene(id, hypervisor):
    return Scene(judge(id, hypervisor), hypervisor)


@pytest.mark.slow
def test_two_opposite_mistakes_have_two_sentences():
    up, down = (scene("irq.inject", hypervisor).headline for hypervisor in (Recorded, Forgotten))

    line = "line (vcpu.irq_level) is"
    assert f"A's {line} high, and none of A's flags raises it any more." == up
    assert f"A's interrupt is due, and its {line} low." == down


SAID = {
    ("own_flags", "PMOVSSET_EL0", 0, 1): "has no overflow flag; it has to have that of counter 0.",
    ("own_flags", "PMOVSSET_EL0", 2, 0): "has the overflow flag of counter 1; it has to have none.",
    ("own_reads", "PMCNTENSET_EL0", 2, 0): "reads PMCNTENSET_EL0 and gets counter 1; "
    "on a PMU of its own it gets none.",
    ("own_reads", "PMCR_EL0", 0x40, 0x41): "reads PMCR_EL0 and gets E 0x0; "
    "on a PMU of its own it gets E 0x1.",
    ("own_reads", "PMCR_EL0", None, UNDEFINED): "writes PMCR_EL0 and takes no exception; "
    "on a PMU of its own it takes an UNDEFINED exception.",
    ("own_reads", "PMCR_EL0", TRAP_EL1, UNDEFINED): "uses PMCR_EL0 and takes a trap to its own "
    "kernel (EL1); on a PMU of its own it takes an UNDEFINED exception.",
}


@pytest.mark.parametrize("accused", SAID)
def test_a_headline_is_a_sentence(accused):
    law, *rest = accused

    assert f"A {SAID[accused]}" == plain(Accusation(law, "A", *rest))


@pytest.mark.parametrize("law", LAWS)
def test_each_law_has_a_headline(law):
    assert plain(Accusation(law, "A", "PMCR_EL0", 0, 1)).endswith(".")


@pytest.mark.slow
def test_what_broke_before_the_first_move_is_shown_in_step_0():
    shown = scene("swap.load", Late)
    first, *_ = shown.pairs

    assert (0, 0, True) == (shown.parted, first.step, first.ran)
    assert first.text.startswith("(given: ")
    assert "the hardware's PMEVCNTR0_EL0: 0x1 -> 0x0" in first.yours
    assert ("what the host's event host1 has counted", "0x1", "0x0") in first.apart


@pytest.mark.slow
def test_an_interrupt_that_one_side_never_used_is_as_it_is_at_first():
    pairs = [pair for pair in scene("irq.inject", Recorded).pairs if pair.apart]

    assert [] == [name for pair in pairs for name, *_ in pair.apart if name.startswith("intid ")]
    none = Side(({"x": 1},), ((),), frozenset(), None)
    used = none._replace(states=({"x": 1, "level": True},))
    assert (("level", "False", "True"),) == beside(none, used, (), "given")[0].apart


def test_an_error_in_the_library_says_what_it_was_given_and_what_the_guest_has():
    said = scene("partition.guest_mask", TooMany).headline

    assert (
        "guest_counter_mask(A) returned 0x80000003, and the library cannot go on with that." in said
    )
    assert said.endswith("A has 1 event counter.")


def test_a_case_of_a_table_is_no_law():
    class Pair(Hypervisor):
        def write_pair(self, set_name, clr_name, bits, mask):
            self.cpu.msr(set_name, bits)
            self.cpu.msr(clr_name, ~bits & mask)

    text = repr(judge_units(EXERCISES["swap.write_pair"], Pair))

    assert "A case of write_pair comes out wrong." in text
    assert "The law write_pair" not in text


@pytest.mark.slow
def test_the_first_step_that_differs_is_found_with_the_answer_s_own_line():
    shown = scene("irq.inject", Recorded)
    pair = shown.pairs[shown.parted]

    assert "clears the overflow flag" in pair.text
    assert ("A.PMUIRQ", "0x1", "0x0") in pair.apart
    assert all(not earlier.apart for earlier in shown.pairs[: shown.parted])
    assert "Your line that changed it last: `vcpu.irq_level = level`." in shown.hints[0]
    assert "update_state" == shown.trace.records[shown.opens_at() - 1].hook


class OfTheCycles(Hypervisor):
    """Counter 0 is taken for none: its number is false."""

    def write_type(self, vcpu, name, value):
        idx = REGS[name].index or CYCLE_IDX
        vcpu.regs[name] = value
        if self.in_hardware(vcpu):
            self.cpu.msr(name, self.hardware_type(vcpu, idx))
        elif not self.is_partitioned(vcpu):
            self.emulated_release(vcpu)
            self.emulated_resync(vcpu)


@pytest.mark.slow
def test_who_writes_a_register_in_vain_is_not_called_who_writes_none():
    shown = scene("filter.write", OfTheCycles)

    assert "" == shown.named
    assert "Your line wrote there what it held before: `" in shown.hints[0]
    assert "the library's the hardware's PMEVTYPER0_EL0: 0x0 -> 0x8." in shown.hints[0]


def methods(hypervisor):
    return [name for name in vars(hypervisor) if not name.startswith("_")]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("hook", ["pmu_put", "update_state"])
@pytest.mark.slow
def test_an_entry_of_the_gallery_is_found_for_itself(hook):
    row = next(row for row in EXERCISES.values() if row.hook == hook)
    alone = [
        bug for bug in bugs_on(hook) if [hook] == [n for n in vars(bug.hypervisor) if n[0] != "_"]
    ]

    assert alone
    for bug in alone[:3]:
        verdict = judge(row.id, bug.hypervisor)
        if verdict.kind == "not attempted":
            # To do nothing is a mistake of its own.
            continue
        found = nearest(verdict, row, bug.hypervisor)

        assert (bug.id, SAME) == (found.id, found.likeness)


@pytest.mark.slow
def test_the_card_names_the_entry_and_has_a_look_for_each_outcome():
    shown = scene("irq.inject", Recorded)

    said = "In these worlds it does the same as inject-recorded of the gallery: "
    assert shown.named.startswith(said)
    assert shown.named in card_html(shown).replace("&#x27;", "'")
    assert len(LOOKS) == len({look for look in LOOKS.values()})


@pytest.mark.slow
def test_another_mistake_is_not_called_by_a_name_of_the_gallery():
    assert "" == scene("irq.inject", Forgotten).named


def test_an_endless_call_is_told_long_before_the_check_ends(monkeypatch):
    monkeypatch.setattr("pmulab.lab.submission.limits.CALL", 0.3)
    shown = scene("irq.wake", Loops)

    assert "not finished" == shown.verdict.kind
    assert shown.verdict.message.startswith("no end within 0.3 s, in kick: ")
    assert "nothing is said of it" in shown.headline


@pytest.mark.slow
def test_what_a_method_prints_is_not_shown(capsys):
    class Prints(Hypervisor):
        def pmu_load(self, vcpu):
            print("here")

    shown = scene("swap.load", Prints)
    assert shown.pairs and shown.hints and card_html(shown)

    assert "" == capsys.readouterr().out


@pytest.mark.slow
def test_a_history_that_broke_an_earlier_answer_and_holds_now_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PMULAB_PROGRESS", str(tmp_path / "kept.json"))
    check("irq.inject", Recorded)
    kept = broken_before("irq.inject")

    assert ["irq_level"] == [row["law"] for row in kept]
    assert "" == better(kept, Recorded)
    assert "One law holds where it broke earlier: irq_level." in better(kept, Hypervisor)


@pytest.mark.slow
def test_a_law_that_is_broken_in_another_history_is_no_better(monkeypatch, tmp_path):
    monkeypatch.setenv("PMULAB_PROGRESS", str(tmp_path / "kept.json"))
    check("irq.inject", Forgotten)
    shown = scene_of("irq.inject", 30, Recorded, lambda *_: None)

    assert ("irq_level", "") == (shown.verdict.law, shown.better)
    assert "irq_level" in better(broken_before("irq.inject")[:1], Recorded)
