"""What may happen in a small world, as data: a row for each move of a guest or of the host.

Not modelled: time; a move may come whenever `Stage.enabled` says so.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pmulab.explorer.world import World
from pmulab.hw import events
from pmulab.hw.sysregs import PMEVTYPER0_EL0, REGS
from pmulab.sim import phrases
from pmulab.sim.machine import Machine
from pmulab.sim.program import Instruction, parse

Amounts = tuple[tuple[int, int], ...]


class Move(NamedTuple):
    """Something that may happen: `cpu` and `vcpu`, if it has one, are all that it concerns.

    `do` is a function of `Stage`, by name; `args` are what it takes; `events` are those that the
    move is about.
    """

    text: str
    do: str
    cpu: int
    vcpu: str
    args: tuple[Any, ...] = ()
    events: frozenset[int] = frozenset()


def moves_of(world: World, machine: Machine) -> Iterator[Move]:
    """List the moves of a world on its machine."""
    for n in range(len(machine.cpus)):
        where = f" on cpu{n}" if len(machine.cpus) > 1 else ""
        for name, vcpu in machine.vcpus.items():
            if vcpu.supports(n):
                yield Move(f"host loads and enters {name}{where}", "enter", n, name)
            else:
                yield Move(f"host loads {name}{where}, which it may not enter", "load", n, name)
        for name, vcpu in machine.vcpus.items():
            if vcpu.supports(n):
                yield from _moves_of_a_guest(world, n, name)
            yield Move(f"host exits and puts {name}", "exit", n, name)
        for name, *what in world.userspace if n == 0 else ():
            text = f"userspace: {' '.join(what)} of {name}"
            yield Move(text, "userspace", n, name, tuple(what))
        yield Move(f"host handles PMUIRQ{where}", "irq", n, "")
        yield from _events_of_the_host(world, n, where)
        for work in world.host_work:
            yield _work(f"host works at EL2{where}: {work}", "host_work", n, "", amounts(work))


def _moves_of_a_guest(world: World, n: int, name: str) -> Iterator[Move]:
    for lines in world.alphabet(name):
        yield _instructions(n, name, "guest", parse(lines))
    for work in world.works:
        yield _work(f"{name} works: {work}", "work", n, name, amounts(work))
    for work in world.hyp_works:
        yield _work(f"{name} works at its EL2: {work}", "hyp_work", n, name, amounts(work))
    for handler in world.handlers:
        # Only who has taken an interrupt can end it: so that needs none that waits.
        program = parse(list(handler))
        yield _instructions(n, name, "guest" if ends(program) else "handler", program)
    if world.halts:
        yield Move(f"{name} halts (wfi)", "wfi", n, name)
    for what, event in world.changes.get(name, ()):
        about = frozenset([events.number(event)])
        yield Move(f"host: {what} {event} for {name}", "change", n, name, (what, event), about)


def _events_of_the_host(world: World, n: int, where: str) -> Iterator[Move]:
    for k, event in enumerate(event for cpu, event in world.host_adds if cpu == n):
        # A state knows an event by its name: no two CPUs have the same one.
        made = (f"new{k}cpu{n}", events.number(event), world.host_period)
        yield Move(f"host begins to count {event}{where}", "perf_add", n, "", made)
        yield Move(f"host stops counting {event}{where}", "perf_remove", n, "", made)


def ends(program: Sequence[Instruction]) -> bool:
    """Tell whether some instructions begin with the end of an interrupt."""
    return program[0].op == "msr" and program[0].args[0] == "ICC_EOIR1_EL1"


def _instructions(n: int, name: str, do: str, program: tuple[Instruction, ...]) -> Move:
    about = frozenset(event for i in program if i.op == "msr" for event in _typed(*i.args))
    return Move(f"{name} {phrases.said(program)}", do, n, name, program, about)


def _typed(register: str, value: int | str) -> list[int]:
    """Return the event of a write to an event type."""
    if isinstance(value, int) and REGS[register].cell.startswith("PMEVTYPER"):
        return [value & PMEVTYPER0_EL0.evtCount]
    return []


def _work(text: str, do: str, n: int, name: str, done: Amounts) -> Move:
    return Move(text, do, n, name, done, frozenset(event for event, _ in done))


def amounts(text: str) -> Amounts:
    """Read `INST_RETIRED=1 MEM_ACCESS=2` as (event, amount) each; a `KeyError` for no event."""
    parts = (part.split("=") for part in text.split())
    return tuple((events.number(name), int(amount)) for name, amount in parts)


def given(world: World, moves: Sequence[Move]) -> str:
    """Say what a history does not show: what came before it, and the filter that it meets."""
    turns = f"each guest has had a turn: {'; '.join(world.setups)}" if world.setups else ""
    saved = ", ".join(f"{who}.{reg} = {value:#x}" for who, reg, value in world.restore)
    counted = f"the host counts {' and '.join(world.host_events)}" if world.host_events else ""
    about = {event for move in moves for event in move.events}
    met = [(who, event) for who, event in world.denied if events.number(event) in about]
    denied = ", ".join(f"{who} may not count {event}" for who, event in met)
    return "; ".join(part for part in (saved, turns, counted, denied) if part)
