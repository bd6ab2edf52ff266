"""The explorer: its histories are shortest, its shortcuts change nothing, its limits are honest."""

import pytest

from pmulab.explain.history import explore
from pmulab.explorer.batches import Batches
from pmulab.explorer.explorer import Explorer
from pmulab.explorer.result import describe
from pmulab.explorer.stage import stage_of
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.gallery.gallery import gallery

# They have more than a million states: `python -m pmulab explore --world NAME` closes them.
LARGE = ("closed", "each-one-counter", "standard")

TINY = WORLDS["small"].variant(
    "tiny",
    alphabets=((("msr PMCNTENSET_EL0, 0x1",), ("msr PMCR_EL0, 0x1",), ("mrs x0, PMCR_EL0",)),),
    works=(),
)
BUGS = gallery()


def seen(result):
    """Return what must be equal in two searches of one world."""
    c = result.certificate
    return c.states, c.transitions, c.depth, c.closed, result.accusation, len(result.history)


# ---- the shortcut: successors remembered per part of the state


@pytest.mark.parametrize(
    "world", [TINY, "user", "host-event-irq"], ids=lambda w: str(getattr(w, "name", w))
)
def test_remembering_successors_changes_nothing(world):
    plain, memo = (Explorer(world, memo=memo).run() for memo in (False, True))

    assert seen(plain) == seen(memo)
    assert memo.holds
    assert memo.certificate.closed


@pytest.mark.slow
@pytest.mark.parametrize(
    "world", ["two-cycle-counters", "restored-reset", "dynamic", "host-event", "migrated"]
)
def test_remembering_successors_changes_nothing_in_larger_worlds(world):
    limits = {"max_states": 3000}
    plain, memo = (Explorer(world, memo=memo).run(**limits) for memo in (False, True))

    assert seen(plain) == seen(memo)


@pytest.mark.slow
@pytest.mark.parametrize("world", [TINY, "user", "two-cycle-counters", "migrated"])
def test_batches_of_states_change_nothing(world, monkeypatch):
    one_by_one = Explorer(world).run()
    monkeypatch.setattr("pmulab.explorer.explorer.MANY", 3)
    in_batches = Explorer(world)

    assert seen(one_by_one) == seen(in_batches.run())
    assert isinstance(in_batches.visitor.seen, Batches)
    assert len(in_batches.visitor.seen) == len(set(in_batches.visitor.seen))


LONGER = [pytest.param(id, marks=pytest.mark.slow) for id in ("put-loses-flags", "record-nothing")]


@pytest.mark.parametrize("id", ["put-forgets-selector", *LONGER])
def test_batches_of_states_find_histories_of_the_same_length(id, monkeypatch):
    one_by_one = BUGS[id].explore()
    monkeypatch.setattr("pmulab.explorer.explorer.MANY", 3)
    in_batches = BUGS[id].explore()

    assert len(one_by_one.history) == len(in_batches.history)
    assert in_batches.trace.records[-1].kind == "accusation"


QUICK = "no-swap mask-and put-keeps-control put-forgets-selector user-always-open".split()


@pytest.mark.parametrize("id", QUICK)
def test_remembering_successors_finds_histories_of_the_same_length(id):
    bug = BUGS[id]
    plain, memo = (Explorer(bug.world, bug.hypervisor, memo).run() for memo in (False, True))

    assert bug.law == plain.accusation.law == memo.accusation.law
    assert len(plain.history) == len(memo.history)


# ---- shortest


def shortest_uncut(bug, limit):
    """Try every sequence of moves, longer and longer, without a memory of states."""
    for length in range(1, limit + 1):
        if breaks(stage_of(WORLDS[bug.world], bug.hypervisor), [], length, bug):
            return length
    return None


def breaks(stage, path, length, bug):
    for index in range(len(stage.moves)):
        fresh = stage_of(WORLDS[bug.world], bug.hypervisor)
        for earlier in path:
            fresh.perform(fresh.moves[earlier])
        if not fresh.enabled(fresh.moves[index]):
            continue
        fresh.perform(fresh.moves[index])
        if fresh.machine.laws.accusation:
            return True
        if length > 1 and breaks(stage, [*path, index], length - 1, bug):
            return True
    return False


