"""The library of scenarios: each runs to its end without an accusation, and its trace is kept.

`OBSERVED` is what each guest must see, worked out by hand from its program; the golden files hold
every access of the hypervisor on the way.
"""

import pytest
from sim.runs import ran

from pmulab.hw.sysregs import MDCR_EL2
from pmulab.kvm.attributes import HostPmu
from pmulab.sim import scenario
from pmulab.sim.machine import Machine

NAMES = scenario.names()
UNDEFINED = ("exception", "UNDEFINED")
IRQ = ("interrupt", "IRQ")


def pmu_irq(flags):
    """Return what the usual handler sees of one PMU interrupt."""
    return [IRQ, ("ICC_IAR1_EL1", 23), ("PMOVSCLR_EL0", flags)]


def counts(events, cycles):
    """Return what a guest sees that ends by reading counter 0 and the cycle counter."""
    return [("PMEVCNTR0_EL0", events), ("PMCCNTR_EL0", cycles)]


def taken(*intids):
    """Return what a guest sees that acknowledges these interrupts."""
    return [seen for intid in intids for seen in (IRQ, ("ICC_IAR1_EL1", intid))]


PMCR = 0x41010000
OBSERVED = {
    "all-counters": {"A": [("PMCR_EL0", PMCR | 2 << 11 | 0x41), ("PMEVCNTR1_EL0", 150)]},
    "banned-while-away": {"A": counts(100, 150), "B": []},
    "banned-while-loaded": {"A": counts(70, 100)},
    # A: N is 2 of the 4 it asked for, the number 0x4008 has 10 bits there, and counter 2 is not
    # A's. B: N is 4, the number is whole, and with LP a counter has 64 bits.
    "big-little": {
        "A": [
            *[("PMCR_EL0", PMCR | 2 << 11 | 0x40), ("PMEVTYPER1_EL0", 0x8)],
            *[("PMEVCNTR1_EL0", 70), UNDEFINED],
        ],
        "B": [
            *[("PMCR_EL0", PMCR | 4 << 11 | 0x40), ("PMEVTYPER3_EL0", 0x4008)],
            *[("PMEVCNTR3_EL0", 0), ("PMEVCNTR2_EL0", (1 << 32) + 69)],
        ],
    },
    "both-overflow": {
        "A": [("PMOVSSET_EL0", 1), *pmu_irq(1), ("PMEVCNTR0_EL0", (1 << 32) + 14)],
    },
    "cycles-denied": {
        "A": [
            ("PMCCNTR_EL0", 0),
            ("PMEVCNTR0_EL0", 0),
            ("PMEVCNTR1_EL0", 40),
            ("PMCCFILTR_EL0", 0),
        ]
    },
    "denied-at-load": {"A": [("PMEVTYPER0_EL0", 8), *counts(0, 150)]},
    "dynamic-reservation": {"A": counts(90, 150)},
    "eoi-retriggers": {"A": pmu_irq(1) + pmu_irq(0)},
    "flag-across-put": {
        "A": [("PMOVSSET_EL0", 3), ("PMOVSSET_EL0", 3), *pmu_irq(3)],
        "B": [],
    },
    "guest-reads-back": {
        "A": [
            ("PMEVTYPER0_EL0", 0x11),
            ("PMEVTYPER1_EL0", 8),
            ("PMCCFILTR_EL0", 0),
        ]
    },
    "halted-guest-wakes": {"A": [("ICC_HPPIR1_EL1", 27), ("ICC_HPPIR1_EL1", 23)], "B": []},
    "host-multiplexing": {"A": []},
    "host-pmcr": {"A": [("PMCR_EL0", PMCR | 1 << 11)]},
    "host-sampling": {"A": counts(110, 110)},
    "lazy-ownership": {"A": [("PMCR_EL0", 0x41010840), *counts(50, 100)]},
    "late-interrupt": {
        "A": [
            *(IRQ, ("ICC_IAR1_EL1", 21), ("PMEVCNTR0_EL0", (1 << 32) + 10), ("PMOVSCLR_EL0", 1)),
            ("PMEVCNTR0_EL0", (1 << 32) + 24),
        ],
    },
    "level-falls": {"A": [("ICC_HPPIR1_EL1", 23), ("ICC_HPPIR1_EL1", 1023)]},
    "limit-late-control": {"A": pmu_irq(1)},
    "limit-late-disable": {"A": pmu_irq(1)},
    "limit-late-enable": {"A": pmu_irq(1)},
    "limit-shared-phase": {"A": [("PMCCNTR_EL0", 0)], "B": [("PMCCNTR_EL0", 1)]},
    "migration": {
        "A": [
            ("PMCR_EL0", PMCR | 1 << 11 | 0x40),
            ("PMCR_EL0", PMCR | 1 << 11 | 0x41),
            *counts(120, 120),
        ]
    },
    # N and the enables as its EL1 sees them, the counter that is not there; then as its EL2 does.
    "nested-hpmn": {
        "A": [
            *[("PMCR_EL0", PMCR | 1 << 11 | 1), ("PMCNTENSET_EL0", 1), UNDEFINED],
            *[("PMEVCNTR0_EL0", 50), ("PMEVCNTR1_EL0", 150)],
            ("PMCR_EL0", PMCR | 2 << 11 | 1),
        ]
    },
    "never-filtered": {
        "A": [
            ("PMEVCNTR0_EL0", 1 << 32),
            ("PMEVCNTR1_EL0", 1),
            ("PMOVSSET_EL0", 1),
            ("PMCEID0_EL0", 1 << 0x11),
        ]
    },
    "no-event-counters": {
        "A": [
            ("PMCR_EL0", PMCR | 0x40),
            UNDEFINED,
            ("PMCNTENSET_EL0", 1 << 31),
            ("PMCCNTR_EL0", 50),
        ]
    },
    "no-fgt": {"A": counts(5, 50)},
    "no-partition": {"A": counts(90, 150)},
    "overflow-interrupt": {"A": [*pmu_irq(1), ("PMEVCNTR0_EL0", (1 << 32) + 24)]},
    "polling": {"A": [("PMOVSCLR_EL0", flag) for flag in (0, 1, 0)]},
    "restored-overflow": {"A": [*pmu_irq(1), ("PMOVSSET_EL0", 0)]},
    "same-guest-emulated": {"A": [*pmu_irq(1), *counts((1 << 32) + 24, 40)]},
    "stale-flag": {"A": [("PMOVSSET_EL0", 1)], "B": [("PMOVSSET_EL0", 0)]},
    "stale-types": {"A": counts(110, 110), "B": [("PMEVCNTR0_EL0", 0), ("PMEVTYPER0_EL0", 0)]},
    "static-reservation": {"A": [("PMCR_EL0", PMCR | 2 << 11 | 0x40), *counts(90, 150)]},
    "swap-order": {"A": [("PMXEVCNTR_EL0", 0xFFFFFFC0 + 30)]},
    "three-guests": {
        "A": [("PMEVCNTR1_EL0", 75)],
        "B": [("PMEVCNTR0_EL0", 150)],
        "C": [("PMCCNTR_EL0", 150)],
    },
    "two-guests": {"A": counts(2000, 2500), "B": counts(600, 1800)},
    "two-vcpus": {
        "A0": [("PMCR_EL0", PMCR | 4 << 11 | 0x41), ("PMEVCNTR3_EL0", 50)],
        "A1": [*taken(3), ("PMCR_EL0", PMCR | 4 << 11 | 0x41), ("PMEVCNTR3_EL0", 57)],
    },
    "type-at-once": {"A": counts(37, 100)},
    "unsupported-cpu": {"A": counts(80, 80)},
    "userspace-registers": {"A": [("PMEVCNTR0_EL0", value) for value in (1060, 100, 200)]},
    "vgic-competition": {"A": taken(3, 41, 27, 23, 40)},
}
OBSERVED["no-event-counters-no-hpmn0"] = OBSERVED["no-event-counters"]
OBSERVED["same-guest-partitioned"] = OBSERVED["same-guest-emulated"]
# Registers that say nothing at the end of a scenario.
DULL = {"HCR_EL2", "MDCR_EL2", "ICH_VMCR_EL2", "VIRQ"}


