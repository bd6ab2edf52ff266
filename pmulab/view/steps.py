"""What each view of a trace shows at one position, as plain facts.

Position n is the state after the first n records; the record that led there is number n - 1, and
position 0 is the start. Widget, text twin and static table are all drawn from these facts.

Does not show: registers that stay zero for the whole trace and that no record touches.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pmulab.hw.sysreg import Rule
from pmulab.hw.sysregs import REGS
from pmulab.sim.trace import Record, Trace
from pmulab.view.fields import GROUPS, fields_text, group
from pmulab.view.words import AT_CYCLE, HEADING, NEXT_LINE, START

NOT_GUESTS = ("host", "idle")
# What these hold is set up once and matters where a lesson names it.
FOLDED = ("ICH_", "HDFG", "HCR_")


class NoSuchRegister(ValueError):
    """A name that no register of a trace begins with; a notebook shows the one line alone."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclass(frozen=True, slots=True)
class Cell:
    """A register in one place: its value and what the last record did with it."""

    location: str
    value: int
    sign: str
    detail: str


@dataclass(frozen=True, slots=True)
class Step:
    """All that is shown at one position."""

    n: int
    heading: str
    sentence: str
    marks: tuple[str, ...]
    source: str
    code: str
    held: str
    travels: str
    places: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def step(trace: Trace, n: int) -> Step:
    """Gather what is shown at position n."""
    state = trace.snapshot(n)
    record = trace.records[n - 1] if n else None
    names = place_names(trace)
    signed = signs(record, locations(trace)) if record else {}
    rows = [
        (register, tuple(_cell(f"{name}.{register}", state, signed) for name in names))
        for register in used(trace)
    ]
    on = loaded_at(trace, n)
    return Step(
        n,
        heading(trace, n),
        sentence(record),
        record.marks if record else (),
        *_line(trace, n),
        held(record, trace.snapshot(n - 1) if n else {}),
        _arrow(travels(record, locations(trace))) if record else "",
        tuple((name, caption(name, on)) for name in names),
        tuple(rows),
    )


# ---- the record


def heading(trace: Trace, n: int) -> str:
    """Name the trace and the position in it."""
    when = AT_CYCLE.format(cycle=trace.records[n - 1].time) if n else ""
    return HEADING.format(scenario=trace.scenario, n=n, length=len(trace)) + when


def sentence(record: Record | None) -> str:
    """Say what a record is about."""
    if record is None:
        return START
    cpu = f"cpu{record.cpu}"
    # A law may accuse the PE itself.
    who = cpu if record.who == cpu else f"{record.who} on {cpu}"
    return f"{who}: {record.text}"


def source(record: Record | None) -> str:
    """Name the hypervisor's hook and line, empty where it is not the hypervisor's doing."""
    return f"{record.hook}  {record.at}".strip() if record else ""


def _line(trace: Trace, n: int) -> tuple[str, str]:
    """Return the hypervisor's line that did a step, or the one that the step calls next."""
    record, after = trace.records[n - 1] if n else None, trace.records[n : n + 1]
    if record is None or record.hook or not after or after[0].cpu != record.cpu:
        return source(record), record.code if record else ""
    [called] = after
    return (NEXT_LINE.format(source=source(called)), called.code) if called.hook else ("", "")


def held(record: Record | None, before: dict[str, int]) -> str:
    """Say what the names in the hypervisor's line were: its numbers, its saved registers."""
    if record is None or not record.hook:
        return ""
    said = [f"{k} = {v if k == 'idx' else hex(v)}" for k, v in record.names.items()]
    for at in dict.fromkeys([*record.changes, *record.reads]):
        if at in before and not is_hardware(place_of(at)) and place_of(at) != record.who:
            old, new = record.changes.get(at, (before[at], before[at]))
            was = f", was {old:#x}" if at in record.changes else ""
            said.append(f'regs["{register_of(at)}"] = {new:#x}{was}')
    return "; ".join(said)


# ---- places and registers


def place_of(location: str) -> str:
    """Return the place of a location: `cpu0` of `cpu0.PMCR_EL0`."""
    return location.split(".", 1)[0]


def register_of(location: str) -> str:
    """Return the register of a location."""
    return location.split(".", 1)[1]


