"""Sets of states in rows: those that share what runs, told apart by what waits.

While a vCPU is loaded the others do not change. So the states that agree in the CPU and the loaded
vCPU make a row, whose bits say which states of the others occur with it, and a step is taken for a
whole row by shifting no bit at all. A million states are a few thousand rows.

Not modelled: worlds of several CPUs, where there is no one that runs.
"""

from collections.abc import Iterator

from pmulab.sim.numbering import Group, Numbering

# States or rows that are visited between two looks at the limits.
LOOK = 256


class Axis:
    """One choice of what a row shares: the CPU and one vCPU. The rest are its columns."""

    def __init__(self, mask: int):
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
        """Yield the states of a row."""
        while bits:
            lowest = bits & -bits
            yield key + self.rests[lowest.bit_length() - 1]
            bits ^= lowest


class Rows:
    """A set of states; `axis_of` gives the axis for the number of a CPU's part."""

    def __init__(self, axis_of, cpus_at: int, states=()):
        self.axis_of, self.cpus_at = axis_of, cpus_at
        self.rows: dict[int, int] = {}
        self.size = 0
        for state in states:
            self.add(*self.split(state))

    def split(self, state: int) -> tuple[int, int]:
        """Return a state's row, and its bit there."""
        axis = self.axis_of(state >> self.cpus_at)
        key = state & axis.mask
        return key, 1 << axis.column(state - key)

    def add(self, key: int, bits: int) -> int:
        """Add states to a row; returns those that are new."""
        known = self.rows.get(key, 0)
        new = bits & ~known
        if new:
            self.rows[key] = known | new
            self.size += new.bit_count()
        return new

    def axis(self, key: int) -> Axis:
        """Return the axis of a row."""
        return self.axis_of(key >> self.cpus_at)

    def __iter__(self) -> Iterator[int]:
        for key, bits in self.rows.items():
            yield from self.axis(key).states(key, bits)

    def __contains__(self, state: int) -> bool:
        key, bit = self.split(state)
        return bool(self.rows.get(key, 0) & bit)

    def __len__(self) -> int:
        return self.size


class RowSearch(Numbering):
    """The part of a search that visits layers of rows."""

    def _visit_rows(self, layer: Rows) -> tuple | None:
        """Visit all successors of a layer, row by row; returns what broke and where."""
        following = self._rows()
        self.layers.append(following)
        for n, (key, bits) in enumerate(layer.rows.items()):
            mask = layer.axis(key).mask
            for group in self.groups_at.get(key >> self.cpus_at) or self._groups(key):
                step_all = self._step_each if group.mask & ~mask else self._step_row
                broken = step_all(group, key, bits, following)
                if broken:
                    return broken
            if n % LOOK == 0 and self._at_a_limit():
                break
        return None

    def _step_row(self, group: Group, key: int, bits: int, following: Rows) -> tuple | None:
        """Take a step that is the same for a whole row: its bits stay what they are."""
        step, axis = self._step(group, key), following.axis(key)
        self.transitions += step.count * bits.bit_count()
        if step.broken:
            return next(axis.states(key, bits)), *step.broken
        for delta in step.deltas:
            if following.axis(key + delta) is axis:
                following.add(key + delta, self.seen.add(key + delta, bits))
            else:
                for state in axis.states(key, bits):
                    self._reach(state + delta, following)
        return None

    def _step_each(self, group: Group, key: int, bits: int, following: Rows) -> tuple | None:
        """Take the steps of a row's states one by one: another vCPU than the row's is loaded."""
        for state in following.axis(key).states(key, bits):
            step = self._step(group, state)
            self.transitions += step.count
            if step.broken:
                return state, *step.broken
            for delta in step.deltas:
                self._reach(state + delta, following)
        return None

    def _reach(self, state: int, following: Rows) -> None:
        key, bit = following.split(state)
        following.add(key, self.seen.add(key, bit))

    def _rows(self, states=()) -> Rows:
        return Rows(self._axis_of, self.cpus_at, states)

    def _axis_of(self, cpu: int) -> Axis:
        """Return the axis of the states with this CPU part: its loaded vCPU, else the first one."""
        found = self.axes_at.get(cpu)
        if found is None:
            loaded = self.parts[cpu][-1] or self.stage.names[0]
            found = self.axes_at[cpu] = self.axes[loaded]
        return found

    def _use_rows(self) -> None:
        """Go on in rows: what has been seen, and the layer that is next."""
        names = self.stage.names
        self.axes_at: dict[int, Axis] = {}
        self.axes = {name: Axis(self.mask_of((0, k))) for k, name in enumerate(names, 1)}
        self.seen, self.layers[-1] = self._rows(self.seen), self._rows(self.layers[-1])
