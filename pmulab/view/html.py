"""The player as a static page: what a reader sees where no widget runs.

The tables are plain HTML without style or script, so that every front end shows them and a
notebook's stored output is the same on every machine.

Does not show: anything that moves; the lanes of who ran when.
"""

from collections.abc import Iterable
from html import escape

from pmulab.sim.tables import Html, html_table
from pmulab.sim.trace import Record, Trace
from pmulab.view.steps import Cell, Step, step
from pmulab.view.text import AROUND, nearby
from pmulab.view.words import REGISTERS, SIGNS


def to_html(trace: Trace, n: int) -> str:
    """Write position n as a paragraph and two tables: the records around it, the registers."""
    now = step(trace, n)
    marks = "".join(f" [{mark}]" for mark in now.marks)
    said = [now.heading, now.sentence + marks, *filter(None, (now.held, now.travels))]
    return page(said, _records(trace, n), _registers(now))


def page(said: Iterable[str], *tables: str) -> str:
    """Write sentences, of which the first stands out, and tables."""
    return "\n".join(['<div class="pmulab-static">', paragraph(said), *tables, "</div>"])


def paragraph(said: Iterable[str]) -> str:
    """Write sentences, a line each; the first stands out."""
    first, *rest = map(escape, said)
    return f"<p>{'<br>'.join([f'<strong>{first}</strong>', *rest])}</p>"


def _records(trace: Trace, n: int) -> str:
    rows = [
        [f"▸ {i + 1}" if i == n - 1 else f"{i + 1}", *_record(trace.records[i])]
        for i in nearby(len(trace), n, AROUND)
    ]
    return html_table("Records around it", ["#", "cycle", "who", "what", "source"], rows)


def _record(record: Record) -> tuple[str, ...]:
    place = f"{record.at}: {record.code}" if record.at else ""
    return str(record.time), record.who, record.text, place


def _registers(now: Step) -> str:
    heads = [Html(f"{escape(name)}<br>{escape(says)}") for name, says in now.places]
    rows = [[name, *map(_cell, cells)] for name, cells in now.rows]
    return html_table(REGISTERS.format(n=now.n), ["register", *heads], rows)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return ""
    sign = f"<strong>{SIGNS[cell.sign]} {cell.sign}</strong> " if cell.sign else ""
    return Html(f"{sign}<code>{cell.value:#x}</code> {escape(cell.detail)}".rstrip())
