void kvm_pmu_update_state(struct kvm_vcpu *vcpu)
{
	bool level = kvm_pmu_part_overflow_status(vcpu);

	if (level == kvm_pmu_irq_level(vcpu))
		return;
	kvm_pmu_keep_irq_level(vcpu, level);
	kvm_vgic_inject_irq(vcpu, level);
}
