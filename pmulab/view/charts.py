"""Charts of numbers that others measured: against a private PMU, and what an approach costs.

The numbers are passed in, so a view needs nothing of the machine.

Does not show: how the numbers came about.
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets

from pmulab.view.figures import COLOURS, INK, THEME, Points, along, corners, drawn, looks, plot
from pmulab.view.frame import Chart, box, line
from pmulab.view.heat import Choice
from pmulab.view.slider import Slider
from pmulab.view.twins import Twins

Pairs = Sequence[tuple[str, float, float]]
# Where two lines lie on each other the thin one is seen inside the wide one.
FIRST, OTHER = 2, 6


def against_private(series: Mapping[str, Points], title: str = "Counts over time") -> Chart:
    """Draw counts over time as (cycle, count); the first, thin and on top, is a private PMU's."""
    if not series or not all(len(points) for points in series.values()):
        raise ValueError("each series needs a name and at least one (cycle, count)")
    times = sorted({time for points in series.values() for time, _ in points})
    rows = [[f"{time}", *(f"{held(points, time)}" for points in series.values())] for time in times]
    legend = [(line(*look), name) for name, look in _looks(series).items()]
    return Chart(title, ["cycle", *series], rows, [_lines(series)], legend)


def costs(
    measures: Mapping[str, Pairs],
    names: tuple[str, str] = ("emulated", "partitioned"),
    tops: Mapping[str, float] | None = None,
) -> Chart:
    """Draw what two approaches cost: for each measure rows of (workload, first, second).

    `tops` are the ends of the axes, where two charts are to be compared.
    """
    if not measures or not all(measures.values()):
        raise ValueError("each measure needs a name and at least one (workload, first, second)")
    rows = [
        [measure, what, f"{first:,}", f"{second:,}", ratio(first, second)]
        for measure, lines in measures.items()
        for what, first, second in lines
    ]
    ends = {measure: _top(lines) for measure, lines in measures.items()} | dict(tops or {})
    figures = [_bars(measure, lines, ends[measure]) for measure, lines in measures.items()]
    legend = [
        (box(BARS[0][0], True), f"{names[0]} (left, filled)"),
        (box(BARS[1][0], False), f"{names[1]} (right, outlined)"),
    ]
    titles = ["measure", "workload", *names, f"{names[0]} / {names[1]}"]
    return Chart("What it costs", titles, rows, figures, legend)


def costs_by(
    make: Callable[[float], Mapping[str, Pairs]], choice: Choice, first: float
) -> "CostDesk":
    """Draw costs that depend on a price: `make` gives them for each value of (name, values)."""
    return CostDesk(make, choice, first)


class CostDesk(Twins, ipywidgets.VBox):
    """The chart of costs below a slider for the price."""

    children: Any

    def __init__(self, make: Callable[[float], Mapping[str, Pairs]], choice: Choice, first: float):
        self.make, self.slider = make, Slider(*choice, index=list(choice[1]).index(first))
        # One axis for all prices: else bars would hardly move.
        self.tops: dict[str, float] = {}
        for measures in map(make, choice[1]):
            for measure, lines in measures.items():
                self.tops[measure] = max(_top(lines), self.tops.get(measure, 0))
        self.slider.observe(lambda change: self.look(), "index")
        super().__init__()
        self.look()

    def look(self) -> None:
        """Draw what it costs at the chosen price."""
        self.chart = costs(self.make(self.slider.value), tops=self.tops)
        self.children = (self.slider, self.chart)

    def _said(self) -> str:
        return f"{self.slider.label}: {self.slider.value}"

    def to_text(self) -> str:
        """Print the price and the costs."""
        return f"{self._said()}\n{self.chart.to_text()}"

    def to_html(self) -> str:
        """Write the same as a static table."""
        return f"<p>{escape(self._said())}</p>{self.chart.to_html()}"

    def __repr__(self) -> str:
        return f"Chart: {self.chart.title}, {self._said()}"


def held(points: Points, time: int) -> int:
    """Return the count of the last point that is not after a time."""
    return next((count for at, count in reversed(points) if at <= time), points[0][1])


def ratio(first: float, second: float) -> str:
    """Say how many times more the first costs."""
    if first == second:
        return "1 times"
    return f"{first / second:.3g} times" if second else "only the first"


# ---- figures

# The colour of a bar and how far it is filled: grey is nobody's, blue a guest's own counters.
BARS = ((INK, 1.0), (COLOURS[0], 0.12))


def _looks(series: Mapping[str, Points]) -> dict[str, tuple[str, str, int]]:
    """Choose (colour, style, width) for each line."""
    first, *rest = series
    others = {name: (*look, OTHER) for name, look in looks(rest).items()}
    return {first: (THEME, "solid", FIRST), **others}


@drawn
def _lines(bqplot, series: Mapping[str, Points]):
    last = max(time for points in series.values() for time, _ in points) or 1
    top = max(count for points in series.values() for _, count in points) or 1
    made = plot(bqplot, (0, last * 1.18), (0, top * 1.1))
    for name, (colour, style, width) in reversed(_looks(series).items()):
        made.line(*along(series[name]), colour, line_style=style, stroke_width=width)
    made.end_names(series, last, top)
    return made.figure({"label": "cycle"}, {"label": "count"})


def _top(lines: Pairs) -> float:
    return max(1, *(value for _, *pair in lines for value in pair))


@drawn
def _bars(bqplot, measure: str, lines: Pairs, top: float):
    """Draw pairs of bars: the first of a pair filled, the second only outlined."""
    made = plot(bqplot, (-0.5, len(lines) - 0.5), (0, top * 1.18))
    said = []
    for place, (_, *pair) in enumerate(lines):
        for x, value, look in zip((place - 0.2, place + 0.2), pair, BARS):
            around = corners(x - 0.17, x + 0.17, 0.0, float(value))
            made.box(*around, look[0], fill_opacities=[look[1]], stroke_width=2.5)
            said.append((f"{value:,}", x, float(value)))
    made.write(said, align="middle", y_offset=-8)
    labels = {str(place): what for place, (what, *_) in enumerate(lines)}
    places = {"tick_values": list(range(len(lines))), "tick_labels": labels, "tick_format": "d"}
    heights = {"label": measure, "tick_values": [0, top / 2, top], "tick_format": ".3~s"}
    return made.figure({"label": "", **places}, heights, 240)
