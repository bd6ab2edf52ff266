"""The gallery: masks.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import MDCR_EL2
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evtyper
from pmulab.lab.gallery.gallery import bug


@bug("mask-and", "guest_counter_mask", "quiet_when_put", "small")
class MaskAnd(Hypervisor):
    """The mask is built with & instead of |, so it is 0. Nothing is saved, loaded or recorded."""

    def guest_counter_mask(self, vcpu):
        return CYCLE_BIT & (1 << self.guest_counters(vcpu)) - 1


@bug("mask-without-cycles", "guest_counter_mask", "quiet_when_put", "cycles")
class MaskWithoutCycles(Hypervisor):
    """The mask has the event counters only. The cycle counter is never swapped."""

    def guest_counter_mask(self, vcpu):
        return (1 << self.guest_counters(vcpu)) - 1


@bug("mask-inclusive", "guest_counter_mask", "host_untouched", "host-event")
class MaskInclusive(Hypervisor):
    """The mask has one counter too many, the host's first. Put disables it."""

    def guest_counter_mask(self, vcpu):
        return CYCLE_BIT | (2 << self.guest_counters(vcpu)) - 1

    def apply_event_filter(self, vcpu):
        for idx in counters(Hypervisor.guest_counter_mask(self, vcpu)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))

    def pmu_load(self, vcpu):
        vcpu.regs.setdefault("PMEVCNTR1_EL0", 0)
        Hypervisor.pmu_load(self, vcpu)


@bug("host-mask-all", "host_counter_mask", "own_flags", "small")
class HostMaskAll(Hypervisor):
    """The driver takes every overflow for its own and clears guest flags before KVM sees them."""

    def host_counter_mask(self):
        return self.host.implemented


@bug("hpmn-stays", "setup_traps", "host_untouched", "no-fgt-host")
class HpmnStays(Hypervisor):
    """Without FEAT_FGT the traps stay, and HPMN stays N with them.

    The host's counters are in the first range then: the guest's PMCR_EL0.E stops them, and so
    does HPMD, which keeps that range from counting at EL2.
    """

    def setup_traps(self, vcpu):
        Hypervisor.setup_traps(self, vcpu)
        if not self.untraps(vcpu):
            self.cpu.msr(
                "MDCR_EL2", MDCR_EL2.put(self.cpu.mrs("MDCR_EL2"), HPMN=self.host.n_counters)
            )


@bug("free-stops-host", "setup_traps", "host_untouched", "dynamic-lazy")
class FreeStopsHost(Hypervisor):
    """MDCR_EL2.HPMD is set for every vCPU of a partitioned VM, its owner or not.

    While a FREE one is loaded HPMN is N: all counters are in the first range, and the host counts
    nothing at EL2.
    """

    def setup_traps(self, vcpu):
        Hypervisor.setup_traps(self, vcpu)
        if self.is_partitioned(vcpu):
            self.cpu.msr("MDCR_EL2", self.cpu.mrs("MDCR_EL2") | MDCR_EL2.HPMD | MDCR_EL2.HCCD)


@bug("host-traps-late", "setup_traps", "host_untouched", "dynamic-lazy")
class HostTrapsLate(Hypervisor):
    """The host's MDCR_EL2 is saved after the guest's has been written.

    Put restores the guest's: HPMN stays below N with HPMD set, and the host's lower counters do not
    count EL2.
    """

    def setup_traps(self, vcpu):
        Hypervisor.setup_traps(self, vcpu)
        self.host.mdcr = self.cpu.mrs("MDCR_EL2")

    def clear_traps(self):
        Hypervisor.clear_traps(self)
        self.cpu.msr("MDCR_EL2", self.host.mdcr)
