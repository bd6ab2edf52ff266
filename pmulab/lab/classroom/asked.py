"""What an exam asks for and a learner writes to a name: `q1 = 5`; read from cells, and not run.

Not modelled: a value that is computed from other names.
"""

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pmulab.lab.classroom.slices import Statement

EXAM = re.compile(r"exam-(\d{1,9})")
# What an exam's answers are called, and what a learner writes each to.
NAMES = {"exam.1": "q1", "exam.2": "q2", "exam.3": "q3", "exam.4": "q4", "exam.line": "line"}
ASKED = {name: id for id, name in NAMES.items()}
UNREAD = "{} is written to in a way that is not read; say `{} = 5`, by itself"
# Where an exam's notebook says who wrote it.
MADE = "pmulab_made"


class Made(NamedTuple):
    """Which pmulab wrote an exam, and a digest of what it asks."""

    seed: int
    by: str
    asks: str


def seed_of(lesson: str) -> int | None:
    """Return the seed of an exam by what its notebook is called; None for a lesson."""
    found = EXAM.fullmatch(lesson)
    return int(found[1]) if found else None


def made_of(lesson: str, notebook: dict[str, Any]) -> tuple[Made, ...]:
    """Return who wrote an exam, as its notebook says; nothing where it says nothing."""
    seed, about = seed_of(lesson), notebook.get("metadata")
    said = about.get(MADE) if isinstance(about, dict) else None
    by, asks = (said.get("by"), said.get("asks")) if isinstance(said, dict) else (None, None)
    if seed is None or not (isinstance(by, str) and isinstance(asks, str)):
        return ()
    return (Made(seed, by[:100], asks),)


def values_in(own: list[Statement], where: str, remarks: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the part of an exam and the value of each name that it asks for."""
    for one in own:
        left = one.binds & ASKED.keys()
        for name, value in _assigned(one.node):
            if name in left:
                left -= {name}
                yield ASKED[name], ast.unparse(value)
        remarks += [f"{where}: {UNREAD.format(name, name)}" for name in sorted(left)]


def _assigned(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a statement gives one value, and that value."""
    if isinstance(node, ast.Assign):
        yield from ((to.id, node.value) for to in node.targets if isinstance(to, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        yield node.target.id, node.value
