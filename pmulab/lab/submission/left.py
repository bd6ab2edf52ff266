"""What a hook leaves in the objects that it was given: of the kind that was there, or a reason.

Laws hash, compare and print what they find. So after each call all that is state is of its kind
again: a kind of int becomes an int, as in `answers`; where that cannot be, all is put back as it
was and the hook is told what it left.

Not modelled: whether it is right, which the laws say; a sandbox.
"""

from collections.abc import Callable
from operator import attrgetter, is_
from typing import Any, NamedTuple

from pmulab.explorer.result import HiddenState
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.vcpu import Vcpu
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
    type(None): ((*INTS, str, Vcpu, type(None)), "a number, a vCPU or None"),
}
# Where a number comes and goes.
OPTIONAL = ("cpu", "idx")
FIELDS = attrgetter(*VgicIrq.__slots__)


class Left(HiddenState):
    """A hook left something that is no state."""


class Thing(NamedTuple):
    """An object as it was before a call: its attributes, and what was in those that hold more."""

    name: str
    thing: Any
    kind: type
    attributes: dict[str, Any]
    contents: dict[str, Any]


def noted(hyp: Any, given: tuple[Any, ...]) -> list[Thing]:
    """Note all that a hook can reach and that is state."""
    host = vars(hyp).get("host")
    found = [_noted("self", hyp)] + ([_noted("self.host", host)] if host else [])
    loaded = getattr(host, "loaded", None)
    for vcpu in {id(v): v for v in (*given, loaded) if isinstance(v, Vcpu)}.values():
        vm = vcpu.vm
        found += [_noted("vcpu", vcpu), _noted("vcpu.vm", vm), _noted("vcpu.vgic", vcpu.vgic)]
        found.append(_noted("vcpu.vm.event_filter", vm.event_filter))
    return found


def _noted(name: str, thing: Any) -> Thing:
    attributes = dict(vars(thing))
    held = {key: _copy(attributes[key]) for key in attributes.keys() & CONTENTS.keys()}
    return Thing(name, thing, type(thing), attributes, held)


def _copy(held: Any) -> Any:
    return dict(held) if isinstance(held, dict) else list(held)


def settle(things: list[Thing]) -> None:
    """Make plain what a hook left; `Left` where that cannot be, and then all is as it was."""
    try:
        for thing in things:
            _settle(thing)
    except Exception as error:
        for thing in things:
            _put_back(thing)
        if isinstance(error, Left):
            raise
        raise Left(f"what it leaves cannot be looked at: {type(error).__name__}") from None


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
    for key, held in was.contents.items():
        CONTENTS[key](f"{name}.{key}", now[key], held)


def _alike(place: str, value: Any, old: Any, optional: bool = False) -> Any:
    """Return what stands in an old value's place, plain; `Left` where it is of another kind."""
    kind = next((due for due in type(old).__mro__ if due in DUE), object)
    kinds, said = DUE.get(kind, ((), "what was there"))
    whole = type(value) in (list, dict, type(None)) or issubclass(type(value), Vcpu)
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
    if set(map(type, regs)) != {str} or not regs.keys() >= old.keys():
        gone = next((key for key in old if key not in [*regs]), None)
        raise Left(f"{place} has no {gone}" if gone else f"{place} has a key that is no text")
    if set(map(type, regs.values())) == {int}:
        return
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
