"""Wrong where more happens than one thing: lists that are full, moments, many ranges."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.events import CHAIN, CPU_CYCLES, SW_INCR
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, REGS
from pmulab.kvm.event_filter import ALLOW
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.vcpu import FREE, GUEST_OWNED, counter_of, counters, evcntr, evtyper
from pmulab.kvm.vgic import (
    vgic_order,
)
from pmulab.kvm.vgic_state import EDGE

HCR, VMCR = REGS["ICH_HCR_EL2"], REGS["ICH_VMCR_EL2"]


# ---- an interrupt that the guest has not configured yet


@wrong("irq.inject", "an interrupt that the guest has not configured yet")
class InjectIfKnown(Hypervisor):
    """A PPI that the guest has not configured yet does not hear of its line."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            vcpu.irq_level = level
            if vcpu.vm.irq_num in vcpu.vgic.irqs:
                self.vgic_inject(vcpu, vcpu.vm.irq_num, level)


@wrong("irq.inject", "an interrupt that the guest has not configured yet")
class InjectIfListNonEmpty(Hypervisor):
    """Where the vGIC has no interrupt of the guest at all, nobody listens."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            vcpu.irq_level = level
            if vcpu.vgic.irqs:
                self.vgic_inject(vcpu, vcpu.vm.irq_num, level)


# ---- a halted guest whose interrupt is not alone, or of its own kind


@wrong("irq.record", "a halted guest whose interrupt is not alone, or of its own kind")
class RecordKicksBySavedMask(Hypervisor):
    """Asks the saved priority mask; the guest's is in the hardware."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is None or not self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        overflow &= self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        irq = vcpu.vgic.irq(vcpu.vm.irq_num)
        if self.overflow_status(vcpu) and irq.priority < VMCR.get(vcpu.vgic.vmcr, "VPMR"):
            self.kick(vcpu)


@wrong("irq.record", "a halted guest whose interrupt is not alone, or of its own kind")
class RecordKicksForGroupOne(Hypervisor):
    """A PMU interrupt in group 0 wakes nobody."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu and vcpu.vgic.irq(vcpu.vm.irq_num).group == 0:
            vcpu.request = before


@wrong("irq.record", "a halted guest whose interrupt is not alone, or of its own kind")
class RecordKicksUrgent(Hypervisor):
    """An interrupt of low priority can wait for the next exit."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu and vcpu.vgic.irq(vcpu.vm.irq_num).priority > 0xA0:
            vcpu.request = before


@wrong("irq.record", "a halted guest whose interrupt is not alone, or of its own kind")
class RecordKicksIfListEmpty(Hypervisor):
    """While another interrupt is in the vGIC's list a kick is superfluous."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu and vcpu.vgic.ap_list:
            vcpu.request = before


@wrong("irq.wake", "a halted guest whose interrupt is not alone, or of its own kind")
class KickUrgent(Hypervisor):
    """Low priority does not wake."""

    def kick(self, vcpu):
        irq = vcpu.vgic.irqs.get(vcpu.vm.irq_num)
        if irq is None or irq.priority <= 0xA0:
            vcpu.request = True


@wrong("irq.wake", "a halted guest whose interrupt is not alone, or of its own kind")
class KickBySavedMask(Hypervisor):
    """The saved priority mask decides."""

    def kick(self, vcpu):
        irq = vcpu.vgic.irqs.get(vcpu.vm.irq_num)
        if irq is None or irq.priority < VMCR.get(vcpu.vgic.vmcr, "VPMR"):
            vcpu.request = True


@wrong("irq.wake", "a halted guest whose interrupt is not alone, or of its own kind")
class KickIfListEmpty(Hypervisor):
    """Something is listed already: it wakes."""

    def kick(self, vcpu):
        if not vcpu.vgic.ap_list:
            vcpu.request = True


@wrong("irq.record", "a halted guest whose interrupt is not alone, or of its own kind")
class RecordNoKickWhileOtherActive(Hypervisor):
    """While any interrupt is active nobody is kicked: one of a higher priority may preempt."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu and any(i.active for i in vcpu.vgic.irqs.values()):
            vcpu.request = before


