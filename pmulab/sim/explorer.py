"""Breadth-first search over every order of a world's actions.

It ends with a shortest history in which a law breaks, or with a certificate: so many states, so
many transitions, and whether that was all of them (closure: then it is a proof for that world).

Successors are remembered per part of the state: what a loaded vCPU does depends on its CPU and
itself alone. `memo=False` is the plain search, which assumes nothing.

Not modelled: fairness; that something happens at all (a law can only say what must not happen).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.laws import Accusation
from pmulab.sim.stage import Action, HiddenState, Stage
from pmulab.sim.trace import Trace
from pmulab.sim.worlds import WORLDS, World

MAX_STATES = 3_000_000


@dataclass(frozen=True)
class Certificate:
    """What a search has seen."""

    world: str
    about: str
    counter_bits: int
    states: int
    transitions: int
    depth: int
    closed: bool
    seconds: float = field(compare=False, default=0.0)

    def __str__(self) -> str:
        end = "every state was seen" if self.closed else f"not all: stopped at depth {self.depth}"
        return (
            f"world {self.world} (counters of {self.counter_bits} bits): {self.states} states, "
            f"{self.transitions} transitions, depth {self.depth}; {end}"
        )


@dataclass(frozen=True)
class Result:
    """The outcome of a search: an accusation or an error with its history, or neither."""

    certificate: Certificate
    history: tuple[str, ...] = ()
    accusation: Accusation | None = None
    error: Exception | None = None
    replay: Callable[[], Trace] | None = field(default=None, compare=False)

    @property
    def holds(self) -> bool:
        """Tell whether every state that was seen obeys the laws."""
        return self.accusation is None and self.error is None

    @property
    def trace(self) -> Trace:
        """Replay the history with a recorder."""
        return self.replay()


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
        """Search, breadth first, until a law breaks, nothing is new, or a limit is reached."""
        began = time.perf_counter()
        try:
            self.stage = Stage(self.world, self.hypervisor)
        except Exception as error:
            return Result(self._certificate(began, {}, 0, False), ("boot",), error=error)
        self.n_cpus = len(self.stage.machine.cpus)
        self.groups: dict[tuple, list[Group]] = {}
        first = self._pack()
        parents: dict[tuple[int, ...], tuple | None] = {first: None}
        frontier, depth = [first], 0
        if self.stage.machine.laws.accusation:
            return self._broken(began, parents, 0, first, None, self.stage.machine.laws.accusation)
        while frontier:
            if progress:
                progress(depth, len(parents))
            found = self._layer(frontier, parents, began, seconds, max_states)
            if isinstance(found, tuple):
                return self._broken(began, parents, depth + 1, *found)
            if not found or len(parents) >= max_states:
                break
            if seconds and time.perf_counter() - began > seconds:
                return Result(self._certificate(began, parents, depth, False))
            frontier, depth = found, depth + 1
        return Result(self._certificate(began, parents, depth, len(parents) < max_states))

    def _layer(self, frontier, parents, began, seconds, max_states):
        """Visit all successors of a layer; returns the next one, or what broke and where."""
        following = []
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
            if len(parents) >= max_states or (seconds and time.perf_counter() - began > seconds):
                break
        return following

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
            enabled, outcome = self._try(self.stage.actions[index], state)
            if not enabled:
                continue
            count += 1
            if outcome is not None:
                return Step(count, (), (index, outcome))
            parts = tuple([self._repack(k) for k in group.concern])
            if parts not in seen:
                seen.add(parts)
                changes.append((index, parts))
        return Step(count, tuple(changes), None)

    def _try(self, action: Action, state: tuple[int, ...]) -> tuple:
        """Do an action for real; returns whether it was enabled, and what broke."""
        stage = self.stage
        self._unpack(state, action)
        stage.machine.laws.accusation = None
        try:
            if not stage.enabled(action):
                return False, None
            stage.perform(action)
        except (Undefined, Trap) as error:
            return True, Accusation("host_survives", "host", error.reason, "an exception", "none")
        except Exception as error:
            return True, error
        return True, stage.machine.laws.accusation

    def _repack(self, k: int) -> int:
        stage = self.stage
        if k < self.n_cpus:
            return self._number(stage.pack_cpu(k))
        return self._number(stage.pack_vcpu(stage.names[k - self.n_cpus]))

    # ---- the outcome

    def _certificate(self, began, parents, depth, closed) -> Certificate:
        world, seconds = self.world, time.perf_counter() - began
        counts = (len(parents), self.transitions, depth, closed, seconds)
        return Certificate(world.name, world.about, world.counter_bits, *counts)

    def _broken(self, began, parents, depth, state, index, outcome) -> Result:
        path = [] if index is None else [index]
        while parents[state] is not None:
            state, at = parents[state]
            path.append(at)
        path.reverse()
        history = tuple(self.stage.actions[i].text for i in path)
        certificate = self._certificate(began, parents, depth, False)
        what = {"error": outcome} if isinstance(outcome, Exception) else {"accusation": outcome}
        return Result(certificate, history, replay=lambda: self.replay(history), **what)

    def replay(self, history: tuple[str, ...]) -> Trace:
        """Do a history again, with a recorder, up to what breaks."""
        stage = Stage(self.world, self.hypervisor, record=True)
        by_text = {action.text: action for action in stage.actions}
        machine = stage.machine
        for text in history:
            machine.hyp.this_cpu(by_text[text].cpu)
            machine.note("note", by_text[text].vcpu or "host", text)
            try:
                stage.perform(by_text[text])
            except Exception as error:
                machine.note("accusation", "host", describe(error), ("accusation",))
                break
            if machine.laws.accusation:
                machine.note("accusation", *_accused(machine.laws.accusation), ("accusation",))
                break
        return machine.trace


def _fits(action: Action, loaded: tuple) -> bool:
    if action.do == "enter":
        return loaded[action.cpu] is None and action.vcpu not in loaded
    if action.do == "change":
        return action.vcpu in loaded or loaded[action.cpu] is None
    return action.vcpu is None or loaded[action.cpu] == action.vcpu


def _accused(accusation: Accusation) -> tuple[str, str]:
    return accusation.who if accusation.who != "host" else "host", str(accusation)


def describe(error: Exception) -> str:
    """Print an error that a hypervisor raised, with its place."""
    place = ""
    frame = error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_name
        place = f" in {name}, line {frame.tb_lineno}" if name not in INTERNAL else place
        frame = frame.tb_next
    kind = "" if isinstance(error, HiddenState) else f"{type(error).__name__}: "
    return f"{kind}{error}{place}"


INTERNAL = frozenset("mrs msr _refused _check_traps _check_level _check_defined".split())


def explore(world: World | str, hypervisor: type = Hypervisor, **limits) -> Result:
    """Search a world with a hypervisor; see `Explorer.run` for the limits."""
    return Explorer(world, hypervisor).run(**limits)
