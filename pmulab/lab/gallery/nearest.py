"""The known mistake that a wrong answer is: an entry of the gallery, or the reference edited once.

Both are put through the history, or the table, that the answer fails in. `SAME` does there what the
answer does, in every register after every step; else the one that goes wrong in most of the same
places at the same step is the nearest, if it is near enough.

Not modelled: two mistakes at once; what an answer does elsewhere, but for `equals`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pmulab.explain.beside import Side, apart, side
from pmulab.explorer.explorer import Explorer
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.cases import TABLES, tables_of
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.gallery.edits import compiled, mutants
from pmulab.lab.gallery.gallery import bugs_on

SAME, NEAR = 1.0, 0.3
# States of each world in which an answer and an entry are compared: enough for every short history.
STATES = 2000
# What the library's method would look like: of which edit, and the code that it is about.
LIKE = {
    "drop": "as the library's would with one line missing",
    "swap": "as the library's would with two lines in the other order",
    "operator": "as the library's would with & and |, or `and` and `or`, exchanged in one place",
    "invert": "as the library's would with a ~ or a `not` missing",
    "assign": "as the library's would if it assigned (=) where it has to add bits (|=)",
    "name": "as the library's would with SET for CLR, or CLR for SET, in a register's name",
    "constant": "as the library's would with another number in one place",
    "compare": "as the library's would with a comparison turned around",
}


@dataclass(frozen=True)
class Mistake:
    """A known mistake: what it does, what repairs it, and how near it is to the answer's.

    `id` is the entry of the gallery; empty for an edit of the reference.
    """

    id: str
    about: str
    repair: str
    likeness: float
    make: Callable[[], type]


def nearest(
    verdict: Verdict, row: Exercise, mine: type, also: tuple[str, ...] = (), lead: float = 0.0
) -> Mistake | None:
    """Return the mistake that does most of what a wrong answer does; None where none is near.

    `also` are further hooks whose mistakes it may be: a text may do their work in its own. By
    `lead` an edit has to be nearer than the gallery's, where it is not the same.
    """
    measure = _measure(verdict, row.hook, mine, lead)
    if measure is None:
        return None
    best: Mistake | None = None
    law = verdict.result.law if verdict.result else ""
    for mistake in known(row.hook, law, also):
        likeness = measure(mistake.make())
        # The first of equals stays: the gallery tells more than an edit.
        least = best.likeness + lead * bool(best.id and not mistake.id) if best else 0.0
        if likeness >= NEAR and (likeness > least or likeness == SAME):
            best = replace(mistake, likeness=likeness)
        if best and best.likeness == SAME:
            break
    return best


def entry(verdict: Verdict, row: Exercise, mine: type) -> Mistake | None:
    """Return the entry of the gallery that does what a wrong answer does in all of its worlds."""
    measure = _measure(verdict, row.hook, mine)
    same = (m for m in _entries(row.hook) if measure and measure(m.make()) == SAME)
    found = next((m for m in same if equals(row, mine, m.make())), None)
    return replace(found, likeness=SAME) if found else None


def told_by(verdict: Verdict, row: Exercise, mine: type, also: tuple[str, ...]) -> Mistake | None:
    """Return the entry of the gallery that does what a wrong answer does in its short history."""
    measure = _measure(verdict, row.hook, mine)
    law = verdict.result.law if verdict.result else ""
    entries = _entries(row.hook, law, also) if measure else ()
    found = next((m for m in entries if measure and measure(m.make()) == SAME), None)
    return replace(found, likeness=SAME) if found else None


def equals(row: Exercise, mine: type, other: type) -> bool:
    """Compare two wrong hypervisors in the first states of each world; without worlds, in cases.

    A table of moments would tell two orders of the same mistake apart.
    """
    if row.worlds:
        return all(_first(world, mine) == _first(world, other) for world in row.worlds)
    return all(_same_cases(name, mine, other) for name in tables_of(row.hook))


def known(hook: str, law: str = "", also: tuple[str, ...] = ()) -> Iterator[Mistake]:
    """List the known mistakes of a hook: the gallery's, then the reference edited once.

    First come those that the gallery has for a law: of two that do the same in a short history, the
    one that is about what broke tells more.
    """
    yield from _entries(hook, law, also)
    for edit, tree in mutants(hook):
        kind, _, code = edit.partition(" ")
        about = f"{LIKE[kind]}{_names(code)}"
        yield Mistake(
            "", about, f"the library has there: {code}", 0.0, partial(compiled, hook, tree)
        )


def _entries(hook: str, law: str = "", also: tuple[str, ...] = ()) -> Iterator[Mistake]:
    bugs = [bug for name in (hook, *also) for bug in bugs_on(name)]
    for bug in sorted(bugs, key=lambda bug: bug.law != law) if law else bugs:
        yield Mistake(bug.id, bug.what, bug.fix, 0.0, partial(getattr, bug, "hypervisor"))


def _names(code: str) -> str:
    """Say which registers some code names, so that a hint tells where and not what."""
    found = dict.fromkeys(re.findall(r"\b(?:PM|ICH_|MDCR_)[A-Z0-9_]+[A-Za-z0-9_]*", code))
    return f": it is about {' and '.join(found)}" if found else ""


# ---- how alike


def _measure(
    verdict: Verdict, hook: str, mine: type, agree: float = 0.0
) -> Callable[[type], float] | None:
    """Return what measures a hypervisor's likeness to a wrong answer, if anything does.

    One that breaks the same law with the same values is nearer by `agree`.
    """
    result = verdict.result
    if result and result.telling and result.telling.make:
        do = partial(side, result.telling, result.moves, hook=hook)
        yours, due = do(mine), do(Hypervisor)

        def likeness(other: type) -> float:
            its = do(other)
            found = _alike(yours, its, due)
            same = bool(its.accusation) and its.accusation == yours.accusation
            return found if found == SAME else min(found + agree * same, 0.95 * SAME)

        return likeness
    if verdict.accusation and verdict.accusation.law in TABLES:
        return partial(_alike_in_cases, verdict.accusation.law, mine)
    return None


def _alike(yours: Side, other: Side, due: Side) -> float:
    """Measure how much two sides share of what they get wrong, at the first such step."""
    alike = yours.accusation == other.accusation and yours.wrote == other.wrote
    if alike and yours.states == other.states and yours.states:
        return SAME
    steps = min(len(yours.states), len(other.states), len(due.states))
    for n in range(steps):
        mine, its = (set(apart(s.states[n], due.states[n])) for s in (yours, other))
        if mine or its:
            return _share(mine, its)
    return SAME * 0.9 if yours.accusation and yours.accusation == other.accusation else 0.0


def _share(one: set, other: set) -> float:
    """Return how much of two sets is common, always less than `SAME`."""
    return 0.95 * len(one & other) / len(one | other) if one | other else 0.0


def _alike_in_cases(table: str, mine: type, other: type) -> float:
    yours, its = (_wrong(table, hypervisor) for hypervisor in (mine, other))
    if yours == its:
        return SAME
    return _share(set(yours), set(its))


def _wrong(table: str, hypervisor: type) -> dict[tuple[int, str], Any]:
    """List what comes out wrong in the cases of a table, by case and what it is."""
    chosen = TABLES[table]
    found: dict[tuple[int, str], Any] = {}
    for n, case in enumerate(chosen.cases):
        due = chosen.outcome(Hypervisor, case)
        yours = _outcome(table, hypervisor, case)
        found |= {(n, what): yours.get(what) for what in due if yours.get(what) != due[what]}
    return found


def _outcome(table: str, hypervisor: type, case: tuple) -> dict:
    try:
        return TABLES[table].outcome(hypervisor, case)
    except Exception as error:
        return {"raised": type(error).__name__}


def _same_cases(table: str, mine: type, other: type) -> bool:
    cases = TABLES[table].cases
    return all(_outcome(table, mine, case) == _outcome(table, other, case) for case in cases)


def _first(world: str, hypervisor: type) -> tuple:
    """Return what breaks among the first states of a world, and after which history."""
    found = Explorer(world, hypervisor).run(max_states=STATES)
    said = found.accusation
    return found.history, (*said[:5],) if said and not found.error else type(found.error).__name__
