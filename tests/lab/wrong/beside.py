"""Wrong beside what they are about: a range's end, another type, a latch, a register of before."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.events import CHAIN, CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, REGS
from pmulab.kvm.event_filter import ALLOW
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, counters, evcntr, evtyper

HCR, LR = REGS["ICH_HCR_EL2"], REGS["ICH_LR0_EL2"]


def _typed(vcpu, idx, allows):
    """Return a type whose event a function of the ranges allows."""
    kind = vcpu.regs[evtyper(idx)]
    event = CPU_CYCLES if idx == CYCLE_IDX else kind & vcpu.vm.event_mask
    return kind & ~INCLUDE_EL2 | (0 if allows(vcpu.vm.event_filter, event) else EXCLUDE_ALL)


def _to_the_end(event_filter, event):
    """Look an event up as if a range had its end in it."""
    found = event_filter.allows(event)
    for start, stop, action in event_filter.ranges:
        found = action == ALLOW if start <= event <= stop else found
    return found


# ---- the ends of ranges, and the type beside


@wrong("filter.type", "the event behind a range")
class TypeRangeWithItsEnd(Hypervisor):
    """The end of a range is taken for its last event."""

    def hardware_type(self, vcpu, idx):
        return _typed(vcpu, idx, _to_the_end)


@wrong("filter.ban", "the event behind a range")
class BanRangeWithItsEnd(Hypervisor):
    """The end of a range is taken for its last event."""

    def resync_event_filter(self, vcpu):
        if not self.in_hardware(vcpu):
            return super().resync_event_filter(vcpu)
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), _typed(vcpu, idx, _to_the_end))


def _with_partner(self, vcpu, idx):
    """Exclude CHAIN where the counter below counts nowhere."""
    kind = Hypervisor.hardware_type(self, vcpu, idx)
    if kind & vcpu.vm.event_mask != CHAIN or idx == CYCLE_IDX or not idx % 2:
        return kind
    below = Hypervisor.hardware_type(self, vcpu, idx - 1)
    return kind | (EXCLUDE_ALL if below & EXCLUDE_ALL == EXCLUDE_ALL else 0)


@wrong("filter.type", "CHAIN above a type that is written alone later")
class TypeExcludesChain(Hypervisor):
    """CHAIN goes with the type below, and does not come back with it."""

    def hardware_type(self, vcpu, idx):
        return _with_partner(self, vcpu, idx)


@wrong("filter.load", "CHAIN above a type that is written alone later")
class LoadExcludesChain(Hypervisor):
    """CHAIN goes with the type below, and does not come back with it."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), _with_partner(self, vcpu, idx))


# ---- who owns


@wrong("lazy.take", "two vCPUs of a VM on two CPUs")
class TakeForTheVm(Hypervisor):
    """The VM's other vCPU is an owner from now on, without a load."""

    def take_ownership(self, vcpu):
        super().take_ownership(vcpu)
        for host in self.hosts:
            twin = host.loaded
            if twin is not None and twin.vm is vcpu.vm and vcpu.access == GUEST_OWNED:
                twin.access = GUEST_OWNED


@wrong("lazy.decide", "dynamic, a counter that holds something and is off")
class DecideForCounts(Hypervisor):
    """Who has counted owns counters for ever."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if any(vcpu.regs[evcntr(n)] for n in range(vcpu.vm.n_counters)):
            vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) else FREE


@wrong("irq.split", "a loaded vCPU on a CPU that does not suit it")
class SplitGivesCycles(Hypervisor):
    """The cycle counter is the guest's whenever an owner is loaded, wherever."""

    def handle_host_irq(self):
        raised = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        vcpu = self.host.loaded
        owner = vcpu is not None and self.is_partitioned(vcpu) and vcpu.access == GUEST_OWNED
        if raised & CYCLE_BIT and owner and not self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", CYCLE_BIT)
            vcpu.regs["PMOVSSET_EL0"] |= CYCLE_BIT
        return super().handle_host_irq()


@wrong("irq.wake", "another vCPU of the VM is loaded")
class KickWhoseVmIsLoaded(Hypervisor):
    """Whoever of the VM is loaded is kicked."""

    def kick(self, vcpu):
        here = self.host.loaded
        super().kick(here if here is not None and here.vm is vcpu.vm else vcpu)


