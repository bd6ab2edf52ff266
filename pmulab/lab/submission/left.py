"""What a hook leaves in the objects that it was given: of the kind that was there, or a reason.

Laws hash, compare and print what they find. So after each call all that is state is of its kind
again: a kind of int becomes an int, as in `answers`; where that cannot be, all is put back as it
was and the hook is told what it left.

Not modelled: whether it is right, which the laws say; a sandbox.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter, is_, itemgetter
from typing import Any

from pmulab.explorer.result import HiddenState
from pmulab.hw.sysregs import MAX_COUNTERS
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.vcpu import Vcpu, reset_registers
from pmulab.kvm.vgic_state import VgicIrq
from pmulab.lab.submission.answers import Odd, attempt, plain

INTS: tuple[type, ...] = (int, bool)
# For a value of each kind: what may stand in its place, and how that is said.
DUE: dict[type, tuple[tuple[type, ...], str]] = {
    int: (INTS, "a number"),
    bool: (INTS, "a truth value"),
    str: ((str,), "a text"),
    tuple: ((tuple,), "a tuple"),
    list: ((list,), "a list"),
    dict: ((dict,), "a dict"),
    Vcpu: ((Vcpu, type(None)), "a vCPU or None"),
    frozenset: ((frozenset, type(None)), "a set of CPUs or None"),
    type(None): ((*INTS, str, Vcpu, frozenset, type(None)), "a number, a vCPU, CPUs or None"),
}
SCALARS = (int, bool, str, type(None))
# An attribute that was of such a type is judged by the type of what stands there now.
CHANGING = (*SCALARS, list, dict, Vcpu)
# Where a number comes and goes.
OPTIONAL = ("cpu", "idx")
ONLY_INTS = {int}
REGISTERS = frozenset(reset_registers(MAX_COUNTERS))
FIELDS = attrgetter(*VgicIrq.__slots__)


class Left(HiddenState):
    """A hook left something that is no state."""


class Thing:
    """An object as it was when it was first seen: its attributes, and what those hold.

    `whole` are the attributes that are no plain data; `sound` are the types that have been found
    sound in its attributes.
    """

    def __init__(self, name: str, thing: Any) -> None:
        self.name, self.thing, self.kind = name, thing, type(thing)
        self.attributes = now = dict(vars(thing))
        self.keys = [*now]
        self.contents = {key: _copy(now[key]) for key in now.keys() & CONTENTS.keys()}
        whole = [key for key, v in now.items() if key == "name" or type(v) not in CHANGING]
        # Twice, for an `itemgetter` of one name returns no tuple.
        self.whole = itemgetter(*whole, *whole) if whole else tuple
        self.were = self.whole(now) if whole else ()
        self.sound: set[tuple[type, ...]] = set()

    def fits(self) -> bool:
        """Tell quickly whether its attributes are sound."""
        now = vars(self.thing)
        return (
            type(self.thing) is self.kind
            and [*now] == self.keys
            and (*map(type, now.values()),) in self.sound
            and all(map(is_, self.whole(now), self.were))
        )

    def settle(self) -> None:
        """Make plain what a hook left; `Left` where that cannot be."""
        if not self.fits():
            _settle(self)
            now = vars(self.thing)
            if [*now] == self.keys:
                self.sound.add((*map(type, now.values()),))
        now = vars(self.thing)
        for key, held in self.contents.items():
            CONTENTS[key](f"{self.name}.{key}", now[key], held)


class Watch:
    """Notes each object once.

    Of a hook that leaves what cannot stay nothing is judged but that, so what is put back is what
    was there when the object was first seen.
    """

    MANY = 100

    def __init__(self) -> None:
        self.seen: dict[tuple[int, ...], list[Thing]] = {}

    def noted(self, hyp: Any, given: tuple[Any, ...]) -> list[Thing]:
        """Note all that a hook can reach and that is state."""
        mine = vars(hyp)
        host = mine.get("host")
        loaded = getattr(host, "loaded", None)
        vcpus = [vcpu for vcpu in (*given, loaded) if isinstance(vcpu, Vcpu)]
        # Who is noted is held, so its id stays its own.
        key = id(hyp), id(mine.get("cpu")), *map(id, vcpus)
        if key not in self.seen:
            if len(self.seen) > self.MANY:
                self.seen.clear()
            self.seen[key] = [Thing(*place) for place in _places(hyp, host, vcpus)]
        return self.seen[key]

    def settle(self, things: list[Thing]) -> None:
        """Make plain what a hook left; `Left` where that cannot be, and then all is put back."""
        try:
            for thing in things:
                thing.settle()
        except Exception as error:
            for thing in things:
                _put_back(thing)
            if isinstance(error, Left):
                raise
            said = f"what it leaves cannot be looked at: {type(error).__name__}"
            raise Left(said) from None


def _places(hyp: Any, host: Any, vcpus: list[Vcpu]) -> Iterator[tuple[str, Any]]:
    yield "self", hyp
    if host:
        yield "self.host", host
    for vcpu in {id(vcpu): vcpu for vcpu in vcpus}.values():
        yield "vcpu", vcpu
        yield "vcpu.vm", vcpu.vm
        yield "vcpu.vgic", vcpu.vgic
        yield "vcpu.vm.event_filter", vcpu.vm.event_filter


def _copy(held: Any) -> Any:
    """Copy what is in a container; what a hook keeps of its own among registers may go again."""
    if isinstance(held, dict):
        return {key: v for key, v in held.items() if key in REGISTERS or type(key) is int}
    return list(held)


def _put_back(was: Thing) -> None:
    object.__setattr__(was.thing, "__class__", was.kind)
    vars(was.thing).clear()
    vars(was.thing).update(was.attributes)
    for key, held in was.contents.items():
        container = was.attributes[key]
        container.clear()
        (container.update if isinstance(held, dict) else container.extend)(held)


def _settle(was: Thing) -> None:
    """Compare an object's attributes with those that it had, then look into containers."""
    name, old = was.name, was.attributes
    if type(was.thing) is not was.kind:
        raise Left(f"{name} has become {_said(was.thing)}")
    now = vars(was.thing)
    same = len(now) == len(old) and all(map(is_, now, old))
    if not (same and all(map(is_, now.values(), old.values()))):
        for gone in [key for key in old if key not in now]:
            raise Left(f"{name}.{gone} is gone")
        for key, value in [*now.items()]:
            if key not in old and name != "self":
                now[key] = _sound(f"{name}.{key}", value)
            elif key in old and value is not old[key]:
                now[key] = _alike(f"{name}.{key}", value, old[key], key in OPTIONAL)