def place_names(trace: Trace) -> list[str]:
    """List the places of a trace: the hardware of each PE first, then the vCPUs."""
    names = dict.fromkeys(map(place_of, trace.initial))
    return sorted(names, key=lambda name: not is_hardware(name))


@lru_cache(maxsize=1 << 10)
def is_hardware(place: str) -> bool:
    """Tell the hardware of a PE from the saved registers of a vCPU."""
    return re.fullmatch(r"cpu\d+", place) is not None


def whose(place: str, on: dict[int, str]) -> str:
    """Name the vCPU whose a place is now: of hardware the one that is on it, empty for none."""
    return on.get(int(place[3:]), "") if is_hardware(place) else place


def caption(place: str, on: dict[int, str]) -> str:
    """Say what a column holds, now that these vCPUs are on the PEs."""
    if is_hardware(place):
        guest = whose(place, on)
        return f"hardware, {guest} is on it" if guest else "hardware, no vCPU on it"
    cpu = next((cpu for cpu, guest in on.items() if guest == place), None)
    return "saved" if cpu is None else f"saved, now on cpu{cpu}"


def tones(lanes: Iterable[str]) -> dict[str, int]:
    """Number the colours of the vCPUs; whoever is not named here is grey, 0.

    A, B and C have their own (`css/palette.css`), whoever else is there; others take turns.
    """
    guests = [lane for lane in lanes if lane not in NOT_GUESTS]
    own = {name: k for k, name in enumerate("ABC")}
    return {name: own.get(name, k) % 3 + 1 for k, name in enumerate(guests)}


def registers(trace: Trace) -> list[str]:
    """List the registers of a trace, those of a kind together."""
    names = dict.fromkeys(map(register_of, trace.initial))
    return sorted(names, key=lambda name: GROUPS.index(group(name)))


def used(trace: Trace) -> list[str]:
    """List the registers that are not zero somewhere, or that a record touches."""
    known = locations(trace)
    shown = set(known.values())
    touched = {location for location, value in trace.initial.items() if value}
    for record in trace.records:
        touched.update(record.changes, shown.intersection(record.reads), _accessed(record, known))
    names = set(map(register_of, touched))
    return [name for name in registers(trace) if name in names]


def foremost(trace: Trace, show: str = "") -> list[str]:
    """List the registers that a page shows first: those named, or those that change.

    A name is a register's, or what several begin with; `NoSuchRegister` where none does.
    """
    if show:
        named = {name for word in show.replace(",", " ").split() for name in _named(trace, word)}
    else:
        changed = {register_of(at) for record in trace for at in record.changes}
        named = {name for name in changed if not name.startswith(FOLDED)}
    return [name for name in registers(trace) if name in named]


def _named(trace: Trace, word: str) -> list[str]:
    """Find the registers of a name: PMEVCNTR1 is one, PMEVCNTR all of them."""
    names, known = registers(trace), word.upper()
    cell = REGS[known].cell if known in REGS else known
    exact = [
        n for n in names if cell in (n, n.rpartition("_")[0], REGS[n].cell if n in REGS else n)
    ]
    found = exact or [name for name in names if name.startswith(known)]
    if not found:
        has = " ".join(used(trace))
        raise NoSuchRegister(f"show: no register {word} in this trace; it has {has}")
    return found


def hidden(trace: Trace) -> list[str]:
    """List the registers that tables leave out: zero everywhere and never touched."""
    shown = set(used(trace))
    return [name for name in registers(trace) if name not in shown]


def _cell(location: str, state: dict[str, int], signed: dict) -> Cell | None:
    if location not in state:
        return None
    sign, detail = signed.get(location, ("", ""))
    says = detail or meant(register_of(location), state[location])
    return Cell(location, state[location], sign, says)


# ---- what a record does with the registers


def locations(trace: Trace) -> dict[tuple[str, str], str]:
    """Map (place, cell) to a location: PMCNTENCLR_EL0 is seen in the row of PMCNTENSET_EL0."""
    known: dict[tuple[str, str], str] = {}
    for location in trace.initial:
        register = register_of(location)
        cell = REGS[register].cell if register in REGS else register
        known.setdefault((place_of(location), cell), location)
    return known


