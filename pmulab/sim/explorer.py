"""Breadth-first search over every order of a world's actions.

It ends with a shortest history in which a law breaks, or with a certificate: so many states, so
many transitions, and whether that was all of them (closure: then it is a proof for that world).

Successors are remembered per part of the state: what a loaded vCPU does depends on its CPU and
itself alone. `memo=False` is the plain search, which assumes nothing.

Not modelled: fairness; that something happens at all (a law can only say what must not happen).
"""

import time
from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.laws import Accusation
from pmulab.sim.outcome import Certificate, HiddenState, Result, describe, place_of
from pmulab.sim.stage import Action, Stage
from pmulab.sim.trace import Trace
from pmulab.sim.worlds import WORLDS, World

MAX_STATES = 3_000_000
SAMPLES = 40
FORGETFUL = "the same step in the same state went another way: keep state in vcpu.regs or self.host"


class Group(NamedTuple):
    """Actions that concern the same parts of a state."""

    concern: tuple[int, ...]
    actions: tuple[int, ...]


class Step(NamedTuple):
    """What a group's actions do: how many, what they change, and what broke (action, outcome)."""

    count: int
    changes: tuple[tuple[int, tuple[int, ...]], ...]
    broken: tuple | None


def _merge(state: tuple[int, ...], concern: tuple[int, ...], parts: tuple[int, ...]):
    after = list(state)
    for k, part in zip(concern, parts, strict=True):
        after[k] = part
    return tuple(after)


