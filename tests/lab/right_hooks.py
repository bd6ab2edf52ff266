"""Hooks that look wrong and are right: nobody can notice, so a check has to accept them.

Each has another order where nothing happens between, more accesses than are needed, a wider mask
over bits that nobody has, another type of the same number. `RIGHT` has them all.
"""

from importlib import import_module

from lab.right.table import RIGHT, Right

__all__ = ["RIGHT", "Right"]

for area in ("swap", "filter", "irq", "told", "earlier", "attributes"):
    import_module(f"lab.right.{area}")
