"""Judges an answer by one run, the one that the learner sees: no world is searched.

Both hooks of a first swap run in a scenario; it is right where no law breaks and each guest reads
what it reads with the library's swap.

Not modelled: any other order of events. Later exercises ask for the same hooks again, and search.
"""

from pmulab.explorer.result import PASSING, describe
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.judge import is_empty, takes
from pmulab.lab.exercises.own import with_members
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.guard import guard_each
from pmulab.lab.submission.limits import limited
from pmulab.sim.accusation import NUMBER, Accusation
from pmulab.sim.machine import Machine

RIGHT = (
    "No law breaks in {}, and each guest reads what it reads with the library's swap. That is one "
    "history: later you are asked again, and a search is the judge."
)


def judge_run(row: Exercise, submission: type, seconds: float) -> Verdict:
    """Judge a class that replaces the hooks of an exercise by one run of its scenario."""
    if refusal := _refuse(row, submission):
        return refusal
    verdict = Verdict(row.id, "not finished", f"no end within {seconds:g} s")
    with limited(seconds) as limit:
        try:
            verdict = run(
                row, guard_each(with_members(Hypervisor, *_own(row, submission)), row.hooks)
            )
        except PASSING:
            raise
        except NotImplementedError:
            verdict = Verdict(row.id, "not attempted", row.starter)
        except Exception as error:
            verdict = Verdict(row.id, "error", f"it raised {describe(error)}")
    return Verdict(row.id, "not finished", limit.why) if limit.expired else verdict


def run(row: Exercise, hypervisor: type) -> Verdict:
    """Run the scenario and compare; what a hook raises is not caught."""
    mine, due = (Machine(row.scenario, one, record=False) for one in (hypervisor, Hypervisor))
    # A recorder wraps what crosses to another process; nobody looks at a trace here.
    while mine.step():
        pass
    if mine.laws and mine.laws.accusation:
        return Verdict(row.id, "broken", accusation=mine.laws.accusation)
    while due.step():
        pass
    for name, guest in due.guests.items():
        # Whoever has not come to an end has read nothing.
        own = mine.guests[name].x
        wrong = next((reg for reg, read in guest.x.items() if own.get(reg) != read), None)
        if wrong:
            found = Accusation("own_reads", name, wrong, own.get(wrong), guest.x[wrong], NUMBER)
            return Verdict(row.id, "broken", accusation=found)
    return Verdict(row.id, "right", RIGHT.format(row.scenario))


def _refuse(row: Exercise, submission: type) -> Verdict | None:
    """Say what is wrong with a submission before it runs, if anything is."""
    if not (isinstance(submission, type) and issubclass(submission, Hypervisor)):
        what = "it takes a class that is a Hypervisor, with " + " and ".join(row.hooks)
        return Verdict(row.id, "error", what)
    mine = {hook: getattr(submission, hook) for hook in row.hooks}
    if all(made is getattr(Hypervisor, hook) or is_empty(made) for hook, made in mine.items()):
        return Verdict(row.id, "not attempted", row.starter)
    for hook, made in mine.items():
        if not takes(made, len(row.arguments.split(","))):
            return Verdict(row.id, "error", f"{hook} takes {row.arguments}")
    extra = [name for name in vars(submission) if name not in row.hooks and _is_hook(name)]
    if extra:
        due = " and ".join(row.hooks)
        return Verdict(row.id, "error", f"replace {due} alone; yours replaces {extra[0]} too")
    return None


def _is_hook(name: str) -> bool:
    return hasattr(Hypervisor, name) and not name.startswith("__")


def _own(row: Exercise, submission: type) -> tuple[str, dict[str, object]]:
    """Return a submission's name, and its hooks and helpers."""
    own = {
        name: value
        for cls in reversed(submission.__mro__)
        if cls not in Hypervisor.__mro__
        for name, value in vars(cls).items()
        if name in row.hooks or not (hasattr(Hypervisor, name) or name.startswith("__"))
    }
    return submission.__name__, own