def _alike(place: str, value: Any, old: Any, optional: bool = False) -> Any:
    """Return what stands in an old value's place, plain; `Left` where it is of another kind."""
    kind = next((due for due in type(old).__mro__ if due in DUE), object)
    kinds, said = DUE.get(kind, ((), "what was there"))
    whole = type(value) in (list, dict, type(None)) or issubclass(type(value), Vcpu)
    if type(value) is frozenset:
        # Numbers alone are safe to compare.
        whole = set(map(type, value)) <= ONLY_INTS
    if (value is None and optional) or (whole and issubclass(type(value), kinds)):
        return value
    found = plain(value)
    if place.endswith(".name"):
        kinds, said = (), f"the name {old!r}"
    if type(found) not in kinds:
        raise Left(f"{place} is {_said(value)}, where {said} is due")
    return found


def _sound(place: str, value: Any) -> Any:
    """Return what a hook keeps in a place of its own: plain, or else safe to hash and compare."""
    found = plain(value)
    if not isinstance(found, Odd):
        return found if attempt(lambda: hash(found), None) is not None else _unsound(place, value)
    safe = attempt(lambda: (hash(value), bool(value == value), repr(value)), None)
    return value if safe else _unsound(place, value)


def _unsound(place: str, value: Any) -> None:
    raise Left(f"{place} is {_said(value)}: keep numbers, texts and tuples of them there")


def _said(value: Any) -> str:
    said = repr(plain(value))
    return said if len(said) < 60 else f"{said[:60]}..."


# ---- what is in a container


def _registers(place: str, regs: dict[str, Any], old: dict[str, int]) -> None:
    """A number in each register that there was; a hook may save more."""
    if [*regs] == [*old] and set(map(type, regs.values())) == ONLY_INTS:
        return
    if set(map(type, regs)) != {str} or not regs.keys() >= old.keys():
        gone = next((key for key in old if key not in [*regs]), None)
        raise Left(f"{place} has no {gone}" if gone else f"{place} has a key that is no text")
    for key, value in regs.items():
        where = f"{place}[{key!r}]"
        due = _alike(where, value, 0) if key in old else _sound(where, value)
        dict.__setitem__(regs, key, int(due) if isinstance(due, bool) else due)


def _each(fits: Callable[[Any], bool], due: str) -> Callable[[str, list[Any], Any], None]:
    """Make a look at a list, each item of which must fit."""

    def look(place: str, items: list[Any], old: Any) -> None:
        for n, item in enumerate(items):
            if not fits(item):
                raise Left(f"{place}[{n}] is {_said(item)}, where {due} is due")

    return look


def _interrupts(place: str, irqs: dict[int, Any], old: Any) -> None:
    for intid, irq in irqs.items():
        if type(intid) is not int or type(irq) is not VgicIrq:
            raise Left(f"{place}[{_said(intid)}] is {_said(irq)}, where an interrupt is due")
        fields = attempt(lambda irq=irq: FIELDS(irq), (None,))
        if not set(map(type, fields)) <= {int, bool, str}:
            _each_field(f"{place}[{intid}]", irq)


def _each_field(place: str, irq: VgicIrq) -> None:
    fresh = VgicIrq(0, "")
    for name in VgicIrq.__slots__:
        value = attempt(lambda name=name: getattr(irq, name), None)
        setattr(irq, name, _alike(f"{place}.{name}", value, getattr(fresh, name)))


def _is_range(item: Any) -> bool:
    return type(item) is tuple and len(item) == 3 and set(map(type, item)) <= {*INTS}


def _all_there(place: str, items: list[Any], old: list[Any]) -> None:
    if len(items) != len(old) or not all(map(is_, items, old)):
        raise Left(f"{place} is not what was there")


CONTENTS: dict[str, Callable[[str, Any, Any], None]] = {
    "regs": _registers,
    "irqs": _interrupts,
    "ap_list": _each(lambda item: type(item) is int, "an INTID"),
    "ranges": _each(_is_range, "a range of three numbers"),
    "events": _each(lambda item: type(item) is PerfEvent, "a perf event"),
    "hosts": _all_there,
}
