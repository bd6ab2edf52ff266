void kvm_pmu_fold_overflow(struct kvm_vcpu *vcpu)
{
	u64 overflow = read_sysreg(pmovsset_el0) & kvm_pmu_guest_counter_mask(vcpu);

	if (!overflow)
		return;
	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, overflow);
	write_sysreg(overflow, pmovsclr_el0);
}
