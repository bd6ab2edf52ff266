"""Breadth-first search over every order of a world's moves.

It ends with a shortest history in which a law breaks, or with a certificate: so many states, so
many transitions, and whether that was all of them (closure: then it is a proof for that world).

That two guests are the same is not used: a hypervisor may serve one of them wrongly, and a merged
state would hide it.

Not modelled: fairness; that something happens at all (a law can only say what must not happen).
"""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from itertools import chain

from pmulab.explorer.batches import BatchByBatch, Batches
from pmulab.explorer.moves import Move, given
from pmulab.explorer.numbering import MAX_PARTS, Numbering
from pmulab.explorer.result import (
    FORGETFUL,
    PASSING,
    Breach,
    Broken,
    Certificate,
    HiddenState,
    Result,
    accused,
    blamed,
)
from pmulab.explorer.stage import play, stage_of
from pmulab.explorer.successors import Successors
from pmulab.explorer.world import World
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor

MAX_STATES = 10_000_000
# A layer of more states than MANY is visited in batches: it has enough of them to share its moves.
MANY = 5_000
# States or batches that are visited between two looks at the limits.
LOOK = 256
SAMPLES = 40
# The depth and the number of states so far.
Told = tuple[int, int]
Steps = Generator[Told, None, Result]


class StateByState:
    """Visits layers of single states; `seen` has what has been reached so far."""

    def __init__(self, successors: Successors, first: int) -> None:
        self.successors, self.seen, self.transitions = successors, {first}, 0
        self.layers = [[first]]

    def visit(self) -> Generator[Broken | None, None, None]:
        """Visit the last layer's successors, the next layer; yields what broke and where."""
        layer = self.layers[-1]
        following: list[int] = []
        self.layers.append(following)
        seen, of, groups_at = self.seen, self.successors.of, self.successors.groups_at
        cpus_at = self.successors.numbering.cpus_at
        for state in layer:
            for group in groups_at.get(state >> cpus_at) or self.successors.groups(state):
                found = group.known.get(state & group.mask) or of(group, state)
                self.transitions += found.transitions
                if found.broken:
                    yield state, *found.broken
                    return
                for delta in found.deltas:
                    after = state + delta
                    if after not in seen:
                        seen.add(after)
                        following.append(after)
            yield None


