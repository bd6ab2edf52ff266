"""Views of a trace: widgets for JupyterLab, each with a text twin and a static table.

A view holds a trace and a position, and no model. `import pmulab.view` loads no widget library;
the first use of a view does, so the text twins work wherever Python does.

No module has the name of a function (the player is in `play`): importing the one would hide the
other.
"""

from importlib import import_module

MODULES = {
    "against_private": "charts",
    "bits": "registers",
    "costs": "charts",
    "costs_by": "charts",
    "counter_chart": "counters",
    "filter_board": "filters",
    "heat_map": "heat",
    "interrupt_path": "interrupts",
    "machine_drawing": "drawing",
    "open_shared": "sharing",
    "ownership_map": "ownership",
    "player": "play",
    "share": "sharing",
    "to_text": "text",
}
__all__ = list(MODULES)
# What the extra `lab` installs for views.
EXTRA = ("IPython", "anywidget", "bqplot", "ipywidgets", "numpy", "traitlets")


def __getattr__(name: str):
    if name not in MODULES:
        raise AttributeError(f"no view {name}; there are {', '.join(__all__)}")
    try:
        return getattr(import_module(f"pmulab.view.{MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in EXTRA:
            raise ImportError(f"{name} needs {error.name}: pip install 'pmulab[lab]'") from None
        raise
