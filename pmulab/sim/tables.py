"""Tables: rows as text in columns that align, and rows as HTML.

Not modelled: characters wider than one column; a cell of more than one line.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import zip_longest

ALIGN = {"<": str.ljust, ">": str.rjust}


def columns(rows: Iterable[Sequence[str]], sides: str = "<", gap: int = 2) -> str:
    """Print rows in columns, each as wide as its widest cell.

    `sides` has a letter for each column, `<` for left and `>` for right; the last one goes on. Of a
    row that ends early the last cell has the rest of the line to itself: it widens no column.
    """
    rows = list(rows)
    count = max(map(len, rows), default=0)
    fitted = [row if len(row) == count else row[:-1] for row in rows]
    widths = [max(map(len, column)) for column in zip_longest(*fitted, fillvalue="")]
    return "\n".join(aligned(row, widths, sides, gap) for row in rows)


def aligned(cells: Iterable[str], widths: Sequence[int], sides: str = "<", gap: int = 2) -> str:
    """Print one row in columns of these widths, for a table that grows while it is printed."""
    each = zip(cells, widths, sides.ljust(len(widths), sides[-1]))
    return (" " * gap).join(ALIGN[side](cell, width) for cell, width, side in each).rstrip()


class Html(str):
    """A cell that is HTML already."""


def html_table(
    caption: str, titles: Iterable[str], rows: Iterable[Iterable[str]], look: str = ""
) -> str:
    """Write rows as an HTML table, each cell with the attribute `look`.

    The first cell of a row is its heading. Text is escaped; an `Html` goes in as it is.
    """
    heads = "".join(_tag('th scope="col"', title, look) for title in titles)
    head = f"<thead><tr>{heads}</tr></thead>"
    return "\n".join(
        [f"<table>{_tag('caption', caption, look)}", head, "<tbody>"]
        + [f"<tr>{_row(row, look)}</tr>" for row in rows]
        + ["</tbody></table>"]
    )


def _row(cells: Iterable[str], look: str) -> str:
    first, *rest = cells
    return _tag('th scope="row"', first, look) + "".join(_tag("td", cell, look) for cell in rest)


def _tag(opened: str, cell: str, look: str) -> str:
    inside = cell if isinstance(cell, Html) else escape(cell)
    return f"<{f'{opened} {look}'.rstrip()}>{inside}</{opened.split()[0]}>"
