"""`check`: judge an answer and keep the verdict as progress.

Not modelled: marks; see `pmulab.lab.classroom.grading`.
"""

from pmulab.explorer.result import Fault
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.kept import NotKept, text_of
from pmulab.lab.course.own_history import looked_at
from pmulab.lab.course.progress import place, progress, record
from pmulab.lab.exercises.judge import SECONDS, Ticker, judge
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.exercises.run import judge_run
from pmulab.lab.exercises.verdict import Verdict


def check(
    id: str, submission: type, seconds: float = SECONDS, ticker: Ticker | None = None
) -> Verdict:
    """Judge a class that replaces one hook of `Hypervisor`, and keep the verdict as progress.

    An answer that is right is kept with it. A `KeyError` lists the exercises where there is none
    of that name.
    """
    verdict = judged(id, submission, seconds, ticker)
    return record(verdict, answer_of(verdict, submission), first_of(verdict, submission))


def first_of(verdict: Verdict, submission: type) -> dict | None:
    """Look at the history of a first wrong answer, once."""
    row = progress().exercises.get(verdict.exercise, {})
    if place() is None or row.get("right") or "first" in row:
        return None
    return looked_at(verdict, submission)


def answer_of(verdict: Verdict, submission: type) -> str:
    """Write down an answer that is right; where that cannot be, say why and return nothing."""
    if not verdict.right or place() is None or exercise(verdict.exercise).scenario:
        return ""
    try:
        return text_of(exercise(verdict.exercise), submission)
    except NotKept as why:
        print(f"{verdict.exercise} is right, and not kept for notebook 11: {why}.")
        return ""


def judged(
    id: str, submission: type, seconds: float = SECONDS, ticker: Ticker | None = None
) -> Verdict:
    """Judge a class; where pmulab itself is at fault that is said, and nothing of the class."""
    if changed := changed_hook():
        return Verdict(id, "error", f"it changes {changed}")
    row = exercise(id)
    if row.scenario:
        return judge_run(row, submission, seconds)
    try:
        return judge(id, submission, seconds, ticker)
    except Fault as fault:
        return Verdict(id, "not finished", str(fault))


def _hooks() -> dict[str, object]:
    """Return what the library's hypervisor has, by place."""
    own = [cls for cls in Hypervisor.__mro__ if cls is not object]
    return {
        f"{cls.__module__}.{cls.__name__}.{name}": value
        for cls in own
        for name, value in vars(cls).items()
        if not name.startswith("__")
    }


ORIGINAL = _hooks()


def changed_hook() -> str:
    """Name a hook of the library that somebody has replaced there: it is no reference any more."""
    now = _hooks()
    places = [p for p in now | ORIGINAL if now.get(p) is not ORIGINAL.get(p)]
    return places[0] if places else ""
