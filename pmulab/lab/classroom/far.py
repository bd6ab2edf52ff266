"""Hooks that are answered in another process: here the host is, and there the submission.

The judge's process has the hardware, the memory and the laws, and runs no line of a submission. It
sends what the hook may see, does each register access that the hook asks for, and takes back what
the hook has left. The other end, in `there`, has things of the same kinds and a CPU whose registers
are here.

Not modelled: what a submission finds out about the process that it runs in.
"""

import json
from collections.abc import Sequence
from functools import partialmethod
from typing import Any, NoReturn

from pmulab.explorer.result import printable
from pmulab.hw.pe import NotModelled
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.event_filter import KvmError
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.classroom.crossing import Crossing, Garbled
from pmulab.lab.classroom.link import Link
from pmulab.lab.submission.answers import OWN, attempt, tame

# What may be raised on one side and met on the other, by name.
OURS: dict[str, type[Exception]] = {k.__name__: k for k in (Undefined, Trap, NotModelled, KvmError)}
EXCEPTIONS = {kind.__name__: kind for kind in OWN}


def far(hooks: Sequence[str], link: Link) -> type[Hypervisor]:
    """Make a hypervisor some hooks of which are answered at the other end of a link."""
    ends: dict[int, tuple[Hypervisor, Crossing]] = {}

    def _answer(hyp: Hypervisor, hook: str, *args: Any, **named: Any) -> Any:
        if id(hyp) not in ends:
            # One host after another; each begins with nothing known.
            ends.clear()
            ends[id(hyp)] = hyp, _introduced(hyp, link)
        return _asked(hook, hyp, ends[id(hyp)][1], link, (*args, *named.values()))

    return type("Mine", (Hypervisor,), {hook: partialmethod(_answer, hook) for hook in hooks})


def _introduced(hyp: Hypervisor, link: Link) -> Crossing:
    """Tell the other end of a host that it has not met."""
    mine = {name: value for name, value in vars(hyp).items() if callable(value)}
    cpus = [[sorted(cpu.features), cpu.counter_bits] for cpu in hyp.cpus]
    link.send({"do": "host", "cpus": cpus})

    def callback(name: str) -> Any:
        if name not in mine:
            raise Garbled(f"no function {name}")
        return mine[name]

    return Crossing(hyp, callback, {id(value): name for name, value in mine.items()})


def _asked(
    hook: str, hyp: Hypervisor, crossing: Crossing, link: Link, args: tuple[Any, ...]
) -> Any:
    """Ask for an answer, and serve the other end until it comes.

    What was answered without an access or a change is not asked again until something changes.
    """
    message = crossing.sent(args)
    asked = json.dumps([hook, message["values"], hyp.host.cpu])
    if message["changed"]:
        crossing.answers.clear()
    elif asked in crossing.answers:
        return crossing.answers[asked]
    link.send({"do": "call", "hook": hook, "cpu": hyp.cpus.index(hyp.cpu), **message})
    idle = True
    while True:
        message = link.receive()
        match message.get("do"):
            case "mrs" | "msr" as op:
                idle = False
                link.send(_access(hyp, op, message))
            case "hook":
                idle = False
                link.send(_called(crossing, message))
            case "answer":
                (answer,) = crossing.received(message)
                hyp.cpu = hyp.cpus[message["cpu"]]
                if message["changed"]:
                    crossing.answers.clear()
                elif idle:
                    crossing.answers[asked] = answer
                return answer
            case "raise":
                crossing.answers.clear()
                crossing.received(message)
                raised(message)
            case other:
                raise Garbled(f"it asks for {other!r}")


def _access(hyp: Hypervisor, op: str, message: dict[str, Any]) -> dict[str, Any]:
    """Do one register access for the other end; what it raises is told."""
    try:
        cpu, args = hyp.cpus[message["cpu"]], message["args"]
        if [*map(type, args)] != [str, int][: len(args)] or len(args) != 1 + (op == "msr"):
            raise TypeError(f"{op} takes a name" + " and a number" * (op == "msr"))
        return {"value": getattr(cpu, op)(*args)}
    except Exception as error:
        return told(error)


def _called(crossing: Crossing, message: dict[str, Any]) -> dict[str, Any]:
    """Call what stands here in a hook's place, as the tables of cases do."""
    args = tuple(crossing.received(message))
    try:
        answer = crossing.callback(message["name"])(*args)
    except Exception as error:
        return {**told(error), **crossing.sent((), args)}
    return crossing.sent((answer,), args)


# ---- exceptions


def told(error: BaseException) -> dict[str, Any]:
    """Say an exception as data."""
    error = tame(error)
    name = type(error).__name__
    if isinstance(error, Undefined | Trap):
        parts: list[Any] = [error.target_el, error.reason]
    elif isinstance(error, KvmError):
        parts = [error.code, error.why]
    else:
        plain = all(type(part) in (int, bool, str, type(None)) for part in error.args)
        known = name in EXCEPTIONS or name in OURS
        parts = [*error.args] if plain and known else [attempt(lambda: printable(str(error)), "")]
    empty = isinstance(error, NotImplementedError)
    return {"raised": name, "parts": parts, "empty": empty}


def raised(message: dict[str, Any]) -> NoReturn:
    """Raise what the other end tells of."""
    name, parts = str(message["raised"]), message["parts"]
    kind = OURS.get(name) or EXCEPTIONS.get(name)
    if kind is None:
        base = NotImplementedError if message["empty"] else Exception
        kind = type(name if name.isidentifier() else "Exception", (base,), {})
    try:
        error = kind(*parts)
    except Exception:
        error = Exception(*map(str, parts))
    raise error