def text_of(trace):
    """Print a trace and its last state: the registers that are not zero everywhere."""
    last = trace.snapshot(len(trace))
    names = dict.fromkeys(location.split(".")[1] for location in last)
    kept = [
        name
        for name in names
        if name not in DULL and any(v for k, v in last.items() if k.endswith(f".{name}"))
    ]
    return f"{trace.text()}\n\n{trace!r}\n\n{trace.table(len(trace), kept)}"


def test_every_scenario_has_its_observations_here():
    assert sorted(OBSERVED) == NAMES
    assert len(NAMES) >= 26


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_runs_to_its_end_lawfully_and_its_guests_see_what_they_must(name):
    machine = ran(name)
    seen = {n: [(o.what, o.value) for o in g.observed] for n, g in machine.guests.items()}

    assert machine.laws.accusation is None
    assert all(guest.finished for guest in machine.guests.values())
    assert OBSERVED[name] == seen


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_called_like_its_file_and_says_what_to_look_at(name):
    loaded = scenario.load(name)

    assert name == loaded.name
    assert loaded.about.endswith(".")
    assert 40 <= len(loaded.about) <= 200


@pytest.mark.parametrize("name", NAMES)
def test_the_trace_of_a_scenario_is_the_one_that_was_read(name, golden):
    golden(name, text_of(ran(name).trace))


