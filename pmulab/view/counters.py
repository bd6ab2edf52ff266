"""A register's value over time: in the hardware and in each vCPU's saved copy.

While a guest works its counters are drawn as a slope, which is all that a record says of it; a
write is a vertical step. Vertical lines are swaps, and the name between them is who is loaded.

Does not show: when inside a record the events were retired; values above 2^53 to the last bit (the
table has them).
"""

from html import escape

import ipywidgets

from pmulab.sim.trace import Trace
from pmulab.view.figures import drawn
from pmulab.view.frame import GROUND, framed, line
from pmulab.view.html import table
from pmulab.view.steps import is_hardware, loaded, place_names

MOST_ROWS = 40
INK = "#808080"
THEME = "var(--jp-ui-font-color1)"
# Okabe and Ito; these pass 3:1 on white and on #111. Names stand beside the lines as well.
COLOURS = ("#009E73", "#CC79A7", "#0072B2")
STYLES = ("dashed", "dotted", "dash_dotted")


def counter_chart(trace: Trace, register: str = "PMEVCNTR0_EL0") -> "CounterChart":
    """Draw a register's value over time, in every place that has it."""
    return CounterChart(trace, register)


class CounterChart(ipywidgets.VBox):
    """A chart of one register, with its values as a table below."""

    def __init__(self, trace: Trace, register: str):
        self.trace, self.register = trace, register
        self.places = [name for name in place_names(trace) if f"{name}.{register}" in trace.initial]
        if not self.places:
            registers = sorted({at.split(".", 1)[1] for at in trace.initial})
            raise KeyError(f"no register {register} in this trace; it has {' '.join(registers)}")
        title = f"{register} over time, in {trace.scenario}"
        super().__init__(**framed(title, legend(self.places), [figure(self)], self.to_html()))

    def lines(self) -> dict[str, list[tuple[int, int]]]:
        """Return the corners of each place's line, as (cycle, value)."""
        return {name: corners(self.trace, f"{name}.{self.register}") for name in self.places}

    def rows(self) -> list[list[str]]:
        """List what the chart shows: each change of the register and each swap."""
        locations = [f"{name}.{self.register}" for name in self.places]
        state, found = dict(self.trace.initial), []
        for i, record in enumerate(self.trace, 1):
            state |= {at: new for at, (_, new) in record.changes.items()}
            if "swap" in record.marks or any(at in record.changes for at in locations):
                cells = [
                    f"{state[at]:#x}{' ◂' if at in record.changes else ''}" for at in locations
                ]
                found.append([str(i), str(record.time), *cells, record.who, record.text])
        return found

    def titles(self) -> list[str]:
        """Return the headings of the columns of `rows`."""
        return ["step", "cycle", *self.places, "who", "what happened"]

    def to_text(self) -> str:
        """Print the values over time: a line for each change and each swap."""
        lines = [self.titles(), *self.rows()]
        widths = [max(map(len, column)) for column in zip(*lines)]
        text = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([f"{self.register} in {self.trace.scenario}", "", *text])

    def to_html(self) -> str:
        """Write the values over time as a static table, a long one cut short."""
        rows = [list(map(escape, row)) for row in self.rows()]
        cut = f", the first {MOST_ROWS} of {len(rows)} rows" if len(rows) > MOST_ROWS else ""
        caption = f"{self.register} in {self.trace.scenario}{cut}"
        return "\n".join(table(caption, map(escape, self.titles()), rows[:MOST_ROWS]))

    def __repr__(self) -> str:
        return f"Chart of {self.register} in {self.trace.scenario}: {' '.join(self.places)}"

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/html": self.to_html(), "text/plain": self.to_text()}, metadata


def corners(trace: Trace, location: str) -> list[tuple[int, int]]:
    """Return the corners of a location's line: a slope where work counts, else a step."""
    points, before = [(0, trace.initial[location])], {}
    for record in trace:
        old, new = record.changes.get(location, (None, None))
        if new is not None:
            counts = record.kind == "work" and new >= old
            start = before.get(record.cpu, 0) if counts else record.time
            points += [(start, old), (record.time, new)]
        before[record.cpu] = record.time
    last = trace.records[-1].time if trace.records else 0
    return [*points, (last, points[-1][1])]


def swaps(trace: Trace) -> list[int]:
    """List the cycles at which a swap happens, each once."""
    return sorted({trace.records[i].time for i in trace.marked("swap")})


