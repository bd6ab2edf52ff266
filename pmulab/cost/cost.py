"""What sharing a PMU costs: counted exactly on a run, then priced by a table that can be replaced.

A `Meter` counts exits by reason, swaps, register accesses, interrupts and perf events of a machine
that keeps no trace. `measure` prices the counts of one world, `compare` runs the workloads of
`sim.workloads` on an emulated and on a partitioned PMU and sets them beside what was measured.

Not modelled: caches and TLBs, locks, contention; that a guest which is slowed down takes fewer
samples; perf's own work in the guest beside its accesses, which is the same on both.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import NamedTuple

from pmulab.cost.workloads import COVER, WORKLOADS, Assumed, Workload, world
from pmulab.sim.machine import Machine
from pmulab.sim.reading import ScenarioError
from pmulab.sim.scenario import Scenario
from pmulab.sim.tables import columns

TICKS = 5


class Price(NamedTuple):
    """What one of something costs, in cycles at 3 GHz, and where the figure comes from."""

    what: str
    cycles: int
    source: str


# Only the first has a measurement near it: perf kvm stat, tracepoints on, shows 2.07 us or more for
# a trapped register (Linux commit 1218838d68f5).
PRICES = (
    Price("exit", 3000, "assumed: 1 us for exit, handler and entry"),
    Price("perf event", 4000, "assumed: to make or drop one, perf locks and reschedules a context"),
    Price("host access", 30, "assumed: a register access of EL2 with its barriers"),
    Price("host interrupt", 1500, "assumed: to take, handle and end the PMU's interrupt"),
    Price("load or put", 2000, "assumed: the rest of vcpu_load() and vcpu_put()"),
)
# A hook of the hypervisor, and as what a call of it counts.
HOOKS = {"emulated_create": "perf event", "emulated_drop": "perf event"}
NOTES = {"exit": "exit", "load": "load or put", "put": "load or put"}


class Meter:
    """Counts what happens on a machine from now on; it keeps no trace."""

    def __init__(self, machine: Machine):
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

    def _note(self, kind, who, text, op="", reg="", **data):
        if kind in NOTES:
            self.counts[NOTES[kind]] += 1
        if kind == "exit":
            self.reasons[f"{op} {reg}".rstrip()] += 1
        if kind == "irq":
            self.counts["host interrupt" if who == "host" else "guest interrupt"] += 1

    def _access(self, access):
        if access.pe.el == 2:
            self.counts["host access"] += 1
        else:
            self.counts["trapped access" if access.error else "direct access"] += 1


@dataclass(frozen=True)
class Cost:
    """What was counted on one run, and what it costs."""

    name: str
    guest_cycles: int
    counts: Counter
    reasons: Counter
    prices: tuple[Price, ...] = PRICES

    @property
    def host_cycles(self) -> int:
        """Return the price of all that was counted; what has no price is free."""
        return sum(self.counts[price.what] * price.cycles for price in self.prices)

    @property
    def slowdown(self) -> float:
        """Return how much longer the guest's work takes: 1 is as long as without any cost."""
        return 1 + self.host_cycles / self.guest_cycles

    @property
    def share(self) -> float:
        """Return the host's share of the CPU."""
        return 1 - 1 / self.slowdown

    def table(self) -> str:
        """Print the counts, what they cost, and the reasons of the exits."""
        prices = {price.what: price.cycles for price in self.prices}
        rows = [["", "count", "cycles each", "cycles"]]
        for what in WHAT:
            n, each = self.counts[what], prices.get(what, 0)
            rows.append([what, f"{n:,}", f"{each:,}", f"{n * each:,}"])
        rows.append(["host", "", "", f"{self.host_cycles:,}"])
        rows.append(["guest", "", "", f"{self.guest_cycles:,}"])
        why = "\n".join(f"{n:>8,}  {reason}" for reason, n in self.reasons.most_common())
        return f"{self.name}\n\n{columns(rows, '<>')}\n\nexits\n{why}"


WHAT = (
    *("exit", "trapped access", "direct access", "host access", "load or put"),
    *("host interrupt", "guest interrupt", "perf event"),
)


def measure(
    scenario: Scenario | str, prices: Iterable[Price] = PRICES, steady: bool = False
) -> Cost:
    """Run a world and count.

    `steady` leaves out what comes before time first passes, and after the last program's end.
    """
    machine = Machine(scenario, record=False, laws=False)
    while steady and machine.clock[0] == 0 and machine.step():
        pass
    start, meter = sum(machine.clock), Meter(machine)
    guests = machine.guests.values()
    while not (steady and all(guest.finished for guest in guests)) and machine.step():
        pass
    cycles = max(sum(machine.clock) - start, 1)
    return Cost(machine.scenario.name, cycles, meter.counts, meter.reasons, tuple(prices))


