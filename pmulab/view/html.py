"""The player as a static page: what a reader sees where no widget runs.

The tables are plain HTML without style or script, so that every front end shows them and a
notebook's stored output is the same on every machine.

Does not show: anything that moves; the lanes of who ran when.
"""

from collections.abc import Iterable
from html import escape

from pmulab.sim.trace import Trace
from pmulab.view.steps import Cell, Step, step
from pmulab.view.text import AROUND, nearby
from pmulab.view.words import REGISTERS, SIGNS


def to_html(trace: Trace, n: int) -> str:
    """Write position n as a paragraph and two tables: the records around it, the registers."""
    now = step(trace, n)
    marks = "".join(f" [{mark}]" for mark in now.marks)
    lines = [
        '<div class="pmulab-static">',
        f"<p><strong>{escape(now.heading)}</strong><br>{escape(now.sentence)}{marks}</p>",
        *_records(trace, n),
        *_registers(now),
        "</div>",
    ]
    return "\n".join(lines)


def table(caption: str, titles: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Write a table; the first cell of each row is its heading; cells are HTML already."""
    heads = "".join(f'<th scope="col">{title}</th>' for title in titles)
    lines = [f"<table><caption>{escape(caption)}</caption>", f"<thead><tr>{heads}</tr></thead>"]
    lines.append("<tbody>")
    for first, *rest in rows:
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return [*lines, "</tbody></table>"]


def _records(trace: Trace, n: int) -> list[str]:
    rows = [
        [f"▸ {i + 1}" if i == n - 1 else f"{i + 1}", *map(escape, _record(trace.records[i]))]
        for i in nearby(len(trace), n, AROUND)
    ]
    return table("Records around it", ["#", "cycle", "who", "what", "source"], rows)


def _record(record) -> tuple[str, ...]:
    place = f"{record.at}: {record.code}" if record.at else ""
    return str(record.time), record.who, record.text, place


def _registers(now: Step) -> list[str]:
    titles = ["register", *(f"{escape(name)}<br>{escape(says)}" for name, says in now.places)]
    rows = [[escape(name), *map(_cell, cells)] for name, cells in now.rows]
    return table(REGISTERS.format(n=now.n), titles, rows)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    value = f"<code>{cell.value:#x}</code>"
    signed = f"<strong>{SIGNS[cell.sign]} {cell.sign}</strong> {value}" if cell.sign else value
    return f"{signed} {escape(cell.detail)}".rstrip()
