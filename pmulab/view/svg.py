"""A chart drawn as SVG, with what bqplot's figures have of marks and axes and no package.

It takes bqplot's place where numpy cannot be had, as in a browser's Python that is offline. The
same calls draw both, so that they show the same.

Does not show: what is under the pointer, a zoom, anything that moves by itself.
"""

import contextlib
import math
from collections.abc import Iterator
from html import escape
from typing import Any

import ipywidgets

DASHES = {"solid": "", "dashed": "9,6", "dotted": "2,5", "dash_dotted": "9,4,2,4"}
WIDTH, TOP, BOTTOM, LEFT, RIGHT = 760, 16, 45, 85, 28
TICKS, TICK = 5, 5
PREFIXES = ("", "k", "M", "G", "T", "P", "E")
INK = "var(--jp-ui-font-color1, #212121)"
FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
    ' aria-label="{says}" class="pc-svg">{parts}</svg>'
)

Range = tuple[float, float]


class Line:
    """A line through points, or several, as bqplot's `Lines`; filled where it goes around a box."""

    def __init__(self, figure: "Picture", x: list, y: list, look: dict[str, Any]):
        self.figure, self.x, self.y, self.look = figure, x, y, look

    @contextlib.contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Draw anew when a change is whole."""
        yield
        self.figure.draw()

    def svg(self) -> str:
        """Draw it."""
        several = bool(self.x) and isinstance(self.x[0], list)
        lines = zip(self.x, self.y) if several else [(self.x, self.y)]
        look, place = self.look, self.figure.place
        path = " ".join("M" + "L".join(map(_pair, map(place, x, y))) for x, y in lines)
        fill = look.get("fill_colors", ["none"])[0]
        dashes = DASHES[look.get("line_style", "solid")]
        style = f"stroke: {look['colors'][0]}; fill: {fill}"
        about = f'stroke-width="{look.get("stroke_width", 2)}" stroke-dasharray="{dashes}"'
        about += f' stroke-opacity="{look.get("opacities", [1])[0]}"'
        about += f' fill-opacity="{look.get("fill_opacities", [1])[0]}"'
        return f'<path d="{path}" style="{style}" {about}/>'


class Label:
    """Texts at points, as bqplot's `Label`."""

    def __init__(self, figure: "Picture", text: list, x: list, y: list, look: dict[str, Any]):
        self.figure, self.text, self.x, self.y, self.look = figure, text, x, y, look

    def svg(self) -> str:
        """Draw them."""
        look = self.look
        style = f"fill: {look['colors'][0]}; font-weight: {look['font_weight']}"
        rest = f'text-anchor="{look.get("align", "start")}" style="{style}"'
        rest += f' font-size="{look["default_size"]}"'
        places = map(self.figure.place, self.x, self.y)
        down = look.get("y_offset", 0)
        return "".join(
            f'<text x="{x:.1f}" y="{y + down:.1f}" {rest}>{escape(text)}</text>'
            for text, (x, y) in zip(self.text, places)
        )


class Picture(ipywidgets.HTML):
    """A figure: its scales, as (first, last) each, its marks and its axes."""

    def __init__(self, x: Range, y: Range, reverse: bool = False):
        super().__init__(layout=ipywidgets.Layout(width="100%", min_width="0"))
        self.ends, self.reverse, self.height = (x, y), reverse, 300
        self.marks: list[Any] = []
        self.axes: tuple[dict, dict] = ({}, {})

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is in the picture."""
        across, up = (_share(value, ends) for value, ends in zip((x, y), self.ends))
        down = up if self.reverse else 1 - up
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            TOP + down * (self.height - TOP - BOTTOM),
        )

    def draw(self) -> None:
        """Draw all of it."""
        names = [axis.get("label") for axis in self.axes[::-1]]
        says = f"A chart of {' over '.join(filter(None, names))}. Its numbers are in the table."
        parts = "".join([*(mark.svg() for mark in self.marks), self._across(), self._up()])
        size = {"width": WIDTH, "height": self.height}
        self.value = FIGURE.format(says=escape(says), parts=parts, **size)

    def _across(self) -> str:
        foot, axis = self.height - BOTTOM, self.axes[0]
        parts = [_rule(f"M{LEFT},{foot}H{WIDTH - RIGHT}")]
        for value, text in _ticks(self.ends[0], axis):
            x = self.place(value, 0)[0]
            parts += [_rule(f"M{x:.1f},{foot}v{TICK}"), _text(x, foot + 18, text)]
        middle = (LEFT + WIDTH - RIGHT) / 2
        return "".join([*parts, _text(middle, self.height - 6, axis.get("label", ""))])

    def _up(self) -> str:
        foot, axis = self.height - BOTTOM, self.axes[1]
        parts = [_rule(f"M{LEFT},{TOP}V{foot}")]
        for value, text in _ticks(self.ends[1], axis):
            y = self.place(0, value)[1]
            parts += [_rule(f"M{LEFT},{y:.1f}h-{TICK}"), _text(LEFT - 9, y + 4, text, "end")]
        turned = f'transform="rotate(-90) translate(-{(TOP + foot) / 2:.0f} 14)"'
        return "".join([*parts, _text(0, 0, axis.get("label", ""), "middle", turned)])


def _share(value: float, ends: Range) -> float:
    first, last = ends
    return (value - first) / ((last - first) or 1)


def _pair(at: tuple[float, float]) -> str:
    return f"{at[0]:.1f},{at[1]:.1f}"


def _rule(path: str) -> str:
    return f'<path d="{path}" style="stroke: {INK}; fill: none"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" {more}'
    return f'<text {place} style="fill: {INK}">{escape(text)}</text>' if text else ""


def _ticks(ends: Range, axis: dict) -> list[tuple[float, str]]:
    """Choose the values of an axis that get a mark, each with its text."""
    values = axis.get("tick_values") or spaced(ends)
    labels, form = axis.get("tick_labels", {}), axis.get("tick_format", "")
    return [(value, labels.get(f"{value}", written(value, form))) for value in values]


def spaced(ends: Range) -> list[float]:
    """Return about five values, at steps of 1, 2 or 5 times a power of ten."""
    first, last = ends
    rough = (last - first) / TICKS or 1
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
    count = math.floor((last - first) / step + 1e-9)
    start = math.ceil(first / step) * step
    return [start + k * step for k in range(count + 1)]


def written(value: float, form: str) -> str:
    """Write a number as an axis does; `form` is one of d3's that our charts use."""
    if not form.endswith("s"):
        return f"{value:,.0f}" if value == int(value) else f"{value:g}"
    size = min(int(math.log10(abs(value)) // 3), len(PREFIXES) - 1) if abs(value) >= 1 else 0
    return f"{value / 1000**size:.3g}{PREFIXES[size]}"
