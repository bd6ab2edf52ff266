"""The map of the course as a picture: the machine of `drawing`, with the hooks in its host.

It is HTML and no widget, so it is the same in a page without a kernel; its text twin is folded
below it. Takes anything with `title`, `said`, `lit`, `places` and `rows()`.

Does not show: what a hook does.
"""

from dataclasses import replace
from html import escape
from itertools import groupby
from typing import Any

from IPython.display import display

from pmulab.sim.tables import html_table
from pmulab.view.assets import style
from pmulab.view.drawing import CAPTIONS, GROUND, PARTS, drawn_part, drawn_text

# From a notebook that nobody has trusted yet JupyterLab takes style sheets and drawings, and leaves
# the drawing's words: these are hidden, until the style sheet shows them.
TRUSTED = '<div class="md-trusted" style="display:none">{}</div>'
WIDE, TOP, ROW = 132, 74, 18
SAYS = "the host: its hypervisor, KVM. You write these hooks."
# Guests above are flat, and what is below the host moves down by so much.
GUEST, DOWN = 34, 78
HOST = 'class="md-host" x="8" y="50" width="664" height="172" rx="8"'
LOOKS = {(0, 0): "later", (0, 1): "here", (1, 0): "written", (1, 1): "written md-here"}


def show_map(chart: Any) -> None:
    """Show a map below the cell."""
    display({"text/html": to_html(chart), "text/plain": chart.to_text()}, raw=True)


def to_html(chart: Any) -> str:
    """Write the picture and, folded, its twin."""
    table = html_table(chart.title, ["in the host", "hooks"], chart.rows())
    said = f"<p>{escape(chart.title)}. {escape(chart.said)} {escape(chart.legend)}</p>"
    twin = f"<details><summary>The map as text</summary>{table}</details>"
    look = f"<style>{style('palette', 'drawing', 'map')}</style>"
    return f"{look}{TRUSTED.format(svg(chart))}{said}{twin}"


def svg(chart: Any) -> str:
    """Write the map as SVG."""
    lit, guests = chart.lit, PARTS[:2]
    flat = [replace(p, box=(*p.box[:3], GUEST), texts=(", ".join(p.texts),)) for p in guests]
    above = "".join(drawn_part(part, bool(lit), part.name in lit) for part in flat)
    below = "".join(drawn_part(p, bool(lit), p.name in lit) for p in PARTS[3:])
    names = "".join(drawn_text(t, (x, y), "caption") for x, y, t in CAPTIONS if y > 150)
    about = escape(chart.to_text().replace("\n", " "))
    return (
        f'<svg class="pmulab-drawing pmulab-map" viewBox="0 0 680 380" role="img" '
        f'aria-label="{about}">{above}<rect {HOST}/>'
        f"{drawn_text(SAYS, (340, 67), 'title')}"
        f'{_hooks(chart)}<g transform="translate(0 {DOWN})">{GROUND}{names}{below}</g></svg>'
    )


def _hooks(chart: Any) -> str:
    """Draw the hooks, room by room, in their columns."""
    drawn = []
    for column, places in groupby(sorted(chart.places, key=lambda p: p.column), lambda p: p.column):
        x, y, room = 13 + column * WIDE, TOP, ""
        for place in sorted(places, key=lambda p: p.room):
            if place.room != room:
                room = place.room
                drawn.append(drawn_text(room, (x + 4, y + 10), "room"))
                y += ROW
            drawn.append(_hook(place, x, y))
            y += ROW
    return "".join(drawn)


def _hook(place: Any, x: int, y: int) -> str:
    look = LOOKS[place.written, place.here]
    inside = f'<rect x="{x}" y="{y}" width="{WIDE - 6}" height="{ROW - 3}" rx="4"/>'
    inside += drawn_text(place.sign, (x + 4, y + 11), "sign")
    inside += drawn_text(place.hook, (x + 16 + 3 * len(place.sign), y + 11))
    return f'<g class="md-hook md-{look}"><title>notebook {place.notebook}</title>{inside}</g>'
