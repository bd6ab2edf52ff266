"""What the scheduler knows of a PE; and a machine's type, for those who look at it or run a part.

Not modelled: anything; it is here so that laws, recorder and runner need not load the machine.
"""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import pmulab.sim.machine as machine

Parts: TypeAlias = "machine.Machine"


class Core:
    """What the scheduler knows of one PE; `loaded` and `last` are empty where no vCPU is."""

    def __init__(self) -> None:
        self.loaded = self.last = ""
        self.in_guest = False
        self.resched = False
        self.slice_end = 0
        # Since when PMUIRQ is high, while a guest runs.
        self.irq_since: int | None = None