def signs(record: Record, known: dict[tuple[str, str], str]) -> dict[str, tuple[str, str]]:
    """Say what a record did with each location: (written, counted or read; the difference)."""
    found = {at: ("read", "") for at in record.reads if at in known.values()}
    found |= _accessed(record, known)
    how = "counted" if record.kind == "work" else "written"
    for at, (old, new) in record.changes.items():
        found[at] = how, difference(register_of(at), old, new, how)
    return found


def _accessed(record: Record, known: dict) -> dict[str, tuple[str, str]]:
    """Find what an access touched without a change: the hardware, and the copy that it saved."""
    row = REGS.get(record.reg) if record.kind == "access" else None
    if row is None:
        return {}
    hardware = known.get((f"cpu{record.cpu}", row.cell))
    saved = known.get((record.vcpu, row.cell))
    same = ("written", "same value")
    touched = {hardware: ("read", "") if record.op == "mrs" else same, saved: same}
    return {location: sign for location, sign in touched.items() if location}


@lru_cache(maxsize=1 << 12)
def difference(register: str, old: int, new: int, how: str = "written") -> str:
    """Say how a value changed: its fields with + and -, or what was counted; and what it was."""
    if old == new:
        return fields_text(register, new, old) or "same value"
    now = fields_text(register, new, old) or meant(register, new)
    counted = how == "counted" and new > old
    was = f"{old}" if is_counter(register) else f"{old:#x}"
    return ", ".join(filter(None, (now, f"+{new - old}" if counted else f"was {was}")))


@lru_cache(maxsize=1 << 10)
def is_counter(register: str) -> bool:
    """Tell whether a register holds a count."""
    return register in REGS and REGS[register].rule is Rule.COUNTER


def meant(register: str, value: int) -> str:
    """Say a value in words: a count in decimal where hex says something else, else its fields."""
    if is_counter(register):
        return f"{value}" if value > 9 else ""
    return fields_text(register, value)


def travels(record: Record, known: dict[tuple[str, str], str]) -> tuple[str, str] | None:
    """Return from where to where a value went between hardware and memory, if it did."""
    row = REGS.get(record.reg) if record.kind == "access" and record.hook else None
    if row is None or not (hardware := known.get((f"cpu{record.cpu}", row.cell))):
        return None
    # A wrong hypervisor asks for copies that are not there: those are in no picture.
    if record.op == "mrs":
        mine = known.get((record.vcpu, row.cell))
        return (hardware, mine) if mine else None
    there = (at for at in record.reads if at != hardware)
    saved = [at for at in there if known.get((place_of(at), row.cell)) == at]
    return (saved[0], hardware) if saved else None


def _arrow(way: tuple[str, str] | None) -> str:
    return f"{way[0]} → {way[1]}" if way else ""


# ---- who is on which PE


def loaded(trace: Trace) -> list[tuple[int, int, str]]:
    """List (position, cpu, vCPU): where a vCPU comes onto a PE or, with no name, has left it."""
    moves: list[tuple[int, int, str]] = []
    first: dict[int, str] = {}
    for i, record in enumerate(trace.records):
        if record.kind in ("load", "put"):
            came = record.kind == "load"
            guest = record.vcpu
            moves.append((i + 1, record.cpu, guest) if came else (_left(trace, i), record.cpu, ""))
            first.setdefault(record.cpu, "" if came else guest)
    # A trace that was cut out of a longer one may begin with a vCPU on the PE.
    return [(0, cpu, guest) for cpu, guest in first.items() if guest] + sorted(moves)


def _left(trace: Trace, put: int) -> int:
    """Find the position where a put is done: after the hypervisor's accesses that follow it."""
    cpu, done = trace.records[put].cpu, put + 1
    for i, record in enumerate(trace.records[put + 1 :], put + 2):
        if record.cpu == cpu:
            if not record.hook or record.kind not in ("access", "memory"):
                break
            done = i
    return done


def loaded_at(trace: Trace, n: int) -> dict[int, str]:
    """Name the vCPU on each PE at position n, empty where there is none."""
    return {cpu: guest for when, cpu, guest in loaded(trace) if when <= n}
