"""A hypervisor of the answers that passed: notebook 11 begins with it.

What the file of progress holds is read back, tried, and left out where it is not right; nothing is
believed because it is in the file. `certify` judges the whole.

Not modelled: a sandbox. What is kept runs as if its learner had typed it here.
"""

import ast
from collections.abc import Collection, Sequence
from functools import partial

from pmulab.lab.course.course_map import CourseMap
from pmulab.lab.course.kept import NotKept, class_in
from pmulab.lab.course.progress import Progress, kept_answers, progress
from pmulab.lab.course.project import HOOKS, Empty, lent
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.judge import (
    SECONDS,
    Ticker,
    judge_units,
    refuse,
    search,
    verdict_of,
)
from pmulab.lab.exercises.own import isolate, members, with_members
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.guard import guard_each
from pmulab.lab.submission.limits import limited

WORLD = "small"


class Joined:
    """What came of a learner's answers: `hypervisor` is a class, `left_out` says why not, by id."""

    def __init__(self, texts: dict[str, str], left_out: dict[str, str]):
        self.left_out, self.together = left_out, ""
        self.rows = [row for row in EXERCISES.values() if row.id in texts]
        self.hypervisor = with_members(Empty, "Mine", _apart(self.rows, texts))

    @property
    def missing(self) -> list[str]:
        """List the hooks of the project that are not there."""
        there = {row.hook for row in self.rows}
        return [hook for hook in HOOKS if hook not in there]

    @property
    def map(self) -> CourseMap:
        """Draw what is there; what the project misses is asked for."""
        here = [row.id for row in EXERCISES.values() if row.hook in self.missing]
        return CourseMap("Your hypervisor", [row.id for row in self.rows], here, asks="missing")

    def lines(self) -> list[str]:
        """Say what is there, what is missing and what was left out."""
        lines = [f"{len(HOOKS) - len(self.missing)} of {len(HOOKS)} hooks of the project are here."]
        lines += [f"Missing: {', '.join(self.missing)}."] if self.missing else []
        lines += [f"{id} is left out: {why}." for id, why in self.left_out.items()]
        return [*lines, *([f"Together they break: {self.together}."] if self.together else [])]

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def joined(kept: Progress | None = None, ticker: Ticker | None = None) -> Joined:
    """Join the answers that have passed, each tried anew; without an argument this learner's own.

    `ticker` hears how far it is.
    """
    texts: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for id, text in kept_answers(kept or progress()).items():
        try:
            _read(id, text)
            texts[id] = text
        except NotKept as why:
            left_out[id] = str(why)
    made, done = Joined(texts, left_out), [f"{len(texts)} answers read"]
    with limited(SECONDS, partial(ticker, done) if ticker else None) as limit:
        broken = _broken(made) if texts else None
        if broken is None:
            return made
        for row in made.rows:
            if found := _wrong(row, _read(row.id, texts[row.id])):
                left_out[row.id] = f"it passed once, and is not right here: {found}"
    if limit.expired:
        left_out |= dict.fromkeys(texts, f"it could not be tried: {limit.why}")
    made = Joined({id: t for id, t in texts.items() if id not in left_out}, left_out)
    made.together = "" if left_out or limit.expired else _said(broken)
    return made


def _read(id: str, text: str) -> type:
    if id not in EXERCISES:
        raise NotKept("there is no such exercise")
    found = class_in(text, id)
    if refusal := refuse(EXERCISES[id], found):
        raise NotKept(refusal.message)
    return found


def _broken(made: Joined) -> Verdict | None:
    """Search a small world with all of them, and try their tables."""
    hooks = [row.hook for row in made.rows]
    _, failed = search((WORLD,), guard_each(lent(made.hypervisor), hooks))
    if failed:
        return verdict_of("project", failed)
    units = (judge_units(row, isolate(row, made.hypervisor)) for row in made.rows)
    return next(filter(None, units), None)


def _wrong(row: Exercise, answer: type) -> str:
    """Say what is wrong with an answer by itself; empty where nothing is found."""
    alone = isolate(row, answer)
    _, failed = search(row.worlds, alone, row.hook)
    found = verdict_of(row.id, failed, row.hook) if failed else judge_units(row, alone)
    return _said(found) if found else ""


def _said(found: Verdict) -> str:
    raised = found.result and found.result.error
    return found.breach()[0] if raised else found.law or found.message


# ---- helpers of one name


def _apart(rows: Sequence[Exercise], texts: dict[str, str]) -> dict[str, object]:
    """Return the members of all answers; a helper whose name is taken gets another one."""
    own: dict[str, object] = {}
    for row in rows:
        found = members(row.hook, class_in(texts[row.id], row.id))
        if taken := found.keys() & own.keys():
            text = renamed(texts[row.id], taken, f"_of_{row.hook}")
            found = members(row.hook, class_in(text, row.id))
        own |= found
    return own


def renamed(text: str, names: Collection[str], more: str) -> str:
    """Give members of a text's class longer names, where they are made and where they are used."""
    tree = ast.parse(text)
    made = tree.body[-1]
    assert isinstance(made, ast.ClassDef)
    methods = [node for node in made.body if isinstance(node, ast.FunctionDef)]
    selves = {made.name, *(node.args.args[0].arg for node in methods if node.args.args)}
    for node in methods:
        node.name += more if node.name in names else ""
    for assign in made.body:
        for target in assign.targets if isinstance(assign, ast.Assign) else ():
            if isinstance(target, ast.Name) and target.id in names:
                target.id += more
    for use in ast.walk(made):
        if isinstance(use, ast.Attribute) and use.attr in names:
            use.attr += more if isinstance(use.value, ast.Name) and use.value.id in selves else ""
    return ast.unparse(tree) + "\n"
