"""What comes of a search: a certificate, a broken law or an error with its place.

Not modelled: why it broke; `pmulab.explain` tells that, and `lab.exercises.verdict` what it means.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from pmulab.explorer.moves import Move
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.sim.accusation import Accusation
from pmulab.sim.meaning import explained
from pmulab.sim.trace import Trace

if TYPE_CHECKING:
    from pmulab.explorer.stage import Stage

# What breaks a history: a law's accusation, or an exception.
Breach = Accusation | BaseException
# In which state a search has found it, and after which of the moves there.
Broken = tuple[int, int | None, Breach]
FORGETFUL = "the same step in the same state went another way: keep state in vcpu.regs or self.host"


class Expired(BaseException):
    """The time is up. No `except Exception` of a submission catches it."""


class Fault(Exception):
    """One of pmulab's own laws raised: a fault of pmulab, and nothing is said of a hypervisor."""


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

    @property
    def bits(self) -> str:
        """Say how wide the counters are."""
        return f"{self.counter_bits} bit{'s' * (self.counter_bits > 1)}"

    @property
    def started(self) -> bool:
        """Tell whether the search came as far as its first state."""
        return self.states > 0

    def __str__(self) -> str:
        end = "every state was seen" if self.closed else f"not all states: {self.stopped}"
        return (
            f"world {self.world} (counters of {self.bits}): {self.states} states, "
            f"{self.transitions} transitions, depth {self.depth}; {end}"
        )


class Call(NamedTuple):
    """A call of a hook: what it was given and what it returned, in a few words each.

    `nothing` tells that it returned None, `numbers` that it was given some.
    """

    hook: str
    given: tuple[str, ...]
    returned: str
    nothing: bool
    numbers: bool

    def __str__(self) -> str:
        return f"{self.hook}({', '.join(self.given)}) returned {self.returned}"


class Telling(NamedTuple):
    """A history done again: its trace, the steps in which a hook ran, its last call.

    Step 0 is what was given; `witness` is what the machine held at the end. `besides` is what the
    host did in a step that no move names: the interrupts that it handled. `make` makes its
    stage anew, with a recorder, for another hypervisor.
    """

    trace: Trace
    ran: frozenset[int] = frozenset()
    call: Call | None = None
    witness: tuple[str, ...] = ()
    besides: tuple[tuple[int, str], ...] = ()
    make: Callable[[type], "Stage"] | None = None


@dataclass(frozen=True)
class Result:
    """The outcome of a search: an accusation or an error with its history, or neither.

    `pmulab.explain` adds the telling; `moves` are those of the history.
    """

    certificate: Certificate
    history: tuple[str, ...] = ()
    accusation: Accusation | None = None
    error: BaseException | None = None
    given: str = field(default="", compare=False)
    moves: tuple[Move, ...] = field(default=(), compare=False)
    telling: Telling | None = field(default=None, compare=False)

    @property
    def holds(self) -> bool:
        """Tell whether every state that was seen obeys the laws."""
        return self.accusation is None and self.error is None

    @property
    def trace(self) -> Trace:
        """Return the trace of the history; a `ValueError` where nothing is told."""
        if self.telling is None:
            raise ValueError("no history is told: every law holds, or it did not start")
        return self.telling.trace

    @property
    def law(self) -> str:
        """Return the law that is broken, or nothing."""
        return self.accusation.law if self.accusation else ""

    def breach(self) -> list[str]:
        """Say what broke: what was raised, or the law and the two values; nothing if all holds."""
        if self.error:
            raised = "" if isinstance(self.error, HiddenState) else "It raised "
            return [f"{raised}{describe(self.error)}"]
        return explained(self.accusation) if self.accusation else []

    def numbered(self) -> list[tuple[int, str]]:
        """Number the steps; 0 is what was given."""
        given = [(0, f"(given: {self.given})")] if self.given else []
        return [*given, *enumerate(self.history, 1)]

    def steps(self) -> list[str]:
        """Print the numbered steps, mark those in which the hook ran, and tell the end."""
        return self.story() + self.end()

    def story(self) -> list[str]:
        """Print the numbered steps; a mark is at those in which the hook ran."""
        ran, besides = (self.telling.ran, self.telling.besides) if self.telling else ((), ())
        steps = []
        for n, step in self.numbered():
            steps.append(f" {'>' if n in ran else ' '}{n:>4}  {step}")
            steps += [f"{'':8}{said}" for at, said in besides if at == n]
        return steps

    def end(self) -> list[str]:
        """Print what the machine holds at the end."""
        witness = self.telling.witness if self.telling else ()
        return [f"  {'' if n else 'now':>4}  {line}" for n, line in enumerate(witness)]


