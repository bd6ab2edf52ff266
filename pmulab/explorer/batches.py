"""Sets of states in batches: those that share what runs, told apart by what waits.

While a vCPU is loaded the others do not change. So the states that agree in the CPU and one vCPU
make a batch, whose bits say which states of the others occur with it, and a move is done for a
whole batch by shifting no bit at all. A million states are a few thousand batches.

A state with a loaded vCPU is in one batch, that vCPU's. One without is in a batch of each vCPU, so
that each may be loaded from there, and put back, for a whole batch too.

Not modelled: worlds of several CPUs, where there is no one that runs.
"""

from collections.abc import Generator, Iterable, Iterator

from pmulab.explorer.numbering import Numbering
from pmulab.explorer.result import Broken
from pmulab.explorer.successors import Group, Successors

NOBODY = -1


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
        return (key + self.rests[n] for n in ones(bits))


def ones(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are 1."""
    # To look for a character is quicker than arithmetic on a long int.
    text = f"{bits:b}"[::-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


class Axes:
    """The axes of a numbering, one for each vCPU."""

    def __init__(self, numbering: Numbering) -> None:
        self.numbering, self.cpus_at = numbering, numbering.cpus_at
        self.all = [Axis(numbering.mask_of((0, k))) for k, _ in enumerate(numbering.names, 1)]
        self.homes: dict[int, int] = {}
        self.alongs: dict[int, int] = {}

    def home(self, state: int) -> int:
        """Return the number of the loaded vCPU, or `NOBODY`."""
        cpu = state >> self.cpus_at
        found = self.homes.get(cpu)
        if found is None:
            loaded = self.numbering.parts[cpu][-1]
            found = self.numbering.names.index(loaded) if loaded else NOBODY
            self.homes[cpu] = found
        return found

    def along(self, mask: int) -> int:
        """Return the axis of moves that concern these bits while nobody is loaded."""
        found = self.alongs.get(mask)
        if found is None:
            fitting = (n for n, axis in enumerate(self.all) if not mask & ~axis.mask)
            found = self.alongs[mask] = next(fitting, 0)
        return found

    def split(self, state: int, n: int) -> tuple[int, int]:
        """Return a state's batch along an axis, and its bit there."""
        axis = self.all[n]
        key = state & axis.mask
        return key, 1 << axis.column(state - key)

    def turned(
        self, batches: Iterable[tuple[int, int]], n: int, other: int
    ) -> Iterable[tuple[int, int]]:
        """Return batches along one axis as those along another that have the same states."""
        rests, axis = self.all[n].rests, self.all[other]
        out: dict[int, int] = {}
        for key, bits in batches:
            cpu = key & axis.mask
            for rest in map(rests.__getitem__, ones(bits)):
                shared = rest & axis.mask
                bit = 1 << axis.column(key - cpu + rest - shared)
                out[cpu + shared] = out.get(cpu + shared, 0) | bit
        return out.items()


class Batches:
    """A set of states; `rows` has its batches, by axis. `settle` ends what `add` has begun."""

    def __init__(self, axes: Axes, states: Iterable[int] = ()) -> None:
        self.axes = axes
        self.rows: list[dict[int, int]] = [{} for _ in axes.all]
        self.size = 0
        for state in states:
            home = axes.home(state)
            for n in range(len(self.rows)) if home == NOBODY else (home,):
                self.add(n, *axes.split(state, n))

    def add(self, n: int, key: int, bits: int) -> int:
        """Add states to a batch along an axis; returns those that are new."""
        rows = self.rows[n]
        known = rows.get(key, 0)
        new = bits & ~known
        if new:
            rows[key] = known | new
            # Where nobody is loaded a state has a bit along each axis, and counts along the first.
            if not n or self.axes.home(key) == n:
                self.size += new.bit_count()
        return new

    def __iter__(self) -> Iterator[int]:
        for n, rows in enumerate(self.rows):
            for key, bits in rows.items():
                if not n or self.axes.home(key) == n:
                    yield from self.axes.all[n].states(key, bits)

    def firsts(self) -> Iterator[int]:
        """Yield one state of each batch."""
        for axis, rows in zip(self.axes.all, self.rows):
            for key, bits in rows.items():
                yield next(axis.states(key, bits))

    def __contains__(self, state: int) -> bool:
        n = max(self.axes.home(state), 0)
        key, bit = self.axes.split(state, n)
        return bool(self.rows[n].get(key, 0) & bit)

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

    def visit(self) -> Generator[Broken | None, None, None]:
        """Visit the last layer's successors, the next layer; yields what broke and where.

        It yields after each batch, so that whoever asks may stop.
        """
        layer, following = self.layers[-1], Batches(self.axes)
        self.layers.append(following)
        try:
            for n, rows in enumerate(layer.rows):
                for key, bits in rows.items():
                    broken = self._visit_batch(n, key, bits)
                    yield broken
                    if broken:
                        return
        finally:
            self._settle(following)

    def _visit_batch(self, n: int, key: int, bits: int) -> Broken | None:
        nobody, mask = self.axes.home(key) == NOBODY, self.axes.all[n].mask
        cpu = key >> self.axes.cpus_at
        for group in self.successors.groups_at.get(cpu) or self.successors.groups(key):
            if nobody and self.axes.along(group.mask) != n:
                continue
            each = self._each_state if group.mask & ~mask else self._whole_batch
            broken = each(group, n, key, bits)
            if broken:
                return broken
        return None

    def _whole_batch(self, group: Group, n: int, key: int, bits: int) -> Broken | None:
        """Do moves that are the same for a whole batch: its bits stay what they are."""
        found = group.known.get(key & group.mask) or self.successors.of(group, key)
        self.transitions += found.transitions * bits.bit_count()
        if found.broken:
            return next(self.axes.all[n].states(key, bits)), *found.broken
        known = self.seen.rows[n].get
        for delta in found.deltas:
            after = key + delta
            new = bits & ~known(after, 0)
            if not new:
                continue
            if self.axes.home(after) in (n, NOBODY):
                self.seen.add(n, after, new)
                self.layers[-1].add(n, after, new)
            else:
                for state in self.axes.all[n].states(after, new):
                    self._reach(state)
        return None

    def _each_state(self, group: Group, n: int, key: int, bits: int) -> Broken | None:
        """Do the moves of a batch's states one by one: they concern another vCPU, too."""
        for state in self.axes.all[n].states(key, bits):
            found = self.successors.of(group, state)
            self.transitions += found.transitions
            if found.broken:
                return state, *found.broken
            for delta in found.deltas:
                self._reach(state + delta)
        return None

    def _reach(self, state: int) -> None:
        n = max(self.axes.home(state), 0)
        key, bit = self.axes.split(state, n)
        self.layers[-1].add(n, key, self.seen.add(n, key, bit))

    def _settle(self, following: Batches) -> None:
        """Give what was found along one axis, with nobody loaded, to the others."""
        home, numbers = self.axes.home, range(len(following.rows))
        found = [[row for row in rows.items() if home(row[0]) == NOBODY] for rows in following.rows]
        for n in numbers:
            for other in numbers:
                for key, bits in self.axes.turned(found[n], n, other) if other != n else ():
                    following.add(other, key, self.seen.add(other, key, bits))