def legend(places: list[str]) -> list[tuple[str, str]]:
    """List what each line is: a sample, and words."""
    said = [
        (line(*look), f"{name}: {'hardware' if is_hardware(name) else 'saved'}")
        for name, look in styles(places).items()
    ]
    return [*said, (line(INK, "solid", 1), "a swap; between two, who is on the PE")]


def styles(places: list[str]) -> dict[str, tuple[str, str]]:
    """Choose (colour, line style) for each place: solid grey for hardware, a colour for a vCPU."""
    vcpus = [name for name in places if not is_hardware(name)]
    kinds = [(COLOURS[k % 3], STYLES[k % 3]) for k in range(len(vcpus))]
    return {name: (INK, "solid") for name in places if is_hardware(name)} | dict(zip(vcpus, kinds))


# ---- the figure


@drawn
def figure(bqplot, chart: CounterChart):
    """Build the bqplot figure of a chart."""
    lines, last = chart.lines(), chart.trace.records[-1].time if chart.trace.records else 1
    top = max(value for points in lines.values() for _, value in points) or 1
    # A margin at the right for the names, one at the top for who is loaded.
    scales = {
        "x": bqplot.LinearScale(min=0, max=last * 1.12),
        "y": bqplot.LinearScale(min=0, max=top * 1.15),
    }
    marks = [_swap_lines(bqplot, scales, swaps(chart.trace), top * 1.15)]
    marks += [_line(bqplot, scales, points, *look) for points, look in _looks(chart, lines)]
    marks += [_names(bqplot, scales, lines, last, top), _turns(bqplot, scales, chart.trace, top)]
    axes = [
        bqplot.Axis(scale=scales["x"], label="cycle", grid_lines="none", tick_format=",d"),
        bqplot.Axis(scale=scales["y"], label=chart.register, orientation="vertical"),
    ]
    for axis in axes:
        axis.label_color = THEME
    axes[1].tick_format, axes[1].label_offset = _numbers(top), "4.5em"
    margin = {"top": 10, "bottom": 45, "left": 85, "right": 10}
    layout = ipywidgets.Layout(width="100%", min_width="0", height="320px")
    return bqplot.Figure(
        marks=marks,
        axes=axes,
        fig_margin=margin,
        layout=layout,
        display_toolbar=False,
        background_style=GROUND,
    )


def _looks(chart: CounterChart, lines):
    looks = styles(chart.places)
    return [(lines[name], looks[name]) for name in chart.places]


def _numbers(top: int) -> str:
    return ",d" if top < 1 << 20 else ".3s"


def _line(bqplot, scales, points, colour: str, style: str):
    x, y = [x for x, _ in points], [float(y) for _, y in points]
    width = 3.5 if style == "solid" else 3
    return bqplot.Lines(
        x=x, y=y, scales=scales, colors=[colour], line_style=style, stroke_width=width
    )


def _swap_lines(bqplot, scales, times: list[int], height: float):
    x, y = [[time, time] for time in times], [[0, height] for _ in times]
    look = {"colors": [INK], "stroke_width": 1, "opacities": [0.6] * len(times)}
    return bqplot.Lines(x=x or [[0, 0]], y=y or [[0, 0]], scales=scales, **look)


def _names(bqplot, scales, lines, last: int, top: int):
    """Write each line's name at its end, moved apart where two lines end together."""
    heights, low = {}, 0.0
    for name, points in sorted(lines.items(), key=lambda item: item[1][-1][1]):
        heights[name] = max(float(points[-1][1]), low)
        low = heights[name] + top * 0.07
    x = [last * 1.01] * len(heights)
    return _label(bqplot, scales, list(heights), x, list(heights.values()))


def _turns(bqplot, scales, trace: Trace, top: int):
    """Write who is loaded at the top, between the swaps."""
    times = [record.time for record in trace]
    spans, on = [], {}
    for n, cpu, guest in loaded(trace):
        start, name = on.get(cpu, (0, ""))
        now = times[n - 1] if n else 0
        if name:
            spans.append((name, (start + now) / 2))
        on[cpu] = now, guest
    spans += [(name, (start + times[-1]) / 2) for start, name in on.values() if name]
    x, y = [x for _, x in spans], [top * 1.08] * len(spans)
    return _label(bqplot, scales, [name for name, _ in spans], x, y, align="middle")


def _label(bqplot, scales, text, x, y, align="start"):
    look = {"default_size": 13, "font_weight": "bold", "colors": [THEME], "align": align}
    return bqplot.Label(text=text or [""], x=x or [0], y=y or [0], scales=scales, **look)
