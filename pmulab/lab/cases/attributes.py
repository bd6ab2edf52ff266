"""Cases of a vCPU's PMU attributes: in which order, what each answers, what the VM has in the end.

Not modelled: two vCPUs of a VM; three attributes in every order.
"""

from itertools import product

from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.event_filter import DENY, KvmError
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import EVCNTR, Vcpu, Vm
from pmulab.lab.cases.setting import MEM_ACCESS
from pmulab.lab.cases.table import table

# Two kinds of CPUs: host PMU 0 has 6 counters and host PMU 1 has 4.
SIZES = (6, 4, 6)
# With 6 reserved PMU 0 has a partition that lends none, and PMU 1 has no partition.
RESERVED = (-1, 0, 2, 6)
VMS = ("is new", "has an event filter", "has run", "has an EL2")
Attr = tuple[str, int]
SET_PMU: tuple[Attr, ...] = tuple(("SET_PMU", pmu) for pmu in (0, 1, 2, -1))
NUMBERS: tuple[Attr, ...] = tuple(("SET_NR_COUNTERS", n) for n in range(8))
PARTITION: tuple[Attr, ...] = tuple(("ENABLE_PARTITION", on) for on in (1, 0, 2))
INIT: Attr = ("INIT", 0)
# All 32 bits of a value count.
WIDE = tuple((attr, 1 << bit) for attr in ("SET_PMU", "SET_NR_COUNTERS") for bit in range(2, 32))
WIDE += tuple(("ENABLE_PARTITION", 1 << bit) for bit in range(32))
ONE = (*SET_PMU, *NUMBERS, *PARTITION, INIT, ("SET_NR_LISTS", 1))
FEW = (*SET_PMU[:2], *NUMBERS[2:7:4], *PARTITION[:2], INIT)
SINGLE = tuple((attr,) for attr in ONE)
ORDERS: tuple[tuple[Attr, ...], ...] = (
    *product(FEW, FEW),
    *((INIT, attr) for attr in ONE),
    # Up to the limit, and beyond it.
    *product((*SET_PMU[1:2], *PARTITION[:1]), NUMBERS[3:8]),
    # A number that was set goes with the next PMU, and does not come back with the partition.
    *product(PARTITION[:1], NUMBERS[1:2], (*SET_PMU[:2], *PARTITION[:2])),
    *product(PARTITION[:1], PARTITION[1:2], NUMBERS[3:8:3]),
    *product(SET_PMU[1:2], PARTITION[:2], NUMBERS[1:6]),
)
# In each order where it matters: what a host without a partition answers shows in one alone.
CASES = (
    *product(RESERVED, VMS[::2], SINGLE),
    *product(RESERVED[2:3], VMS[1::2], (*SINGLE, *product(FEW, FEW))),
    *product(RESERVED[2:], VMS[:1], dict.fromkeys(ORDERS)),
    *product(RESERVED[2:3], VMS[:1], ((attr,) for attr in WIDE)),
)


class Numbered:
    """A CPU that says how many counters it has, and nothing else: attributes touch no register."""

    features, counter_bits = frozenset({"FEAT_PMUv3p1", "FEAT_FGT"}), 32

    def __init__(self, n_counters: int) -> None:
        self.n_counters = n_counters

    def mrs(self, name: str) -> int:
        """Read PMCR_EL0.N; all else is 0."""
        return PMCR_EL0.put(0, N=self.n_counters) if name == "PMCR_EL0" else 0

    def msr(self, name: str, value: int) -> None:
        """Write nothing."""


def said(attr: Attr) -> str:
    """Say an attribute and its value; INIT has none."""
    return attr[0] if attr == INIT else f"{attr[0]} {attr[1]}"


@table(
    # What is wrong is told by the shortest order that shows it.
    sorted(CASES, key=lambda case: len(case[2])),
    says="the host {reserved:keeps}, the VM {vm}, and its VMM sets {attrs:order}",
    keeps=lambda n: f"keeps {n} of 6 and of 4 counters" if n >= 0 else "has no partition",
    order=lambda attrs: ", then ".join(map(said, attrs)),
)
def set_pmu_attr(hyp: Hypervisor, reserved: int, vm: str, attrs: tuple[Attr, ...]) -> dict:
    """Each gives its error, or leaves what is due: alone, after another, in some of three."""
    host = type(hyp)([Numbered(n) for n in SIZES], Config(reserved))
    # The CPU that it runs on is not the one whose PMU the VM has.
    host.this_cpu(1)
    vcpu = Vcpu("A", Vm("A", SIZES[0], partitioned=False, has_el2=vm == "has an EL2"))
    vcpu.vm.has_run = vm == "has run"
    if vm == "has an event filter":
        vcpu.vm.event_filter.set_range(MEM_ACCESS, 1, DENY)
    found = {}
    for n, attr in enumerate(attrs, 1):
        code = "0"
        try:
            host.set_pmu_attr(vcpu, *attr)
        except KvmError as error:
            code = f"-{error.code}"
        found[f"what {'then ' * (n > 1)}{said(attr)} gives"] = code
    return found | _left(vcpu)


def _left(vcpu: Vcpu) -> dict:
    """Name what an attribute may change."""
    vm, suits = vcpu.vm, vcpu.supported_cpus
    found = {
        "vm.n_counters": vm.n_counters,
        "vm.partitioned": bool(vm.partitioned),
        "vm.pmu": vm.pmu,
        "vcpu.supported_cpus": "all" if suits is None else f"{sorted(suits)}",
        "vcpu.initialized": bool(vcpu.initialized),
        "counters without a saved register": sum(
            name not in vcpu.regs for name in EVCNTR[: vm.n_counters]
        ),
    }
    return found | ({"the saved MDCR_EL2": vcpu.regs["MDCR_EL2"]} if vm.has_el2 else {})
