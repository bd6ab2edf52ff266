"""The first minute: a switch, two sliders, and one counter over time.

Takes any desk with `facts` and `put`, so that views need nothing of the lab.

Does not show: registers but counter 0.
"""

from typing import Any

from pmulab.view.assets import script, style
from pmulab.view.switches import Desk, Panel


class TurnsPanel(Panel):
    """The switch, the sliders and the chart."""

    _esm = script("turns")
    _css = style("palette", "player", "turns")


class TurnsDesk(Desk):
    """Two guests in turns, as a widget."""

    panel_of = TurnsPanel

    def orders(self) -> dict[str, Any]:
        """Return what can be done: choose."""
        return {"choose": self.choose}

    def choose(self, swap: bool, turn: int, work: int) -> None:
        """Choose as the page does; a `ValueError` says what is possible."""
        self.desk.put(swap, turn, work)
        self.draw()

    def __repr__(self) -> str:
        return f"Turns: {self.desk.lines()[0]}"
