"""Masks, guards, loads and puts with one thing wrong, as a kernel developer gets it wrong."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0
from pmulab.kvm.vcpu import CYCLE_BIT, GUEST_OWNED, counters, evcntr, evtyper

# ---- masks


@wrong("partition.guest_mask", "GENMASK")
class GuestGenmask(Hypervisor):
    """GENMASK(n, 0): one counter too many."""

    def guest_counter_mask(self, vcpu):
        n = self.guest_counters(vcpu)
        return super().guest_counter_mask(vcpu) and CYCLE_BIT | (2 << n) - 1


@wrong("partition.guest_mask", "FEAT_FGT absent")
class GuestNoFgt(Hypervisor):
    """Without fine-grained traps a guest is taken to have nothing in hardware."""

    def guest_counter_mask(self, vcpu):
        return super().guest_counter_mask(vcpu) if "FEAT_FGT" in self.host.features else 0


@wrong("partition.guest_mask", "enabled counters")
class GuestEnabledOnly(Hypervisor):
    """Only counters that are enabled in memory."""

    def guest_counter_mask(self, vcpu):
        return super().guest_counter_mask(vcpu) & vcpu.regs["PMCNTENSET_EL0"]


@wrong("partition.host_mask", "dynamic")
class HostAllWhenDynamic(Hypervisor):
    """A dynamic host may use all, also what is lent now."""

    def host_counter_mask(self):
        return self.host.implemented if self.config.dynamic else self.host.cntr_mask


@wrong("partition.host_mask", "the first range")
class HostFromHpmn(Hypervisor):
    """The counters above MDCR_EL2.HPMN: while a FREE guest is loaded that is N."""

    def host_counter_mask(self):
        return self.host.cntr_mask & ~((1 << (self.cpu.mrs("MDCR_EL2") & 0x1F)) - 1)


@wrong("partition.host_mask", "single counters")
class HostWithoutLast(Hypervisor):
    """n_counters - 1 is taken for the end: the highest is never the host's."""

    def host_counter_mask(self):
        return self.host.cntr_mask & ~(1 << max(self.host.n_counters - 1, 0))


# ---- the pair of names, the guard


@wrong("swap.write_pair", "widths")
class PairSetsWide(Hypervisor):
    """The clear goes out with 16 bits."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpu.msr(clr_name, ~bits & mask & 0xFFFF)


@wrong("swap.write_pair", "order")
class PairClearsAllFirst(Hypervisor):
    """Clears the mask, then sets: the host's bits in the mask of 32 are gone."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(clr_name, 0xFFFFFFFF)
        self.cpu.msr(set_name, bits & mask)


@wrong("swap.write_pair", "the cycle counter")
class PairClearsWithoutCycles(Hypervisor):
    """The clear leaves bit 31 alone."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpu.msr(clr_name, ~bits & mask & ~CYCLE_BIT)


@wrong("swap.guard", "FREE")
class OwnsBySupport(Hypervisor):
    """Whoever is on a supported CPU owns them, FREE or not."""

    def owns_counters(self, vcpu):
        return self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu)


@wrong("swap.guard", "emulated")
class OwnsByAccess(Hypervisor):
    """The flag alone."""

    def owns_counters(self, vcpu):
        return vcpu.access == GUEST_OWNED and vcpu.vm.n_counters < 8


@wrong("swap.guard", "loaded")
class OwnsWhenLoaded(Hypervisor):
    """Only the second of two CPUs has owners."""

    def owns_counters(self, vcpu):
        return super().owns_counters(vcpu) and self.host.cpu == len(self.cpus) - 1


# ---- load


@wrong("swap.load", "PMCR_EL0 bits")
class LoadEOnly(Hypervisor):
    """PMCR_EL0.E with LC alone."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            keep = PMCR_EL0.E | PMCR_EL0.LC | PMCR_EL0.LP
            self.cpu.msr("PMCR_EL0", vcpu.regs["PMCR_EL0"] & keep)