@pytest.mark.parametrize("id", ["load-wipes", "no-swap", "user-always-open"])
def test_a_history_is_as_short_as_an_uncut_search_finds_it(id):
    assert shortest_uncut(BUGS[id], 3) == len(BUGS[id].explore().history)


@pytest.mark.slow
@pytest.mark.parametrize("id", ["mask-and", "put-keeps-control", "reserve-for-ever"])
def test_a_longer_history_is_as_short_as_an_uncut_search_finds_it(id):
    assert shortest_uncut(BUGS[id], 3) == len(BUGS[id].explore().history)


def test_two_searches_agree_in_everything():
    one, two = (BUGS["put-forgets-control"].explore() for _ in range(2))

    assert (one.history, one.accusation) == (two.history, two.accusation)
    assert one.certificate == two.certificate


# ---- the telling


@pytest.mark.parametrize("id", QUICK)
def test_a_telling_ends_in_the_same_accusation(id):
    result = BUGS[id].explore()
    trace = result.trace

    assert ("accusation", str(result.accusation)) == (
        trace.records[-1].kind,
        trace.records[-1].text,
    )
    notes = [record.text for record in trace.records if record.kind == "note"]
    assert list(result.history) == [text for text in notes if text in result.history]


# ---- limits


def test_a_limit_of_states_is_no_proof():
    result = explore("small", max_states=200)

    assert result.holds
    assert not result.certificate.closed
    assert "not all states: stopped at the limit of 200 states" in str(result.certificate)


def test_a_limit_of_time_is_no_proof():
    result = explore("standard", seconds=0.05)

    assert (True, False) == (result.holds, result.certificate.closed)
    assert "stopped by the clock" in str(result.certificate)


def test_time_that_ends_in_a_layer_without_anything_new_is_no_proof():
    # The first move of all leads to a new state; a clock that has run out must still say so.
    result = explore(TINY, seconds=1e-9)

    assert not result.certificate.closed


def test_an_interrupt_leaves_what_is_certain(monkeypatch):
    def ticker(depth, states):
        if depth == 4:
            raise KeyboardInterrupt

    result = explore("small", ticker=ticker)

    assert (True, False, 4) == (result.holds, result.certificate.closed, result.certificate.depth)
    assert "interrupted" in str(result.certificate)


def test_progress_is_told_layer_by_layer():
    told = []
    result = explore(TINY, ticker=lambda *so_far: told.append(so_far))

    assert list(range(len(told))) == [depth for depth, _ in told]
    assert (result.certificate.depth, result.certificate.states) == told[-1]


# ---- what a hypervisor must not do


class KeepsANote(Hypervisor):
    def pmu_put(self, vcpu):
        self.last = vcpu.name
        Hypervisor.pmu_put(self, vcpu)


class CountsInTheClass(Hypervisor):
    calls = 0

    def pmu_put(self, vcpu):
        CountsInTheClass.calls += 1
        Hypervisor.pmu_put(self, vcpu)
        vcpu.regs["PMSELR_EL0"] = CountsInTheClass.calls & 1


class OwnBox(Hypervisor):
    """Right, but what it keeps in a box of its own is no part of a state."""

    def __init__(self, *args):
        self.box = {}
        super().__init__(*args)

    def pmu_put(self, vcpu):
        self.box[vcpu.name] = self.cpu.mrs("PMSELR_EL0")
        Hypervisor.pmu_put(self, vcpu)

    def pmu_load(self, vcpu):
        Hypervisor.pmu_load(self, vcpu)
        if vcpu.name in self.box:
            self.cpu.msr("PMSELR_EL0", self.box[vcpu.name])


def test_a_history_that_does_not_break_again_accuses_what_is_hidden():
    found = explore("selector", OwnBox)

    assert "keep state in vcpu.regs or self.host" in describe(found.error)


