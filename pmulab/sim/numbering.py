"""States as numbers: each part of a state has a number, and a state is those numbers side by side.

The CPUs come first, then the vCPUs. So a state takes one small int, states that agree in a part
agree in some bits, and what a step changes is an addition.

Not modelled: see `packing`, which makes the parts.
"""

from typing import NamedTuple

from pmulab.sim.stage import Action, Stage

PART_BITS = 20
MAX_PARTS = 1 << PART_BITS
PART = MAX_PARTS - 1


class Step(NamedTuple):
    """What a group's actions do: how many there are, what each changes, what broke.

    `deltas` are added to a state's number, `actions` did them; `broken` is (action, outcome).
    """

    count: int
    deltas: tuple[int, ...]
    actions: tuple[int, ...]
    broken: tuple | None


class Group(NamedTuple):
    """Actions that concern the same parts of a state, and what is known of their steps.

    `mask` has the bits of those parts: states that agree in them take the same step.
    """

    concern: tuple[int, ...]
    actions: tuple[int, ...]
    mask: int
    known: dict[int, Step]


class Numbering:
    """Numbers the parts of `self.stage` and puts it into a numbered state."""

    stage: Stage

    def __init__(self):
        self.parts: list[tuple] = []
        self.ids: dict[tuple, int] = {}

    @property
    def n_cpus(self) -> int:
        """Return how many of the parts are CPUs."""
        return len(self.stage.machine.cpus)

    def pack(self) -> int:
        """Return the number of the state that the stage is in, and note where its parts stand."""
        self.n_parts = self.n_cpus + len(self.stage.names)
        self.shifts = [PART_BITS * n for n in reversed(range(self.n_parts))]
        self.cpus_at = PART_BITS * len(self.stage.names)
        return sum(self._number(k) << shift for k, shift in enumerate(self.shifts))

    def delta(self, state: int, concern: tuple[int, ...]) -> int:
        """Return what the stage has changed of a state, in the parts that were concerned."""
        delta = 0
        for k in concern:
            shift = self.shifts[k]
            delta += self._number(k) - (state >> shift & PART) << shift
        return delta

    def unpack(self, state: int, action: Action | None = None) -> None:
        """Put the stage into a state; for an action, only the parts that it concerns."""
        stage, loaded = self.stage, self.loaded_in(state)
        for n in range(self.n_cpus):
            if action is None or n == action.cpu:
                stage.unpack_cpu(n, self._part(state, n))
        for k, name in enumerate(stage.names, self.n_cpus):
            cpu = loaded.index(name) if name in loaded else None
            if action is None or name == action.vcpu or cpu == action.cpu:
                stage.unpack_vcpu(name, self._part(state, k), cpu)

    def loaded_in(self, state: int) -> tuple[str | None, ...]:
        """Return which vCPU each CPU has loaded."""
        return tuple([self._part(state, n)[-1] for n in range(self.n_cpus)])

    def mask_of(self, concern: tuple[int, ...]) -> int:
        """Return the bits of some parts of a state."""
        return sum(PART << self.shifts[k] for k in concern)

    def _part(self, state: int, k: int) -> tuple:
        return self.parts[state >> self.shifts[k] & PART]

    def _number(self, k: int) -> int:
        stage, n_cpus = self.stage, len(self.stage.machine.cpus)
        part = stage.pack_cpu(k) if k < n_cpus else stage.pack_vcpu(stage.names[k - n_cpus])
        found = self.ids.get(part)
        if found is None:
            found = self.ids[part] = len(self.parts)
            self.parts.append(part)
        return found
