"""The gallery: they look wrong and are harmless, which the explorer proves for their worlds.

Not modelled: see `gallery`.
"""

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import counters
from pmulab.lab.gallery.forget import load_without
from pmulab.lab.gallery.gallery import bug


@bug("ok-load-set-only", "pmu_load", "", "small")
class OkLoadSetOnly(Hypervisor):
    """Load writes only the SET registers.

    Put has left the guest range without an enable, so there is nothing to clear.
    """

    def pmu_load(self, vcpu):
        load_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")


@bug("ok-load-keeps-flags", "pmu_load", "", "small")
class OkLoadKeepsFlags(Hypervisor):
    """Load does not clear PMOVS. Put has left no flag."""

    def pmu_load(self, vcpu):
        load_without(self, vcpu, "PMOVSCLR_EL0")


@bug("ok-saves-host-enables", "pmu_put", "", "host-event")
class OkSavesHostEnables(Hypervisor):
    """Put saves PMCNTENSET_EL0 with the host's bits in it.

    Load and the trap handlers mask them, so nobody sees them.
    """

    def pmu_put(self, vcpu):
        enabled = self.cpu.mrs("PMCNTENSET_EL0")
        Hypervisor.pmu_put(self, vcpu)
        if self.owns_counters(vcpu):
            vcpu.regs["PMCNTENSET_EL0"] = enabled


@bug("ok-all-flags", "handle_host_irq", "", "small")
class OkAllFlags(Hypervisor):
    """The handler takes flags of counters that do not interrupt too.

    They are recorded, so a guest that polls still sees them.
    """

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0")
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True
