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

struct kvm_pmu {
	int access, irq_num;
	bool irq_level;
	struct {
		int unused;
	} overflow_work;
};

struct pmulab_filter {
	u64 id;
};

struct kvm {
	u64 id;
	struct {
		struct arm_pmu *arm_pmu;
		unsigned long flags;
		u8 nr_pmu_counters;
		struct pmulab_filter *pmu_filter, filter;
	} arch;
};

struct kvm_vcpu {
	struct kvm *kvm;
	u64 id, guest_debug;
	struct {
		struct kvm_pmu pmu;
		u64 mdcr_el2;
	} arch;
};

/* Who owns the counters may have been written just now: a hook that is called has to see it. */
static void pmulab_flush(void);

#define ARMPMU_MAX_HWEVENTS 33
#define ARMV8_PMU_CNT_MASK_P GENMASK_ULL(30, 0)
#define ARMV8_PMU_CNT_MASK_C BIT_ULL(31)
#define ARMV8_PMU_CNT_MASK_F BIT_ULL(32)
#define ARMV8_PMU_CNT_MASK_ALL (ARMV8_PMU_CNT_MASK_P | ARMV8_PMU_CNT_MASK_C | ARMV8_PMU_CNT_MASK_F)
#define KVM_ARCH_FLAG_PARTITION_PMU_ENABLED 12

#define kvm_pmu_get_access(vcpu) ((vcpu)->arch.pmu.access)
/* Under its other names: of a vCPU in versions 5 to 7, of a PMU in version 8. */
#define kvm_vcpu_pmu_is_partitioned(vcpu) kvm_pmu_is_partitioned((vcpu)->kvm)
#define pmu_is_partitioned(pmu) kvm_pmu_is_partitioned(pmu)
#define kvm_vcpu_pmu_use_fgt(vcpu)                                                 \
	(kvm_pmu_in_hardware(vcpu) && cpus_have_final_cap(ARM64_HAS_FGT) &&        \
	 (cpus_have_final_cap(ARM64_HAS_HPMN0) || kvm_pmu_nr_counters(vcpu)))
#define kvm_guest_owns_debug_regs(vcpu) ((void)(vcpu), true)
#define irqchip_in_kernel(kvm) ((void)(kvm), true)
#define irq_work_queue(work) ((void)(work))
#define system_supports_pmuv3() true
#define is_pmuv3p1(version) ((void)(version), true)
#define is_pmuv3p5(version) ((void)(version), true)
#define read_pmuver() 0

#define read_pmcr() read_sysreg(pmcr_el0)
#define read_pmccntr() read_sysreg(pmccntr_el0)
#define read_pmccfiltr() read_sysreg(pmccfiltr_el0)
#define read_pmselr() read_sysreg(pmselr_el0)
#define read_pmovsclr() read_sysreg(pmovsclr_el0)
#define read_pmovsset() read_sysreg(pmovsset_el0)
#define read_pmcntenset() read_sysreg(pmcntenset_el0)
#define read_pmintenset() read_sysreg(pmintenset_el1)
#define write_pmcr(v) write_sysreg((v), pmcr_el0)
#define write_pmccntr(v) write_sysreg((v), pmccntr_el0)
#define write_pmccfiltr(v) write_sysreg((v), pmccfiltr_el0)
#define write_pmselr(v) write_sysreg((v), pmselr_el0)
#define write_pmovsclr(v) write_sysreg((v), pmovsclr_el0)
#define write_pmovsset(v) write_sysreg((v), pmovsset_el0)
#define write_pmcntenset(v) write_sysreg((v), pmcntenset_el0)
#define write_pmcntenclr(v) write_sysreg((v), pmcntenclr_el0)
#define write_pmintenset(v) write_sysreg((v), pmintenset_el1)
#define write_pmintenclr(v) write_sysreg((v), pmintenclr_el1)
#define write_pmuserenr(v) write_sysreg((v), pmuserenr_el0)

/* Traps of what the model has not: debug, profiling, trace. */
enum {
	MDCR_EL2_TPMS, MDCR_EL2_TTRF = 0, MDCR_EL2_TDRA = 0, MDCR_EL2_TDOSA = 0,
	MDCR_EL2_TDE = 0, MDCR_EL2_TDA = 0
};

#define WARN_ON(x) (x)
#define WARN_ON_ONCE(x) (x)
#define pr_warn_once(...) printf(__VA_ARGS__)
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
