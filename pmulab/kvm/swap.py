"""Load and put: a vCPU's counters into the hardware and back, in the safe order.

The contract: put leaves the guest range quiet (no enable, no flag), and load assumes nothing of it.

Not modelled: preemption inside load and put, which the kernel forbids.

Source: Linux: arch/arm64/kvm/pmu-direct.c (posting v8, patches 11, 14), with the review's repairs.
"""

from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.vcpu import Vcpu, counters, evcntr

RESETS = PMCR_EL0.P | PMCR_EL0.C


class Swap(Hooks):
    """The hooks of the context swap."""

    def pmu_load(self, vcpu: Vcpu) -> None:
        """Write a vCPU's counters to the hardware; enables come last.

        Linux: pmu-direct.c, kvm_pmu_load().
        """
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        # Without FEAT_HPMN0 the boundary is above counter 0 even for a guest that has no counter.
        self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.apply_event_filter(vcpu)
        for idx in counters(mask):
            cpu.msr(evcntr(idx), regs[evcntr(idx)])
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
        # P and C are commands: replayed here they would wipe what the loop has just restored.
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        cpu.msr("PMOVSCLR_EL0", mask)
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)
        self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)

    def write_pair(self, set_name: str, clr_name: str, bits: int, mask: int) -> None:
        """Force the masked bits of a register to `bits` and touch no other.

        The two names show one state: a 1 sets through the first and clears through the second, a 0
        does nothing. Linux: pmu-direct.c, kvm_pmu_load().
        """
        self.cpu.msr(set_name, bits & mask)
        self.cpu.msr(clr_name, ~bits & mask)

    def pmu_put(self, vcpu: Vcpu) -> None:
        """Save a vCPU's counters; stop them first and leave the range quiet.

        Linux: pmu-direct.c, kvm_pmu_put().
        """
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        # A counter that runs while it is read can wrap after the read: one overflow becomes two.
        self.pmu_stop(vcpu)
        for idx in counters(mask):
            regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
        regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
        regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
        self.fold_overflow(vcpu)
        cpu.msr("PMCR_EL0", self.host.pmcr)
        self.set_guest_counters(0)

    def pmu_stop(self, vcpu: Vcpu) -> None:
        """Save which counters of a vCPU are on and may interrupt, then stop them.

        Linux: pmu-direct.c, a part of kvm_pmu_put.
        """
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        regs["PMCNTENSET_EL0"] = cpu.mrs("PMCNTENSET_EL0") & mask
        regs["PMINTENSET_EL1"] = cpu.mrs("PMINTENSET_EL1") & mask
        cpu.msr("PMCNTENCLR_EL0", mask)
        cpu.msr("PMINTENCLR_EL1", mask)
