"""An exam drawn from a seed: numbers to find, a guilty line, and the method to be repaired.

Every number is what the model itself gives, and the wrong line is one that the explorer has caught.
The same seed makes the same exam in the same edition.

Not modelled: how hard an exam is beside another; who sits beside whom.
"""

import ast
import inspect
import operator
from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from textwrap import dedent
from typing import Any, NamedTuple

from pmulab.hw.pe import Pe
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT
from pmulab.lab.classroom.asked import MADE, Made
from pmulab.lab.classroom.kept import edition
from pmulab.lab.classroom.marks import POINTS
from pmulab.lab.course.editions import digest
from pmulab.lab.course.suspects import Suspect
from pmulab.lab.course.turns import CYCLES, TURN, WORK, Turns
from pmulab.lab.exercises.judge import imports_of
from pmulab.lab.exercises.rows import OWN

COUNTERS = 6
# A number that somebody writes has no more bits than this.
MOST_BITS = 128
RULES = (
    "Answer in the cells; `...` is no answer. Hex, binary and decimal are the same to whoever "
    "marks, and so is a sum. You may run whatever you like. The last answer to a question counts."
)


class Question(NamedTuple):
    """A question with a number for its answer."""

    text: str
    answer: int


class Exam(NamedTuple):
    """An exam: questions, and a method with one wrong line."""

    seed: int
    questions: tuple[Question, ...]
    suspect: Suspect

    def due(self, id: str) -> set[int]:
        """Return what is right for a part of the exam that asks for a number."""
        if id == "exam.line":
            return self.suspect.guilty
        return {self.questions[int(id.rpartition(".")[2]) - 1].answer}


@cache
def exam(seed: int) -> Exam:
    """Draw an exam."""
    draw = Random(f"exam {seed}")
    questions = tuple(make(draw) for make in (_mask, _doors, _wrap, _share))
    drawn = draw.randrange(1 << 20)
    # A teacher's own exercises, where a command has taken some, are drawn from alone.
    return Exam(seed, questions, Suspect(drawn, draw.choice([*OWN]) if OWN else ""))


# ---- questions, each answered by the model


def _mask(draw: Random) -> Question:
    """Ask which bits of an enable register are a guest's."""
    n = draw.randrange(4, 13)
    own = draw.randrange(1, n)
    text = (
        f"A CPU has {n} event counters and a cycle counter. A guest is loaded, whose VM has {own} "
        "event counters. Which bits of `PMCNTENSET_EL0` are the guest's? Write the mask."
    )
    return Question(text, CYCLE_BIT | (1 << own) - 1)


def _doors(draw: Random) -> Question:
    """Ask what a register reads after writes under both of its names."""
    pe = Pe(n_counters=COUNTERS)
    code = []
    # None twice: it would be no question.
    for n, value in enumerate(draw.sample(range(1, 1 << COUNTERS), 4)):
        name = draw.choice(("PMCNTENSET_EL0", "PMCNTENCLR_EL0")) if n else "PMCNTENSET_EL0"
        pe.msr(name, value)
        code.append(f'pe.msr("{name}", {value:#010b})')
    text = (
        f"At EL2, a PE whose counters are all disabled:\n\n{_fenced(code)}\n\n"
        "What does `PMCNTENSET_EL0` read?"
    )
    return Question(text, pe.mrs("PMCNTENSET_EL0"))


def _wrap(draw: Random) -> Question:
    """Ask what a counter reads that goes through its end."""
    pe = Pe(n_counters=COUNTERS)
    n, below = draw.randrange(COUNTERS), draw.randrange(5, 200)
    events = below + draw.randrange(1, 300)
    pe.el = 1
    for name, value in (
        (f"PMEVTYPER{n}_EL0", 8),
        (f"PMEVCNTR{n}_EL0", (1 << 32) - below),
        ("PMCNTENSET_EL0", 1 << n),
        ("PMCR_EL0", 1),
    ):
        pe.msr(name, value)
    pe.retire("INST_RETIRED", events)
    text = (
        f"Counter {n} has 32 bits, counts INST_RETIRED, is enabled, and holds {below} less than "
        f"2 to the power of 32. At EL1, {events} instructions retire. What does the counter read?"
    )
    return Question(text, pe.mrs(f"PMEVCNTR{n}_EL0") & 0xFFFFFFFF)


def _share(draw: Random) -> Question:
    """Ask what a guest reads where nobody swaps; turns in which B's instructions come out even."""
    turn = draw.choice([cycles for cycles in TURN if not cycles % (CYCLES * TURN.step)])
    turns = Turns(False, turn, draw.choice(WORK[1:]))
    text = (
        "Two guests count their instructions in counter 0, and nobody swaps. A has 2000 to do, in "
        f"2500 cycles, evenly; B {turns.work}, of {CYCLES} cycles each. They take turns of {turn} "
        "cycles, A first; who is done reads the counter and is off. What does B read?"
    )
    return Question(text, turns.read("B"))


