"""Wrong list registers: what goes into one, which interrupts get one, what comes back."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.kvm.vgic import ACTIVE_BIT, HCR, PENDING_BIT, vgic_order
from pmulab.kvm.vgic_state import EDGE, LEVEL, PMU_PPI

# ---- vgic.populate


@wrong("vgic.populate", "INTID width")
class PopulateEightBits(Hypervisor):
    """INTID has 8 bits: 256 comes as SGI 0."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) & ~0xFFFFFFFF | irq.intid & 0xFF


@wrong("vgic.populate", "INTID width")
class PopulateNineBits(Hypervisor):
    """INTID has 9 bits: SPI 600 comes as 88."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) & ~0xFFFFFFFF | irq.intid & 0x1FF


@wrong("vgic.populate", "priority bits")
class PopulateFourBitsOfPriority(Hypervisor):
    """Priority has four bits, 7 to 4."""

    def vgic_populate(self, irq):
        value = super().vgic_populate(irq)
        return value & ~(0xFF << 48) | (irq.priority & 0xF0) << 48


@wrong("vgic.populate", "priority bits")
class PopulateSpisAlike(Hypervisor):
    """SPIs have the default priority of the PPIs, 0xa0."""

    def vgic_populate(self, irq):
        value = super().vgic_populate(irq)
        priority = irq.priority if irq.intid < 32 else 0xA0
        return value & ~(0xFF << 48) | priority << 48


@wrong("vgic.populate", "priority bits")
class PopulateZeroIsNone(Hypervisor):
    """Priority 0, the most urgent, is taken for none: the default instead."""

    def vgic_populate(self, irq):
        value = super().vgic_populate(irq)
        return value & ~(0xFF << 48) | (irq.priority or 0xA0) << 48


@wrong("vgic.populate", "group 0 and 1")
class PopulateSpisInGroup1(Hypervisor):
    """SPIs are in group 1, whatever the guest has set."""

    def vgic_populate(self, irq):
        value = super().vgic_populate(irq)
        return value | 1 << 60 if irq.intid >= 32 else value


# ---- vgic.target


@wrong("vgic.target", "active")
class TargetWithoutActive(Hypervisor):
    """An interrupt that is handled now leaves the list."""

    def vgic_target(self, irq):
        return irq.enabled and irq.pending


@wrong("vgic.target", "enabled")
class TargetThoughDisabled(Hypervisor):
    """One that the guest has disabled is signalled."""

    def vgic_target(self, irq):
        return irq.active or irq.pending


@wrong("vgic.target", "active and disabled")
class TargetActiveIfEnabled(Hypervisor):
    """An active one that the guest disables cannot be ended."""

    def vgic_target(self, irq):
        return irq.enabled and (irq.active or irq.pending)


@wrong("vgic.target", "edge and level")
class TargetByItsLine(Hypervisor):
    """The line alone: an edge that waits in its latch does not count."""

    def vgic_target(self, irq):
        return irq.active or (irq.enabled and irq.line_level)


@wrong("vgic.target", "INTID")
class TargetPpisAlone(Hypervisor):
    """SPIs are another machine's, and never listed."""

    def vgic_target(self, irq):
        return irq.intid < 32 and super().vgic_target(irq)


@wrong("vgic.target", "latch of an edge")
class TargetLatch(Hypervisor):
    """The latch decides; the wire does not."""

    def vgic_target(self, irq):
        return irq.active or (irq.enabled and irq.pending_latch)


# ---- vgic.flush


@wrong("vgic.flush", "list registers")
class FlushFour(Hypervisor):
    """Four list registers are filled, and those beyond the real number call KVM back."""

    def vgic_flush(self, vcpu):
        vgic, n_lrs = vcpu.vgic, min(4, self.host.list_registers)
        if not vgic.ap_list and not vgic.used_lrs:
            return
        irqs = [vgic.irqs[intid] for intid in vgic.ap_list]
        chosen = [irq for irq in irqs if self.vgic_target(irq)]
        if len(chosen) > n_lrs:
            irqs.sort(key=vgic_order)
            chosen.sort(key=vgic_order)
            vgic.ap_list = [irq.intid for irq in irqs]
        for lr, irq in enumerate(chosen[:n_lrs]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n_lrs), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n_lrs)
        beyond = chosen[self.host.list_registers :]
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(beyond))


