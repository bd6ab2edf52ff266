"""Fresh bugs: a hook of the library with one small edit that breaks a law; its line is asked for.

And the other way round: a learner edits one line, and the explorer says who notices.

Not modelled: a line that is missing; what is not there cannot be clicked.
"""

import ast
import difflib
import inspect
import linecache
from collections.abc import Iterator
from random import Random
from textwrap import dedent

from pmulab.explain.history import explore
from pmulab.explorer.result import Result, describe
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.judge import isolate, judge_hook
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.gallery.edits import function_of, mutants
from pmulab.lab.submission.limits import limited
from pmulab.sim.laws import LAWS

CLICKED = ("operator", "assign", "name", "constant", "compare", "swap")
SECONDS = 20
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
    """An edited hook, the history in which it breaks a law, and the line that is guilty."""

    def __init__(self, seed: int, id: str = ""):
        self.row, self.seed = exercise(id or HUNTED[seed % len(HUNTED)]), seed
        self.lines, self.guilty, self.due, self.result = next(_drawn(self.row, seed))

    @property
    def title(self) -> str:
        """Say which hook has an edit."""
        return f"Fresh bug {self.seed}: one line of {self.row.hook} is wrong"

    def told(self) -> list[str]:
        """Tell the law and the shortest history."""
        found = self.result.accusation
        assert found is not None
        about = f"Law {found.law}: {LAWS[found.law].splitlines()[0]}"
        return [about, f"{found.who}, {found.values()}", *self.result.steps()]

    def judge(self, n: int) -> tuple[bool, str]:
        """Say of a line, from 1 on, whether it is guilty."""
        line = self.lines[n - 1].strip()
        if n in self.guilty:
            return True, f"Right: line {n}. The library has {' and '.join(self.due)}."
        return False, f"Not line {n}: the library has the same ({line}). What is the last step?"

    def fresh(self) -> "Suspect":
        """Draw the next one."""
        return Suspect(self.seed + 1)

    def to_text(self) -> str:
        """Print the method with its numbers, and what happens."""
        code = [f"{n:>3}  {line}" for n, line in enumerate(self.lines, 1)]
        return "\n".join([self.title, "", *code, "", *self.told()])

    def __repr__(self) -> str:
        return self.to_text()


def _drawn(row: Exercise, seed: int) -> Iterator[tuple[list[str], set[int], list[str], Result]]:
    """Draw edits in an order that the seed gives, and yield those that a world shows."""
    whole = function_of(row.hook)
    library = ast.unparse(_bare(whole)).splitlines()
    found = [tree for what, tree in mutants(row.hook) if what.split()[0] in CLICKED]
    Random(seed).shuffle(found)
    for tree in found:
        text = ast.unparse(_bare(tree))
        lines = text.splitlines()
        guilty, due = _apart(library, lines)
        hypervisor = isolate(row, edited(row, text, f"fresh bug {seed}"))
        with limited(SECONDS):
            result = explore(row.worlds[0], hypervisor, row.hook)
            if guilty and result.accusation and result.telling and not result.error:
                yield lines, guilty, due, result


def _bare(node):
    """Take the docstring out: it says what the library does."""
    if ast.get_docstring(node):
        node.body = node.body[1:]
    return node


def _apart(library: list[str], lines: list[str]) -> tuple[set[int], list[str]]:
    """Return the numbers of the lines that differ, and what the library has there."""
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
    """The library's method as a text to edit, and who notices."""

    def __init__(self, id: str):
        self.row = exercise(id)
        self.text = dedent(inspect.getsource(getattr(Hypervisor, self.row.hook)))
        self.edits = 0

    @property
    def title(self) -> str:
        """Name the method."""
        return f"Break it: {self.row.hook} of {self.row.id}"

    def judge(self, text: str) -> tuple[str, Verdict | None]:
        """Search with an edited text: a sentence, and the verdict where there is one."""
        self.edits += 1
        if ast_of(text) == ast_of(self.text):
            return "That is the library's own: edit one line.", None
        try:
            mine = edited(self.row, text, f"edit {self.edits}")
        except Exception as error:
            return f"It cannot be read: {describe(error)}.", None
        with limited(SECONDS) as limit:
            verdict = judge_hook(self.row, mine)
        if limit.expired:
            return f"Not finished: {limit.why}.", None
        if verdict.right:
            states = sum(certificate.states for certificate in verdict.certificates)
            return f"The explorer admits defeat: nobody notices, in {states:,} states.", verdict
        return f"Broken: {verdict.law or verdict.kind}.", verdict

    def to_text(self) -> str:
        """Print the text to edit."""
        return f"{self.title}\n\n{self.text}"

    def __repr__(self) -> str:
        return self.to_text()


def ast_of(text: str) -> str:
    """Return what a text says to Python, without comments; the text itself where it is none."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return text
