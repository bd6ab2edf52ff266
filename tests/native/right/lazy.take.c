void kvm_pmu_set_guest_owned(struct kvm_vcpu *vcpu)
{
	if (kvm_pmu_guest_owned(vcpu) || !kvm_pmu_is_partitioned(vcpu) ||
	    vcpu_on_unsupported_cpu(vcpu))
		return;
	kvm_pmu_keep_guest_owned(vcpu);
	kvm_arm_setup_mdcr_el2(vcpu);
	kvm_pmu_load(vcpu);
}