# ---- what is handed out, and the key


def notebook(seed: int) -> dict[str, Any]:
    """Write an exam as a notebook."""
    found = exam(seed)
    suspect, row = found.suspect, found.suspect.row
    cells = [_text(f"# Exam {seed}\n\n{RULES}"), _code(f"{IMPORTS}\n{_imports(row.hook)}")]
    for n, question in enumerate(found.questions, 1):
        cells += [_text(f"## Question {n}\n\n{question.text}"), _code(f"q{n} = ...", "exam")]
    numbered = [f"{n:>3}  {line}" for n, line in enumerate(suspect.lines, 1)]
    told = [suspect.plainly, *suspect.told()]
    cells += [
        _text(f"## One line is wrong\n\n{_fenced(numbered)}\n\n{_fenced(told)}\n\nWhich?"),
        _code("line = ...", "exam"),
        _text("## Repair it\n\n`check` is the one that marks it."),
        _code(_submission(suspect.lines), "exercise"),
        _code(f'check("{row.id}", Mine)'),
    ]
    for n, cell in enumerate(cells):
        cell["id"] = f"exam-{n}"
    made = {"by": edition(), "asks": digest("\n".join(cell["source"] for cell in cells))}
    about = {"pmulab": f"exam-{seed}", MADE: made, "kernelspec": KERNEL}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


IMPORTS = "from pmulab import Hypervisor, Pe, check, turns"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def _imports(hook: str) -> str:
    """Write the imports that the method needs to stand in a notebook."""
    function = getattr(Hypervisor, hook)
    return "\n".join(imports_of(dedent(inspect.getsource(function)), function))


def _submission(lines: Sequence[str]) -> str:
    return "\n".join(["class Mine(Hypervisor):", *(f"    {line}".rstrip() for line in lines)])


def _fenced(lines: Sequence[str]) -> str:
    return "\n".join(["```", *lines, "```"])


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, *tags: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"execution_count": None, "outputs": []}
    return {"cell_type": "code", "metadata": {"tags": [*tags]}, "source": source, **shown}


def key(seed: int) -> str:
    """Write what is right, for whoever marks by hand."""
    found = exam(seed)
    rows = [f"- question {n}: {q.answer} ({q.answer:#x})" for n, q in enumerate(found.questions, 1)]
    suspect = found.suspect
    line = f"- the line: {' or '.join(map(str, sorted(suspect.guilty)))} of `{suspect.row.hook}`"
    due = [f"  the library has `{text}`" for text in suspect.due]
    worth = ", ".join(f"{id}: {n}" for id, n in POINTS.items())
    made = f"Written by pmulab {edition()}."
    parts = [f"# Key of exam {seed}", "", *rows, line, *due, "", f"Points: {worth}. {made}", ""]
    return "\n".join(parts)


# ---- what comes back


def of_another(made: Made) -> str:
    """Say that another pmulab wrote an exam, and whether it asks the same; else nothing."""
    if made.by == edition():
        return ""
    same = notebook(made.seed)["metadata"][MADE]["asks"] == made.asks
    asks = "here it asks the same" if same else "here it asks something else: mark it by its key"
    return f"exam {made.seed} was written by pmulab {made.by}, this is {edition()}; {asks}"


def number(source: str) -> int | None:
    """Read the number that an expression of numbers is; nothing is run. None for another text."""
    try:
        found = _value(ast.parse(source, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError, KeyError, ZeroDivisionError):
        return None
    return found


def _value(node: ast.expr) -> int:
    """Compute an expression of numbers; raises `ValueError` or `KeyError` for anything else."""
    match node:
        case ast.Constant(value=int(n)) if not isinstance(n, bool):
            found = n
        case ast.Constant(value=str(text)):
            found = int(text, 0)
        case ast.Call(func=ast.Name(id="hex" | "bin" | "int"), args=[inner], keywords=[]):
            found = _value(inner)
        case ast.UnaryOp(op=op, operand=inner):
            found = UNARY[type(op)](_value(inner))
        case ast.BinOp(left=left, op=op, right=right):
            found = BINARY[type(op)](_value(left), _value(right))
        case _:
            raise ValueError("no expression of numbers")
    if abs(found).bit_length() > MOST_BITS:
        raise ValueError("too large")
    return found


def _shifted(n: int, by: int) -> int:
    if not 0 <= by <= MOST_BITS:
        raise ValueError("too far")
    return n << by


UNARY: dict[type, Callable[[int], int]] = {ast.USub: operator.neg, ast.Invert: operator.invert}
BINARY: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: _shifted,
}
