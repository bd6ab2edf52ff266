"""A verdict: right, with what was proven; or wrong, with the shortest history that shows it.

Not modelled: marks. `grading` makes marks of verdicts.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from pmulab.explorer.result import Certificate, Result
from pmulab.explorer.wide.coverage import Coverage
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.accusation import Accusation
from pmulab.sim.limits import LIMITS
from pmulab.sim.meaning import explained
from pmulab.sim.trace import Trace

# What a verdict says first, by what it is.
SAID = {
    "right": "{exercise}: right. {about}",
    "right_in": "{exercise}: right. Every law holds in all {states} states of {worlds}.",
    "not_judged": "{exercise}: cannot be judged: {about}",
    "not_yet": "{exercise}: not yet. {about}",
    "not_finished": "{exercise}: not finished, so nothing is said of it: {about}",
    "not_attempted": "{exercise}: not attempted yet. Write {about}",
    "broken": "  It breaks at the last step of this shortest history",
    "error": "  at the last step of this history",
    "world": "  (world {world}: {about}",
}
KINDS = ("right", "broken", "error", "not attempted", "not finished")


@dataclass(frozen=True)
class Verdict:
    """What the lab says of a submission; `kind` is one of `KINDS`."""

    exercise: str
    kind: str
    message: str = ""
    certificates: tuple[Certificate, ...] = ()
    result: Result | None = field(default=None, compare=False)
    accusation: Accusation | None = None
    proof: str | None = None
    hook: str = ""
    wide: tuple[Coverage, ...] = field(default=(), compare=False)
    values: str = field(default="", compare=False)
    # In what a right answer may differ for some value, though nobody notices.
    unnoticed: str = field(default="", compare=False)
    # Draws it where there is something to draw on; else its lines are all there is.
    show: Callable[["Verdict"], Any] | None = field(default=None, compare=False)

    def __post_init__(self):
        if self.result is not None and self.accusation is None:
            object.__setattr__(self, "accusation", self.result.accusation)

    @property
    def right(self) -> bool:
        """Tell whether the submission is right."""
        return self.kind == "right"

    @property
    def law(self) -> str:
        """Return the law that is broken, or nothing."""
        return self.accusation.law if self.accusation else ""

    @property
    def history(self) -> tuple[str, ...]:
        """Return the shortest history that shows what is wrong."""
        return self.result.history if self.result else ()

    @property
    def certificate(self) -> tuple[Certificate, ...]:
        """Return what was proven, world by world."""
        return self.certificates

    @property
    def trace(self) -> Trace:
        """Return the trace of the history, for the player."""
        if self.result is None:
            raise ValueError(f"this verdict ({self.kind}) has no history to replay")
        return self.result.trace

    def breach(self) -> list[str]:
        """Say what broke, in a history or in a case of a table."""
        if self.result is not None:
            return self.result.breach()
        return explained(self.accusation) if self.accusation else []

    def lines(self) -> list[str]:
        """Return the verdict as lines of text."""
        return [*self.said(), *self._story(), *self.end()]

    def said(self) -> list[str]:
        """Return what the verdict says before it tells a history."""
        return WORDS[self.kind](self)

    def end(self) -> list[str]:
        """Return what the machine holds at a history's end."""
        return self.result.end() if self.result and self.history else []

    def _story(self) -> list[str]:
        """Say where the history is from, what the mark beside a step means, and the steps."""
        if self.result is None or not self.history:
            return []
        seen = self.result.certificate
        mark = f"; > {self.hook} runs" if self.hook else ""
        told = SAID["world"].format(world=seen.world, about=seen.about)
        world = [told, f"  Counters of {seen.bits}{mark}):"]
        return [SAID[self.kind], *world, *self.result.story()]

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _ipython_display_(self) -> None:
        if self.show is None:
            # IPython then prints the lines.
            raise NotImplementedError
        self.show(self)._ipython_display_()

    def as_dict(self) -> dict:
        """Return the verdict as plain data."""
        return {
            "exercise": self.exercise,
            "verdict": self.kind,
            "law": self.law,
            "accusation": str(self.accusation) if self.accusation else "",
            "history": list(self.history),
            "certificates": [str(c) for c in self.certificates],
            "wide": [coverage.as_dict() for coverage in self.wide],
            "values": self.values,
            "text": repr(self),
        }


def _right(verdict: Verdict) -> list[str]:
    lines = [_first("right", verdict, verdict.message).rstrip()]
    if verdict.certificates:
        states, transitions = (
            sum(getattr(c, what) for c in verdict.certificates)
            for what in ("states", "transitions")
        )
        worlds = ", ".join(c.world for c in verdict.certificates)
        right = {"exercise": verdict.exercise, "states": states, "worlds": worlds}
        lines[0] = SAID["right_in"].format(**right)
        bits = " and ".join(dict.fromkeys(c.bits for c in verdict.certificates))
        how = f"small worlds, counters of {bits}, every order of actions"
        lines.append(f"  closed   {how}: {transitions} transitions, nothing left to try")
    lines += _wide(verdict.wide)
    lines += _limits(verdict.wide)
    lines += [f"  moments  in tables of cases: {verdict.proof}"] if verdict.proof else []
    return [*lines, f"  values   {verdict.values}"] if verdict.values else lines


def _wide(seen: tuple[Coverage, ...]) -> list[str]:
    """Say what was drawn: in a sentence for one hook, in a table for several."""
    if len(seen) < 2:
        return [f"  wide     {coverage}" for coverage in seen]
    about = "a sample: drawn cases, counters of 64 bits, and no law broke; bits met at 0 and at 1"
    return [f"  wide     {about}", *(f"             {coverage.row()}" for coverage in seen)]


def _limits(seen: tuple[Coverage, ...]) -> list[str]:
    """Name the limits of the design that the cases met: no law accuses those of any hook."""
    met = sum((coverage.limits for coverage in seen), Counter())
    return [
        f"  limit    {name}, met in {met[name]} cases, nobody's fault: {LIMITS[name]}"
        for name in sorted(met)
    ]


def _error(verdict: Verdict) -> list[str]:
    result = verdict.result
    if result is None:
        return [_first("not_judged", verdict, verdict.message)]
    lines = _not_yet(verdict)
    call = result.telling.call if result.telling else None
    if call and not (result.accusation and result.accusation.line):
        due = signature(getattr(Hypervisor, call.hook)).return_annotation is not None
        none = ": is a return missing?" if call.nothing and due else ""
        lines.append(f"  in the library, after {call}{none}")
    return lines


def _not_yet(verdict: Verdict) -> list[str]:
    head, *rest = verdict.breach()
    return [_first("not_yet", verdict, head), *rest]


def _not_finished(verdict: Verdict) -> list[str]:
    return [_first("not_finished", verdict, verdict.message)]


def _not_attempted(verdict: Verdict) -> list[str]:
    return [_first("not_attempted", verdict, verdict.message)]


def _first(said: str, verdict: Verdict, about: str) -> str:
    return SAID[said].format(exercise=verdict.exercise, about=about)


WORDS = {
    "right": _right,
    "broken": _not_yet,
    "error": _error,
    "not attempted": _not_attempted,
    "not finished": _not_finished,
}
