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
    """Nobody moves the host's events away. Load writes the guest's count over the host's."""

    def set_guest_counters(self, mask):
        pass


@bug("reserve-for-ever", "set_guest_counters", "host_gets_back", "dynamic")
class ReserveForEver(Hypervisor):
    """The host's counters are taken at load and never given back."""

    def set_guest_counters(self, mask):
        if mask:
            Hypervisor.set_guest_counters(self, mask)


@bug("reserve-everywhere", "set_guest_counters", "own_counts", "new-host-event")
class ReserveEverywhere(Hypervisor):
    """The mask of what the host may use is one for all CPUs; its events move on this CPU alone.

    A put on one CPU makes it whole again: a new event of the host on the other CPU gets a counter
    of the guest that is loaded there.
    """

    def set_guest_counters(self, mask):
        Hypervisor.set_guest_counters(self, mask)
        for host in self.hosts:
            host.cntr_mask = self.host.cntr_mask


@bug("flag-makes-owner", "handle_host_irq", "own_counts", "dynamic-lazy")
class FlagMakesOwner(Hypervisor):
    """The host's overflow, taken for the guest's, makes a FREE guest the owner inside the handler.

    Nothing is loaded. The host's count is in the counter, and put saves it as the guest's.
    """

    def handle_host_irq(self):
        vcpu = self.host.loaded
        if vcpu is not None and vcpu.access == FREE:
            flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
            if vcpu.regs["PMCR_EL0"] & PMCR_EL0.E and vcpu.regs["PMINTENSET_EL1"] & flags:
                vcpu.access = GUEST_OWNED
                self.setup_traps(vcpu)
        return Hypervisor.handle_host_irq(self)
