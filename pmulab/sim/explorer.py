"""Breadth-first search over every order of a world's actions.

It ends with a shortest history in which a law breaks, or with a certificate: so many states, so
many transitions, and whether that was all of them (closure: then it is a proof for that world).

Successors are remembered per part of the state: what a loaded vCPU does depends on its CPU and
itself alone. `memo=False` is the plain search, which assumes nothing. That two guests are the same
is not used: a hypervisor may serve one of them wrongly, and a merged state would hide it.

Not modelled: fairness; that something happens at all (a law can only say what must not happen).
"""

import time
from collections.abc import Callable
from functools import partial
from itertools import chain, islice

from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.laws import Accusation
from pmulab.sim.numbering import MAX_PARTS, Group, Step
from pmulab.sim.outcome import Certificate, HiddenState, Replay, Result, describe, place_of
from pmulab.sim.rows import LOOK, Rows, RowSearch
from pmulab.sim.stage import Action, Stage
from pmulab.sim.watch import Watch
from pmulab.sim.witness import concerned, tell, written
from pmulab.sim.worlds import WORLDS, World

MAX_STATES = 10_000_000
# A layer of more states than MANY is visited by rows: it has enough of them to share its steps.
MANY = 5_000
SAMPLES = 40
FORGETFUL = "the same step in the same state went another way: keep state in vcpu.regs or self.host"


