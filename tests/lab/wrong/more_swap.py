"""More wrong folds, stops and puts: most keep something of before that is out of date."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr, evtyper

# ---- swap.fold


@wrong("swap.fold", "flags that are in memory already")
class FoldNewAlone(Hypervisor):
    """A flag that memory has already stays in hardware."""

    def fold_overflow(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        flags &= ~vcpu.regs["PMOVSSET_EL0"]
        vcpu.regs["PMOVSSET_EL0"] |= flags
        self.cpu.msr("PMOVSCLR_EL0", flags)


@wrong("swap.fold", "the host's flags beside the guest's")
class FoldWaitsForHost(Hypervisor):
    """While the host has a flag, nothing is folded: its handler will come."""

    def fold_overflow(self, vcpu):
        if not self.cpu.mrs("PMOVSSET_EL0") & self.host_counter_mask():
            super().fold_overflow(vcpu)


@wrong("swap.fold", "counter numbers")
class FoldWithoutFifteen(Hypervisor):
    """The flag of counter 15 is cleared and lost."""

    def fold_overflow(self, vcpu):
        self.cpu.msr("PMOVSCLR_EL0", 1 << 15 & self.guest_counter_mask(vcpu))
        super().fold_overflow(vcpu)


@wrong("swap.fold", "several flags")
class FoldCyclesOrEvents(Hypervisor):
    """The cycle counter's flag alone where it is set; all are cleared."""

    def fold_overflow(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        vcpu.regs["PMOVSSET_EL0"] |= flags & CYCLE_BIT or flags
        self.cpu.msr("PMOVSCLR_EL0", flags)


@wrong("swap.fold", "PMCR_EL0.E")
class FoldWhileOn(Hypervisor):
    """Nothing is folded with E = 0."""

    def fold_overflow(self, vcpu):
        if self.cpu.mrs("PMCR_EL0") & PMCR_EL0.E:
            super().fold_overflow(vcpu)


# ---- swap.stop


@wrong("swap.stop", "stale copies")
class StopOrs(Hypervisor):
    """Enables are added to those of the last put: what the guest has disabled comes back."""

    def pmu_stop(self, vcpu):
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        regs["PMCNTENSET_EL0"] |= cpu.mrs("PMCNTENSET_EL0") & mask
        regs["PMINTENSET_EL1"] |= cpu.mrs("PMINTENSET_EL1") & mask
        cpu.msr("PMCNTENCLR_EL0", mask)
        cpu.msr("PMINTENCLR_EL1", mask)


@wrong("swap.stop", "nothing enabled")
class StopReturnsEarly(Hypervisor):
    """Where no counter is on there is nothing to stop, nor to save."""

    def pmu_stop(self, vcpu):
        if self.cpu.mrs("PMCNTENSET_EL0") & self.guest_counter_mask(vcpu):
            super().pmu_stop(vcpu)


@wrong("swap.stop", "stale copies")
class StopSavesSome(Hypervisor):
    """Enables of 0 are not saved: the copy of before stays."""

    def pmu_stop(self, vcpu):
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        pairs = ("PMCNTENSET_EL0", "PMCNTENCLR_EL0"), ("PMINTENSET_EL1", "PMINTENCLR_EL1")
        for name, clear in pairs:
            if cpu.mrs(name) & mask:
                regs[name] = cpu.mrs(name) & mask
                cpu.msr(clear, mask)


@wrong("swap.stop", "counter numbers")
class StopWithoutSixteen(Hypervisor):
    """Counter 16 runs on."""

    def pmu_stop(self, vcpu):
        on = self.cpu.mrs("PMCNTENSET_EL0") & self.guest_counter_mask(vcpu) & 1 << 16
        super().pmu_stop(vcpu)
        self.cpu.msr("PMCNTENSET_EL0", on)


@wrong("swap.stop", "counter numbers")
class StopSavesWithoutThirty(Hypervisor):
    """range(30) and the cycle counter are saved."""

    def pmu_stop(self, vcpu):
        super().pmu_stop(vcpu)
        vcpu.regs["PMINTENSET_EL1"] &= ~(1 << 30)


@wrong("swap.stop", "the host's counters")
class StopStopsAll(Hypervisor):
    """All counters are stopped, the host's too."""

    def pmu_stop(self, vcpu):
        cpu, mask = self.cpu, self.guest_counter_mask(vcpu)
        vcpu.regs["PMCNTENSET_EL0"] = cpu.mrs("PMCNTENSET_EL0") & mask
        vcpu.regs["PMINTENSET_EL1"] = cpu.mrs("PMINTENSET_EL1") & mask
        cpu.msr("PMCNTENCLR_EL0", 0xFFFFFFFF)
        cpu.msr("PMINTENCLR_EL1", mask)


@wrong("swap.stop", "interrupt enables")
class StopLeavesInterrupts(Hypervisor):
    """Interrupts stay enabled while a flag waits."""

    def pmu_stop(self, vcpu):
        waits = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        inten = self.cpu.mrs("PMINTENSET_EL1")
        super().pmu_stop(vcpu)
        self.cpu.msr("PMINTENSET_EL1", inten & waits)


@wrong("swap.stop", "SET for CLR")
class StopKeepsEnabledInterrupts(Hypervisor):
    """Of the interrupts only those of counters that are on are saved."""

    def pmu_stop(self, vcpu):
        super().pmu_stop(vcpu)
        vcpu.regs["PMINTENSET_EL1"] &= vcpu.regs["PMCNTENSET_EL0"]


# ---- swap.put


@wrong("swap.put", "stale copies")
class PutSkipsZeros(Hypervisor):
    """A count of 0 is not saved: the value of before stays."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        before = {i: vcpu.regs[evcntr(i)] for i in counters(self.guest_counter_mask(vcpu))}
        super().pmu_put(vcpu)
        for i, value in before.items():
            vcpu.regs[evcntr(i)] = vcpu.regs[evcntr(i)] or value


@wrong("swap.put", "stale copies")
class PutOrsControl(Hypervisor):
    """PMCR_EL0 is added to the saved one."""

    def pmu_put(self, vcpu):
        old = vcpu.regs["PMCR_EL0"] & PMCR_EL0.D
        owner = self.owns_counters(vcpu)
        super().pmu_put(vcpu)
        if owner:
            vcpu.regs["PMCR_EL0"] |= old


@wrong("swap.put", "stale copies")
class PutKeepsSelectorOfZero(Hypervisor):
    """`if sel:` a selector of 0 is not saved."""

    def pmu_put(self, vcpu):
        old, owner = vcpu.regs["PMSELR_EL0"], self.owns_counters(vcpu)
        super().pmu_put(vcpu)
        if owner:
            vcpu.regs["PMSELR_EL0"] = vcpu.regs["PMSELR_EL0"] or old


@wrong("swap.put", "stale copies")
class PutKeepsLarger(Hypervisor):
    """A counter only goes up: the larger of the saved and the counted value stays."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        before = {i: vcpu.regs[evcntr(i)] for i in counters(self.guest_counter_mask(vcpu))}
        super().pmu_put(vcpu)
        for i, value in before.items():
            vcpu.regs[evcntr(i)] = max(vcpu.regs[evcntr(i)], value)


@wrong("swap.put", "polled flags")
class PutFoldsForInterrupts(Hypervisor):
    """Flags are folded only where some interrupt is enabled; cleared always."""

    def pmu_put(self, vcpu):
        owner, flags = self.owns_counters(vcpu), vcpu.regs["PMOVSSET_EL0"]
        super().pmu_put(vcpu)
        if owner and not vcpu.regs["PMINTENSET_EL1"]:
            vcpu.regs["PMOVSSET_EL0"] = flags


@wrong("swap.put", "order")
class PutGivesBackFirst(Hypervisor):
    """The host has its counters back before they are saved."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.pmu_stop(vcpu)
        self.fold_overflow(vcpu)
        self.set_guest_counters(0)
        for idx in counters(mask):
            regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
        regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
        regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
        cpu.msr("PMCR_EL0", self.host.pmcr)


@wrong("swap.put", "event filter")
class PutSkipsDenied(Hypervisor):
    """A counter whose event is denied has not counted, so it is not saved."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        allows = vcpu.vm.event_filter.allows
        before = {
            i: vcpu.regs[evcntr(i)]
            for i in range(vcpu.vm.n_counters)
            if not allows(vcpu.regs[evtyper(i)] & vcpu.vm.event_mask)
        }
        super().pmu_put(vcpu)
        for i, value in before.items():
            vcpu.regs[evcntr(i)] = value


@wrong("swap.put", "the host's PMCR_EL0")
class PutOnlyE(Hypervisor):
    """Of the host's PMCR_EL0 only E comes back beside what the guest had."""

    def pmu_put(self, vcpu):
        owner = self.owns_counters(vcpu)
        guest = self.cpu.mrs("PMCR_EL0")
        super().pmu_put(vcpu)
        if owner:
            self.cpu.msr("PMCR_EL0", (guest & ~RESETS & PMCR_EL0.writable) | self.host.pmcr)


@wrong("swap.put", "64 bits")
class PutThirtyTwoOfOdd(Hypervisor):
    """Odd counters are saved with 32 bits: they are the upper half of a pair."""

    def pmu_put(self, vcpu):
        owner = self.owns_counters(vcpu)
        super().pmu_put(vcpu)
        for i in range(1, vcpu.vm.n_counters, 2) if owner else ():
            vcpu.regs[evcntr(i)] &= 0xFFFFFFFF


@wrong("swap.put", "idle")
class PutSkipsIdle(Hypervisor):
    """Values are not saved where no counter is on: the guest may have written them."""

    def pmu_put(self, vcpu):
        owner = self.owns_counters(vcpu)
        idle = owner and not self.cpu.mrs("PMCNTENSET_EL0") & self.guest_counter_mask(vcpu)
        mask = self.guest_counter_mask(vcpu) if idle else 0
        old = {i: vcpu.regs[evcntr(i)] for i in counters(mask)}
        super().pmu_put(vcpu)
        for i, value in old.items():
            vcpu.regs[evcntr(i)] = value
