void kvm_pmu_load(struct kvm_vcpu *vcpu)
{
	unsigned long mask;
	u64 enabled, interrupting;
	int i;

	if (!kvm_pmu_owns_counters(vcpu))
		return;

	mask = kvm_pmu_guest_counter_mask(vcpu);
	kvm_pmu_set_guest_counters(mask | (BIT(kvm_pmu_hpmn(vcpu)) - 1));
	kvm_pmu_keep_host_pmcr(read_sysreg(pmcr_el0));
	kvm_pmu_apply_event_filter(vcpu);
	for_each_set_bit(i, &mask, 32) {
		u64 count = __vcpu_sys_reg(vcpu, PMEVCNTR0_EL0 + i);

		if (i == ARMV8_PMU_CYCLE_IDX)
			write_sysreg(count, pmccntr_el0);
		else
			write_pmevcntrn(i, count);
	}
	write_sysreg(__vcpu_sys_reg(vcpu, PMSELR_EL0), pmselr_el0);
	write_sysreg(__vcpu_sys_reg(vcpu, PMCR_EL0) & ~(u64)(ARMV8_PMU_PMCR_P | ARMV8_PMU_PMCR_C),
		     pmcr_el0);
	write_sysreg(mask, pmovsclr_el0);

	enabled = __vcpu_sys_reg(vcpu, PMCNTENSET_EL0);
	write_sysreg(enabled & mask, pmcntenset_el0);
	write_sysreg(~enabled & mask, pmcntenclr_el0);
	interrupting = __vcpu_sys_reg(vcpu, PMINTENSET_EL1);
	write_sysreg(interrupting & mask, pmintenset_el1);
	write_sysreg(~interrupting & mask, pmintenclr_el1);
}