def name_of(kind: type) -> str:
    """Return a class's name, whatever its metaclass says."""
    name: str = type.__dict__["__name__"].__get__(kind)
    return name


def traceback_of(error: BaseException) -> TracebackType | None:
    """Return where an error came from, whatever its class says."""
    found: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    return found


def line_of(error: BaseException) -> str:
    """Return where a hypervisor's own code was when it raised, the library's left out."""
    line, frame = "", traceback_of(error)
    while frame is not None:
        code = frame.tb_frame.f_code
        if not code.co_filename.startswith(LIBRARY):
            line = f"in {code.co_name}, line {frame.tb_lineno}"
        frame = frame.tb_next
    return line


def _named(error: BaseException) -> str:
    kind = "" if isinstance(error, HiddenState) else f"{name_of(type(error))}: "
    return f"{kind}{_text(error)}"


def describe(error: BaseException) -> str:
    """Print an error that a hypervisor raised, with its line; one that cannot be shown says so."""
    return f"{_named(error)} {line_of(error)}".rstrip()


def blamed(error: BaseException) -> BaseException:
    """Return an error that a hypervisor made; `Fault` where a law raised it by itself."""
    place, frame = "", traceback_of(error)
    while frame is not None:
        path = frame.tb_frame.f_code.co_filename
        # A law asks no hook; what it finds may still be an object of the hypervisor's.
        inside = path.startswith(PACKAGE) and place
        at = f"{os.path.basename(path)}, line {frame.tb_lineno}"
        place = at if inside or path.startswith(LAWS) else ""
        frame = frame.tb_next
    if isinstance(error, Fault):
        raise error
    if not place or isinstance(error, HiddenState):
        return error
    what = "this is a fault of pmulab, please report it with your code"
    raise Fault(f"{what}: {_named(error)} at {place}") from error


def host_died(error: BaseException) -> Breach:
    """Return an error, or the accusation where it is an exception of the PE."""
    return host_dies(error) if isinstance(error, Undefined | Trap) else error


def host_dies(error: Undefined | Trap) -> Accusation:
    """Accuse a hypervisor that took an exception of the PE."""
    yours, due = "an exception", "none"
    return Accusation("host_survives", "host", error.reason, yours, due, line=line_of(error))


def accused(breach: Breach) -> tuple[Accusation, BaseException | None]:
    """Return the accusation of what broke, and the exception where it is one.

    Whoever asks for a law must not take a hypervisor that raised for a right one.
    """
    if isinstance(breach, Accusation):
        return breach, None
    who, what, line = "host", ("an exception", "none"), line_of(breach)
    return Accusation("host_survives", who, _named(breach), *what, line=line), breach


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
GUARD = os.path.join("lab", "submission")
ROOMS = ("hw", "kvm", "native", "sim", "explorer", "explain", GUARD)
# Who judges; between two laws a machine calls hooks again.
JUDGES = ("laws", "host_laws", "private", "private_gic", "peek")
LAWS = tuple(os.path.join(PACKAGE, "sim", f"{name}.py") for name in JUDGES)
# Ctrl-C and the end of the time are no doing of a hypervisor.
PASSING = (KeyboardInterrupt, Expired)
LIBRARY = tuple(os.path.join(PACKAGE, name) for name in ROOMS)
