bool kvm_pmu_part_overflow_status(struct kvm_vcpu *vcpu)
{
	bool here = kvm_pmu_in_hardware(vcpu);
	u64 flags = __vcpu_sys_reg(vcpu, PMOVSSET_EL0) & GENMASK(31, 0);
	u64 enabled = here ? read_sysreg(pmintenset_el1) : __vcpu_sys_reg(vcpu, PMINTENSET_EL1);
	u64 control = here ? read_sysreg(pmcr_el0) : __vcpu_sys_reg(vcpu, PMCR_EL0);

	flags &= kvm_pmu_virtual_counter_mask(vcpu);
	return (control & ARMV8_PMU_PMCR_E) && (flags & enabled);
}
