"""What all widgets over a trace have in common: the trace, a position, the static forms.

The position is a trait, so two views of one trace can be linked:
`ipywidgets.jslink((player, "index"), (map, "index"))`.

Does not show: anything by itself.
"""

import anywidget
from traitlets import Int, TraitError, Unicode, validate

from pmulab.sim.trace import Trace
from pmulab.view.twins import Twins


class Stepper(Twins, anywidget.AnyWidget):
    """A trace and a position in it, as a widget; a subclass says what is shown there."""

    what = "View"
    story = Unicode().tag(sync=True)
    # No echo: while a user steps quickly, Python's answer to an older position must not come back.
    index = Int(0).tag(sync=True, echo_update=False)

    def __init__(self, trace: Trace, story: str, at: int = 0):
        self.trace = trace
        super().__init__(story=story, index=at)

    @validate("index")
    def _is_a_position(self, proposal):
        if not 0 <= proposal["value"] <= len(self.trace):
            last = len(self.trace)
            raise TraitError(f"no step {proposal['value']}; this trace has steps 0 to {last}")
        return proposal["value"]

    def __repr__(self) -> str:
        return f"{self.what} of {self.trace.scenario}: step {self.index} of {len(self.trace)}"
