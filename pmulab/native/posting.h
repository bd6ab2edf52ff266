/*
 * What the text of a posting may say beside `kernel.h`: structures with the fields that a hook asks.
 *
 * Written for pmulab; no line of it is the kernel's. Before a hook runs its fields are filled, and
 * what it has changed of `access` and `mdcr_el2` is taken over afterwards. Anything else that the
 * text needs stands in a side file (--shim).
 */
#ifndef PMULAB_POSTING_H
#define PMULAB_POSTING_H

enum { VCPU_PMU_ACCESS_FREE, VCPU_PMU_ACCESS_GUEST_OWNED };

struct arm_pmu {
	u64 id;
	int max_guest_counters;
	unsigned long cntr_mask[1];
};

struct pmulab_filter {
	u64 id;
};

struct kvm {
	u64 id;
	struct {
		struct arm_pmu *arm_pmu;
		u8 nr_pmu_counters;
		struct pmulab_filter *pmu_filter, filter;
	} arch;
};

struct kvm_vcpu {
	struct kvm *kvm;
	u64 id;
	struct {
		struct {
			int access;
		} pmu;
		u64 mdcr_el2;
	} arch;
};

#define WARN_ON(x) (x)
#define WARN_ON_ONCE(x) (x)
#define lockdep_assert_irqs_disabled() ((void)0)
#define lockdep_assert_preemption_disabled() ((void)0)
#define guard(kind) pmulab_guard
#define pmulab_guard() ((void)0)
#define has_vhe() true
#define is_hyp_ctxt(vcpu) ((void)(vcpu), false)
#define kvm_vcpu_has_pmu(vcpu) ((void)(vcpu), true)
#define in_nmi() false
#define host_data_ptr(field) (&pmulab_host.field)
#define FIELD_PREP(mask, value) (((u64)(value) << __builtin_ctzll(mask)) & (mask))
#define FIELD_GET(mask, value) (((value) & (mask)) >> __builtin_ctzll(mask))
#define MDCR_EL2_HPMN MDCR_EL2_HPMN_MASK
#define ARMV8_PMU_PMCR_N GENMASK(15, 11)
#define ARMV8_PMU_EVTYPE_EVENT 0xffffU

/* The event filter is asked, other bitmaps are read. */
#define test_bit(n, addr) \
	_Generic((addr), struct pmulab_filter *: pmulab_allows, default: pmulab_bit)((n), (addr))

static inline bool pmulab_bit(u64 n, const void *addr)
{
	return ((const unsigned long *)addr)[n / 64] >> (n % 64) & 1;
}

#endif