@wrong("swap.put", "a VMM that lowers the level of a vCPU that is put")
class PutLowersLevel(Hypervisor):
    """Put forgets what the vGIC was told, so nobody takes it back."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        vcpu.irq_level = False


@wrong("trap.control", "an emulated PMU whose saved PMCR_EL0 has P")
class ControlIfChanged(Hypervisor):
    """A value that is there already does nothing, P neither."""

    def write_control(self, vcpu, value):
        if self.is_partitioned(vcpu) or vcpu.regs["PMCR_EL0"] != value:
            super().write_control(vcpu, value)


# ---- an interrupt, beside its line


def _told(self, vcpu, before):
    """Do something to the PMU's interrupt before a change of its line is told."""
    level = self.overflow_status(vcpu)
    if level != vcpu.irq_level:
        vcpu.irq_level = level
        before(vcpu.vgic.irq(vcpu.vm.irq_num), level)
        self.vgic_inject(vcpu, vcpu.vm.irq_num, level)


@wrong("irq.inject", "a latch that software has set")
class InjectDropsLatch(Hypervisor):
    """A line that falls takes the pending latch with it."""

    def update_state(self, vcpu):
        def drop(irq, level):
            irq.pending_latch = irq.pending_latch and level

        _told(self, vcpu, drop)


@wrong("irq.inject", "an interrupt of group 0")
class InjectInGroupOne(Hypervisor):
    """The PMU's interrupt is of group 1, whatever the guest says."""

    def update_state(self, vcpu):
        def regroup(irq, level):
            irq.group = 1

        _told(self, vcpu, regroup)


@wrong("irq.inject", "an interrupt that is disabled")
class InjectLatchesDisabled(Hypervisor):
    """A line that rises while the interrupt is disabled is kept for later."""

    def update_state(self, vcpu):
        def latch(irq, level):
            irq.pending_latch = irq.pending_latch or (level and not irq.enabled)

        _told(self, vcpu, latch)


# ---- what a flush and a fold find


@wrong("vgic.flush", "EOIcount of an earlier run")
class FlushKeepsEoiCount(Hypervisor):
    """What the guest has ended before is ended again."""

    def vgic_flush(self, vcpu):
        before = self.cpu.mrs("ICH_HCR_EL2") & HCR.EOIcount
        super().vgic_flush(vcpu)
        self.cpu.msr("ICH_HCR_EL2", self.cpu.mrs("ICH_HCR_EL2") | before)


@wrong("vgic.flush", "calls of an earlier run")
class FlushKeepsCalls(Hypervisor):
    """What was asked for once is asked for until put."""

    def vgic_flush(self, vcpu):
        before = self.cpu.mrs("ICH_HCR_EL2") & (HCR.UIE | HCR.NPIE)
        super().vgic_flush(vcpu)
        self.cpu.msr("ICH_HCR_EL2", self.cpu.mrs("ICH_HCR_EL2") | before)


@wrong("vgic.flush", "a priority that has changed alone")
class FlushKeepsPriority(Hypervisor):
    """A list register that differs in its priority alone is left."""

    def vgic_flush(self, vcpu):
        names = [f"ICH_LR{n}_EL2" for n in range(self.host.list_registers)]
        before = [self.cpu.mrs(name) for name in names]
        super().vgic_flush(vcpu)
        for name, old in zip(names, before):
            if not (self.cpu.mrs(name) ^ old) & ~LR.Priority:
                self.cpu.msr(name, old)


@wrong("vgic.fold", "an interrupt that is ended by ICC_DIR_EL1")
class FoldWhatIsInTheRegister(Hypervisor):
    """What the list register has counts, not what is to be folded."""

    def vgic_fold(self, vcpu, value):
        for n in range(vcpu.vgic.used_lrs):
            found = self.cpu.mrs(f"ICH_LR{n}_EL2")
            value = found if not (found ^ value) & LR.vINTID else value
        return super().vgic_fold(vcpu, value)


@wrong("vgic.fold", "an interrupt that is still in the list")
class FoldForgetsTheList(Hypervisor):
    """What is over is not queued any more, though it is in the list."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        irq = vcpu.vgic.irqs[intid]
        irq.queued = irq.queued and (irq.active or irq.pending)
        return intid