@pytest.mark.parametrize(
    ("name", "event", "total"),
    [
        ("static-reservation", "host-instructions", 80),
        ("dynamic-reservation", "host-cycles", 60),
        ("dynamic-reservation", "host-d", 60),
        ("all-counters", "host-instructions", 0),
        ("no-fgt", "host-instructions", 30),
        ("host-pmcr", "host-instructions", 60),
        ("host-multiplexing", "host-a", 60),
        ("host-multiplexing", "host-b", 30),
        ("host-multiplexing", "host-c", 90),
    ],
)
def test_the_host_counts_what_it_is_entitled_to(name, event, total):
    machine = Machine(name, record=False)
    while machine.step():
        pass
    hyp = machine.hyp
    hyp.this_cpu(0)
    (found,) = [e for e in hyp.host.events if e.name == event]
    hyp.perf_refresh(found)

    assert total == found.count


@pytest.mark.parametrize(("name", "samples"), [("host-sampling", 3), ("both-overflow", 1)])
def test_the_host_takes_its_samples(name, samples):
    assert samples == sum(event.samples for event in ran(name).hyp.hosts[0].events)


@pytest.mark.parametrize("name", ["host-sampling", "vgic-competition", "same-guest-emulated"])
def test_a_machine_runs_the_same_whether_or_not_a_trace_is_kept(name):
    quiet = Machine(name, record=False)
    while quiet.step():
        pass

    assert ran(name).cpus[0].state() == quiet.cpus[0].state()


@pytest.mark.parametrize(
    ("name", "trapped"), [("same-guest-partitioned", 3), ("same-guest-emulated", 10)]
)
def test_how_many_of_its_ten_accesses_trap(name, trapped):
    exits = [r.text for r in ran(name).trace if r.text.startswith("guest exit: trapped m")]

    assert trapped == len(exits)


def test_on_two_kinds_of_cpus_hpmn_differs_and_each_host_event_has_a_counter_above_it():
    machine = ran("big-little")
    loads = [r for r in machine.trace if (r.hook, r.reg) == ("setup_traps", "MDCR_EL2")]
    hpmn = {r.cpu: MDCR_EL2.get(r.value, "HPMN") for r in loads}
    events = [host.events[0] for host in machine.hyp.hosts]

    assert {0: 2, 1: 4} == hpmn
    assert [("little-host", 3), ("big-host", 5)] == [(e.name, e.idx) for e in events]
    assert [HostPmu(frozenset({0}), 4, 2), HostPmu(frozenset({1}), 6, 4)] == machine.hyp.host_pmus()


@pytest.mark.parametrize(("n", "total"), [(0, 10), (1, 20)])
def test_each_kind_of_cpu_counts_for_the_host_what_it_did_there(n, total):
    machine = Machine("big-little", record=False)
    while machine.step():
        pass
    machine.hyp.this_cpu(n)
    (event,) = machine.hyp.host.events
    machine.hyp.perf_refresh(event)

    assert total == event.count


def test_userspace_reads_a_counter_as_the_guest_has_left_it():
    (read,) = [
        record
        for record in ran("userspace-registers").trace
        if record.op == "get_reg" and record.reg
    ]

    assert (40, "A", "PMEVCNTR0_EL0", 540) == (read.time, read.vcpu, read.reg, read.value)


def test_the_two_limits_are_what_they_say():
    late = ran("limit-late-enable").trace
    enabled = late.where(lambda r: r.text.startswith("msr PMINTENSET_EL1, 0x1"))[0]
    came = late.where(lambda r: r.text == "takes its virtual interrupt")[0]
    too_late = ran("limit-late-disable").trace
    cleared = too_late.where(lambda r: r.text.startswith("msr PMINTENCLR_EL1, 0x1"))[0]
    taken_at = too_late.where(lambda r: r.text == "takes its virtual interrupt")[0]

    assert 90 == late[came].time - late[enabled].time
    between = too_late[cleared + 1 : taken_at]
    assert {"A"} >= {r.who for r in between}
