"""Two desks for hunters: a method whose guilty line is to be clicked, and one to be broken.

Takes any suspect with `facts`, `judge`, `fresh`, a `result` and a `row`, and any method with
`facts`, `judge`, a `trace` and a `scene`, so that views need nothing of the lab.

Does not show: how an edit was drawn.
"""

from typing import Any

import ipywidgets

from pmulab.sim.trace import Trace
from pmulab.view.assets import script, style
from pmulab.view.card import card_html
from pmulab.view.switches import Desk, Panel


class HuntPanel(Panel):
    """A method, and what came of a click or an edit."""

    _esm = script("hunt")
    _css = style("palette", "player", "lines", "hunt")


class HuntDesk(Desk):
    """A method's lines as buttons; the guilty one is told from the others by a click."""

    panel_of = HuntPanel

    def orders(self) -> dict[str, Any]:
        """Return what can be done: accuse a line, or take another bug."""
        return super().orders() | {"accuse": self.accuse, "fresh": self.fresh}

    def accuse(self, n: int) -> None:
        """Say whether a line is guilty, on it and below."""
        self.desk.judge(n)
        self.draw()

    def fresh(self) -> None:
        """Put the next bug on the desk."""
        self.panel.busy = "another edit that breaks a law"
        self.desk = self.desk.fresh()
        self.panel.busy = ""
        self.close_player()
        self.draw()

    def told(self) -> Trace:
        """Return the trace of the history."""
        trace: Trace = self.desk.result.trace
        return trace

    def opens_at(self, trace: Trace) -> int:
        """Return where the method first ran."""
        ran = trace.where(lambda record: record.hook == self.desk.row.hook)
        return ran[0] + 1 if ran else 0

    def __repr__(self) -> str:
        return f"guilty({self.desk.seed})"


def found(scene: Any) -> ipywidgets.HTML:
    """Make the card of a scene, without buttons."""
    look = f"<style>{style('palette', 'player', 'card')}</style>"
    inside = f'<div class="pmulab-view pmulab-verdict-card">{card_html(scene)}</div>'
    return ipywidgets.HTML(look + inside)


class BreakDesk(Desk):
    """A method as a text to edit, who notices, and the card of that."""

    panel_of = HuntPanel

    def orders(self) -> dict[str, Any]:
        """Return what can be done: ask who notices."""
        return super().orders() | {"ask": self.ask}

    def ask(self, text: str) -> None:
        """Search with what stands in the field."""
        self.panel.busy = "worlds, every value, wide cases, tables"
        self.desk.judge(text)
        self.panel.busy = ""
        scene = self.desk.scene
        self.always = (self.panel, *([found(scene)] if scene else []))
        self.close_player()
        self.draw()

    def told(self) -> Any:
        """Return the trace of the history that was found, or None."""
        return self.desk.trace

    def __repr__(self) -> str:
        return f"break_it({self.desk.row.id!r})"
