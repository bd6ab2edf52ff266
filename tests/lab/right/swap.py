"""Masks, loads, puts and folds that look wrong and are right."""

from enum import IntFlag

from lab.right.table import right

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.filter import EXCLUDE_ALL
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import CYCLE_BIT, GUEST_OWNED, counters, evcntr, evtyper

# ---- masks


class Mask(IntFlag):
    """Counters as flags."""

    EVERY = 0xFFFFFFFF


@right("partition.guest_mask", "a flag is a number")
class MaskOfFlags(Hypervisor):
    """Returns an IntFlag."""

    def guest_counter_mask(self, vcpu):
        return Mask(super().guest_counter_mask(vcpu))


@right("partition.guest_mask", "a partition that is turned on has cut down the VM's number")
class MaskOfTheVm(Hypervisor):
    """The VM's number of counters, without a look at what the CPU lends."""

    def guest_counter_mask(self, vcpu):
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return 0
        return CYCLE_BIT | (1 << vcpu.vm.n_counters) - 1


@right("partition.guest_mask", "who owns no counters is not asked for them")
class MaskOfOwners(Hypervisor):
    """Empty for everybody but an owner."""

    def guest_counter_mask(self, vcpu):
        return super().guest_counter_mask(vcpu) if self.owns_counters(vcpu) else 0


@right("partition.host_mask", "the driver's mask lies within what is implemented")
class HostMaskTwice(Hypervisor):
    """Masked with what is implemented."""

    def host_counter_mask(self):
        return self.host.cntr_mask & self.host.implemented


@right("swap.write_pair", "nothing counts between two accesses of a load that is not over")
class PairClearsFirst(Hypervisor):
    """Clears the whole mask and sets what is due."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(clr_name, mask)
        self.cpu.msr(set_name, bits & mask)


@right("swap.write_pair", "a write of 0 does nothing")
class PairSkipsZero(Hypervisor):
    """Writes only where there is something to change, having read it."""

    def write_pair(self, set_name, clr_name, bits, mask):
        differs = (self.cpu.mrs(set_name) ^ bits) & mask
        if differs & bits:
            self.cpu.msr(set_name, differs & bits)
        if differs & ~bits:
            self.cpu.msr(clr_name, differs & ~bits)


@right("swap.guard", "None is as false as False")
class GuardOrNone(Hypervisor):
    """Returns None for no."""

    def owns_counters(self, vcpu):
        if self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu):
            return vcpu.access == GUEST_OWNED or None
        return None


# ---- swap


@right("swap.load", "put has left no enable, so nothing counts before the last two lines")
class LoadControlFirst(Hypervisor):
    """PMCR_EL0 with its E comes before types and values; interrupts are enabled first."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", 0, mask)
        cpu.msr("PMOVSCLR_EL0", mask)
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
        for idx in reversed(counters(mask)):
            cpu.msr(evcntr(idx), regs[evcntr(idx)])
        self.apply_event_filter(vcpu)
        self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)


@right("swap.load", "the saved copy is dead while the guest is loaded, and P and C read as 0")
class LoadDropsResets(Hypervisor):
    """Takes P and C out of memory too, and writes the selector once more at the end."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            vcpu.regs["PMCR_EL0"] &= ~RESETS
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMSELR_EL0", vcpu.regs["PMSELR_EL0"])


@right("swap.stop", "what is off needs no clear")
class StopClearsSaved(Hypervisor):
    """Clears what was on, interrupts first, read by the other name."""

    def pmu_stop(self, vcpu):
        cpu, mask = self.cpu, self.guest_counter_mask(vcpu)
        for stem in ("PMINTEN{}_EL1", "PMCNTEN{}_EL0"):
            clear = stem.format("CLR")
            vcpu.regs[stem.format("SET")] = cpu.mrs(clear) & mask
            cpu.msr(clear, cpu.mrs(clear) & mask)


@right("swap.put", "the guest's own number of counters is what the partition has of it")
class PutByVirtualMask(Hypervisor):
    """The counters that the guest believes to have."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.virtual_counter_mask(vcpu)
        regs["PMINTENSET_EL1"] = cpu.mrs("PMINTENCLR_EL1") & mask
        cpu.msr("PMINTENCLR_EL1", mask)
        regs["PMCNTENSET_EL0"] = cpu.mrs("PMCNTENCLR_EL0") & mask
        cpu.msr("PMCNTENCLR_EL0", mask)
        self.fold_overflow(vcpu)
        regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
        regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
        for idx in reversed(counters(mask)):
            regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
        cpu.msr("PMCR_EL0", self.host.pmcr)
        self.set_guest_counters(0)


@right("swap.put", "the next load writes what this wipes")
class PutWipesRange(Hypervisor):
    """Leaves zeros in the guest range and in the selector."""

    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu) and not self.config.dynamic:
            super().pmu_put(vcpu)
            self.cpu.msr("PMSELR_EL0", 0)
            for idx in counters(self.guest_counter_mask(vcpu)):
                self.cpu.msr(evcntr(idx), 0)
                self.cpu.msr(evtyper(idx), EXCLUDE_ALL)
            return
        super().pmu_put(vcpu)


@right("swap.put", "the register has 64 bits, whoever has kept them")
class PutSignedValues(Hypervisor):
    """Values are kept as s64."""

    def pmu_put(self, vcpu):
        owner = self.owns_counters(vcpu)
        super().pmu_put(vcpu)
        for idx in counters(self.guest_counter_mask(vcpu)) if owner else ():
            value = vcpu.regs[evcntr(idx)]
            vcpu.regs[evcntr(idx)] = value - (1 << 64) if value >> 63 else value


@right("swap.fold", "whatever is not the host's is the guest's or nobody's")
class FoldBesideHost(Hypervisor):
    """All flags but those of the host, read by the other name, one after the other."""

    def fold_overflow(self, vcpu):
        mask = self.guest_counter_mask(vcpu) & ~self.host_counter_mask()
        for idx in counters(self.cpu.mrs("PMOVSCLR_EL0") & mask):
            self.cpu.msr("PMOVSCLR_EL0", 1 << idx)
            vcpu.regs["PMOVSSET_EL0"] |= 1 << idx


@right("swap.fold", "a kick costs a pass through the run loop")
class FoldKicks(Hypervisor):
    """Kicks the vCPU as well."""

    def fold_overflow(self, vcpu):
        super().fold_overflow(vcpu)
        self.kick(vcpu)
