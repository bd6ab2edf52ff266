"""The stage: a state packs and unpacks to itself, and moves do what they say."""

import random

import pytest

from pmulab.explorer.stage import stage_of
from pmulab.explorer.state import Packing
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.phrases import said
from pmulab.sim.program import parse

SOME = ["small", "interrupts", "dynamic-lazy", "two-cpus", "ban", "selector"]
SOME += ["new-host-event", "unsupported-cpu"]


def state(stage):
    packing = Packing(stage.machine)
    cpus = tuple(packing.pack_cpu(n) for n in range(len(stage.machine.cpus)))
    return cpus + tuple(packing.pack_vcpu(name) for name in stage.machine.vcpus)


def put(stage, packed):
    """Put a stage into a packed state."""
    n_cpus, packing = len(stage.machine.cpus), Packing(stage.machine)
    loaded = [part[-1] for part in packed[:n_cpus]]
    for n in range(n_cpus):
        packing.unpack_cpu(n, packed[n])
    for k, name in enumerate(stage.machine.vcpus, n_cpus):
        packing.unpack_vcpu(name, packed[k], loaded.index(name) if name in loaded else None)


def walk(stage, seed, steps):
    """Do random moves; yields the move and the state after it."""
    chance = random.Random(seed)
    for _ in range(steps):
        move = chance.choice([move for move in stage.moves if stage.enabled(move)])
        stage.perform(move)
        yield move, state(stage)


@pytest.mark.parametrize("world", SOME)
def test_a_state_packs_and_unpacks_to_itself(world):
    stage, other = (stage_of(WORLDS[world], Hypervisor) for _ in range(2))
    for _, packed in walk(stage, 1, 30):
        put(other, packed)

        assert packed == state(other)


@pytest.mark.parametrize("world", SOME)
def test_a_walk_from_an_unpacked_state_is_the_walk_itself(world):
    stage, other = (stage_of(WORLDS[world], Hypervisor) for _ in range(2))
    before = state(stage)
    for move, after in walk(stage, 2, 60):
        put(other, before)
        other.machine.laws.accusation = None

        assert other.enabled(move)
        other.perform(move)
        assert after == state(other)
        assert stage.machine.laws.accusation is None
        before = after


def named(stage, words):
    return next(move for move in stage.moves if words in move.text)


def test_moves_do_what_they_say():
    stage = stage_of(WORLDS["small"], Hypervisor)
    enter, leave = named(stage, "loads and enters A"), named(stage, "puts A")

    assert (True, False) == (stage.enabled(enter), stage.enabled(leave))
    stage.perform(enter)
    assert "A" == stage.machine.cores[0].loaded
    assert (False, True) == (stage.enabled(enter), stage.enabled(leave))
    for words in ("A enables counter 0", "count INST_RETIRED", "A switches its PMU on"):
        stage.perform(named(stage, words))
    stage.perform(named(stage, "A works: INST_RETIRED"))
    assert 1 == stage.machine.cpus[0].pmu.cells["PMEVCNTR0"]
    stage.perform(leave)
    assert "" == stage.machine.cores[0].loaded
    assert 1 == stage.machine.vcpus["A"].regs["PMEVCNTR0_EL0"]


def test_an_overflow_makes_the_host_s_interrupt_possible():
    stage = stage_of(WORLDS["small"], Hypervisor)
    handle = named(stage, "handles PMUIRQ")
    stage.perform(named(stage, "enters A"))
    for words in ("enables counter 0", "interrupt of counter 0", "INST_RETIRED", "PMU on", "to 1"):
        stage.perform(named(stage, words))

    assert not stage.enabled(handle)
    stage.perform(named(stage, "A works: INST_RETIRED"))
    assert stage.enabled(handle)
    stage.perform(handle)
    assert (1, False) == (
        stage.machine.vcpus["A"].regs["PMOVSSET_EL0"],
        stage.enabled(handle),
    )
    assert stage.machine.vcpus["A"].irq_level


def test_a_dead_copy_is_zeroed_so_that_whoever_reads_it_is_noticed():
    stage = stage_of(WORLDS["small"], Hypervisor)
    stage.machine.vcpus["A"].regs["PMCNTENSET_EL0"] = 1
    stage.perform(named(stage, "enters A"))

    assert 0 == stage.machine.vcpus["A"].regs["PMCNTENSET_EL0"]
    assert 1 == stage.machine.cpus[0].pmu.cells["PMCNTEN"] & 1


@pytest.mark.parametrize("world", [name for name in WORLDS if WORLDS[name].cpus == 1])
def test_no_two_moves_of_a_world_are_called_the_same(world):
    texts = [move.text for move in stage_of(WORLDS[world], Hypervisor).moves]

    assert len(texts) == len(set(texts))


# ---- events that the host adds


def host_of(stage):
    return stage.machine.hyp.hosts[0]


