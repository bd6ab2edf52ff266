"""More wrong masks, pairs and guards: what a first answer hides, and what two things make wrong."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT

# ---- partition.guest_mask


@wrong("partition.guest_mask", "8 counters")
class MaskEightIsSeven(Hypervisor):
    """A guest of 8 loses the highest: the byte is taken as signed."""

    def guest_counter_mask(self, vcpu):
        mask = super().guest_counter_mask(vcpu)
        return mask & ~0x80 if self.guest_counters(vcpu) == 8 else mask


@wrong("partition.guest_mask", "number of four bits")
class MaskNumberOfFourBits(Hypervisor):
    """N is read with four of its five bits."""

    def guest_counter_mask(self, vcpu):
        mask = super().guest_counter_mask(vcpu)
        n = self.guest_counters(vcpu) & 0xF
        return mask & (CYCLE_BIT | (1 << n) - 1)


@wrong("partition.guest_mask", "dynamic")
class MaskBesideTheHost(Hypervisor):
    """Without the counters that the host may use, which is all of them until they are lent."""

    def guest_counter_mask(self, vcpu):
        return super().guest_counter_mask(vcpu) & ~self.host.cntr_mask


@wrong("partition.guest_mask", "host events of cycles")
class MaskLeavesHostCycles(Hypervisor):
    """The cycle counter is the host's while an event of it sits there."""

    def guest_counter_mask(self, vcpu):
        mask = super().guest_counter_mask(vcpu)
        return mask & ~CYCLE_BIT if self.host.used_mask & CYCLE_BIT else mask


@wrong("partition.guest_mask", "hidden state")
class MaskOfTheFirst(Hypervisor):
    """The first answer on a CPU is kept for all guests."""

    def guest_counter_mask(self, vcpu):
        mask = super().guest_counter_mask(vcpu)
        if not hasattr(self.host, "guest_mask"):
            self.host.guest_mask = mask
        return self.host.guest_mask


@wrong("partition.guest_mask", "FEAT_PMUv3p5")
class MaskWithoutP5(Hypervisor):
    """Without FEAT_PMUv3p5 there are 24 counters at most."""

    def guest_counter_mask(self, vcpu):
        mask = super().guest_counter_mask(vcpu)
        return mask if "FEAT_PMUv3p5" in self.host.features else mask & (CYCLE_BIT | 0xFFFFFF)


# ---- partition.host_mask


@wrong("partition.host_mask", "counter numbers")
class HostMaskWithoutSeven(Hypervisor):
    """Counter 7 is never the host's."""

    def host_counter_mask(self):
        return self.host.cntr_mask & ~0x80


@wrong("partition.host_mask", "counter 0")
class HostMaskWithoutZero(Hypervisor):
    """Counter 0 is never the host's, dynamic or not."""

    def host_counter_mask(self):
        return self.host.cntr_mask & ~1


@wrong("partition.host_mask", "reserved N")
class HostMaskAllReserved(Hypervisor):
    """A host that has reserved all its counters has the cycle counter too."""

    def host_counter_mask(self):
        whole = self.host.max_guest_counters == 0
        return self.host.cntr_mask | (CYCLE_BIT if whole else 0)


@wrong("partition.host_mask", "CPUs of different size")
class HostMaskWithinBootCpu(Hypervisor):
    """Cut down to what the boot CPU implements."""

    def host_counter_mask(self):
        return self.host.cntr_mask & self.hosts[0].implemented


@wrong("partition.host_mask", "occupied counters")
class HostMaskOfUsed(Hypervisor):
    """What host events occupy now."""

    def host_counter_mask(self):
        return self.host.cntr_mask & self.host.used_mask or self.host.cntr_mask


@wrong("partition.host_mask", "no partition")
class HostMaskSparesCyclesEmulated(Hypervisor):
    """The cycle counter is kept free for an emulated guest that is loaded."""

    def host_counter_mask(self):
        vcpu = self.host.loaded
        emulated = vcpu is not None and not self.is_partitioned(vcpu)
        return self.host.cntr_mask & ~(CYCLE_BIT if emulated else 0)


# ---- swap.write_pair


