"""pmulab: learn how a hypervisor shares a CPU's performance counters with its guests.

The names here are the ones that a notebook uses; `pmulab.view` has the widgets. Each is loaded when
it is first asked for, so that `import pmulab` costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_MODULES = {
    "Hypervisor": "kvm.hypervisor",
    "Machine": "sim.machine",
    "Pe": "hw.pe",
    "Trace": "sim.trace",
    "Trap": "hw.sysreg",
    "Undefined": "hw.sysreg",
    "bench": "trying",
    "break_it": "trying",
    "c_case": "in_c",
    "c_hook": "in_c",
    "case": "trying",
    "catch": "trying",
    "certify": "checking",
    "check": "checking",
    "explore": "explain.history",
    "gallery": "lab.gallery.gallery",
    "hand_in": "handing",
    "glossary": "lab.course.glossary",
    "guilty": "trying",
    "hint": "lab.exercises.judge",
    "joined": "trying",
    "lines": "trying",
    "lesson": "asking",
    "load": "sim.scenario",
    "predict": "asking",
    "progress": "asking",
    "reveal": "lab.exercises.judge",
    "self_test": "asking",
    "so_far": "checking",
    "turns": "trying",
}
__all__ = sorted(_MODULES)


def __getattr__(name: str):
    if name not in _MODULES:
        raise AttributeError(f"pmulab has no {name}; it has {', '.join(__all__)}")
    return getattr(import_module(f"pmulab.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
