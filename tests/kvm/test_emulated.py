"""Trap and emulate: the same guest on both kinds of PMU observes the same.

Linux: arch/arm64/kvm/pmu-emul.c.
"""

import pytest
from kvm.bench import CYCLES, INST, LC, LP, MEM, NO_FGT, V3P1, Bench, C, E

from pmulab.kvm.event_filter import DENY
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import from_dict

HANDLER = [
    "mrs x10, ICC_IAR1_EL1",
    "mrs x11, PMOVSCLR_EL0",
    "msr PMOVSCLR_EL0, x11",
    "msr ICC_EOIR1_EL1, x10",
]
OPEN = ["msr ICC_PMR_EL1, 0xf0", "msr ICC_IGRPEN1_EL1, 1", "gic 23 enable priority=0xa0"]
COUNT = ["msr PMEVTYPER0_EL0, 0x8", "msr PMCNTENSET_EL0, 0x80000001", "msr PMCR_EL0, 0x41"]
READ = ["mrs x0, PMEVCNTR0_EL0", "mrs x1, PMCCNTR_EL0", "mrs x2, PMOVSSET_EL0"]
PROGRAMS = {
    "counts": [*COUNT, "work CPU_CYCLES=250 INST_RETIRED=99", *READ],
    "interrupts": [
        *OPEN,
        "msr PMEVCNTR0_EL0, 0xfffffff0",
        "msr PMINTENSET_EL1, 1",
        *COUNT,
        "work CPU_CYCLES=250 INST_RETIRED=99",
        *READ,
    ],
    "cycle overflow": [
        *OPEN,
        "msr PMCCNTR_EL0, 0xfffffffffffffff0",
        "msr PMINTENSET_EL1, 0x80000000",
        *COUNT,
        "work CPU_CYCLES=250",
        *READ,
    ],
    "polls": ["msr PMEVCNTR0_EL0, 0xffffffff", *COUNT, "work CPU_CYCLES=9 INST_RETIRED=9", *READ],
    "chain": [
        "msr PMEVTYPER1_EL0, 0x1e",
        "msr PMEVCNTR0_EL0, 0xfffffffe",
        *COUNT,
        "msr PMCNTENSET_EL0, 2",
        "work CPU_CYCLES=9 INST_RETIRED=9",
        "mrs x3, PMEVCNTR1_EL0",
        *READ,
    ],
    "software increments": [
        "msr PMCNTENSET_EL0, 3",
        "msr PMCR_EL0, 0x41",
        "repeat 5",
        "msr PMSWINC_EL0, 3",
        "end",
        "mrs x3, PMEVCNTR1_EL0",
        *READ,
    ],
    "resets": [
        *COUNT,
        "work CPU_CYCLES=120 INST_RETIRED=60",
        "msr PMCR_EL0, 0x47",
        "work CPU_CYCLES=120 INST_RETIRED=60",
        *READ,
    ],
    "stops and starts": [
        *COUNT,
        "repeat 3",
        "work CPU_CYCLES=30 INST_RETIRED=20",
        "msr PMCR_EL0, 0x40",
        "work CPU_CYCLES=30 INST_RETIRED=20",
        "msr PMCR_EL0, 0x41",
        "end",
        *READ,
    ],
    "EL0 and EL1": [
        *COUNT,
        "msr PMEVTYPER0_EL0, 0x80000008",
        "msr PMCCFILTR_EL0, 0x40000000",
        "work CPU_CYCLES=30 INST_RETIRED=20",
        "el0: work CPU_CYCLES=50 INST_RETIRED=40",
        *READ,
    ],
    "a whole turn": [*COUNT, "work CPU_CYCLES=6000000000 INST_RETIRED=5000000000", *READ],
    "identification": ["mrs x0, PMCR_EL0", "mrs x1, PMCEID0_EL0", "mrs x2, PMMIR_EL1"],
    "a counter it lacks": ["mrs x0, PMEVCNTR2_EL0", "msr PMEVTYPER5_EL0, 1", *READ],
    "denied": ["msr PMEVTYPER1_EL0, 0x13", *COUNT, "work CPU_CYCLES=30 MEM_ACCESS=20", *READ],
}
MACHINES = {"fgt": {}, "no fgt": {"features": list(NO_FGT)}, "p1": {"features": list(V3P1)}}


