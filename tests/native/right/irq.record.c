void kvm_pmu_handle_guest_irq(u64 overflow)
{
	struct kvm_vcpu *vcpu = kvm_get_running_vcpu();

	if (!vcpu || !kvm_pmu_owns_counters(vcpu)) {
		write_sysreg(overflow, pmovsclr_el0);
		return;
	}
	overflow &= kvm_pmu_guest_counter_mask(vcpu);
	write_sysreg(overflow, pmovsclr_el0);
	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, overflow);
	if (kvm_pmu_part_overflow_status(vcpu))
		kvm_vcpu_kick(vcpu);
}
