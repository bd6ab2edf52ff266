"""Wrong masks: which counters are whose, and who owns them."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import CYCLE_IDX
from pmulab.kvm.vcpu import CYCLE_BIT, GUEST_OWNED, counters

COUNTER_30 = 1 << 30

# ---- partition.guest_mask


@wrong("partition.guest_mask", "counter numbers")
class MaskOfSixteen(Hypervisor):
    """The mask has 16 counters at most."""

    def guest_counter_mask(self, vcpu):
        return super().guest_counter_mask(vcpu) & (CYCLE_BIT | 0xFFFF)


@wrong("partition.guest_mask", "counter numbers")
class MaskSparesTheLast(Hypervisor):
    """The last counter of the PE is never a guest's: the highest index is taken for the number."""

    def guest_counter_mask(self, vcpu):
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return 0
        n = min(self.guest_counters(vcpu), self.host.n_counters - 1)
        return CYCLE_BIT | (1 << n) - 1


@wrong("partition.guest_mask", "FEAT_HPMN0 absent")
class MaskUpToHpmn(Hypervisor):
    """The first range is taken for the guest's, though HPMN is 1 for a guest without counters."""

    def guest_counter_mask(self, vcpu):
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return 0
        return CYCLE_BIT | (1 << self.hpmn(vcpu)) - 1


@wrong("partition.guest_mask", "other CPU")
class MaskOnBootCpu(Hypervisor):
    """Whether the vCPU suits the boot CPU decides, not whether it suits this one."""

    def guest_counter_mask(self, vcpu):
        if not self.is_partitioned(vcpu) or not vcpu.supports(0):
            return 0
        return CYCLE_BIT | (1 << self.guest_counters(vcpu)) - 1


@wrong("partition.guest_mask", "other CPU")
class MaskOfSmallCpu(Hypervisor):
    """What the boot CPU lends limits the guest on every CPU."""

    def guest_counter_mask(self, vcpu):
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return 0
        most = self.hosts[0].max_guest_counters
        return CYCLE_BIT | (1 << min(vcpu.vm.n_counters, most)) - 1


@wrong("partition.guest_mask", "other VM's size")
class MaskOfWhatIsLent(Hypervisor):
    """Every counter that the host has lent is this guest's, also those for a bigger VM."""

    def guest_counter_mask(self, vcpu):
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return 0
        return self.host.implemented & ~self.host.static_mask


@wrong("partition.guest_mask", "counter numbers")
class MaskSecondByteLate(Hypervisor):
    """Up to 16 counters are taken to fit one byte: 9 to 16 are cut down to 8."""

    def guest_counter_mask(self, vcpu):
        mask = super().guest_counter_mask(vcpu)
        return mask if self.guest_counters(vcpu) > 16 else mask & (CYCLE_BIT | 0xFF)


# ---- partition.host_mask


@wrong("partition.host_mask", "counter numbers")
class HostMaskOfThirty(Hypervisor):
    """`range(30)`: a host that has counter 30 alone has none."""

    def host_counter_mask(self):
        return self.host.cntr_mask & ~COUNTER_30


@wrong("partition.host_mask", "counter numbers")
class HostMaskOfSixteen(Hypervisor):
    """The host has no counter from 16 on, which are the ones that it keeps."""

    def host_counter_mask(self):
        return self.host.cntr_mask & (CYCLE_BIT | 0xFFFF)


@wrong("partition.host_mask", "partitioned and emulated")
class HostMaskWithoutCycles(Hypervisor):
    """The cycle counter is never the host's, so an emulated guest's events lack one counter."""

    def host_counter_mask(self):
        return self.host.cntr_mask & ~CYCLE_BIT


@wrong("partition.host_mask", "FEAT_HPMN0 absent")
class HostMaskWithCounterZero(Hypervisor):
    """All that is not lent is the host's, also counter 0 where HPMN cannot be 0."""

    def host_counter_mask(self):
        if self.config.dynamic or self.host.max_guest_counters < 0:
            return self.host.cntr_mask
        return self.host.implemented & ~(CYCLE_BIT | (1 << self.host.max_guest_counters) - 1)


@wrong("partition.host_mask", "other CPU")
class HostMaskOfLastCpu(Hypervisor):
    """The last CPU's mask on every CPU."""

    def host_counter_mask(self):
        return self.hosts[-1].cntr_mask


@wrong("partition.host_mask", "static and dynamic")
class HostMaskAsBooted(Hypervisor):
    """What the host had at boot, also while a guest has borrowed some of it."""

    def host_counter_mask(self):
        return self.host.static_mask


