"""Wrong puts and folds: what is lost, kept or left behind."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr, evtyper

COUNTER_30 = 1 << 30
LOW_32 = 0xFFFFFFFF

# ---- swap.stop


@wrong("swap.stop", "widths")
class StopSavesLowEnables(Hypervisor):
    """The saved enables have 31 bits: the cycle counter's is lost."""

    def pmu_stop(self, vcpu):
        super().pmu_stop(vcpu)
        vcpu.regs["PMCNTENSET_EL0"] &= ~CYCLE_BIT


@wrong("swap.stop", "one for both")
class StopOneForBoth(Hypervisor):
    """The interrupt enables are saved as the enables are."""

    def pmu_stop(self, vcpu):
        super().pmu_stop(vcpu)
        vcpu.regs["PMINTENSET_EL1"] = vcpu.regs["PMCNTENSET_EL0"]


@wrong("swap.stop", "what is on")
class StopWhatCounts(Hypervisor):
    """Interrupt enables are cleared of counters that are on, and stay of the others."""

    def pmu_stop(self, vcpu):
        mask = self.guest_counter_mask(vcpu)
        on = self.cpu.mrs("PMCNTENSET_EL0") & mask
        vcpu.regs["PMCNTENSET_EL0"] = on
        vcpu.regs["PMINTENSET_EL1"] = self.cpu.mrs("PMINTENSET_EL1") & mask
        self.cpu.msr("PMCNTENCLR_EL0", on)
        self.cpu.msr("PMINTENCLR_EL1", on)


# ---- swap.put


@wrong("swap.put", "SEL")
class PutSelectorOfFour(Hypervisor):
    """PMSELR_EL0 is saved with 4 bits."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        vcpu.regs["PMSELR_EL0"] &= 0xF


@wrong("swap.put", "PMCR_EL0 bits")
class PutSevenBits(Hypervisor):
    """PMCR_EL0 is saved with the seven bits that it had before FEAT_PMUv3p5: LP is lost."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        vcpu.regs["PMCR_EL0"] &= 0x7F


@wrong("swap.put", "PMCR_EL0 bits")
class PutWithoutDpAndX(Hypervisor):
    """Of PMCR_EL0 only LP, LC and E are saved."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        vcpu.regs["PMCR_EL0"] &= PMCR_EL0.LP | PMCR_EL0.LC | PMCR_EL0.E


@wrong("swap.put", "widths")
class PutShortCycles(Hypervisor):
    """PMCCNTR_EL0 is saved with 32 bits."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        vcpu.regs["PMCCNTR_EL0"] &= LOW_32


@wrong("swap.put", "widths")
class PutShortCounts(Hypervisor):
    """Event counters are saved with 32 bits, as before FEAT_PMUv3p5."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu) & ~CYCLE_BIT):
                vcpu.regs[evcntr(idx)] &= LOW_32


@wrong("swap.put", "widths")
class PutSixtyThreeBits(Hypervisor):
    """Values are saved without bit 63."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu)):
                vcpu.regs[evcntr(idx)] &= (1 << 63) - 1


@wrong("swap.put", "PMUSERENR_EL0")
class PutSavesUserToo(Hypervisor):
    """Saves PMUSERENR_EL0 once more, when the hardware has the host's again."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        vcpu.regs["PMUSERENR_EL0"] = self.cpu.mrs("PMUSERENR_EL0")


@wrong("swap.put", "event-filter kinds")
class PutSavesTypes(Hypervisor):
    """Saves the event types too, which the filter may have changed on their way to hardware."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu)):
                vcpu.regs[evtyper(idx)] = self.cpu.mrs(evtyper(idx))


@wrong("swap.put", "counter numbers")
class PutUpToTwentyNine(Hypervisor):
    """`range(30)` and the cycle counter: what counter 30 has counted is lost."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        regs["PMCNTENSET_EL0"] = cpu.mrs("PMCNTENSET_EL0") & mask
        regs["PMINTENSET_EL1"] = cpu.mrs("PMINTENSET_EL1") & mask
        cpu.msr("PMCNTENCLR_EL0", mask)
        cpu.msr("PMINTENCLR_EL1", mask)
        for idx in counters(mask & ~COUNTER_30):
            regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
        regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
        regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
        self.fold_overflow(vcpu)
        cpu.msr("PMCR_EL0", self.host.pmcr)
        self.set_guest_counters(0)


@wrong("swap.put", "counter numbers")
class PutEightEnables(Hypervisor):
    """Of the enables eight event counters and the cycle counter are saved."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        vcpu.regs["PMCNTENSET_EL0"] &= CYCLE_BIT | 0xFF