@wrong("irq.wake", "a halted guest whose interrupt is not alone, or of its own kind")
class KickForGroupOne(Hypervisor):
    """A PMU interrupt in group 0 wakes nobody."""

    def kick(self, vcpu):
        irq = vcpu.vgic.irqs.get(vcpu.vm.irq_num)
        if irq is None or irq.group:
            vcpu.request = True


# ---- ICH_VMCR_EL2 and active priorities after a flush


@wrong("vgic.flush", "ICH_VMCR_EL2 and active priorities after a flush")
class FlushRestoresVmcrIfEmpty(Hypervisor):
    """Writes back the saved VMCR where nothing is pending."""

    def vgic_flush(self, vcpu):
        super().vgic_flush(vcpu)
        if not vcpu.vgic.ap_list:
            self.cpu.msr("ICH_VMCR_EL2", vcpu.vgic.vmcr)


@wrong("vgic.flush", "ICH_VMCR_EL2 and active priorities after a flush")
class FlushForgetsPriorities(Hypervisor):
    """The active priorities are cleared where nothing is active in the list."""

    def vgic_flush(self, vcpu):
        super().vgic_flush(vcpu)
        if not any(irq.active for irq in vcpu.vgic.irqs.values()):
            self.cpu.msr("ICH_AP1R0_EL2", 0)


# ---- two active interrupts beyond the list registers


@wrong("vgic.flush", "two active interrupts beyond the list registers")
class FlushActiveUnsorted(Hypervisor):
    """Active ones stay in the order of arrival: EOIcount ends the wrong one."""

    def vgic_flush(self, vcpu):
        vgic = vcpu.vgic
        n = self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = self.vgic_chosen(vcpu)
        if len(chosen) > n:
            vmcr = self.cpu.mrs("ICH_VMCR_EL2")

            def key(i):
                irq = vgic.irqs[i]
                a, b, c, p = vgic_order(irq, vmcr)
                return a, b, c, 0 if irq.active and c else p

            vgic.ap_list.sort(key=key)
            chosen = self.vgic_chosen(vcpu)
        for lr, irq in enumerate(chosen[:n]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n:]))


@wrong("vgic.flush", "two active interrupts beyond the list registers")
class FlushActivesReversed(Hypervisor):
    """Active ones least urgent first."""

    def vgic_flush(self, vcpu):
        vgic, n = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = self.vgic_chosen(vcpu)
        if len(chosen) > n:
            vmcr = self.cpu.mrs("ICH_VMCR_EL2")

            def key(i):
                irq = vgic.irqs[i]
                a, b, c, p = vgic_order(irq, vmcr)
                return a, b, c, -p if irq.active else p

            vgic.ap_list.sort(key=key)
            chosen = self.vgic_chosen(vcpu)
        for lr, irq in enumerate(chosen[:n]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n:]))


@wrong("vgic.flush", "two active interrupts beyond the list registers")
class FlushAsksForLast(Hypervisor):
    """Maintenance is for the last of those beyond."""

    def vgic_flush(self, vcpu):
        old = self.vgic_maintenance
        vars(self)["vgic_maintenance"] = lambda b: old(b[-2:])
        try:
            super().vgic_flush(vcpu)
        finally:
            vars(self).pop("vgic_maintenance", None)


@wrong("vgic.flush", "two active interrupts beyond the list registers")
class FlushChoosesWithoutSorting(Hypervisor):
    """Chooses the most urgent, and leaves those that are active in the order of arrival."""

    def vgic_flush(self, vcpu):
        vgic, n = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = self.vgic_chosen(vcpu)
        if len(chosen) > n:
            before = [i for i in vgic.ap_list if vgic.irqs[i].active]
            self.vgic_sort_ap_list(vcpu)
            chosen = self.vgic_chosen(vcpu)
            it = iter(before)
            vgic.ap_list = [next(it) if vgic.irqs[i].active else i for i in vgic.ap_list]
        for lr, irq in enumerate(chosen[:n]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n:]))


