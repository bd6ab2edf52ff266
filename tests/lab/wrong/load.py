"""Wrong loads: what does not come back, or comes in the wrong place."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr

LOW_32 = 0xFFFFFFFF


@wrong("swap.load", "SEL")
class LoadSelectorOfFour(Hypervisor):
    """PMSELR_EL0 comes back with 4 bits."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            vcpu.regs["PMSELR_EL0"] &= 0xF
        super().pmu_load(vcpu)


@wrong("swap.load", "SEL")
class LoadSelectorInRange(Hypervisor):
    """A selector beyond the guest's counters is cut down to the last, also 31."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            last = max(self.guest_counters(vcpu) - 1, 0)
            vcpu.regs["PMSELR_EL0"] = min(vcpu.regs["PMSELR_EL0"], last)
        super().pmu_load(vcpu)


@wrong("swap.load", "PMCR_EL0 bits")
class LoadWithoutX(Hypervisor):
    """PMCR_EL0.X is not restored: it does nothing, but the guest reads it."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            vcpu.regs["PMCR_EL0"] &= ~PMCR_EL0.X
        super().pmu_load(vcpu)


@wrong("swap.load", "PMCR_EL0 bits")
class LoadWithoutDp(Hypervisor):
    """PMCR_EL0.DP is not restored."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            vcpu.regs["PMCR_EL0"] &= ~PMCR_EL0.DP
        super().pmu_load(vcpu)


@wrong("swap.load", "PMCR_EL0 bits")
class LoadForcesLc(Hypervisor):
    """LC is always 1, as Arm recommends: this guest's cycle counter overflows at 32 bits."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            vcpu.regs["PMCR_EL0"] |= PMCR_EL0.LC
        super().pmu_load(vcpu)


@wrong("swap.load", "widths")
class LoadShortCycles(Hypervisor):
    """PMCCNTR_EL0 comes back with 32 bits."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            vcpu.regs["PMCCNTR_EL0"] &= LOW_32
        super().pmu_load(vcpu)


@wrong("swap.load", "widths")
class LoadSixtyThreeBits(Hypervisor):
    """Every value comes back without bit 63, a sign to whoever thinks in s64."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu)):
                vcpu.regs[evcntr(idx)] &= (1 << 63) - 1
        super().pmu_load(vcpu)


@wrong("swap.load", "static and dynamic")
class LoadLeavesCycles(Hypervisor):
    """The host keeps the cycle counter: only event counters are taken from it."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.set_guest_counters(self.guest_counter_mask(vcpu) & ~CYCLE_BIT)


@wrong("swap.load", "counter numbers")
class LoadEightValues(Hypervisor):
    """The values of eight event counters and of the cycle counter."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.apply_event_filter(vcpu)
        for idx in counters(mask & (CYCLE_BIT | 0xFF)):
            cpu.msr(evcntr(idx), regs[evcntr(idx)])
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        cpu.msr("PMOVSCLR_EL0", mask)
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)
        self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)


@wrong("swap.load", "PMINTEN and PMCNTEN")
class LoadOneEnableForBoth(Hypervisor):
    """Both pairs come from PMCNTENSET_EL0."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.apply_event_filter(vcpu)
        for idx in counters(mask):
            cpu.msr(evcntr(idx), regs[evcntr(idx)])
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        cpu.msr("PMOVSCLR_EL0", mask)
        for name, clear in (
            ("PMCNTENSET_EL0", "PMCNTENCLR_EL0"),
            ("PMINTENSET_EL1", "PMINTENCLR_EL1"),
        ):
            self.write_pair(name, clear, regs["PMCNTENSET_EL0"], mask)


@wrong("swap.load", "moments")
class LoadEnablesFirst(Hypervisor):
    """The enables come before the values: a counter runs from a stale one."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.apply_event_filter(vcpu)
        cpu.msr("PMOVSCLR_EL0", mask)
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)
        self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)
        for idx in counters(mask):
            cpu.msr(evcntr(idx), regs[evcntr(idx)])
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])


@wrong("swap.load", "values of zero")
class LoadSkipsZeros(Hypervisor):
    """A count of 0 is not written: the range is taken to be empty."""

    def pmu_load(self, vcpu):
        before = {idx: self.cpu.mrs(evcntr(idx)) for idx in counters(self.guest_counter_mask(vcpu))}
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            for idx in before:
                if not vcpu.regs[evcntr(idx)]:
                    self.cpu.msr(evcntr(idx), before[idx])


@wrong("swap.load", "PMUSERENR_EL0")
class LoadOpensToEl0(Hypervisor):
    """PMUSERENR_EL0 is restored too, but only its EN."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMUSERENR_EL0", self.cpu.mrs("PMUSERENR_EL0") & 1)
