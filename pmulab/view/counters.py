"""A register's value over time: in the hardware and in each vCPU's saved copy.

While a guest works its counters are drawn as a slope, which is all that a record says of it; a
write is a vertical step. Vertical lines are swaps, and the name between them is who is loaded.

Does not show: when inside a record the events were retired; values above 2^53 to the last bit (the
table has them).
"""

from pmulab.sim.trace import Trace
from pmulab.view.figures import INK, along, drawn, looks, plot
from pmulab.view.frame import Chart, line
from pmulab.view.steps import is_hardware, loaded, place_names, register_of
from pmulab.view.words import CHANGED


def counter_chart(trace: Trace, register: str = "PMEVCNTR0_EL0") -> "CounterChart":
    """Draw a register's value over time, in every place that has it."""
    return CounterChart(trace, register)


class CounterChart(Chart):
    """A chart of one register, with its values as a table below."""

    most_rows = 40

    def __init__(self, trace: Trace, register: str):
        self.trace, self.register = trace, register
        self.places = [name for name in place_names(trace) if f"{name}.{register}" in trace.initial]
        if not self.places:
            registers = sorted({register_of(at) for at in trace.initial})
            raise KeyError(f"no register {register} in this trace; it has {' '.join(registers)}")
        titles = ["step", "cycle", *self.places, "who", "what happened"]
        title, rows = f"{register} in {trace.scenario}", changes(trace, self.locations())
        super().__init__(title, titles, rows, [figure(self)], legend(self.places))

    def heading(self) -> str:
        """Return what stands above the figure."""
        return f"{self.register} over time, in {self.trace.scenario}"

    def locations(self) -> list[str]:
        """List where the register is, in the order of the places."""
        return [f"{name}.{self.register}" for name in self.places]

    def __repr__(self) -> str:
        return f"Chart of {self.title}: {' '.join(self.places)}"


def changes(trace: Trace, locations: list[str]) -> list[list[str]]:
    """List each change of some locations and each swap, as rows of a table."""
    state, found = dict(trace.initial), []
    for i, record in enumerate(trace, 1):
        state |= {at: new for at, (_, new) in record.changes.items()}
        signs = [f" {CHANGED}" if at in record.changes else "" for at in locations]
        if "swap" in record.marks or any(signs):
            cells = [f"{state[at]:#x}{sign}" for at, sign in zip(locations, signs)]
            found.append([str(i), str(record.time), *cells, record.who, record.text])
    return found


def corners(trace: Trace, location: str) -> list[tuple[int, int]]:
    """Return the corners of a location's line: a slope where work counts, else a step."""
    points = [(0, trace.initial[location])]
    before: dict[int, int] = {}
    for record in trace:
        if location in record.changes:
            old, new = record.changes[location]
            counts = record.kind == "work" and new >= old
            start = before.get(record.cpu, 0) if counts else record.time
            points += [(start, old), (record.time, new)]
        before[record.cpu] = record.time
    return [*points, (_end(trace), points[-1][1])]


def _end(trace: Trace) -> int:
    return trace.records[-1].time if trace.records else 0


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
    hardware = {name: (INK, "solid") for name in places if is_hardware(name)}
    return hardware | looks([name for name in places if name not in hardware])


# ---- the figure


@drawn
def figure(bqplot, chart: CounterChart):
    """Build the figure of a chart."""
    trace, last = chart.trace, _end(chart.trace) or 1
    lines = {name: corners(trace, at) for name, at in zip(chart.places, chart.locations())}
    top = max(value for points in lines.values() for _, value in points) or 1
    # A margin at the right for the names, one at the top for who is loaded.
    made = plot(bqplot, (0, last * 1.12), (0, top * 1.15))
    upright = [([time, time], [0, top * 1.15]) for time in swaps(trace)] or [([0, 0], [0, 0])]
    x, y = map(list, zip(*upright))
    made.line(x, y, INK, stroke_width=1, opacities=[0.6] * len(x))
    for name, (colour, style) in styles(chart.places).items():
        width = 3.5 if style == "solid" else 3
        made.line(*along(lines[name]), colour, line_style=style, stroke_width=width)
    made.end_names(lines, last, top)
    made.write([(name, x, top * 1.08) for name, x in _turns(trace)], align="middle")
    values = {"label": chart.register, "tick_format": ",d" if top < 1 << 20 else ".3s"}
    return made.figure({"label": "cycle", "tick_format": ",d"}, values, 320)


def _turns(trace: Trace) -> list[tuple[str, float]]:
    """List who is loaded, each with the middle of its turn between two swaps."""
    times = [0, *(record.time for record in trace)]
    spans: list[tuple[str, float]] = []
    on: dict[int, tuple[int, str]] = {}
    for n, cpu, guest in loaded(trace):
        start, name = on.get(cpu, (0, ""))
        if name:
            spans.append((name, (start + times[n]) / 2))
        on[cpu] = times[n], guest
    return spans + [(name, (start + times[-1]) / 2) for start, name in on.values() if name]
