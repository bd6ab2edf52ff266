void kvm_pmu_apply_event_filter(struct kvm_vcpu *vcpu)
{
	unsigned long mask = kvm_pmu_guest_counter_mask(vcpu);
	int i;

	for_each_set_bit(i, &mask, 32) {
		u64 type = __vcpu_sys_reg(vcpu, PMEVTYPER0_EL0 + i);
		u64 event = type & kvm_pmu_event_mask(vcpu);

		if (i == ARMV8_PMU_CYCLE_IDX)
			event = ARMV8_PMUV3_PERFCTR_CPU_CYCLES;
		type &= ~(u64)ARMV8_PMU_INCLUDE_EL2;
		if (!kvm_pmu_event_allowed(vcpu, event))
			type |= ARMV8_PMU_EXCLUDE_EL1 | ARMV8_PMU_EXCLUDE_EL0;
		if (i == ARMV8_PMU_CYCLE_IDX)
			write_sysreg(type, pmccfiltr_el0);
		else
			write_pmevtypern(i, type);
	}
}