def priced(changes: Iterable[str], prices: Iterable[Price] = PRICES) -> tuple[Price, ...]:
    """Return a price list with changes such as `exit=2000`."""
    rows = {row.what: row for row in prices}
    for change in changes:
        what, _, cycles = change.partition("=")
        if what not in rows or not cycles.isdecimal():
            raise ScenarioError(f"no price {change!r}; there are {'=N, '.join(rows)}=N")
        rows[what] = Price(what, int(cycles[:15]), "given")
    return tuple(rows.values())


# ---- the cover letter's workloads


class Comparison(NamedTuple):
    """One workload on both kinds of PMU, under the same assumptions."""

    workload: Workload
    emulated: Cost
    partitioned: Cost
    assumed: Assumed

    @property
    def real_time(self) -> float:
        """Return the change of the real time from emulated to partitioned: -0.5 is half."""
        return self.partitioned.slowdown / self.emulated.slowdown - 1

    def a_second(self, what: str) -> tuple[float, float]:
        """Return how often something happens in a second of guest work, on either PMU."""
        both = (self.emulated, self.partitioned)
        emulated, partitioned = (c.counts[what] * self.assumed.hertz / c.guest_cycles for c in both)
        return emulated, partitioned


def compare(
    workloads: Iterable[Workload] = WORKLOADS,
    prices: Iterable[Price] = PRICES,
    assumed: Assumed | None = None,
    ticks: int = TICKS,
) -> list[Comparison]:
    """Run each workload for some ticks on an emulated and on a partitioned PMU."""
    prices, assumed = tuple(prices), assumed or Assumed()
    found = []
    for workload in workloads:
        worlds = (world(workload, kind, ticks, assumed) for kind in (False, True))
        emulated, partitioned = (measure(one, prices, steady=True) for one in worlds)
        found.append(Comparison(workload, emulated, partitioned, assumed))
    return found


def host_share(
    frequencies: Iterable[int], partitioned: bool = False, ticks: int = 2
) -> Callable[[int, int], float]:
    """Measure a profiler at some samples a second; return what asks for the host's share.

    It takes one of these frequencies and the cycles for an exit, and gives per cent of the CPU.
    """
    worlds = {n: world(Workload("", 15, 10, n), partitioned, ticks, Assumed()) for n in frequencies}
    found = {n: measure(one, steady=True) for n, one in worlds.items()}

    def share(frequency: int, cycles: int) -> float:
        prices = priced([f"exit={cycles}"])
        return round(100 * replace(found[frequency], prices=prices).share, 1)

    return share


def costs_at(ticks: int = 2) -> Callable[[int], dict[str, list[tuple[str, float, float]]]]:
    """Run the workloads once; return what asks for their measures at a price of an exit."""
    found = compare(ticks=ticks)

    def at(cycles: int) -> dict[str, list[tuple[str, float, float]]]:
        prices = priced([f"exit={cycles}"])
        both = [[replace(cost, prices=prices) for cost in pair[1:3]] for pair in found]
        return measures([c._replace(emulated=e, partitioned=p) for c, (e, p) in zip(found, both)])

    return at


# In which measure the cover letter says what it found, and what.
MEASURED = {
    "perf record -F 1000": ("real time", "-24.2%"),
    "perf stat -dd": ("real time", "-7.0%"),
    "perf record -F 4000": ("host's share", "35.0% -> 1.0%"),
}
MODEL = {
    "real time": lambda one: f"{one.real_time:+.1%}",
    "host's share": lambda one: f"{one.emulated.share:.1%} -> {one.partitioned.share:.1%}",
}


def measures(found: Sequence[Comparison]) -> dict[str, list[tuple[str, float, float]]]:
    """Return rows of (workload, emulated, partitioned) for a chart: exits, and the host's share."""
    exits = [(one, *one.a_second("exit")) for one in found]
    shares = [(one, one.emulated.share, one.partitioned.share) for one in found]
    return {
        "exits in a second": [(one.workload.name, round(a), round(b)) for one, a, b in exits],
        "host's share, per cent": [
            (one.workload.name, round(100 * a, 1), round(100 * b, 1)) for one, a, b in shares
        ],
    }


def report(found: Sequence[Comparison]) -> str:
    """Print counts, results beside the measurement, and every figure that is assumed."""
    counts = [["in a second", *(n for one in found for n in (one.workload.name, ""))]]
    counts.append(["", *["emulated", "partitioned"] * len(found)])
    for what in WHAT:
        counts.append([what, *(f"{n:,.0f}" for one in found for n in one.a_second(what))])
    results = [["", "measure", "model", "measured"]]
    for one in found:
        unit, measured = MEASURED.get(one.workload.name, ("real time", "-"))
        results.append([one.workload.name, unit, MODEL[unit](one), measured])
    prices = [["cycles", "each", ""]]
    prices += [[f"{p.cycles:,}", p.what, p.source] for p in found[0].emulated.prices]
    inputs = [
        [f.name, f"{getattr(found[0].assumed, f.name):,}", f"assumed: {f.metadata['why']}"]
        for f in fields(Assumed)
    ]
    parts = [columns(counts, "<>"), columns(results, "<>"), f"measured: {COVER}"]
    return "\n\n".join([*parts, columns(prices), columns(inputs)])
