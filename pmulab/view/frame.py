"""The card that a chart is: a title, a legend with samples, figures, and the numbers as a table.

bqplot or SVG draws the figure alone: bqplot's own legend may cover what it explains. Lines and bars
differ in style and stand beside their names, so colour is never needed.

Does not show: how the numbers came about.
"""

from collections.abc import Iterable
from html import escape

import ipywidgets

from pmulab.sim.tables import columns, html_table
from pmulab.view.assets import style
from pmulab.view.svg import DASHES
from pmulab.view.twins import Twins


class Chart(Twins, ipywidgets.VBox):
    """Figures with their numbers as a table that opens below."""

    # The static table is cut after so many rows; None cuts nothing.
    most_rows: int | None = None

    def __init__(
        self, title: str, titles: list[str], rows: list[list[str]], figures, legend, below=()
    ):
        self.title, self.titles, self.rows = title, titles, rows
        values = f"<details><summary>The values as a table</summary>{self.to_html()}</details>"
        head = ipywidgets.HTML(_head(self.heading(), legend))
        children = [head, *figures, *below, ipywidgets.HTML(values)]
        super().__init__(children, _dom_classes=["pmulab-chart"])

    def heading(self) -> str:
        """Return what stands above the figures."""
        return self.title

    def to_text(self) -> str:
        """Print the numbers of the chart."""
        return "\n".join([self.title, "", columns([self.titles, *self.rows])])

    def to_html(self) -> str:
        """Write the numbers of the chart as a static table."""
        rows = self.rows[: self.most_rows]
        cut = len(rows) < len(self.rows)
        more = f", the first {len(rows)} of {len(self.rows)} rows" if cut else ""
        return html_table(self.title + more, self.titles, rows)

    def __repr__(self) -> str:
        return f"Chart: {self.title}"


def _head(title: str, legend: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<li>{sample}<span>{escape(says)}</span></li>" for sample, says in legend)
    # The style travels with each chart: a front end that opens a stored page has no other place.
    look = f"<style>{style('chart')}</style>"
    return f'{look}<h2>{escape(title)}</h2><ul class="pc-legend">{items}</ul>'


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
