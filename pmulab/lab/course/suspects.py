"""Fresh bugs: a hook of the library with one small edit that breaks a law; its line is asked for.

And the other way round: a learner edits one line, and the explorer says who notices.

Not modelled: a line that is missing; what is not there cannot be clicked.
"""

import ast
import difflib
import inspect
import linecache
from collections.abc import Iterator
from html import escape
from random import Random
from textwrap import dedent
from typing import Any

from pmulab.explain.history import explore
from pmulab.explorer.result import Result, describe
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.scene import Scene
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.judge import isolate, judge_hook
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.gallery.edits import function_of, mutants
from pmulab.lab.lines.attempt import Answer
from pmulab.lab.submission.limits import limited
from pmulab.sim.laws import LAWS
from pmulab.sim.meaning import plain
from pmulab.sim.trace import Trace

CLICKED = ("operator", "assign", "name", "constant", "compare", "swap")
SECONDS = 20
# A search that takes a second has so many: what a seed draws must not depend on how busy a machine
# is. A call that does not end is ended sooner, by itself.
DRAWING = 120
# Hooks that are long enough to hide something in, each with a world that shows it.
HUNTED = (
    "swap.load",
    "swap.put",
    "irq.record",
    "filter.type",
    "swap.stop",
    "irq.status",
    "irq.split",
)


class Suspect:
    """An edited hook, the history in which it breaks a law, and the line that is guilty.

    `clicked` has the lines that were accused so far, each `right` or `wrong`.
    """

    def __init__(self, seed: int, id: str = ""):
        self.row, self.seed = exercise(id or HUNTED[seed % len(HUNTED)]), seed
        found = next(_drawn(self.row, seed), None)
        if found is None:
            raise ValueError(f"{self.row.id}: no edit of one line breaks a law in its first world")
        self.lines, self.guilty, self.due, self.result = found
        self.clicked: dict[int, str] = {}

    @property
    def title(self) -> str:
        """Say which hook has an edit."""
        return f"Fresh bug {self.seed}: one line of {self.row.hook} is wrong"

    @property
    def plainly(self) -> str:
        """Say in one plain sentence what is wrong with what happens."""
        assert self.result.accusation is not None
        return plain(self.result.accusation)

    def told(self) -> list[str]:
        """Tell the law and the shortest history."""
        found = self.result.accusation
        assert found is not None
        about = f"Law {found.law}: {LAWS[found.law].splitlines()[0]}"
        return [about, f"{found.who}, {found.values()}", *self.result.steps()]

    def judge(self, n: int) -> bool:
        """Tell of a line, from 1 on, whether it is guilty, and remember it."""
        right = n in self.guilty
        # The last one last.
        self.clicked.pop(n, None)
        self.clicked[n] = "right" if right else "wrong"
        return right

    def answer(self) -> Answer | None:
        """Say of the line that was accused last whether it is guilty; None before any was."""
        if not self.clicked:
            return None
        n, kind = list(self.clicked.items())[-1]
        if kind == "right":
            return Answer("holds", f"Right: line {n}. The library has {' and '.join(self.due)}.")
        line = f"the library has the same ({self.lines[n - 1].strip()})"
        look = "Look at the last step with a >: what ought the method to do there?"
        return Answer("wrong", f"Not line {n}: {line}. {look}")

    def fresh(self) -> "Suspect":
        """Draw the next one."""
        return Suspect(self.seed + 1)

    def facts(self) -> dict[str, Any]:
        """Return what is shown as plain data."""
        rows = [
            {"n": n, "text": line, "kind": self.clicked.get(n, "")}
            for n, line in enumerate(self.lines, 1)
        ]
        answer = found.facts() if (found := self.answer()) else None
        shown = {"rows": rows, "answer": answer, "told": self.plainly, "steps": self.told()}
        does = [["play", "Play it"], ["fresh", "A fresh bug"]]
        about = "Read what happens, below. Which line does it? Click it."
        return {"title": self.title, "about": about, "edit": "", "does": does, **shown}

    def to_text(self) -> str:
        """Print the method with its numbers, and what happens."""
        code = [f"{n:>3}  {line}" for n, line in enumerate(self.lines, 1)]
        return "\n".join([self.title, "", *code, "", self.plainly, *self.told()])

    def to_html(self) -> str:
        """Write the same."""
        return f"<pre>{escape(self.to_text())}</pre>"

    def __repr__(self) -> str:
        return self.to_text()


