"""Interrupts, levels and list registers with one thing wrong, as a developer gets it wrong."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0, REGS
from pmulab.kvm.vcpu import CYCLE_BIT, counters
from pmulab.kvm.vgic import ACTIVE_BIT, EOI_BIT, INTID, PENDING_BIT
from pmulab.kvm.vgic_state import EDGE, LEVEL, PMU_PPI

LR = REGS["ICH_LR0_EL2"]

# ---- the host's handler


@wrong("irq.split", "enables")
class SplitWithoutEnables(Hypervisor):
    """Flags that may not interrupt are handled too: they are the guest's to poll."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0")
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        for idx in counters(own):
            self.perf_overflow(idx)
        return bool(overflow)


@wrong("irq.split", "host or guest")
class SplitElseGuest(Hypervisor):
    """`else`: the guest's share is looked at only where the host has none."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        own = overflow & self.host_counter_mask()
        if not overflow:
            return False
        if own:
            self.cpu.msr("PMOVSCLR_EL0", own)
            for idx in counters(own):
                self.perf_overflow(idx)
        else:
            self.handle_guest_irq(overflow)
        return True


@wrong("irq.split", "the answer")
class SplitAlwaysHandled(Hypervisor):
    """The flags of the guest are cleared with the host's before anybody has them."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        self.cpu.msr("PMOVSCLR_EL0", overflow & ~self.host_counter_mask())
        return super().handle_host_irq() or bool(overflow)


@wrong("irq.record", "nobody")
class RecordForWhoIsLoaded(Hypervisor):
    """Whoever is loaded gets the flags, also where it is FREE or emulated."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        if vcpu is not None:
            vcpu.regs["PMOVSSET_EL0"] |= overflow & self.virtual_counter_mask(vcpu)
            if self.overflow_status(vcpu):
                self.kick(vcpu)


@wrong("irq.record", "the last flag")
class RecordHighest(Hypervisor):
    """fls() for a loop: of several flags the highest."""

    def handle_guest_irq(self, overflow):
        super().handle_guest_irq(1 << overflow.bit_length() - 1 if overflow else 0)
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@wrong("irq.record", "other VM")
class RecordForgetsOldFlags(Hypervisor):
    """Assigns where memory may have flags already."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is not None and self.owns_counters(vcpu):
            vcpu.regs["PMOVSSET_EL0"] &= ~(self.guest_counter_mask(vcpu) & ~overflow)
        super().handle_guest_irq(overflow)


# ---- level and kick


