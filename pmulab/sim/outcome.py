"""What comes of a search: a certificate, a broken law or an error with its place.

Not modelled: how it is shown; `lab.exercises.verdict` has the words.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import NamedTuple

from pmulab.sim.laws import Accusation
from pmulab.sim.trace import Trace


class HiddenState(Exception):
    """A hypervisor keeps state where the explorer cannot see it."""


@dataclass(frozen=True)
class Certificate:
    """What a search has seen."""

    world: str
    about: str
    counter_bits: int
    states: int
    transitions: int
    depth: int
    closed: bool
    seconds: float = field(compare=False, default=0.0)
    stopped: str = "a law is broken"

    def __str__(self) -> str:
        bits = f"{self.counter_bits} bit{'s' * (self.counter_bits > 1)}"
        end = "every state was seen" if self.closed else f"not all states: {self.stopped}"
        return (
            f"world {self.world} (counters of {bits}): {self.states} states, "
            f"{self.transitions} transitions, depth {self.depth}; {end}"
        )


class Replay(NamedTuple):
    """A history done again: its trace, the steps in which a hook ran, its last call.

    Step 0 is what was given; `witness` is what the machine held at the end.
    """

    trace: Trace
    ran: frozenset[int] = frozenset()
    call: str = ""
    witness: tuple[str, ...] = ()
    broke: bool = True


@dataclass(frozen=True)
class Result:
    """The outcome of a search: an accusation or an error with its history, or neither."""

    certificate: Certificate
    history: tuple[str, ...] = ()
    accusation: Accusation | None = None
    error: BaseException | None = None
    replay: Callable[..., Replay] | None = field(default=None, compare=False)
    given: str = field(default="", compare=False)

    @property
    def holds(self) -> bool:
        """Tell whether every state that was seen obeys the laws."""
        return self.accusation is None and self.error is None

    @property
    def trace(self) -> Trace:
        """Replay the history with a recorder."""
        return self.replay().trace

    def steps(self, replay: Replay | None = None) -> list[str]:
        """Number the steps; a replay marks those in which its hook ran, and tells the end."""
        ran, witness = (replay.ran, replay.witness) if replay else ((), ())
        told = [(0, f"(given: {self.given})")] if self.given else []
        told += enumerate(self.history, 1)
        steps = [f" {'>' if n in ran else ' '}{n:>4}  {step}" for n, step in told]
        return steps + [f"  {'' if n else 'now':>4}  {line}" for n, line in enumerate(witness)]


def name_of(kind: type) -> str:
    """Return a class's name, whatever its metaclass says."""
    return type.__dict__["__name__"].__get__(kind)


def traceback_of(error: BaseException) -> TracebackType | None:
    """Return where an error came from, whatever its class says."""
    return BaseException.__dict__["__traceback__"].__get__(error)


def place_of(error: BaseException) -> str:
    """Return where a hypervisor's own code was when it raised, the library's left out."""
    place, frame = "", traceback_of(error)
    while frame is not None:
        code = frame.tb_frame.f_code
        if not code.co_filename.startswith(LIBRARY):
            place = f" in {code.co_name}, line {frame.tb_lineno}"
        frame = frame.tb_next
    return place


def describe(error: BaseException) -> str:
    """Print an error that a hypervisor raised, with its place; one that cannot be shown says so."""
    kind = "" if isinstance(error, HiddenState) else f"{name_of(type(error))}: "
    return f"{kind}{_text(error)}{place_of(error)}"


def printable(text: str) -> str:
    """Return the beginning of a text, half a surrogate pair written out: none can be printed."""
    return str.__str__(text)[:LONGEST].encode("utf-8", "backslashreplace").decode("utf-8")


def _text(error: BaseException) -> str:
    try:
        return printable(str(error))
    except Exception:
        return "it cannot be shown"


LONGEST = 200
# Where the reference lives; the gallery's hypervisors are judged like a learner's.
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What stands between a hook and its caller is the library's, too.
GUARD = os.path.join(PACKAGE, "lab", "answers")
LIBRARY = (*(os.path.join(PACKAGE, name) for name in ("hw", "kvm", "sim")), GUARD)
