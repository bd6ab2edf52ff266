"""A guest that profiles as Linux does: more events than counters, sampled and rotated.

The three workloads of the series' first cover letter, as far as their parameters go. Each tick the
guest takes all its events off the counters and puts them on again, twice if it samples: once to
rotate, once to adjust the periods. Each overflow runs the handler of its PMU driver.

Not modelled: what the guest computes; that perf finds the right period by and by; the timer's own
interrupts.

Source: Linux: drivers/perf/arm_pmuv3.c, armv8pmu_handle_irq(), armv8pmu_enable_event(),
armv8pmu_disable_event(); kernel/events/core.c, perf_rotate_context(), perf_adjust_freq_unthr_*().
"""

from dataclasses import dataclass

from pmulab.sim.program import parse
from pmulab.sim.scenario import CpuSpec, Scenario, VmSpec

COVER = "v1 cover letter, 20250602192702.2125115-1-coltonlewis@google.com"
INST_RETIRED, MEM_ACCESS = 0x08, 0x13
FAR = 0x8000_0000


@dataclass(frozen=True)
class Setting:
    """What the cover letter does not say."""

    hertz: int = 3_000_000_000
    ticks: int = 250
    frequent: int = 3

    ASSUMED = (
        "hertz: the clock of the machine, one instruction a cycle",
        "ticks: of guest and host each second, and of perf's rotation (its default is 4 ms)",
        "frequent: how many of the events on the counters come often enough to be sampled at the "
        "full rate; the others never overflow",
    )


@dataclass(frozen=True)
class Workload:
    """One workload: how many events on how many counters, how often sampled, what was measured."""

    name: str
    events: int
    counters: int
    frequency: int
    measured: str


WORKLOADS = (
    Workload("record 1 kHz", 15, 10, 1000, "real time 4.143 s -> 3.139 s"),
    Workload("stat -dd", 15, 10, 0, "real time 3789 s -> 3526 s"),
    Workload("record 4 kHz", 15, 10, 4000, "host kernel 34.96 % -> 0.97 % of the CPU"),
)


def world(workload: Workload, partitioned: bool, ticks: int, setting: Setting) -> Scenario:
    """Make the world in which one guest runs a workload for some ticks."""
    n, tick = workload.counters, setting.hertz // setting.ticks
    period = setting.hertz // workload.frequency if workload.frequency else 0
    sampled = setting.frequent if period else 0
    rounds = _round(n) * (2 if period else 1)
    work = f"work CPU_CYCLES={tick} INST_RETIRED={tick} MEM_ACCESS={tick // 100}"
    program = [*_setup(n, sampled, period), f"repeat {ticks}", work, *rounds, "end"]
    vm = VmSpec(
        name="A",
        counters=n,
        partitioned=partitioned,
        program=parse(program),
        handler=parse(_handler(n, period)),
    )
    return Scenario(
        name=workload.name,
        about=f"A guest with {workload.events} events on {n} counters ({COVER}).",
        cpus=(CpuSpec(n),),
        vms=(vm,),
        slice_cycles=tick,
        reserved_host_counters=0 if partitioned else -1,
    )


def _setup(n, sampled, period):
    yield from ("msr ICC_PMR_EL1, 0xf0", "msr ICC_IGRPEN1_EL1, 1", "gic 23 enable priority=0xa0")
    for idx in range(n):
        # Apart from each other, or all would overflow at once.
        start = -period * (idx + 1) // (sampled + 1) & 0xFFFFFFFF if idx < sampled else FAR
        yield f"msr PMEVCNTR{idx}_EL0, {start}"
        yield from _on(idx, sampled)
    yield "msr PMCR_EL0, 0x41"


def _on(idx, sampled):
    """Enable an event, as armv8pmu_enable_event() does."""
    event = INST_RETIRED if idx < sampled else MEM_ACCESS
    yield f"msr PMEVTYPER{idx}_EL0, {event}"
    yield f"msr PMINTENSET_EL1, {1 << idx}"
    yield f"msr PMCNTENSET_EL0, {1 << idx}"
