"""Runs two hooks on the paths of a structure and compares all that there is at the end.

Not modelled: what a hook prints.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import z3

from pmulab.explorer.result import PASSING
from pmulab.explorer.wide.case import Case
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.prove.registers import Unknowns
from pmulab.prove.structures import FOLLOWED, calls, structures
from pmulab.prove.values import PATHS, Number, Path, Stop, Truth, Value, expression
from pmulab.prove.witness import accused
from pmulab.prove.worlds import ON_QUIET, State, Structure, World, boot, uncached

# So many states in which two hooks differ are shown to the laws.
SHOWN = 6
# The parts of a proof, but for the time.
Found = tuple[str, str, int, int, Case | None, str]


class Difference(NamedTuple):
    """A state in which two hooks differ, and in what."""

    at: Structure
    what: str
    model: Any


class Outcome(NamedTuple):
    """What a hook did in a world: what it returned or raised, its effects, the state."""

    returned: Any
    raised: str
    log: list[Any]
    state: State


class Search:
    """The search for a difference between a class's hook and the library's."""

    def __init__(self, cls: type, hook: str, until: float) -> None:
        self.cls, self.hook = cls, hook
        made: dict[type, type] = {}
        self.mine, self.reference = uncached(cls, made), uncached(Hypervisor, made)
        # Each world boots anew, and forgets of that all but what `boot` remembers.
        setattr(self.reference, "boot", boot)  # noqa: B010
        self.path = Path(until)
        self.unknowns = Unknowns(self.path)
        self.structures = self.paths = 0

    def differences(self) -> Iterator[Difference]:
        """Find the first difference of each call in each structure; raises `Stop`."""
        for at in structures(self.hook):
            self.structures += 1
            call, n = 0, 1
            while call < n:
                n, found = self.of_call(at, call)
                if found:
                    yield found
                call += 1

    def of_call(self, at: Structure, call: int) -> tuple[int, Difference | None]:
        """Take all paths of one call; returns how many calls there are."""
        left: list[tuple[bool, ...]] = [()]
        taken = n = 0
        while left:
            path = self.path
            path.begin(left.pop())
            reference, n = self.outcome(at, call, self.reference, Hypervisor)
            mine, _ = self.outcome(at, call, self.mine, self.cls)
            left += path.left
            taken += 1
            self.paths += 1
            if taken + len(left) > PATHS:
                raise Stop(f"more than {PATHS} paths in one structure")
            what = differs(reference, mine, path)
            if what:
                return n, Difference(at, what, path.solver.model())
        return n, None

    def outcome(self, at: Structure, call: int, cls: type, own: type) -> tuple[Outcome, int]:
        """Call a hook in a world of its own."""
        world = World(at, self.hook, cls, own, self.unknowns)
        args = calls(self.hook, world)
        returned, raised = None, ""
        try:
            returned = getattr(world.hyp, self.hook)(*args[call])
        except (Stop, *PASSING):
            raise
        except BaseException as error:
            raised = type(error).__name__
        if self.path.why:
            raise self.path.why
        order = at.quiet or self.hook not in ON_QUIET
        return Outcome(world.plain(returned), raised, world.log, world.state(order)), len(args)


def differs(reference: Outcome, mine: Outcome, path: Path) -> str:
    """Say in what two outcomes differ for some value of a path, which the solver then has."""
    if reference.raised != mine.raised:
        path.possible(z3.BoolVal(True))
        return f"it raises {mine.raised or 'nothing'}"
    terms = [*_returns(reference.returned, mine.returned)]
    terms += _pairs("effects", tuple(reference.log), tuple(mine.log))
    terms += _states(reference.state, mine.state)
    if not terms:
        return ""
    if not path.possible(z3.Or(*(term for _, term in terms))):
        return ""
    model = path.solver.model()
    return next(name for name, term in terms if z3.is_true(model.eval(term, True)))


Terms = Iterator[tuple[str, Any]]


def _returns(reference: Any, mine: Any) -> Terms:
    """Compare what is returned: truth where a truth is due, nothing where nothing is."""
    if reference is None:
        return
    if type(reference) in (bool, Truth):
        reference, mine = _truth(reference), _truth(mine)
    yield from _pairs("what it returns", reference, mine)


def _truth(value: Any) -> Any:
    if type(value) is Number:
        return Truth(value.path, value.e != 0)
    return value if type(value) is Truth else bool(value)


def _pairs(name: str, a: Any, b: Any) -> Terms:
    """Yield the parts of two values that are not the same, each with when they differ."""
    if a is b:
        return
    if isinstance(a, Value) or isinstance(b, Value):
        yield from _unknown(name, a, b)
    elif type(a) is dict and type(b) is dict:
        yield from _states(a, b)
    elif type(a) is tuple and type(b) is tuple and len(a) == len(b):
        for one, other in zip(a, b):
            yield from _pairs(name, one, other)
    elif a != b:
        yield name, z3.BoolVal(True)


def _states(a: State, b: State) -> Terms:
    """Compare two states; most of what is in them is one object, which is soon seen."""
    for whose, mine in a.items():
        theirs = b[whose]
        others = theirs.keys() - mine.keys() if mine.keys() != theirs.keys() else ()
        for key in (*mine, *others):
            if mine.get(key) is not theirs.get(key):
                yield from _pairs(f"{whose} {key}", mine.get(key), theirs.get(key))


def _unknown(name: str, a: Any, b: Any) -> Terms:
    left, right = expression(a), expression(b)
    if left is None or right is None:
        yield name, z3.BoolVal(True)
    elif not left.eq(right):
        yield name, left != right


def compared(cls: type, hook: str, until: float) -> Found:
    """Compare a class's hook with the library's, and let the laws judge where they differ."""
    if hook not in FOLLOWED:
        return "not proven", f"{hook} works on what is not modelled here", 0, 0, None, ""
    search = Search(cls, hook, until)
    first = stopped = ""
    try:
        for n, found in enumerate(search.differences()):
            first = first or found.what
            case = accused(cls, hook, found.at, found.model)
            if case:
                about = f"a state in which it differs in {found.what}, and a law is broken"
                return "differs", about, search.structures, search.paths, case, ""
            if n + 1 == SHOWN:
                break
    except Stop as stop:
        stopped = str(stop)
    about = f"it may differ in {first}, which no law has noticed" if first else stopped
    return "not proven" if about else "proven", about, search.structures, search.paths, None, first
