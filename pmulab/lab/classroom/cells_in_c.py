"""Answers in C among those that were handed in: cells with `%%kernel_c`, and calls of `c_hook`.

Not modelled: a text that is made by a program rather than written.
"""

import ast
import re
from collections.abc import Iterator

from pmulab.lab.exercises.rows import GRADED
from pmulab.native.hook import is_empty

# The exercise, and the name of the class that the cell makes.
MAGIC = re.compile(r"%%kernel_c[ \t]+(\S+)[ \t]*(\w*)[ \t]*(?:\n|$)")


def as_python(source: str) -> str:
    """Write a cell in C as the statements of Python that do the same; others as they are."""
    found = MAGIC.match(source)
    if found is None:
        return source
    id, name, text = found[1], found[2] or "Mine", source[found.end() :]
    return f"from pmulab import c_hook\n{name} = c_hook({id!r}, {text!r}, {name!r}, 2)"


def ids_in_c(node: ast.stmt) -> Iterator[tuple[str, bool]]:
    """Yield the exercise that a call of `c_hook` answers, and whether its body has no statement."""
    match node:
        case ast.Assign(
            value=ast.Call(
                func=ast.Name("c_hook"), args=[ast.Constant(str(id)), ast.Constant(str(text)), *_]
            )
        ) if id in GRADED:
            yield id, is_empty(text)
