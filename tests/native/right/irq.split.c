irqreturn_t armv8pmu_handle_irq(void)
{
	u64 overflow = read_sysreg(pmovsset_el0) & read_sysreg(pmintenset_el1);
	unsigned long own;
	int i;

	if (!overflow)
		return IRQ_NONE;

	own = overflow & kvm_pmu_host_counter_mask();
	write_sysreg(own, pmovsclr_el0);
	armv8pmu_stop();
	for_each_set_bit(i, &own, 32)
		armv8pmu_overflow(i);
	if (overflow & ~own)
		kvm_pmu_handle_guest_irq(overflow & ~own);
	armv8pmu_start();
	return IRQ_HANDLED;
}
