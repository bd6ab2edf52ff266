"""The player in plain text: the same facts, for readers, terminals and tests.

Does not show: who ran when over the whole trace; print the trace itself for that.
"""

from itertools import zip_longest

from pmulab.sim.trace import Trace, line
from pmulab.view.steps import Cell, Step, hidden, step
from pmulab.view.words import SIGNS, ZERO

AROUND = 2


def to_text(trace: Trace, n: int) -> str:
    """Print position n: the record in words, its source line, the registers in every place."""
    now = step(trace, n)
    marks = f"  [{' '.join(now.marks)}]" if now.marks else ""
    parts = [now.heading, now.sentence + marks]
    if now.source:
        parts += [f"{now.source}", f"    {now.code}".rstrip()]
    rest = hidden(trace)
    closing = ["", f"{ZERO}: {' '.join(rest)}"] if rest else []
    return "\n".join([*parts, "", *around(trace, n), "", *_table(now), *closing])


def around(trace: Trace, n: int) -> list[str]:
    """Print the records before and after position n, the last one that happened marked."""
    return [
        f"{'>' if i == n - 1 else ' '}{line(i, trace.records[i])}"
        for i in nearby(len(trace), n, AROUND)
    ]


def nearby(length: int, n: int, reach: int) -> range:
    """Return the numbers of the records around position n, as many at the ends as elsewhere."""
    size = min(2 * reach + 1, length)
    first = min(max(n - 1 - reach, 0), length - size)
    return range(first, first + size)


def _table(now: Step) -> list[str]:
    values = [_width(cells) for cells in zip(*(cells for _, cells in now.rows))]
    lines = [["", *(f"{name} ({caption})" for name, caption in now.places)]]
    lines += [[name, *map(_cell, cells, values)] for name, cells in now.rows]
    # A register of the hardware alone has its row to itself, so its fields widen no column.
    aligned = [line if any(line[2:]) else line[:1] for line in lines]
    widths = [max(map(len, column)) for column in zip_longest(*aligned, fillvalue="")]
    return ["   ".join(map(str.ljust, cells, widths)).rstrip() for cells in lines]


def _width(cells: tuple[Cell | None, ...]) -> int:
    return max(len(f"{cell.value:#x}") if cell else 0 for cell in cells)


def _cell(cell: Cell | None, width: int) -> str:
    if cell is None:
        return ""
    return f"{SIGNS[cell.sign]} {cell.value:>#{width}x} {cell.detail}".rstrip()
