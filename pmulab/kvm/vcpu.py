"""A VM and its vCPUs: saved registers, event filter, ownership.

Each register of a vCPU has one home. PMOVS and the event types live in `regs` at all times; the
others live in hardware while the vCPU is loaded and owns the guest range, in `regs` otherwise.

Not modelled: general registers, memory; after a reset, registers that hold an UNKNOWN value.
"""

from collections.abc import Container, Iterable
from functools import lru_cache

from pmulab.hw.sysregs import (
    CYCLE_IDX,
    MAX_COUNTERS,
    MDCR_EL2,
    PMCR_EL0,
    PMEVTYPER0_EL0,
    event_mask,
)
from pmulab.kvm.event_filter import EventFilter
from pmulab.kvm.vgic_state import PMU_PPI, VgicCpu

FREE, GUEST_OWNED = "FREE", "GUEST_OWNED"
CYCLE_BIT = 1 << CYCLE_IDX
RESET_PMCR = PMCR_EL0.LC
# What a guest with an EL2 of its own has of MDCR_EL2.
GUEST_MDCR = sum(MDCR_EL2.masks("HLP HPMD HPME HPMN"))
ALL_EVENTS = ("FEAT_PMUv3p1",)
BITMAPS = ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0")


def evcntr(idx: int) -> str:
    """Name the register that holds counter `idx`; 31 is the cycle counter."""
    return "PMCCNTR_EL0" if idx == CYCLE_IDX else EVCNTR[idx]


def evtyper(idx: int) -> str:
    """Name the register that says what counter `idx` counts, and where."""
    return "PMCCFILTR_EL0" if idx == CYCLE_IDX else EVTYPER[idx]


def counter_of(name: str) -> int:
    """Return the counter of a counter's or an event type's register; `KeyError` for another."""
    return COUNTER_OF[name]


EVCNTR = tuple(f"PMEVCNTR{n}_EL0" for n in range(MAX_COUNTERS))
EVTYPER = tuple(f"PMEVTYPER{n}_EL0" for n in range(MAX_COUNTERS))
TYPES = frozenset((*EVTYPER, "PMCCFILTR_EL0"))
COUNTER_OF = {name(idx): idx for idx in range(CYCLE_IDX + 1) for name in (evcntr, evtyper)}


@lru_cache
def counters(mask: int) -> tuple[int, ...]:
    """List the counters of a mask, lowest first."""
    return tuple(idx for idx in range(CYCLE_IDX + 1) if mask >> idx & 1)


class Vm:
    """What the vCPUs of one machine share; `features` are those of all CPUs that may run it.

    `event_mask` has the bits of an event number, `evtyper_mask` those of an event type that a guest
    has. Without EL2 and EL3 that is no NSH, NSK, NSU and M, and it is never MT; on a CPU that has
    them NSK and NSU would turn P and U round. Linux: kvm_pmu_event_mask(), kvm_pmu_evtyper_mask().
    """

    def __init__(
        self,
        name: str,
        n_counters: int,
        partitioned: bool = True,
        features: Container[str] = ALL_EVENTS,
        has_el2: bool = False,
    ) -> None:
        self.name = name
        # Linux: kvm->arch.nr_pmu_counters, what the VMM chose.
        self.n_counters = n_counters
        self.partitioned = partitioned
        self.event_mask = event_mask(features)
        self.evtyper_mask = sum(PMEVTYPER0_EL0.masks("P U")) | self.event_mask
        # Linux: KVM_ARM_VCPU_HAS_EL2, vcpu_has_nv().
        self.has_el2 = has_el2
        self.evtyper_mask |= PMEVTYPER0_EL0.NSH if has_el2 else 0
        # Linux: vcpu->arch.pmu.irq_num, KVM_ARM_VCPU_PMU_V3_IRQ; a PPI is the same for all vCPUs.
        self.irq_num = PMU_PPI
        self.event_filter = EventFilter(self.event_mask + 1)
        self.has_run = False
        # Which of `host_pmus` it counts on: kvm->arch.arm_pmu. KVM's default is that of the CPU
        # that made its first vCPU; here that is CPU 0.
        self.pmu = 0

    @property
    def counter_mask(self) -> int:
        """Return a bit for each counter that a guest has: its own, and the cycle counter."""
        return CYCLE_BIT | (1 << self.n_counters) - 1


