"""What a card shows: real verdicts of real wrong answers, as data."""

import time
from functools import cache

import pytest

from pmulab import Hypervisor
from pmulab.checking import check, scene_of
from pmulab.kvm.vcpu import CYCLE_BIT
from pmulab.kvm.vgic_state import PMU_PPI
from pmulab.lab.course.better import better
from pmulab.lab.course.progress import broken_before
from pmulab.lab.course.scene import Scene
from pmulab.lab.exercises.judge import judge, judge_units
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery.gallery import bugs_on
from pmulab.lab.gallery.nearest import SAME, nearest
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


class Loops(Hypervisor):
    """Never comes back."""

    def kick(self, vcpu):
        while True:
            time.sleep(0.01)


@cache
def scene(id, hypervisor):
    return Scene(judge(id, hypervisor), hypervisor)


def test_two_opposite_mistakes_have_two_sentences():
    up, down = (scene("irq.inject", hypervisor).headline for hypervisor in (Recorded, Forgotten))

    assert "A's interrupt line stays up, and no flag of its raises it any more." == up
    assert "A's interrupt is due, and its line stays down." == down


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


def test_the_first_step_that_differs_is_found_with_the_answer_s_own_line():
    shown = scene("irq.inject", Recorded)
    pair = shown.pairs[shown.parted]

    assert "clears the overflow flag" in pair.text
    assert ("A.PMUIRQ", "0x1", "0x0") in pair.apart
    assert all(not earlier.apart for earlier in shown.pairs[: shown.parted])
    assert "Your line that changed it last: vcpu.irq_level = level" in shown.hints[0]
    assert "update_state" == shown.trace.records[shown.opens_at() - 1].hook


def methods(hypervisor):
    return [name for name in vars(hypervisor) if not name.startswith("_")]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("hook", ["update_state", "pmu_put"])
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


def test_the_card_names_the_entry_and_has_a_look_for_each_outcome():
    shown = scene("irq.inject", Recorded)

    assert shown.named.startswith("This is inject-recorded of the gallery: ")
    assert shown.named in card_html(shown).replace("&#x27;", "'")
    assert len(LOOKS) == len({look for look in LOOKS.values()})


def test_another_mistake_is_not_called_by_a_name_of_the_gallery():
    assert "" == scene("irq.inject", Forgotten).named


def test_an_endless_call_is_told_long_before_the_check_ends(monkeypatch):
    monkeypatch.setattr("pmulab.lab.submission.limits.CALL", 0.3)
    shown = scene("irq.wake", Loops)

    assert "not finished" == shown.verdict.kind
    assert shown.verdict.message.startswith("no end within 0.3 s, in kick: ")
    assert "nothing is said of it" in shown.headline


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
    shown = scene_of("irq.inject", Recorded, 30, lambda *_: None)

    assert ("irq_level", "") == (shown.verdict.law, shown.better)
    assert "irq_level" in better(broken_before("irq.inject")[:1], Recorded)
