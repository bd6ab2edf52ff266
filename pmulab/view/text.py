"""The player in plain text: the same facts, for readers, terminals and tests.

Does not show: who ran when over the whole trace; print the trace itself for that.
"""

from pmulab.sim.tables import columns
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
    # What the line's names were, and which way a value went.
    parts += [f"    {said}" for said in (now.held, now.travels) if said]
    rest = hidden(trace)
    closing = ["", f"{ZERO}: {' '.join(rest)}"] if rest else []
    return "\n".join([*parts, "", *around(trace, n), "", _table(now), *closing])


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


def _table(now: Step) -> str:
    digits = [_digits(cells) for cells in zip(*(cells for _, cells in now.rows))]
    lines = [["", *(f"{name} ({caption})" for name, caption in now.places)]]
    for name, (first, *rest) in now.rows:
        line = [name, *map(_cell, (first, *rest), digits)]
        # A register of the hardware alone ends its row early, so its fields widen no column.
        lines.append(line if any(rest) else line[:2])
    return columns(lines, gap=3)


def _digits(cells: tuple[Cell | None, ...]) -> int:
    return max(len(f"{cell.value:#x}") if cell else 0 for cell in cells)


def _cell(cell: Cell | None, width: int) -> str:
    if cell is None:
        return ""
    return f"{SIGNS[cell.sign]} {cell.value:>#{width}x} {cell.detail}".rstrip()
