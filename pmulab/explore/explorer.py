"""Breadth-first search over every order of a world's moves.

It ends with a shortest history in which a law breaks, or with a certificate: so many states, so
many transitions, and whether that was all of them (closure: then it is a proof for that world).

That two guests are the same is not used: a hypervisor may serve one of them wrongly, and a merged
state would hide it.

Not modelled: fairness; that something happens at all (a law can only say what must not happen).
"""

import time
from collections.abc import Callable, Iterator
from itertools import chain, islice

from pmulab.explore.batches import BatchByBatch, Batches
from pmulab.explore.moves import Move, given
from pmulab.explore.numbering import MAX_PARTS, Numbering
from pmulab.explore.result import FORGETFUL, Certificate, HiddenState, Result, raised
from pmulab.explore.stage import play, stage_of
from pmulab.explore.successors import Successors
from pmulab.explore.world import World
from pmulab.explore.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.laws import Accusation

MAX_STATES = 10_000_000
# A layer of more states than MANY is visited in batches: it has enough of them to share its moves.
MANY = 5_000
# States or batches that are visited between two looks at the limits.
LOOK = 256
SAMPLES = 40
Broken = tuple[int, int | None, Accusation | BaseException]


class StateByState:
    """Visits layers of single states; `seen` has what has been reached so far."""

    def __init__(self, successors: Successors, first: int):
        self.successors, self.seen, self.transitions = successors, {first}, 0

    def layer(self) -> list[int]:
        """Make an empty layer."""
        return []

    def visit(self, layer: list[int], following: list[int]) -> Iterator[Broken | None]:
        """Visit a layer's successors, new ones into `following`; yields what broke and where."""
        seen, of, groups_at = self.seen, self.successors.of, self.successors.groups_at
        cpus_at = self.successors.numbering.cpus_at
        for state in layer:
            for group in groups_at.get(state >> cpus_at) or self.successors.groups(state):
                found = group.known.get(state & group.mask) or of(group, state)
                self.transitions += found.count
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
    """One search of one world with one hypervisor."""

    def __init__(self, world: World | str, hypervisor: type = Hypervisor, memo: bool | None = None):
        self.world = WORLDS[world] if isinstance(world, str) else world
        self.hypervisor = hypervisor
        self.memo = self.world.memo if memo is None else memo

    # ---- the search

    def run(
        self,
        max_states: int = MAX_STATES,
        seconds: float | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Result:
        """Search, breadth first, until a law breaks, nothing is new, or a limit is reached.

        Ctrl-C ends a search as a limit does. `progress` gets the depth and the number of states.
        """
        self.began = time.perf_counter()
        self.deadline = self.began + seconds if seconds else None
        self.max_states, self.stopped = max_states, ""
        self.layers: list[list[int] | Batches] = []
        self.visitor: StateByState | BatchByBatch | None = None
        try:
            self.stage = stage_of(self.world, self.hypervisor)
            self.successors = Successors(self.stage, self.memo)
            first = self.successors.numbering.pack()
        except (Exception, SystemExit) as error:
            self.stopped = "it did not start"
            return Result(self._certificate(), ("boot",), raised(error), error)
        self.layers, self.visitor = [[first]], StateByState(self.successors, first)
        if self.stage.machine.laws.accusation:
            return self._broken(first, None, self.stage.machine.laws.accusation)
        try:
            broken = self._layers(progress) or self._remembers()
        except KeyboardInterrupt:
            broken, self.stopped = None, "interrupted"
        return self._broken(*broken) if broken else Result(self._certificate())

    def _layers(self, progress) -> Broken | None:
        """Visit layer after layer; returns what broke and where."""
        while self.layers[-1] and not self.stopped:
            if progress:
                progress(len(self.layers) - 1, len(self.visitor.seen))
            self._choose_visitor()
            broken = self._visit(self.layers[-1])
            if broken:
                return broken
        return None

    def _choose_visitor(self) -> None:
        """Go on in batches where a layer is large: what has been seen, and the layer that is next.

        A visitor in batches needs one CPU, and that moves are remembered.
        """
        visitor, one = self.visitor, self.memo and self.successors.numbering.n_cpus == 1
        if isinstance(visitor, StateByState) and len(self.layers[-1]) > MANY and one:
            self.visitor = BatchByBatch(self.successors, visitor.seen, visitor.transitions)
            self.layers[-1] = self.visitor.layer(self.layers[-1])

    def _visit(self, layer: list[int] | Batches) -> Broken | None:
        following = self.visitor.layer()
        self.layers.append(following)
        for n, broken in enumerate(self.visitor.visit(layer, following)):
            if broken:
                return broken
            if n % LOOK == 0 and self._at_a_limit():
                break
        return None

    def _at_a_limit(self) -> bool:
        if len(self.visitor.seen) >= self.max_states:
            self.stopped = f"stopped at the limit of {self.max_states} states"
        elif len(self.successors.numbering.parts) >= MAX_PARTS:
            self.stopped = f"stopped at the limit of {MAX_PARTS} parts of states"
        elif self.deadline and time.perf_counter() > self.deadline:
            self.stopped = "stopped by the clock"
        return bool(self.stopped)

    def _remembers(self) -> Broken | None:
        """Do some moves again: a hypervisor that hides state answers differently."""
        every = max(1, len(self.visitor.seen) // SAMPLES)
        visited = list(islice(chain.from_iterable(self.layers), 0, None, every))
        for state in () if self.stopped else visited:
            group = self.successors.groups(state)[0]
            if self.successors.tried(group, state) != self.successors.of(group, state):
                return state, group.moves[0], HiddenState(FORGETFUL)
        return None

    # ---- the outcome

    def _certificate(self) -> Certificate:
        world, visitor = self.world, self.visitor
        depth = max(sum(map(bool, self.layers)) - 1, 0)
        return Certificate(
            world.name,
            world.about,
            world.counter_bits,
            states=len(visitor.seen) if visitor else 0,
            transitions=visitor.transitions if visitor else 0,
            depth=depth,
            closed=not self.stopped,
            seconds=time.perf_counter() - self.began,
            stopped=self.stopped,
        )

    def _broken(self, state: int, index: int | None, outcome: Accusation | BaseException) -> Result:
        error = outcome if isinstance(outcome, BaseException) else None
        self.stopped = "it raised an exception" if error else "a law is broken"
        try:
            path = self._path(state) + ([] if index is None else [index])
        except HiddenState as hidden:
            return Result(self._certificate(), accusation=raised(hidden), error=hidden)
        moves = tuple(self.stage.moves[i] for i in path)
        if not self._breaks_again(moves):
            # From the first state on it does not break: what it remembers came from another path.
            error = HiddenState(FORGETFUL)
        accusation = raised(error) if error else outcome
        return Result(
            self._certificate(),
            tuple(move.text for move in moves),
            accusation,
            error,
            given(self.world, moves),
            moves,
        )

    def _breaks_again(self, moves: tuple[Move, ...]) -> bool:
        """Tell whether moves break on a fresh machine, or leave there what is no state."""
        stage = stage_of(self.world, self.hypervisor)
        if play(stage, moves) is not None:
            return True
        try:
            Numbering(stage.machine).pack()
        except Exception:
            return True
        return False

    def _path(self, state: int) -> list[int]:
        """Return the moves that lead to a state: back through the layers, first found first."""
        path = []
        at = next(n for n, layer in enumerate(self.layers) if state in layer)
        for layer in reversed(self.layers[:at]):
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
