"""Reading somebody's file of Python or C: its hypervisors, and one of them by name.

Not modelled: an editor; a submission is a file.
"""

import importlib.util
import sys
from difflib import get_close_matches
from pathlib import Path

from pmulab.explorer.result import PASSING, describe
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.native.hook import c_class
from pmulab.native.words import BY_NAME


class InputError(ValueError):
    """Something that was asked for and does not exist: what, and what was possible."""


def load_module(path: str):
    """Run a file of Python as a module."""
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    spec = importlib.util.spec_from_file_location("submission", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["submission"] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise InputError(f"{path}, line {error.lineno}: {error.msg}") from None
    except PASSING:
        raise
    except BaseException as error:
        raise InputError(f"{path} cannot be imported: {describe(error)}") from None
    return module


def classes_in(module) -> dict[str, type]:
    """List the hypervisors that a module defines itself."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Hypervisor)
        and value.__module__ == module.__name__
    }


def load_class(place: str, hook: str | None = None) -> type:
    """Load FILE.py:Class; without a name, the one class that there is (or that has the hook).

    FILE.c:hook is a hook in C; where a hook is due already, FILE.c is enough.
    """
    if place.endswith(".c") or ".c:" in place:
        return load_c(place, hook)
    path, _, name = place.partition(".py:")
    found = classes_in(load_module(path + ".py" if name else place))
    names = ", ".join(found) or "none"
    if name:
        if name not in found:
            raise InputError(f"{path}.py: no hypervisor {name}; it has {names}")
        return note_near_names(found[name])
    fitting = [c for c in found.values() if hook is None or hook in vars(c)] or [*found.values()]
    if len(fitting) != 1:
        which = "name one with FILE.py:Class" if fitting else "write class Mine(Hypervisor)"
        raise InputError(f"{place}: {which}; it has {names}")
    return note_near_names(fitting[0])


def load_c(place: str, hook: str | None) -> type:
    """Make a class of a file in C that has one hook."""
    path, _, name = place.partition(".c:")
    path, name = (f"{path}.c", name) if name else (place, hook or "")
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    if name not in BY_NAME:
        raise InputError(
            f"{place}: name a hook with FILE.c:hook; in C there are {' '.join(BY_NAME)}"
        )
    try:
        source = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: byte {error.start}") from None
    return c_class(name, source, 1, Path(path).name)


def note_near_names(hypervisor: type) -> type:
    """Say on standard error which methods look like a hook misspelt: nothing would call them."""
    hooks = [name for name in dir(Hypervisor) if not name.startswith("_")]
    for name in set(vars(hypervisor)) - set(hooks):
        near = get_close_matches(name, hooks, 1, 0.85)
        if near and near[0] not in vars(hypervisor):
            where = f"{hypervisor.__name__}.{name}"
            print(f"note: {where} replaces nothing; there is {near[0]}", file=sys.stderr)
    return hypervisor