def observed(program, cpu, partitioned):
    """Run two guests with one program; returns what they observe, and the accusation."""
    vm = {"counters": 2, "partitioned": partitioned, "program": program, "handler": HANDLER}
    vm["filter"] = [{"action": "deny", "event": "MEM_ACCESS"}]
    scenario = from_dict(
        {
            "pmulab": 1,
            "name": "same",
            "cpus": [{"counters": 6, **cpu}],
            "partition": {"reserved_host_counters": 2 if partitioned else -1},
            "slice_cycles": max(70, sum("000000000" in line for line in program) << 30),
            "vms": [{"name": name, **vm} for name in "AB"],
        }
    )
    machine = Machine(scenario, record=False)
    while machine.step():
        pass
    seen = {name: [tuple(o) for o in g.observed] for name, g in machine.guests.items()}
    return seen, machine.laws.accusation


@pytest.mark.parametrize("cpu", MACHINES.values(), ids=MACHINES)
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_same_program_observes_the_same_emulated_and_partitioned(program, cpu):
    emulated, partitioned = (observed(program, cpu, kind) for kind in (False, True))

    assert (emulated[0], None) == (partitioned[0], emulated[1])
    assert partitioned[1] is None
    assert all(emulated[0].values())


# ---- the perf events behind the counters


def emulated(**regs):
    """Make a host without a partition, and a loaded vCPU."""
    bench = Bench(6, reserved=-1)
    return bench, bench.loaded(counters=3, **regs)


def behind(bench):
    """Return what stands behind each guest counter: event, filter bits."""
    return {e.guest_idx: (e.event, e.el_filter) for e in bench.hyp.host.events if e.vcpu}


def test_a_perf_event_stands_behind_each_counter_that_runs():
    bench, vcpu = emulated()
    seen = []
    for name, value in (
        ("PMEVTYPER1_EL0", INST | 1 << 31),
        ("PMCNTENSET_EL0", 0b10 | C),
        ("PMCR_EL0", E),
        ("PMCNTENCLR_EL0", C),
        ("PMCR_EL0", 0),
    ):
        bench.at_el1(vcpu, name, value)
        seen.append(behind(bench))

    one = {1: (INST, 1 << 31)}
    assert [{}, {}, {**one, 31: (CYCLES, 0)}, one, {}] == seen


@pytest.mark.parametrize("event", [0x00, 0x1E])
def test_no_perf_event_is_made_for_sw_incr_and_chain(event):
    bench, vcpu = emulated(PMCNTENSET_EL0=0b10, PMCR_EL0=E)
    bench.at_el1(vcpu, "PMEVTYPER1_EL0", event)

    assert {} == behind(bench)


def test_no_perf_event_is_made_for_what_is_denied():
    bench, vcpu = emulated(PMCNTENSET_EL0=0b10, PMCR_EL0=E, PMEVTYPER1_EL0=INST)
    before = behind(bench)
    vcpu.vm.event_filter.force_range(INST, 1, DENY)
    bench.hyp.resync_event_filter(vcpu)

    assert ({1: (INST, 0)}, {}) == (before, behind(bench))


