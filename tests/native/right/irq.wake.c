void kvm_vcpu_kick(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_IRQ_PENDING, vcpu);
}
