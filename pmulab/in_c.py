"""Hooks in C for a notebook: `c_hook`, and the cell magic `%%kernel_c swap.put`.

Not modelled: a text in C that replaces several hooks.
"""

import sys
from typing import Any

from pmulab.asking import in_notebook
from pmulab.checking import look
from pmulab.lab.exercises.rows import EXERCISES, IN_C, exercise
from pmulab.native.hook import c_class
from pmulab.native.mistakes import mistakes
from pmulab.native.words import BY_NAME, listed
from pmulab.trying import Said

NAME = "Mine"


def c_hook(id: str, source: str, name: str = NAME, first: int = 1) -> type:
    """Make a class with an exercise's hook in C: `check("swap.put", c_hook("swap.put", "..."))`.

    What cannot be compiled is said by whoever judges the class, in the compiler's words; `first` is
    the number of its first line there. A `KeyError` where there is no such exercise, or none in C.
    """
    hook = exercise(id).hook
    if hook not in BY_NAME:
        known = ", ".join(row for row in in_c() if "." in row)
        raise KeyError(f"{id} is no exercise in C; there are {known}")
    made = c_class(hook, source, first, f"{id}.c", name)
    # As a class statement would: whoever loads a file asks where its classes were made.
    made.__module__ = sys._getframe(1).f_globals.get("__name__", __name__)
    return made


def in_c() -> tuple[str, ...]:
    """Return the exercises whose hook can be written in C."""
    return tuple(row.id for row in (*EXERCISES.values(), *IN_C.values()) if row.hook in BY_NAME)


def c_case(id: str = "") -> Any:
    """Show a wrong hook in C and what a check says of it; without an id, list them all.

    A `KeyError` where there is none of that name.
    """
    rows = mistakes()
    if not id:
        return Said("\n".join(f"{row.id:<16} {row.about}" for row in rows.values()))
    if id not in rows:
        raise KeyError(f"no mistake {id}; there are {' '.join(rows)}")
    row = rows[id]
    print(row.source)
    return look(row.exercise, c_hook(row.exercise, row.source, "Wrong"))


def kernel_c(line: str, cell: str) -> None:
    """Compile a cell's C, `%%kernel_c swap.put [Name]`; without a name it is `Mine`."""
    words = line.split()
    id, name = (*words, NAME)[:2] if words else ("", NAME)
    if len(words) not in (1, 2) or not name.isidentifier():
        print(f"%%kernel_c takes an exercise, and a name for the class: {', '.join(in_c())}")
        print("What C may call, and what it is in Python:", listed(), sep="\n")
        return
    try:
        made = c_hook(id, cell, name, 2)
    except KeyError as error:
        print(error.args[0])
        return
    made.__module__ = "__main__"
    sys.modules["IPython"].get_ipython().user_ns[name] = made
    fault = getattr(made, exercise(id).hook).fault
    print(fault or f"{name} is compiled: check({id!r}, {name}) judges it.")


def load_ipython_extension(shell: Any) -> None:
    """Let cells begin with `%%kernel_c`; IPython calls this for `%load_ext pmulab.in_c`."""
    shell.register_magic_function(kernel_c, "cell", "kernel_c")


if in_notebook():
    load_ipython_extension(sys.modules["IPython"].get_ipython())