class Explorer:
    """One search of one world with one hypervisor."""

    def __init__(self, world: World | str, hypervisor: type = Hypervisor, memo: bool | None = None):
        self.world = WORLDS[world] if isinstance(world, str) else world
        self.hypervisor = hypervisor
        self.memo = self.world.memo if memo is None else memo
        self.parts: list[tuple] = []
        self.ids: dict[tuple, int] = {}
        self.remembered: dict[tuple, tuple] = {}
        self.transitions = 0

    # ---- states: a tuple of numbers, one for each CPU and each vCPU

    def _number(self, part: tuple) -> int:
        found = self.ids.get(part)
        if found is None:
            found = self.ids[part] = len(self.parts)
            self.parts.append(part)
        return found

    def _pack(self) -> tuple[int, ...]:
        stage = self.stage
        cpus = [self._number(stage.pack_cpu(n)) for n in range(self.n_cpus)]
        return (*cpus, *(self._number(stage.pack_vcpu(name)) for name in stage.names))

    def _place(self, name: str, state: tuple[int, ...]) -> int | None:
        """Return the CPU that a vCPU is loaded on."""
        for n in range(self.n_cpus):
            if self.parts[state[n]][-1] == name:
                return n
        return None

    def _unpack(self, state: tuple[int, ...], action: Action | None = None) -> None:
        """Put the stage into a state; for an action, only the parts that it concerns."""
        every = action is None or not self.memo
        for n in range(self.n_cpus):
            if every or n == action.cpu:
                self.stage.unpack_cpu(n, self.parts[state[n]])
        for k, name in enumerate(self.stage.names, self.n_cpus):
            cpu = self._place(name, state)
            if every or name == action.vcpu or cpu == action.cpu:
                self.stage.unpack_vcpu(name, self.parts[state[k]], cpu)

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
        self.parents: dict[tuple[int, ...], tuple | None] = {}
        self.depth = 0
        try:
            self.stage = Stage(self.world, self.hypervisor)
            self.n_cpus = len(self.stage.machine.cpus)
            first = self._pack()
        except (Exception, SystemExit) as error:
            self.stopped = "it did not start"
            return Result(self._certificate(), ("boot",), error=error)
        self.groups: dict[tuple, list[Group]] = {}
        self.parents[first] = None
        if self.stage.machine.laws.accusation:
            return self._broken(first, None, self.stage.machine.laws.accusation)
        try:
            broken = self._layers([first], progress) or self._remembers()
        except KeyboardInterrupt:
            broken, self.stopped = None, "interrupted"
        return self._broken(*broken) if broken else Result(self._certificate())

    def _layers(self, frontier: list, progress) -> tuple | None:
        """Visit layer after layer; returns what broke and where."""
        while frontier and not self.stopped:
            if progress:
                progress(self.depth, len(self.parents))
            following: list[tuple[int, ...]] = []
            broken = self._layer(frontier, following)
            if broken:
                return broken
            self.depth += bool(following)
            frontier = following
        return None

    def _layer(self, frontier: list, following: list) -> tuple | None:
        """Visit all successors of a layer; returns what broke and where."""
        parents = self.parents
        for state in frontier:
            for group in self._groups(state):
                step = self._step(group, state)
                self.transitions += step.count
                if step.broken:
                    return state, *step.broken
                for index, parts in step.changes:
                    after = _merge(state, group.concern, parts)
                    if after not in parents:
                        parents[after] = (state, index)
                        following.append(after)
            if len(parents) >= self.max_states:
                self.stopped = f"stopped at the limit of {self.max_states} states"
            elif self.deadline and time.perf_counter() > self.deadline:
                self.stopped = "stopped by the clock"
            if self.stopped:
                return None
        return None

    def _remembers(self) -> tuple | None:
        """Do some steps again: a hypervisor that hides state answers differently."""
        visited = list(islice(self.parents, 0, None, max(1, len(self.parents) // SAMPLES)))
        for state in () if self.stopped else visited:
            group = self._groups(state)[0]
            again, known = self._try_all(group, state), self._step(group, state)
            if (again.changes, again.broken) != (known.changes, known.broken):
                return state, group.actions[0], HiddenState(FORGETFUL)
        return None

    def _groups(self, state: tuple[int, ...]) -> list[Group]:
        """List the actions that who is loaded where does not rule out, by what they concern."""
        loaded = tuple([self.parts[k][-1] for k in state[: self.n_cpus]])
        found = self.groups.get(loaded)
        if found is None:
            by_concern: dict[tuple[int, ...], list[int]] = {}
            for index, action in enumerate(self.stage.actions):
                if _fits(action, loaded):
                    by_concern.setdefault(self._concern(action, loaded), []).append(index)
            found = self.groups[loaded] = [Group(c, tuple(i)) for c, i in by_concern.items()]
        return found

    def _concern(self, action: Action, loaded: tuple) -> tuple[int, ...]:
        """Return the indices of the parts of a state that an action reads and changes."""
        if not self.memo:
            return tuple(range(self.n_cpus + len(self.stage.names)))
        names = dict.fromkeys(name for name in (action.vcpu, loaded[action.cpu]) if name)
        return (action.cpu, *(self.n_cpus + self.stage.names.index(name) for name in names))

    def _step(self, group: Group, state: tuple[int, ...]) -> Step:
        """Return what a group's actions do in a state, remembered by the parts they concern."""
        if not self.memo:
            return self._try_all(group, state)
        key = (group.actions[0], *[state[k] for k in group.concern])
        known = self.remembered.get(key)
        if known is None:
            known = self.remembered[key] = self._try_all(group, state)
        return known

    def _try_all(self, group: Group, state: tuple[int, ...]) -> Step:
        before = tuple([state[k] for k in group.concern])
        count, changes, seen = 0, [], {before}
        for index in group.actions:
            parts, outcome = self._try(self.stage.actions[index], state, group.concern)
            if outcome is not None:
                return Step(count + 1, (), (index, outcome))
            if parts is None:
                continue
            count += 1
            if parts not in seen:
                seen.add(parts)
                changes.append((index, parts))
        return Step(count, tuple(changes), None)

    def _try(self, action: Action, state: tuple[int, ...], concern: tuple[int, ...]) -> tuple:
        """Do an action for real; returns the parts that it leaves (or None) and what broke."""
        stage = self.stage
        self._unpack(state, action)
        laws = stage.machine.laws
        laws.accusation = None
        try:
            if not stage.enabled(action):
                return None, None
            stage.perform(action)
            if laws.accusation is None:
                return tuple([self._repack(k) for k in concern]), None
        except (Undefined, Trap) as error:
            return None, _host_dies(error)
        except (Exception, SystemExit) as error:
            return None, error
        return None, laws.accusation

    def _repack(self, k: int) -> int:
        stage = self.stage
        if k < self.n_cpus:
            return self._number(stage.pack_cpu(k))
        return self._number(stage.pack_vcpu(stage.names[k - self.n_cpus]))

    # ---- the outcome

    def _certificate(self) -> Certificate:
        world, closed = self.world, not self.stopped
        counts = (len(self.parents), self.transitions, self.depth, closed)
        seconds = time.perf_counter() - self.began
        return Certificate(
            world.name, world.about, world.counter_bits, *counts, seconds, self.stopped
        )

    def _broken(self, state, index, outcome) -> Result:
        self.stopped, parents = "a law is broken", self.parents
        path = [] if index is None else [index]
        while parents[state] is not None:
            state, at = parents[state]
            path.append(at)
        path.reverse()
        history = tuple(self.stage.actions[i].text for i in path)
        certificate = self._certificate()
        what = {"error": outcome} if isinstance(outcome, BaseException) else {"accusation": outcome}
        return Result(certificate, history, replay=lambda: self.replay(path), **what)

    def replay(self, path: list[int]) -> Trace:
        """Do some actions again, with a recorder, up to what breaks."""
        stage = Stage(self.world, self.hypervisor, record=True)
        machine = stage.machine
        for action in [stage.actions[index] for index in path]:
            machine.hyp.this_cpu(action.cpu)
            machine.note("note", action.vcpu or "host", action.text)
            try:
                stage.perform(action)
            except (Undefined, Trap) as error:
                machine.laws.accusation = _host_dies(error)
            except (Exception, SystemExit) as error:
                machine.note("accusation", "host", describe(error), ("accusation",))
                break
            if machine.laws.accusation:
                break
        if machine.laws.accusation:
            machine.note("accusation", *_accused(machine.laws.accusation), ("accusation",))
        return machine.trace


def _fits(action: Action, loaded: tuple) -> bool:
    if action.do == "enter":
        return loaded[action.cpu] is None and action.vcpu not in loaded
    if action.do == "change":
        return action.vcpu in loaded or loaded[action.cpu] is None
    return action.vcpu is None or loaded[action.cpu] == action.vcpu


def _host_dies(error: Undefined | Trap) -> Accusation:
    what = f"{error.reason}{place_of(error)}"
    return Accusation("host_survives", "host", what, "an exception", "none")


def _accused(accusation: Accusation) -> tuple[str, str]:
    return "host" if accusation.who.startswith("cpu") else accusation.who, str(accusation)


def explore(world: World | str, hypervisor: type = Hypervisor, **limits) -> Result:
    """Search a world with a hypervisor; see `Explorer.run` for the limits."""
    return Explorer(world, hypervisor).run(**limits)
