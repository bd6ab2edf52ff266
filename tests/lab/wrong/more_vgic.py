"""More wrong list registers: SGI 0 and 15, SPIs, 16 registers, one beyond."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.kvm.vgic import ACTIVE_BIT, EOI_BIT, HCR, INTID, PENDING_BIT, PRIORITY_SHIFT, vgic_order

# ---- vgic.populate


@wrong("vgic.populate", "priority bits")
class PopulateWithoutBit4(Hypervisor):
    """Bit 4 of the priority is lost."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) & ~(0x10 << PRIORITY_SHIFT)


@wrong("vgic.populate", "INTID bits")
class PopulateWithoutBit5(Hypervisor):
    """Bit 5 of an INTID from 64 on is lost."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) & (~0x20 if irq.intid >= 64 else -1)


@wrong("vgic.populate", "soft latch of high INTIDs")
class PopulateEatsSpiLatch(Hypervisor):
    """The latch of an SPI is consumed as an edge's."""

    def vgic_populate(self, irq):
        value = super().vgic_populate(irq)
        if irq.intid >= 32:
            irq.pending_latch = False
        return value


@wrong("vgic.populate", "SPIs")
class PopulateNoEndOfSpis(Hypervisor):
    """An SPI asks for no maintenance at its end."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) & (~EOI_BIT if irq.intid >= 32 else -1)


@wrong("vgic.populate", "SGI 0")
class PopulateSgiZero(Hypervisor):
    """SGI 0 is taken for none: an empty list register."""

    def vgic_populate(self, irq):
        value = super().vgic_populate(irq)
        return value if irq.intid else 0


@wrong("vgic.populate", "SGI 15")
class PopulateKeepsFifteen(Hypervisor):
    """SGI 15 keeps its latch."""

    def vgic_populate(self, irq):
        latch = irq.pending_latch
        value = super().vgic_populate(irq)
        if irq.intid == 15:
            irq.pending_latch = latch
        return value


# ---- vgic.fold


@wrong("vgic.fold", "soft latch of SPIs")
class FoldSoftPpisOnly(Hypervisor):
    """The soft latch of an SPI is never cleared."""

    def vgic_fold(self, vcpu, value):
        latch = vcpu.vgic.irqs[value & INTID].pending_latch
        intid = super().vgic_fold(vcpu, value)
        if intid >= 32:
            vcpu.vgic.irqs[intid].pending_latch = latch
        return intid


@wrong("vgic.fold", "the PMU's line")
class FoldEndsPmuLine(Hypervisor):
    """The PMU's line falls when its interrupt ends."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        if intid == vcpu.vm.irq_num and not value & (PENDING_BIT | ACTIVE_BIT):
            vcpu.vgic.irqs[intid].line_level = False
        return intid


@wrong("vgic.fold", "SGI 15")
class FoldFifteen(Hypervisor):
    """SGI 15 is not latched again."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        if intid == 15:
            vcpu.vgic.irqs[intid].pending_latch = False
        return intid


@wrong("vgic.fold", "active bit of high INTIDs")
class FoldForgetsActivePpis(Hypervisor):
    """A PPI other than the PMU's loses its active state while it is pending too."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        irq = vcpu.vgic.irqs[intid]
        if irq.line_level and 16 <= intid < 32 and intid not in (30, 23):
            irq.active = False
        return intid


@wrong("vgic.fold", "answer")
class FoldReturnsFiveBits(Hypervisor):
    """Returns five bits of the INTID: who replays ends does so twice."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        return intid & 0x1F


@wrong("vgic.fold", "group 0")
class FoldGroup0(Hypervisor):
    """What is in group 0 at priority 0 is not taken back."""

    def vgic_fold(self, vcpu, value):
        irq = vcpu.vgic.irqs[value & INTID]
        if irq.group == 0 and irq.priority < 0x40:
            return irq.intid
        return super().vgic_fold(vcpu, value)


@wrong("vgic.fold", "hidden: priority")
class FoldResetsPriority(Hypervisor):
    """An interrupt that has ended has priority 0xa0 again, if it is an SPI."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        if intid >= 32 and not value & (PENDING_BIT | ACTIVE_BIT):
            vcpu.vgic.irqs[intid].priority = 0xA0
        return intid


# ---- vgic.target


@wrong("vgic.target", "SGI 0")
class TargetNotZero(Hypervisor):
    """SGI 0 is false."""

    def vgic_target(self, irq):
        return bool(irq.intid and (irq.active or (irq.enabled and irq.pending)))


@wrong("vgic.target", "INTIDs")
class TargetBelow1000(Hypervisor):
    """INTIDs from 1000 on are special."""

    def vgic_target(self, irq):
        return irq.intid < 1000 and super().vgic_target(irq)


@wrong("vgic.target", "priority")
class TargetNotIdle(Hypervisor):
    """Priority 0xf8 is idle, which waits for nothing."""

    def vgic_target(self, irq):
        return irq.active or (irq.priority < 0xF8 and super().vgic_target(irq))


@wrong("vgic.target", "priority")
class TargetNotUrgent(Hypervisor):
    """Priority 0 is taken for not configured."""

    def vgic_target(self, irq):
        return irq.active or (bool(irq.priority) and super().vgic_target(irq))


@wrong("vgic.target", "SPIs")
class TargetSpisByLine(Hypervisor):
    """An SPI is pending by its line alone."""

    def vgic_target(self, irq):
        if irq.intid > 31:
            return irq.active or (irq.enabled and irq.line_level)
        return super().vgic_target(irq)


