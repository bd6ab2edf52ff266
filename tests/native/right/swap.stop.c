void kvm_pmu_stop(struct kvm_vcpu *vcpu)
{
	u64 mask = kvm_pmu_guest_counter_mask(vcpu);

	__vcpu_assign_sys_reg(vcpu, PMCNTENSET_EL0, read_sysreg(pmcntenset_el0) & mask);
	__vcpu_assign_sys_reg(vcpu, PMINTENSET_EL1, read_sysreg(pmintenset_el1) & mask);
	write_sysreg(mask, pmcntenclr_el0);
	write_sysreg(mask, pmintenclr_el1);
}
