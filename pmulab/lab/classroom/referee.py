"""Judges an answer from outside: the laws are here, and the hook is answered by another process.

A submission judges itself first, as `check` does in a notebook, and is believed if it says that it
is wrong. If it says that it is right, a part of the same cases and all tables are done again here,
where no line of it ever ran; what it has done to the judge beside it does not help it.

Not modelled: small worlds and the comparison for every value, which are done there alone. An answer
that is wrong, and forges its verdict, and is wrong in none of these cases, passes.
"""

from pmulab.explorer.result import PASSING, describe
from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI
from pmulab.explorer.wide.search import search
from pmulab.lab.classroom.far import far
from pmulab.lab.classroom.link import Cut, Link
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.judge import judge_units, verdict_of
from pmulab.lab.exercises.run import run
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.guard import guard_each
from pmulab.lab.submission.limits import limited

# One of so many drawn cases is done again.
SHARE = 3
FORGED = "Where it ran it was called right; from outside, where its hook is only asked, it is not."
NO_WAY = "Where it ran it was called right. It cannot be judged from outside, so look at it:"


def confirmed(row: Exercise, link: Link, seconds: float) -> Verdict:
    """Judge a hook at the other end of a link: right, or what is wrong, or not finished."""
    verdict = Verdict(row.id, "not finished", f"{NO_WAY} no end within {seconds:g} s")
    with limited(seconds) as limit:
        try:
            verdict = _judged(row, link)
        except Cut as cut:
            verdict = Verdict(row.id, "error", f"{FORGED} {cut}")
        except PASSING:
            raise
        except Exception as error:
            verdict = Verdict(row.id, "error", f"{FORGED} {describe(error)}")
    if limit.expired:
        return Verdict(row.id, "not finished", f"{NO_WAY} {limit.why}")
    if verdict.kind == "error" and FORGED not in verdict.message:
        return Verdict(row.id, "not finished", f"{NO_WAY} {verdict.message or _first(verdict)}")
    return verdict


def _judged(row: Exercise, link: Link) -> Verdict:
    hypervisor = guard_each(far(row.hooks, link), row.hooks)
    if row.scenario:
        return run(row, hypervisor)
    focus = FOCI.get(row.hook, PLAIN)
    beside = range(focus.cases, focus.cases + focus.beside // SHARE)
    wide = search(hypervisor, row.hook, (*range(focus.cases // SHARE), *beside))
    if wide.result:
        return verdict_of(row.id, wide.result, row.hook)
    return judge_units(row, hypervisor) or Verdict(row.id, "right")


def _first(verdict: Verdict) -> str:
    """Return what a verdict says first of what was raised."""
    return describe(verdict.result.error) if verdict.result and verdict.result.error else ""
