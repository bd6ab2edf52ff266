"""More wrong levels and kicks."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.vcpu import CYCLE_BIT

# ---- irq.status


@wrong("irq.status", "sign")
class StatusSigned(Hypervisor):
    """Flags as s32: above 0."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        flags &= self.read_home(vcpu, "PMINTENSET_EL1")
        flags = flags - (1 << 32) if flags > CYCLE_BIT else flags
        return bool(self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E) and flags > 0


@wrong("irq.status", "counter numbers")
class StatusWithoutFifteen(Hypervisor):
    """Counter 15 does not interrupt."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu) & ~(1 << 15)
        flags &= self.read_home(vcpu, "PMINTENSET_EL1")
        return bool(self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E and flags)


@wrong("irq.status", "several flags")
class StatusHighestOnly(Hypervisor):
    """The highest flag decides."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        top = 1 << flags.bit_length() >> 1
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(on and top & self.read_home(vcpu, "PMINTENSET_EL1"))


@wrong("irq.status", "hidden state")
class StatusStays(Hypervisor):
    """A level that is high stays while a flag is set, enabled or not."""

    def overflow_status(self, vcpu):
        if vcpu.irq_level and vcpu.regs["PMOVSSET_EL0"]:
            return True
        return super().overflow_status(vcpu)


@wrong("irq.status", "emulated")
class StatusEmulatedWithoutE(Hypervisor):
    """An emulated guest's level does not look at E."""

    def overflow_status(self, vcpu):
        if self.is_partitioned(vcpu):
            return super().overflow_status(vcpu)
        return bool(vcpu.regs["PMOVSSET_EL0"] & vcpu.regs["PMINTENSET_EL1"])


@wrong("irq.status", "FREE and E")
class StatusFreeWithoutE(Hypervisor):
    """A FREE guest's level does not look at E."""

    def overflow_status(self, vcpu):
        if self.in_hardware(vcpu) or not self.is_partitioned(vcpu):
            return super().overflow_status(vcpu)
        return bool(vcpu.regs["PMOVSSET_EL0"] & vcpu.regs["PMINTENSET_EL1"])


@wrong("irq.status", "hidden state")
class StatusOfSameFlags(Hypervisor):
    """Where the flags are those of the last time so is the level; enables may have changed."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"]
        if getattr(vcpu, "flags", None) == flags:
            return vcpu.irq_level
        vcpu.flags = flags
        return super().overflow_status(vcpu)


# ---- irq.inject


@wrong("irq.inject", "the PMU's interrupt number")
class UpdateOfTwentyThree(Hypervisor):
    """INTID 23, whatever the VMM has chosen."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            vcpu.irq_level = level
            self.vgic_inject(vcpu, 23, level)


@wrong("irq.inject", "several vCPUs")
class UpdateOfLoadedName(Hypervisor):
    """A VM with two vCPUs: the second's level is not told."""

    def update_state(self, vcpu):
        if vcpu.name == vcpu.vm.name or vcpu.name.endswith("0"):
            super().update_state(vcpu)


@wrong("irq.inject", "active")
class UpdateLowersAfterEnd(Hypervisor):
    """The line stays high while the interrupt is active."""

    def update_state(self, vcpu):
        irq = vcpu.vgic.irqs.get(vcpu.vm.irq_num)
        if irq and irq.active and not self.overflow_status(vcpu):
            return
        super().update_state(vcpu)


@wrong("irq.inject", "hidden state")
class UpdateTwice(Hypervisor):
    """A level is told when it was seen twice."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        seen, vcpu.seen = getattr(vcpu, "seen", level), level
        if seen == level:
            super().update_state(vcpu)


@wrong("irq.inject", "priority mask")
class UpdateUnlessMasked(Hypervisor):
    """Nothing is told while the guest's PMR masks all."""

    def update_state(self, vcpu):
        if self.cpu.mrs("ICH_VMCR_EL2") >> 24:
            super().update_state(vcpu)


# ---- irq.wake


@wrong("irq.wake", "twice")
class KickToggles(Hypervisor):
    """A second kick takes the first one back."""

    def kick(self, vcpu):
        vcpu.request = not vcpu.request


@wrong("irq.wake", "hidden state")
class KickOnce(Hypervisor):
    """Kicked once in its life."""

    def kick(self, vcpu):
        if not getattr(vcpu, "kicked", False):
            vcpu.request = vcpu.kicked = True


@wrong("irq.wake", "loaded")
class KickSmallGuests(Hypervisor):
    """A guest with more counters than half the CPU's is not kicked."""

    def kick(self, vcpu):
        if 2 * vcpu.vm.n_counters <= self.host.n_counters:
            vcpu.request = True


@wrong("irq.wake", "dynamic")
class KickStatic(Hypervisor):
    """On a dynamic host nobody is kicked."""

    def kick(self, vcpu):
        vcpu.request = vcpu.request or not self.config.dynamic
