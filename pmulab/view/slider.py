"""A slider with a name: ipywidgets' own has none that a screen reader could say.

Does not show: anything but a label, the slider and its value.
"""

import anywidget
from traitlets import Int, List, Unicode

from pmulab.view.assets import script, style


class Slider(anywidget.AnyWidget):
    """A choice among values in a row; `index` is the chosen one's position."""

    _esm = script("slider")
    _css = style("palette", "player")

    label = Unicode().tag(sync=True)
    texts = List(Unicode()).tag(sync=True)
    index = Int(0).tag(sync=True, echo_update=False)

    def __init__(self, label: str, values, index: int = 0):
        self.values = list(values)
        super().__init__(label=label, texts=[f"{v}" for v in self.values], index=index)

    @property
    def value(self):
        """Return the chosen value."""
        return self.values[self.index]

    def __repr__(self) -> str:
        return f"Slider {self.label}: {self.value}"
