"""The frame that charts share: a card as the other views have, a title, a legend with samples.

bqplot draws the figure alone, and its own legend may cover what it explains.

Does not show: data.
"""

from collections.abc import Iterable
from html import escape

import ipywidgets

from pmulab.view.assets import style
from pmulab.view.figures import are_drawn

DASHES = {"solid": "", "dashed": "9,6", "dotted": "2,5", "dash_dotted": "9,4,2,4"}


def framed(title: str, legend: Iterable[tuple[str, str]], figures, table: str, below=()) -> dict:
    """Return what makes a VBox a card: head, figures, and the values as a table that opens.

    Where nothing can be drawn one sentence says so, there is nothing to explain, and the table is
    open.
    """
    pictures = are_drawn(figures)
    figures, legend = (figures, legend) if pictures else (figures[:1], ())
    items = "".join(f"<li>{sample}<span>{escape(says)}</span></li>" for sample, says in legend)
    head = f'<h2>{escape(title)}</h2><ul class="pc-legend">{items}</ul>'
    state, words = "" if pictures else " open", "The values as a table"
    values = f"<details{state}><summary>{words}</summary>{table}</details>"
    # The style travels with each chart: a front end that opens a stored page has no other place.
    look = f"<style>{style('chart')}</style>"
    children = [ipywidgets.HTML(look + head), *figures, *below, ipywidgets.HTML(values)]
    return {"children": children, "_dom_classes": ["pmulab-chart"]}


# The card's ground shows through: bqplot's own is another one in the dark theme.
GROUND = {"fill": "none"}


def line(colour: str, style: str, width: float = 3.5) -> str:
    """Draw a sample of a line."""
    look = f'stroke="{colour}" stroke-width="{width}" stroke-dasharray="{DASHES[style]}"'
    return _sample(f'<path d="M1,7h40" fill="none" {look}/>')


def box(colour: str, filled: bool) -> str:
    """Draw a sample of a bar."""
    look = f'fill="{colour}" fill-opacity="{1 if filled else 0.12}" stroke="{colour}"'
    return _sample(f'<path d="M1,1h18v12h-18z" stroke-width="2" {look}/>', 20)


def _sample(content: str, width: int = 42) -> str:
    return f'<svg width="{width}" height="14" aria-hidden="true">{content}</svg>'
