"""Whose is which counter, over time: guest or host, with HPMN as the boundary between them.

Read from the trace alone: MDCR_EL2.HPMN, PMCNTENSET_EL0 and who is on the PE. The first range is a
guest's while a vCPU is on the PE and MDCR_EL2 is set up for a partition: HPMD set, or HPMN below N.

HPMN is a handle as well: moved, it shows whose each counter would be, and where the map knows how,
the world runs anew with that HPMN and the map shows what has happened then.

Does not show: which perf event of the host uses a counter; what an owner does with its counters.
"""

from collections.abc import Callable
from functools import partial

from traitlets import Int, TraitError, observe, validate

from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2
from pmulab.sim.trace import Trace
from pmulab.view.board import Board, wire
from pmulab.view.fields import IDX, counter_name, group
from pmulab.view.sheet import Beside, Facts, Now, Sheet, Shown, build, cpus, guests, swap_name, tone
from pmulab.view.steps import NOT_GUESTS, place_of, register_of, whose

MOVED = "→ "
# What the handle does, for its name and for the legend.
SUPPOSE = "HPMN, what if", "what if HPMN were there: drag it, or ↑ ↓; Escape puts it back"
AGAIN = "HPMN, the world runs anew", "drag HPMN, or ↑ ↓: the world runs anew; Escape: as recorded"
Again = Callable[[int], Trace]
COUNTERS = {idx: name for name, idx in IDX.items() if group(name) == "counter"}


def ownership_map(
    trace: Trace, at: int = 0, cpu: str = "cpu0", again: Again | None = None
) -> "OwnershipMap":
    """Map the counters of a PE over time: whose each is, and whether it is enabled.

    `again`, as `machine.with_hpmn`, runs the world anew with the HPMN that the handle is moved to.
    """
    return OwnershipMap(trace, at, cpu, again)


class OwnershipMap(Board):
    """The map as a widget, with HPMN as a handle."""

    # Where the handle stands; None is where the trace has it.
    hpmn = Int(None, allow_none=True).tag(sync=True, echo_update=False)

    def __init__(self, trace: Trace, at: int = 0, cpu: str = "cpu0", again: Again | None = None):
        self.recorded, self.cpu, self.again, self.said = trace, cpu, again, ""
        sheet = ownership_sheet(trace, cpu, again is not None)
        self.size = len(sheet.rows) - 1
        super().__init__(sheet, at, whatIf=self._what_if(sheet))

    def _what_if(self, sheet: Sheet) -> dict:
        names = sorted({point.cells[0] for row in sheet.rows for _, point in row.points} - {"host"})
        choices = range(self.size + 1)
        cases = {name: [suppose(name, h, self.size) for h in choices] for name in ("host", *names)}
        name, _ = AGAIN if self.again else SUPPOSE
        ran = self.hpmn if self.again else None
        return {"name": name, "moved": MOVED, "ran": ran, "said": self.said, "cases": cases}

    @observe("hpmn")
    def _run(self, change):
        """Run the world anew; of one that cannot run it is told why, and the map stays."""
        if self.again is None:
            return
        trace, self.said = self.recorded, ""
        try:
            if self.hpmn is not None:
                trace = self.again(self.hpmn)
                self.said = f"The world has run anew with HPMN {self.hpmn}."
        except (KeyError, ValueError) as error:
            trace = self.trace
            self.said = f"The world cannot run with HPMN {self.hpmn}: {error.args[0]}"
        with self.hold_sync():
            at = same_place(self.trace, self.index, trace)
            self.trace, self.sheet = trace, ownership_sheet(trace, self.cpu, True)
            self.index, self.story = at, wire(self.sheet, whatIf=self._what_if(self.sheet))

    @validate("hpmn")
    def _is_a_boundary(self, proposal):
        hpmn = proposal["value"]
        if hpmn is not None and not 0 <= hpmn <= self.size:
            raise TraitError(f"no HPMN {hpmn}; with {self.size} counters it is 0 to {self.size}")
        return hpmn

    def beside(self, n: int) -> Beside | None:
        """Return who would own each counter at position n, if the handle was moved."""
        if self.again:
            return Beside("", self.said, ()) if self.said else None
        if self.hpmn is None:
            return None
        now = [shown.cells[0] for _, shown in (row.at(n) for row in self.sheet.rows)]
        # The cycle counter, the last row, is a guest's whenever there is one.
        title, says, would = suppose(now[-1], self.hpmn, self.size)
        cells = tuple(w if w == was else MOVED + w for w, was in zip(would, now))
        return Beside(title, says, cells)


def same_place(trace: Trace, n: int, other: Trace) -> int:
    """Return the position of another run after which the guests have done as much as at n."""
    own = [i + 1 for i in other.where(lambda record: record.who not in NOT_GUESTS)]
    done = sum(record.who not in NOT_GUESTS for record in trace.records[:n])
    return own[min(done, len(own)) - 1] if done and own else min(n, len(other))


