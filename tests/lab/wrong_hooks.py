"""Hooks that are wrong in a dimension that small worlds lack, as people might write them.

Each replaces one hook of `Hypervisor`; some guest, or the host, can notice. `WRONG` has them all.
"""

from importlib import import_module

from lab.wrong.table import WRONG, Wrong

__all__ = ["WRONG", "Wrong"]

KERNEL = ("kernel_swap", "kernel_filter", "kernel_irq")
MORE = [f"more_{area}" for area in "masks swap load filter lazy traps irq level vgic".split()]
for area in (
    "attributes",
    "masks",
    "load",
    "put",
    "filter",
    "lazy",
    "traps",
    "irq",
    "level",
    "vgic",
    "beside",
    "company",
    "crowded",
    "elsewhere",
    "rare",
    *KERNEL,
    *MORE,
):
    import_module(f"lab.wrong.{area}")
