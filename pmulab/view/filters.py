"""The event filter at work: what each guest asked a counter to count, and what the hardware got.

A guest's PMEVTYPER lives in memory and reads back as written. The hardware's holds the same event
with P and U set where the host bans it: such a counter counts at no exception level.

Does not show: the filter's rules themselves (no register holds them); PMCCFILTR's other bits.
"""

from functools import partial

from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.events import name as event_name
from pmulab.hw.sysregs import CYCLE_IDX, PMEVTYPER0_EL0
from pmulab.sim.trace import Record, Trace
from pmulab.view.board import Board
from pmulab.view.fields import IDX, counter_name, group
from pmulab.view.sheet import Facts, Now, Sheet, Shown, build, guests, swap_name, tone
from pmulab.view.steps import place_of, register_of

RULES = ("allow", "deny")
NOWHERE = PMEVTYPER0_EL0.P | PMEVTYPER0_EL0.U
EL2 = PMEVTYPER0_EL0.NSH
LEGEND = (
    ("own solid", "event", "on the PE; the hardware counts what was asked for"),
    ("own stop", "✕ event", "excluded by the filter: counts nowhere"),
    ("own pale", "≠ event", "not yet what was asked for"),
    ("tone0 pale", "away", "the guest is not on the PE"),
)
COLUMNS = ("guest and counter", "asked for", "what hardware got", "so")


def filter_board(trace: Trace, at: int = 0) -> Board:
    """Show what each guest asked each counter to count and what the hardware got, over time."""
    return Board(filter_sheet(trace), at)


def filter_sheet(trace: Trace) -> Sheet:
    """Gather the event types of every guest, asked for and got, at each position."""
    wanted = [(guest, register) for guest in guests(trace) for register in _typers(trace, guest)]
    names = tuple((f"{guest} {_counter(register)}", "span") for guest, register in wanted)
    facts = partial(_facts, trace, wanted)
    return build("Event filter", trace, COLUMNS, names, facts, _moment, LEGEND)


def _typers(trace: Trace, guest: str) -> list[str]:
    """List the types of a guest's counters, in the order of the counters."""
    found = [register_of(at) for at in trace.initial if place_of(at) == guest]
    types = [name for name in found if name in IDX and group(name) == "typer"]
    return sorted(types, key=lambda name: IDX[name])


def _counter(register: str) -> str:
    return counter_name(IDX[register])


def _moment(record: Record) -> str:
    if record.kind == "note" and record.op in RULES and record.value is not None:
        return f"{record.op} {event_name(record.value)} for {record.vcpu}"
    return swap_name(record)


def _facts(trace: Trace, wanted: list[tuple[str, str]], now: Now) -> Facts:
    rows = tuple(_shown(trace, now, guest, register) for guest, register in wanted)
    if not any(now.on.values()):
        return Facts("No guest is loaded: the hardware counts for none.", rows)
    says = []
    for so, what in ((BAN, "Excluded by the filter"), (STALE, "Not what was asked for")):
        found = [f"{g}'s {_counter(r)}" for (g, r), row in zip(wanted, rows) if row.cells[2] == so]
        says += [f"{what}: {', '.join(found)}."] if found else []
    return Facts(" ".join(says) or "Each loaded counter has what its guest asked for.", rows)


AWAY = "not loaded"
GOT = "as asked"
BAN = "excluded: counts nowhere"
STALE = "differs from what was asked"
LOOKS = {AWAY: ("away", "pale"), GOT: ("", "solid"), BAN: ("✕", "stop"), STALE: ("≠", "pale")}


def _shown(trace: Trace, now: Now, guest: str, register: str) -> Shown:
    asked = now.state[f"{guest}.{register}"]
    cpu = next((cpu for cpu, name in now.on.items() if name == guest), None)
    hardware = now.state.get(f"cpu{cpu}.{register}")
    so = _so(asked, hardware)
    sign, look = LOOKS[so]
    got = "-" if hardware is None else _type(register, hardware)
    label = sign if so == AWAY else f"{sign} {_event(register, asked)}".strip()
    shade = "tone0" if so == AWAY else tone(trace, guest)
    return Shown(label, f"{shade} {look}", (_type(register, asked), got, so))


def _so(asked: int, hardware: int | None) -> str:
    if hardware is None:
        return AWAY
    if hardware == asked & ~EL2:
        return GOT
    return BAN if hardware == asked & ~EL2 | NOWHERE else STALE


def _event(register: str, value: int) -> str:
    cycles = IDX[register] == CYCLE_IDX
    return event_name(CPU_CYCLES if cycles else value & PMEVTYPER0_EL0.evtCount)


def _type(register: str, value: int) -> str:
    bits = [name for name in ("P", "U", "NSH") if value & PMEVTYPER0_EL0.field(name).mask]
    return " ".join([_event(register, value), *bits])
