"""Who owns which counter: HPMN, the two masks, MDCR_EL2 and the fine-grained traps.

Not modelled: MDCR_EL2's debug and trace bits, FEAT_FGT2 (its n-bits stay 0, which traps).

Source: Linux: arch/arm64/kvm/pmu-direct.c, debug.c (posting v8, patches 08, 10, 11).
"""

from pmulab.hw.sysregs import HDFGRTR_EL2, HDFGWTR_EL2, MDCR_EL2
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, Vcpu

# Registers that a vCPU with its own counters must still not reach: KVM keeps the overflow flags,
# limits the event types, and hides what the host implements.
FGT_WRITE = sum(HDFGWTR_EL2.masks("PMOVS PMEVTYPERn_EL0 PMCCFILTR_EL0"))
FGT_READ = sum(HDFGRTR_EL2.masks("PMOVS PMEVTYPERn_EL0 PMCCFILTR_EL0 PMCEIDn_EL0 PMMIR_EL1"))
TRAPS = MDCR_EL2.TPM | MDCR_EL2.TPMCR


class Partition(Hooks):
    """The hooks that divide the counters, and lazy ownership."""

    def is_partitioned(self, vcpu: Vcpu) -> bool:
        """Tell whether this vCPU's VM uses a partition that this CPU has.

        Linux: pmu-direct.c, kvm_pmu_is_partitioned().
        """
        return self.host.max_guest_counters >= 0 and vcpu.vm.partitioned

    def owns_counters(self, vcpu: Vcpu) -> bool:
        """Tell whether this vCPU's counters are, or are to be, in this CPU's hardware."""
        ours = self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu)
        return ours and vcpu.access == GUEST_OWNED

    def hpmn(self, vcpu: Vcpu) -> int:
        """Return how many event counters the guest gets on this CPU; N where it is unsupported.

        Linux: pmu-direct.c, kvm_pmu_hpmn() (postings v5 to v7; v8 has it in debug.c).
        """
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return self.host.n_counters
        # Without FEAT_HPMN0 an HPMN of 0 is UNPREDICTABLE: a guest without counters costs one.
        return max(self.guest_counters(vcpu), self.host.least_hpmn)

    def guest_counters(self, vcpu: Vcpu) -> int:
        """Return how many event counters the guest has on this CPU."""
        return min(vcpu.vm.n_counters, self.host.max_guest_counters)

    def guest_counter_mask(self, vcpu: Vcpu) -> int:
        """Return the guest's counters: the first ones of the CPU, and the cycle counter.

        Linux: pmu-direct.c, kvm_pmu_guest_counter_mask().
        """
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return 0
        return CYCLE_BIT | (1 << self.guest_counters(vcpu)) - 1

    def host_counter_mask(self) -> int:
        """Return the counters that the host's driver may use on this CPU now.

        Here it is what the driver may allocate. In posting v8, kvm_pmu_host_counter_mask() is the
        second range as booted, and what may be allocated is arm_pmu.cntr_mask.
        Linux: pmu-direct.c, kvm_pmu_host_counter_mask(); drivers/perf/arm_pmuv3.c.
        """
        return self.host.cntr_mask

    def untraps(self, vcpu: Vcpu) -> bool:
        """Tell whether the guest may reach its counters without a trap."""
        fine = "FEAT_FGT" in self.host.features
        some = vcpu.vm.n_counters > 0 or "FEAT_HPMN0" in self.host.features
        return self.owns_counters(vcpu) and fine and some

    def setup_traps(self, vcpu: Vcpu) -> None:
        """Program MDCR_EL2 and the fine-grained traps for a vCPU.

        Trapping everything is the rule, leaving counters open the exception.
        Linux: debug.c, kvm_arm_setup_mdcr_el2(); hyp/switch.h, kvm_vcpu_load_fgt().
        """
        mdcr = TRAPS | MDCR_EL2.HPME | self.host.n_counters
        if self.owns_counters(vcpu):
            # The boundary moves even where all traps stay: the guest's PMCR_EL0.E must not gate
            # the host's counters.
            mdcr = MDCR_EL2.put(mdcr, HPMN=self.hpmn(vcpu)) | MDCR_EL2.HPMD | MDCR_EL2.HCCD
        if self.untraps(vcpu):
            mdcr &= ~TRAPS
        self.cpu.msr("MDCR_EL2", mdcr)
        if "FEAT_FGT" in self.host.features:
            self.cpu.msr("HDFGRTR_EL2", FGT_READ)
            self.cpu.msr("HDFGWTR_EL2", FGT_WRITE)

    def clear_traps(self) -> None:
        """Program MDCR_EL2 and the fine-grained traps for the host alone.

        Linux: hyp/switch.h, __deactivate_traps_common().
        """
        self.cpu.msr("MDCR_EL2", MDCR_EL2.HPME | self.host.n_counters)
        if "FEAT_FGT" in self.host.features:
            self.cpu.msr("HDFGRTR_EL2", 0)
            self.cpu.msr("HDFGWTR_EL2", 0)

    # ---- lazy ownership

    def take_ownership(self, vcpu: Vcpu) -> None:
        """Give a FREE vCPU its counters at its first access: a whole load, not just a flag.

        Linux: pmu-direct.c, kvm_pmu_set_guest_owned().
        """
        if vcpu.access == FREE and self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu):
            vcpu.access = GUEST_OWNED
            self.setup_traps(vcpu)
            self.pmu_load(vcpu)

    def decide_ownership(self, vcpu: Vcpu) -> None:
        """Decide at load who owns the counters: the guest, if lazy only with one enabled."""
        partitioned = self.is_partitioned(vcpu)
        wanted = not self.config.lazy or vcpu.regs["PMCNTENSET_EL0"] != 0
        vcpu.access = GUEST_OWNED if partitioned and wanted else FREE