@wrong("vgic.target", "enabled and active")
class TargetDisabledSpi(Hypervisor):
    """An active SPI that was disabled is gone."""

    def vgic_target(self, irq):
        return super().vgic_target(irq) and (irq.enabled or irq.intid < 32)


@wrong("vgic.target", "last PPI")
class TargetWithoutThirtyOne(Hypervisor):
    """range(31)."""

    def vgic_target(self, irq):
        return irq.intid != 31 and super().vgic_target(irq)


@wrong("vgic.target", "the PMU")
class TargetPmuAlways(Hypervisor):
    """The PMU's interrupt is due when its line is high, enabled or not."""

    def vgic_target(self, irq):
        return super().vgic_target(irq) or (irq.intid == 23 and irq.line_level)


@wrong("vgic.target", "mutates")
class TargetDropsLatch(Hypervisor):
    """A disabled interrupt's latch is dropped."""

    def vgic_target(self, irq):
        if not irq.enabled and not irq.active and irq.intid < 16:
            irq.pending_latch = False
        return super().vgic_target(irq)


# ---- vgic.flush


@wrong("vgic.flush", "16 list registers")
class FlushClearsFifteen(Hypervisor):
    """range(15): the last of 16 list registers keeps what it had."""

    def vgic_flush(self, vcpu):
        before = vcpu.vgic.used_lrs
        stale = self.cpu.mrs("ICH_LR15_EL2") if before == 16 else 0
        super().vgic_flush(vcpu)
        if before == 16 and vcpu.vgic.used_lrs < 16:
            self.cpu.msr("ICH_LR15_EL2", stale)


@wrong("vgic.flush", "16 list registers")
class FlushDropsSixteenth(Hypervisor):
    """15 are filled, and those beyond 16 are asked for: one is nowhere."""

    def vgic_flush(self, vcpu):
        super().vgic_flush(vcpu)
        if vcpu.vgic.used_lrs == 16:
            self.cpu.msr("ICH_LR15_EL2", 0)
            vcpu.vgic.used_lrs = 15


@wrong("vgic.flush", "the first beyond")
class FlushAsksForOne(Hypervisor):
    """Maintenance is for the first of those beyond, whatever the others wait for."""

    def vgic_flush(self, vcpu):
        super().vgic_flush(vcpu)
        chosen = self.vgic_chosen(vcpu)
        n = self.host.list_registers
        if len(chosen) > n:
            self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n : n + 1]))


@wrong("vgic.flush", "hidden state")
class FlushIfChanged(Hypervisor):
    """The same list as at the last entry is not written again."""

    def vgic_flush(self, vcpu):
        key = tuple(vcpu.vgic.ap_list)
        if vcpu.vgic.used_lrs and getattr(vcpu.vgic, "last", None) == key:
            return
        super().vgic_flush(vcpu)
        vcpu.vgic.last = tuple(vcpu.vgic.ap_list)


@wrong("vgic.flush", "maintenance that is over")
class FlushLeavesAsking(Hypervisor):
    """ICH_HCR_EL2 is written where somebody is left; what was asked for before stays."""

    def vgic_flush(self, vcpu):
        before = self.cpu.mrs("ICH_HCR_EL2")
        super().vgic_flush(vcpu)
        if len(self.vgic_chosen(vcpu)) <= self.host.list_registers:
            self.cpu.msr("ICH_HCR_EL2", HCR.put(before, EOIcount=0))


@wrong("vgic.flush", "an empty list")
class FlushReturnsEarly(Hypervisor):
    """An empty list needs nothing, whatever the registers hold."""

    def vgic_flush(self, vcpu):
        if vcpu.vgic.ap_list:
            super().vgic_flush(vcpu)


@wrong("vgic.flush", "priority alone")
class FlushByPriority(Hypervisor):
    """Where not all fit the list is sorted by priority alone."""

    def vgic_flush(self, vcpu):
        vgic, n = vcpu.vgic, self.host.list_registers
        if len(self.vgic_chosen(vcpu)) > max(n, 4):
            vgic.ap_list.sort(key=lambda i: vgic.irqs[i].priority)
            chosen = self.vgic_chosen(vcpu)
            for lr, irq in enumerate(chosen[:n]):
                self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
            vgic.used_lrs = n
            self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n:]))
        else:
            super().vgic_flush(vcpu)


@wrong("vgic.flush", "group enables")
class FlushSortsByBothGroups(Hypervisor):
    """Sorted as if both groups were on."""

    def vgic_flush(self, vcpu):
        vgic, n = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = self.vgic_chosen(vcpu)
        if len(chosen) > n:
            vgic.ap_list.sort(key=lambda intid: vgic_order(vgic.irqs[intid]))
            chosen = self.vgic_chosen(vcpu)
        for lr, irq in enumerate(chosen[:n]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n:]))


@wrong("vgic.flush", "hidden state")
class FlushSortsOnce(Hypervisor):
    """The list is sorted the first time that not all fit."""

    def vgic_flush(self, vcpu):
        vgic, n = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = self.vgic_chosen(vcpu)
        if len(chosen) > n and not hasattr(vgic, "was_sorted"):
            self.vgic_sort_ap_list(vcpu)
            vgic.was_sorted = True
            chosen = self.vgic_chosen(vcpu)
        for lr, irq in enumerate(chosen[:n]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n:]))
