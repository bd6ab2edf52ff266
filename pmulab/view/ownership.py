"""Whose is which counter, over time: guest or host, with HPMN as the boundary between them.

Read from the trace alone: MDCR_EL2.HPMN, PMCNTENSET_EL0 and who is on the PE. The first range is a
guest's while a vCPU is on the PE and MDCR_EL2 is set up for a partition: HPMD set, or HPMN below N.

Does not show: which perf event of the host uses a counter; what an owner does with its counters.
"""

import re

from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2
from pmulab.sim.trace import Trace
from pmulab.view.board import Board
from pmulab.view.sheet import Facts, Now, Sheet, Shown, build, cpus, swap_name, tone

COUNTER = re.compile(r"PMEVCNTR(\d+)_EL0")


def ownership_map(trace: Trace, at: int = 0, cpu: str = "cpu0") -> Board:
    """Map the counters of a PE over time: whose each is, and whether it is enabled."""
    return Board(ownership_sheet(trace, cpu), at)


def ownership_sheet(trace: Trace, cpu: str = "cpu0") -> Sheet:
    """Gather who owns which counter of a PE at each position."""
    if cpu not in cpus(trace):
        raise KeyError(f"no PE {cpu} in this trace; it has {' '.join(cpus(trace))}")
    size = n_counters(trace, cpu)
    names = [(f"counter {idx}", "span") for idx in reversed(range(size))]
    names.append(("cycle counter", "span"))
    columns = ("counter", "owner", "enabled", "value")
    return build(
        f"Who owns which counter of {cpu}",
        trace,
        columns,
        tuple(names),
        lambda now: _facts(trace, cpu, size, now),
        swap_name,
    )


def n_counters(trace: Trace, cpu: str) -> int:
    """Return how many event counters a PE of this trace has."""
    found = [COUNTER.fullmatch(at.removeprefix(f"{cpu}.")) for at in trace.initial]
    return max((int(match[1]) + 1 for match in found if match), default=0)


def owner(now: Now, cpu: str, size: int) -> tuple[str, int]:
    """Return the vCPU that owns the first range, empty for the host, and HPMN."""
    mdcr = now.state.get(f"{cpu}.MDCR_EL2", 0)
    hpmn = MDCR_EL2.get(mdcr, "HPMN")
    partitioned = mdcr & MDCR_EL2.HPMD or hpmn < size
    return (now.on.get(int(cpu[3:]), "") if partitioned else ""), hpmn


def _facts(trace: Trace, cpu: str, size: int, now: Now) -> Facts:
    guest, hpmn = owner(now, cpu, size)
    enabled = now.state.get(f"{cpu}.PMCNTENSET_EL0", 0)
    rows = []
    for idx in (*reversed(range(size)), CYCLE_IDX):
        whose = guest if guest and (idx < hpmn or idx == CYCLE_IDX) else "host"
        counts = enabled >> idx & 1
        name = "PMCCNTR_EL0" if idx == CYCLE_IDX else f"PMEVCNTR{idx}_EL0"
        value = now.state.get(f"{cpu}.{name}", 0)
        look = f"{tone(trace, whose)} {'solid' if counts else 'pale'}"
        cells = (whose, "on" if counts else "off", f"{value:#x}")
        rows.append(Shown(f"{whose}{'●' if counts else '○'}", look, cells))
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
    if end - first < 1:
        return ""
    if end - first == 1:
        return f"counter {first}"
    return f"counters {first} {'and' if end - first == 2 else 'to'} {end - 1}"
