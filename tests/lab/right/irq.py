"""Interrupts and list registers that look wrong and are right."""

from lab.right.table import right

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0, REGS
from pmulab.kvm.vcpu import counters
from pmulab.kvm.vgic import EOI_BIT, HCR, PENDING_BIT
from pmulab.kvm.vgic_state import EDGE, LEVEL

LR = REGS["ICH_LR0_EL2"]

# ---- interrupts


@right("irq.split", "nothing counts in the handler; whoever gets flags masks them")
class SplitGivesAll(Hypervisor):
    """Stops the driver first, and hands over what is left or nothing; returns the flags."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENCLR_EL1")
        if not overflow:
            return False
        self.driver_stop()
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        for idx in reversed(counters(own)):
            self.perf_overflow(idx)
        self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return overflow


@right("irq.record", "the handler is one step to the guest")
class RecordFirst(Hypervisor):
    """Records one by one, and clears at the end."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is not None and self.owns_counters(vcpu):
            overflow &= self.guest_counter_mask(vcpu)
            for idx in counters(overflow):
                vcpu.regs["PMOVSSET_EL0"] |= 1 << idx
            if self.overflow_status(vcpu):
                self.kick(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@right("irq.status", "flags that may interrupt are in memory before the next entry")
class StatusWithHardware(Hypervisor):
    """Looks at flags that are still in hardware too."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        if self.in_hardware(vcpu):
            flags |= self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(on and flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@right("irq.inject", "its answer goes nowhere")
class UpdateReturns(Hypervisor):
    """Tells the vGIC before it keeps the level, and returns it."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level ^ vcpu.irq_level:
            self.vgic_inject(vcpu, vcpu.vm.irq_num, level)
        vcpu.irq_level = level
        return level


@right("irq.wake", "1 is as true as True")
class KickWithOne(Hypervisor):
    """A request of 1."""

    def kick(self, vcpu):
        vcpu.request = 1


@right("irq.split", "the handler is one step to the guest, and the driver is not the guest's")
class SplitGuestFirst(Hypervisor):
    """The guest's share comes first."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_stop()
        self.cpu.msr("PMOVSCLR_EL0", own)
        for idx in counters(own):
            self.perf_overflow(idx)
        self.driver_start()
        return True


@right("irq.record", "a flag that memory had is in the vGIC since this exit")
class RecordKicksForNew(Hypervisor):
    """Kicks for a flag that is new."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is None or not self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        overflow &= self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        new = overflow & ~vcpu.regs["PMOVSSET_EL0"]
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        if new and self.overflow_status(vcpu):
            self.kick(vcpu)


@right("irq.status", "flags are as true as True")
class StatusReturnsFlags(Hypervisor):
    """Returns the flags that interrupt."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return flags & self.read_home(vcpu, "PMINTENSET_EL1") if on else 0


@right("irq.wake", "a level that is high is in the vGIC, which wakes it")
class KickUnlessHigh(Hypervisor):
    """Does not kick whose level is high already."""

    def kick(self, vcpu):
        if not vcpu.irq_level:
            vcpu.request = True


# ---- list registers


@right("vgic.populate", "who is called back at the end of an edge has nothing to do")
class PopulateAllAsk(Hypervisor):
    """An edge asks for maintenance too."""

    def vgic_populate(self, irq):
        return super().vgic_populate(irq) | EOI_BIT


@right("vgic.populate", "an INTID has ten bits here: LPIs are not modelled")
class PopulateTenBits(Hypervisor):
    """By the fields of the register, INTID with 10 bits."""

    def vgic_populate(self, irq):
        level = irq.config == LEVEL
        waits = irq.pending and not irq.active if level else irq.pending_latch
        irq.pending_latch = irq.pending_latch and level
        state = irq.active << 1 | waits
        value = LR.put(level << 41, vINTID=irq.intid & 0x3FF, Priority=irq.priority)
        return LR.put(value, Group=irq.group, State=state)


@right("vgic.flush", "the guest does not run between two of these writes")
class FlushWipesFirst(Hypervisor):
    """Turns the interface on first, then clears every list register, then fills them."""

    def vgic_flush(self, vcpu):
        vgic, n_lrs = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = [vgic.irqs[i] for i in vgic.ap_list if self.vgic_target(vgic.irqs[i])]
        if len(chosen) > n_lrs:
            self.vgic_sort_ap_list(vcpu)
            chosen = [vgic.irqs[i] for i in vgic.ap_list if self.vgic_target(vgic.irqs[i])]
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n_lrs:]))
        for lr in range(n_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        for lr, irq in enumerate(chosen[:n_lrs]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        vgic.used_lrs = len(chosen[:n_lrs])


@right("vgic.fold", "an interrupt in a list register has been made before")
class FoldMakes(Hypervisor):
    """INTID with 10 bits, looked up as if it could be new; a latch that is set is set again."""

    def vgic_fold(self, vcpu, value):
        irq = vcpu.vgic.irq(value & 0x3FF)
        irq.active = bool(value >> 63)
        pending = bool(value & PENDING_BIT)
        if irq.config == EDGE:
            irq.pending_latch = irq.pending_latch or pending
        else:
            irq.pending_latch = irq.pending_latch and (pending or irq.active)
        return irq.intid
