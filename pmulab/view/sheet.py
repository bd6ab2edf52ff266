"""A few quantities over a whole trace, as rows: what each is at any position, in words.

A row is a list of points; a point says what holds from its position on. The maps and boards are
sheets with different rows; widget, text twin and static table are all drawn from a sheet.

Does not show: positions at which no row changes, except by their number.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from pmulab.sim.trace import Record, Trace
from pmulab.view.html import table
from pmulab.view.steps import heading, is_hardware, loaded, place_names, sentence, tones
from pmulab.view.words import CHANGED, SHEET


class Shown(NamedTuple):
    """What a row shows: a few letters, how they look, and the cells of the table."""

    label: str
    look: str
    cells: tuple[str, ...]


class Now(NamedTuple):
    """One position: its number, the record that led there, the state, who is on each PE."""

    n: int
    record: Record | None
    state: dict[str, int]
    on: dict[int, str]


class Facts(NamedTuple):
    """What a view finds at one position: a sentence and what each row shows."""

    says: str
    rows: tuple[Shown, ...]
    boundary: int = -1


class Beside(NamedTuple):
    """A column that a view puts beside the table: its title, a sentence, a cell for each row."""

    title: str
    says: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A quantity over time: (position, what it shows from there on)."""

    name: str
    kind: str
    points: tuple[tuple[int, Shown], ...]

    def at(self, n: int) -> tuple[int, Shown]:
        """Return the point that holds at position n."""
        return self.points[bisect_right(self.points, n, key=lambda point: point[0]) - 1]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows over a trace, the sentence for each position, and the names of its turning points."""

    title: str
    trace: Trace
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    says: tuple[tuple[int, str], ...]
    names: tuple[tuple[int, str], ...]
    boundary: tuple[tuple[int, int], ...] = ()
    legend: tuple[tuple[str, str, str], ...] = ()

    def sentence(self, n: int) -> str:
        """Say in words what holds at position n."""
        return self.says[bisect_right(self.says, n, key=lambda point: point[0]) - 1][1]

    def table(self, n: int) -> list[list[str]]:
        """Return the table at position n; what changed with the last record is signed."""
        return [self._line(row, n) for row in self.rows]

    def _line(self, row: Row, n: int) -> list[str]:
        since, shown = row.at(n)
        return [row.name, CHANGED if since == n and n else "", *shown.cells]

    def lines(self, n: int, beside: Beside | None = None) -> list[list[str]]:
        """Return the titles and the table at position n, and what stands beside it."""
        lines = [[self.columns[0], "", *self.columns[1:]], *self.table(n)]
        more = (beside.title, *beside.cells) if beside else ()
        return [[*line, cell] for line, cell in zip(lines, more)] if beside else lines

    def head(self, n: int, beside: Beside | None = None) -> list[str]:
        """Return the sentences for position n: where it is, the record, what holds."""
        self.trace.snapshot(n)
        named = dict(self.names).get(n, "")
        record = self.trace.records[n - 1] if n else None
        what = sentence(record) + (f"  [{named}]" if named else "")
        said = [f"{self.title}. {heading(self.trace, n)}", what, self.sentence(n)]
        return [*said, beside.says] if beside else said

    def to_text(self, n: int, beside: Beside | None = None) -> str:
        """Print position n."""
        lines = self.lines(n, beside)
        widths = [max(map(len, column)) for column in zip(*lines)]
        cells = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([*self.head(n, beside), "", *cells])

    def to_html(self, n: int, beside: Beside | None = None) -> str:
        """Write position n as a paragraph and a table."""
        first, *rest = map(escape, self.head(n, beside))
        titles, *rows = (list(map(escape, line)) for line in self.lines(n, beside))
        parts = table(SHEET.format(title=self.title, n=n), titles, rows)
        paragraph = f"<p>{'<br>'.join([f'<strong>{first}</strong>', *rest])}</p>"
        return "\n".join(['<div class="pmulab-static">', paragraph, *parts, "</div>"])


def positions(trace: Trace) -> Iterator[tuple[Now, bool]]:
    """Yield each position in order, and whether state or loading differ from the one before."""
    state, on = dict(trace.initial), {}
    moves = {}
    for n, cpu, guest in loaded(trace):
        moves.setdefault(n, []).append((cpu, guest))
    on |= dict(moves.get(0, ()))
    yield Now(0, None, state, on), True
    for n, record in enumerate(trace, 1):
        state |= {at: new for at, (_, new) in record.changes.items()}
        on |= dict(moves.get(n, ()))
        yield Now(n, record, state, on), bool(record.changes) or n in moves


def build(
    title: str,
    trace: Trace,
    columns: tuple[str, ...],
    names: tuple[tuple[str, str], ...],
    facts: Callable[[Now], Facts],
    moment: Callable[[Now], str] = lambda now: "",
    legend: tuple[tuple[str, str, str], ...] = (),
    also: Callable[[Now], bool] = lambda now: False,
) -> Sheet:
    """Gather a sheet: `facts` at each position where something differs, kept where it changes."""
    points, says, bounds, named = [[] for _ in names], [], [], []
    for now, differs in positions(trace):
        if differs or also(now):
            found = facts(now)
            for kept, shown in zip(points, found.rows):
                _keep(kept, now.n, shown)
            _keep(says, now.n, found.says)
            _keep(bounds, now.n, found.boundary)
        name = moment(now) if now.n else ""
        if name:
            named.append((now.n, name))
    rows = tuple(Row(*name, tuple(kept)) for name, kept in zip(names, points))
    bounds = tuple(bounds) if any(row >= 0 for _, row in bounds) else ()
    return Sheet(title, trace, columns, rows, tuple(says), tuple(named), bounds, legend)


def _keep(kept: list, n: int, what) -> None:
    if not kept or kept[-1][1] != what:
        kept.append((n, what))


# ---- who there is


def cpus(trace: Trace) -> list[str]:
    """List the PEs of a trace."""
    return [name for name in place_names(trace) if is_hardware(name)]


def guests(trace: Trace) -> list[str]:
    """List the vCPUs of a trace."""
    return [name for name in place_names(trace) if not is_hardware(name)]


def tone(trace: Trace, name: str) -> str:
    """Name the colour of a lane, as in the player: grey for the host, the vCPUs take turns."""
    return f"tone{tones(trace.lanes).get(name, 0)}"


def swap_name(now: Now) -> str:
    """Name a load or put with its vCPU."""
    record = now.record
    return f"{record.kind} {record.vcpu}" if record.kind in ("load", "put") else ""
