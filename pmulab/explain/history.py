"""A history done once more, with a recorder: what a verdict tells, finished, as data.

It is told when it is found, within whatever limits the search has; to show it runs nothing.

Not modelled: histories that do not break; a search without an accusation has none.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pmulab.explain.calls import Calls
from pmulab.explain.witness import concerned, tell, tell_quiet, written
from pmulab.explorer.explorer import Explorer
from pmulab.explorer.moves import Move
from pmulab.explorer.result import HiddenState, Result, Telling, describe, line_of
from pmulab.explorer.stage import Stage, play, stage_of
from pmulab.explorer.wide.case import Case, stage_of_case
from pmulab.explorer.wide.coverage import Coverage
from pmulab.explorer.wide.search import Wide, search, tried
from pmulab.explorer.world import World
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.accusation import Accusation
from pmulab.sim.trace import Trace


def explore(
    world: World | str,
    hypervisor: type[Hypervisor] = Hypervisor,
    hook: str = "",
    memo: bool | None = None,
    **limits: Any,
) -> Result:
    """Search a world with a hypervisor; what breaks is told, and a hook watched in it.

    See `Explorer.run` for the limits. Raises `KeyError` where no world has that name, and
    `AttributeError` where the hypervisor has no such hook.
    """
    explorer = Explorer(world, hypervisor, memo)
    return told(explorer.run(**limits), explorer.world, hypervisor, hook)


def told(result: Result, world: World, hypervisor: type[Hypervisor], hook: str = "") -> Result:
    """Add to a result the telling of its history, where it has one."""
    if result.holds or not result.certificate.started:
        return result
    make = partial(stage_of, world, record=True)
    return replace(result, telling=retell(make, hypervisor, result.moves, hook))


def widely(hypervisor: type[Hypervisor], hook: str, *which: Any) -> Wide:
    """Try wide cases, all or those that `search` is told of; what breaks is told."""
    return told_wide(search(hypervisor, hook, *which), hypervisor, hook)


def widely_in(case: Case, hypervisor: type[Hypervisor], hook: str) -> Wide:
    """Try one wide case; what breaks is told."""
    return told_wide(tried(case, hypervisor, Coverage(hypervisor, hook)), hypervisor, hook)


def told_wide(wide: Wide, hypervisor: type[Hypervisor], hook: str) -> Wide:
    """Add the telling of the case that breaks a law, if it comes as far as its first move."""
    if wide.broken is None or wide.result is None or not wide.result.moves:
        return wide
    make = partial(stage_of_case, wide.broken, record=True)
    telling = retell(make, hypervisor, wide.result.moves, hook)
    return wide._replace(result=replace(wide.result, telling=telling))


def retell(
    make: Callable[[type[Hypervisor]], Stage],
    hypervisor: type[Hypervisor],
    moves: Sequence[Move],
    hook: str,
) -> Telling:
    """Do some moves again, with a recorder, up to what breaks."""
    calls = Calls(hypervisor, hook)
    stage = make(calls.hypervisor)
    machine, begins = stage.machine, [0]
    seen: list[str] = []
    ends: list[int] = []
    calls.begin(machine.recorder)

    def witness(accusation: Accusation) -> None:
        # A step may go on after it: what is told is what the law saw, and the trace ends there.
        calls.frozen = True
        seen.extend(tell(machine, accusation))
        machine.note("accusation", _accused(accusation), str(accusation), ("accusation",))
        ends.append(len(machine.trace))

    def before(n: int, move: Move) -> None:
        calls.step = n
        begins.append(len(machine.trace))
        machine.note("note", move.vcpu or "host", move.text)

    machine.laws.witness = witness
    broke = play(stage, moves, before)
    if isinstance(broke, BaseException):
        machine.note("accusation", "host", describe(broke), ("accusation",))
        # In the library: what it was given does not fit what there is. What a hook leaves that is
        # no state is told already, and may still be there.
        inside = not (isinstance(broke, HiddenState) or line_of(broke))
        seen += tell_quiet(machine) if inside else []
    elif broke and not ends:
        # A host that has died was seen by no law.
        machine.note("accusation", _accused(broke), str(broke), ("accusation",))
    trace = machine.trace[: ends[0] if ends else None]
    if broke and not isinstance(broke, BaseException):
        changes = written(trace.records, begins, hook, concerned(machine, broke))
        seen += [*map(str, changes), *calls.lines(changes)]
    # Not where it is the step itself.
    besides = tuple(row for row in _besides(trace, begins) if moves[row[0] - 1].do != "irq")
    return Telling(trace, frozenset(calls.ran), calls.call, tuple(seen), besides, make)


def _besides(trace: Trace, begins: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Say in which step the host handled an interrupt: often that is the act that decides."""
    for i in trace.where(lambda record: record.kind == "irq" and record.who == "host"):
        yield bisect_right(begins, i) - 1, trace[i].text


def _accused(accusation: Accusation) -> str:
    """Name the lane of who is accused: what a law finds on a CPU is the host's doing."""
    return "host" if accusation.who.startswith("cpu") else accusation.who
