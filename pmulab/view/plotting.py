"""Load bqplot without pandas, which two kinds of figure need that no view of ours draws.

pandas is a third of a learner's kernel and half the wait for the first chart. bqplot names it in
its module of traits, and asks it for the class of a table while it makes its radar chart and its
market map. For that moment stand-ins are there: two empty modules, and a pandas that loads the
real one when something is asked of it, as bqplot does with dates.

Not done: `bqplot.Radar`, after a chart of ours. Who wants it imports bqplot first, and has it all.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import ipywidgets

WITH_TABLES = ("bqplot.market_map", "bqplot.plotting_widgets")


class Later(ModuleType):
    """A module that is loaded when it is first asked for something."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def load_bqplot() -> ModuleType:
    """Load bqplot: without pandas, unless somebody has loaded the one or the other.

    An `ImportError` as well beside ipywidgets 7, for which a colour of the theme is no colour.
    """
    if int(ipywidgets.__version__.split(".")[0]) < 8:
        raise ImportError("beside ipywidgets 7 charts are drawn as SVG")
    if sys.modules.keys().isdisjoint(("bqplot", "pandas")):
        stand_ins = {"pandas": Later("pandas"), **{name: empty(name) for name in WITH_TABLES}}
        sys.modules.update(stand_ins)
        try:
            return import_module("bqplot")
        finally:
            for name, module in stand_ins.items():
                if sys.modules.get(name) is module:
                    del sys.modules[name]
    return import_module("bqplot")


def empty(name: str) -> ModuleType:
    """Make a module of which `import *` takes nothing."""
    module = ModuleType(name)
    module.__dict__["__all__"] = []
    return module
