u64 kvm_pmu_hardware_type(struct kvm_vcpu *vcpu, int idx)
{
	u64 type = __vcpu_sys_reg(vcpu, PMEVTYPER0_EL0 + idx);
	u64 event = idx == ARMV8_PMU_CYCLE_IDX ? ARMV8_PMUV3_PERFCTR_CPU_CYCLES
					       : type & kvm_pmu_event_mask(vcpu);

	type &= ~(u64)ARMV8_PMU_INCLUDE_EL2;
	if (!kvm_pmu_event_allowed(vcpu, event))
		type |= ARMV8_PMU_EXCLUDE_EL1 | ARMV8_PMU_EXCLUDE_EL0;
	return type;
}
