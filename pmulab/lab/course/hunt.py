"""The bug hunt: gallery entries as cases, which show what happens and keep the answer back.

Not modelled: marks. Nobody but the learner sees a guess.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from textwrap import dedent, fill
from typing import Any

from pmulab.explain.history import explore
from pmulab.explorer.result import Result
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.judge import Text, is_empty, judge_hook
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery.gallery import Bug, gallery
from pmulab.sim.laws import LAWS
from pmulab.sim.meaning import explained, plain
from pmulab.sim.trace import Trace

# Explained in no notebook before, most from real postings: swap, filter, traps.
HUNTED = (
    "window-swap",
    "put-forgets-cycles",
    "load-clears-host",
    "filter-ignored",
    "filter-wrong-register",
    "counts-el2",
    "index-by-hardware",
    "n-of-hardware",
)
# What our model shows of the posted v8: ids of the gallery, in the order of a vCPU's life.
POSTED = (
    "put-keeps-control",
    "start-enables-guest",
    "reserve-everywhere",
    "user-always-open",
    "type-waits",
    "ban-waits",
    "flags-from-memory",
    "clear-from-memory",
    "free-asks-hardware",
    "record-hosts",
    "hpmn-stays",
    "free-stops-host",
    # Found when the text was compiled and run.
    "kick-never-sent",
    "flag-makes-owner",
    "increment-in-memory",
    "swap-anywhere",
)


@dataclass(frozen=True)
class Case:
    """A wrong hypervisor, seen from outside: a world, a law, the shortest history."""

    title: str
    bug: Bug
    result: Result
    # Shows it where a notebook can, as a widget.
    show: Callable[["Case"], Any] | None = field(default=None, compare=False)

    def _ipython_display_(self) -> None:
        if self.show is None or self.result.accusation is None:
            # IPython then prints the text.
            raise NotImplementedError
        self.show(self)._ipython_display_()

    def __repr__(self) -> str:
        if self.result.accusation is None:
            return f"{self.title}: no law is broken. {self.result.certificate}"
        # Not the line in our source, which changes and would name the method.
        found = self.result.accusation._replace(line="")
        lines = [
            f"{self.title}, in world {self.bug.world}: {WORLDS[self.bug.world].about}",
            f"Law {found.law}: {LAWS[found.law].splitlines()[0]}",
            f"{found.who}, {found.values()}",
        ]
        steps = (f"{n:>3}  {step}" for n, step in self.result.numbered())
        return "\n".join([*lines, *steps])

    @property
    def code(self) -> Text:
        """Return the source of the wrong methods and their helpers, for those who want more."""
        methods = [f for f in vars(self.bug.hypervisor).values() if inspect.isfunction(f)]
        names = dict.fromkeys(name for method in methods for name in method.__code__.co_names)
        known = inspect.getmodule(self.bug.hypervisor)
        helpers = [f for f in (getattr(known, n, None) for n in names) if inspect.isfunction(f)]
        own = [f for f in helpers if f.__module__.startswith("pmulab.lab")]
        return Text("\n".join(dedent(inspect.getsource(f)) for f in (*methods, *own)))

    @property
    def answer(self) -> Text:
        """Return what is wrong, the repair, and where it comes from."""
        bug = self.bug
        own = [name for name, value in vars(bug.hypervisor).items() if inspect.isfunction(value)]
        hooks = " and ".join(name for name in own if hasattr(Hypervisor, name))
        lines = (f"Wrong: {hooks}", bug.what, f"Repair: {bug.fix}.", f"From: {bug.origin}.")
        return Text("\n".join(fill(line, 96) for line in lines))

    def repaired(self, hypervisor: type) -> "Case | Text":
        """Try a repair: search the case's world with the wrong hypervisor and these hooks in it."""
        mine = [name for name, hook in vars(hypervisor).items() if inspect.isfunction(hook)]
        if not mine or any(is_empty(vars(hypervisor)[name]) for name in mine):
            return Text(f"{self.title}: nothing to try yet. Write the hook that you suspect")
        found = explore(self.bug.world, type("Repaired", (hypervisor, self.bug.hypervisor), {}))
        if found.holds:
            said = f"{self.title} is repaired. {found.certificate}"
            return Text(self._checked(hypervisor, mine) or said)
        yours = f"{self.title}, with your {' and '.join(mine)}"
        return replace(self, title=yours, result=found)

    def _checked(self, hypervisor: type, hooks: list[str]) -> str:
        """Say which hook is not right beyond this world; empty where each is, or is no exercise."""
        rows = (row for row in EXERCISES.values() if row.hook in hooks)
        found = ((row, judge_hook(row, hypervisor)) for row in rows)
        wrong = next(((row, verdict) for row, verdict in found if not verdict.right), None)
        if wrong is None:
            return ""
        row, verdict = wrong
        return f"{self.title}: this world holds, and {row.hook} is not right yet.\n{verdict}"

    @property
    def trace(self) -> Trace:
        """Replay the history with a recorder, for the player."""
        return self.result.trace


class CaseScene:
    """What a card shows of a case: there is nothing to check again, and no hint."""

    outcome, better, doubt = "case", "", ""
    # The headline has both values.
    values = "", "", ""
    submission = None
    reference = "", ""
    pairs = hints = ()

    def __init__(self, found: Case):
        assert found.result.accusation is not None, "a case whose laws hold has no card"
        self.verdict, self.title, self.accusation = found, found.title, found.result.accusation
        self.hunted = found.bug.id in HUNTED

    @property
    def headline(self) -> str:
        """Return one plain sentence."""
        return plain(self.accusation)

    @property
    def named(self) -> str:
        """Say what this hypervisor does; in the hunt that is to be found."""
        return "" if self.hunted else f"This hypervisor: {self.verdict.bug.what}"

    @property
    def where(self) -> str:
        """Say in which world it was found."""
        return f"World {self.verdict.bug.world}: {WORLDS[self.verdict.bug.world].about}"

    @property
    def steps(self) -> list[tuple[int, str]]:
        """Return the history's steps."""
        return self.verdict.result.numbered()

    @property
    def rest(self) -> tuple[str, ...]:
        """Return the law and both values; what the machine holds names what is to be found."""
        law = explained(self.accusation._replace(line=""))
        return (*law, *(() if self.hunted else self.verdict.result.end()))

    @cached_property
    def trace(self) -> Trace:
        """Return the trace, in the hunt without the lines of what is to be found."""
        trace, hook = self.verdict.trace, self.verdict.bug.hook
        ran = hook in {record.hook for record in trace}
        return trace.without_lines(hook) if ran and self.hunted else trace

    def opens_at(self, step: int | None = None) -> int:
        """Return where in the trace a step begins, or where it breaks."""
        trace = self.trace
        notes = [n for n, record in enumerate(trace.records) if record.kind == "note"]
        return notes[step - 1] + 1 if step and step <= len(notes) else len(trace)


def case(what: int | str) -> Case:
    """Open a case of the hunt by its number, or an entry of the gallery by its id."""
    if isinstance(what, int):
        if not 1 <= what <= len(HUNTED):
            raise ValueError(f"no case {what}; there are 1 to {len(HUNTED)}")
        row = gallery()[HUNTED[what - 1]]
        return Case(f"Case {what}", row, row.explore())
    if what not in gallery():
        raise KeyError(f"no entry {what!r} in the gallery; it has {', '.join(gallery())}")
    row = gallery()[what]
    return Case(what, row, row.explore())
