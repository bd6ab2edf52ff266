"""Charts of numbers that others measured: against a private PMU, and what an approach costs.

The numbers are passed in, so a view needs nothing of the machine. Each chart has its table below;
lines and bars differ in style and stand beside their names, so colour is never needed.

Does not show: how the numbers came about.
"""

from collections.abc import Mapping, Sequence
from html import escape

import ipywidgets

from pmulab.view.counters import COLOURS, STYLES, THEME
from pmulab.view.figures import drawn
from pmulab.view.frame import GROUND, box, framed, line
from pmulab.view.html import table

Points = Sequence[tuple[int, int]]
LAYOUT = {"width": "100%", "min_width": "0", "height": "300px"}
# Where two lines lie on each other the thin one is seen inside the wide one.
FIRST, OTHER = 2, 6
MARGIN = {"top": 16, "bottom": 45, "left": 85, "right": 10}


def against_private(series: Mapping[str, Points], title: str = "Counts over time") -> "Chart":
    """Draw counts over time as (cycle, count); the first, thin and on top, is a private PMU's."""
    if not series or not all(len(points) for points in series.values()):
        raise ValueError("each series needs a name and at least one (cycle, count)")
    times = sorted({time for points in series.values() for time, _ in points})
    rows = [[f"{time}", *(f"{held(points, time)}" for points in series.values())] for time in times]
    legend = [
        (line(*look, OTHER if k else FIRST), name)
        for k, (name, look) in enumerate(zip(series, _looks([*series])))
    ]
    return Chart(title, ["cycle", *series], rows, [_lines(series)], legend)


def costs(
    measures: Mapping[str, Sequence[tuple[str, float, float]]],
    names: tuple[str, str] = ("emulated", "partitioned"),
) -> "Chart":
    """Draw what two approaches cost: for each measure rows of (workload, first, second)."""
    if not measures or not all(measures.values()):
        raise ValueError("each measure needs a name and at least one (workload, first, second)")
    rows = [
        [measure, what, f"{first:,}", f"{second:,}", ratio(first, second)]
        for measure, lines in measures.items()
        for what, first, second in lines
    ]
    figures = [_bars(measure, lines) for measure, lines in measures.items()]
    legend = [
        (box(COLOURS[2], True), f"{names[0]} (left, filled)"),
        (box(COLOURS[0], False), f"{names[1]} (right, outlined)"),
    ]
    titles = ["measure", "workload", *names, f"{names[0]} / {names[1]}"]
    return Chart("What it costs", titles, rows, figures, legend)


class Chart(ipywidgets.VBox):
    """Figures with their numbers as a table below."""

    def __init__(
        self, title: str, titles: list[str], rows: list[list[str]], figures, legend, below=()
    ):
        self.title, self.titles, self.rows = title, titles, rows
        super().__init__(**framed(title, legend, figures, self.to_html(), below))

    def to_text(self) -> str:
        """Print the numbers of the chart."""
        lines = [self.titles, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines)]
        text = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([self.title, "", *text])

    def to_html(self) -> str:
        """Write the numbers of the chart as a static table."""
        rows = [list(map(escape, row)) for row in self.rows]
        return "\n".join(table(self.title, map(escape, self.titles), rows))

    def __repr__(self) -> str:
        return f"Chart: {self.title}"

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/html": self.to_html(), "text/plain": self.to_text()}, metadata


def held(points: Points, time: int) -> int:
    """Return the count of the last point that is not after a time."""
    return next((count for at, count in reversed(points) if at <= time), points[0][1])


def ratio(first: float, second: float) -> str:
    """Say how many times more the first costs."""
    if first == second:
        return "1 times"
    return f"{first / second:.3g} times" if second else "only the first"


# ---- figures


def _looks(names: list[str]) -> list[tuple[str, str]]:
    rest = [(COLOURS[k % 3], STYLES[k % 3]) for k in range(len(names) - 1)]
    return [(THEME, "solid"), *rest]