def test_the_host_adds_an_event_once_and_removes_what_it_counts():
    stage = stage_of(WORLDS["new-host-event"], Hypervisor)
    add, remove = named(stage, "begins to count"), named(stage, "stops counting")

    assert (True, False) == (stage.enabled(add), stage.enabled(remove))
    stage.perform(add)
    assert ["new0cpu0"] == [event.name for event in host_of(stage).events]
    assert (False, True) == (stage.enabled(add), stage.enabled(remove))
    stage.perform(remove)
    assert [] == host_of(stage).events
    assert 0 == stage.machine.cpus[0].pmu.cells["PMCNTEN"]


def test_an_event_is_added_on_its_own_cpu_alone():
    moves = stage_of(WORLDS["new-host-event"], Hypervisor).moves

    assert [0, 0] == [move.cpu for move in moves if move.do.startswith("perf_")]


@pytest.mark.parametrize(("loaded", "idx"), [(False, 31), (True, 1)])
def test_an_event_gets_no_counter_of_a_guest_that_is_there(loaded, idx):
    stage = stage_of(WORLDS["new-host-event"], Hypervisor)
    if loaded:
        stage.perform(named(stage, "enters A"))
    stage.perform(named(stage, "begins to count"))

    assert [idx] == [event.idx for event in host_of(stage).events]
    assert loaded == stage.machine.cores[0].in_guest
    assert stage.machine.laws.accusation is None


def test_an_event_that_is_added_again_is_due_nothing_from_before():
    stage = stage_of(WORLDS["new-host-event"], Hypervisor)
    again = ("begins to count", "host works at EL2 on cpu0", "stops counting", "begins to count")
    for words in again:
        stage.perform(named(stage, words))

        assert stage.machine.laws.accusation is None


def test_a_packed_state_makes_an_event_that_is_not_there_now():
    stage, other = (stage_of(WORLDS["new-host-event"], Hypervisor) for _ in range(2))
    before = state(stage)
    for words in ("begins to count", "host works at EL2 on cpu0"):
        stage.perform(named(stage, words))
    put(other, state(stage))
    mine, yours = (host_of(one).events[0] for one in (stage, other))

    assert (mine.event, mine.period, mine.idx) == (yours.event, yours.period, yours.idx)
    put(other, before)
    assert [] == host_of(other).events


# ---- a CPU that the vCPU does not support


def test_on_an_unsupported_cpu_a_vcpu_is_loaded_and_put_and_no_more():
    stage = stage_of(WORLDS["unsupported-cpu"], Hypervisor)
    stage.perform(named(stage, "loads A on cpu0"))
    can = [move.do for move in stage.moves if move.vcpu == "A" and stage.enabled(move)]

    assert ["exit"] == can
    assert (False, 2) == (stage.machine.cores[0].in_guest, stage.machine.cpus[0].el)
    stage.perform(next(move for move in stage.moves if (move.do, move.cpu) == ("exit", 0)))
    assert not stage.machine.cores[0].loaded


def test_a_copy_in_memory_is_not_dead_on_an_unsupported_cpu():
    stage = stage_of(WORLDS["unsupported-cpu"], Hypervisor)
    vcpu = stage.machine.vcpus["A"]
    vcpu.regs["PMCNTENSET_EL0"] = 1
    stage.perform(named(stage, "loads A on cpu0"))

    assert 1 == vcpu.regs["PMCNTENSET_EL0"]


def test_a_setup_is_done_on_the_cpu_of_its_guest():
    world = WORLDS["new-host-event"].variant("set-up", setups=("msr PMCNTENSET_EL0, 0x80000000",))
    stage = stage_of(world, Hypervisor)

    assert [1 << 31] * 2 == [v.regs["PMCNTENSET_EL0"] for v in stage.machine.vcpus.values()]
    assert [0, 0] == [pe.pmu.cells["PMCNTEN"] for pe in stage.machine.cpus]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("msr PMCNTENSET_EL0, 0x80000001", "enables counter 0 and the cycle counter"),
        ("msr PMINTENCLR_EL1, 0x1", "disables the interrupt of counter 0"),
        ("msr PMOVSCLR_EL0, 0x1", "clears the overflow flag of counter 0"),
        ("msr PMEVTYPER0_EL0, 0x40000013", "lets counter 0 count MEM_ACCESS"),
        ("msr PMCCFILTR_EL0, 0x8000000", "lets the cycle counter count at EL2 too"),
        ("msr PMXEVTYPER_EL0, 0x8", "lets the selected counter count INST_RETIRED"),
        ("msr PMCR_EL0, 0x3", "switches its PMU on and resets its event counters"),
        ("msr PMCR_EL0, 0x0", "switches its PMU off"),
        ("msr PMSELR_EL0, 1", "selects counter 1"),
        ("el0: mrs x0, PMCCNTR_EL0", "reads PMCCNTR_EL0"),
    ],
)
def test_an_access_is_said_in_words_and_shown(line, words):
    assert said(parse([line])).startswith(words)
    assert said(parse([line])).endswith(f"({line})")
