"""What a world is: guests, what each may do, what the host may do, features; as data.

Not modelled: worlds larger than a search can close; a certificate says which world it is for.
"""

from dataclasses import dataclass, replace
from typing import Any

from pmulab.kvm.vgic_state import PMU_PPI

ALL_FEATURES = ("FEAT_PMUv3p1", "FEAT_PMUv3p4", "FEAT_PMUv3p5", "FEAT_FGT", "FEAT_HPMN0")
LOOK = (
    "mrs x0, PMCR_EL0",
    "mrs x0, PMCNTENSET_EL0",
    "mrs x0, PMINTENSET_EL1",
    "mrs x0, PMEVCNTR0_EL0",
    "mrs x0, PMCCNTR_EL0",
    "mrs x0, PMEVTYPER0_EL0",
)


@dataclass(frozen=True)
class World:
    """A named small world.

    `alphabets` has, for each guest, its accesses: each is one move, even where it is several
    instructions. `setups` is what each guest has done before the world begins. `host_adds` are
    events that the host may add and remove on a CPU; `supported` names the CPUs of a guest that may
    not run on all of them. `has_el2`: each guest is a hypervisor too, and its EL2 does `hyp_works`.
    `userspace` has (guest, `set_reg`, register, value), without a value for
    `get_reg`, and (guest, `reset`). `silent` are laws that accuse nobody there.
    """

    name: str
    about: str
    guests: tuple[str, ...] = ("A", "B")
    counters: int = 1
    n_counters: int = 2
    counter_bits: int = 2
    features: tuple[str, ...] = ALL_FEATURES
    cpus: int = 1
    cpu_counters: tuple[int, ...] = ()
    dynamic: bool = False
    lazy: bool = False
    partitioned: bool = True
    has_el2: bool = False
    reserved: int | None = None
    alphabets: tuple[tuple[tuple[str, ...], ...], ...] = ((LOOK,),)
    works: tuple[str, ...] = ("INST_RETIRED=1", "MEM_ACCESS=1")
    hyp_works: tuple[str, ...] = ()
    host_work: tuple[str, ...] = ("INST_RETIRED=1",)
    host_events: tuple[str, ...] = ("INST_RETIRED",)
    host_adds: tuple[tuple[int, str], ...] = ()
    host_period: int = 0
    denied: tuple[tuple[str, str], ...] = (("A", "MEM_ACCESS"),)
    changing: tuple[tuple[str, str, str], ...] = ()
    setups: tuple[str, ...] = ()
    handlers: tuple[tuple[str, ...], ...] = ()
    halts: bool = False
    userspace: tuple[tuple[str, ...], ...] = ()
    pmu_irq: int = PMU_PPI
    supported: tuple[tuple[str, tuple[int, ...]], ...] = ()
    restore: tuple[tuple[str, str, int], ...] = ()
    memo: bool = True
    silent: tuple[str, ...] = ()

    def scenario(self) -> dict[str, Any]:
        """Return the world's machine as a scenario, without programs."""
        sizes = self.cpu_counters or (self.n_counters,) * self.cpus
        reserved = self.n_counters - self.counters if self.reserved is None else self.reserved
        return {
            "pmulab": 1,
            "name": self.name,
            "about": self.about,
            "cpus": [
                {"counters": n, "features": list(self.features), "counter_bits": self.counter_bits}
                for n in sizes
            ],
            "partition": {
                "reserved_host_counters": reserved if self.partitioned else -1,
                "dynamic": self.dynamic,
                "lazy": self.lazy,
            },
            "vms": [self._vm(name) for name in self.guests],
            "perf_events": [
                {"name": f"host{n}", "event": event, "period": self.host_period}
                for n, event in enumerate(self.host_events)
            ],
        }

    def _vm(self, name: str) -> dict[str, Any]:
        where = dict(self.supported).get(name)
        return {
            "name": name,
            **({"cpu": where[0], "supported_cpus": list(where)} if where else {}),
            "counters": self.counters,
            "pmu_irq": self.pmu_irq,
            "has_el2": self.has_el2,
            "filter": [{"action": "deny", "event": e} for who, e in self.denied if who == name],
            "restore": {reg: value for who, reg, value in self.restore if who == name},
        }

    @property
    def changes(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """Return, for each guest, what the host may change in its event filter."""
        return {
            name: tuple((what, event) for who, what, event in self.changing if who == name)
            for name in self.guests
        }

    def alphabet(self, name: str) -> list[list[str]]:
        """Return a guest's accesses."""
        n = min(self.guests.index(name), len(self.alphabets) - 1)
        top = hex((1 << self.counter_bits) - 1)
        return [[line.replace("{top}", top) for line in action] for action in self.alphabets[n]]

    def variant(self, name: str, **changes: Any) -> "World":
        """Return this world with some columns changed, under another name."""
        return replace(self, name=name, **changes)