@wrong("swap.put", "PMINTEN and PMCNTEN")
class PutOneEnableForBoth(Hypervisor):
    """PMINTENSET_EL1 is saved from PMCNTENSET_EL0."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        if self.owns_counters(vcpu):
            vcpu.regs["PMINTENSET_EL1"] = vcpu.regs["PMCNTENSET_EL0"]


@wrong("swap.put", "moments")
class PutReadsFirst(Hypervisor):
    """The values are read before the counters stand still."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        for idx in counters(mask):
            regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
        regs["PMCNTENSET_EL0"] = cpu.mrs("PMCNTENSET_EL0") & mask
        regs["PMINTENSET_EL1"] = cpu.mrs("PMINTENSET_EL1") & mask
        cpu.msr("PMCNTENCLR_EL0", mask)
        cpu.msr("PMINTENCLR_EL1", mask)
        regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
        regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
        self.fold_overflow(vcpu)
        cpu.msr("PMCR_EL0", self.host.pmcr)
        self.set_guest_counters(0)


@wrong("swap.put", "static and dynamic")
class PutKeepsCycles(Hypervisor):
    """The host gets the event counters back, and not the cycle counter."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        if self.owns_counters(vcpu):
            self.set_guest_counters(CYCLE_BIT)


# ---- swap.fold


@wrong("swap.fold", "counter numbers")
class FoldSixteen(Hypervisor):
    """The flags of 16 event counters and of the cycle counter."""

    def fold_overflow(self, vcpu):
        mask = self.guest_counter_mask(vcpu) & (CYCLE_BIT | 0xFFFF)
        overflow = self.cpu.mrs("PMOVSSET_EL0") & mask
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("swap.fold", "counter numbers")
class FoldWithoutThirty(Hypervisor):
    """`range(30)` and the cycle counter."""

    def fold_overflow(self, vcpu):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu) & ~COUNTER_30
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("swap.fold", "several flags")
class FoldLowest(Hypervisor):
    """One flag each time, the lowest: the handler would come again for the next."""

    def fold_overflow(self, vcpu):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        overflow &= -overflow
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("swap.fold", "other CPU")
class FoldOfBootCpu(Hypervisor):
    """The flags of the boot CPU."""

    def fold_overflow(self, vcpu):
        overflow = self.cpus[0].mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        self.cpus[0].msr("PMOVSCLR_EL0", overflow)


@wrong("swap.fold", "PMINTEN and PMCNTEN")
class FoldThoseThatInterrupt(Hypervisor):
    """Only flags that interrupt: a guest may poll the others."""

    def fold_overflow(self, vcpu):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        vcpu.regs["PMOVSSET_EL0"] |= overflow & self.read_home(vcpu, "PMINTENSET_EL1")
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("swap.fold", "the host's flags")
class FoldClearsAll(Hypervisor):
    """Every flag of the PE is cleared, the samples of the host among them."""

    def fold_overflow(self, vcpu):
        overflow = self.cpu.mrs("PMOVSSET_EL0")
        vcpu.regs["PMOVSSET_EL0"] |= overflow & self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("swap.fold", "widths")
class FoldLosesTheSign(Hypervisor):
    """Flags as a positive s32: the cycle counter's is taken for the sign."""

    def fold_overflow(self, vcpu):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        vcpu.regs["PMOVSSET_EL0"] |= overflow & 0x7FFFFFFF
        self.cpu.msr("PMOVSCLR_EL0", overflow)


# ---- swap.stop


@wrong("swap.stop", "order")
class StopThenSave(Hypervisor):
    """What is cleared can no longer be read."""

    def pmu_stop(self, vcpu):
        mask = self.guest_counter_mask(vcpu)
        self.cpu.msr("PMCNTENCLR_EL0", mask)
        self.cpu.msr("PMINTENCLR_EL1", mask)
        vcpu.regs["PMCNTENSET_EL0"] = self.cpu.mrs("PMCNTENSET_EL0") & mask
        vcpu.regs["PMINTENSET_EL1"] = self.cpu.mrs("PMINTENSET_EL1") & mask


@wrong("swap.stop", "the host's bits")
class StopEverybody(Hypervisor):
    """The host's counters stop, too."""

    def pmu_stop(self, vcpu):
        super().pmu_stop(vcpu)
        self.cpu.msr("PMCNTENCLR_EL0", self.host.implemented)


@wrong("swap.stop", "the other enables")
class StopLetsInterrupt(Hypervisor):
    """The interrupt enables stay in the hardware."""

    def pmu_stop(self, vcpu):
        super().pmu_stop(vcpu)
        self.cpu.msr("PMINTENSET_EL1", vcpu.regs["PMINTENSET_EL1"])


@wrong("swap.stop", "SET and CLR")
class StopWritesSet(Hypervisor):
    """A 0 written to the SET name clears nothing."""

    def pmu_stop(self, vcpu):
        mask = self.guest_counter_mask(vcpu)
        vcpu.regs["PMCNTENSET_EL0"] = self.cpu.mrs("PMCNTENSET_EL0") & mask
        vcpu.regs["PMINTENSET_EL1"] = self.cpu.mrs("PMINTENSET_EL1") & mask
        self.cpu.msr("PMCNTENSET_EL0", 0)
        self.cpu.msr("PMINTENSET_EL1", 0)


@wrong("swap.stop", "counter 30")
class StopBelowThirty(Hypervisor):
    """The saved enables have 30 bits and the cycle counter's."""

    def pmu_stop(self, vcpu):
        super().pmu_stop(vcpu)
        vcpu.regs["PMCNTENSET_EL0"] &= ~COUNTER_30
