/*
 * A file in the shape of a posting, written for this test: every function is ours.
 *
 * PLANTED 1: the put keeps the guest's control register. PLANTED 2: the flags are assigned.
 * PLANTED 3: the look-up key is the whole type. PLANTED 4: the handler never asks for a run.
 * PLANTED 5: the boundary stays at N.
 */
#define PMCR_KEPT (ARMV8_PMU_PMCR_MASK & ~(ARMV8_PMU_PMCR_P | ARMV8_PMU_PMCR_C))

static bool on_hardware(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.pmu.access == VCPU_PMU_ACCESS_GUEST_OWNED &&
	       kvm_pmu_is_partitioned(vcpu->kvm) && !vcpu_on_unsupported_cpu(vcpu);
}

static u64 nth_type(struct kvm_vcpu *vcpu, int i)
{
	return __vcpu_sys_reg(vcpu, PMEVTYPER0_EL0 + i);
}

u64 kvm_pmu_guest_counter_mask(struct arm_pmu *pmu)
{
	int n = min(pmu->max_guest_counters, (int)kvm_pmu_nr_counters(pmu));
	u64 mask = BIT(ARMV8_PMU_CYCLE_IDX);

	if (n > 0)
		mask |= GENMASK(n - 1, 0);
	return mask;
}

void kvm_pmu_apply_event_filter(struct kvm_vcpu *vcpu)
{
	unsigned long mask = kvm_pmu_guest_counter_mask(vcpu->kvm->arch.arm_pmu);
	int i;

	guard(preempt)();
	for_each_set_bit(i, &mask, 32) {
		u64 type = nth_type(vcpu, i);
		u64 event = i == ARMV8_PMU_CYCLE_IDX ? ARMV8_PMUV3_PERFCTR_CPU_CYCLES : type;

		type &= ~(u64)ARMV8_PMU_INCLUDE_EL2;
		if (vcpu->kvm->arch.pmu_filter && !test_bit(event, vcpu->kvm->arch.pmu_filter))
			type |= ARMV8_PMU_EXCLUDE_EL0 | ARMV8_PMU_EXCLUDE_EL1;
		if (i == ARMV8_PMU_CYCLE_IDX)
			write_sysreg(type, pmccfiltr_el0);
		else
			write_pmevtypern(i, type);
	}
}

void kvm_pmu_load(struct kvm_vcpu *vcpu)
{
	struct arm_pmu *pmu = vcpu->kvm->arch.arm_pmu;
	unsigned long mask;
	u64 bits;
	int i;

	if (!on_hardware(vcpu))
		return;
	preempt_disable();
	mask = kvm_pmu_guest_counter_mask(pmu);
	kvm_pmu_set_guest_counters(pmu, mask | (BIT(kvm_pmu_hpmn(vcpu)) - 1));
	kvm_pmu_keep_host_pmcr(read_sysreg(pmcr_el0));
	kvm_pmu_apply_event_filter(vcpu);
	for_each_set_bit(i, &mask, 32) {
		bits = __vcpu_sys_reg(vcpu, PMEVCNTR0_EL0 + i);
		if (i == ARMV8_PMU_CYCLE_IDX)
			write_sysreg(bits, pmccntr_el0);
		else
			write_pmevcntrn(i, bits);
	}
	write_sysreg(__vcpu_sys_reg(vcpu, PMSELR_EL0), pmselr_el0);
	write_sysreg(__vcpu_sys_reg(vcpu, PMCR_EL0) & PMCR_KEPT, pmcr_el0);
	write_sysreg(mask, pmovsclr_el0);
	bits = __vcpu_sys_reg(vcpu, PMCNTENSET_EL0);
	write_sysreg(bits & mask, pmcntenset_el0);
	write_sysreg(~bits & mask, pmcntenclr_el0);
	bits = __vcpu_sys_reg(vcpu, PMINTENSET_EL1);
	write_sysreg(bits & mask, pmintenset_el1);
	write_sysreg(~bits & mask, pmintenclr_el1);
	preempt_enable();
}

void kvm_pmu_put(struct kvm_vcpu *vcpu)
{
	struct arm_pmu *pmu = vcpu->kvm->arch.arm_pmu;
	unsigned long mask, flags;
	int i;

	if (!on_hardware(vcpu))
		return;
	preempt_disable();
	mask = kvm_pmu_guest_counter_mask(pmu);
	__vcpu_assign_sys_reg(vcpu, PMCNTENSET_EL0, read_sysreg(pmcntenset_el0) & mask);
	__vcpu_assign_sys_reg(vcpu, PMINTENSET_EL1, read_sysreg(pmintenset_el1) & mask);
	write_sysreg(mask, pmcntenclr_el0);
	write_sysreg(mask, pmintenclr_el1);
	for_each_set_bit(i, &mask, 32)
		__vcpu_assign_sys_reg(vcpu, PMEVCNTR0_EL0 + i,
				      i == ARMV8_PMU_CYCLE_IDX ? read_sysreg(pmccntr_el0) :
								 read_pmevcntrn(i));
	__vcpu_assign_sys_reg(vcpu, PMSELR_EL0, read_sysreg(pmselr_el0));
	__vcpu_assign_sys_reg(vcpu, PMCR_EL0, read_sysreg(pmcr_el0) & ARMV8_PMU_PMCR_MASK);
	flags = read_sysreg(pmovsset_el0) & mask;
	__vcpu_assign_sys_reg(vcpu, PMOVSSET_EL0, flags);
	write_sysreg(flags, pmovsclr_el0);
	kvm_pmu_set_guest_counters(pmu, 0);
	preempt_enable();
}

bool kvm_pmu_part_overflow_status(struct kvm_vcpu *vcpu)
{
	bool here = kvm_pmu_in_hardware(vcpu);
	u64 flags = __vcpu_sys_reg(vcpu, PMOVSSET_EL0);

	flags &= here ? read_sysreg(pmintenset_el1) : __vcpu_sys_reg(vcpu, PMINTENSET_EL1);
	flags &= kvm_pmu_virtual_counter_mask(vcpu);
	return flags && ((here ? read_sysreg(pmcr_el0) : __vcpu_sys_reg(vcpu, PMCR_EL0)) &
			 ARMV8_PMU_PMCR_E);
}

void kvm_pmu_handle_guest_irq(struct arm_pmu *pmu, u64 overflow)
{
	struct kvm_vcpu *vcpu = kvm_get_running_vcpu();

	write_sysreg(overflow, pmovsclr_el0);
	if (!vcpu || !on_hardware(vcpu))
		return;
	overflow &= kvm_pmu_guest_counter_mask(pmu);
	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, overflow);
}

void kvm_arm_setup_mdcr_el2(struct kvm_vcpu *vcpu)
{
	u64 mdcr = FIELD_PREP(MDCR_EL2_HPMN, *host_data_ptr(nr_event_counters));

	mdcr |= MDCR_EL2_TPM | MDCR_EL2_TPMCR | MDCR_EL2_HPME;
	if (on_hardware(vcpu)) {
		mdcr |= MDCR_EL2_HPMD | MDCR_EL2_HCCD;
		if (cpus_have_final_cap(ARM64_HAS_FGT))
			mdcr &= ~(u64)(MDCR_EL2_TPM | MDCR_EL2_TPMCR);
	}
	vcpu->arch.mdcr_el2 = mdcr;
}