class ServesOneOfThem(Hypervisor):
    """Forget the selector of one of two guests that are the same in all else."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if vcpu.name == "B":
            self.cpu.msr("PMSELR_EL0", 0)


def test_guests_that_are_the_same_are_not_taken_for_one():
    found = Explorer("selector", ServesOneOfThem).run()

    assert ("own_reads", "B") == (found.accusation.law, found.accusation.who)


class Raises(Hypervisor):
    def pmu_put(self, vcpu):
        raise RuntimeError("no idea")


class Leaves(Hypervisor):
    def pmu_put(self, vcpu):
        raise SystemExit(0)


class Lists(Hypervisor):
    def pmu_put(self, vcpu):
        Hypervisor.pmu_put(self, vcpu)
        vcpu.regs["PMSELR_EL0"] = []


class DoesNotStart(Hypervisor):
    def boot(self):
        raise RuntimeError("no idea")


def test_state_in_self_is_found():
    assert "self.last" in describe(explore(TINY, KeepsANote).error)


def test_state_in_the_class_is_found():
    result = explore(TINY, CountsInTheClass)

    assert not result.holds


@pytest.mark.parametrize(
    ("hypervisor", "words"),
    [
        (Raises, "RuntimeError: no idea in pmu_put, line "),
        (Leaves, "SystemExit: 0 in pmu_put, line "),
        (Lists, "TypeError: unhashable"),
        (DoesNotStart, "RuntimeError: no idea in boot, line "),
    ],
)
def test_what_a_hypervisor_raises_is_an_outcome_with_a_place(hypervisor, words):
    result = explore(TINY, hypervisor)

    assert describe(result.error).startswith(words)
    assert not result.certificate.closed


# ---- the reference


@pytest.mark.slow
@pytest.mark.parametrize("world", [name for name in WORLDS if name not in LARGE])
def test_the_reference_obeys_every_law_in_every_state(world):
    result = explore(world)

    assert (None, None) == (result.accusation, result.error)
    assert result.certificate.closed
    assert result.certificate.depth > 2


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    ("name", "states"), [("user", 33), ("ban", 306), ("interrupts", 273), ("host-event", 309)]
)
def test_a_world_of_emulated_pmus_closes_too(name, states):
    world = WORLDS[name].variant(f"{name}-emulated", partitioned=False, n_counters=4)
    result = Explorer(world).run()

    assert result.certificate.closed
    assert result.accusation is None
    assert states == result.certificate.states


def test_a_world_of_emulated_pmus_finds_an_overflow_that_nobody_sets():
    class Forgets(Hypervisor):
        def emulated_overflow(self, vcpu, idx):
            """Do nothing."""

    world = WORLDS["ban"].variant("ban-emulated", partitioned=False, n_counters=4)

    assert "own_flags" == Explorer(world, Forgets).run().accusation.law


@pytest.mark.slow
def test_a_world_may_name_its_events_by_number():
    names, numbers = WORLDS["ban"], {"INST_RETIRED": "0x8", "MEM_ACCESS": "0x13"}
    changing = tuple((who, what, numbers[event]) for who, what, event in names.changing)
    world = names.variant("numbers", works=("0x8=1", "0x13=1"), changing=changing)

    assert Explorer(names).run().certificate.states == Explorer(world).run().certificate.states


def userspace(hypervisor):
    """Explore a world in which the VMM reads, writes and resets what a guest counts with."""
    reads = [("A", "get_reg", name) for name in ("PMEVCNTR0_EL0", "PMOVSSET_EL0", "PMCR_EL0")]
    writes = [("A", "set_reg", "PMCR_EL0", "0x1"), ("A", "set_reg", "PMEVCNTR0_EL0", "0x1")]
    world = WORLDS["interrupts"].variant(
        "userspace", userspace=(*reads, *writes, ("A", "reset")), halts=False
    )
    return Explorer(world, hypervisor).run()


@pytest.mark.slow
def test_userspace_reads_and_writes_what_a_guest_counts_with():
    result = userspace(Hypervisor)

    assert result.accusation is None
    assert result.certificate.closed


def test_userspace_finds_a_register_that_put_has_not_saved():
    class Keeps(Hypervisor):
        def pmu_put(self, vcpu):
            """Save all but PMCR_EL0."""
            before = vcpu.regs["PMCR_EL0"]
            super().pmu_put(vcpu)
            vcpu.regs["PMCR_EL0"] = before

    accusation = userspace(Keeps).accusation

    assert ("own_reads", "PMCR_EL0") == (accusation.law, accusation.subject)
