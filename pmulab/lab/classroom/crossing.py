"""What a hook works on, as data that crosses from one process to another, and back.

Each end keeps the same things under the same numbers. A message has what has changed since the last
one, so a hook that is called often costs what it changes. What arrives is data: numbers, texts,
lists of them, and things of the kinds that are listed here; nothing that arrives is run.

Not modelled: registers of a CPU, which are asked for one by one; what a submission keeps elsewhere.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pmulab.kvm.event_filter import EventFilter
from pmulab.kvm.host import HostData, PerfEvent
from pmulab.kvm.hypervisor import Config
from pmulab.kvm.vcpu import Vcpu, Vm
from pmulab.kvm.vgic_state import VgicCpu, VgicIrq
from pmulab.lab.submission.answers import plain

ATOMS = frozenset((int, bool, str, type(None)))
ONLY_INTS, ONLY_TEXTS = {int}, {str}
KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (EventFilter, HostData, PerfEvent, Vcpu, VgicCpu, VgicIrq, Vm)
}
SETS: dict[type, str] = {frozenset: "frozen", set: "set"}
MAKES: dict[str, Callable[[Iterable[Any]], Any]] = {
    "tuple": tuple,
    "list": list,
    "frozen": frozenset,
    "set": set,
    "dict": dict,
    "config": lambda values: Config(*values),
}
# What a hypervisor has that is no state of the host, but the process it runs in.
OF_A_PROCESS = ("cpu", "cpus")


class Garbled(Exception):
    """What arrived is not of the kind that crosses."""


class Crossing:
    """One end of the way: things by number, and what the other end has of each.

    `callback` gives what stands for a function of the other end; `functions` are the names of those
    that cross, by what the host has of them.
    """

    def __init__(
        self, hypervisor: Any, callback: Callable[[str], Any], functions: dict[int, str]
    ) -> None:
        self.things: list[Any] = [hypervisor]
        self.numbers = {id(hypervisor): 0}
        # Of each thing: what the other end has, what was there when it was written, what it holds.
        self.known: list[dict[str, Any]] = [{}]
        self.was: list[dict[str, Any] | None] = [None]
        self.held: list[list[int]] = [[]]
        self.callback, self.functions = callback, functions
        # What was answered since the last change, by what was asked; whoever asks keeps it.
        self.answers: dict[str, Any] = {}

    # ---- out

    def sent(self, values: tuple[Any, ...], about: tuple[Any, ...] = ()) -> dict[str, Any]:
        """Write values, with all that has changed in what they reach, or what a call is `about`."""
        seen = [0]
        written = [self._written(value, seen) for value in values]
        for value in about:
            self._written(value, seen)
        # It grows on the way: what a thing holds may be a thing that nobody has looked at so far.
        changed = [row for number in seen if (row := self._changes(number, seen))]
        return {"values": written, "changed": changed}

    def _changes(self, number: int, seen: list[int]) -> list[Any] | None:
        """Write what has changed in a thing, and note which things it holds."""
        thing, known = self.things[number], self.known[number]
        has = attributes_of(thing)
        if has == self.was[number]:
            seen += [held for held in self.held[number] if held not in seen]
            return None
        self.was[number] = {key: _copied(value) for key, value in has.items()}
        mine = OF_A_PROCESS if number == 0 else ()
        below: list[int] = []
        now = {key: self._written(v, below) for key, v in has.items() if key not in mine}
        self.held[number], self.known[number] = below, now
        seen += [held for held in below if held not in seen]
        new = {k: v for k, v in now.items() if k not in known or not _same(known[k], v)}
        gone = [key for key in known if key not in now]
        kind = type(thing).__name__ if number else ""
        return [number, kind, new, gone] if new or gone else None

    def _written(self, value: Any, seen: list[int]) -> Any:
        kind = type(value)
        if kind in ATOMS:
            return value
        if kind is dict and _is_plain(value):
            return {"regs": dict(value)}
        if kind in (list, tuple):
            if set(map(type, value)) <= ONLY_INTS:
                return {kind.__name__: [*value]}
            return {kind.__name__: [self._written(one, seen) for one in value]}
        if kind is dict:
            rows = [(self._written(k, seen), self._written(v, seen)) for k, v in value.items()]
            return {"dict": [{"tuple": [*row]} for row in rows]}
        if kind in SETS:
            return {SETS[kind]: sorted((self._written(one, seen) for one in value), key=repr)}
        if kind is Config:
            return {"config": [*value]}
        return self._thing(value, kind, seen)

    def _thing(self, value: Any, kind: type, seen: list[int]) -> Any:
        number = self.numbers.get(id(value))
        if number is None and kind in KINDS.values():
            number = self._enter(value)
        if number is not None:
            if number not in seen:
                seen.append(number)
            return {"thing": number}
        if id(value) in self.functions:
            return {"function": self.functions[id(value)]}
        return {"odd": repr(plain(value))}

    def _enter(self, thing: Any) -> int:
        self.things.append(thing)
        self.known.append({})
        self.was.append(None)
        self.held.append([])
        self.numbers[id(thing)] = len(self.things) - 1
        return len(self.things) - 1

    # ---- in

    def received(self, message: dict[str, Any]) -> list[Any]:
        """Do what has changed to the things of this end; returns the values. Raises `Garbled`."""
        try:
            for number, kind, _, _ in message["changed"]:
                if number == len(self.things):
                    self._enter(object.__new__(KINDS[kind]))
            for number, _, new, gone in message["changed"]:
                self.was[number] = None
                self._change(self.things[number], self.known[number], new, gone)
            return [self._read(value) for value in message["values"]]
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as bad:
            raise Garbled(f"{type(bad).__name__}: {bad}") from None

    def _change(self, thing: Any, known: dict[str, Any], new: dict[str, Any], gone: list[str]):
        for key in gone:
            object.__delattr__(thing, key)
            del known[key]
        for key, written in new.items():
            if key[:2] == "__" or (key in OF_A_PROCESS and thing is self.things[0]):
                raise Garbled(f"{key} does not cross")
            _put(thing, key, self._read(written))
            known[key] = written

    def _read(self, written: Any) -> Any:
        if type(written) in ATOMS:
            return written
        ((kind, held),) = written.items()
        if kind == "regs":
            if {*map(type, held.values())} - ONLY_INTS:
                raise Garbled("a register that is no number")
            return dict(held)
        if kind == "thing":
            return self.things[held]
        if kind == "function":
            return self.callback(held)
        if kind == "odd":
            return Strange(held)
        return MAKES[kind]([self._read(one) for one in held])


class Strange:
    """Stands for something of a kind that does not cross; it says what it was."""

    def __init__(self, said: str) -> None:
        self.said = said

    def __repr__(self) -> str:
        return str(self.said)


def _is_plain(held: dict[Any, Any]) -> bool:
    """Tell whether a dict has texts for keys and numbers behind them, as saved registers have."""
    return set(map(type, held)) <= ONLY_TEXTS and set(map(type, held.values())) <= ONLY_INTS


def attributes_of(thing: Any) -> dict[str, Any]:
    """Return an object's attributes by name."""
    if isinstance(thing, VgicIrq):
        return {name: getattr(thing, name) for name in VgicIrq.__slots__}
    return vars(thing)


def _put(thing: Any, key: str, value: Any) -> None:
    """Set an attribute; a list or a dict stays the one that it is, for somebody may hold it."""
    there = getattr(thing, key, None)
    if type(value) is type(there) is dict:
        there.clear()
        there.update(value)
    elif type(value) is type(there) is list:
        there[:] = value
    else:
        object.__setattr__(thing, key, value)


def _copied(value: Any) -> Any:
    """Copy what may change where it is."""
    return value.copy() if type(value) in (dict, list, set) else value


def _same(old: Any, new: Any) -> bool:
    """Tell whether two written values say the same; a truth value is not the number."""
    return old is new or (type(old) is type(new) and old == new)
