"""What charts have in common: figures of bqplot, or of SVG where there is no bqplot.

bqplot needs numpy and pandas, which a Python in a browser may not have. The same calls draw both.

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
from pmulab.view.svg import Label, Line, Picture

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
    """Make a function that takes bqplot draw without it where it cannot be loaded."""

    @wraps(draw)
    def draw_anyhow(*args):
        try:
            # Not before: a page without charts need not wait for it.
            bqplot = load_bqplot()
        except ImportError:
            bqplot = None
        return draw(bqplot, *args)

    return draw_anyhow


def looks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Choose (colour, line style) for each of some lines: a guest's own; others take turns."""
    return {name: (COLOURS[k - 1], STYLES[k - 1]) for name, k in tones(names).items()}


def along(points: Points) -> tuple[list, list]:
    """Return a line's points as all x, all y."""
    return [x for x, _ in points], [float(y) for _, y in points]


def corners(left: float, right: float, low: float, high: float) -> tuple[list, list]:
    """Return a box as a line around it: all x, all y."""
    return [left, right, right, left, left], [low, low, high, high, low]


def plot(bqplot, x: tuple[float, float], y: tuple[float, float], **down) -> "Plot":
    """Begin a figure of bqplot, or of SVG without it; scales are (first, last) each."""
    return Plot(bqplot, x, y, **down) if bqplot else Sketch(x, y, **down)


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
        self._line(x, y, {"colors": [colour], **look})

    def _line(self, x: list, y: list, look: dict) -> None:
        self.marks.append(self.bqplot.Lines(x=x, y=y, scales=self.scales, **look))

    def box(self, x: list, y: list, colour: str, **look) -> None:
        """Draw a line around corners and fill what is inside."""
        self.line(x, y, colour, fill_colors=[colour], fill="inside", **look)

    def write(self, said: Sequence[tuple[str, float, float]], **look) -> None:
        """Write texts, as (text, x, y)."""
        text, x, y = map(list, zip(*(said or [("", 0, 0)])))
        look = {"default_size": 13, "font_weight": "bold", "colors": [THEME], **look}
        self._write(text, x, y, look)

    def _write(self, text: list, x: list, y: list, look: dict) -> None:
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


class Sketch(Plot):
    """A figure of SVG in the making."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float], **down):
        self.picture = Picture(x, y, **down)
        self.marks = self.picture.marks

    def _line(self, x: list, y: list, look: dict) -> None:
        self.marks.append(Line(self.picture, x, y, look))

    def _write(self, text: list, x: list, y: list, look: dict) -> None:
        self.marks.append(Label(self.picture, text, x, y, look))

    def figure(self, x: dict, y: dict, height: int = 300):
        """Return the figure of all marks, given what its axes have of their own."""
        self.picture.axes, self.picture.height = (x, y), height
        self.picture.draw()
        return self.picture