@drawn
def _lines(bqplot, series: Mapping[str, Points]):
    last = max(time for points in series.values() for time, _ in points) or 1
    top = max(count for points in series.values() for _, count in points) or 1
    scales = {
        "x": bqplot.LinearScale(min=0, max=last * 1.18),
        "y": bqplot.LinearScale(min=0, max=top * 1.1),
    }
    marks = []
    for k, (points, (colour, style)) in enumerate(zip(series.values(), _looks([*series]))):
        x, y = [time for time, _ in points], [float(count) for _, count in points]
        look = {"colors": [colour], "line_style": style, "stroke_width": OTHER if k else FIRST}
        marks.insert(0, bqplot.Lines(x=x, y=y, scales=scales, **look))
    marks.append(_end_names(bqplot, series, scales, last, top))
    axes = _axes(bqplot, scales, "cycle", "count")
    layout = ipywidgets.Layout(**LAYOUT)
    return _figure(bqplot, marks, axes, layout)


def _end_names(bqplot, series, scales, last: int, top: int):
    heights, low = {}, 0.0
    for name, points in sorted(series.items(), key=lambda item: item[1][-1][1]):
        heights[name] = max(float(points[-1][1]), low)
        low = heights[name] + top * 0.08
    x, y = [last * 1.01] * len(heights), list(heights.values())
    return _text(bqplot, list(heights), x, y, scales, "start")


def _text(bqplot, text, x, y, scales, align):
    look = {"default_size": 13, "font_weight": "bold", "colors": [THEME], "align": align}
    return bqplot.Label(text=text, x=x, y=y, scales=scales, **look)


def _axes(bqplot, scales, x: str, y: str):
    upright = {"orientation": "vertical", "label_offset": "4.5em"}
    return [
        bqplot.Axis(scale=scales["x"], label=x, grid_lines="none", label_color=THEME),
        bqplot.Axis(scale=scales["y"], label=y, label_color=THEME, **upright),
    ]


@drawn
def _bars(bqplot, measure: str, lines):
    top = max(1, *(value for _, *pair in lines for value in pair))
    scales = {
        "x": bqplot.LinearScale(min=-0.5, max=len(lines) - 0.5),
        "y": bqplot.LinearScale(min=0, max=top * 1.18),
    }
    bars = [
        (place + side * 0.2, value, side)
        for place, (_, *pair) in enumerate(lines)
        for side, value in zip((-1, 1), pair)
    ]
    marks = [_bar(bqplot, scales, *bar) for bar in bars]
    said = [f"{value:,}" for _, value, _ in bars]
    places, heights = [x for x, *_ in bars], [float(value) for _, value, _ in bars]
    marks.append(_text(bqplot, said, places, heights, scales, "middle"))
    marks[-1].y_offset = -8
    axes = _axes(bqplot, scales, "", measure)
    axes[0].tick_values = list(range(len(lines)))
    axes[0].tick_labels = {str(p): line[0] for p, line in enumerate(lines)}
    axes[0].tick_format, axes[1].tick_format = "d", "~s"
    axes[1].tick_values = [0, top / 2, top]
    layout = ipywidgets.Layout(**LAYOUT | {"height": "240px"})
    return _figure(bqplot, marks, axes, layout)


def _figure(bqplot, marks, axes, layout):
    look = {"fig_margin": MARGIN, "display_toolbar": False, "background_style": GROUND}
    return bqplot.Figure(marks=marks, axes=axes, layout=layout, **look)


def _bar(bqplot, scales, x: float, value: float, side: int):
    """Draw a bar: the first of a pair filled, the second only outlined."""
    left, right, height = x - 0.17, x + 0.17, float(value)
    colour = COLOURS[2] if side < 0 else COLOURS[0]
    look = {"colors": [colour], "fill_colors": [colour], "fill": "inside", "stroke_width": 2.5}
    look["fill_opacities"] = [1.0 if side < 0 else 0.12]
    corners = [left, right, right, left, left], [0.0, 0.0, height, height, 0.0]
    return bqplot.Lines(x=corners[0], y=corners[1], scales=scales, **look)
