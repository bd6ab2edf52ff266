"""The gallery: load and put.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, GUEST_OWNED, counters, evcntr
from pmulab.lab.gallery.forget import EVERY_COUNTER, EVERY_TYPE, load_without, put_without
from pmulab.lab.gallery.gallery import bug


@bug(
    "no-swap",
    "pmu_load",
    "own_reads",
    "small",
    "where everybody begins",
    "load and put",
)
class NoSwap(Hypervisor):
    """Load does nothing, put does nothing.

    The next guest finds the counters of the last one.
    """

    def pmu_load(self, vcpu):
        pass

    def pmu_put(self, vcpu):
        pass


@bug(
    "load-set-only",
    "pmu_load",
    "quiet_when_put",
    "small",
    "a beginner's error",
    "put clears the guest's enables; load writes SET and CLR",
)
class LoadSetOnly(Hypervisor):
    """Put leaves the enables as they are, and load writes only the SET registers.

    The next guest counts without having asked.
    """

    def pmu_load(self, vcpu):
        load_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")


@bug(
    "load-clears-host",
    "pmu_load",
    "host_untouched",
    "host-event",
    "a beginner's error",
    "PMCNTENCLR_EL0 := ~enabled & mask",
)
class LoadClearsHost(Hypervisor):
    """Load clears what the guest has not set, without masking.

    The host's counter is disabled too.
    """

    def pmu_load(self, vcpu):
        Hypervisor.pmu_load(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCNTENCLR_EL0", ~vcpu.regs["PMCNTENSET_EL0"])


@bug(
    "load-forgets-counters",
    "pmu_load",
    "own_counts",
    "small",
    "a beginner's error",
    "write every counter of the mask",
)
class LoadForgetsCounters(Hypervisor):
    """Load restores the controls and not the counts.

    A guest goes on from the other one's count.
    """

    def pmu_load(self, vcpu):
        load_without(self, vcpu, *EVERY_COUNTER)


@bug(
    "load-forgets-types",
    "pmu_load",
    "own_counts",
    "small",
    "the article: a stale event type",
    "apply_event_filter at every load",
)
class LoadForgetsTypes(Hypervisor):
    """Load skips the event types, since they are trapped.

    The hardware still counts what the last owner asked for.
    """

    def pmu_load(self, vcpu):
        load_without(self, vcpu, *EVERY_TYPE)


@bug(
    "load-wipes",
    "pmu_load",
    "own_counts",
    "restored-reset",
    "v1 to v4; silent fix in v5",
    "mask P and C before the write",
)
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


@bug(
    "put-keeps-enables",
    "pmu_put",
    "quiet_when_put",
    "small",
    "v1 to v7; Oliver Upton on v5",
    "PMCNTENCLR_EL0 and PMINTENCLR_EL1 := mask",
)
class PutKeepsEnables(Hypervisor):
    """Put reads and does not stop.

    The counters go on with the host's work.
    """

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")


@bug(
    "put-loses-flags",
    "pmu_put",
    "own_flags",
    "small",
    "v6 and v7, in our reading; closed by v8",
    "OR the flags into memory, then clear them",
)
class PutLosesFlags(Hypervisor):
    """Put does not save the overflow flags and the next load clears them.

    An overflow between the last interrupt window and put is lost.
    """

    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", self.guest_counter_mask(vcpu))
        Hypervisor.pmu_put(self, vcpu)


@bug(
    "put-leaves-flags",
    "pmu_put",
    "quiet_when_put",
    "small",
    "v1 to v5; Oliver Upton on v5",
    "put clears the flags that it has saved; load clears the range before the enables",
)
class PutLeavesFlags(Hypervisor):
    """Put leaves the guest's overflow flags in the hardware.

    If load does not clear them either, the next guest that enables the interrupt gets one that is
    not its own.
    """

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMOVSCLR_EL0")


@bug(
    "put-assigns-flags",
    "pmu_put",
    "own_flags",
    "small",
    "ours, after v7's read-modify-write of PMOVS",
    "|=, not =",
)
class PutAssignsFlags(Hypervisor):
    """Put assigns the hardware's flags to memory.

    Flags that were recorded before are lost.
    """

    def pmu_put(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        Hypervisor.pmu_put(self, vcpu)
        vcpu.regs["PMOVSSET_EL0"] = flags


@bug(
    "put-forgets-cycles",
    "pmu_put",
    "own_counts",
    "two-cycle-counters",
    "v5; Oliver Upton: iterate the mask and the cycle counter comes for free",
    "iterate over the mask",
)
class PutForgetsCycles(Hypervisor):
    """Put loops over the event counters and forgets the cycle counter."""

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCCNTR_EL0")


@bug(
    "put-forgets-control",
    "pmu_put",
    "own_reads",
    "small",
    "a beginner's error",
    "save PMCR_EL0",
)
class PutForgetsControl(Hypervisor):
    """Put does not save PMCR_EL0.

    The guest's global enable is gone after its next turn.
    """

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCR_EL0")


@bug(
    "put-forgets-selector",
    "pmu_put",
    "own_reads",
    "selector",
    "a beginner's error",
    "save PMSELR_EL0",
)
class PutForgetsSelector(Hypervisor):
    """Put does not save PMSELR_EL0.

    After a turn the window shows another counter.
    """

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMSELR_EL0")


@bug(
    "put-keeps-control",
    "pmu_put",
    "host_untouched",
    "host-event",
    "v8, in our reading of the posted text",
    "write the host's PMCR_EL0 back",
)
class PutKeepsControl(Hypervisor):
    """Put saves the guest's PMCR_EL0 and leaves it in the hardware.

    HPMN is N again, so the guest's E=0 stops the host's counters.
    """

    def pmu_put(self, vcpu):
        guests = self.cpu.mrs("PMCR_EL0")
        Hypervisor.pmu_put(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", guests)


@bug(
    "window-swap",
    "pmu_put",
    "host_survives",
    "small",
    "v6 11/19; James Clark; undefined-instruction faults on a Radxa O6",
    "PMCCNTR_EL0 by its own name",
)
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


@bug(
    "swap-anywhere",
    "owns_counters",
    "host_untouched",
    "unsupported-cpu",
    "v8 11/21 and 15/21, in our reading of the posted text",
    "ownership, and a CPU that the vCPU supports",
)
class SwapAnywhere(Hypervisor):
    """Ownership, which lasts, is all that load and put ask for: they swap on any CPU.

    On an unsupported one HPMN stays N, so the guest's E and HPMD stop the host's counters.
    """

    def owns_counters(self, vcpu):
        return self.is_partitioned(vcpu) and vcpu.access == GUEST_OWNED

    def guest_counter_mask(self, vcpu):
        return CYCLE_BIT | (1 << self.guest_counters(vcpu)) - 1


@bug(
    "swap-needs-fgt",
    "owns_counters",
    "own_counts",
    "no-fgt",
    "v2 to v5; Oliver Upton: then how do events count in this case?",
    "residence does not depend on FEAT_FGT",
)
class SwapNeedsFgt(Hypervisor):
    """Without FEAT_FGT load returns early.

    The trapped guest's registers never reach the hardware.
    """

    def owns_counters(self, vcpu):
        return Hypervisor.owns_counters(self, vcpu) and "FEAT_FGT" in self.host.features