@wrong("partition.host_mask", "FREE and GUEST_OWNED")
class HostMaskBesideAnyGuest(Hypervisor):
    """Whoever is loaded has its counters, also a vCPU that is FREE."""

    def host_counter_mask(self):
        vcpu = self.host.loaded
        return self.host.cntr_mask & ~(self.guest_counter_mask(vcpu) if vcpu else 0)


# ---- swap.write_pair


@wrong("swap.write_pair", "counter numbers")
class PairOfSixteen(Hypervisor):
    """The low 16 bits, as if the register had no more."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask & 0xFFFF)
        self.cpu.msr(clr_name, ~bits & mask & 0xFFFF)


@wrong("swap.write_pair", "counter numbers")
class PairOfThirtyOne(Hypervisor):
    """`range(31)`: all event counters, not the cycle counter."""

    def write_pair(self, set_name, clr_name, bits, mask):
        for idx in range(31):
            if mask >> idx & 1:
                self.cpu.msr(set_name if bits >> idx & 1 else clr_name, 1 << idx)


@wrong("swap.write_pair", "counter numbers")
class PairWithoutThirty(Hypervisor):
    """`range(30)` and the cycle counter."""

    def write_pair(self, set_name, clr_name, bits, mask):
        for idx in (*range(30), CYCLE_IDX):
            if mask >> idx & 1:
                self.cpu.msr(set_name if bits >> idx & 1 else clr_name, 1 << idx)


@wrong("swap.write_pair", "PMINTEN and PMCNTEN")
class PairClearsEnables(Hypervisor):
    """Sets by the name that is given, and clears PMCNTENCLR_EL0 whatever that name is."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpu.msr("PMCNTENCLR_EL0", ~bits & mask)


@wrong("swap.write_pair", "PMINTEN and PMCNTEN")
class PairSetsEnables(Hypervisor):
    """Clears by the name that is given, and sets PMCNTENSET_EL0 whatever that name is."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr("PMCNTENSET_EL0", bits & mask)
        self.cpu.msr(clr_name, ~bits & mask)


@wrong("swap.write_pair", "other CPU")
class PairOnBootCpu(Hypervisor):
    """Writes the boot CPU's registers."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpus[0].msr(set_name, bits & mask)
        self.cpus[0].msr(clr_name, ~bits & mask)


# ---- swap.guard


@wrong("swap.guard", "other CPU")
class GuardOfLastCpu(Hypervisor):
    """Asks whether the last CPU suits."""

    def owns_counters(self, vcpu):
        suits = vcpu.supports(self.hosts[-1].cpu)
        return self.is_partitioned(vcpu) and suits and vcpu.access == GUEST_OWNED


@wrong("swap.guard", "supported_cpus")
class GuardWithoutList(Hypervisor):
    """A vCPU without a list of CPUs is taken for one that suits the boot CPU alone."""

    def owns_counters(self, vcpu):
        suits = self.host.cpu in (vcpu.supported_cpus or (0,))
        return self.is_partitioned(vcpu) and suits and vcpu.access == GUEST_OWNED


@wrong("swap.guard", "a guest without event counters")
class GuardWantsEventCounters(Hypervisor):
    """A guest with the cycle counter alone owns nothing."""

    def owns_counters(self, vcpu):
        return super().owns_counters(vcpu) and vcpu.vm.n_counters > 0


@wrong("swap.guard", "static and dynamic")
class GuardOfStatic(Hypervisor):
    """Only a static reservation makes an owner."""

    def owns_counters(self, vcpu):
        reserved = self.host.static_mask != self.host.implemented
        return super().owns_counters(vcpu) and reserved


@wrong("swap.guard", "FEAT_HPMN0 absent")
class GuardWantsHpmn0(Hypervisor):
    """A guest without event counters owns its cycle counter only with FEAT_HPMN0."""

    def owns_counters(self, vcpu):
        some = vcpu.vm.n_counters > 0 or "FEAT_HPMN0" in self.host.features
        return super().owns_counters(vcpu) and some


@wrong("swap.guard", "FEAT_FGT absent")
class GuardWantsFgt(Hypervisor):
    """Without fine-grained traps nobody owns counters."""

    def owns_counters(self, vcpu):
        return super().owns_counters(vcpu) and "FEAT_FGT" in self.host.features


@wrong("swap.guard", "the host's share")
class GuardWantsReserve(Hypervisor):
    """A guest owns counters only where the host has kept one for itself."""

    def owns_counters(self, vcpu):
        kept = self.host.max_guest_counters < self.host.n_counters
        return super().owns_counters(vcpu) and kept


@wrong("swap.guard", "several counters enabled")
class GuardCountsEnables(Hypervisor):
    """Who has not one counter enabled in memory owns none: those that are loaded have moved."""

    def owns_counters(self, vcpu):
        return super().owns_counters(vcpu) and bool(counters(vcpu.regs["PMCNTENSET_EL0"]))
