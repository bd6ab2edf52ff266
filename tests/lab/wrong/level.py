"""Wrong levels: what the guest's interrupt line shows, who hears of it, who is woken."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.vcpu import CYCLE_BIT
from pmulab.kvm.vgic_state import PMU_PPI

COUNTER_30 = 1 << 30

# ---- irq.status


@wrong("irq.status", "counter numbers")
class StatusOfSixteen(Hypervisor):
    """Flags of 16 event counters and of the cycle counter."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & (CYCLE_BIT | 0xFFFF)
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(on and flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@wrong("irq.status", "counter numbers")
class StatusWithoutThirty(Hypervisor):
    """`range(30)` and the cycle counter."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & ~COUNTER_30
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(on and flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@wrong("irq.status", "partitioned and emulated")
class StatusOfGuestMask(Hypervisor):
    """Flags of the partition's counters: an emulated guest has none."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.guest_counter_mask(vcpu)
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(on and flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@wrong("irq.status", "FREE and GUEST_OWNED")
class StatusByHardwareControl(Hypervisor):
    """PMCR_EL0 is read from the hardware, where it is the host's while the guest is FREE."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        on = self.cpu.mrs("PMCR_EL0") & PMCR_EL0.E
        return bool(on and flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@wrong("irq.status", "other CPU")
class StatusOfBootCpu(Hypervisor):
    """PMINTENSET_EL1 is read from the boot CPU."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        mine = self.in_hardware(vcpu)
        name = "PMINTENSET_EL1"
        enabled = self.cpus[0].mrs(name) if mine else vcpu.regs[name]
        return bool(flags & enabled and self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E)


@wrong("irq.status", "several flags")
class StatusOfAll(Hypervisor):
    """The level is high when every flag may interrupt, not when one may."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        enabled = self.read_home(vcpu, "PMINTENSET_EL1")
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(on and flags and not flags & ~enabled)


# ---- irq.inject


@wrong("irq.inject", "FREE and GUEST_OWNED")
class UpdateForOwners(Hypervisor):
    """The vGIC hears of an owner's level only."""

    def update_state(self, vcpu):
        if self.owns_counters(vcpu):
            super().update_state(vcpu)


@wrong("irq.inject", "partitioned and emulated")
class UpdateForPartitioned(Hypervisor):
    """The vGIC hears nothing of an emulated guest's level."""

    def update_state(self, vcpu):
        if self.is_partitioned(vcpu):
            super().update_state(vcpu)


@wrong("irq.inject", "other CPU")
class UpdateOnBootCpu(Hypervisor):
    """The vGIC hears of levels on the boot CPU."""

    def update_state(self, vcpu):
        if self.host.cpu == 0:
            super().update_state(vcpu)


@wrong("irq.inject", "a guest without event counters")
class UpdateForEventCounters(Hypervisor):
    """A guest with the cycle counter alone has no interrupt."""

    def update_state(self, vcpu):
        if vcpu.vm.n_counters:
            super().update_state(vcpu)


@wrong("irq.inject", "active state")
class UpdateSparesActive(Hypervisor):
    """While the guest handles its interrupt the level is not looked at."""

    def update_state(self, vcpu):
        if not vcpu.vgic.irq(PMU_PPI).active:
            super().update_state(vcpu)


# ---- irq.wake


@wrong("irq.wake", "other CPU")
class KickOnBootCpu(Hypervisor):
    """Only a vCPU on the boot CPU is woken."""

    def kick(self, vcpu):
        vcpu.request = vcpu.request or self.host.cpu == 0


@wrong("irq.wake", "other VM")
class KickWhoIsLoaded(Hypervisor):
    """Whoever is loaded is kicked, not whom it is about; there may be nobody."""

    def kick(self, vcpu):
        self.host.loaded.request = True


@wrong("irq.wake", "partitioned and emulated")
class KickPartitioned(Hypervisor):
    """An emulated guest is not woken."""

    def kick(self, vcpu):
        vcpu.request = vcpu.request or self.is_partitioned(vcpu)


@wrong("irq.wake", "a guest without event counters")
class KickForEventCounters(Hypervisor):
    """A guest with the cycle counter alone is not woken."""

    def kick(self, vcpu):
        vcpu.request = vcpu.request or vcpu.vm.n_counters > 0


@wrong("irq.wake", "moments")
class KickWhoSleeps(Hypervisor):
    """Only who sleeps is kicked: one that is about to sleep is not."""

    def kick(self, vcpu):
        vcpu.request = vcpu.request or vcpu.halted