def test_an_access_that_changes_nothing_leaves_the_perf_events_alone():
    bench, vcpu = emulated(PMCNTENSET_EL0=0b11, PMCR_EL0=E, PMEVTYPER0_EL0=INST)
    before = list(bench.hyp.host.events)
    for name, value in (("PMINTENSET_EL1", 1), ("PMCNTENSET_EL0", 1), ("PMCR_EL0", E)):
        bench.at_el1(vcpu, name, value)

    assert before
    assert [True] * len(before) == [
        new is old for new, old in zip(bench.hyp.host.events, before, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "value", "made_again"),
    [
        ("PMEVCNTR0_EL0", 5, {0}),
        ("PMEVTYPER0_EL0", MEM, {0}),
        ("PMCR_EL0", E | LP, {0, 1}),
        ("PMCR_EL0", E | LC, {31}),
        ("PMCCNTR_EL0", 5, {31}),
    ],
)
def test_a_write_makes_just_those_perf_events_again_that_it_concerns(name, value, made_again):
    bench, vcpu = emulated(
        PMCNTENSET_EL0=0b11 | C, PMCR_EL0=E, PMEVTYPER0_EL0=INST, PMEVTYPER1_EL0=INST
    )
    before = {event.guest_idx: event for event in bench.hyp.host.events}
    bench.at_el1(vcpu, name, value)
    after = {event.guest_idx: event for event in bench.hyp.host.events}

    assert set(before) == set(after) == {0, 1, 31}
    assert made_again == {idx for idx in after if after[idx] is not before[idx]}


def test_put_folds_the_counts_and_releases_the_perf_events():
    bench, vcpu = emulated(PMCNTENSET_EL0=1 | C, PMCR_EL0=E, PMEVTYPER0_EL0=INST)
    bench.work(INST, 5)
    bench.work(CYCLES, 9)
    bench.hyp.vcpu_put(vcpu)

    assert {} == behind(bench)
    assert (5, 9) == (vcpu.regs["PMEVCNTR0_EL0"], vcpu.regs["PMCCNTR_EL0"])


def test_put_gives_the_counters_to_the_hosts_events_that_wait():
    bench = Bench(1, reserved=-1)
    vcpu = bench.loaded(counters=1, PMCNTENSET_EL0=1, PMCR_EL0=E, PMEVTYPER0_EL0=INST)
    host = bench.perf()
    before = host.idx
    bench.hyp.vcpu_put(vcpu)

    assert (None, 0) == (before, host.idx)


def test_only_the_loaded_vcpus_perf_events_are_scheduled():
    bench = Bench(6, reserved=-1)
    regs = {"PMCNTENSET_EL0": 1, "PMCR_EL0": E, "PMEVTYPER0_EL0": INST}
    a, b = bench.vcpu("A", **regs), bench.vcpu("B", **regs)
    for vcpu in (a, b):
        bench.hyp.vcpu_load(vcpu)
        bench.work(INST, 5)
        bench.hyp.vcpu_put(vcpu)
    bench.work(INST, 100)

    assert (5, 5) == (a.regs["PMEVCNTR0_EL0"], b.regs["PMEVCNTR0_EL0"])


def test_the_hosts_own_events_never_count_the_guest():
    bench, vcpu = emulated(PMCNTENSET_EL0=1, PMCR_EL0=E, PMEVTYPER0_EL0=INST)
    host = bench.perf()
    bench.work(INST, 5)
    bench.work(INST, 7, el=2)
    bench.hyp.perf_update(host)

    assert (7, 5) == (host.count, bench.at_el1(vcpu, "PMEVCNTR0_EL0"))


@pytest.mark.parametrize(("control", "flags"), [(E, 1), (E | LP, 0)])
def test_a_counter_overflows_where_the_guest_says(control, flags):
    bench, vcpu = emulated(
        PMCNTENSET_EL0=1, PMCR_EL0=control, PMEVTYPER0_EL0=INST, PMEVCNTR0_EL0=0xFFFFFFFF
    )
    bench.work(INST, 1)
    if bench.pe.irq:
        bench.hyp.handle_host_irq()

    assert flags == vcpu.regs["PMOVSSET_EL0"]
    assert 1 << 32 == bench.at_el1(vcpu, "PMEVCNTR0_EL0")
