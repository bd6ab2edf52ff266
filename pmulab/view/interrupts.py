"""The path of an overflow interrupt: from the flag in the hardware to the guest's end of interrupt.

Rows from top to bottom are the path: flag, physical line, the host's record in memory, the level
that the guest is entitled to, the list register, the virtual line.

The model's handler takes no cycles, so its time is what its register accesses would cost: at least
that long the host needs, and Linux allows a handler only so long before it lowers the rate.

Does not show: interrupts other than the PMU's, except where they hold a list register; what of the
accesses after the handler belongs to the run loop, up to the flush of the list registers.
"""

from dataclasses import replace
from typing import NamedTuple

from pmulab.hw.sysregs import REGS
from pmulab.sim.trace import Record, Trace
from pmulab.view.board import Board
from pmulab.view.fields import fields_text
from pmulab.view.sheet import Facts, Now, Sheet, Shown, build, cpus, guests, tone
from pmulab.view.steps import is_hardware, place_of, register_of

STATIONS = {
    "overflow": "A counter wrapped: its flag is set.",
    "host handler": "The physical interrupt took the PE to the host.",
    "record": "The host moved the guest's flag into memory.",
    "inject": "A list register holds the interrupt as pending.",
    "acknowledge": "The guest took it: pending became active.",
    "clear": "The guest cleared its flag: the level is to fall.",
    "end": "The guest ended it: the list register is free.",
}
LEGEND = (
    ("own solid", "P0", "the flag of counter 0 is set"),
    ("line", "", "a line: high above, low below"),
    ("meter", "40 %", "time of the host's handler; the frame is its budget"),
    ("tone3 solid", "pending", "a list register waits for the guest to take it"),
    ("tone3 stripes", "active", "the guest took it and has not ended it"),
)
STATES = ("invalid", "pending", "active", "active and pending")
FLAGS, LEVEL = "PMOVSSET_EL0", "PMUIRQ"
LISTS = {row.name: row for row in REGS.values() if "vINTID" in row.by_name}


class Handler(NamedTuple):
    """What the host's handler costs and how long it may take, in cycles at 3 GHz."""

    # As `pmulab.cost.cost` prices a host interrupt and a host access; both are assumed there.
    entry: int = 1500
    access: int = 30
    # 2.5 us: a quarter of the period at 100,000 samples a second. Linux: kernel/events/core.c,
    # perf_sample_allowed_ns; drivers/perf/arm_pmu.c, armpmu_dispatch_irq() measures against it.
    budget: int = 7500

    def spent(self, accesses: int) -> int:
        """Return the cycles of an interrupt with so many register accesses."""
        return self.entry + accesses * self.access


HANDLER = Handler()


def interrupt_path(trace: Trace, at: int = 0, handler: Handler = HANDLER) -> Board:
    """Show how an overflow becomes an interrupt of the guest, line by line."""
    return Board(interrupt_sheet(trace, handler), at)


def interrupt_sheet(trace: Trace, handler: Handler = HANDLER) -> Sheet:
    """Gather flags, lines, list registers and the handler's time at each position."""
    rows = list(_rows(trace))
    names = tuple((name, kind if kind in ("line", "meter") else "span") for name, kind, _ in rows)
    columns = ("from flag to guest", "now", "where")
    spent = accesses(trace)

    def facts(now: Now) -> Facts:
        return _facts(trace, rows, now, handler, spent[now.n])

    def also(now: Now) -> bool:
        return spent[now.n] is not spent[now.n - 1]

    sheet = build("Interrupt path", trace, columns, names, facts, _moment, LEGEND, also)
    return replace(sheet, says=_told(sheet))


def accesses(trace: Trace) -> list[dict[str, int]]:
    """Count the accesses of each PE's last PMU interrupt, at each position."""
    counts: dict[str, int] = {}
    inside: set[str] = set()
    found = [counts]
    for record in trace:
        cpu = f"cpu{record.cpu}"
        if (record.kind, record.reg) == ("irq", LEVEL):
            inside.add(cpu)
            counts = counts | {cpu: 0}
        elif record.kind not in ("access", "memory") or record.hook.startswith("vgic_"):
            inside.discard(cpu)
        elif cpu in inside and record.kind == "access":
            counts = counts | {cpu: counts[cpu] + 1}
        found.append(counts)
    return found


def _told(sheet: Sheet) -> tuple[tuple[int, str], ...]:
    """Say at each turning point which station came last, and what is raised."""
    turns, station = dict(sheet.names), ""
    said = []
    for n in sorted({n for n, _ in (*sheet.says, *sheet.names)}):
        station = STATIONS[turns[n]] if n in turns else station
        said.append((n, f"{station} {sheet.sentence(n)}".strip()))
    return tuple(said)


