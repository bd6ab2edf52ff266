/*
 * What a hook in C may say: the words of Linux for what the Python hooks do with `self` and `vcpu`.
 *
 * Written for pmulab; no line of it is the kernel's. Types and meanings are those of arm64 Linux.
 *
 *   C                                             Python
 *   read_sysreg(pmcr_el0)                         self.cpu.mrs("PMCR_EL0")
 *   write_sysreg(v, pmcr_el0)                     self.cpu.msr("PMCR_EL0", v)
 *   read_sysreg_s(SYS_PMCR_EL0)                   the same, by the name with SYS_
 *   read_pmevcntrn(i), write_pmevcntrn(i, v)      cpu.mrs(evcntr(i)), cpu.msr(evcntr(i), v), 0 <= i <= 30
 *   read_pmevtypern(i), write_pmevtypern(i, v)    cpu.mrs(evtyper(i)), cpu.msr(evtyper(i), v)
 *   __vcpu_sys_reg(vcpu, PMCR_EL0)                vcpu.regs["PMCR_EL0"], to be read
 *   __vcpu_assign_sys_reg(vcpu, PMCR_EL0, v)      vcpu.regs["PMCR_EL0"] = v
 *   __vcpu_rmw_sys_reg(vcpu, PMCR_EL0, |=, v)     vcpu.regs["PMCR_EL0"] |= v
 *   PMEVCNTR0_EL0 + i, PMEVTYPER0_EL0 + i         evcntr(i), evtyper(i); 31 is the cycle counter
 *   for_each_set_bit(i, &mask, 32)                for i in counters(mask); mask is an unsigned long
 *   pr_info("...", ...)                           print("..."); nobody sees it while a hook is judged
 *
 * The functions of `words.py` (kvm_pmu_guest_counter_mask() and others) call the library's hooks.
 */
#ifndef PMULAB_KERNEL_H
#define PMULAB_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* arm64 has 64-bit longs; so must the machine that this runs on. */
_Static_assert(sizeof(long) == 8, "a long has 64 bits");

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef enum { IRQ_NONE, IRQ_HANDLED } irqreturn_t;

#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK(high, low) ((~0UL >> (63 - (high))) & (~0UL << (low)))
#define GENMASK_ULL(high, low) ((~0ULL >> (63 - (high))) & (~0ULL << (low)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define likely(x) (x)
#define unlikely(x) (x)
#define pr_info(...) printf(__VA_ARGS__)
#define pr_warn(...) printf(__VA_ARGS__)

/* One CPU runs a hook from its beginning to its end. */
#define preempt_disable() ((void)0)
#define preempt_enable() ((void)0)
#define isb() ((void)0)
#define local_irq_save(flags) ((void)((flags) = 0))
#define local_irq_restore(flags) ((void)(flags))

/* ---- structures: who is meant; what is in them is asked for by functions */

#ifdef PMULAB_POSTING
#include "posting.h"
#else
struct kvm {
	u64 id;
};

struct kvm_vcpu {
	struct kvm *kvm;
	u64 id;
};
#endif

/* ---- how a hook reaches the machine; `line` is where in the C text */

u64 pmulab_ask(u32 op, u32 line, u64 what, u64 a, u64 b);
void pmulab_tell(u32 op, u32 line, u64 what, u64 a, u64 b);
struct kvm_vcpu *pmulab_vcpu(u64 id);
unsigned long pmulab_next_bit(const unsigned long *addr, unsigned long size, unsigned long from);

enum { PMULAB_RETURN, PMULAB_READ, PMULAB_WRITE, PMULAB_LOAD, PMULAB_STORE, PMULAB_HELPER, PMULAB_ANSWER };

#define read_sysreg(r) pmulab_ask(PMULAB_READ, __LINE__, PMULAB_REG_##r, 0, 0)
#define write_sysreg(v, r) pmulab_tell(PMULAB_WRITE, __LINE__, PMULAB_REG_##r, (u64)(v), 0)
#define read_sysreg_s(r) read_sysreg(r)
#define write_sysreg_s(v, r) write_sysreg(v, r)
#define __vcpu_sys_reg(v, r) pmulab_ask(PMULAB_LOAD, __LINE__, (r), (v)->id, 0)
#define __vcpu_assign_sys_reg(v, r, val) pmulab_tell(PMULAB_STORE, __LINE__, (r), (v)->id, (u64)(val))
#define __vcpu_rmw_sys_reg(v, r, op, val)                 \
	do {                                              \
		u64 pmulab_now = __vcpu_sys_reg(v, r);    \
		pmulab_now op (val);                      \
		__vcpu_assign_sys_reg(v, r, pmulab_now);  \
	} while (0)

/* As in Linux an index that no register has reads as 0, and a write to it is dropped. */
#define read_pmevcntrn(i) pmulab_nth(__LINE__, PMULAB_REG_pmevcntr0_el0, (i))
#define read_pmevtypern(i) pmulab_nth(__LINE__, PMULAB_REG_pmevtyper0_el0, (i))
#define write_pmevcntrn(i, v) pmulab_set_nth(__LINE__, PMULAB_REG_pmevcntr0_el0, (i), (u64)(v))
#define write_pmevtypern(i, v) pmulab_set_nth(__LINE__, PMULAB_REG_pmevtyper0_el0, (i), (u64)(v))

static inline u64 pmulab_nth(u32 line, u64 first, int i)
{
	return i < 0 || i > 30 ? 0 : pmulab_ask(PMULAB_READ, line, first + i, 0, 0);
}

static inline void pmulab_set_nth(u32 line, u64 first, int i, u64 v)
{
	if (i >= 0 && i <= 30)
		pmulab_tell(PMULAB_WRITE, line, first + i, v, 0);
}

#define for_each_set_bit(bit, addr, size)                                     \
	for ((bit) = pmulab_next_bit((addr), (size), 0); (bit) < (size);      \
	     (bit) = pmulab_next_bit((addr), (size), (bit) + 1))

/* ---- fields, by the kernel's names */

#define ARMV8_PMU_CYCLE_IDX 31
#define ARMV8_PMU_PMCR_E (1U << 0)
#define ARMV8_PMU_PMCR_P (1U << 1)
#define ARMV8_PMU_PMCR_C (1U << 2)
#define ARMV8_PMU_PMCR_D (1U << 3)
#define ARMV8_PMU_PMCR_X (1U << 4)
#define ARMV8_PMU_PMCR_DP (1U << 5)
#define ARMV8_PMU_PMCR_LC (1U << 6)
#define ARMV8_PMU_PMCR_LP (1U << 7)
#define ARMV8_PMU_PMCR_MASK 0xffU
#define ARMV8_PMU_EXCLUDE_EL1 (1U << 31)
#define ARMV8_PMU_EXCLUDE_EL0 (1U << 30)
#define ARMV8_PMU_INCLUDE_EL2 (1U << 27)
#define ARMV8_PMUV3_PERFCTR_CPU_CYCLES 0x11
#define MDCR_EL2_HPMN_MASK 0x1fU
#define MDCR_EL2_TPMCR (1U << 5)
#define MDCR_EL2_TPM (1U << 6)
#define MDCR_EL2_HPME (1U << 7)
#define MDCR_EL2_HPMD (1U << 17)
#define MDCR_EL2_HCCD (1U << 23)


enum cap { ARM64_HAS_FGT, ARM64_HAS_HPMN0 };
enum { KVM_REQ_IRQ_PENDING = 1 };

#endif
