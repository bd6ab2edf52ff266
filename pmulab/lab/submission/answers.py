"""What a submission gives back, as plain data.

It may return an object whose every method lies or raises, and raise what no handler expects. Behind
`guarded` there are numbers, truths, texts and exceptions of Python's own, and nothing to beware of.

Not modelled: what a submission leaves in the objects that it was given, see `left`; a sandbox.
"""

import builtins
import re
from collections.abc import Callable
from functools import lru_cache
from operator import index
from typing import Any

from pmulab.explorer.result import PASSING, HiddenState, name_of, printable
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.event_filter import KvmError
from pmulab.kvm.traps import GuestUndefined

# Bits of the widest number that is worth showing; a register has 64.
WIDEST = 1024
# What a message may be made of.
PLAIN = (int, bool, str, type(None))
# What the explorer tells from other exceptions.
TOLD = (NotImplementedError, Undefined, Trap)
OWN = {c for c in vars(builtins).values() if isinstance(c, type) and issubclass(c, Exception)}
KNOWN = OWN | {Undefined, Trap, KvmError, GuestUndefined, HiddenState}


class Odd:
    """Something that is no plain data: what it says, and whether it is true, None if it raises."""

    def __init__(self, said: str, true: bool | None):
        self.said, self.true = said, true

    def __repr__(self) -> str:
        return self.said

    def __bool__(self) -> bool:
        if self.true is None:
            raise TypeError(f"{self.said} is neither true nor false")
        return self.true

    def __eq__(self, other) -> bool:
        return isinstance(other, Odd) and self.said == other.said

    def __hash__(self) -> int:
        return hash(self.said)


# ---- what is returned


def plain(value: Any):
    """Return a number, a truth, a text, nothing, a list or tuple of those; all else as `Odd`.

    A subclass becomes what it is a kind of, and what has an `__index__` becomes a number.
    """
    kind = type(value)
    if kind is bool or value is None:
        return value
    if issubclass(kind, int):
        return _narrow(int.__int__(value))
    if issubclass(kind, str):
        return printable(value)
    if kind in (list, tuple):
        return kind(map(plain, value))
    found = attempt(lambda: int.__int__(index(value)), None)
    return _odd(value) if found is None else _narrow(found)


def number(value: object) -> int | str:
    """Return a number where one is due, or what there is instead; a truth value is none."""
    found = plain(value)
    return found if type(found) is int else f"{found!r}, where a number is due"


def attempt(call: Callable, otherwise):
    """Return what foreign code gives, or something else where it raises."""
    try:
        return call()
    except PASSING:
        raise
    except BaseException:
        return otherwise


def _narrow(value: int) -> int | Odd:
    bits = value.bit_length()
    return value if bits <= WIDEST else _odd_kind("wide int")(f"an int of {bits} bits", True)


def _odd(value: object) -> Odd:
    name = name_of(type(value))
    said = attempt(lambda: repr(value), f"a {name} that cannot be shown")
    # Two of a kind are alike, wherever they are in memory.
    said = re.sub(" at 0x[0-9a-f]+", "", printable(said))
    return _odd_kind(name)(said, attempt(lambda: bool(value), None))


@lru_cache
def _odd_kind(name: str) -> type:
    """Name a kind of `Odd` after what it stands for: Python's own messages say it."""
    return type(name, (Odd,), {})


# ---- what is raised


def tame(error: BaseException) -> BaseException:
    """Return an exception that is safe to handle: this one, or one that says the same."""
    kind = type(error)
    text = attempt(lambda: printable(str(error)), "it cannot be shown")
    if kind in KNOWN and all(type(v) in PLAIN for v in _parts(error)):
        return error
    base = next((told for told in TOLD if issubclass(kind, told)), Exception)
    twin = type(name_of(kind), (base,), {"__str__": lambda self: text, "reason": text})
    return base.__new__(twin)


def _parts(error: BaseException) -> tuple:
    """Return what an exception of a known kind is made of."""
    return (*error.args, *vars(error).values())