class Vcpu:
    """One virtual CPU: what KVM keeps of it in memory."""

    def __init__(self, name: str, vm: Vm, supported_cpus: Iterable[int] | None = None) -> None:
        self.name = name
        self.vm = vm
        self.regs: dict[str, int] = reset_registers(vm.n_counters, vm.has_el2)
        # Linux: vcpu_is_el2(). Who has an EL2 begins there.
        self.in_el2 = vm.has_el2
        self.access = FREE
        self.irq_level = False
        self.cpu: int | None = None
        self.request = False
        self.halted = False
        self.supported_cpus = None if supported_cpus is None else frozenset(supported_cpus)
        # Linux: vcpu->arch.pmu.created, KVM_ARM_VCPU_PMU_V3_INIT.
        self.initialized = False
        self.vgic = VgicCpu()

    def peek(self, name: str) -> int:
        """Read a saved register without anybody noticing; `KeyError` for one that is not saved."""
        return dict.__getitem__(self.regs, name)

    def restore(self, registers: dict[str, int]) -> None:
        """Set saved registers, as a migration does; bits of counters that it lacks are dropped.

        NSH may be among them: KVM up to 6.6 let a guest write it. Linux: arch/arm64/kvm/sys_regs.c,
        set_pmreg().
        """
        mask = self.vm.counter_mask
        known = {name: value for name, value in registers.items() if name in self.regs}
        types = self.vm.evtyper_mask | PMEVTYPER0_EL0.NSH
        for name, value in known.items():
            kept = mask if name in BITMAPS else types if name in TYPES else value
            kept = GUEST_MDCR if name == "MDCR_EL2" else kept
            self.regs[name] = value & kept

    def get_one_reg(self, name: str) -> int:
        """Read a saved register as userspace does: PMCR_EL0 with the VM's N, no bit of no counter.

        Linux: arch/arm64/kvm/sys_regs.c, get_pmcr(), get_pmreg().
        """
        vm, value = self.vm, self.regs[name]
        if name == "PMCR_EL0":
            return PMCR_EL0.put(value, N=vm.n_counters)
        return value & vm.counter_mask if name in BITMAPS else value

    def reset(self) -> None:
        """Set all registers as KVM_ARM_VCPU_INIT does; the vGIC keeps what it has.

        Linux: arch/arm64/kvm/reset.c, kvm_reset_vcpu(); sys_regs.c, kvm_reset_sys_regs().
        """
        for name, value in reset_registers(self.vm.n_counters, self.vm.has_el2).items():
            self.regs[name] = value
        self.in_el2 = self.vm.has_el2

    def supports(self, cpu: int) -> bool:
        """Tell whether this vCPU may run on that CPU."""
        return self.supported_cpus is None or cpu in self.supported_cpus

    def __repr__(self) -> str:
        where = "not loaded" if self.cpu is None else f"on cpu{self.cpu}"
        return f"vCPU {self.name}: {where}, {self.access}, irq {int(self.irq_level)}"


def reset_registers(n_counters: int, has_el2: bool = False) -> dict[str, int]:
    """Return the saved registers of a vCPU that has never run.

    Linux: arch/arm64/kvm/sys_regs.c, reset_pmcr() and its neighbours.
    """
    names = ["PMCR_EL0", "PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0", "PMSELR_EL0"]
    names += ["PMUSERENR_EL0", "PMCCNTR_EL0", "PMCCFILTR_EL0"]
    names += [*EVCNTR[:n_counters], *EVTYPER[:n_counters]]
    el2 = {"MDCR_EL2": n_counters} if has_el2 else {}
    return dict.fromkeys(names, 0) | {"PMCR_EL0": RESET_PMCR} | el2
