u64 kvm_pmu_host_counter_mask(void)
{
	return armv8pmu_cntr_mask();
}
