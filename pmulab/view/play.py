"""Time travel: a trace as a widget that steps, plays and goes back, all in the browser.

The browser gets the whole trace once and draws any position without asking Python. Python sees the
position as `index` and may set it.

Does not show: what no record of the trace says; the inside of a record.
"""

from traitlets import Int, List

from pmulab.sim.trace import Trace
from pmulab.view.assets import script, style
from pmulab.view.diagram import to_mermaid
from pmulab.view.html import to_html
from pmulab.view.stepper import Stepper
from pmulab.view.text import to_text
from pmulab.view.wire import wire


def accused_at(trace: Trace) -> int:
    """Return the position of the first accusation, or the last position."""
    found = trace.marked("accusation")
    return found[0] + 1 if found else len(trace)


def player(trace: Trace, at: int = 0, show: str = "", hide: str = "") -> "Player":
    """Open a trace in a player, at a position: the state after that many records.

    `show` names the registers that are seen first, "PMEVCNTR0 PMCNTEN"; without it they are those
    that change. `hide` names hooks whose lines are not shown: the learner is to write them. A
    `NoSuchRegister` or a `ValueError` where a name is none of the trace's.
    """
    shown = trace.without_lines(*hide.split())
    return Player(shown, wire(shown, show), at)


class Player(Stepper):
    """A trace and a position, as a widget."""

    _esm = script("player")
    _css = style("palette", "player")
    what = "Player"
    bookmarks = List(Int()).tag(sync=True, echo_update=False)

    def to_text(self, n: int | None = None) -> str:
        """Print what the player shows at position n, or where it is now."""
        return to_text(self.trace, self.index if n is None else n)

    def to_html(self, n: int | None = None) -> str:
        """Write position n as static tables."""
        return to_html(self.trace, self.index if n is None else n)

    def to_mermaid(self, n: int | None = None) -> str:
        """Write the way to position n, or to where it is now, as a Mermaid sequence diagram."""
        return to_mermaid(self.trace, self.index if n is None else n)
