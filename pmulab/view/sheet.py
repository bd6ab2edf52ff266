"""A few quantities over a whole trace, as rows: what each is at any position, in words.

A row is a list of points; a point says what holds from its position on. The maps and boards are
sheets with different rows; widget, text twin and static table are all drawn from a sheet.

Does not show: positions at which no row changes, except by their number.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pmulab.sim.tables import columns, html_table
from pmulab.sim.trace import Record, Trace
from pmulab.view.html import page
from pmulab.view.steps import heading, is_hardware, loaded, place_names, sentence, tones
from pmulab.view.words import CHANGED, SHEET


class Shown(NamedTuple):
    """What a row shows: a few letters, how they look, and the cells of the table."""

    label: str
    look: str
    cells: tuple[str, ...]


class Now(NamedTuple):
    """One position: its number, the state, who is on each PE."""

    n: int
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


def _held(points, n: int):
    """Return the point that holds at position n: the last that is not after it."""
    return points[bisect_right(points, n, key=lambda point: point[0]) - 1]


@dataclass(frozen=True, slots=True)
class Row:
    """A quantity over time: (position, what it shows from there on)."""

    name: str
    kind: str
    points: tuple[tuple[int, Shown], ...]

    def at(self, n: int) -> tuple[int, Shown]:
        """Return the point that holds at position n."""
        return _held(self.points, n)


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
        return _held(self.says, n)[1]

    def table(self, n: int) -> list[list[str]]:
        """Return the table at position n; what changed with the last record is signed."""
        points = [(row.name, *row.at(n)) for row in self.rows]
        return [
            [name, CHANGED if since == n and n else "", *shown.cells]
            for name, since, shown in points
        ]

    def lines(self, n: int, beside: Beside | None = None) -> list[list[str]]:
        """Return the titles and the table at position n, and what stands beside it."""
        lines = [[self.columns[0], "", *self.columns[1:]], *self.table(n)]
        more = (beside.title, *beside.cells) if beside and beside.cells else ()
        return [[*line, cell] for line, cell in zip(lines, more)] if more else lines

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
        return "\n".join([*self.head(n, beside), "", columns(self.lines(n, beside))])

    def to_html(self, n: int, beside: Beside | None = None) -> str:
        """Write position n as a paragraph and a table."""
        titles, *rows = self.lines(n, beside)
        caption = SHEET.format(title=self.title, n=n)
        return page(self.head(n, beside), html_table(caption, titles, rows))


def positions(trace: Trace) -> Iterator[tuple[Now, bool]]:
    """Yield each position in order, and whether state or loading differ from the one before."""
    moves: dict[int, dict[int, str]] = {}
    for n, cpu, guest in loaded(trace):
        moves.setdefault(n, {})[cpu] = guest
    state, on = dict(trace.initial), dict(moves.get(0, {}))
    yield Now(0, state, on), True
    for n, record in enumerate(trace, 1):
        state |= {at: new for at, (_, new) in record.changes.items()}
        on |= moves.get(n, {})
        yield Now(n, state, on), bool(record.changes) or n in moves


def build(
    title: str,
    trace: Trace,
    columns: tuple[str, ...],
    names: tuple[tuple[str, str], ...],
    facts: Callable[[Now], Facts],
    moment: Callable[[Record], str],
    legend: tuple[tuple[str, str, str], ...] = (),
    also: Callable[[Now], bool] = lambda now: False,
) -> Sheet:
    """Gather a sheet: `facts` at each position where something differs, kept where it changes.

    `own` in the look of a sample of the legend is the first guest's colour.
    `moment` names a record that is a turning point, else it returns an empty text; `also` finds
    positions at which something differs that is neither state nor loading.
    """
    points: list[list[tuple[int, Shown]]] = [[] for _ in names]
    says: list[tuple[int, str]] = []
    bounds: list[tuple[int, int]] = []
    for now, differs in positions(trace):
        if differs or also(now):
            found = facts(now)
            for kept, shown in zip(points, found.rows):
                _keep(kept, now.n, shown)
            _keep(says, now.n, found.says)
            _keep(bounds, now.n, found.boundary)
    rows = tuple(Row(*name, tuple(kept)) for name, kept in zip(names, points))
    named = tuple((n, name) for n, name in enumerate(map(moment, trace), 1) if name)
    boundary = tuple(bounds) if any(row >= 0 for _, row in bounds) else ()
    own = tone(trace, next(iter(guests(trace)), ""))
    samples = tuple((look.replace("own", own), text, what) for look, text, what in legend)
    return Sheet(title, trace, columns, rows, tuple(says), named, boundary, samples)


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
    """Name the colour of a lane, as in the player: grey for the host, its own for a vCPU."""
    return f"tone{tones(trace.lanes).get(name, 0)}"


def swap_name(record: Record) -> str:
    """Name a load or put with its vCPU."""
    return f"{record.kind} {record.vcpu}" if record.kind in ("load", "put") else ""
