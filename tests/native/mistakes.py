"""Mistakes in C: edits of the right answers, each with what it is; a check refuses them all.

`COMPILED` break a law; the compiler refuses `REFUSED`; `HOSTILE` harm their own process.
"""

from native.answers import RIGHT

GUARD = "	if (!kvm_pmu_owns_counters(vcpu))\n		return;\n"
COUNTS = "write_pmevcntrn(i, count)"

COMPILED = {
    "swap.put": {
        "no guard": (GUARD, ""),
        "guard the wrong way round": ("!kvm_pmu_owns", "kvm_pmu_owns"),
        "does not stop": ("	kvm_pmu_stop(vcpu);\n", ""),
        "stops last": [
            ("	kvm_pmu_stop(vcpu);\n", ""),
            (
                "	kvm_pmu_set_guest_counters(0);",
                "	kvm_pmu_stop(vcpu);\n	kvm_pmu_set_guest_counters(0);",
            ),
        ],
        "31 bits of the mask, so no cycle counter": ("&mask, 32", "&mask, 31"),
        "<= where < is due: one counter too few": ("&mask, 32", "&mask, kvm_pmu_nr_counters(vcpu)"),
        "the number of counters for the mask": (
            "mask = kvm_pmu_guest_counter_mask(vcpu)",
            "mask = kvm_pmu_nr_counters(vcpu)",
        ),
        "~ of the mask": (
            "mask = kvm_pmu_guest_counter_mask(vcpu)",
            "mask = ~kvm_pmu_guest_counter_mask(vcpu)",
        ),
        "a mask of 31 bits: a shift in int": (
            "mask = kvm_pmu_guest_counter_mask(vcpu)",
            "mask = kvm_pmu_guest_counter_mask(vcpu) & 0x7fffffff",
        ),
        "a u8 for the mask": [
            ("	unsigned long mask;", "	unsigned long mask;\n	u8 narrow;"),
            (
                "mask = kvm_pmu_guest_counter_mask(vcpu)",
                "narrow = kvm_pmu_guest_counter_mask(vcpu);\n	mask = narrow",
            ),
        ],
        "the cycle counter by read_pmevcntrn, which reads 0": [
            ("		if (i == ARMV8_PMU_CYCLE_IDX)\n", "		if (0)\n"),
        ],
        "an int for a count: its sign fills 64 bits": (
            "PMEVCNTR0_EL0 + i, read_pmevcntrn(i)",
            "PMEVCNTR0_EL0 + i, (int)read_pmevcntrn(i)",
        ),
        "32 bits of the cycle counter": (
            "PMCCNTR_EL0, read_sysreg",
            "PMCCNTR_EL0, (u32)read_sysreg",
        ),
        "one register over and over": ("PMEVCNTR0_EL0 + i, read", "PMEVCNTR0_EL0, read"),
        "a counter beside it": ("read_pmevcntrn(i)", "read_pmevcntrn(i + 1)"),
        "only the first counter: a break": (
            "read_pmevcntrn(i));\n",
            "read_pmevcntrn(i));\n		break;\n",
        ),
        "no selector": (
            "	__vcpu_assign_sys_reg(vcpu, PMSELR_EL0, read_sysreg(pmselr_el0));\n",
            "",
        ),
        "no control register": (
            "	__vcpu_assign_sys_reg(vcpu, PMCR_EL0, read_sysreg(pmcr_el0) & ARMV8_PMU_PMCR_MASK);\n",
            "",
        ),
        "a truth value for the control register": (
            "read_sysreg(pmcr_el0) & ARMV8_PMU_PMCR_MASK",
            "read_sysreg(pmcr_el0) && ARMV8_PMU_PMCR_MASK",
        ),
        "= where == is due": [
            ("	int i;", "	int i;\n	u64 pmcr;"),
            ("read_sysreg(pmcr_el0) & ARMV8_PMU_PMCR_MASK", "(pmcr = ARMV8_PMU_PMCR_E)"),
        ],
        "no flags": ("	kvm_pmu_fold_overflow(vcpu);\n", ""),
        "flags assigned, where memory has some": (
            "	kvm_pmu_fold_overflow(vcpu);\n",
            "	__vcpu_assign_sys_reg(vcpu, PMOVSSET_EL0, read_sysreg(pmovsset_el0) & mask);\n"
            "	write_sysreg(mask, pmovsclr_el0);\n",
        ),
        "all flags, the host's too": (
            "	kvm_pmu_fold_overflow(vcpu);\n",
            "	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, read_sysreg(pmovsset_el0));\n"
            "	write_sysreg(-1, pmovsclr_el0);\n",
        ),
        "flags stay in hardware": (
            "	kvm_pmu_fold_overflow(vcpu);\n",
            "	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, read_sysreg(pmovsset_el0) & mask);\n",
        ),
        "the host's control register is not put back": (
            "	write_sysreg(kvm_pmu_host_pmcr(), pmcr_el0);\n",
            "",
        ),
        "0 to the control register": ("kvm_pmu_host_pmcr(), pmcr", "0, pmcr"),
        "~ in int to the control register: a reset": ("kvm_pmu_host_pmcr(), pmcr", "~0, pmcr"),
        "the host gets no counters back": ("	kvm_pmu_set_guest_counters(0);\n", ""),
        "! for ~: nothing is kept of what is stopped": (
            "	kvm_pmu_stop(vcpu);\n",
            "	kvm_pmu_stop(vcpu);\n	__vcpu_rmw_sys_reg(vcpu, PMCNTENSET_EL0, &=, !mask);\n",
        ),
    },
    "swap.load": {
        "no guard": (GUARD, ""),
        "int for the enables: bit 31 fills the upper half": (
            "	write_sysreg(~enabled & mask, pmcntenclr_el0);\n",
            "	write_sysreg(~(int)enabled, pmcntenclr_el0);\n",
        ),
        "no mask on what is cleared": ("~enabled & mask", "~enabled"),
        "no mask on which interrupts are cleared": ("~interrupting & mask", "~interrupting"),
        "&& for &": ("enabled & mask, pmcntenset", "enabled && mask, pmcntenset"),
        "only clears": ("	write_sysreg(enabled & mask, pmcntenset_el0);\n", ""),
        "interrupts are not set": ("	write_sysreg(interrupting & mask, pmintenset_el1);\n", ""),
        "all are cleared: ~ is gone": ("~enabled & mask", "mask"),
        "all interrupts are cleared": ("~interrupting & mask", "mask"),
        "all are enabled": [
            ("enabled & mask, pmcntenset", "mask, pmcntenset"),
            ("	write_sysreg(~enabled & mask, pmcntenclr_el0);\n", "	(void)enabled;\n"),
        ],
        "flags go, the host's too": ("mask, pmovsclr_el0", "-1, pmovsclr_el0"),
        "P is replayed": (
            "~(u64)(ARMV8_PMU_PMCR_P | ARMV8_PMU_PMCR_C)",
            "~(u64)ARMV8_PMU_PMCR_C",
        ),
        "C is replayed": (
            "~(u64)(ARMV8_PMU_PMCR_P | ARMV8_PMU_PMCR_C)",
            "~(u64)ARMV8_PMU_PMCR_P",
        ),
        "~ before the |: precedence": (
            "~(u64)(ARMV8_PMU_PMCR_P | ARMV8_PMU_PMCR_C)",
            "(~(u64)ARMV8_PMU_PMCR_P | ARMV8_PMU_PMCR_C)",
        ),
        "no selector": (
            "	write_sysreg(__vcpu_sys_reg(vcpu, PMSELR_EL0), pmselr_el0);\n",
            "",
        ),
        "an index that no register has is dropped": (
            "			write_sysreg(count, pmccntr_el0);",
            "			write_pmevcntrn(i, count);",
        ),
        "int for a count": ("		u64 count =", "		int count ="),
        "u32 for a count": ("		u64 count =", "		u32 count ="),
        "u8 for a count": ("		u64 count =", "		u8 count ="),
        "a counter beside it": (COUNTS, "write_pmevcntrn(i + 1, count)"),
        "the first register over and over": ("PMEVCNTR0_EL0 + i", "PMEVCNTR0_EL0"),
        "no filter": ("	kvm_pmu_apply_event_filter(vcpu);\n", ""),
        "the filter comes last": [
            ("	kvm_pmu_apply_event_filter(vcpu);\n", ""),
            ("pmintenclr_el1);\n", "pmintenclr_el1);\n	kvm_pmu_apply_event_filter(vcpu);\n"),
        ],
        "the host's control register is not kept": (
            "	kvm_pmu_keep_host_pmcr(read_sysreg(pmcr_el0));\n",
            "",
        ),
        "kept too late": [
            ("	kvm_pmu_keep_host_pmcr(read_sysreg(pmcr_el0));\n", ""),
            (
                "	write_sysreg(mask, pmovsclr_el0);\n",
                "	write_sysreg(mask, pmovsclr_el0);\n	kvm_pmu_keep_host_pmcr(read_sysreg(pmcr_el0));\n",
            ),
        ],
        "the host keeps its counters": (
            "	kvm_pmu_set_guest_counters(mask | (BIT(kvm_pmu_hpmn(vcpu)) - 1));\n",
            "",
        ),
        "enables come first": [
            ("	write_sysreg(enabled & mask, pmcntenset_el0);\n", ""),
            (
                "	for_each_set_bit",
                "	write_sysreg(__vcpu_sys_reg(vcpu, PMCNTENSET_EL0) & mask, pmcntenset_el0);\n"
                "	for_each_set_bit",
            ),
        ],
    },
    "filter.load": {
        "30 bits: no cycle counter": ("&mask, 32", "&mask, 31"),
        "the whole type for the event": ("event = type & kvm_pmu_event_mask(vcpu)", "event = type"),
        "a u8 for the event": ("u64 event = type", "u8 event = type"),
        "a bool for the event": ("u64 event = type", "bool event = type"),
        "an s8 for the event: 0x80 is negative": ("u64 event = type", "s8 event = type"),
        "precedence: ! before &": ("type &= ~(u64)", "type &= !(u64)"),
        "NSH stays": ("		type &= ~(u64)ARMV8_PMU_INCLUDE_EL2;\n", ""),
        "NSH is set": ("type &= ~(u64)ARMV8", "type |= ARMV8"),
        "NSH goes too late: the wrong bit": ("~(u64)ARMV8_PMU_INCLUDE_EL2", "~BIT(26)"),
        "only EL1 is left out": (" | ARMV8_PMU_EXCLUDE_EL0", ""),
        "only EL0 is left out": ("ARMV8_PMU_EXCLUDE_EL1 | ", ""),
        "& for |": ("EXCLUDE_EL1 | ARMV8", "EXCLUDE_EL1 & ARMV8"),
        "the filter the wrong way round": ("!kvm_pmu_event_allowed", "kvm_pmu_event_allowed"),
        "no filter": (
            "!kvm_pmu_event_allowed(vcpu, event)",
            "!kvm_pmu_event_allowed(vcpu, event) && !i && i",
        ),
        "all is refused": (
            "!kvm_pmu_event_allowed(vcpu, event)",
            "!kvm_pmu_event_allowed(vcpu, event) || i < 32",
        ),
        "what the type says decides of cycles": (
            "		if (i == ARMV8_PMU_CYCLE_IDX)\n			event = ARMV8_PMUV3_PERFCTR_CPU_CYCLES;\n",
            "",
        ),
        "the cycle counter's type is dropped": (
            "			write_sysreg(type, pmccfiltr_el0);",
            "			write_pmevtypern(i, type);",
        ),
        "types one place further": ("write_pmevtypern(i, type)", "write_pmevtypern(i + 1, type)"),
        "the first type for all": ("PMEVTYPER0_EL0 + i", "PMEVTYPER0_EL0"),
        "what the hardware has, not the guest": (
            "__vcpu_sys_reg(vcpu, PMEVTYPER0_EL0 + i)",
            "read_pmevtypern(i)",
        ),
        "a count for a type": ("PMEVTYPER0_EL0 + i", "PMEVCNTR0_EL0 + i"),
        "memory is changed, too": (
            "		if (i == ARMV8_PMU_CYCLE_IDX)\n			write",
            "		__vcpu_assign_sys_reg(vcpu, PMEVTYPER0_EL0 + i, type);\n"
            "		if (i == ARMV8_PMU_CYCLE_IDX)\n			write",
        ),
        "u16 for the type: no exclude bit": ("		u64 type =", "		u16 type ="),
        "a semicolon behind the loop": ("&mask, 32) {", "&mask, 32);\n	{"),
        "the loop leaves": ("			write_pmevtypern(i, type);", "			return;"),
        "1 << 31 by int does no harm; & 31 does": (
            "unsigned long mask = ",
            "unsigned long mask = 1 & ",
        ),
    },
    "irq.record": {
        "no look whether somebody runs": ("!vcpu || ", ""),
        "does not ask who owns": (" || !kvm_pmu_owns_counters(vcpu)", ""),
        "&& for ||": ("!vcpu || !kvm", "vcpu && !kvm"),
        "nobody's flags stay": (
            "		write_sysreg(overflow, pmovsclr_el0);\n		return;",
            "		return;",
        ),
        "the wrong way round": ("!kvm_pmu_owns", "kvm_pmu_owns"),
        "no mask": ("	overflow &= kvm_pmu_guest_counter_mask(vcpu);\n", ""),
        "| for &": ("overflow &= kvm", "overflow |= kvm"),
        "= for &=": ("overflow &= kvm", "overflow = kvm"),
        "~ of the mask": ("overflow &= kvm", "overflow &= ~kvm"),
        "! for the mask": ("overflow &= kvm", "overflow &= !kvm"),
        "a mask without bit 31": (
            "overflow &= kvm_pmu_guest_counter_mask(vcpu);",
            "overflow &= kvm_pmu_guest_counter_mask(vcpu) & GENMASK(30, 0);",
        ),
        "flags stay in hardware": (
            "	write_sysreg(overflow, pmovsclr_el0);\n	__vcpu",
            "	__vcpu",
        ),
        "all flags go": (
            "	write_sysreg(overflow, pmovsclr_el0);\n	__vcpu",
            "	write_sysreg(-1, pmovsclr_el0);\n	__vcpu",
        ),
        "set for clear": (
            "	write_sysreg(overflow, pmovsclr_el0);\n	__vcpu",
            "	write_sysreg(overflow, pmovsset_el0);\n	__vcpu",
        ),
        "assigned, where memory has some": ("|=, overflow", "=, overflow"),
        "&= for |=": ("|=, overflow", "&=, overflow"),
        "^= for |=": ("|=, overflow", "^=, overflow"),
        "not recorded": ("	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, overflow);\n", ""),
        "recorded among the enables": ("vcpu, PMOVSSET_EL0, |=", "vcpu, PMCNTENSET_EL0, |="),
        "a truth value is recorded": ("|=, overflow", "|=, !!overflow"),
        "asks before it has recorded": [
            ("	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, overflow);\n", ""),
            (
                "		kvm_vcpu_kick(vcpu);\n",
                "		kvm_vcpu_kick(vcpu);\n	__vcpu_rmw_sys_reg(vcpu, PMOVSSET_EL0, |=, overflow);\n",
            ),
        ],
        "never kicks": ("		kvm_vcpu_kick(vcpu);", "		;"),
        "kicks the wrong way round": ("if (kvm_pmu_part", "if (!kvm_pmu_part"),
        "a u8 for the flags": ("u64 overflow)", "u8 overflow)"),
        "an int for the flags: bit 31 is the sign": (
            "	overflow &= kvm_pmu_guest_counter_mask(vcpu);",
            "	overflow = (int)overflow >> 1 << 1 & kvm_pmu_guest_counter_mask(vcpu);",
        ),
    },
}

