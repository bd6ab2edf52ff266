"""What a hook has met in wide cases: sizes, and each bit of each register at both values.

Not modelled: what it makes of them.
"""

from collections import Counter
from collections.abc import Container
from typing import Any

from pmulab.explorer.wide.case import Case
from pmulab.kvm.hypervisor import Hypervisor

# One of many stands for all: the bits of counter 7 are the bits of any.
ANY = {"PMEVCNTR": "PMEVCNTR<n>_EL0", "PMEVTYPER": "PMEVTYPER<n>_EL0"}


class Coverage:
    """Notes what a hook meets; `hypervisor` is the class to run."""

    def __init__(self, hypervisor: type[Hypervisor], hook: str) -> None:
        self.hook, self.cases, self.ran, self.spared = hook, 0, 0, 0
        # The first and the last seed of each row of seeds.
        self.seeds: list[list[int]] = []
        self.sizes: set[int] = set()
        # In how many cases each limit of the design was met.
        self.limits: Counter[str] = Counter()
        self.ones: dict[str, int] = {}
        self.zeros: dict[str, int] = {}
        self.fresh = False
        self.watch(hypervisor)

    def watch(self, hypervisor: type[Hypervisor]) -> None:
        """Go on with another class of the same hook."""
        self.hypervisor = self._watching(hypervisor) if self.hook else hypervisor

    def reach(self, seed: int, spared: Container[int] = ()) -> bool:
        """Come to the next seed; tells whether its case is to be tried."""
        if self.seeds and self.seeds[-1][1] == seed - 1:
            self.seeds[-1][1] = seed
        else:
            self.seeds.append([seed, seed])
        self.spared += seed in spared
        return seed not in spared

    def begin(self, case: Case) -> None:
        """Begin with a case."""
        self.cases, self.fresh = self.cases + 1, True
        self.sizes.update(cpu.counters for cpu in case.machine.cpus)

    def _watching(self, hypervisor: type[Hypervisor]) -> type[Hypervisor]:
        original = getattr(hypervisor, self.hook)

        def watched(hyp: Hypervisor, *args: Any, **named: Any) -> Any:
            if self.fresh:
                self.fresh = False
                self._meet(hyp, args)
            return original(hyp, *args, **named)

        return type(hypervisor.__name__, (hypervisor,), {self.hook: watched})

    def _meet(self, hyp: Hypervisor, args: tuple[Any, ...]) -> None:
        """Take note of the saved registers that are there when the hook runs first in a case."""
        self.ran += 1
        vcpu = next((arg for arg in args if hasattr(arg, "regs")), hyp.host.loaded)
        for name, value in vcpu.regs.items() if vcpu is not None else ():
            known = next((ANY[stem] for stem in ANY if name.startswith(stem)), name)
            self.ones[known] = self.ones.get(known, 0) | value
            self.zeros[known] = self.zeros.get(known, 0) | ~value

    def both(self) -> dict[str, int]:
        """Return, for each register, the bits that were met at 0 and at 1."""
        return {name: ones & self.zeros[name] for name, ones in self.ones.items()}

    def as_dict(self) -> dict[str, object]:
        """Return what was met as plain data; masks are hex text."""
        both = {name: hex(mask) for name, mask in self.both().items()}
        return {
            "hook": self.hook,
            "cases": self.cases,
            "spared": self.spared,
            "seeds": self.seeds,
            "ran": self.ran,
            "both": both,
            "limits": dict(sorted(self.limits.items())),
        }

    def row(self) -> str:
        """Say it as a row of a table, where several hooks have one."""
        sizes = f"{min(self.sizes)} to {max(self.sizes)} counters"
        bits = sum(mask.bit_count() for mask in self.both().values())
        ran = f"{self.hook:<20} called in {self.ran:>3} of {self.cases:>3} cases"
        return f"{ran} ({self._seeds()}), {sizes}" + (f", {bits} bits" if bits else "")

    def _seeds(self) -> str:
        rows = " and ".join(f"{first} to {last}" for first, last in self.seeds)
        spared = f", but for {self.spared} in which nobody ever calls it" if self.spared else ""
        return f"seeds {rows}{spared}"

    def __str__(self) -> str:
        sizes = f"PEs of {min(self.sizes)} to {max(self.sizes)} counters of 64 bits"
        ran = f"{self.hook} was called in {self.ran} of " if self.hook else ""
        bits = sum(mask.bit_count() for mask in self.both().values())
        met = f"; {bits} bits of saved registers were met at 0 and at 1" if bits else ""
        drawn = f"{ran}{self.cases} drawn cases ({self._seeds()})"
        return f"a sample: {drawn}, {sizes}, and no law broke{met}"
