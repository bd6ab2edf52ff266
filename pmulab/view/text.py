"""The player in plain text: the same facts, for readers, terminals and tests.

Does not show: who ran when over the whole trace; print the trace itself for that.
"""

from pmulab.sim.trace import Trace, line
from pmulab.view.steps import SIGNS, Cell, Step, hidden, step

AROUND = 2


def to_text(trace: Trace, n: int) -> str:
    """Print position n: the record in words, its source line, the registers in every place."""
    now = step(trace, n)
    marks = f"  [{' '.join(now.marks)}]" if now.marks else ""
    parts = [now.heading, now.sentence + marks]
    if now.source:
        parts += [f"{now.source}", f"    {now.code}".rstrip()]
    rest = hidden(trace)
    closing = ["", f"zero all the time: {' '.join(rest)}"] if rest else []
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
    titles = ["", *(f"{name} ({caption})" for name, caption in now.places)]
    columns = list(zip(*(cells for _, cells in now.rows))) or [()] * len(now.places)
    texts = [[name for name, _ in now.rows], *map(_column, columns)]
    widths = [max(map(len, [title, *column])) for title, column in zip(titles, texts)]
    lines = [titles, *zip(*texts)]
    return ["   ".join(map(str.ljust, cells, widths)).rstrip() for cells in lines]


def _column(cells: tuple[Cell | None, ...]) -> list[str]:
    width = max(len(f"{cell.value:#x}") for cell in cells if cell) if any(cells) else 0
    return ["" if cell is None else _cell(cell, width) for cell in cells]


def _cell(cell: Cell, width: int) -> str:
    return f"{SIGNS[cell.sign]} {cell.value:>#{width}x} {cell.detail}".rstrip()
