"""Views of a trace: widgets for JupyterLab, each with a text twin and a static table.

A view holds a trace and a position, and no model. `import pmulab.view` loads no widget library;
the first use of a view does, so the text twins work wherever Python does.

No module has the name of a function (the player is in `play`): importing the one would hide the
other.
"""

from importlib import import_module

__all__ = ["counter_chart", "player", "to_text"]

HOMES = {"player": "play", "counter_chart": "counters", "to_text": "text"}


def __getattr__(name: str):
    if name not in HOMES:
        raise AttributeError(f"no view {name}; there are {', '.join(__all__)}")
    return getattr(import_module(f"pmulab.view.{HOMES[name]}"), name)
