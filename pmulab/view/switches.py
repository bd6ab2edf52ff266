"""A method with a switch at each line: who notices when it is off, in place and in the player.

Takes any desk with `facts`, `switch`, `move`, `reset`, `ask`, `each` and an `answer`, so that views
need nothing of the lab.

Does not show: how the answer was found, but how far the search is.
"""

import json
from typing import Any

import anywidget
import ipywidgets
from traitlets import Unicode

from pmulab.view.assets import script, style
from pmulab.view.play import accused_at, player
from pmulab.view.twins import Twins
from pmulab.view.worker import Worker


class Panel(anywidget.AnyWidget):
    """The part of a desk that is drawn from its facts; orders come as messages."""

    shown = Unicode("{}").tag(sync=True)
    busy = Unicode().tag(sync=True)


class SwitchPanel(Panel):
    """The method."""

    _esm = script("lines")
    _css = style("palette", "player", "lines")


class Desk(Twins, ipywidgets.VBox):
    """A panel, and a player below it when it is opened; a subclass says what is done there."""

    panel_of: type[Panel] = Panel
    children: Any

    def __init__(self, desk: Any) -> None:
        self.desk, self.panel = desk, self.panel_of()
        self.worker = Worker(lambda said: setattr(self.panel, "busy", said))
        self.panel.on_msg(lambda _, order, buffers: self.obey(order))
        self.always: tuple[Any, ...] = (self.panel,)
        super().__init__(self.always)
        self.draw()

    def obey(self, order: dict[str, Any]) -> None:
        """Carry out an order of the page; one that is not known is left alone."""
        orders = self.orders()
        if order.get("do") in orders:
            orders[order["do"]](*order.get("with", ()))

    def orders(self) -> dict[str, Any]:
        """Return what can be done, by name."""
        return {"stop": self.worker.stop, "play": self.play}

    def draw(self, *_: Any) -> None:
        """Show what the desk says now."""
        self.panel.shown = json.dumps(self.desk.facts())

    def play(self) -> None:
        """Open what was told in a player below, where a law breaks, or close it."""
        trace = self.told()
        if len(self.children) > len(self.always):
            self.close_player()
        elif trace is not None:
            self.children = (*self.always, player(trace, self.opens_at(trace)))

    def opens_at(self, trace: Any) -> int:
        """Return where a player opens."""
        return accused_at(trace)

    def close_player(self) -> None:
        """Leave what is there without a player."""
        self.children = self.always

    def told(self) -> Any:
        """Return the trace that a player would show, or None."""
        return None

    def to_text(self) -> str:
        """Print what is shown."""
        return self.desk.to_text()

    def to_html(self) -> str:
        """Write what is shown as static HTML."""
        return self.desk.to_html()


class Switches(Desk):
    """A method with switches, as a widget."""

    panel_of = SwitchPanel

    def __init__(self, desk: Any, survey: bool = False) -> None:
        super().__init__(desk)
        if survey:
            self.survey()

    def orders(self) -> dict[str, Any]:
        """Return what can be done to lines."""
        edits = {name: self._edit(name) for name in ("switch", "move", "reset")}
        return super().orders() | edits | {"survey": self.survey}

    def _edit(self, name: str) -> Any:
        def edit(*words: Any) -> None:
            getattr(self.desk, name)(*words)
            self.close_player()
            self.draw()
            if self.desk.answer is None:
                self.worker.start(self.desk.ask(), self.draw)
            else:
                self.worker.stop()

        return edit

    def survey(self) -> None:
        """Find out about each line alone, and show each as it is known."""
        self.worker.start(self._each(), self.draw)

    def _each(self) -> Any:
        known = 0
        for said in self.desk.each():
            if len(self.desk.known) != known:
                known = len(self.desk.known)
                self.draw()
            yield said

    def told(self) -> Any:
        """Return the trace of the answer's history, or None."""
        return self.desk.answer and self.desk.answer.trace

    def __repr__(self) -> str:
        return f"lines({self.desk.row.id!r})"
