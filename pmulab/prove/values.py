"""Values that are not known, as Python's integers behave: a z3 expression beside what it may be.

An `if` on one takes a path; `Path` remembers which are left. What cannot be followed ends the
attempt with `Stop`, which says why, and no handler of a hook can hide it.

Not modelled: `type(value)`, which tells an unknown from an `int`; multiplication, division.
"""

from collections.abc import Callable
from functools import lru_cache
from operator import add, and_, eq, ge, gt, le, lt, ne, or_, rshift, sub, xor
from time import perf_counter, process_time
from typing import Any

import z3

# Registers have 64 bits; the rest is room for signs and carries, as Python's integers have it.
WIDTH, WIDEST = 160, 150
PATHS = 200
# What z3 may do about one question, and how many steps there are between two looks at the clock.
WORK, TICKS = 2_000_000, 64


class Stop(BaseException):
    """The attempt ends: `str` says what cannot be followed."""


class Path:
    """One way through both hooks: what was decided on it, and which ways are left."""

    def __init__(self, until: float) -> None:
        self.until, self.ticks, self.look = until, 0, 0.0
        # What came of an operation, with what it was done on, whose identities are in the key.
        self.results: dict[tuple[Any, ...], tuple[Any, Any, Any]] = {}
        # Which ways a condition leaves after others: the same questions come in many structures.
        self.answers: dict[tuple[Any, ...], tuple[bool, bool]] = {}
        # An identity is an expression's own only as long as that lives.
        self.alive: dict[int, Any] = {}
        self.begin(())

    def begin(self, decided: tuple[bool, ...]) -> None:
        """Begin a way that goes as another did at first."""
        self.decided = decided
        self.taken: list[Any] = []
        self.known: dict[int, bool] = {}
        self.left: list[tuple[bool, ...]] = []
        self.why: Stop | None = None
        self.solver: Any = None

    def stop(self, why: str) -> Stop:
        """Remember why the attempt ends, and return what is to be raised."""
        self.why = self.why or Stop(why)
        return self.why

    def tick(self) -> None:
        """End the attempt where its time is up; to ask the clock costs more than most steps."""
        self.ticks += 1
        if self.ticks % TICKS == 0 and perf_counter() >= self.look:
            # To ask how much time the CPU has spent is dear, and it is no more than has passed.
            left = self.until - process_time()
            self.look = perf_counter() + left
            if left < 0:
                raise self.stop("the time is up")

    def choose(self, condition: Any) -> bool:
        """Decide a condition: as it must be, or one of two ways."""
        id = condition.get_id()
        found = self.known.get(id)
        if found is not None:
            return found
        self.tick()
        self.alive[id] = condition
        way = tuple(self.known.values())
        if len(way) < len(self.decided):
            taken = self.decided[len(way)]
        else:
            taken, other = self._ways(id, condition)
            if taken and other:
                self.left.append((*way, False))
        self.known[id] = taken
        self.taken.append(condition if taken else z3.Not(condition))
        return taken

    def _ways(self, id: int, condition: Any) -> tuple[bool, bool]:
        """Tell whether a condition can hold on this path, and whether it can fail."""
        key = (id, *self.known.items())
        found = self.answers.get(key)
        if found is None:
            can = self.possible(condition)
            found = self.answers[key] = can, can and self.possible(z3.Not(condition))
        return found

    def possible(self, condition: Any) -> bool:
        """Tell whether something can be on this path; the solver has how."""
        if self.solver is None:
            self.solver, self.told = z3.Solver(), 0
            # Work, not time: that would need a thread for each question, and no run is as another.
            self.solver.set("rlimit", WORK)
        self.solver.add(*self.taken[self.told :])
        self.told = len(self.taken)
        found = self.solver.check(condition)
        if found == z3.unknown:
            raise self.stop(f"z3 has not decided in {WORK:,} steps of its own")
        return bool(found == z3.sat)


class Value:
    """What numbers and truths that are not known have in common: where they lead nowhere."""

    e: Any
    path: Path

    def _stop(self, *_: object) -> Any:
        raise self.path.stop("a value that is not known is used as an index, a text or a product")

    def __hash__(self) -> int:
        raise self.path.stop("a value that is not known is looked up in a table")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self.path.stop(f"{name} of a value that is not known")

    __index__ = __int__ = __float__ = __repr__ = __str__ = __format__ = __abs__ = _stop
    __mul__ = __rmul__ = __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __truediv__ = _stop
    __rtruediv__ = __pow__ = __rpow__ = __divmod__ = __rdivmod__ = __pos__ = __round__ = _stop
    __reduce_ex__ = __copy__ = __deepcopy__ = __len__ = __iter__ = _stop


