void kvm_pmu_put(struct kvm_vcpu *vcpu)
{
	unsigned long mask;
	int i;

	if (!kvm_pmu_owns_counters(vcpu))
		return;

	mask = kvm_pmu_guest_counter_mask(vcpu);
	kvm_pmu_stop(vcpu);
	for_each_set_bit(i, &mask, 32) {
		if (i == ARMV8_PMU_CYCLE_IDX)
			__vcpu_assign_sys_reg(vcpu, PMCCNTR_EL0, read_sysreg(pmccntr_el0));
		else
			__vcpu_assign_sys_reg(vcpu, PMEVCNTR0_EL0 + i, read_pmevcntrn(i));
	}
	__vcpu_assign_sys_reg(vcpu, PMSELR_EL0, read_sysreg(pmselr_el0));
	__vcpu_assign_sys_reg(vcpu, PMCR_EL0, read_sysreg(pmcr_el0) & ARMV8_PMU_PMCR_MASK);
	kvm_pmu_fold_overflow(vcpu);
	write_sysreg(kvm_pmu_host_pmcr(), pmcr_el0);
	kvm_pmu_set_guest_counters(0);
}
