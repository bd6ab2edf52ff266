"""The event filter at work: what each guest asked a counter to count, and what the hardware got.

A guest's PMEVTYPER lives in memory and reads back as written. The hardware's holds the same event
with P and U set where the host bans it: such a counter counts at no exception level.

Does not show: the filter's rules themselves (no register holds them); PMCCFILTR's other bits.
"""

import re

from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.events import name as event_name
from pmulab.hw.sysregs import PMEVTYPER0_EL0
from pmulab.sim.trace import Trace
from pmulab.view.board import Board
from pmulab.view.sheet import Facts, Now, Sheet, Shown, build, guests, swap_name, tone

TYPER = re.compile(r"PMEVTYPER(\d+)_EL0|PMCCFILTR_EL0")
RULES = ("allow", "deny")
NOWHERE = PMEVTYPER0_EL0.P | PMEVTYPER0_EL0.U
EL2 = PMEVTYPER0_EL0.NSH
LEGEND = (
    ("tone1 solid", "event", "on the PE; the hardware counts what was asked for"),
    ("tone1 stop", "✕ event", "excluded by the filter: counts nowhere"),
    ("tone1 pale", "≠ event", "not yet what was asked for"),
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
    return build(
        "Event filter",
        trace,
        COLUMNS,
        names,
        lambda now: _facts(trace, wanted, now),
        _moment,
        LEGEND,
    )


def _typers(trace: Trace, guest: str) -> list[str]:
    names = [at.removeprefix(f"{guest}.") for at in trace.initial if at.startswith(f"{guest}.")]
    found = [name for name in names if TYPER.fullmatch(name)]
    return sorted(found, key=lambda name: int(TYPER.fullmatch(name)[1] or 99))


def _counter(register: str) -> str:
    number = TYPER.fullmatch(register)[1]
    return f"counter {number}" if number else "cycle counter"


def _moment(now: Now) -> str:
    record = now.record
    if record.kind != "note" or record.op not in RULES:
        return swap_name(now)
    return f"{record.op} {event_name(record.value)} for {record.vcpu}"


def _facts(trace: Trace, wanted, now: Now) -> Facts:
    rows = tuple(_shown(trace, now, guest, register) for guest, register in wanted)
    stopped = [
        f"{guest}'s {_counter(r)}" for (guest, r), s in zip(wanted, rows) if s.cells[2] == BAN
    ]
    stale = [
        f"{guest}'s {_counter(r)}" for (guest, r), s in zip(wanted, rows) if s.cells[2] == STALE
    ]
    says = [f"Excluded by the filter: {', '.join(stopped)}."] if stopped else []
    says += [f"Not what was asked for: {', '.join(stale)}."] if stale else []
    if not any(now.on.values()):
        return Facts("No guest is loaded: the hardware counts for none.", rows)
    return Facts(" ".join(says) or "Each loaded counter has what its guest asked for.", rows)


AWAY = "not loaded"
GOT = "as asked"
BAN = "excluded: counts nowhere"
STALE = "differs from what was asked"
LOOKS = {AWAY: ("away", "pale"), GOT: ("", "solid"), BAN: ("✕", "stop"), STALE: ("≠", "pale")}


def _shown(trace: Trace, now: Now, guest: str, register: str) -> Shown:
    asked = now.state[f"{guest}.{register}"]
    cpu = next((cpu for cpu, name in now.on.items() if name == guest), None)
    hardware = None if cpu is None else now.state.get(f"cpu{cpu}.{register}")
    so = _so(asked, hardware)
    sign, look = LOOKS[so]
    event = CPU_CYCLES if register == "PMCCFILTR_EL0" else asked & 0xFFFF
    got = "-" if hardware is None else _type(register, hardware)
    label = sign if so == AWAY else f"{sign} {event_name(event)}".strip()
    shade = "tone0" if so == AWAY else tone(trace, guest)
    return Shown(label, f"{shade} {look}", (_type(register, asked), got, so))


def _so(asked: int, hardware: int | None) -> str:
    if hardware is None:
        return AWAY
    if hardware == asked & ~EL2:
        return GOT
    return BAN if hardware == asked & ~EL2 | NOWHERE else STALE


def _type(register: str, value: int) -> str:
    event = CPU_CYCLES if register == "PMCCFILTR_EL0" else value & 0xFFFF
    bits = [name for name in ("P", "U", "NSH") if value & getattr(PMEVTYPER0_EL0, name)]
    return " ".join([event_name(event), *bits])
