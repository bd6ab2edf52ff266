"""What an answer in a notebook needs of the other cells: imports, constants, helpers; and no more.

Not modelled: what a cell does rather than defines, a magic of IPython, a name that `exec` makes.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pmulab.lab.classroom.cells_in_c import as_python

MAGIC = re.compile(r"^(\s*)[%!?].*$|^(\s*)\S.*\?\s*$", re.M)


class Statement(NamedTuple):
    """A statement at the margin of a cell: its text, the names that it binds and those it reads."""

    text: str
    node: ast.stmt
    binds: frozenset[str]
    reads: frozenset[str]


def statements(source: str) -> list[Statement]:
    """Split a cell into its statements; raises `SyntaxError`, or `ValueError` for a null byte."""
    source = as_python(source)
    # A magic is no Python; a line is left for it, so that the others keep their numbers.
    source = MAGIC.sub(lambda found: f"{found[1] or found[2] or ''}pass", source)
    lines = source.split("\n")
    tree = ast.parse(source)
    return [
        Statement(_text(lines, node), node, frozenset(_binds(node)), frozenset(_reads(node)))
        for node in tree.body
    ]


def _text(lines: list[str], node: ast.stmt) -> str:
    """Return a statement as it was written, or anew where it shares a line with another."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    own = "\n".join(lines[first - 1 : node.end_lineno])
    try:
        (alone,) = ast.parse(own).body
    except (SyntaxError, ValueError):
        return ast.unparse(node)
    return own if ast.dump(alone) == ast.dump(node) else ast.unparse(node)


def _binds(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement gives to the module."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, ast.alias):
            yield (inner.asname or inner.name).partition(".")[0]
        elif isinstance(inner, ast.FunctionDef | ast.ClassDef):
            yield inner.name


def _reads(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement takes from somewhere."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, ast.Global):
            yield from inner.names
        elif isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name):
            yield inner.target.id


def is_deed(statement: Statement) -> bool:
    """Tell whether a statement only does something: a check, a print, a picture."""
    return isinstance(statement.node, ast.Expr | ast.Pass)


def joined(before: Iterable[Statement], answer: list[Statement]) -> str:
    """Join an answer and what it needs of the statements before it, in their order.

    All that bind a name are taken, not the last alone: another may be made of an earlier one.
    """
    before = [*before]
    wanted = frozenset().union(*(one.reads for one in answer))
    chosen: list[Statement] = []
    while True:
        found = [one for one in before if _is_wanted(one, wanted)]
        if len(found) == len(chosen):
            break
        chosen = found
        wanted = wanted.union(*(one.reads for one in chosen))
    return "\n".join(one.text for one in [*chosen, *answer]) + "\n"


def _is_wanted(one: Statement, wanted: frozenset[str]) -> bool:
    if isinstance(one.node, ast.ImportFrom) and "*" in one.binds:
        return True
    if isinstance(one.node, ast.Expr):
        # A list that is made longer, say; what only shows something is left out.
        return isinstance(one.node.value, ast.Call) and _owner(one.node.value) in wanted
    return bool(one.binds & wanted)


def _owner(call: ast.Call) -> str:
    """Name the thing whose method is called."""
    place = call.func
    if not isinstance(place, ast.Attribute):
        return ""
    while isinstance(place, ast.Attribute | ast.Subscript):
        place = place.value
    return place.id if isinstance(place, ast.Name) else ""