class Explorer(RowSearch):
    """One search of one world with one hypervisor."""

    def __init__(self, world: World | str, hypervisor: type = Hypervisor, memo: bool | None = None):
        super().__init__()
        self.world = WORLDS[world] if isinstance(world, str) else world
        self.hypervisor = hypervisor
        self.memo = self.world.memo if memo is None else memo
        self.transitions = 0

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
        self.max_states, self.stopped, self.transitions = max_states, "", 0
        self.layers: list[list[int] | Rows] = []
        self.seen: set[int] | Rows = set()
        try:
            self.stage = Stage(self.world, self.hypervisor)
            first = self.pack()
        except (Exception, SystemExit) as error:
            self.stopped = "it did not start"
            return Result(self._certificate(), ("boot",), _raised(error), error)
        self.groups_of: dict[tuple, list[Group]] = {}
        self.groups_at: dict[int, list[Group]] = {}
        self.layers, self.seen = [[first]], {first}
        if self.stage.machine.laws.accusation:
            return self._broken(first, None, self.stage.machine.laws.accusation)
        try:
            broken = self._layers(progress) or self._remembers()
        except KeyboardInterrupt:
            broken, self.stopped = None, "interrupted"
        return self._broken(*broken) if broken else Result(self._certificate())

    def _layers(self, progress) -> tuple | None:
        """Visit layer after layer; returns what broke and where."""
        while self.layers[-1] and not self.stopped:
            if progress:
                progress(len(self.layers) - 1, len(self.seen))
            rows = isinstance(self.seen, Rows)
            if not rows and len(self.layers[-1]) > MANY and self.memo and self.n_cpus == 1:
                self._use_rows()
                rows = True
            broken = (self._visit_rows if rows else self._visit)(self.layers[-1])
            if broken:
                return broken
        return None

    def _visit(self, layer: list[int]) -> tuple | None:
        """Visit all successors of a layer, state by state; returns what broke and where."""
        seen, groups_at, cpus_at, following = self.seen, self.groups_at, self.cpus_at, []
        self.layers.append(following)
        for n, state in enumerate(layer):
            for group in groups_at.get(state >> cpus_at) or self._groups(state):
                step = group.known.get(state & group.mask) or self._step(group, state)
                self.transitions += step.count
                if step.broken:
                    return state, *step.broken
                for delta in step.deltas:
                    after = state + delta
                    if after not in seen:
                        seen.add(after)
                        following.append(after)
            if n % LOOK == 0 and self._at_a_limit():
                break
        return None

    def _at_a_limit(self) -> bool:
        if len(self.seen) >= self.max_states:
            self.stopped = f"stopped at the limit of {self.max_states} states"
        elif len(self.parts) >= MAX_PARTS:
            self.stopped = f"stopped at the limit of {MAX_PARTS} parts of states"
        elif self.deadline and time.perf_counter() > self.deadline:
            self.stopped = "stopped by the clock"
        return bool(self.stopped)

    def _remembers(self) -> tuple | None:
        """Do some steps again: a hypervisor that hides state answers differently."""
        every = max(1, len(self.seen) // SAMPLES)
        visited = list(islice(chain.from_iterable(self.layers), 0, None, every))
        for state in () if self.stopped else visited:
            group = self._groups(state)[0]
            if self._try_all(group, state) != self._step(group, state):
                return state, group.actions[0], HiddenState(FORGETFUL)
        return None

    def _groups(self, state: int) -> list[Group]:
        """List the actions that who is loaded where does not rule out, by what they concern."""
        loaded = self.loaded_in(state)
        found = self.groups_of.get(loaded)
        if found is None:
            by_concern: dict[tuple[int, ...], list[int]] = {}
            for index, action in enumerate(self.stage.actions):
                if _fits(action, loaded):
                    by_concern.setdefault(self._concern(action, loaded), []).append(index)
            rows = [(c, tuple(i), self.mask_of(c), {}) for c, i in by_concern.items()]
            found = self.groups_of[loaded] = [Group(*row) for row in rows]
        self.groups_at[state >> self.cpus_at] = found
        return found

    def _concern(self, action: Action, loaded: tuple) -> tuple[int, ...]:
        """Return the indices of the parts of a state that an action reads and changes."""
        if not self.memo:
            return tuple(range(self.n_parts))
        names = dict.fromkeys(name for name in (action.vcpu, loaded[action.cpu]) if name)
        return (action.cpu, *(self.n_cpus + self.stage.names.index(name) for name in names))

    def _step(self, group: Group, state: int) -> Step:
        """Return what a group's actions do in a state, remembered by the parts they concern."""
        known = group.known.get(state & group.mask)
        if known is None:
            known = self._try_all(group, state)
            if self.memo:
                group.known[state & group.mask] = known
        return known

    def _try_all(self, group: Group, state: int) -> Step:
        count, found = 0, {}
        for index in group.actions:
            delta, outcome = self._try(self.stage.actions[index], state, group.concern)
            if outcome is not None:
                return Step(count + 1, (), (), (index, outcome))
            if delta is not None:
                count += 1
                found.setdefault(delta, index)
        found.pop(0, None)
        return Step(count, tuple(found), tuple(found.values()), None)

    def _try(self, action: Action, state: int, concern: tuple[int, ...]) -> tuple:
        """Do an action for real; returns how the state changes (or None) and what broke."""
        stage = self.stage
        self.unpack(state, None if not self.memo else action)
        laws = stage.machine.laws
        laws.accusation = None
        try:
            if not stage.enabled(action):
                return None, None
            stage.perform(action)
            if laws.accusation is None:
                return self.delta(state, concern), None
        except (Undefined, Trap) as error:
            return None, _host_dies(error)
        except (Exception, SystemExit) as error:
            return None, error
        return None, laws.accusation

    # ---- the outcome

    def _certificate(self) -> Certificate:
        world, closed = self.world, not self.stopped
        depth = sum(map(bool, self.layers)) - 1
        counts = (len(self.seen), self.transitions, max(depth, 0), closed)
        seconds = time.perf_counter() - self.began
        return Certificate(
            world.name,
            world.about,
            world.counter_bits,
            *counts,
            seconds,
            self.stopped,
        )

    def _broken(self, state: int, index: int | None, outcome) -> Result:
        error = outcome if isinstance(outcome, BaseException) else None
        self.stopped = "it raised an exception" if error else "a law is broken"
        try:
            path = self._path(state) + ([] if index is None else [index])
        except HiddenState as hidden:
            return Result(self._certificate(), accusation=_raised(hidden), error=hidden)
        history = tuple(self.stage.actions[i].text for i in path)
        accusation = _raised(error) if error else outcome
        replay, given = partial(self.replay, path), self.world.given(history)
        if not self.replay(path).broke:
            # From the first state on it does not break: what it remembers came from another path.
            error = HiddenState(FORGETFUL)
            return Result(self._certificate(), history, _raised(error), error, replay, given)
        return Result(self._certificate(), history, accusation, error, replay, given)

    def _path(self, state: int) -> list[int]:
        """Return the actions that lead to a state: back through the layers, first found first."""
        path = []
        at = next(n for n, layer in enumerate(self.layers) if state in layer)
        for layer in reversed(self.layers[:at]):
            state, action = self._before(state, layer)
            path.append(action)
        return path[::-1]

    def _before(self, after: int, layer: list[int]) -> tuple[int, int]:
        """Return the first state of a layer that leads to a state, and the action that does."""
        for state in layer:
            for group in self._groups(state):
                step = self._step(group, state)
                if after - state in step.deltas:
                    return state, step.actions[step.deltas.index(after - state)]
        raise HiddenState(FORGETFUL)

    def replay(self, path: list[int], hook: str = "") -> Replay:
        """Do some actions again, with a recorder, up to what breaks; a hook is watched."""
        watch = Watch(self.hypervisor, hook)
        stage = Stage(self.world, watch.hypervisor, record=True)
        machine, seen, begins, raised = stage.machine, [], [0], False
        watch.observe, watch.records = machine.recorder.observe, machine.recorder.records

        def witness(accusation: Accusation) -> None:
            # A step may go on after it: what is told is what the law saw.
            watch.frozen = True
            seen.extend(tell(machine, accusation))

        machine.laws.witness = witness
        for watch.step, action in enumerate([stage.actions[index] for index in path], 1):
            machine.hyp.this_cpu(action.cpu)
            begins.append(len(machine.trace))
            machine.note("note", action.vcpu or "host", action.text)
            try:
                stage.perform(action)
            except (Undefined, Trap) as error:
                machine.laws.accusation = _host_dies(error)
            except (Exception, SystemExit) as error:
                machine.note("accusation", "host", describe(error), ("accusation",))
                raised = True
                break
            if machine.laws.accusation:
                break
        accusation = machine.laws.accusation
        if accusation:
            told = written(machine.trace.records, begins, hook, concerned(machine, accusation))
            seen += told + watch.lines(told)
            machine.note("accusation", *_accused(accusation), ("accusation",))
        broke = raised or accusation is not None
        return Replay(machine.trace, frozenset(watch.ran), watch.call, tuple(seen), broke)


def _fits(action: Action, loaded: tuple) -> bool:
    if action.do == "enter":
        return loaded[action.cpu] is None and action.vcpu not in loaded
    if action.do == "change":
        return action.vcpu in loaded or loaded[action.cpu] is None
    return action.vcpu is None or loaded[action.cpu] == action.vcpu


def _host_dies(error: Undefined | Trap) -> Accusation:
    what = f"{error.reason}{place_of(error)}"
    return Accusation("host_survives", "host", what, "an exception", "none")


def _raised(error: BaseException) -> Accusation:
    """Accuse a hypervisor that raised: whoever asks for a law must not take it for a right one."""
    return Accusation("host_survives", "host", describe(error), "an exception", "none")


def _accused(accusation: Accusation) -> tuple[str, str]:
    return "host" if accusation.who.startswith("cpu") else accusation.who, str(accusation)


def explore(world: World | str, hypervisor: type = Hypervisor, **limits) -> Result:
    """Search a world with a hypervisor; see `Explorer.run` for the limits."""
    return Explorer(world, hypervisor).run(**limits)
