"""The gallery: load and put.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, GUEST_OWNED, counters, evcntr
from pmulab.lab.gallery.forget import EVERY_COUNTER, EVERY_TYPE, load_without, put_without
from pmulab.lab.gallery.gallery import bug


@bug("no-swap", "pmu_load", "own_reads", "small")
class NoSwap(Hypervisor):
    """Load does nothing, put does nothing. The next guest finds the counters of the last one."""

    def pmu_load(self, vcpu):
        pass

    def pmu_put(self, vcpu):
        pass


@bug("load-set-only", "pmu_load", "quiet_when_put", "small")
class LoadSetOnly(Hypervisor):
    """Put leaves the enables as they are, and load writes only the SET registers.

    The next guest counts without having asked.
    """

    def pmu_load(self, vcpu):
        load_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")


@bug("load-clears-host", "pmu_load", "host_untouched", "host-event")
class LoadClearsHost(Hypervisor):
    """Load clears what the guest has not set, without masking.

    The host's counter is disabled too.
    """

    def pmu_load(self, vcpu):
        Hypervisor.pmu_load(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCNTENCLR_EL0", ~vcpu.regs["PMCNTENSET_EL0"])


@bug("load-forgets-counters", "pmu_load", "own_counts", "small")
class LoadForgetsCounters(Hypervisor):
    """Load restores the controls and not the counts. A guest goes on from the other one's count."""

    def pmu_load(self, vcpu):
        load_without(self, vcpu, *EVERY_COUNTER)


@bug("load-forgets-types", "pmu_load", "own_counts", "small")
class LoadForgetsTypes(Hypervisor):
    """Load skips the event types, since they are trapped.

    The hardware still counts what the last owner asked for.
    """

    def pmu_load(self, vcpu):
        load_without(self, vcpu, *EVERY_TYPE)


@bug("load-wipes", "pmu_load", "own_counts", "restored-reset")
class LoadWipes(Hypervisor):
    """Load writes the saved PMCR_EL0 as it is.

    A P that userspace left in it wipes the counters that were just restored.
    """

    def pmu_load(self, vcpu):
        Hypervisor.pmu_load(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", vcpu.regs["PMCR_EL0"])
            if vcpu.regs["PMCR_EL0"] & PMCR_EL0.P:
                for idx in counters(self.guest_counter_mask(vcpu) & ~CYCLE_BIT):
                    self.cpu.msr(evcntr(idx), 0)


@bug("put-keeps-enables", "pmu_put", "quiet_when_put", "small")
class PutKeepsEnables(Hypervisor):
    """Put reads and does not stop. The counters go on with the host's work."""

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")


@bug("put-loses-flags", "pmu_put", "own_flags", "small")
class PutLosesFlags(Hypervisor):
    """Put does not save the overflow flags and the next load clears them.

    An overflow between the last interrupt window and put is lost.
    """

    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", self.guest_counter_mask(vcpu))
        Hypervisor.pmu_put(self, vcpu)


@bug("put-leaves-flags", "pmu_put", "quiet_when_put", "small")
class PutLeavesFlags(Hypervisor):
    """Put leaves the guest's overflow flags in the hardware.

    If load does not clear them either, the next guest that enables the interrupt gets one that is
    not its own.
    """

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMOVSCLR_EL0")


@bug("put-assigns-flags", "pmu_put", "own_flags", "small")
class PutAssignsFlags(Hypervisor):
    """Put assigns the hardware's flags to memory. Flags that were recorded before are lost."""

    def pmu_put(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        Hypervisor.pmu_put(self, vcpu)
        vcpu.regs["PMOVSSET_EL0"] = flags


@bug("put-forgets-cycles", "pmu_put", "own_counts", "two-cycle-counters")
class PutForgetsCycles(Hypervisor):
    """Put loops over the event counters and forgets the cycle counter."""

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCCNTR_EL0")


@bug("put-forgets-control", "pmu_put", "own_reads", "small")
class PutForgetsControl(Hypervisor):
    """Put does not save PMCR_EL0. The guest's global enable is gone after its next turn."""

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCR_EL0")


@bug("put-forgets-selector", "pmu_put", "own_reads", "selector")
class PutForgetsSelector(Hypervisor):
    """Put does not save PMSELR_EL0. After a turn the window shows another counter."""

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMSELR_EL0")


@bug("put-keeps-control", "pmu_put", "host_untouched", "host-event")
class PutKeepsControl(Hypervisor):
    """Put saves the guest's PMCR_EL0 and leaves it in the hardware.

    HPMN is N again, so the guest's E=0 stops the host's counters.
    """

    def pmu_put(self, vcpu):
        guests = self.cpu.mrs("PMCR_EL0")
        Hypervisor.pmu_put(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", guests)


@bug("window-swap", "pmu_put", "host_survives", "small")
class WindowSwap(Hypervisor):
    """Put reaches every counter through PMSELR_EL0 and PMXEVCNTR_EL0, the cycle counter too.

    SEL=31 is no event counter: the access is UNDEFINED, in the host.
    """

    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu)):
                self.cpu.msr("PMSELR_EL0", idx)
                vcpu.regs[evcntr(idx)] = self.cpu.mrs("PMXEVCNTR_EL0")
        Hypervisor.pmu_put(self, vcpu)


@bug("swap-anywhere", "owns_counters", "host_untouched", "unsupported-cpu")
class SwapAnywhere(Hypervisor):
    """Ownership, which lasts, is all that load and put ask for: they swap on any CPU.

    On an unsupported one HPMN stays N, so the guest's E and HPMD stop the host's counters.
    """

    def owns_counters(self, vcpu):
        return self.is_partitioned(vcpu) and vcpu.access == GUEST_OWNED

    def guest_counter_mask(self, vcpu):
        return CYCLE_BIT | (1 << self.guest_counters(vcpu)) - 1


@bug("swap-needs-fgt", "owns_counters", "own_counts", "no-fgt")
class SwapNeedsFgt(Hypervisor):
    """Without FEAT_FGT load returns early.

    The trapped guest's registers never reach the hardware.
    """

    def owns_counters(self, vcpu):
        return Hypervisor.owns_counters(self, vcpu) and "FEAT_FGT" in self.host.features
