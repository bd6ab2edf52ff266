"""States as numbers: each part of a state has a number, and a state is those numbers side by side.

The CPUs come first, then the vCPUs. So a state takes one small int, states that agree in a part
agree in some bits, and what a move changes is an addition.

Not modelled: see `state`, which makes the parts.
"""

from collections.abc import Iterable

from pmulab.explorer.stage import Judged
from pmulab.explorer.state import Packing, Part

PART_BITS = 20
MAX_PARTS = 1 << PART_BITS
PART = MAX_PARTS - 1


class Numbering:
    """Numbers the parts of a machine's states, and puts it into a numbered state."""

    def __init__(self, machine: Judged) -> None:
        self.packing = Packing(machine)
        self.names, self.n_cpus = list(machine.vcpus), len(machine.cpus)
        self.n_parts = self.n_cpus + len(self.names)
        self.shifts = [PART_BITS * n for n in reversed(range(self.n_parts))]
        self.cpus_at = PART_BITS * len(self.names)
        self.parts: list[Part] = []
        self.ids: dict[Part, int] = {}
        # The numbers of the parts that the machine is known to hold already.
        self.held: list[int | None] = [None] * self.n_parts

    def pack(self) -> int:
        """Return the number of the state that the machine is in."""
        return sum(self._number(k) << shift for k, shift in enumerate(self.shifts))

    def delta(self, state: int, concern: tuple[int, ...]) -> int:
        """Return what the machine has changed of a state, in the parts that were concerned."""
        delta = 0
        for k in concern:
            shift = self.shifts[k]
            before, after = state >> shift & PART, self._number(k)
            if after != before:
                delta += after - before << shift
            elif k >= self.n_cpus or self.packing.is_exact(k):
                self.held[k] = after
        return delta

    def forget(self) -> None:
        """Forget what the machine holds: something is about to happen to it."""
        self.held = [None] * self.n_parts

    def unpack(self, state: int, concern: Iterable[int] | None = None) -> None:
        """Put the machine into a state, or only some parts of it: those that a move concerns."""
        packing, loaded, n_cpus = self.packing, self.loaded_in(state), self.n_cpus
        for k in range(self.n_parts) if concern is None else concern:
            part, held = self.part(state, k), self.held[k] == state >> self.shifts[k] & PART
            if k < n_cpus:
                (packing.place_cpu if held else packing.unpack_cpu)(k, part)
            else:
                name = self.names[k - n_cpus]
                cpu = loaded.index(name) if name in loaded else None
                (packing.place_vcpu if held else packing.unpack_vcpu)(name, part, cpu)

    def loaded_in(self, state: int) -> tuple[str, ...]:
        """Return which vCPU each CPU has loaded, empty where it has none."""
        return tuple([self.part(state, n)[-1] for n in range(self.n_cpus)])

    def mask_of(self, concern: tuple[int, ...]) -> int:
        """Return the bits of some parts of a state."""
        return sum(PART << self.shifts[k] for k in concern)

    def part(self, state: int, k: int) -> Part:
        """Return a part of a state, as `state` has packed it."""
        return self.parts[state >> self.shifts[k] & PART]

    def _number(self, k: int) -> int:
        n_cpus, packing = self.n_cpus, self.packing
        part = packing.pack_cpu(k) if k < n_cpus else packing.pack_vcpu(self.names[k - n_cpus])
        found = self.ids.get(part)
        if found is None:
            found = self.ids[part] = len(self.parts)
            self.parts.append(part)
        return found