# ---- an edge that is queued and over


@wrong("vgic.target", "an edge that is queued and over")
class TargetQueued(Hypervisor):
    """What is queued belongs on the list."""

    def vgic_target(self, irq):
        return irq.active or (irq.enabled and (irq.pending or (irq.queued and irq.config == EDGE)))


@wrong("vgic.target", "an edge that is queued and over")
class TargetQueuedAll(Hypervisor):
    """What is queued belongs on the list."""

    def vgic_target(self, irq):
        return irq.active or (irq.enabled and (irq.pending or irq.queued))


# ---- flags that are read in the handler


@wrong("trap.flags", "flags that are read in the handler")
class ReadFlagsWhileActive(Hypervisor):
    """While its interrupt is active the guest reads what was recorded, not what came since."""

    def read_bitmap(self, vcpu, name):
        irq = vcpu.vgic.irqs.get(vcpu.vm.irq_num)
        if name == "PMOVSSET_EL0" and irq is not None and irq.active:
            return vcpu.regs[name] & self.virtual_counter_mask(vcpu)
        return super().read_bitmap(vcpu, name)


# ---- more than three ranges in a filter


def _lookup(f, event, default=None, ranges=None):
    if event in (SW_INCR, CHAIN):
        return True
    for s, e, a in reversed(f.ranges if ranges is None else ranges):
        if s <= event < e:
            return a == ALLOW
    return f.default if default is None else default


def _typed(vcpu, idx, allows):
    kind = vcpu.regs[evtyper(idx)]
    event = CPU_CYCLES if idx == CYCLE_IDX else kind & vcpu.vm.event_mask
    return kind & ~INCLUDE_EL2 | (0 if allows(vcpu.vm.event_filter, event) else EXCLUDE_ALL)


@wrong("filter.type", "more than three ranges in a filter")
class TypeThreeRanges(Hypervisor):
    """Three ranges are looked at."""

    def hardware_type(self, vcpu, idx):
        return _typed(vcpu, idx, lambda f, e: _lookup(f, e, ranges=f.ranges[-3:]))


@wrong("filter.type", "more than three ranges in a filter")
class TypeEightRanges(Hypervisor):
    """The first eight ranges are looked at."""

    def hardware_type(self, vcpu, idx):
        return _typed(vcpu, idx, lambda f, e: _lookup(f, e, ranges=f.ranges[:8]))


@wrong("filter.write", "more than three ranges in a filter")
class WriteThreeRanges(Hypervisor):
    """Three ranges."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value)
        idx = counter_of(name)
        if self.in_hardware(vcpu):
            self.cpu.msr(name, _typed(vcpu, idx, lambda f, e: _lookup(f, e, ranges=f.ranges[-3:])))


# ---- SW_INCR as a type of 0 after a change of the filter


@wrong("filter.ban", "SW_INCR as a type of 0 after a change of the filter")
class BanExcludesAllFirst(Hypervisor):
    """All types are set to count nowhere first; a zero type is left so."""

    def resync_event_filter(self, vcpu):
        if not self.in_hardware(vcpu):
            return super().resync_event_filter(vcpu)
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), EXCLUDE_ALL)
            if vcpu.regs[evtyper(idx)] or idx == CYCLE_IDX:
                self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


# ---- what is denied now and allowed later


@wrong("lazy.decide", "what is denied now and allowed later")
class DecideForAllowed(Hypervisor):
    """Who enables only denied counters stays FREE: enabled events may be allowed later."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if self.config.lazy and vcpu.access == GUEST_OWNED:
            on = vcpu.regs["PMCNTENSET_EL0"]

            def ok(i):
                e = CPU_CYCLES if i == CYCLE_IDX else vcpu.regs[evtyper(i)] & vcpu.vm.event_mask
                return vcpu.vm.event_filter.allows(e)

            if not any(on >> i & 1 and ok(i) for i in counters(vcpu.vm.counter_mask)):
                vcpu.access = FREE


