"""Sets of states in batches: those that share what runs, told apart by what waits.

While a vCPU is loaded the others do not change. So the states that agree in the CPU and the loaded
vCPU make a batch, whose bits say which states of the others occur with it, and a move is done for a
whole batch by shifting no bit at all. A million states are a few thousand batches.

Not modelled: worlds of several CPUs, where there is no one that runs.
"""

from collections.abc import Iterable, Iterator

from pmulab.explorer.numbering import Numbering
from pmulab.explorer.result import Broken
from pmulab.explorer.successors import Group, Successors


class Axis:
    """One choice of what a batch shares: the CPU and one vCPU. The rest are its columns."""

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self.columns: dict[int, int] = {}
        self.rests: list[int] = []

    def column(self, rest: int) -> int:
        """Return the column of what is not shared, a new one where it is met first."""
        found = self.columns.get(rest)
        if found is None:
            found = self.columns[rest] = len(self.rests)
            self.rests.append(rest)
        return found

    def states(self, key: int, bits: int) -> Iterator[int]:
        """Yield the states of a batch."""
        while bits:
            lowest = bits & -bits
            yield key + self.rests[lowest.bit_length() - 1]
            bits ^= lowest


class Axes:
    """The axes of a numbering, one for each vCPU."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbering = numbering
        names = enumerate(numbering.names, 1)
        self.of = {name: Axis(numbering.mask_of((0, k))) for k, name in names}
        self.at: dict[int, Axis] = {}

    def axis(self, cpu: int) -> Axis:
        """Return the axis of the states with this CPU part: its loaded vCPU, else the first one."""
        found = self.at.get(cpu)
        if found is None:
            loaded: str = self.numbering.parts[cpu][-1] or self.numbering.names[0]
            found = self.at[cpu] = self.of[loaded]
        return found


class Batches:
    """A set of states."""

    def __init__(self, axes: Axes, states: Iterable[int] = ()) -> None:
        self.axis_of, self.cpus_at = axes.axis, axes.numbering.cpus_at
        self.bits: dict[int, int] = {}
        self.size = 0
        for state in states:
            self.add(*self.split(state))

    def split(self, state: int) -> tuple[int, int]:
        """Return a state's batch, and its bit there."""
        axis = self.axis_of(state >> self.cpus_at)
        key = state & axis.mask
        return key, 1 << axis.column(state - key)

    def add(self, key: int, bits: int) -> int:
        """Add states to a batch; returns those that are new."""
        known = self.bits.get(key, 0)
        new = bits & ~known
        if new:
            self.bits[key] = known | new
            self.size += new.bit_count()
        return new

    def axis(self, key: int) -> Axis:
        """Return the axis of a batch."""
        return self.axis_of(key >> self.cpus_at)

    def __iter__(self) -> Iterator[int]:
        for key, bits in self.bits.items():
            yield from self.axis(key).states(key, bits)

    def __contains__(self, state: int) -> bool:
        key, bit = self.split(state)
        return bool(self.bits.get(key, 0) & bit)

    def __len__(self) -> int:
        return self.size


class BatchByBatch:
    """Visits layers of batches, from a first one on; `seen` has what has been reached so far."""

    def __init__(
        self, successors: Successors, seen: Iterable[int], transitions: int, first: Iterable[int]
    ) -> None:
        self.successors, self.axes = successors, Axes(successors.numbering)
        self.seen, self.transitions = Batches(self.axes, seen), transitions
        self.layers = [Batches(self.axes, first)]

    def visit(self) -> Iterator[Broken | None]:
        """Visit the last layer's successors, the next layer; yields what broke and where.

        It yields after each batch, so that whoever asks may stop.
        """
        layer, following = self.layers[-1], Batches(self.axes)
        self.layers.append(following)
        groups_at, cpus_at = self.successors.groups_at, self.successors.numbering.cpus_at
        for key, bits in layer.bits.items():
            mask = layer.axis(key).mask
            for group in groups_at.get(key >> cpus_at) or self.successors.groups(key):
                each = self._each_state if group.mask & ~mask else self._whole_batch
                broken = each(group, key, bits, following)
                if broken:
                    yield broken
                    return
            yield None

    def _whole_batch(self, group: Group, key: int, bits: int, following: Batches) -> Broken | None:
        """Do moves that are the same for a whole batch: its bits stay what they are."""
        found, axis = self.successors.of(group, key), following.axis(key)
        self.transitions += found.transitions * bits.bit_count()
        if found.broken:
            return next(axis.states(key, bits)), *found.broken
        for delta in found.deltas:
            if following.axis(key + delta) is axis:
                following.add(key + delta, self.seen.add(key + delta, bits))
            else:
                for state in axis.states(key, bits):
                    self._reach(state + delta, following)
        return None

    def _each_state(self, group: Group, key: int, bits: int, following: Batches) -> Broken | None:
        """Do the moves of a batch's states one by one: another vCPU than the batch's is loaded."""
        for state in following.axis(key).states(key, bits):
            found = self.successors.of(group, state)
            self.transitions += found.transitions
            if found.broken:
                return state, *found.broken
            for delta in found.deltas:
                self._reach(state + delta, following)
        return None

    def _reach(self, state: int, following: Batches) -> None:
        key, bit = following.split(state)
        following.add(key, self.seen.add(key, bit))