@wrong("vgic.flush", "latch of an edge")
class FlushPopulatesAll(Hypervisor):
    """Makes the value of those beyond the last list register too, which eats their edges."""

    def vgic_flush(self, vcpu):
        vgic, n_lrs = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        irqs = [vgic.irqs[intid] for intid in vgic.ap_list]
        chosen = [irq for irq in irqs if self.vgic_target(irq)]
        if len(chosen) > n_lrs:
            irqs.sort(key=vgic_order)
            chosen.sort(key=vgic_order)
            vgic.ap_list = [irq.intid for irq in irqs]
        maintenance = self.vgic_maintenance(chosen[n_lrs:])
        values = [self.vgic_populate(irq) for irq in chosen][:n_lrs]
        for lr, value in enumerate(values):
            self.cpu.msr(f"ICH_LR{lr}_EL2", value)
        for lr in range(len(values), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = len(values)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | maintenance)


@wrong("vgic.flush", "INTID width")
class FlushUpTo255(Hypervisor):
    """SPIs from 256 on are left out."""

    def vgic_flush(self, vcpu):
        beyond = [intid for intid in vcpu.vgic.ap_list if intid > 255]
        vcpu.vgic.ap_list = [intid for intid in vcpu.vgic.ap_list if intid <= 255]
        super().vgic_flush(vcpu)
        vcpu.vgic.ap_list += beyond


@wrong("vgic.flush", "group 0 and 1")
class FlushGroup1(Hypervisor):
    """Group 0 is left out: those are for EL3, as on the host."""

    def vgic_flush(self, vcpu):
        vgic = vcpu.vgic
        others = [intid for intid in vgic.ap_list if vgic.irqs[intid].group == 0]
        vgic.ap_list = [intid for intid in vgic.ap_list if intid not in others]
        super().vgic_flush(vcpu)
        vgic.ap_list += others


@wrong("vgic.flush", "order")
class FlushByIntid(Hypervisor):
    """Where not all fit, of one state the lowest INTID goes first, not the most urgent."""

    def vgic_flush(self, vcpu):
        vgic, n_lrs = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        irqs = [vgic.irqs[intid] for intid in vgic.ap_list]
        chosen = [irq for irq in irqs if self.vgic_target(irq)]
        if len(chosen) > n_lrs:
            irqs.sort(key=lambda irq: (*vgic_order(irq)[:2], irq.intid))
            chosen.sort(key=lambda irq: (*vgic_order(irq)[:2], irq.intid))
            vgic.ap_list = [irq.intid for irq in irqs]
        for lr, irq in enumerate(chosen[:n_lrs]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n_lrs), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n_lrs)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n_lrs:]))


@wrong("vgic.flush", "used_lrs")
class FlushClearsTwo(Hypervisor):
    """At most two list registers of the last time are cleared."""

    def vgic_flush(self, vcpu):
        before = vcpu.vgic.used_lrs
        stale = [self.cpu.mrs(f"ICH_LR{lr}_EL2") for lr in range(before)]
        super().vgic_flush(vcpu)
        for lr in range(vcpu.vgic.used_lrs + 2, before):
            self.cpu.msr(f"ICH_LR{lr}_EL2", stale[lr])


# ---- vgic.fold


@wrong("vgic.fold", "INTID width")
class FoldNineBits(Hypervisor):
    """INTID has 9 bits: SPI 600 is taken for 88."""

    def vgic_fold(self, vcpu, value):
        return super().vgic_fold(vcpu, value & ~0xFFFFFFFF | value & 0x1FF)


@wrong("vgic.fold", "INTID width")
class FoldSixBits(Hypervisor):
    """INTID has 6 bits: 64 is taken for SGI 0."""

    def vgic_fold(self, vcpu, value):
        return super().vgic_fold(vcpu, value & ~0xFFFFFFFF | value & 0x3F)


@wrong("vgic.fold", "active state")
class FoldForgetsActiveSpis(Hypervisor):
    """The active state of SPIs is lost: they are the distributor's."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        if intid >= 32:
            vcpu.vgic.irqs[intid].active = False
        return intid


@wrong("vgic.fold", "latch of an edge")
class FoldDropsDisabled(Hypervisor):
    """An edge that is disabled is not latched again: enabled later, it is gone."""

    def vgic_fold(self, vcpu, value):
        irq = vcpu.vgic.irqs[value & 0xFFFFFFFF]
        irq.active = bool(value & ACTIVE_BIT)
        if irq.config == EDGE and irq.enabled and value & PENDING_BIT:
            irq.pending_latch = True
        if irq.config == LEVEL and not value & (PENDING_BIT | ACTIVE_BIT):
            irq.pending_latch = False
        return irq.intid


@wrong("vgic.fold", "active state")
class FoldEndsTheLine(Hypervisor):
    """A device's level that the guest has ended is lowered, whatever the device says."""

    def vgic_fold(self, vcpu, value):
        irq = vcpu.vgic.irqs[value & 0xFFFFFFFF]
        ended = irq.active and not value & ACTIVE_BIT
        if ended and irq.config == LEVEL and irq.intid != PMU_PPI:
            irq.line_level = False
        return super().vgic_fold(vcpu, value)
