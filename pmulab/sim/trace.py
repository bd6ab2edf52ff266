"""What happened, as frozen records: slice, text, table, save, load, a snapshot at any index.

A trace starts from a state and holds a record for each thing that happened, with what it changed.
So the state after any record is the first state and the changes up to there, and time can go
backwards. A location is `place.REGISTER`: the place is `cpu0`, `cpu1`, ... for the hardware of a PE
or the name of a vCPU for its saved registers.

Not modelled: time inside a record; the values of registers that nothing in the lab uses.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, TypeVar, overload

from pmulab.sim.tables import columns

Kind = TypeVar("Kind")
FORMAT = 2
MARKS = ("overflow", "trap", "swap", "interrupt", "accusation")


class TraceFileError(ValueError):
    """A saved trace that cannot be opened: the file and what is wrong."""


class Columns(TypedDict, total=False):
    """Columns of a `Record` that whoever notes it may fill."""

    hook: str
    at: str
    code: str
    op: str
    reg: str
    value: int | None
    vcpu: str
    names: dict[str, int]


class Source(NamedTuple):
    """The whole text of a method that ran: its file, its first line there, its lines."""

    file: str
    first: int
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened.

    `who` is a lane: `host`, `idle` or a vCPU's name. `hook`, `at` and `code` are the hypervisor's
    function, its `file:line` and that line, where the record is its doing; `names` are the numbers
    that the line names. The method's whole text is in the trace, once.

    `text` is for readers. What a program may need of it stands beside it: `op` is the instruction
    (mrs, msr), the host's action or why a guest was left; `reg` is the register or line; `value` is
    what was written or found; `vcpu` names the vCPU or VM that it is done to.
    """

    time: int
    cpu: int
    who: str
    kind: str
    text: str
    changes: dict[str, tuple[int, int]] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    hook: str = ""
    at: str = ""
    code: str = ""
    op: str = ""
    reg: str = ""
    value: int | None = None
    vcpu: str = ""
    names: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Trace:
    """A first state and the records that follow, in order."""

    scenario: str
    lanes: tuple[str, ...]
    initial: dict[str, int]
    records: tuple[Record, ...] = ()
    sources: tuple[Source, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    @overload
    def __getitem__(self, i: int) -> Record: ...
    @overload
    def __getitem__(self, i: slice) -> "Trace": ...
    def __getitem__(self, i: int | slice) -> "Record | Trace":
        return self.slice(i) if isinstance(i, slice) else self.records[i]

    # ---- cutting

    def slice(self, part: slice) -> "Trace":
        """Return the records of a slice and their first state; a `ValueError` for other steps."""
        start, stop, step = part.indices(len(self))
        if step != 1:
            raise ValueError("a trace is sliced in steps of 1: its records build on each other")
        first = self.snapshot(start)
        return replace(self, initial=first, records=self.records[start:stop])

    def where(self, test: Callable[[Record], bool]) -> list[int]:
        """List the indices of the records for which `test` is true."""
        return [i for i, record in enumerate(self.records) if test(record)]

    def marked(self, mark: str) -> list[int]:
        """List the indices of the records with a mark, one of MARKS; a `ValueError` for others."""
        if mark not in MARKS:
            raise ValueError(f"no mark {mark}; there are {' '.join(MARKS)}")
        return self.where(lambda record: mark in record.marks)

    def without_lines(self, *hooks: str) -> "Trace":
        """Leave out which lines of some hooks ran; a `ValueError` for a hook that did not."""
        ran = {record.hook for record in self.records} - {""}
        unknown = [hook for hook in hooks if hook not in ran]
        if unknown:
            raise ValueError(f"no hook {unknown[0]} ran; there are {', '.join(sorted(ran))}")
        records = (replace(r, at="", code="", names={}) if r.hook in hooks else r for r in self)
        return replace(self, records=tuple(records))

    # ---- states

    def snapshot(self, n: int) -> dict[str, int]:
        """Return the state after the first `n` records, by location; an `IndexError` beyond."""
        if not 0 <= n <= len(self):
            raise IndexError(f"no state {n}; this trace has states 0 to {len(self)}")
        state = dict(self.initial)
        for record in self.records[:n]:
            state |= {location: new for location, (_, new) in record.changes.items()}
        return state

    def series(self, location: str) -> list[tuple[int, int]]:
        """List a location's values over time, as (time, value); a `KeyError` where it has none."""
        if location not in self.initial:
            raise KeyError(f"no location {location}; there are {', '.join(sorted(self.initial))}")
        points = [(0, self.initial[location])]
        points += [(r.time, r.changes[location][1]) for r in self.records if location in r.changes]
        return points

    # ---- text

    def text(self, indices: Iterable[int] | None = None) -> str:
        """Print a line for each record: time, CPU, who, what, and what changed."""
        chosen = range(len(self)) if indices is None else indices
        return "\n".join([HEADING, *(line(i, self.records[i]) for i in chosen)])

    def table(self, n: int, registers: Iterable[str] | None = None) -> str:
        """Print the state after `n` records: a row for each register, a column for each place."""
        state = self.snapshot(n)
        places = list(dict.fromkeys(location.split(".")[0] for location in state))
        names = registers or dict.fromkeys(location.split(".")[1] for location in state)
        rows = [["", *places]]
        for name in names:
            cells = [state.get(f"{place}.{name}") for place in places]
            rows.append([name, *("" if c is None else f"{c:#x}" for c in cells)])
        return columns(rows, "<>")

    def __repr__(self) -> str:
        turns, last = len(self.where(lambda r: r.kind == "load")), self.records[-1:]
        cycles = last[0].time if last else 0
        taken = f"{turns} turn{'s' * (turns != 1)}"
        return f"Trace of {self.scenario}: {len(self)} records, {taken}, {cycles} cycles"

    # ---- files

    def as_dict(self) -> dict[str, Any]:
        """Return the trace as plain data; values are hex text, for JSON readers round integers."""
        return {
            "pmulab_trace": FORMAT,
            "scenario": self.scenario,
            "lanes": list(self.lanes),
            "initial": {k: hex(v) for k, v in self.initial.items()},
            "records": [_plain(record) for record in self.records],
            "sources": [list(source) for source in self.sources],
        }

    def save(self, path: str | Path) -> None:
        """Write the trace as JSON."""
        Path(path).write_text(json.dumps(self.as_dict(), indent=1) + "\n", encoding="utf-8")

    @staticmethod
    def from_dict(data: Any) -> "Trace":
        """Make a trace of what `as_dict` returned; a `TraceFileError` where it did not."""
        found = data.get("pmulab_trace") if isinstance(data, dict) else None
        if found != FORMAT:
            raise TraceFileError(f"trace format {found}; this pmulab reads format {FORMAT}")
        try:
            initial = _initial(data["initial"])
            records = tuple(_record(row, initial) for row in data["records"])
            sources = tuple(_source(row) for row in data.get("sources", []))
            name = _typed("scenario", data["scenario"], str)
            return Trace(name, _lanes(data), initial, records, sources)
        except KeyError as error:
            raise TraceFileError(f"not a trace: {error} is missing") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise TraceFileError(f"not a trace: {error}") from None

    @staticmethod
    def load(path: str | Path) -> "Trace":
        """Read a trace that `save` wrote; a `TraceFileError` where that cannot be."""
        try:
            return Trace.from_dict(json.loads(Path(path).read_text(encoding="utf-8-sig")))
        except json.JSONDecodeError as error:
            raise TraceFileError(f"{path}: line {error.lineno}: not JSON: {error.msg}") from None
        except OSError as error:
            raise TraceFileError(f"{path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise TraceFileError(f"{path}: not a text file") from None
        except (ValueError, RecursionError) as error:
            raise TraceFileError(f"{path}: {error}") from None


def _initial(found: Any) -> dict[str, int]:
    for location in _typed("initial", found, dict):
        if not all(location.partition(".")):
            raise ValueError(f"{location!r:.40} is no location: that is place.REGISTER")
    return {k: int(v, 16) for k, v in found.items()}


def _lanes(data: dict[str, Any]) -> tuple[str, ...]:
    return tuple(_typed("a lane", lane, str) for lane in _typed("lanes", data["lanes"], list))


def _plain(record: Record) -> dict[str, Any]:
    row = {k: v for k, v in asdict(record).items() if v or k == "time"}
    if record.changes:
        row["changes"] = {k: [hex(old), hex(new)] for k, (old, new) in record.changes.items()}
    if record.value is not None:
        row["value"] = hex(record.value)
    if record.names:
        row["names"] = {name: hex(value) for name, value in record.names.items()}
    return row


def _source(row: Any) -> Source:
    file, first, text = _typed("a source", row, list)
    first = _typed("a first line", first, int)
    return Source(_typed("a file", file, str), first, _typed("a text", text, str))


def _typed(name: str, value: Any, kind: type[Kind]) -> Kind:
    if type(value) is not kind:
        raise ValueError(f"{name} is {value!r:.40}, not {KINDS[kind]}")
    return value


def _record(row: dict[str, Any], initial: dict[str, int]) -> Record:
    known = {f.name for f in fields(Record)}
    extra = set(_typed("a record", row, dict)) - known
    if extra:
        raise ValueError(f"no field {min(extra)} in a record; it has {' '.join(sorted(known))}")
    changed = _typed("changes", row.get("changes", {}), dict)
    changes = {k: (int(a, 16), int(b, 16)) for k, (a, b) in changed.items()}
    if not changes.keys() <= initial.keys():
        raise ValueError(f"{min(changes.keys() - initial.keys())} changes, but had no first value")
    row = {"cpu": 0, "reads": [], "marks": [], **row}
    names = {k: int(v, 16) for k, v in row.get("names", {}).items()}
    for name in (known - {"changes", "names"}) & row.keys():
        kind = {"time": int, "cpu": int, "reads": list, "marks": list}.get(name, str)
        _typed(name, row[name], kind)
    row |= {name: tuple(row[name]) for name in ("reads", "marks")}
    value = int(row["value"], 16) if "value" in row else None
    return Record(**{**row, "value": value, "changes": changes, "names": names})


KINDS = {str: "text", int: "a whole number", list: "a list", dict: "an object"}
HEADING = "    #    cycle cpu who      hook                 what"


def line(i: int, record: Record) -> str:
    """Print record `i`, under the number of the step that it is: the first is step 1."""
    changed = "  ".join(
        f"{location}: {old:#x} -> {new:#x}" for location, (old, new) in record.changes.items()
    )
    what = f"{record.text:<42}" if changed else record.text
    where = f"{i + 1:>5} {record.time:>8} {record.cpu:>3} {record.who:<8} {record.hook:<20} "
    return f"{where}{what}  {changed}".rstrip()