# ---- PMCR_EL0 as it was read


@wrong("trap.control", "PMCR_EL0 as it was read")
class ControlIgnoresForeignN(Hypervisor):
    """A write with another N is refused."""

    def write_control(self, vcpu, value):
        n = PMCR_EL0.get(value, "N")
        if n not in (0, vcpu.vm.n_counters) and vcpu.vgic is not None and vcpu.vgic.used_lrs >= 0:
            return
        super().write_control(vcpu, value)


# ---- a moment while counters move


@wrong("dynamic.reserve", "a moment while counters move")
class ReserveReadsThenStops(Hypervisor):
    """Reads a counter, and stops it after that: what it counts in between is lost."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        waiting = any(e.idx is None for e in self.host.events)
        if self.host.used_mask & mask or (waiting and not mask):
            for e in self.host.events:
                if e.idx is None:
                    continue
                self.perf_update(e)
                bit = 1 << e.idx
                self.cpu.msr("PMCNTENCLR_EL0", bit)
                self.cpu.msr("PMINTENCLR_EL1", bit)
                if self.cpu.mrs("PMOVSSET_EL0") & bit:
                    self.cpu.msr("PMOVSCLR_EL0", bit)
                    self.perf_sample(e)
                e.idx = None
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


@wrong("dynamic.reserve", "a moment while counters move")
class ReserveSamplesThenStops(Hypervisor):
    """Takes flags before the counters stop: one that comes in between is nobody's."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        waiting = any(e.idx is None for e in self.host.events)
        if self.host.used_mask & mask or (waiting and not mask):
            for e in self.host.events:
                if e.idx is None:
                    continue
                bit = 1 << e.idx
                flag = self.cpu.mrs("PMOVSSET_EL0") & bit
                self.cpu.msr("PMOVSCLR_EL0", bit)
                self.cpu.msr("PMCNTENCLR_EL0", bit)
                self.cpu.msr("PMINTENCLR_EL1", bit)
                self.perf_update(e)
                if flag:
                    self.perf_sample(e)
                e.idx = None
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


@wrong("lazy.take", "a moment while counters move")
class TakeClearsFlags(Hypervisor):
    """Flags below HPMN are cleared before the host has moved: its samples are lost."""

    def take_ownership(self, vcpu):
        if vcpu.access == FREE and self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu):
            self.cpu.msr("PMOVSCLR_EL0", self.guest_counter_mask(vcpu))
        super().take_ownership(vcpu)


# ---- a moment with a second flag


@wrong("irq.split", "a moment with a second flag")
class SplitClearsWhatIsThere(Hypervisor):
    """Clears flags read afresh: one that came since is lost."""

    def handle_host_irq(self):
        raised = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not raised:
            return False
        own = raised & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", self.cpu.mrs("PMOVSSET_EL0") & self.host_counter_mask())
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if raised & ~own:
            self.handle_guest_irq(raised & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "a moment with a second flag")
class SplitClearsLast(Hypervisor):
    """The flags are cleared when all is handled and the driver runs again."""

    def handle_host_irq(self):
        raised = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not raised:
            return False
        own = raised & self.host_counter_mask()
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if raised & ~own:
            self.handle_guest_irq(raised & ~own)
        self.driver_start()
        self.cpu.msr("PMOVSCLR_EL0", own)
        return True


@wrong("swap.fold", "a moment with a second flag")
class FoldClearsAllMine(Hypervisor):
    """Clears all of its flags whatever was read."""

    def fold_overflow(self, vcpu):
        mask = self.guest_counter_mask(vcpu)
        found = self.cpu.mrs("PMOVSSET_EL0") & mask
        if found:
            vcpu.regs["PMOVSSET_EL0"] |= found
            self.cpu.msr("PMOVSCLR_EL0", mask)


@wrong("irq.split", "a moment with a second flag")
class SplitReadsGuestAfresh(Hypervisor):
    """The guest gets the flags that there are at the end, the host's among them."""

    def handle_host_irq(self):
        raised = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not raised:
            return False
        own = raised & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for i in counters(own):
            self.perf_overflow(i)
        guest = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if guest:
            self.handle_guest_irq(guest)
        self.driver_start()
        return True


