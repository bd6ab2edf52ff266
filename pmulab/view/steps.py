"""What each view of a trace shows at one position, as plain facts.

Position n is the state after the first n records; the record that led there is number n - 1, and
position 0 is the start. Widget, text twin and static table are all drawn from these facts.

Does not show: registers that stay zero for the whole trace and that no record touches.
"""

import re
from dataclasses import dataclass

from pmulab.sim.trace import Record, Trace
from pmulab.view.fields import fields_text

NOT_GUESTS = ("host", "idle")
SIGNS = {"written": "◂", "read": "▸", "": " "}
START = "The start: nothing has happened yet."


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
    places: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def step(trace: Trace, n: int) -> Step:
    """Gather what is shown at position n."""
    state = trace.snapshot(n)
    record = trace.records[n - 1] if n else None
    names = place_names(trace)
    rows = [
        (register, tuple(_cell(f"{name}.{register}", state, record) for name in names))
        for register in used(trace)
    ]
    on = loaded_at(trace, n)
    return Step(
        n,
        heading(trace, n),
        sentence(record),
        record.marks if record else (),
        source(record),
        record.code if record else "",
        tuple((name, caption(name, on)) for name in names),
        tuple(rows),
    )


# ---- the record


def heading(trace: Trace, n: int) -> str:
    """Name the trace and the position in it."""
    when = f", cycle {trace.records[n - 1].time}" if n else ""
    return f"{trace.scenario}: step {n} of {len(trace)}{when}"


def sentence(record: Record | None) -> str:
    """Say what a record is about."""
    return START if record is None else f"{record.who} on cpu{record.cpu}: {record.text}"


def source(record: Record | None) -> str:
    """Name the hypervisor's hook and line, empty where it is not the hypervisor's doing."""
    return f"{record.hook}  {record.at}".strip() if record else ""


# ---- places and registers


def place_names(trace: Trace) -> list[str]:
    """List the places of a trace: the hardware of each PE first, then the vCPUs."""
    names = dict.fromkeys(location.split(".")[0] for location in trace.initial)
    return sorted(names, key=lambda name: not is_hardware(name))


def is_hardware(place: str) -> bool:
    """Tell the hardware of a PE from the saved registers of a vCPU."""
    return re.fullmatch(r"cpu\d+", place) is not None


def caption(place: str, on: dict[int, str]) -> str:
    """Say what a column holds, now that these vCPUs are on the PEs."""
    if is_hardware(place):
        guest = on.get(int(place[3:]))
        return f"hardware, {guest} is on it" if guest else "hardware, no vCPU on it"
    cpu = next((cpu for cpu, guest in on.items() if guest == place), None)
    return "saved" if cpu is None else f"saved, now on cpu{cpu}"


def registers(trace: Trace) -> list[str]:
    """List the registers of a trace in its own order."""
    return list(dict.fromkeys(location.split(".", 1)[1] for location in trace.initial))


def used(trace: Trace) -> list[str]:
    """List the registers that are not zero somewhere, or that a record reads or changes."""
    touched = {location for location, value in trace.initial.items() if value}
    for record in trace.records:
        touched.update(record.changes, record.reads)
    names = {location.split(".", 1)[1] for location in touched}
    return [name for name in registers(trace) if name in names]


def hidden(trace: Trace) -> list[str]:
    """List the registers that tables leave out: zero everywhere and never touched."""
    shown = set(used(trace))
    return [name for name in registers(trace) if name not in shown]


def _cell(location: str, state: dict[str, int], record: Record | None) -> Cell | None:
    if location not in state:
        return None
    register = location.split(".", 1)[1]
    value, sign, detail = state[location], "", fields_text(register, state[location])
    if record and location in record.changes:
        sign, detail = "written", written(register, *record.changes[location])
    elif record and location in record.reads:
        sign = "read"
    return Cell(location, value, sign, detail)


def written(register: str, old: int, new: int) -> str:
    """Say what a write did to a register: its fields with + and -, or the value before."""
    return fields_text(register, new, old) or ("same value" if old == new else f"was {old:#x}")


# ---- who is on which PE


def loaded(trace: Trace) -> list[tuple[int, int, str]]:
    """List (position, cpu, vCPU): where a vCPU comes onto a PE or, with no name, leaves it."""
    guests = [lane for lane in trace.lanes if lane not in NOT_GUESTS]
    moves, first = [], {}
    for n, record in enumerate(trace.records, 1):
        if record.kind in ("load", "put"):
            guest = _guest_of(record, guests)
            moves.append((n, record.cpu, guest if record.kind == "load" else ""))
            first.setdefault(record.cpu, guest if record.kind == "put" else "")
    # A trace that was cut out of a longer one may begin with a vCPU on the PE.
    return [(0, cpu, guest) for cpu, guest in first.items() if guest] + moves


def loaded_at(trace: Trace, n: int) -> dict[int, str]:
    """Name the vCPU on each PE at position n, empty where there is none."""
    return {cpu: guest for when, cpu, guest in loaded(trace) if when <= n}


def _guest_of(record: Record, guests: list[str]) -> str:
    named = re.findall(r"\w+", record.text)
    found = [record.who] if record.who in guests else [name for name in named if name in guests]
    return found[0] if found else ""
