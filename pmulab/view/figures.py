"""What figures of bqplot have in common, and what stands in their place where there is no bqplot.

bqplot needs numpy and pandas, which a Python in a browser may not have. A chart has its numbers as
a table as well, so a page without bqplot lacks the picture only, and says so.

Does not show: numbers; a chart has them in its table.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import ipywidgets

from pmulab.view.assets import style
from pmulab.view.plotting import load_bqplot
from pmulab.view.steps import tones

NOTE = "The chart needs numpy and bqplot, which this page could not load; its numbers are below."
INK = "#808080"
THEME = "var(--jp-ui-font-color1)"
# Of A, of B, of C. Names stand beside the lines as well.
COLOURS = tuple(re.findall(r"--pl-guest\d: (#\w{6})", style("palette")))
STYLES = ("dashed", "dotted", "dash_dotted")
MARGIN = {"top": 16, "bottom": 45, "left": 85, "right": 28}
# The card's ground shows through: bqplot's own is another one in the dark theme.
GROUND = {"fill": "none"}

Points = Sequence[tuple[int, int]]


def drawn(draw: Callable) -> Callable:
    """Make a function that takes bqplot return a sentence instead where it cannot be loaded."""

    @wraps(draw)
    def draw_or_say(*args):
        try:
            # Not before: a page without charts need not wait for it.
            bqplot = load_bqplot()
        except ImportError:
            return ipywidgets.HTML(f'<p role="note">{NOTE}</p>')
        return draw(bqplot, *args)

    return draw_or_say


def are_drawn(figures: list) -> bool:
    """Tell figures from the sentences in their place."""
    return all(hasattr(figure, "marks") for figure in figures)


def looks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Choose (colour, line style) for each of some lines: a guest's own; others take turns."""
    return {name: (COLOURS[k - 1], STYLES[k - 1]) for name, k in tones(names).items()}


def along(points: Points) -> tuple[list, list]:
    """Return a line's points as all x, all y."""
    return [x for x, _ in points], [float(y) for _, y in points]


def corners(left: float, right: float, low: float, high: float) -> tuple[list, list]:
    """Return a box as a line around it: all x, all y."""
    return [left, right, right, left, left], [low, low, high, high, low]


class Plot:
    """A figure in the making: scales from (first, last) each, and the marks drawn so far."""

    def __init__(self, bqplot, x: tuple[float, float], y: tuple[float, float], **down):
        self.bqplot = bqplot
        self.scales = {
            "x": bqplot.LinearScale(min=x[0], max=x[1]),
            "y": bqplot.LinearScale(min=y[0], max=y[1], **down),
        }
        self.marks: list[Any] = []

    def line(self, x: list, y: list, colour: str, **look) -> None:
        """Draw a line through points; lists of lists are several lines."""
        self.marks.append(self.bqplot.Lines(x=x, y=y, scales=self.scales, colors=[colour], **look))

    def box(self, x: list, y: list, colour: str, **look) -> None:
        """Draw a line around corners and fill what is inside."""
        self.line(x, y, colour, fill_colors=[colour], fill="inside", **look)

    def write(self, said: Sequence[tuple[str, float, float]], **look) -> None:
        """Write texts, as (text, x, y)."""
        text, x, y = map(list, zip(*(said or [("", 0, 0)])))
        look = {"default_size": 13, "font_weight": "bold", "colors": [THEME], **look}
        self.marks.append(self.bqplot.Label(text=text, x=x, y=y, scales=self.scales, **look))

    def end_names(self, lines: Mapping[str, Points], last: float, top: float) -> None:
        """Write each line's name at its end, moved apart where two lines end together."""
        said, low = [], 0.0
        for name, points in sorted(lines.items(), key=lambda item: item[1][-1][1]):
            height = max(float(points[-1][1]), low)
            said.append((name, last * 1.01, height))
            low = height + top * 0.08
        self.write(said, align="start")

    def figure(self, x: dict, y: dict, height: int = 300):
        """Return the figure of all marks, given what its axes have of their own."""
        flat = {"grid_lines": "none", "label_offset": "2.7em"}
        upright = {"orientation": "vertical", "label_offset": "4.5em"}
        axes = [
            self.bqplot.Axis(scale=self.scales["x"], label_color=THEME, **flat, **x),
            self.bqplot.Axis(scale=self.scales["y"], label_color=THEME, **upright, **y),
        ]
        return self.bqplot.Figure(
            marks=self.marks,
            axes=axes,
            layout=ipywidgets.Layout(width="100%", min_width="0", height=f"{height}px"),
            fig_margin=MARGIN,
            display_toolbar=False,
            background_style=GROUND,
        )