def suppose(owner: str, hpmn: int, size: int) -> Beside:
    """Say who would own each counter with another HPMN, given who owns the cycle counter now."""
    guest = "" if owner == "host" else owner
    first = [k >= size - hpmn for k in range(size)]
    would = tuple((guest or "a guest") if mine else "host" for mine in (*first, True))
    mine, rest = _range(0, hpmn), _range(hpmn, size)
    own = f"{mine} and the cycle counter" if mine else "only the cycle counter"
    # Arm DDI 0487, MDCR_EL2.HPMN: without FEAT_HPMN0 a 0 is CONSTRAINED UNPREDICTABLE.
    needs = " (HPMN 0 needs FEAT_HPMN0)" if not hpmn else ""
    host = f"; {rest} the host's" if rest else "; no event counter is left to the host"
    says = f"If HPMN were {hpmn}: {own} would be {guest or 'a loaded guest'}'s{needs}{host}."
    return Beside(f"if HPMN were {hpmn}", says, would)


def ownership_sheet(trace: Trace, cpu: str = "cpu0", again: bool = False) -> Sheet:
    """Gather who owns which counter of a PE at each position."""
    if cpu not in cpus(trace):
        raise KeyError(f"no PE {cpu} in this trace; it has {' '.join(cpus(trace))}")
    size = n_counters(trace, cpu)
    names = tuple((counter_name(idx), "span") for idx in _shown(size))
    title, columns = f"Who owns which counter of {cpu}", ("counter", "owner", "enabled", "value")
    facts = partial(_facts, trace, cpu, size)
    return build(title, trace, columns, names, facts, swap_name, _legend(trace, again))


def _shown(size: int) -> tuple[int, ...]:
    """Return the counters in the order of the rows."""
    return (*reversed(range(size)), CYCLE_IDX)


def _legend(trace: Trace, again: bool) -> tuple[tuple[str, str, str], ...]:
    name = next(iter(guests(trace)), "guest")
    return (
        ("own solid", f"{name}●", f"{name}'s, enabled"),
        ("own pale", f"{name}○", f"{name}'s, not enabled"),
        ("tone0 solid", "host●", "the host's, enabled"),
        ("tone0 pale", "host○", "the host's, not enabled"),
        ("boundary", "", "HPMN: while a guest is loaded, the counters below it are its own"),
        ("suppose", "", (AGAIN if again else SUPPOSE)[1]),
    )


def n_counters(trace: Trace, cpu: str) -> int:
    """Return how many event counters a PE of this trace has."""
    found = {register_of(at) for at in trace.initial if place_of(at) == cpu}
    return max((idx + 1 for idx in range(CYCLE_IDX) if COUNTERS[idx] in found), default=0)


def owner(now: Now, cpu: str, size: int) -> tuple[str, int]:
    """Return the vCPU that owns the first range, empty for the host, and HPMN."""
    mdcr = now.state.get(f"{cpu}.MDCR_EL2", 0)
    hpmn = MDCR_EL2.get(mdcr, "HPMN")
    partitioned = mdcr & MDCR_EL2.HPMD or hpmn < size
    return (whose(cpu, now.on) if partitioned else ""), hpmn


def _facts(trace: Trace, cpu: str, size: int, now: Now) -> Facts:
    guest, hpmn = owner(now, cpu, size)
    enabled = now.state.get(f"{cpu}.PMCNTENSET_EL0", 0)
    rows = []
    for idx in _shown(size):
        name = guest if guest and (idx < hpmn or idx == CYCLE_IDX) else "host"
        counts = enabled >> idx & 1
        value = now.state.get(f"{cpu}.{COUNTERS[idx]}", 0)
        look = f"{tone(trace, name)} {'solid' if counts else 'pale'}"
        cells = (name, "on" if counts else "off", f"{value:#x}")
        rows.append(Shown(f"{name}{'●' if counts else '○'}", look, cells))
    return Facts(_says(guest, hpmn, size), tuple(rows), size - min(hpmn, size))


def _says(guest: str, hpmn: int, size: int) -> str:
    if not guest:
        return f"HPMN is {hpmn}. No guest owns a counter: all are the host's."
    mine = _range(0, min(hpmn, size))
    rest = _range(hpmn, size)
    host = f"; {rest} {'is' if hpmn == size - 1 else 'are'} the host's" if rest else ""
    own = f"{mine} and the cycle counter are" if mine else "the cycle counter is"
    return f"HPMN is {hpmn}: {own} {guest}'s{host}."


def _range(first: int, end: int) -> str:
    if end - first <= 1:
        return counter_name(first) if first < end else ""
    return f"counters {first} {'and' if end - first == 2 else 'to'} {end - 1}"
