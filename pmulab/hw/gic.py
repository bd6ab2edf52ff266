"""GICv3 virtual CPU interface.

Not modelled: to be completed.
"""


class Gic:
    """The list registers and what the virtual interface makes of them."""

    def __init__(self, list_registers: int):
        self.cells: dict[str, int] = {}

    @property
    def maintenance(self) -> bool:
        """Return the level of the maintenance interrupt."""
        return False

    def state(self):
        """Return the state."""
        return {}

    def clone(self):
        """Copy."""
        return self
