"""More wrong loads: of values, of types, and for who was here last."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.events import CHAIN
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.filter import EVENT, EXCLUDE_ALL
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import counters, evcntr, evtyper

U = PMEVTYPER0_EL0.U


# ---- swap.load


@wrong("swap.load", "PMCR_EL0.C")
class LoadReplaysC(Hypervisor):
    """P is masked out, C is not."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", vcpu.regs["PMCR_EL0"] & ~PMCR_EL0.P)


@wrong("swap.load", "PMCR_EL0.D")
class LoadWithoutD(Hypervisor):
    """D is not restored."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", vcpu.regs["PMCR_EL0"] & ~RESETS & ~PMCR_EL0.D)


@wrong("swap.load", "the host's flags")
class LoadClearsEveryFlag(Hypervisor):
    """Clears every flag of the PE."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", 0xFFFFFFFF)


@wrong("swap.load", "no HPMN0, dynamic")
class LoadLendsMaskAlone(Hypervisor):
    """The counter below HPMN that no guest has is not taken from the host."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.set_guest_counters(mask)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.apply_event_filter(vcpu)
        for idx in counters(mask):
            cpu.msr(evcntr(idx), regs[evcntr(idx)])
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        cpu.msr("PMOVSCLR_EL0", mask)
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)
        self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)


@wrong("swap.load", "hidden state")
class LoadUnlessLast(Hypervisor):
    """Values of who was here last are taken to be there; a VMM may have set others."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.apply_event_filter(vcpu)
        if getattr(self.host, "last", "") != vcpu.name:
            for idx in counters(mask):
                cpu.msr(evcntr(idx), regs[evcntr(idx)])
        self.host.last = vcpu.name
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        cpu.msr("PMOVSCLR_EL0", mask)
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)
        self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)


@wrong("swap.load", "hidden state, static")
class LoadUnlessLastStatic(Hypervisor):
    """As a lazy FPU: on a static host the values of who was here last, and nowhere since, stay."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.apply_event_filter(vcpu)
        last = getattr(self.host, "last", ""), getattr(vcpu, "last", -1)
        if last != (vcpu.name, self.host.cpu) or self.config.dynamic:
            for idx in counters(mask):
                cpu.msr(evcntr(idx), regs[evcntr(idx)])
        self.host.last, vcpu.last = vcpu.name, self.host.cpu
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        cpu.msr("PMOVSCLR_EL0", mask)
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)
        self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)


@wrong("swap.load", "PMCR_EL0.E")
class LoadInterruptsWhenOn(Hypervisor):
    """Interrupts are enabled only with E set; the guest may set E later, without a trap."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu) and not vcpu.regs["PMCR_EL0"] & PMCR_EL0.E:
            self.cpu.msr("PMINTENCLR_EL1", self.guest_counter_mask(vcpu))


@wrong("swap.load", "counter numbers")
class LoadValuesWithoutFifteen(Hypervisor):
    """Counter 15 keeps what another guest has left."""

    def pmu_load(self, vcpu):
        old = self.cpu.mrs("PMEVCNTR15_EL0") if self.host.n_counters > 15 else 0
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu) and vcpu.vm.n_counters > 15:
            self.cpu.msr("PMEVCNTR15_EL0", old)


@wrong("swap.load", "order")
class LoadKeepsGuestsPmcr(Hypervisor):
    """The host's PMCR_EL0 is kept after the guest's is written."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu) and not vcpu.regs["PMCR_EL0"] & PMCR_EL0.E:
            self.host.pmcr = self.cpu.mrs("PMCR_EL0") | PMCR_EL0.E


@wrong("swap.load", "no p5")
class LoadLpWantsP5(Hypervisor):
    """LP is RES0 without FEAT_PMUv3p5."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu) and "FEAT_PMUv3p5" not in self.host.features:
            self.cpu.msr("PMCR_EL0", vcpu.regs["PMCR_EL0"] & ~RESETS & ~PMCR_EL0.LP)


@wrong("swap.load", "enabled counters")
class LoadEnabledValues(Hypervisor):
    """Values of counters that are off are not loaded."""

    def pmu_load(self, vcpu):
        mask = self.guest_counter_mask(vcpu)
        before = {i: self.cpu.mrs(evcntr(i)) for i in counters(mask & ~vcpu.regs["PMCNTENSET_EL0"])}
        super().pmu_load(vcpu)
        for i, value in before.items() if self.owns_counters(vcpu) else ():
            self.cpu.msr(evcntr(i), value)


@wrong("swap.load", "hidden state")
class LoadTypesOnce(Hypervisor):
    """Types of a vCPU are loaded once for each CPU."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        seen = getattr(self.host, "seen", ())
        old = {i: self.cpu.mrs(evtyper(i)) for i in counters(self.guest_counter_mask(vcpu))}
        super().pmu_load(vcpu)
        for i, value in old.items() if vcpu.name in seen else ():
            self.cpu.msr(evtyper(i), value)
        self.host.seen = (*seen, vcpu.name)


# ---- filter.load


@wrong("filter.load", "CHAIN")
class ApplySkipsChain(Hypervisor):
    """CHAIN and SW_INCR are never filtered, so their types are not written."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            if idx == CYCLE_IDX or vcpu.regs[evtyper(idx)] & EVENT != CHAIN:
                self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.load", "counter numbers")
class ApplyWithoutSeven(Hypervisor):
    """Counter 7 has the type of before."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu) & ~0x80):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.load", "memory")
class ApplyKeepsInMemory(Hypervisor):
    """What the hardware gets is kept in memory, too."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            vcpu.regs[evtyper(idx)] = self.hardware_type(vcpu, idx)
            self.cpu.msr(evtyper(idx), vcpu.regs[evtyper(idx)])


@wrong("filter.load", "hidden state")
class ApplyUnlessSame(Hypervisor):
    """Nothing where the same vCPU with as many ranges was here last."""

    def apply_event_filter(self, vcpu):
        key = (vcpu.name, len(vcpu.vm.event_filter.ranges))
        if getattr(self.host, "filtered", None) != key:
            super().apply_event_filter(vcpu)
        self.host.filtered = key


@wrong("filter.load", "hidden state, the saved types")
class ApplyUnlessSameRanges(Hypervisor):
    """Nothing where the same vCPU with the same ranges was here last, and the host is static."""

    def apply_event_filter(self, vcpu):
        key = (vcpu.name, tuple(vcpu.vm.event_filter.ranges))
        if getattr(self.host, "filtered", None) != key or self.config.dynamic:
            super().apply_event_filter(vcpu)
        self.host.filtered = key


@wrong("filter.load", "EL0")
class ApplyCyclesEverywhere(Hypervisor):
    """PMCCFILTR_EL0 without U: the cycle counter counts EL0 whatever the guest wants."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            value = self.hardware_type(vcpu, idx)
            if idx == CYCLE_IDX and value & EXCLUDE_ALL == U:
                value &= ~U
            self.cpu.msr(evtyper(idx), value)


@wrong("filter.load", "no filter")
class ApplyRawWithoutRanges(Hypervisor):
    """A VM without ranges has nothing to filter: the saved types go in, with NSH."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            value = self.hardware_type(vcpu, idx)
            if not vcpu.vm.event_filter.ranges:
                value = vcpu.regs[evtyper(idx)]
            self.cpu.msr(evtyper(idx), value)
