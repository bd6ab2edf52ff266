"""The machine in one picture: two guests, the host between them, one set of counters, memory.

`lit` names the parts that a lesson is about; they are framed and have a sign, the others are pale.
The picture is a drawing, without a model behind it.

Does not show: what is in a register; other parts of a CPU.
"""

from dataclasses import dataclass
from html import escape

import ipywidgets

from pmulab.sim.tables import columns, html_table
from pmulab.view.assets import style
from pmulab.view.twins import Twins

SIGN = "▸"
TITLE = "The machine"
TITLES = ["", "part", "what it is"]


@dataclass(frozen=True)
class Part:
    """A box of the drawing: where it is, what stands in it, what it is in a sentence."""

    name: str
    box: tuple[int, int, int, int]
    texts: tuple[str, ...]
    is_a: str
    look: str = ""


PARTS = (
    Part(
        "guest A", (96, 8, 250, 58), ("guest A", "its CPU: vCPU A"), "a virtual machine, EL1", "A"
    ),
    Part("guest B", (374, 8, 250, 58), ("guest B", "its CPU: vCPU B"), "another one, EL1", "B"),
    Part(
        "host",
        (96, 92, 528, 50),
        ("the host: its hypervisor, KVM, gives turns",),
        "the software at EL2, beneath the guests",
    ),
    Part("put", (352, 180, 96, 34), ("put",), "at the end of a turn: hardware to memory", "right"),
    Part("load", (352, 224, 96, 34), ("load",), "when a turn begins: memory to hardware", "left"),
    Part("guest counters", (20, 200, 88, 40), ("0", "1"), "of six, those below HPMN", "cells"),
    Part("host counters", (116, 200, 176, 40), ("2", "3", "4", "5"), "the others", "cells"),
    Part("cycle counter", (300, 200, 40, 40), ("C",), "counts cycles, for the guest", "cells"),
    Part("HPMN", (110, 176, 4, 84), (), "the border, here 2; the host draws it", "border"),
    Part(
        "memory of A", (460, 176, 204, 40), ("saved registers of A",), "where put saves for A", "A"
    ),
    Part("memory of B", (460, 224, 204, 40), ("saved registers of B",), "and for B", "B"),
)
CAPTIONS = (
    (48, 42, "EL1"),
    (48, 122, "EL2"),
    (180, 288, "the hardware: cpu0 and its PMU"),
    (562, 288, "memory"),
    (112, 170, "HPMN"),
    (64, 256, "guest"),
    (204, 256, "host"),
    (320, 256, "guest"),
)
GROUND = """<rect class="md-ground" x="8" y="150" width="340" height="148" rx="8"/>
<rect class="md-ground" x="452" y="150" width="220" height="148" rx="8"/>"""


class Drawing(Twins, ipywidgets.HTML):
    """The machine, as a widget without controls."""

    def __init__(self, lit: tuple[str, ...]):
        self.lit = lit
        super().__init__(f"<style>{style('palette', 'drawing')}</style>{svg(lit)}")

    def rows(self) -> list[list[str]]:
        """List the parts, those that are lit with a sign."""
        return [[SIGN if part.name in self.lit else "", part.name, part.is_a] for part in PARTS]

    def to_text(self) -> str:
        """Print what is shown."""
        return "\n".join([TITLE, "", columns([TITLES, *self.rows()])])

    def to_html(self) -> str:
        """Write what is shown as a static table."""
        return html_table(TITLE, TITLES, self.rows())

    def __repr__(self) -> str:
        return f"Drawing of the machine, lit: {', '.join(self.lit) or 'nothing'}"


def machine_drawing(*lit: str) -> Drawing:
    """Draw the machine with some parts lit; a `ValueError` lists the parts."""
    names = [part.name for part in PARTS]
    for name in lit:
        if name not in names:
            raise ValueError(f"no part {name!r}; there are {', '.join(names)}")
    return Drawing(lit)


def svg(lit: tuple[str, ...]) -> str:
    """Write the drawing as SVG."""
    about = "; ".join(f"{part.name}: {part.is_a}" for part in PARTS)
    captions = "".join(drawn_text(t, (x, y), "caption") for x, y, t in CAPTIONS)
    boxes = "".join(drawn_part(part, bool(lit), part.name in lit) for part in PARTS)
    label = f'role="img" aria-label="{escape(f"{TITLE}. {about}.")}"'
    return (
        f'<svg class="pmulab-drawing" viewBox="0 0 680 304" {label}>{GROUND}{captions}{boxes}</svg>'
    )


def drawn_part(part: Part, some: bool, is_lit: bool) -> str:
    """Draw a part; where some are lit, the others are pale."""
    x, y, _, height = part.box
    kinds = f"md-part md-{part.look}" + (" md-lit" if is_lit else " md-pale" if some else "")
    inside = INSIDE.get(part.look, _box)(part)
    # Above cells there is room, in other parts there is room within.
    aside = 20 if part.look in ("left", "right") else 12
    # The border has its name above it.
    above = {"cells": (x + 8, y - 5), "border": (x - 32, y - 6)}
    place = above.get(part.look, (x + aside, y + height / 2 + 6))
    sign = drawn_text(SIGN, place) if is_lit else ""
    return f'<g class="{kinds}"><title>{escape(part.is_a)}</title>{inside}{sign}</g>'


def _box(part: Part) -> str:
    """Draw one frame with texts below each other."""
    x, y, width, height = part.box
    top = y + height / 2 + 5 - 10 * (len(part.texts) - 1)
    places = [(x + width / 2, top + 20 * k) for k in range(len(part.texts))]
    return _frame(*part.box) + "".join(map(drawn_text, part.texts, places))


def _cells(part: Part) -> str:
    """Draw a frame for each text, beside each other."""
    x, y, width, height = part.box
    wide = width / len(part.texts)
    lefts = [x + k * wide for k in range(len(part.texts))]
    frames = "".join(_frame(left + 2, y, wide - 4, height) for left in lefts)
    places = [(left + wide / 2, y + height / 2 + 5) for left in lefts]
    return frames + "".join(map(drawn_text, part.texts, places))


def _arrow(part: Part) -> str:
    """Draw an arrow to the right or to the left with a text in it."""
    x, y, width, height = part.box
    near, far, tip = (
        (x, x + width - 14, x + width) if part.look == "right" else (x + width, x + 14, x)
    )
    ends = f"{near},{y} {far},{y} {tip},{y + height // 2} {far},{y + height} {near},{y + height}"
    text = drawn_text(part.texts[0], (x + width / 2, y + height / 2 + 5))
    return f'<polygon points="{ends}"/>{text}'


INSIDE = {"cells": _cells, "right": _arrow, "left": _arrow}


def _frame(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"/>'


def drawn_text(text: str, place: tuple[float, float], look: str = "") -> str:
    """Write a text where it is to be read."""
    named = f' class="md-{look}"' if look else ""
    return f'<text{named} x="{place[0]:g}" y="{place[1]:g}">{escape(text)}</text>'
