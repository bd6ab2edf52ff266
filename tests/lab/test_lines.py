"""Lines with switches: what an edit makes of a method, and who notices."""

import inspect

import pytest

from pmulab import lines
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.rows import EXERCISES, exercise
from pmulab.lab.lines.attempt import HOLDS, NOBODY, NOTICED, UNFINISHED, Attempt
from pmulab.lab.lines.lines import Lines
from pmulab.lab.lines.method import Method
from pmulab.lab.submission.limits import drained


def asked(id, *off, mine=None, seconds=20):
    """Switch lines off, and ask."""
    desk = Lines(id, mine, seconds)
    for n in off:
        desk.switch(n)
    return drained(desk.ask())


class Fold(Hypervisor):
    def fold_overflow(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        nothing = 0
        if flags == nothing:
            pass
        else:
            # Its home.
            vcpu.regs["PMOVSSET_EL0"] |= flags
            self.cpu.msr("PMOVSCLR_EL0", flags)
            super().fold_overflow(vcpu)


class Asks(Hypervisor):
    def fold_overflow(self, vcpu):
        while True:
            if self.cpu:
                break
        super().fold_overflow(vcpu)


# ---- methods


@pytest.mark.parametrize("hook", sorted({row.hook for row in EXERCISES.values()}))
def test_an_untouched_method_is_written_as_it_was(hook):
    original = getattr(Hypervisor, hook)
    method = Method(original)
    text, at = method.written(method.untouched)
    made = method.made(method.untouched)

    assert sorted(method.lines) == sorted(at.values())
    assert (
        inspect.signature(original).parameters.keys() == inspect.signature(made).parameters.keys()
    )
    assert original.__code__.co_names == made.__code__.co_names
    assert method.lines[1].text.splitlines()[0] in text


def test_what_is_off_is_a_comment_and_an_empty_block_still_a_block():
    method = Method(Fold.fold_overflow)
    edit = method.untouched
    for n in (2, 5, 6, 7):
        edit = method.switched(edit, n)
    text, _ = method.written(edit)

    assert "    # off: nothing = 0\n" in text
    assert "    else:\n            pass\n" in text.replace("        # Its home.\n", "").replace(
        "        pass\n", "            pass\n", 2
    )
    method.made(edit)


def test_a_line_moves_in_its_block_and_takes_what_is_in_it_along():
    method = Method(Hypervisor.fold_overflow)
    up = method.moved(method.untouched, 2, -1)

    assert [2, 3, 4, 1] == [line.n for line in method.shown(up)]
    assert up == method.moved(up, 2, -1)
    assert method.untouched == method.moved(up, 2, 1)


@pytest.mark.slow
def test_a_method_with_super_is_made_again():
    desk = Lines("swap.fold", Fold)

    assert HOLDS == drained(desk.ask()).kind


# ---- answers


@pytest.mark.one_in(5)
@pytest.mark.parametrize(
    ("id", "off", "who", "law", "steps"),
    [
        ("swap.stop", 4, "cpu0", "quiet_when_put", 3),
        ("swap.put", 8, "A", "own_reads", 4),
        ("swap.put", 10, "host", "host_untouched", 1),
        ("swap.load", 9, "A", "own_reads", 5),
        ("irq.record", 9, "A", "wakes_up", 6),
    ],
)
def test_who_notices_first_and_after_how_many_steps(id, off, who, law, steps):
    answer = asked(id, off)

    assert (NOTICED, who, law) == (answer.kind, answer.who, answer.law)
    assert f"after {steps} step" in answer.head
    assert answer.trace.marked("accusation")


def test_two_lines_in_the_other_order_are_noticed():
    desk = Lines("swap.stop")
    desk.move(4, -1)
    desk.move(4, -1)

    assert "own_reads" == drained(desk.ask()).law


def test_the_player_shows_the_edited_line():
    answer = asked("swap.put", 10)
    hooks = {record.code for record in answer.trace if record.hook == "pmu_put"}

    assert 'regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")' in hooks


@pytest.mark.slow
def test_what_nobody_notices_is_told_why():
    answer = asked("swap.load", 11)

    assert NOBODY == answer.kind
    assert "all 20,535 states are the same" in answer.more[0]


@pytest.mark.slow
def test_a_condition_that_is_never_true_is_told_apart():
    class Guarded(Hypervisor):
        def fold_overflow(self, vcpu):
            if vcpu is None:
                return
            Hypervisor.fold_overflow(self, vcpu)

    first, inside = asked("swap.fold", 1, mine=Guarded), asked("swap.fold", 2, mine=Guarded)

    assert "its condition is never true" in first.more[0]
    assert "it never runs" in inside.more[0]


def test_an_edit_that_never_ends_is_not_finished():
    answer = asked("swap.fold", 3, mine=Asks, seconds=0.1)

    assert UNFINISHED == answer.kind
    assert "no end within 0.1 s" in answer.head


def test_a_wrong_method_is_told_before_its_lines_are_tried():
    class Forgets(Hypervisor):
        def pmu_put(self, vcpu):
            self.fold_overflow(vcpu)

    desk = Lines("swap.put", Forgets)
    drained(desk.each())

    assert NOTICED == desk.answer.kind
    assert 1 == len(desk.known)


# ---- as text


@pytest.mark.slow
def test_the_text_says_what_is_off_and_who_misses_it():
    desk = Lines("swap.fold")
    desk.switch(3)
    drained(desk.ask())
    text = desk.to_text()

    assert ' 3 off         vcpu.regs["PMOVSSET_EL0"] |= overflow' in text
    assert " notices after " in text
    assert "<pre>" in desk.to_html()


def test_an_empty_answer_is_not_attempted():
    class Mine(Hypervisor):
        def pmu_put(self, vcpu): ...

    assert "not attempted" in repr(lines("swap.put", Mine))


@pytest.mark.slow
def test_what_only_a_table_tells_does_not_wait_for_the_worlds():
    method = Method(Hypervisor.pmu_load)
    [n] = [k for k, line in method.lines.items() if "host.pmcr" in line.text]
    edit = method.switched(method.untouched, n)
    attempt = Attempt(exercise("swap.load"), Hypervisor, method, edit)

    assert "table" == drained(attempt.judged()).who
    assert "small" not in attempt.reached


def test_the_reference_is_closed_once_for_all_desks(monkeypatch):
    monkeypatch.setattr("pmulab.lab.lines.lines.CLOSED", {})
    made = [Lines("filter.ban") for _ in range(2)]
    first, second = (drained(desk._closed()) for desk in made)

    assert first is second
    assert {1, 2} == first.ran
