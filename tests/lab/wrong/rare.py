"""Wrong where a machine is as few are: a PMU on several named CPUs, an SPI, 9 list registers."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, REGS
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import CYCLE_BIT, GUEST_OWNED, counters, evcntr, evtyper
from pmulab.kvm.vgic import vgic_order

HCR = REGS["ICH_HCR_EL2"]

# ---- a PMU that is on several named CPUs


@wrong("partition.guest_mask", "several named CPUs")
class MaskOnTheFirstNamed(Hypervisor):
    """Of the CPUs that are named the first alone counts."""

    def guest_counter_mask(self, vcpu):
        named = vcpu.supported_cpus
        if named is not None and self.host.cpu != min(named):
            return 0
        return super().guest_counter_mask(vcpu)


@wrong("swap.guard", "several named CPUs")
class OwnsOnTheOneNamed(Hypervisor):
    """A set of CPUs is taken for one CPU."""

    def owns_counters(self, vcpu):
        suits = vcpu.supported_cpus in (None, {self.host.cpu})
        return suits and super().owns_counters(vcpu)


@wrong("lazy.take", "several named CPUs")
class TakeOnTheOneNamed(Hypervisor):
    """A set of CPUs is taken for one CPU."""

    def take_ownership(self, vcpu):
        if vcpu.supported_cpus in (None, {self.host.cpu}):
            super().take_ownership(vcpu)


@wrong("lazy.take", "two vCPUs of a VM on two CPUs")
class TakeOneOfEachVm(Hypervisor):
    """One owner of a VM is enough: its other vCPU stays FREE on another CPU."""

    def take_ownership(self, vcpu):
        others = (host.loaded for host in self.hosts)
        if any(o and o.vm is vcpu.vm and o.access == GUEST_OWNED for o in others):
            return
        super().take_ownership(vcpu)


@wrong("lazy.decide", "dynamic, an interrupt enabled and nothing that counts")
class DecideForInterrupts(Hypervisor):
    """Who has an interrupt enabled owns counters too: a dynamic host does without them."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if vcpu.regs["PMINTENSET_EL1"] and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED


# ---- bits of PMCCFILTR_EL0 that are no event, and types that are taken for unchanged


@wrong("filter.type", "RES0 bits of PMCCFILTR_EL0")
class TypeOrsCycles(Hypervisor):
    """What a guest leaves in PMCCFILTR_EL0 makes another event of CPU_CYCLES."""

    def hardware_type(self, vcpu, idx):
        kind = vcpu.regs[evtyper(idx)]
        event = kind & vcpu.vm.event_mask | (CPU_CYCLES if idx == CYCLE_IDX else 0)
        return kind & ~INCLUDE_EL2 | (0 if vcpu.vm.event_filter.allows(event) else EXCLUDE_ALL)


@wrong("filter.load", "RES0 bits of PMCCFILTR_EL0")
class LoadsWhatCyclesHave(Hypervisor):
    """The cycle counter counts CPU_CYCLES only where no other bit is set."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            kind = vcpu.regs[evtyper(idx)] & ~INCLUDE_EL2
            event = kind & vcpu.vm.event_mask or (CPU_CYCLES if idx == CYCLE_IDX else 0)
            denied = 0 if vcpu.vm.event_filter.allows(event) else EXCLUDE_ALL
            self.cpu.msr(evtyper(idx), kind | denied)


@wrong("filter.load", "a type of the host's that differs in NSH alone")
class LoadKeepsNsh(Hypervisor):
    """What differs in NSH alone is taken for unchanged."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            kind = self.hardware_type(vcpu, idx)
            if self.cpu.mrs(evtyper(idx)) & ~INCLUDE_EL2 != kind:
                self.cpu.msr(evtyper(idx), kind)


