"""What sharing a PMU costs: counted exactly on a run, then priced by a table that can be replaced.

A `Meter` counts exits by reason, swaps, register accesses, interrupts and perf events of a machine
that keeps no trace. `price` multiplies the counts with cycles. `compare` does it for a workload on
an emulated and on a partitioned PMU.

Not modelled: caches and TLBs, locks, what an exit disturbs; that a slow guest takes fewer samples;
perf's own work in the guest beside its register accesses, which is the same on both.

Source of the guest's accesses: Linux, drivers/perf/arm_pmuv3.c, armv8pmu_handle_irq(),
armv8pmu_enable_event(); kernel/events/core.c, perf_mux_hrtimer_handler(), perf_adjust_freq_*().
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from pmulab.sim.machine import Machine
from pmulab.sim.scenario import CpuSpec, Scenario, VmSpec, parse_program

GHZ = 3
SECOND = GHZ * 10**9
MUX_HZ = 250

# ---- prices


@dataclass(frozen=True)
class Price:
    """What one of something costs, in cycles, and where the figure comes from."""

    what: str
    cycles: int
    source: str


PRICES = (
    Price(
        "exit",
        3000,
        "assumed: 1 us at 3 GHz for exit, handler and entry; perf kvm stat, with its tracepoints, "
        "reports 2.07 us at least for a trapped register (Linux commit 1218838d68f5)",
    ),
    Price(
        "perf event",
        4000,
        "assumed: to make or drop one, perf locks a context and schedules all its events anew",
    ),
    Price("host access", 30, "assumed: a register access of EL2, with the barriers around it"),
    Price("host interrupt", 1500, "assumed: to take, handle and end the PMU's interrupt"),
    Price("load or put", 2000, "assumed: the rest of vcpu_load() and vcpu_put(); both PMUs pay it"),
)


# ---- counting


# A hook of the hypervisor, and what a call of it is counted as.
HOOKS = {"emulated_create": "perf event", "emulated_drop": "perf event"}


class Meter:
    """Counts what happens on a machine, without a trace."""

    def __init__(self, machine: Machine):
        self.machine = machine
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        machine.watchers.append(self._note)
        for pe in machine.cpus:
            pe.watch(self._access)
        for hook, what in HOOKS.items():
            setattr(machine.hyp, hook, partial(self._call, what, getattr(machine.hyp, hook)))

    def _call(self, what, hook, *args):
        self.counts[what] += 1
        return hook(*args)

    def _note(self, kind, who, text):
        if kind == "exit":
            reason = text.removeprefix("guest exit: ")
            self.counts["exit"] += 1
            self.reasons[reason] += 1
        elif kind in ("load", "put"):
            self.counts["load or put"] += 1
        elif kind == "irq":
            self.counts["host interrupt" if who == "host" else "guest interrupt"] += 1

    def _access(self, access):
        if access.pe.el == 2:
            self.counts["host access"] += 1
        else:
            self.counts["trapped access" if access.error else "direct access"] += 1


def price(counts: Counter, prices: Iterable[Price] = PRICES) -> int:
    """Return what all that was counted costs, in cycles; what has no price is free."""
    return sum(counts[row.what] * row.cycles for row in prices)