class Explorer:
    """One search of one world with one hypervisor; a `KeyError` where no world has that name."""

    def __init__(
        self,
        world: World | str,
        hypervisor: type[Hypervisor] = Hypervisor,
        memo: bool | None = None,
    ) -> None:
        self.world = WORLDS[world] if isinstance(world, str) else world
        self.hypervisor = hypervisor
        self.memo = self.world.memo if memo is None else memo

    # ---- the search

    def run(
        self,
        max_states: int = MAX_STATES,
        seconds: float | None = None,
        ticker: Callable[[int, int], None] = lambda depth, states: None,
    ) -> Result:
        """Search, breadth first, until a law breaks, nothing is new, or a limit is reached.

        Ctrl-C ends a search as a limit does. `ticker` gets the depth and the number of states.
        """
        work = self.steps(max_states, seconds)
        try:
            while True:
                self._tick(work, ticker, *next(work))
        except StopIteration as end:
            result: Result = end.value
            return result

    def _tick(self, work: Steps, ticker: Callable[[int, int], None], depth: int, n: int) -> None:
        try:
            ticker(depth, n)
        except KeyboardInterrupt as stop:
            work.throw(stop)

    def steps(self, max_states: int = MAX_STATES, seconds: float | None = None) -> Steps:
        """Search in small steps: yields the depth and the number of states, returns the result."""
        self.began = time.perf_counter()
        self.deadline = self.began + seconds if seconds else None
        self.max_states, self.stopped = max_states, ""
        try:
            self.stage = stage_of(self.world, self.hypervisor)
            self.successors = Successors(self.stage, self.memo)
            first = self.successors.numbering.pack()
        except PASSING:
            raise
        except BaseException as error:
            self.stopped = "it did not start"
            return Result(self._certificate(0, 0, 0), ("boot",), *accused(blamed(error)))
        self.visitor: StateByState | BatchByBatch = StateByState(self.successors, first)
        self.earlier: list[list[int]] = []
        if self.stage.machine.laws.accusation:
            return self._broken(first, None, self.stage.machine.laws.accusation)
        try:
            broken = (yield from self._layers()) or self._forgets()
        except KeyboardInterrupt:
            broken, self.stopped = None, "interrupted"
        return self._broken(*broken) if broken else Result(self._seen())

    @property
    def layers(self) -> list[list[int] | Batches]:
        """Return the states by depth, from the first one on."""
        return [*self.earlier, *self.visitor.layers]

    def _layers(self) -> Generator[Told, None, Broken | None]:
        """Visit layer after layer; returns what broke and where."""
        while self.visitor.layers[-1] and not self.stopped:
            yield len(self.layers) - 1, len(self.visitor.seen)
            self._choose_visitor()
            broken = yield from self._visit()
            if broken:
                return broken
        return None

    def _choose_visitor(self) -> None:
        """Go on in batches where a layer is large: what has been seen, and the layer that is next.

        A visitor in batches needs one CPU, and that moves are remembered.
        """
        visitor, one = self.visitor, self.memo and self.successors.numbering.n_cpus == 1
        if isinstance(visitor, StateByState) and len(visitor.layers[-1]) > MANY and one:
            self.earlier, seen, done = visitor.layers, visitor.seen, visitor.transitions
            self.visitor = BatchByBatch(self.successors, seen, done, self.earlier.pop())

    def _visit(self) -> Generator[Told, None, Broken | None]:
        # Closed, for a layer in batches is only complete then.
        with closing(self.visitor.visit()) as visited:
            for n, broken in enumerate(visited):
                if broken:
                    return broken
                if n % LOOK == 0:
                    if self._at_a_limit():
                        break
                    if n:
                        yield len(self.layers) - 2, len(self.visitor.seen)
        return None

    def _at_a_limit(self) -> bool:
        if len(self.visitor.seen) >= self.max_states:
            self.stopped = f"stopped at the limit of {self.max_states} states"
        elif len(self.successors.numbering.parts) >= MAX_PARTS:
            self.stopped = f"stopped at the limit of {MAX_PARTS} parts of states"
        elif self.deadline and time.perf_counter() > self.deadline:
            self.stopped = "stopped by the clock"
        return bool(self.stopped)

    def _forgets(self) -> Broken | None:
        """Do some moves again: a hypervisor that hides state answers differently."""
        firsts = (x.firsts() if isinstance(x, Batches) else x for x in self.layers)
        visited = list(chain.from_iterable(firsts))
        every = max(1, len(visited) // SAMPLES)
        for state in () if self.stopped else visited[::every]:
            group = self.successors.groups(state)[0]
            if self.successors.tried(group, state) != self.successors.of(group, state):
                return state, group.moves[0], HiddenState(FORGETFUL)
        return None

    # ---- the outcome

    def _seen(self) -> Certificate:
        depth = sum(map(bool, self.layers)) - 1
        return self._certificate(len(self.visitor.seen), self.visitor.transitions, depth)

    def _certificate(self, states: int, transitions: int, depth: int) -> Certificate:
        world, seconds = self.world, time.perf_counter() - self.began
        what = (world.name, world.about, world.counter_bits, states, transitions, depth)
        return Certificate(*what, not self.stopped, seconds, self.stopped)

    def _broken(self, state: int, index: int | None, breach: Breach) -> Result:
        raised = isinstance(breach, BaseException)
        self.stopped = "it raised an exception" if raised else "a law is broken"
        try:
            path = self._path(state) + ([] if index is None else [index])
        except HiddenState as hidden:
            return Result(self._seen(), (), *accused(hidden))
        moves = tuple(self.stage.moves[i] for i in path)
        if not self._breaks_again(moves):
            # From the first state on it does not break: what it remembers came from another path.
            breach = HiddenState(FORGETFUL)
        texts, before = tuple(move.text for move in moves), given(self.world, moves)
        return Result(self._seen(), texts, *accused(breach), before, moves)

    def _breaks_again(self, moves: tuple[Move, ...]) -> bool:
        """Tell whether moves break on a fresh machine, or leave there what is no state."""
        stage = stage_of(self.world, self.hypervisor)
        if play(stage, moves) is not None:
            return True
        try:
            Numbering(stage.machine).pack()
        except PASSING:
            raise
        except BaseException:
            return True
        return False

    def _path(self, state: int) -> list[int]:
        """Return the moves that lead to a state: back through the layers, first found first."""
        path, layers = [], self.layers
        at = next(n for n, layer in enumerate(layers) if state in layer)
        for layer in reversed(layers[:at]):
            state, move = self._before(state, layer)
            path.append(move)
        return path[::-1]

    def _before(self, after: int, layer: list[int] | Batches) -> tuple[int, int]:
        """Return the first state of a layer that leads to a state, and the move that does."""
        for state in layer:
            for group in self.successors.groups(state):
                found = self.successors.of(group, state)
                if after - state in found.deltas:
                    return state, found.moves[found.deltas.index(after - state)]
        raise HiddenState(FORGETFUL)
