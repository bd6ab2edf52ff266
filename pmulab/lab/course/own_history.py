"""A question about a learner's own history: which step, which line, which register.

The first wrong answer to an exercise that has a history is looked at once, when it is checked: what
its replay held, step by step, beside the library's. What was found is kept with progress, and one
question is made of it. Whose first answer was right is asked of a known mistake's history.

Not modelled: who looks the answer up, or writes it into the file; let it count little.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pmulab.explain.beside import Pair, parts_at, with_reference
from pmulab.explain.history import explore
from pmulab.explorer.result import Result
from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI
from pmulab.lab.course.self_tests import Question
from pmulab.lab.course.shape import fits
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.own import own_class
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.gallery.edits import compiled, mutants
from pmulab.lab.gallery.gallery import bugs_on
from pmulab.lab.row_file import read_rows
from pmulab.lab.submission.guard import guarded
from pmulab.lab.submission.limits import limited
from pmulab.sim.trace import Trace

SECONDS = 5
# As many choices as can be read.
MOST = 5
OWN, KNOWN = "own", "known"
# What is kept of a history, each as text but for the number of a step.
SHAPE = {
    **{"law": str, "history": [str], "step": int, "place": str, "yours": str, "due": str},
    **{"line": str, "lines": [str], "others": [str]},
}
Evidence = dict[str, Any]


class Form(NamedTuple):
    """How a question is put, of one's own history and of a known mistake's; and the reason."""

    id: str
    own: str
    known: str
    why: str


class OwnQuestion(Question):
    """A question with choices, whose answer is in a history."""

    @property
    def key(self) -> str:
        """Return the name under which an answer is kept."""
        return self.id


@cache
def forms() -> Mapping[str, Form]:
    """Return the forms of a question, by what is asked for."""
    return {r.id: r for r in read_rows(Path(__file__).with_name("own_history.toml"), Form)}


# ---- what a history has


def looked_at(verdict: Verdict, submission: type) -> Evidence | None:
    """Look at the history of a wrong answer; None where there is none, or nothing differs in it."""
    row, result = EXERCISES.get(verdict.exercise), verdict.result
    if row is None or verdict.kind != "broken" or not (result and result.history):
        return None
    with limited(SECONDS):
        return evidence(row.hook, result, guarded(own_class(row, submission), row.hook))
    return None


def evidence(hook: str, result: Result, mine: type) -> Evidence | None:
    """Say where a history parts from what the library makes of the same moves."""
    if result.error or not (result.telling and result.telling.make and result.accusation):
        return None
    pairs = with_reference(result, mine, hook)
    at = parts_at(pairs)
    if at is None:
        return None
    pair, subject = pairs[at], result.accusation.subject
    place, yours, due = min(pair.apart, key=lambda row: not row[0].endswith(f".{subject}"))
    own = [record for record in result.trace if record.hook == hook and record.code]
    changed = [record.code.strip() for record in own if place in record.changes]
    return {
        **{"law": result.accusation.law, "history": [*result.history], "step": pair.step},
        **{"place": place, "yours": yours, "due": due, "line": changed[-1] if changed else ""},
        "lines": [*dict.fromkeys(record.code.strip() for record in own)],
        "others": _others(result.trace, place, pair),
    }


def _others(trace: Trace, place: str, pair: Pair) -> list[str]:
    """Name registers that are the same with the library: first those that the history changes."""
    home, _, name = place.partition(".")
    apart = {place, *(one for one, *_ in pair.apart)}
    changed = (one for record in trace for one in record.changes)
    alike = (one for one in trace.initial if one.startswith(f"{home}.{name[:2]}"))
    found = [one for one in dict.fromkeys((*changed, *alike)) if one not in apart]
    # Of the same kind first, so that a choice is one.
    kind = name[:2]
    return sorted(found, key=lambda one: not one.partition(".")[2].startswith(kind))[: MOST - 1]


@cache
def known(id: str) -> tuple[str, Evidence] | None:
    """Return a known mistake and its history: of the gallery, or the library edited once."""
    row = EXERCISES[id]
    if not FOCI.get(row.hook, PLAIN).cases:
        # No machine calls it, so there is no history in which one could part from the library's.
        return None
    for what, world, mistake in _mistakes(row):
        found = evidence(row.hook, explore(world, mistake, row.hook), mistake)
        if found and _asked_for(found):
            return what, found
    return None


def _mistakes(row: Exercise) -> Iterator[tuple[str, str, type]]:
    for bug in bugs_on(row.hook):
        yield f"`{bug.id}` of the gallery", bug.world, bug.hypervisor
    for edit, tree in mutants(row.hook):
        what = f"one edit away from the library's ({edit.split()[0]})"
        yield what, (*row.worlds, "small")[0], compiled(row.hook, tree)


# ---- the question


def question(id: str, row: Mapping[str, Any]) -> OwnQuestion | None:
    """Make the question on an exercise of what progress has of it; None where nothing is asked."""
    first = row.get("first")
    if id not in EXERCISES:
        return None
    if first and fits(first, SHAPE) and _asked_for(first):
        return _made(f"{OWN} {id}", id, "", first)
    found = known(id) if row.get("right") else None
    return _made(f"{KNOWN} {id}", id, *found) if found else None


def questions_of(exercises: Mapping[str, Mapping[str, Any]], notebook: str) -> list[OwnQuestion]:
    """Return what is asked in a notebook, in the order of the course."""
    own = [id for id, row in EXERCISES.items() if row.notebook == notebook and id in exercises]
    return [*filter(None, (question(id, exercises[id]) for id in own))]


def _asked_for(found: Evidence) -> str:
    """Say what is asked for: the step if it is not the last, else a line, else a register."""
    if 0 < found["step"] < len(found["history"]):
        return "step"
    if found["line"] in found["lines"] and len(found["lines"]) > 1:
        return "line"
    return "place" if found["others"] else ""


def _made(key: str, id: str, what: str, found: Evidence) -> OwnQuestion:
    hook, n = EXERCISES[id].hook, found["step"]
    steps = [f"step {i}: {text}" for i, text in enumerate(found["history"], 1)]
    where = (
        f"After step {n} ({found['history'][n - 1]})" if 0 < n <= len(steps) else "Before step 1"
    )
    kind = _asked_for(found)
    choices, answer = CHOICES[kind](found, steps)
    form = forms()[kind]
    words = {**found, "hook": f"`{hook}`", "where": where, "what": what, "last": steps[-1]}
    asks = form.known if what else form.own
    return OwnQuestion(
        *(key, asks.format(**words), tuple(choices), answer, form.why.format(**words))
    )


def _few(lines: Sequence[str], line: str) -> list[str]:
    """Take some lines in their order, that one among them."""
    at = lines.index(line)
    begin = max(0, min(at - MOST // 2, len(lines) - MOST))
    return [*lines[begin : begin + MOST]]


# What may be chosen, and the answer, by what is asked for.
CHOICES: dict[str, Callable[[Evidence, list[str]], tuple[list[str], str]]] = {
    "step": lambda found, steps: (_few(steps, steps[found["step"] - 1]), steps[found["step"] - 1]),
    # Sorted: the line that is asked for is often the last one that ran.
    "line": lambda found, _: (sorted(_few(found["lines"], found["line"])), found["line"]),
    "place": lambda found, _: (sorted((*found["others"], found["place"])), found["place"]),
}
