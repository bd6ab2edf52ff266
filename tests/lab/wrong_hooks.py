"""Hooks that are wrong in a dimension that small worlds lack, as people might write them.

Each replaces one hook of `Hypervisor`; some guest, or the host, can notice. `WRONG` has them all.
"""

from lab.wrong import filter, irq, lazy, load, masks, put, traps, vgic
from lab.wrong.table import WRONG, Wrong

__all__ = ["WRONG", "Wrong", "filter", "irq", "lazy", "load", "masks", "put", "traps", "vgic"]
