u64 kvm_pmu_guest_counter_mask(struct kvm_vcpu *vcpu)
{
	u64 n = kvm_pmu_nr_counters(vcpu);

	if (!kvm_pmu_is_partitioned(vcpu) || vcpu_on_unsupported_cpu(vcpu))
		return 0;
	n = min(n, (u64)kvm_pmu_max_guest_counters());
	return BIT(ARMV8_PMU_CYCLE_IDX) | (BIT(n) - 1);
}
