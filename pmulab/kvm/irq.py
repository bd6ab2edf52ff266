"""Overflow: split the flags, record the guest's, compute the level of its interrupt, wake it.

The PMU's one interrupt line always goes to the host. The guest's interrupt is not a recorded event
but a level: it is what the architecture computes from the guest's own registers.

Not modelled: pseudo-NMI, irq_work.

Source: Linux: drivers/perf/arm_pmuv3.c, armv8pmu_handle_irq(); arch/arm64/kvm/pmu-direct.c, pmu.c
(posting v8, patches 16, 17).
"""

from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.vcpu import Vcpu, counters


class Irq(Hooks):
    """The hooks of the interrupt path."""

    def handle_host_irq(self) -> bool:
        """Handle the PMU's interrupt: the host's counters first, then the guest's share.

        The driver clears only the flags of its own counters, which stand still meanwhile. False
        where it was not the PMU. Linux: drivers/perf/arm_pmuv3.c, armv8pmu_handle_irq().
        """
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True

    def handle_guest_irq(self, overflow: int) -> None:
        """Record a loaded guest's overflows in memory and clear them in the hardware.

        Linux: pmu-direct.c, kvm_pmu_handle_guest_irq().
        """
        vcpu = self.host.loaded
        if vcpu is None or not self.owns_counters(vcpu):
            # Nobody's: left set, the flags would hold the line high for ever.
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        overflow &= self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        if self.overflow_status(vcpu):
            self.kick(vcpu)

    def fold_overflow(self, vcpu: Vcpu) -> None:
        """Move the guest's flags that are still in hardware into memory, their home.

        OR, never assign: memory may hold flags that the hardware has long lost.
        """
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        if overflow:
            vcpu.regs["PMOVSSET_EL0"] |= overflow
            self.cpu.msr("PMOVSCLR_EL0", overflow)

    def overflow_status(self, vcpu: Vcpu) -> bool:
        """Return the level that the guest's PMU interrupt has now.

        Linux: pmu-direct.c, kvm_pmu_part_overflow_status().
        """
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        if not flags or not flags & self.read_home(vcpu, "PMINTENSET_EL1"):
            return False
        return bool(self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E)

    def update_state(self, vcpu: Vcpu) -> None:
        """Hand a change of the level to the vGIC.

        Linux: arch/arm64/kvm/pmu.c, kvm_pmu_update_state().
        """
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            vcpu.irq_level = level
            self.vgic_inject(vcpu, vcpu.vm.irq_num, level)

    def kick(self, vcpu: Vcpu) -> None:
        """Ask for another pass through the run loop, and wake the vCPU if it is halted.

        Linux: kvm_make_request(KVM_REQ_IRQ_PENDING), kvm_vcpu_kick().
        """
        vcpu.request = True