@wrong("swap.load", "flags")
class LoadSetsFlags(Hypervisor):
    """Flags are written back too: they live in memory and would be folded twice."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMOVSSET_EL0", vcpu.regs["PMOVSSET_EL0"] & 1 << 30)
            vcpu.regs["PMOVSSET_EL0"] = 0


@wrong("swap.load", "the last counter")
class LoadAllButLast(Hypervisor):
    """`for i in range(n - 1)`: the last event counter keeps another guest's value."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        mask = self.guest_counter_mask(vcpu) & ~CYCLE_BIT
        last = counters(mask)[-1:]
        before = {idx: self.cpu.mrs(evcntr(idx)) for idx in last}
        super().pmu_load(vcpu)
        for idx, value in before.items():
            self.cpu.msr(evcntr(idx), value)


@wrong("swap.load", "dynamic")
class LoadLendsCountersOnly(Hypervisor):
    """A dynamic host gives up what the guest has enabled now."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.set_guest_counters(self.guest_counter_mask(vcpu) & vcpu.regs["PMCNTENSET_EL0"])


@wrong("swap.load", "HPMN 0")
class LoadSkipsEmpty(Hypervisor):
    """A guest without event counters is not loaded: it has the cycle counter."""

    def pmu_load(self, vcpu):
        if vcpu.vm.n_counters:
            super().pmu_load(vcpu)


# ---- put, fold


@wrong("swap.put", "PMCR_EL0 bits")
class PutWithoutDp(Hypervisor):
    """DP is not saved."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        vcpu.regs["PMCR_EL0"] &= ~PMCR_EL0.DP


@wrong("swap.put", "host")
class PutLeavesGuestsPmcr(Hypervisor):
    """PMCR_EL0 keeps what the guest had: the host's counters stand still with E = 0."""

    def pmu_put(self, vcpu):
        owned = self.owns_counters(vcpu)
        before = self.cpu.mrs("PMCR_EL0")
        super().pmu_put(vcpu)
        if owned:
            self.cpu.msr("PMCR_EL0", before & ~(PMCR_EL0.P | PMCR_EL0.C))


@wrong("swap.put", "other VM")
class PutSavesTypesOfHardware(Hypervisor):
    """Saves what the hardware counts as what the guest wrote."""

    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu) & 0x80000003):
                vcpu.regs[evtyper(idx)] = self.cpu.mrs(evtyper(idx))
        super().pmu_put(vcpu)


@wrong("swap.put", "several vCPUs")
class PutFoldsForLoaded(Hypervisor):
    """PMSELR_EL0 and the cycle counter are swapped: a cut and paste."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        if self.owns_counters(vcpu):
            vcpu.regs["PMSELR_EL0"] %= max(vcpu.vm.n_counters, 1)


@wrong("swap.fold", "counter 31")
class FoldWithoutCycles(Hypervisor):
    """`(1 << 31) - 1`: the cycle counter's flag stays behind."""

    def fold_overflow(self, vcpu):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu) & ~CYCLE_BIT
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("swap.fold", "flags")
class FoldToggles(Hypervisor):
    """XOR for OR: a flag that memory has already is lost."""

    def fold_overflow(self, vcpu):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        vcpu.regs["PMOVSSET_EL0"] ^= overflow
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("swap.fold", "FEAT_HPMN0 absent")
class FoldBelowHpmn(Hypervisor):
    """What is below HPMN and not enabled is not folded."""

    def fold_overflow(self, vcpu):
        on = self.cpu.mrs("PMCNTENSET_EL0")
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        vcpu.regs["PMOVSSET_EL0"] |= overflow & (on | CYCLE_BIT)
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("swap.load", "SEL")
class LoadSelectorOfCycles(Hypervisor):
    """A selector of 31 is taken for none and comes back as 0."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu) and vcpu.regs["PMSELR_EL0"] == CYCLE_IDX:
            self.cpu.msr("PMSELR_EL0", 0)


@wrong("swap.put", "LC")
class PutWritesEnableAlone(Hypervisor):
    """The host gets E back and loses LC."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", PMCR_EL0.E)


@wrong("swap.write_pair", "other CPU")
class PairClearsOnBootCpu(Hypervisor):
    """What is to be off is cleared on the boot CPU, where another guest may run."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpus[0].msr(clr_name, ~bits & mask)