# Found in tables of cases, which have no history: what only the order within a hook shows, and what
# no guest notices.
BY_TABLE = {
    "stops last",
    "the filter comes last",
    "the host's control register is not kept",
    "enables come first",
    "no look whether somebody runs",
    "does not ask who owns",
    "&& for ||",
    "nobody's flags stay",
    "no mask",
}

REFUSED = {
    "a return is missing": ("filter.type", "	return type;\n", ""),
    "a shift that leaves the type": ("swap.put", "mask = kvm", "mask = (1 << 32) | kvm"),
    "a name that does not exist": ("swap.put", "pmselr_el0", "pmslr_el0"),
    "a field that is no register": ("swap.put", "read_sysreg(pmcr_el0)", "vcpu->arch.pmcr"),
    "a variable that nobody uses": ("swap.put", "	int i;", "	int i, j;"),
    "= where == is due": ("swap.put", "i == ARMV8", "i = ARMV8"),
    "__vcpu_sys_reg is no place to write": (
        "swap.put",
        "__vcpu_assign_sys_reg(vcpu, PMSELR_EL0, read_sysreg(pmselr_el0))",
        "__vcpu_sys_reg(vcpu, PMSELR_EL0) = read_sysreg(pmselr_el0)",
    ),
    "a u64 where for_each_set_bit takes a long": ("swap.put", "unsigned long mask", "u64 mask"),
    "a pointer too few": ("swap.put", "kvm_pmu_stop(vcpu)", "kvm_pmu_stop(*vcpu)"),
    "a brace is missing": ("swap.put", "	}\n", ""),
    "another function": ("swap.put", "void kvm_pmu_put", "void kvm_pmu_putt"),
    "no C": ("swap.put", "void", "def"),
}