def _rows(trace: Trace):
    """Yield (name, kind, location) in the order of the path; unused list registers are left out."""
    used = {at for at, value in trace.initial.items() if value}
    used |= {at for record in trace for at in record.changes}
    for cpu in cpus(trace):
        yield f"{cpu}: overflow flag", "flags", f"{cpu}.{FLAGS}"
        yield f"{cpu}: physical line", "line", f"{cpu}.{LEVEL}"
        yield f"{cpu}: handler's time", "meter", cpu
    for guest in guests(trace):
        yield f"{guest}: recorded flag", "flags", f"{guest}.{FLAGS}"
        yield f"{guest}: level owed", "line", f"{guest}.{LEVEL}"
    for cpu in cpus(trace):
        lists = [at for at in trace.initial if place_of(at) == cpu and register_of(at) in LISTS]
        for at in [at for at in lists if at in used] or lists[:1]:
            yield f"{cpu}: list register {LISTS[register_of(at)].index}", "list", at
        yield f"{cpu}: virtual line", "line", f"{cpu}.VIRQ"


def _facts(trace: Trace, rows, now: Now, handler: Handler, spent: dict[str, int]) -> Facts:
    shown = tuple(
        _meter(handler, spent.get(at))
        if kind == "meter"
        else SHOW[kind](trace, at, now.state.get(at, 0))
        for _, kind, at in rows
    )
    states = [(name, row.cells[0]) for (name, kind, _), row in zip(rows, shown) if kind != "meter"]
    high = ", ".join(name for name, state in states if state not in QUIET)
    says = f"Raised now: {high}." if high else "All quiet: no flag, no line, no interrupt."
    return Facts(says, shown)


def _line(trace: Trace, at: str, value: int) -> Shown:
    level = "high" if value else "low"
    return Shown(level, f"{tone(trace, place_of(at))} {level}", (level, at))


def _flags(trace: Trace, at: str, value: int) -> Shown:
    names = fields_text(FLAGS, value) or "none"
    return Shown(names, f"{tone(trace, place_of(at))} {'solid' if value else 'pale'}", (names, at))


def _list(trace: Trace, at: str, value: int) -> Shown:
    row = LISTS[register_of(at)]
    state = STATES[row.get(value, "State")]
    look = {"invalid": "pale", "active": "stripes"}.get(state, "solid")
    number = f", INTID {row.get(value, 'vINTID')}" if value else ""
    return Shown(state, f"tone3 {look}", (state + number, at))


def _meter(handler: Handler, count: int | None) -> Shown:
    if count is None:
        return Shown("0 %", "idle", ("no interrupt yet", f"budget {handler.budget:,} cycles"))
    spent = handler.spent(count)
    share = f"{round(100 * spent / handler.budget)} %"
    over = spent > handler.budget
    what = f"{spent:,} of {handler.budget:,} cycles, {share}{': over its budget' if over else ''}"
    entry = f"entry and {count} {'access' if count == 1 else 'accesses'}"
    return Shown(share, "over" if over else "within", (what, entry))


SHOW = {"line": _line, "flags": _flags, "list": _list}
QUIET = ("low", "none", "invalid")


def _moment(record: Record) -> str:
    """Name the station of the path that a record is."""
    flags = [change for at, change in record.changes.items() if _is_recorded(at)]
    if "overflow" in record.marks:
        return "overflow"
    if (record.kind, record.reg) == ("irq", LEVEL):
        return "host handler"
    if any(old and not new for old, new in flags):
        return "clear"
    if any(new & ~old for old, new in flags) and record.kind in ("memory", "access"):
        return "record"
    if any(_begins(at, *change) for at, change in record.changes.items()):
        return "inject"
    return TAKEN.get((record.op, record.reg), "") if record.kind == "access" else ""


TAKEN = {("mrs", "ICC_IAR1_EL1"): "acknowledge", ("msr", "ICC_EOIR1_EL1"): "end"}


def _is_recorded(at: str) -> bool:
    """Tell a guest's flags in memory, which the host recorded, from those of the hardware."""
    return register_of(at) == FLAGS and not is_hardware(place_of(at))


def _begins(at: str, old: int, new: int) -> bool:
    """Tell whether a list register begins to hold a pending interrupt."""
    row = LISTS.get(register_of(at))
    return row is not None and [row.get(value, "State") for value in (old, new)] == [0, 1]