@wrong("filter.load", "a type of the host's that is excluded too")
class LoadLeavesExcluded(Hypervisor):
    """What excludes EL1 and EL0 already counts at EL2, perhaps."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            kind = self.hardware_type(vcpu, idx)
            if self.cpu.mrs(evtyper(idx)) & kind & EXCLUDE_ALL != EXCLUDE_ALL:
                self.cpu.msr(evtyper(idx), kind)


@wrong("filter.write", "counter 30")
class WriteCountersBelowThirty(Hypervisor):
    """The number of a counter is looked for in 0 to 29, and 30 is taken for the cycle counter."""

    def write_type(self, vcpu, name, value):
        digits = name.removeprefix("PMEVTYPER").removesuffix("_EL0")
        idx = int(digits) if digits in map(str, range(30)) else CYCLE_IDX
        if not self.is_partitioned(vcpu):
            self.emulated_release(vcpu, 1 << idx)
        vcpu.regs[name] = value
        if self.in_hardware(vcpu):
            self.cpu.msr(name, self.hardware_type(vcpu, idx))
        elif not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)


@wrong("filter.write", "an emulated counter 20")
class WriteReleasesSixteen(Hypervisor):
    """An emulated counter from 16 on keeps what it counted before."""

    def write_type(self, vcpu, name, value):
        if self.is_partitioned(vcpu):
            return super().write_type(vcpu, name, value)
        idx = next(n for n in range(32) if evtyper(n) == name)
        self.emulated_release(vcpu, 1 << idx & 0x8000FFFF)
        vcpu.regs[name] = value
        self.emulated_resync(vcpu)


@wrong("trap.control", "an odd emulated counter")
class ControlWidensEven(Hypervisor):
    """Where LP changes, the events behind odd counters keep the old width."""

    def write_control(self, vcpu, value):
        if self.is_partitioned(vcpu):
            return super().write_control(vcpu, value)
        old = vcpu.regs["PMCR_EL0"]
        asked = CYCLE_BIT if (value | old ^ value) & PMCR_EL0.LC else 0
        if (value & PMCR_EL0.P) or (old ^ value) & PMCR_EL0.LP:
            asked |= (1 << vcpu.vm.n_counters) - 1 if value & PMCR_EL0.P else 0x55555555
        self.emulated_release(vcpu, asked | (CYCLE_BIT if value & PMCR_EL0.C else 0))
        for idx in counters(self.virtual_counter_mask(vcpu)):
            if value & (PMCR_EL0.C if idx == CYCLE_IDX else PMCR_EL0.P):
                vcpu.regs[evcntr(idx)] = 0
        vcpu.regs["PMCR_EL0"] = value & PMCR_EL0.writable & ~RESETS
        self.emulated_resync(vcpu)


# ---- an SPI, and what software has asked for


@wrong("irq.inject", "an SPI")
class InjectFiveBits(Hypervisor):
    """The number of the interrupt has five bits, as a PPI's."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            vcpu.irq_level = level
            self.vgic_inject(vcpu, vcpu.vm.irq_num & 31, level)


@wrong("irq.inject", "a pending latch")
class InjectUnlessLatched(Hypervisor):
    """What software has made pending is not told of the line."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            vcpu.irq_level = level
            if not (level and vcpu.vgic.irq(vcpu.vm.irq_num).pending_latch):
                self.vgic_inject(vcpu, vcpu.vm.irq_num, level)


@wrong("irq.record", "an SPI")
class RecordKicksForPpis(Hypervisor):
    """An SPI is thought to wake whom it is for."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu and vcpu.vm.irq_num > 31:
            vcpu.request = before


# ---- list registers


def _flush(self, vcpu, n, order, asked):
    """Flush as the library does, with so many list registers, in an order, asking for something."""
    vgic = vcpu.vgic
    if not vgic.ap_list and not vgic.used_lrs:
        return
    chosen = self.vgic_chosen(vcpu)
    if len(chosen) > n:
        vgic.ap_list.sort(key=lambda intid: order(vgic.irqs[intid]))
        chosen = self.vgic_chosen(vcpu)
    for lr, irq in enumerate(chosen[:n]):
        self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
    for lr in range(min(len(chosen), n), vgic.used_lrs):
        self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
    vgic.used_lrs = min(len(chosen), n)
    self.cpu.msr("ICH_HCR_EL2", HCR.En | asked(chosen[n:]))


def _order(self):
    enables = self.cpu.mrs("ICH_VMCR_EL2")
    return lambda irq: vgic_order(irq, enables)


@wrong("vgic.flush", "6 list registers")
class FlushPowerOfTwo(Hypervisor):
    """The number of list registers is rounded down to a power of two."""

    def vgic_flush(self, vcpu):
        n = 1 << self.host.list_registers.bit_length() - 1
        _flush(self, vcpu, n, _order(self), self.vgic_maintenance)


