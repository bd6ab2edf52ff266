"""A machine that is put into any state, and tried: what each move would do, what is near.

Not modelled: what a hypervisor hides outside of its state; a search of `explore` finds that.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, NamedTuple

from pmulab.explorer.moves import Move
from pmulab.explorer.result import PASSING, Breach, host_dies
from pmulab.explorer.stage import Stage, stage_of
from pmulab.explorer.successors import Successors
from pmulab.explorer.world import World
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.hw.sysregs import REGS
from pmulab.sim.peek import dead_copies
from pmulab.sim.recorder import observed

# States between two looks at the clock.
LOOK = 64
State = dict[str, int]


class Seen(NamedTuple):
    """A state: its number, what each location holds, and what broke on the way there."""

    state: int
    holds: State
    breach: Breach | None = None


class Stand:
    """One machine of a world, for all states."""

    def __init__(self, world: World, hypervisor: type) -> None:
        self.stage = stage_of(world, hypervisor)
        self.machine, self.moves = self.stage.machine, self.stage.moves
        self.successors = Successors(self.stage, memo=True)
        self.numbering = self.successors.numbering
        self.first = Seen(self.numbering.pack(), self.look(), self.machine.laws.accusation)

    def look(self) -> State:
        """Return what each location holds; of what lives in hardware now no stale copy."""
        dead = {
            f"{vcpu.name}.{name}"
            for vcpu in self.machine.vcpus.values()
            if vcpu.cpu is not None and self.machine.hyp.hosts[vcpu.cpu].loaded is vcpu
            for name in dead_copies(vcpu)
        }
        found = {at: value for at, value in observed(self.machine).items() if at not in dead}
        return found | dict(self._due())

    def _due(self) -> Iterator[tuple[str, int]]:
        """Yield what the private PMUs hold: what each guest is entitled to."""
        for name, vcpu in self.machine.vcpus.items():
            cells = self.machine.laws.private[name].pe.pmu.cells
            for reg in vcpu.regs:
                if reg in REGS and REGS[reg].cell in cells:
                    yield f"{name} is due.{reg}", cells[REGS[reg].cell]

    def possible(self, seen: Seen) -> list[int]:
        """List the moves that can happen in a state; none where a law is broken."""
        if seen.breach:
            return []
        self.numbering.unpack(seen.state)
        return [n for n, move in enumerate(self.moves) if self.stage.enabled(move)]

    def after(self, seen: Seen, n: int) -> Seen:
        """Do a move in a state."""
        self.numbering.unpack(seen.state)
        breach = performed(self.stage, self.moves[n])
        try:
            return Seen(self.numbering.pack() if breach is None else -1, self.look(), breach)
        except Exception:
            # What broke may have left there what is no register.
            return Seen(-1, seen.holds, breach)

    # ---- what is near

    def nearest(
        self, seen: Seen, goal: Callable[[int], bool] | None
    ) -> Generator[str, None, list[int] | None]:
        """Search for the fewest moves to a goal, without one to what breaks; None where none is.

        Yields how far it is.
        """
        came: dict[int, tuple[int, int]] = {seen.state: (-1, -1)}
        layer, depth = [seen.state], 0
        while layer:
            following: list[int] = []
            depth += 1
            for k, state in enumerate(layer):
                if k % LOOK == 0:
                    yield f"{len(came):,} states, {depth} clicks"
                for move, after in self._next(state):
                    if after is None:
                        if goal is None:
                            return [*_back(came, state), move]
                    elif after not in came:
                        came[after] = state, move
                        following.append(after)
                        if goal and goal(after):
                            return _back(came, after)
            layer = following
        return None

    def _next(self, state: int) -> Iterator[tuple[int, int | None]]:
        """Yield (move, state after it) from a state; None where it breaks."""
        for group in self.successors.groups(state):
            found = self.successors.of(group, state)
            if found.broken is None:
                yield from ((m, state + d) for m, d in zip(found.moves, found.deltas))
                continue
            # The others of the group were not tried any more.
            for n in group.moves:
                delta, breach = self.successors.attempt(self.moves[n], state, group.concern)
                if breach is not None or delta is not None:
                    yield n, None if breach is not None else state + (delta or 0)

    def overflows(self, seen: Seen) -> Callable[[int], bool]:
        """Return what tells whether a guest has a flag in a state that it has not now."""
        now = self._flags(seen.state)
        return lambda state: any(a & ~b for a, b in zip(self._flags(state), now))

    def _flags(self, state: int) -> list[int]:
        self.numbering.unpack(state)
        return [p.pe.pmu.cells["PMOVS"] for p in self.machine.laws.private.values()]


def _back(came: dict[int, tuple[int, int]], state: int) -> list[int]:
    """Return the moves that lead to a state, from where a search began."""
    path: list[int] = []
    while came[state][1] >= 0:
        state, move = came[state]
        path.append(move)
    return path[::-1]


def performed(stage: Stage, move: Move) -> Breach | None:
    """Do a move; return what it breaks."""
    stage.machine.laws.accusation = None
    try:
        stage.perform(move)
    except (Undefined, Trap) as error:
        return host_dies(error)
    except PASSING:
        raise
    except BaseException as error:
        return error
    return stage.machine.laws.accusation


def convicts(world: World, hypervisor: type, path: Sequence[int]) -> Any:
    """Return what a path breaks with a hypervisor; None where nothing, or it cannot go that way."""
    stage = stage_of(world, hypervisor)
    for n in path:
        move = stage.moves[n]
        stage.machine.hyp.this_cpu(move.cpu)
        if not stage.enabled(move):
            return None
        breach = performed(stage, move)
        if breach is not None:
            return breach
    return None