def _drawn(row: Exercise, seed: int) -> Iterator[tuple[list[str], set[int], list[str], Result]]:
    """Draw edits in an order that the seed gives, and yield those that a world shows."""
    whole = function_of(row.hook)
    library = ast.unparse(whole).splitlines()
    found = [tree for what, tree in mutants(row.hook) if what.split()[0] in CLICKED]
    Random(seed).shuffle(found)
    for tree in found:
        text = ast.unparse(tree)
        lines = text.splitlines()
        guilty, due = _apart(library, lines)
        hypervisor = isolate(row, edited(row, text, f"fresh bug {seed}"))
        with limited(DRAWING):
            result = explore(row.worlds[0], hypervisor, row.hook)
            if guilty and result.accusation and result.telling and not result.error:
                yield lines, guilty, due, result


def _apart(library: list[str], lines: list[str]) -> tuple[set[int], list[str]]:
    """Return the numbers of the lines that differ, and what the library has there.

    Of two lines that have changed places either may be called the wrong one.
    """
    if sorted(library) == sorted(lines):
        moved = [n for n, line in enumerate(lines) if line != library[n]]
        return {n + 1 for n in moved}, [library[n].strip() for n in moved]
    guilty: set[int] = set()
    due: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, library, lines).get_opcodes():
        if tag != "equal":
            guilty |= {*range(c + 1, d + 1)}
            due += [line.strip() for line in library[a:b]]
    return guilty, due


def edited(row: Exercise, text: str, name: str) -> type:
    """Make a hypervisor of a method's text; it sees what the library's sees."""
    place = f"<{name}, {row.hook}>"
    linecache.cache[place] = len(text), None, text.splitlines(keepends=True), place
    scope: dict[str, object] = {}
    known = vars(inspect.getmodule(getattr(Hypervisor, row.hook)))
    exec(compile(text, place, "exec"), dict(known), scope)
    return type("Edited", (Hypervisor,), {row.hook: scope[row.hook]})


# ---- break it


class Breaking:
    """The library's method as a text to edit, who notices, and the scene of that."""

    def __init__(self, id: str):
        self.row = exercise(id)
        self.text = dedent(inspect.getsource(getattr(Hypervisor, self.row.hook)))
        self.edits = 0
        self.answer: Answer | None = None
        self.scene: Scene | None = None

    @property
    def title(self) -> str:
        """Name the method."""
        return f"Break it: {self.row.hook} of {self.row.id}"

    def judge(self, text: str) -> None:
        """Search with an edited text: an answer, and its scene where there is one."""
        self.edits += 1
        self.scene = None
        if ast_of(text) == ast_of(self.text):
            self.answer = Answer("asks", "That is the library's own: edit one line.")
            return
        try:
            mine = edited(self.row, text, f"edit {self.edits}")
        except SyntaxError as error:
            self.answer = Answer("wrong", f"It cannot be read: line {error.lineno}: {error.msg}.")
            return
        except Exception as error:
            self.answer = Answer("wrong", f"It cannot be read: {describe(error)}.")
            return
        with limited(SECONDS) as limit:
            verdict = judge_hook(self.row, mine)
        if limit.expired:
            self.answer = Answer("not finished", f"Not finished: {limit.why}.")
            return
        self.scene, self.answer = Scene(verdict, mine), _answered(verdict)

    def facts(self) -> dict[str, Any]:
        """Return what is shown as plain data."""
        answer = self.answer.facts() if self.answer else None
        does = [["ask", "Who notices?"], *([["play", "In the player"]] if self.trace else [])]
        shown = {"edit": self.text, "answer": answer, "does": does}
        about = "Edit one line, as small as you can; Ctrl+Enter asks."
        return {"title": self.title, "about": about, "rows": [], "told": "", "steps": [], **shown}

    @property
    def trace(self) -> Trace | None:
        """Return the trace of the history that was found, if there is one."""
        return self.scene.trace if self.scene else None

    def to_text(self) -> str:
        """Print the text to edit, and who noticed the last edit."""
        answer = f"\n{self.answer.head}\n" if self.answer else ""
        return f"{self.title}\n\n{self.text}{answer}"

    def to_html(self) -> str:
        """Write the same."""
        return f"<pre>{escape(self.to_text())}</pre>"

    def __repr__(self) -> str:
        return self.to_text()


def _answered(verdict: Verdict) -> Answer:
    """Say who notices an edit, or that nobody does."""
    if verdict.right:
        states = sum(certificate.states for certificate in verdict.certificates)
        head = f"The explorer admits defeat: nobody notices, in {states:,} states."
        return Answer("nobody", head, (verdict.values,) if verdict.values else ())
    return Answer("noticed", f"Broken: {verdict.law or verdict.kind}.")


def ast_of(text: str) -> str:
    """Return what a text says to Python, without comments; the text itself where it is none."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return text
