bool kvm_pmu_owns_counters(struct kvm_vcpu *vcpu)
{
	return kvm_pmu_is_partitioned(vcpu) && !vcpu_on_unsupported_cpu(vcpu) &&
	       kvm_pmu_guest_owned(vcpu);
}
