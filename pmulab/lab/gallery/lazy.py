"""The gallery: lazy ownership and dynamic reservation.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import FREE, GUEST_OWNED
from pmulab.lab.gallery.gallery import bug


@bug("lazy-without-load", "take_ownership", "own_counts", "migrated")
class LazyWithoutLoad(Hypervisor):
    """The first access makes the guest the owner, and nothing is loaded.

    Hardware holds what the last owner left, and the next put saves that.
    """

    def take_ownership(self, vcpu):
        if vcpu.access == FREE and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED
            self.setup_traps(vcpu)


@bug("lazy-without-traps", "take_ownership", "host_untouched", "dynamic-lazy")
class LazyWithoutTraps(Hypervisor):
    """The guest becomes the owner and its counters are loaded, but HPMN stays N.

    Its PMCR_EL0.E gates the host's counters.
    """

    def take_ownership(self, vcpu):
        if vcpu.access == FREE and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED
            self.pmu_load(vcpu)


@bug("lazy-stays-free", "decide_ownership", "own_counts", "lazy")
class LazyStaysFree(Hypervisor):
    """Every load begins as FREE, even for a guest with enabled counters.

    They stand still until it touches the PMU again.
    """

    def decide_ownership(self, vcpu):
        vcpu.access = FREE


@bug("free-means-no-overflow", "overflow_status", "irq_level", "migrated")
class FreeMeansNoOverflow(Hypervisor):
    """A FREE vCPU is taken for one without overflows.

    One that arrives by migration with a flag set gets no interrupt.
    """

    def overflow_status(self, vcpu):
        return vcpu.access == GUEST_OWNED and Hypervisor.overflow_status(self, vcpu)


@bug("free-asks-hardware", "overflow_status", "irq_level", "migrated")
class FreeAsksHardware(Hypervisor):
    """The level of a FREE vCPU is computed with the hardware's PMINTEN and PMCR.

    Those are the host's.
    """

    def overflow_status(self, vcpu):
        enabled = self.cpu.mrs("PMCR_EL0") & PMCR_EL0.E
        flags = vcpu.regs["PMOVSSET_EL0"] & self.cpu.mrs("PMINTENSET_EL1")
        return bool(enabled and flags & self.virtual_counter_mask(vcpu))


@bug("reserve-nothing", "set_guest_counters", "host_untouched", "dynamic")
class ReserveNothing(Hypervisor):
    """Nobody moves the host's events away.

    Load writes the guest's count over the host's.
    """

    def set_guest_counters(self, mask):
        pass


@bug("reserve-for-ever", "set_guest_counters", "host_gets_back", "dynamic")
class ReserveForEver(Hypervisor):
    """The host's counters are taken at load and never given back."""

    def set_guest_counters(self, mask):
        if mask:
            Hypervisor.set_guest_counters(self, mask)


@bug("reserve-everywhere", "set_guest_counters", "host_gets_back", "two-cpus")
class ReserveEverywhere(Hypervisor):
    """The mask of what the host may use is one for all CPUs.

    A vCPU that loads on one CPU takes the counters of the host on the other.
    """

    def set_guest_counters(self, mask):
        here = self.host.cpu
        for n in range(len(self.cpus)):
            self.this_cpu(n)
            Hypervisor.set_guest_counters(self, mask)
        self.this_cpu(here)