@wrong("vgic.flush", "9 list registers")
class FlushThreeBits(Hypervisor):
    """The number of list registers has three bits."""

    def vgic_flush(self, vcpu):
        n = self.host.list_registers & 7 or self.host.list_registers
        _flush(self, vcpu, n, _order(self), self.vgic_maintenance)


@wrong("vgic.flush", "groups that were switched since the load")
class FlushBySavedEnables(Hypervisor):
    """The order is that of the group enables that were saved."""

    def vgic_flush(self, vcpu):
        n, saved = self.host.list_registers, vcpu.vgic.vmcr
        _flush(self, vcpu, n, lambda irq: vgic_order(irq, saved), self.vgic_maintenance)


@wrong("vgic.flush", "priorities that differ in the last bit")
class FlushSixteenPriorities(Hypervisor):
    """Priorities are compared by their upper four bits."""

    def vgic_flush(self, vcpu):
        def order(irq):
            *first, priority = _order(self)(irq)
            return *first, priority >> 4

        _flush(self, vcpu, self.host.list_registers, order, self.vgic_maintenance)


@wrong("vgic.flush", "one beyond that is taken and due again")
class FlushCallsForActive(Hypervisor):
    """NPIE is asked for one that is active and due again: it is called for ever."""

    def vgic_flush(self, vcpu):
        def asked(beyond):
            pending = any(irq.pending for irq in beyond) * HCR.NPIE
            return self.vgic_maintenance(beyond) | pending

        _flush(self, vcpu, self.host.list_registers, _order(self), asked)


# ---- what is the host's


@wrong("swap.put", "dynamic, an event that comes later")
class PutGivesBackIfAsked(Hypervisor):
    """Counters are given back only where an event waits: one that comes later waits for ever."""

    def pmu_put(self, vcpu):
        mask, owned = self.host.cntr_mask, self.owns_counters(vcpu)
        super().pmu_put(vcpu)
        if owned and self.config.dynamic and not self.host.events:
            self.host.cntr_mask = mask


@wrong("swap.load", "dynamic, a guest that has fewer than are lent")
class LoadTakesAllThatIsLent(Hypervisor):
    """The host loses what no guest has: between the guest's counters and those it keeps."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            lent = max(self.host.max_guest_counters, self.host.least_hpmn)
            self.set_guest_counters(CYCLE_BIT | (1 << lent) - 1)


@wrong("partition.host_mask", "no partition")
class HostMaskStaticLacksCycles(Hypervisor):
    """A static host never has the cycle counter, though nobody may have it."""

    def host_counter_mask(self):
        mask = super().host_counter_mask()
        return mask if self.config.dynamic else mask & ~CYCLE_BIT


@wrong("filter.ban", "no partition")
class BanWhereAskedFor(Hypervisor):
    """What a VM asks for is taken for what the CPU has: its emulated counters go on."""

    def resync_event_filter(self, vcpu):
        if self.is_partitioned(vcpu) or not vcpu.vm.partitioned:
            super().resync_event_filter(vcpu)


@wrong("lazy.decide", "no partition")
class DecideAsAskedFor(Hypervisor):
    """What a VM asks for is taken for what the CPU has."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        wanted = not self.config.lazy or vcpu.regs["PMCNTENSET_EL0"]
        if vcpu.vm.partitioned and wanted:
            vcpu.access = GUEST_OWNED


def _split(self, stops):
    """Handle as the library does; `stops` tells for which of the host's flags the driver stops."""
    raised = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
    if not raised:
        return False
    own = raised & self.host_counter_mask()
    self.cpu.msr("PMOVSCLR_EL0", own)
    if stops(own):
        self.driver_stop()
    for idx in counters(own):
        self.perf_overflow(idx)
    if raised & ~own:
        self.handle_guest_irq(raised & ~own)
    if stops(own):
        self.driver_start()
    return True


@wrong("irq.split", "a moment, and the cycle counter alone")
class SplitGoesOnForCycles(Hypervisor):
    """The driver goes on while the cycle counter's overflow is handled."""

    def handle_host_irq(self):
        return _split(self, lambda own: own & ~CYCLE_BIT)


@wrong("irq.split", "a moment, and events that are only counted")
class SplitStopsForSamples(Hypervisor):
    """The driver goes on where nothing is sampled."""

    def handle_host_irq(self):
        return _split(self, lambda own: any(event.period for event in self.host.events))
