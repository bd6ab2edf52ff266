"""A heat map of one number over two choices, with sliders that ask for one cell.

The number of a cell comes from a function that is passed in. Each cell has its number in it, so
the colours, from light to dark, only help the eye.

Does not show: values between the choices.
"""

from collections.abc import Callable, Sequence
from html import escape

import ipywidgets

from pmulab.view.figures import corners, drawn, plot
from pmulab.view.frame import Chart, box
from pmulab.view.slider import Slider

# From pale to mid blue: dark text is readable on each, in both themes. Explicit colours, for an
# unknown scheme name silently becomes red to green.
COLOURS = ("#f3f8fc", "#cfe3f2", "#9fc8e6", "#62a5d1")
NUMBER, FRAME = "#111111", "#D55E00"

Choice = tuple[str, Sequence[float]]


def heat_map(
    measure: Callable[[float, float], float],
    across: Choice,
    down: Choice,
    title: str = "measure",
    most: float = 0,
) -> "HeatMap":
    """Draw `measure(x, y)` for each choice across and down: (name, values) each.

    With `most`, the darkest value, two maps can be compared; without it a cell is the darker the
    more cells have less.
    """
    return HeatMap(measure, across, down, title, most)


class HeatMap(Chart):
    """A heat map with a slider for each of its two choices."""

    def __init__(self, measure, across: Choice, down: Choice, title: str, most: float = 0):
        if not across[1] or not down[1]:
            raise ValueError(f"{across[0]} and {down[0]} need at least one value each")
        self.measure, self.across, self.down, self.most = measure, across, down, most
        self.grid = [[measure(x, y) for x in across[1]] for y in down[1]]
        rows = [[f"{y}", *map(number, line)] for y, line in zip(down[1], self.grid)]
        titles = [f"{down[0]} \\ {across[0]}", *(f"{x}" for x in across[1])]
        self.x, self.y = Slider(*across), Slider(*down)
        self.answer = ipywidgets.HTML()
        self.figure = _figure(self)
        samples = "".join(box(colour, True) for colour in COLOURS)
        legend = [(samples, f"a cell for each {across[0]} and {down[0]}; darker is more")]
        below = [self.x, self.y, self.answer]
        super().__init__(title, titles, rows, [self.figure], legend, below)
        for slider in (self.x, self.y):
            slider.observe(lambda change: self.look(), "index")
        self.look()

    def look(self) -> None:
        """Say the number of the chosen cell and frame it."""
        self.answer.value = f'<p role="status" class="pc-says">{escape(self.sentence())}</p>'
        frame = self.figure.marks[-1]
        with frame.hold_sync():
            frame.x, frame.y = _square(self.x.index, self.y.index)

    def sentence(self) -> str:
        """Say the number of the chosen cell."""
        value = number(self.grid[self.y.index][self.x.index])
        where = f"{self.across[0]} {self.x.value}, {self.down[0]} {self.y.value}"
        return f"{where}: {self.title} {value}"

    def to_text(self) -> str:
        """Print all cells, and the chosen one in words."""
        return f"{super().to_text()}\n\n{self.sentence()}"


def number(value: float) -> str:
    """Write a number in a few digits."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


def shade(value: float, grid: list[list[float]], most: float = 0) -> str:
    """Choose a colour: the darker the nearer to `most`, or the more cells have a smaller value."""
    if most:
        return mixed(COLOURS[0], COLOURS[-1], min(value / most, 1))
    cells = sorted({cell for line in grid for cell in line})
    return COLOURS[cells.index(value) * len(COLOURS) // len(cells)]


def mixed(one: str, other: str, share: float) -> str:
    """Mix two colours, by so much of the other one."""
    parts = [(int(one[k : k + 2], 16), int(other[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


# ---- the figure


@drawn
def _figure(bqplot, heat: HeatMap):
    ends = [(-0.5, len(values) - 0.5) for _, values in (heat.across, heat.down)]
    made = plot(bqplot, *ends, reverse=True)
    cells = [(x, y, value) for y, line in enumerate(heat.grid) for x, value in enumerate(line)]
    for x, y, value in cells:
        made.box(*_square(x, y), shade(value, heat.grid, heat.most), stroke_width=1)
    said = [(number(value), x, float(y)) for x, y, value in cells]
    made.write(said, align="middle", colors=[NUMBER], y_offset=5)
    made.line(*_square(0, 0), FRAME, stroke_width=4)
    return made.figure(_axis(heat.across), _axis(heat.down) | {"grid_lines": "none"})


def _square(x: int, y: int) -> tuple[list, list]:
    return corners(x - 0.5, x + 0.5, y - 0.5, y + 0.5)


def _axis(choice: Choice) -> dict:
    name, values = choice
    labels = {str(k): f"{value}" for k, value in enumerate(values)}
    places = list(range(len(values)))
    return {"label": name, "tick_values": places, "tick_labels": labels, "tick_format": "d"}