AT_ONCE = "	int i;\n"
HOSTILE = {
    "an address of nobody": (AT_ONCE, "	int i = *(volatile int *)8;\n", "SIGSEGV"),
    "NULL": (
        AT_ONCE,
        "	int i;\n	write_sysreg(((volatile struct kvm_vcpu *)NULL)->id, pmselr_el0);\n",
        "SIGSEGV",
    ),
    "writes to others' memory": (
        AT_ONCE,
        "	int i;\n	for (volatile char *p = (char *)vcpu;; p++)\n		*p = 42;\n",
        "SIGSEGV",
    ),
    "spoils what it was given": (
        AT_ONCE,
        "	int i;\n	vcpu->id = 77;\n",
        "a pointer to no vCPU",
    ),
    "an endless loop": (
        AT_ONCE,
        '	int i;\n	for (;;)\n		__asm__ volatile("");\n',
        "does not end",
    ),
    "an endless loop of accesses": (
        AT_ONCE,
        "	int i;\n	for (;;)\n		write_sysreg(0, pmselr_el0);\n",
        "does not end",
    ),
    "a counter that never gets below 0": (
        AT_ONCE,
        "	int i;\n	for (u32 n = 31; n >= 0; n--)\n		read_sysreg(pmselr_el0);\n",
        "does not end",
    ),
    "calls itself for ever": (
        "	int i;\n\n",
        "	int deep(int n)\n	{\n		volatile char room[64];\n\n		room[n & 63] = n;\n"
        "		return n < 0 ? 0 : deep(n + 1) + room[0];\n	}\n	int i = deep(0);\n\n",
        "stack",
    ),
    "a large variable": (
        AT_ONCE,
        "	int i;\n	volatile char room[4 << 20];\n	room[0] = 1;\n	write_sysreg(room[0], pmselr_el0);\n",
        "stack",
    ),
    "10 MB of output": (
        AT_ONCE,
        "	int i;\n	for (int n = 0; n < 160000; n++)\n"
        '		pr_info("%064d", n);\n	exit(0);\n',
        "exit(0)",
    ),
    "exit(0)": (AT_ONCE, "	int i;\n	exit(0);\n", "exit(0)"),
    "exit(3)": (AT_ONCE, "	int i;\n	exit(3);\n", "exit(3)"),
    "abort()": (AT_ONCE, "	int i;\n	abort();\n", "abort()"),
    "divides by zero": (AT_ONCE, "	volatile int i = 0;\n	i = 100 / i;\n", "SIGFPE"),
    "all memory": (
        AT_ONCE,
        "	int i;\n	for (;;)\n		memset(malloc(1 << 20), 1, 1 << 20);\n",
        "SIGSEGV",
    ),
    "asks and takes no answer": (
        "void kvm_pmu_put",
        "#include <unistd.h>\n\nstatic int ask_all(void)\n{\n"
        "	struct { u32 op, line; u64 what, a, b; } row = { PMULAB_READ, 7, 0, 0, 0 };\n\n"
        "	for (int fd = 3; write(fd, &row, sizeof(row)) || fd < 64;)\n"
        "		fd += write(fd, &row, sizeof(row)) < 0;\n	return 0;\n}\n\nvoid kvm_pmu_put",
        "does not end",
    ),
    "sleeps": (
        "	int i;\n",
        "	int i;\n	extern int pause(void);\n\n	for (;;)\n		pause();\n",
        "does not end: it waits",
    ),
    "keeps state of its own": (
        AT_ONCE,
        "	int i;\n	static int n;\n	if (n++ & 1)\n		return;\n",
        "",
    ),
}


# That function is called by the hook, too.
CALLED = {"asks and takes no answer": ("	int i;\n", "	int i = ask_all();\n")}


def edited(id, edits):
    """Return a right answer with some edits, each of which must be possible in one place."""
    source = RIGHT[id]
    for old, new in edits if isinstance(edits, list) else [edits]:
        assert source.count(old) >= 1, (id, old)
        source = source.replace(old, new, 1)
    return source
