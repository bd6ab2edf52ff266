"""Reading plain data with care: each error says where it is, and what was possible there.

What an object may have is said by what is made of it, a dataclass or a function: a parameter is a
key, its default the default, its annotation the kind, as in `Annotated[int, number, 1, 31]`. A kind
is a function of a value, where that is, what has been read around it, and the limits behind it. A
word before the kind names the object in which the file has the key.

Not modelled: a schema language.
"""

import json
from collections.abc import Callable
from functools import lru_cache, partial
from inspect import Parameter, signature
from typing import Annotated, Any

from pmulab.hw import events
from pmulab.kvm.vcpu import reset_registers

Seen = dict[str, Any]
# The default of a key that has none.
REQUIRED = Parameter.empty


class ScenarioError(ValueError):
    """A scenario that cannot be used: where, and what is wrong there."""


@lru_cache
def table_of(make: Callable[..., Any]) -> dict[str, Any]:
    """Return (default, kind, limits) of each key; a parameter without a kind is none."""
    table: dict[str, Any] = {}
    for row in signature(make).parameters.values():
        kind = _kind(row.annotation)
        if kind and isinstance(kind[0], str):
            table.setdefault(kind[0], {})[row.name] = (row.default, *kind[1:])
        elif kind:
            table[row.name] = (row.default, *kind)
    return table


def _kind(annotation: Any) -> tuple[Any, ...]:
    return getattr(annotation, "__metadata__", ()) or KINDS.get(annotation, ())


def read(value: Any, at: str, seen: Seen, table: dict[str, Any]) -> dict[str, Any]:
    """Read the keys of a table, in its order; nothing else may be there."""
    found: dict[str, Any] = {}
    for name in a_dict(value, at, seen):
        if name not in table:
            raise ScenarioError(f"{at}: no key {short(name)}; there are {' '.join(table)}")
    for name, row in table.items():
        if isinstance(row, dict):
            found |= read(value.get(name, {}), name, seen | found, row)
            continue
        default, kind, *limits = row
        found[name] = value.get(name, default)
        if found[name] is REQUIRED:
            raise ScenarioError(f"{at}: {name!r} is missing")
        if found[name] is not default:
            found[name] = kind(found[name], f"{at}.{name}", seen | found, *limits)
    return found


# ---- kinds


def number(value: Any, at: str, seen: Seen, low: int = 0, high: Any = 10**15) -> int:
    """Read a whole number between two bounds; the upper may be a function of what was read."""
    found, most = whole(value), high(seen) if callable(high) else high
    if found is None:
        raise ScenarioError(f"{at}: a whole number is needed, not {short(value)}")
    if not low <= found <= most:
        raise ScenarioError(f"{at}: {short(value)} is out of range; possible is {low} to {most}")
    return found


def word(value: Any, at: str, seen: Seen, what: str, words: Any, but: str = "there are") -> str:
    """Read one of several words; they may be a function of what was read."""
    known = words(seen) if callable(words) else words
    if not isinstance(value, str) or value not in known:
        raise ScenarioError(f"{at}: no {what} {short(value)}; {but} {' '.join(known)}")
    return value


def event(value: Any, at: str, seen: Seen) -> int:
    """Read an event, given as a number or a mnemonic."""
    if whole(value) is not None:
        return number(value, at, seen, 0, 0xFFFF)
    return events.number(word(value, at, seen, "event", events.BY_NAME, "a number, or"))


def plain(value: Any, at: str, seen: Seen, what: str, test: Callable[[Any], Any]) -> Any:
    """Read a value that passes a test; `what` says what is needed."""
    if not test(value):
        raise ScenarioError(f"{at}: {what} is needed, not {short(value)}")
    return value


def text(value: Any, at: str, seen: Seen, most: int = 64) -> str:
    """Read a line of text."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ScenarioError(f"{at}: a line of text is needed, not {short(value)}")
    return str(sized(value, at, "characters", 1, most))


def rows(value: Any, at: str, seen: Seen, each: Any, what: str, low: int, high: int) -> Any:
    """Read a list of so many values, or objects of which something is made."""
    kind, *limits = _kind(each) or (an_object, each)
    values = sized(a_list(value, at, seen), at, what, low, high)
    return tuple(kind(item, f"{at}[{n}]", seen, *limits) for n, item in enumerate(values))


def an_object(value: Any, at: str, seen: Seen, make: Callable[..., Any]) -> Any:
    """Read an object and make something of it."""
    return make(**read(value, at.removeprefix("scenario."), seen, table_of(make)))


def sized(value: Any, at: str, what: str, low: int, high: int) -> Any:
    """Return something that has so many parts; `what` says what they are."""
    if not low <= len(value) <= high:
        raise ScenarioError(f"{at}: {len(value)} {what}; possible is {low} to {high}")
    return value


a_dict = partial(plain, what="an object", test=lambda value: isinstance(value, dict))
a_list = partial(plain, what="a list", test=lambda value: isinstance(value, list))
flag = partial(plain, what="true or false", test=lambda value: isinstance(value, bool))
KINDS: dict[Any, tuple[Any, ...]] = {int: (number,), bool: (flag,), str: (text,)}
Cpu = Annotated[int, number, 0, lambda seen: len(seen["cpus"]) - 1]
Event = Annotated[int, event]
Vm = Annotated[str, word, "VM", lambda seen: [vm.name for vm in seen["vms"]]]
VmOrVcpu = Annotated[str, word, "VM or vCPU", lambda seen: list(_vm_of(seen))]
# A saved register of the VM or vCPU that stands beside it.
Register = Annotated[str, word, "register", lambda seen: _registers_of(seen, seen["vm"])]


def _vm_of(seen: Seen) -> dict[str, Any]:
    """Return the VM of each name that a VM or a vCPU has."""
    return {name: vm for vm in seen["vms"] for name in (vm.name, *vm.vcpu_names)}


def _registers_of(seen: Seen, name: str) -> dict[str, int]:
    vm = _vm_of(seen)[name]
    return reset_registers(vm.counters, vm.has_el2)


# ---- values


def whole(value: Any) -> int | None:
    """Read a whole number, or text such as "0x10"; None for anything else."""
    if isinstance(value, str):
        try:
            return int(value, 0)
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def short(value: Any, most: int = 40, show: Callable[..., str] = json.dumps) -> str:
    """Print a value, cut to one short line."""
    try:
        shown = show(value)
    except (ValueError, RecursionError):
        # More digits or more levels than Python prints.
        shown = f"an enormous {type(value).__name__}"
    return shown if len(shown) <= most else shown[: most - 3] + "..."
