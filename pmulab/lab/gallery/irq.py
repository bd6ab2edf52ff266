"""The gallery: the interrupt path and the vGIC.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vgic import ACTIVE_BIT, PENDING_BIT
from pmulab.lab.gallery.gallery import bug


@bug("record-nothing", "handle_guest_irq", "own_flags", "small")
class RecordNothing(Hypervisor):
    """The guest's flags are cleared in the hardware and not recorded. The overflow is lost."""

    def handle_guest_irq(self, overflow):
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@bug("record-by-assigning", "handle_guest_irq", "own_flags", "cycles-and-events")
class RecordByAssigning(Hypervisor):
    """The new flags are assigned to the guest's PMOVS. Those it had before are lost."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        flags = overflow & self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", flags)
        vcpu.regs["PMOVSSET_EL0"] = flags


@bug("record-hosts", "handle_host_irq", "own_flags", "dynamic-lazy")
class RecordHosts(Hypervisor):
    """With a dynamic reservation the host counts on the guest's counters while the guest is FREE.

    The host's overflow is recorded as the guest's.
    """

    def handle_host_irq(self):
        vcpu = self.host.loaded
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if vcpu is not None:
            vcpu.regs["PMOVSSET_EL0"] |= overflow & self.guest_counter_mask(vcpu)
        return Hypervisor.handle_host_irq(self)


@bug("start-enables-guest", "driver_start", "own_reads", "host-event-irq")
class StartEnablesGuest(Hypervisor):
    """The driver stops and starts with PMCR_EL0.E, which is the guest's while a guest is loaded.

    After a host interrupt a guest with E=0 finds it 1.
    """

    def driver_start(self):
        Hypervisor.driver_start(self)
        self.cpu.msr("PMCR_EL0", self.cpu.mrs("PMCR_EL0") | PMCR_EL0.E)


@bug("samples-lost", "perf_overflow", "host_samples", "host-event-irq")
class SamplesLost(Hypervisor):
    """The host's flag is cleared and its overflow handled by nobody.

    The sample is lost, and the counter runs on from zero instead of the next period.
    """

    def perf_overflow(self, idx):
        pass


@bug("status-needs-enable", "overflow_status", "irq_level", "small")
class StatusNeedsEnable(Hypervisor):
    """The level is computed with PMCNTEN.

    A counter that has overflowed and is disabled then stops interrupting.
    """

    def overflow_status(self, vcpu):
        enabled = self.read_home(vcpu, "PMCNTENSET_EL0")
        flags = enabled & vcpu.regs["PMOVSSET_EL0"]
        return Hypervisor.overflow_status(self, vcpu) and bool(
            flags & self.read_home(vcpu, "PMINTENSET_EL1")
        )


@bug("status-without-inten", "overflow_status", "irq_level", "small")
class StatusWithoutInten(Hypervisor):
    """Every flag raises the interrupt, whether PMINTEN asks for it or not."""

    def overflow_status(self, vcpu):
        enabled = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(enabled and vcpu.regs["PMOVSSET_EL0"])


@bug("status-without-e", "overflow_status", "irq_level", "small")
class StatusWithoutE(Hypervisor):
    """The global enable is forgotten. A guest that stops its PMU keeps being interrupted."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.read_home(vcpu, "PMINTENSET_EL1")
        return bool(flags)


@bug("inject-recorded", "update_state", "irq_level", "small")
class InjectRecorded(Hypervisor):
    """The interrupt is an event that was recorded, not a level.

    It stays up when the guest clears its flags.
    """

    def update_state(self, vcpu):
        if self.overflow_status(vcpu):
            Hypervisor.update_state(self, vcpu)


@bug("inject-never", "update_state", "irq_level", "small")
class InjectNever(Hypervisor):
    """The level is computed and nobody is told."""

    def update_state(self, vcpu):
        pass


@bug("sleeps-on", "kick", "wakes_up", "interrupts")
class SleepsOn(Hypervisor):
    """The overflow of a halted vCPU is recorded and nobody wakes it.

    It sleeps past its interrupt.
    """

    def kick(self, vcpu):
        pass


@bug("kick-never-sent", "handle_guest_irq", "wakes_up", "interrupts")
class KickNeverSent(Hypervisor):
    """The handler has stopped the PMU with PMCR_EL0.E when it asks for the guest's level.

    That level needs E, so it is low: nobody is kicked, and a halted vCPU sleeps on.
    """

    def handle_guest_irq(self, overflow):
        running = self.cpu.mrs("PMCR_EL0")
        self.cpu.msr("PMCR_EL0", running & ~PMCR_EL0.E)
        Hypervisor.handle_guest_irq(self, overflow)
        self.cpu.msr("PMCR_EL0", running)


# ---- the vGIC


@bug("flush-nothing", "vgic_flush", "irq_delivered", "interrupts")
class FlushNothing(Hypervisor):
    """The interrupt waits on the list and never reaches a list register."""

    def vgic_flush(self, vcpu):
        pass


@bug("flush-only-active", "vgic_populate", "irq_delivered", "interrupts")
class FlushOnlyActive(Hypervisor):
    """The list register gets the interrupt without its pending state."""

    def vgic_populate(self, irq):
        return Hypervisor.vgic_populate(self, irq) & ~PENDING_BIT


@bug("flush-pending-again", "vgic_populate", "irq_delivered", "interrupts")
class FlushPendingAgain(Hypervisor):
    """An active level whose wire is high is made pending again, and is active no more.

    The guest takes the same interrupt twice.
    """

    def vgic_populate(self, irq):
        value = Hypervisor.vgic_populate(self, irq)
        if irq.pending:
            value = value & ~ACTIVE_BIT | PENDING_BIT
        return value


@bug("level-consumed", "vgic_populate", "wakes_up", "interrupts")
class LevelConsumed(Hypervisor):
    """Delivery consumes the level.

    A guest that ends the interrupt and has not cleared its flag is not interrupted again.
    """

    def vgic_populate(self, irq):
        value = Hypervisor.vgic_populate(self, irq)
        irq.line_level = False
        return value


@bug("fold-forgets-active", "vgic_fold", "irq_delivered", "interrupts")
class FoldForgetsActive(Hypervisor):
    """Exit does not take the active state back.

    The interrupt that the guest is handling is delivered again.
    """

    def vgic_fold(self, vcpu, value):
        return Hypervisor.vgic_fold(self, vcpu, value & ~ACTIVE_BIT)