@wrong("irq.status", "PMCR_EL0.E")
class StatusWithoutE(Hypervisor):
    """The level does not look at PMCR_EL0.E."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        return bool(flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@wrong("irq.status", "running counters")
class StatusOfEnabled(Hypervisor):
    """Only counters that are enabled have a level; a stopped one's flag stays."""

    def overflow_status(self, vcpu):
        on = self.read_home(vcpu, "PMCNTENSET_EL0")
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu) & on
        e = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(e and flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@wrong("irq.status", "the cycle counter")
class StatusWithoutCycles(Hypervisor):
    """Event counters alone."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu) & ~CYCLE_BIT
        e = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(e and flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@wrong("irq.inject", "the low edge")
class InjectHighOnly(Hypervisor):
    """The vGIC hears when the level rises."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level and not vcpu.irq_level:
            self.vgic_inject(vcpu, PMU_PPI, True)
        vcpu.irq_level = level


@wrong("irq.inject", "other vCPU")
class InjectByOldLevel(Hypervisor):
    """The vGIC gets the level of before."""

    def update_state(self, vcpu):
        old, vcpu.irq_level = vcpu.irq_level, self.overflow_status(vcpu)
        if old != vcpu.irq_level:
            self.vgic_inject(vcpu, PMU_PPI, old)


@wrong("irq.inject", "disabled")
class InjectEnabledOnly(Hypervisor):
    """An interrupt that is disabled does not hear of its level."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            vcpu.irq_level = level
            if vcpu.vgic.irq(PMU_PPI).enabled:
                self.vgic_inject(vcpu, PMU_PPI, level)


@wrong("irq.wake", "halted")
class KickOnlyAwake(Hypervisor):
    """A halted vCPU is not kicked."""

    def kick(self, vcpu):
        vcpu.request = not vcpu.halted


@wrong("irq.wake", "FREE")
class KickOwners(Hypervisor):
    """Who is FREE is not kicked."""

    def kick(self, vcpu):
        vcpu.request = vcpu.request or self.owns_counters(vcpu)


@wrong("irq.wake", "priority")
class KickWhoIsPending(Hypervisor):
    """Only who has an interrupt in the vGIC already; an overflow is there from the entry on."""

    def kick(self, vcpu):
        vcpu.request = self.vgic_pending(vcpu)


# ---- list registers


@wrong("vgic.populate", "edges")
class PopulateKeepsLatch(Hypervisor):
    """An SGI's latch stays: it comes again and again."""

    def vgic_populate(self, irq):
        latch = irq.pending_latch
        value = super().vgic_populate(irq)
        irq.pending_latch = latch
        return value


@wrong("vgic.populate", "active and pending")
class PopulateActiveAlone(Hypervisor):
    """An SGI that is active and pending again goes in as active alone."""

    def vgic_populate(self, irq):
        value = super().vgic_populate(irq)
        return value & ~PENDING_BIT if value & ACTIVE_BIT else value


@wrong("vgic.populate", "priority")
class PopulateHighPriority(Hypervisor):
    """Bit 7 of the priority is lost."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) & ~LR.put(0, Priority=0x80)


@wrong("vgic.populate", "group")
class PopulateGroupOfPpi(Hypervisor):
    """An SGI is in group 1."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) | (LR.put(0, Group=1) if irq.config == EDGE else 0)


@wrong("vgic.populate", "EOI")
class PopulateEdgesAskToo(Hypervisor):
    """No maintenance for a level: nobody looks at the line when the guest has ended it."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) & ~EOI_BIT


@wrong("vgic.flush", "order")
class FlushInOrderOfArrival(Hypervisor):
    """Where not all fit, who came first goes in."""

    def vgic_flush(self, vcpu):
        vcpu.vgic.ap_list = vcpu.vgic.ap_list[: self.host.list_registers]
        super().vgic_flush(vcpu)


@wrong("vgic.flush", "the last register")
class FlushAllButOne(Hypervisor):
    """`< n - 1`: the last list register is never used."""

    def vgic_flush(self, vcpu):
        n, self.host.list_registers = self.host.list_registers, self.host.list_registers - 1
        super().vgic_flush(vcpu)
        self.host.list_registers = n


@wrong("vgic.flush", "stale registers")
class FlushLeavesOld(Hypervisor):
    """List registers beyond those in use keep what they had."""

    def vgic_flush(self, vcpu):
        used = vcpu.vgic.used_lrs
        old = {lr: self.cpu.mrs(f"ICH_LR{lr}_EL2") for lr in range(used)}
        super().vgic_flush(vcpu)
        for lr in range(vcpu.vgic.used_lrs, used):
            self.cpu.msr(f"ICH_LR{lr}_EL2", old[lr])


@wrong("vgic.flush", "maintenance")
class FlushWithoutMaintenance(Hypervisor):
    """Nobody asks to be called back for those that did not fit."""

    def vgic_flush(self, vcpu):
        super().vgic_flush(vcpu)
        self.cpu.msr("ICH_HCR_EL2", 1)


@wrong("vgic.fold", "active")
class FoldPendingIsInactive(Hypervisor):
    """Active and pending is taken for pending."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        if value & PENDING_BIT:
            vcpu.vgic.irqs[intid].active = False
        return intid


@wrong("vgic.fold", "level")
class FoldLatchesLevels(Hypervisor):
    """A level that is pending in a list register is latched too."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        irq = vcpu.vgic.irqs[intid]
        if irq.config == LEVEL and value & PENDING_BIT:
            irq.pending_latch = True
        return intid


@wrong("vgic.fold", "edges")
class FoldForgetsSgis(Hypervisor):
    """An edge that the guest has not taken is gone with its list register."""

    def vgic_fold(self, vcpu, value):
        irq = vcpu.vgic.irqs[value & INTID]
        latch = irq.pending_latch
        intid = super().vgic_fold(vcpu, value)
        if irq.config == EDGE and intid > 7:
            irq.pending_latch = latch
        return intid