@wrong("irq.split", "a moment with a second flag")
class SplitStopsAfterClear(Hypervisor):
    """The driver goes on beside the guest's share, then the host's flags are cleared again."""

    def handle_host_irq(self):
        raised = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not raised:
            return False
        own = raised & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        self.driver_start()
        if raised & ~own:
            self.handle_guest_irq(raised & ~own)
            self.cpu.msr("PMOVSCLR_EL0", own)
        return True


# ---- a moment while an event waits


@wrong("swap.put", "a moment while an event waits")
class PutReadsCounterFlagsLate(Hypervisor):
    """Gives counters back before the flags are folded."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.pmu_stop(vcpu)
        for idx in counters(mask):
            regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
        regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
        regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
        cpu.msr("PMCR_EL0", self.host.pmcr)
        self.set_guest_counters(0)
        for idx in counters(cpu.mrs("PMOVSSET_EL0") & mask):
            regs["PMOVSSET_EL0"] |= 1 << idx
            cpu.msr("PMOVSCLR_EL0", 1 << idx)


# ---- an SGI that is active and pending again


@wrong("vgic.flush", "an SGI that is active and pending again")
class FlushCountsSgiAgain(Hypervisor):
    """An SGI that is active and pending again is taken for one that waits."""

    def vgic_flush(self, vcpu):
        vgic, n = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = self.vgic_chosen(vcpu)
        if len(chosen) > n:
            vmcr = self.cpu.mrs("ICH_VMCR_EL2")

            def key(i):
                irq = vgic.irqs[i]
                a, b, c, p = vgic_order(irq, vmcr)
                return a, b, c and not (irq.intid < 16 and irq.pending and irq.enabled), p

            vgic.ap_list.sort(key=key)
            chosen = self.vgic_chosen(vcpu)
        for lr, irq in enumerate(chosen[:n]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n:]))


# ---- a sampling period longer than half a counter


@wrong("irq.split", "a sampling period longer than half a counter")
class SplitForgetsLongPeriod(Hypervisor):
    """An overflow that ends no period arms the whole period anew."""

    def handle_host_irq(self):
        raised = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not raised:
            return False
        own = raised & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            for e in self.host.events:
                if e.idx == idx and e.vcpu is None and e.period:
                    self.perf_update(e)
                    if e.left > 0:
                        e.left = e.period
            self.perf_overflow(idx)
        if raised & ~own:
            self.handle_guest_irq(raised & ~own)
        self.driver_start()
        return True


# ---- the host's cycle counter has counted more than 32 bits


@wrong("dynamic.reserve", "the host's cycle counter has counted more than 32 bits")
class ReserveCounts32(Hypervisor):
    """What an event has counted is reckoned in 32 bits, on the cycle counter too."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        waiting = any(e.idx is None for e in self.host.events)
        if self.host.used_mask & mask or (waiting and not mask):
            for e in self.host.events:
                if e.idx == CYCLE_IDX:
                    raw = self.cpu.mrs("PMCCNTR_EL0")
                    delta = raw - e.raw & 0xFFFFFFFF
                    e.raw = raw - delta & (1 << 64) - 1
                self.perf_stop(e)
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


# ---- an emulated guest with more counters than the host has left


@wrong("trap.flags", "an emulated guest with more counters than the host has left")
class ReadEmulatedMask(Hypervisor):
    """An emulated guest reads enables of counters behind which an event runs."""

    def read_bitmap(self, vcpu, name):
        v = super().read_bitmap(vcpu, name)
        if not self.is_partitioned(vcpu) and name == "PMCNTENSET_EL0" and vcpu.regs["PMCR_EL0"] & 1:
            for i in counters(v):
                e = self.perf_event_of(vcpu, i)
                if e is not None and e.idx is None:
                    v &= ~(1 << i)
        return v