@wrong("swap.write_pair", "whole mask")
class PairFullMask(Hypervisor):
    """A mask of all 32 counters overflows: its highest bit is not cleared."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpu.msr(clr_name, ~bits & (mask if mask + 1 < 1 << 32 else mask >> 1))


@wrong("swap.write_pair", "interrupts follow enables")
class PairInterruptsOfEnabled(Hypervisor):
    """An interrupt is only enabled where its counter is."""

    def write_pair(self, set_name, clr_name, bits, mask):
        if set_name == "PMINTENSET_EL1":
            bits &= self.cpu.mrs("PMCNTENSET_EL0")
        super().write_pair(set_name, clr_name, bits, mask)


@wrong("swap.write_pair", "counter numbers")
class PairSetsWithoutEight(Hypervisor):
    """Bit 8 is not set."""

    def write_pair(self, set_name, clr_name, bits, mask):
        super().write_pair(set_name, clr_name, bits & ~0x100, mask)


@wrong("swap.write_pair", "first of two")
class PairStopsWhenNone(Hypervisor):
    """No bits asked for: nothing is written at all."""

    def write_pair(self, set_name, clr_name, bits, mask):
        if bits & mask:
            super().write_pair(set_name, clr_name, bits, mask)


@wrong("swap.write_pair", "hidden state")
class PairRemembers(Hypervisor):
    """What was written last to a register is not written again."""

    def write_pair(self, set_name, clr_name, bits, mask):
        key = "last_" + set_name
        if getattr(self.host, key, None) != (bits, mask):
            super().write_pair(set_name, clr_name, bits, mask)
        setattr(self.host, key, (bits, mask))


# ---- swap.guard


@wrong("swap.guard", "halted")
class GuardAwake(Hypervisor):
    """Who is halted owns nothing: its put is skipped."""

    def owns_counters(self, vcpu):
        return super().owns_counters(vcpu) and not vcpu.halted


@wrong("swap.guard", "requests")
class GuardWithoutRequest(Hypervisor):
    """Who has a request pending owns nothing."""

    def owns_counters(self, vcpu):
        return super().owns_counters(vcpu) and not vcpu.request


@wrong("swap.guard", "migration")
class GuardOfFirstCpu(Hypervisor):
    """A vCPU owns counters on the CPU where it first did."""

    def owns_counters(self, vcpu):
        if not super().owns_counters(vcpu):
            return False
        if not hasattr(vcpu, "owner_cpu"):
            vcpu.owner_cpu = self.host.cpu
        return vcpu.owner_cpu == self.host.cpu


@wrong("swap.guard", "dynamic and all counters")
class GuardLeavesOne(Hypervisor):
    """A guest that would take every counter of a dynamic host owns none."""

    def owns_counters(self, vcpu):
        all_of_them = vcpu.vm.n_counters == self.host.n_counters
        return super().owns_counters(vcpu) and not (self.config.dynamic and all_of_them)


@wrong("swap.guard", "no FGT and no HPMN0")
class GuardWantsBoth(Hypervisor):
    """Neither FEAT_FGT nor FEAT_HPMN0: nobody owns counters."""

    def owns_counters(self, vcpu):
        some = {"FEAT_FGT", "FEAT_HPMN0"} & set(self.host.features)
        return super().owns_counters(vcpu) and bool(some)


@wrong("swap.guard", "supported everywhere")
class GuardOfListed(Hypervisor):
    """On a CPU other than the first a vCPU has to be listed."""

    def owns_counters(self, vcpu):
        listed = self.host.cpu == 0 or vcpu.supported_cpus is not None
        return super().owns_counters(vcpu) and listed


# ---- swap.write_pair


@wrong("swap.write_pair", "the second CPU")
class ClearsOnTheLastCpu(Hypervisor):
    """What is to be 0 is cleared on the last CPU, whoever runs there."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpus[-1].msr(clr_name, ~bits & mask)


@wrong("swap.write_pair", "the second CPU")
class ClearsOnTheFirstCpu(Hypervisor):
    """What is to be 0 is cleared on the boot CPU, whoever runs there."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpus[0].msr(clr_name, ~bits & mask)