class Number(Value):
    """A number that is not known: `may` has the bits that can be 1, `size` bounds its width."""

    def __init__(self, path: Path, e: Any, may: int, size: int) -> None:
        self.path, self.e, self.may = path, e, may
        self.size = may.bit_length() if may >= 0 else size
        if self.size > WIDEST:
            raise path.stop(f"a value of more than {WIDEST} bits")

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return int

    def __bool__(self) -> bool:
        return self.path.choose(_compared("ne", self, 0).e)

    def __invert__(self) -> Any:
        return Number(self.path, ~self.e, -1, self.size)

    def __neg__(self) -> Any:
        return _number("sub", 0, self)


class Truth(Value):
    """A truth that is not known."""

    def __init__(self, path: Path, e: Any) -> None:
        self.path, self.e = path, e

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return bool

    def __bool__(self) -> bool:
        return self.path.choose(self.e)


def expression(value: Any) -> Any:
    """Return a number or truth, known or not, as an expression; None for anything else."""
    if type(value) is Number:
        return value.e
    if type(value) is Truth:
        return z3.If(value.e, z3.BitVecVal(1, WIDTH), z3.BitVecVal(0, WIDTH))
    return constant(int(value)) if isinstance(value, int) else None


@lru_cache(4096)
def constant(value: int) -> Any:
    """Return a number that is known as an expression; None where it is too wide."""
    return z3.BitVecVal(value, WIDTH) if value.bit_length() <= WIDEST else None


def bits_of(value: Any) -> tuple[int, int]:
    """Return which bits a number may have and how wide it may be."""
    if type(value) is Number:
        return value.may, value.size
    return (1, 1) if type(value) is Truth else (int(value), int(value).bit_length())


MAY: dict[str, Callable[[int, int], int]] = {"and": and_, "or": or_, "xor": or_}
PLAIN: dict[str, Callable[[Any, Any], Any]] = {
    "and": and_, "or": or_, "xor": xor, "add": add, "sub": sub,
}  # fmt: skip
COMPARED = {"eq": eq, "ne": ne, "lt": lt, "le": le, "gt": gt, "ge": ge}


def _number(name: str, a: Any, b: Any) -> Any:
    left, right = expression(a), expression(b)
    if left is None or right is None:
        return NotImplemented
    path = a.path if isinstance(a, Value) else b.path
    (may_a, size_a), (may_b, size_b) = bits_of(a), bits_of(b)
    if type(a) is Number and type(b) is not Number and _changes_nothing(name, may_a, may_b):
        return a
    wide = max(size_a, size_b) + (name not in MAY)
    may = MAY[name](may_a, may_b) if name in MAY else -1
    return Number(path, PLAIN[name](left, right), may, wide) if may else 0


def _changes_nothing(name: str, may: int, by: int) -> bool:
    return may & by == may if name == "and" else not by


def _shift(name: str, a: Any, b: Any) -> Any:
    if type(a) is not Number or not isinstance(b, int) or isinstance(b, Value) or b < 0:
        raise next(x.path for x in (a, b) if isinstance(x, Value)).stop("a shift by an unknown")
    may = a.may << b if name == "lshift" else a.may >> b
    size = a.size + b if name == "lshift" else max(a.size - b, 1)
    if max(size, may.bit_length()) > WIDEST:
        raise a.path.stop(f"a value of more than {WIDEST} bits")
    by = min(b, WIDTH - 1)
    # Python's numbers have a sign: a shift to the right keeps it.
    shifted = a.e << by if name == "lshift" else rshift(a.e, by)
    return Number(a.path, shifted, may, size) if may else 0


def _compared(name: str, a: Any, b: Any) -> Any:
    left, right = expression(a), expression(b)
    return NotImplemented if left is None or right is None else Truth(
        a.path, COMPARED[name](left, right)
    )  # fmt: skip


def _once(do: Callable[[str, Any, Any], Any], name: str, a: Any, b: Any) -> Any:
    """Do an operation, or return what came of it before: both hooks do most of them alike."""
    if not {type(a), type(b)} <= KEPT:
        return do(name, a, b)
    path = a.path if isinstance(a, Value) else b.path
    key = (name, *_named(a), *_named(b))
    found = path.results.get(key)
    if found is None:
        found = path.results[key] = a, b, do(name, a, b)
    return found[2]


def _named(value: Any) -> tuple[type, int]:
    kind = type(value)
    return kind, id(value) if kind in UNKNOWN else value


UNKNOWN = frozenset((Number, Truth))
KEPT = UNKNOWN | {int, bool}


def _give(kind: type, names: Any, do: Callable[..., Any], reflected: bool) -> None:
    for name in names:
        setattr(kind, f"__{name}__", lambda a, b, name=name: _once(do, name, a, b))
        if reflected:
            setattr(kind, f"__r{name}__", lambda a, b, name=name: _once(do, name, b, a))


for kind in (Number, Truth):
    _give(kind, PLAIN, _number, True)
    _give(kind, ("lshift", "rshift"), _shift, True)
    _give(kind, COMPARED, _compared, False)
    # Python takes the hash away from whoever gets an equality; setattr does not, but be sure.
    kind.__hash__ = Value.__hash__  # type: ignore[method-assign]
