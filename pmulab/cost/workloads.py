"""A guest that profiles as Linux does: more events than counters, sampled and rotated.

The three workloads of the series' first cover letter, as far as their parameters go. At each tick
the guest takes all its events off the counters and puts them on again, twice if it samples: once to
rotate them, once to adjust their periods. Each overflow runs the handler of its PMU driver.

Not modelled: what the guest computes; that perf finds the right period by and by; the interrupts of
the guest's own timer; which of the events wait.

Source: Linux: drivers/perf/arm_pmuv3.c, armv8pmu_handle_irq(), armv8pmu_enable_event(),
armv8pmu_disable_event(); kernel/events/core.c, perf_rotate_context(), perf_adjust_freq_unthr_*().
"""

from dataclasses import dataclass, field

from pmulab.hw.events import INST_RETIRED
from pmulab.sim.program import parse
from pmulab.sim.scenario import CpuSpec, Scenario, VmSpec

COVER = "v1 cover letter, 20250602192702.2125115-1-coltonlewis@google.com"
MEM_ACCESS, FAR_FROM_OVERFLOW = 0x13, 0x8000_0000


@dataclass(frozen=True)
class Workload:
    """One workload: how many events on how many counters, how many samples a second of each."""

    name: str
    events: int
    counters: int
    frequency: int


WORKLOADS = (
    Workload("perf record -F 1000", 15, 10, 1000),
    Workload("perf stat -dd", 15, 10, 0),
    Workload("perf record -F 4000", 15, 10, 4000),
)


def _guess(value: int, why: str):
    return field(default=value, metadata={"why": why})


@dataclass(frozen=True)
class Assumed:
    """What the cover letter does not say; each field has a reason."""

    hertz: int = _guess(3_000_000_000, "the clock, at one instruction a cycle")
    ticks: int = _guess(250, "of guest and host a second; perf too rotates each 4 ms")
    frequent: int = _guess(3, "events on the counters that come often enough for the full rate")
    reserved: int = _guess(0, "counters of the host beside those of the guest")


def world(workload: Workload, partitioned: bool, ticks: int, assumed: Assumed) -> Scenario:
    """Make the world in which one guest runs a workload for some ticks."""
    n, tick = workload.counters, assumed.hertz // assumed.ticks
    period = assumed.hertz // workload.frequency if workload.frequency else 0
    events = [INST_RETIRED if period and i < assumed.frequent else MEM_ACCESS for i in range(n)]
    work = f"work CPU_CYCLES={tick} INST_RETIRED={tick} MEM_ACCESS={tick // 100}"
    rounds = [*_round(events)] * (2 if period else 1)
    program = [*_setup(events, period), f"repeat {ticks}", work, *rounds, "end"]
    return Scenario(
        name=workload.name,
        about=f"A guest with {workload.events} events on {n} counters ({COVER}).",
        cpus=(CpuSpec(n + assumed.reserved),),
        vms=(VmSpec("A", n, partitioned, program=parse(program), handler=_handler(n, period)),),
        slice_cycles=tick,
        reserved_host_counters=assumed.reserved if partitioned else -1,
    )


# ---- the guest's driver: x0 is spare, x2 to x12 hold what each counter had

STOP = ["mrs x0, PMCR_EL0", "msr PMCR_EL0, 0x40"]
START = ["msr PMUSERENR_EL0, 0", "mrs x0, PMCR_EL0", "msr PMCR_EL0, 0x41"]


def _setup(events, period):
    yield from ("msr ICC_PMR_EL1, 0xf0", "msr ICC_IGRPEN1_EL1, 1", "gic 23 enable priority=0xa0")
    sampled = events.count(INST_RETIRED)
    for idx, event in enumerate(events):
        # The first overflows are spread, or all would come at once.
        first = -period * (idx + 1) // sampled & 0xFFFFFFFF if event == INST_RETIRED else 0
        yield from _enable(idx, event, first or FAR_FROM_OVERFLOW)
    yield from START


def _enable(idx, event, value):
    """Start an event: its value, then armv8pmu_enable_event()."""
    yield f"msr PMEVCNTR{idx}_EL0, {value}"
    yield f"msr PMEVTYPER{idx}_EL0, {event}"
    yield f"msr PMINTENSET_EL1, {1 << idx}"
    yield f"msr PMCNTENSET_EL0, {1 << idx}"


def _disable(idx):
    """Stop an event: armv8pmu_disable_event(), then what it has counted."""
    yield f"msr PMCNTENCLR_EL0, {1 << idx}"
    yield f"msr PMINTENCLR_EL1, {1 << idx}"
    yield f"msr PMOVSCLR_EL0, {1 << idx}"
    yield f"mrs x{idx + 2}, PMEVCNTR{idx}_EL0"


def _round(events):
    """Take all events off the counters and put them on again, with the PMU stopped."""
    yield from ("msr DAIFSet, 2", *STOP)
    for idx in range(len(events)):
        yield from _disable(idx)
    for idx, event in enumerate(events):
        yield from _enable(idx, event, f"x{idx + 2}")
    yield from (*START, "msr DAIFClr, 2")


def _handler(n, period):
    """Handle an overflow: armv8pmu_handle_irq()."""
    lines = ["mrs x20, ICC_IAR1_EL1", "mrs x21, PMOVSCLR_EL0", "msr PMOVSCLR_EL0, x21", *STOP]
    for idx in range(n):
        again = f"msr PMEVCNTR{idx}_EL0, {-period & 0xFFFFFFFF}"
        lines += [f"when x21 {idx}", f"mrs x22, PMEVCNTR{idx}_EL0", again, "end"]
    return parse([*lines, *START, "msr ICC_EOIR1_EL1, x20"])
