"""Time travel: a trace as a widget that steps, plays and goes back, all in the browser.

The browser gets the whole trace once and draws any position without asking Python. Python sees the
position as `index` and may set it.

Does not show: what no record of the trace says; the inside of a record.
"""

import anywidget
from traitlets import Int, List, TraitError, Unicode, validate

from pmulab.sim.trace import Trace
from pmulab.view.assets import joined, read
from pmulab.view.html import to_html
from pmulab.view.text import to_text
from pmulab.view.wire import wire

MODULES = ("states.js", "dom.js", "lanes.js", "registers.js", "controls.js", "player.js")


def player(trace: Trace, at: int = 0) -> "Player":
    """Open a trace in a player, at a position: the state after that many records."""
    return Player(trace, at)


class Player(anywidget.AnyWidget):
    """A trace and a position, as a widget."""

    _esm = joined(*MODULES)
    _css = read("player.css")

    story = Unicode().tag(sync=True)
    # No echo: while a user steps quickly, Python's answer to an older position must not come back.
    index = Int(0).tag(sync=True, echo_update=False)
    bookmarks = List(Int()).tag(sync=True, echo_update=False)

    def __init__(self, trace: Trace, at: int = 0):
        self.trace = trace
        super().__init__(story=wire(trace), index=at)

    @validate("index")
    def _is_a_position(self, proposal):
        if not 0 <= proposal["value"] <= len(self.trace):
            last = len(self.trace)
            raise TraitError(f"no step {proposal['value']}; this trace has steps 0 to {last}")
        return proposal["value"]

    def to_text(self, n: int | None = None) -> str:
        """Print what the player shows at position n, or where it is now."""
        return to_text(self.trace, self.index if n is None else n)

    def to_html(self, n: int | None = None) -> str:
        """Write position n as static tables."""
        return to_html(self.trace, self.index if n is None else n)

    def __repr__(self) -> str:
        return f"Player of {self.trace.scenario}: step {self.index} of {len(self.trace)}"

    def _repr_mimebundle_(self, **options):
        data, metadata = super()._repr_mimebundle_(**options)
        # Front ends that run no widgets, and notebooks that have not been run, show these.
        return data | {"text/html": self.to_html(), "text/plain": self.to_text()}, metadata
