"""The data: every exercise, a row each.

`lines` is an honest size. The hints lead there in three steps and never say it.

Not modelled: an order; the notebooks give one.
"""

from pmulab.lab.exercise import Exercise
from pmulab.lab.exercise_rows_irq import IRQ_ROWS

PMU_DIRECT = "arch/arm64/kvm/pmu-direct.c"

ROWS = (
    Exercise(
        "partition.guest_mask",
        "guest_counter_mask",
        "Return one bit for each counter that the guest owns while it is loaded.",
        3,
        ("small", "cycles", "host-event", "no-event-counters"),
        (
            "self.guest_counters(vcpu) is how many event counters the guest has. Which are they?",
            "They are the lowest ones. And one counter is never partitioned: it is the guest's.",
            "A number n of lowest bits is (1 << n) - 1; put CYCLE_BIT beside them. Join the two "
            "with the operator that keeps the bits of both.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_guest_counter_mask()",
    ),
    Exercise(
        "partition.host_mask",
        "host_counter_mask",
        "Return one bit for each counter that the host's driver may use now.",
        1,
        ("small", "host-event", "dynamic"),
        (
            "What did the host keep for itself, and where is that written down?",
            "self.host has a mask of all counters that the hardware implements and one of those "
            "that the driver may allocate from.",
            "Look at how set_guest_counters changes the second one while a guest is loaded.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_host_counter_mask()",
        arguments="self",
    ),
    Exercise(
        "swap.write_pair",
        "write_pair",
        "Force some bits of an enable register, and touch no other, through its SET and CLR names.",
        2,
        (),
        (
            "A 1 written to the SET name sets, to the CLR name clears. A 0 does nothing.",
            "So you need both names: which bits must become 1, and which must become 0?",
            "Both sets of bits lie inside the mask. The second is what is in the mask and not in "
            "the first.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_load()",
        arguments="self, set_name, clr_name, bits, mask",
    ),
    Exercise(
        "swap.guard",
        "owns_counters",
        "Tell whether a vCPU's counters are, or are to be, in this CPU's hardware.",
        3,
        ("small", "no-fgt", "lazy"),
        (
            "Load and put begin with this question. When would it be wasteful to swap, or wrong?",
            "The VM must use the partition, this CPU must suit the vCPU, and the vCPU must own its "
            "counters at all.",
            "self.is_partitioned(vcpu), vcpu.supports(self.host.cpu), vcpu.access. FEAT_FGT is not "
            "part of it: without it counters live in hardware too.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_load()",
    ),
    Exercise(
        "swap.load",
        "pmu_load",
        "Put a vCPU's counters into the hardware.",
        13,
        (
            "small",
            "two-cycle-counters",
            "host-event",
            "selector",
            "restored-reset",
            "dynamic",
            "dynamic-lazy",
        ),
        (
            "Guard first. Look at what put has saved: all of it goes back, but the flags. What "
            "must come last? And whose are the counters before you begin?",
            "First the host: its driver must know, its PMCR_EL0 must be kept. Then types, counts "
            "and controls, old flags, enables. The guest range may hold anything: assume nothing.",
            "In this order: set_guest_counters with the mask; what PMCR_EL0 has, to "
            "self.host.pmcr; apply_event_filter; each of counters(mask) from vcpu.regs; PMSELR; "
            "PMCR_EL0 without RESETS; the mask to PMOVSCLR_EL0; write_pair for PMCNTENSET_EL0 and "
            "PMCNTENCLR_EL0, with the bits that vcpu.regs has under the SET name; then the same "
            "for PMINTEN.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_load()",
    ),
    Exercise(
        "swap.put",
        "pmu_put",
        "Save a vCPU's counters and leave the guest range quiet.",
        14,
        ("small", "two-cycle-counters", "host-event", "selector", "dynamic", "dynamic-lazy"),
        (
            "Guard first. What must the next owner find, and what must this guest find again?",
            "Save the enables, stop, save the rest; the host comes last. Overflow flags are in two "
            "places: memory is their home.",
            "In this order: PMCNTENSET_EL0 and PMINTENSET_EL1, & mask, to vcpu.regs; the mask to "
            "PMCNTENCLR_EL0 and PMINTENCLR_EL1; each of counters(mask) to vcpu.regs; PMSELR_EL0; "
            "PMCR_EL0 & PMCR_EL0.writable; fold_overflow; self.host.pmcr to PMCR_EL0; "
            "set_guest_counters with 0.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_put()",
    ),
    Exercise(
        "swap.fold",
        "fold_overflow",
        "Move the guest's overflow flags that are still in hardware into memory, their home.",
        4,
        ("small", "cycles-and-events", "host-event-irq"),
        (
            "Which flags in PMOVSSET_EL0 are the guest's? Memory may hold some already.",
            "Keep the flags of the mask, add them to those in memory, and clear the same ones in "
            "hardware. A flag of the host is none of your business.",
            "flags = PMOVSSET_EL0 & guest_counter_mask; |= into vcpu.regs; PMOVSCLR_EL0 with the "
            "flags.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_put()",
    ),
    Exercise(
        "filter.load",
        "apply_event_filter",
        "Write every event type of the guest to the hardware, as far as it is allowed.",
        2,
        ("small", "cycles", "ban", "el-filter"),
        (
            "The types stay trapped, so the guest cannot put a wrong one there. Who else can?",
            "Every counter of the mask has a type, also number 31. The saved one must not change.",
            "Iterate counters(self.guest_counter_mask(vcpu)); evtyper(idx) names the register, "
            "self.hardware_type(vcpu, idx) is its value.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_apply_event_filter()",
    ),
    Exercise(
        "filter.type",
        "hardware_type",
        "Return the event type that the hardware gets for the one that the guest wrote.",
        5,
        ("small", "cycles", "el-filter", "cycles-el2", "events-el2"),
        (
            "Three things happen to the guest's value: a key is taken from it, one bit always "
            "goes, two bits may come.",
            "The key is the event number alone; counter 31 has none in its register, it counts "
            "CPU_CYCLES.",
            "Clear NSH always. If vcpu.vm.event_filter does not allow the event, exclude EL0 and "
            "EL1: then it counts nowhere.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_apply_event_filter()",
        arguments="self, vcpu, idx",
    ),
    Exercise(
        "filter.write",
        "write_type",
        "Handle a trapped write of an event type.",
        5,
        ("small", "cycles", "no-fgt"),
        (
            "The guest wrote a value and will read it back. The hardware may need another one.",
            "The guest can enable the counter without a trap right after this. When must the "
            "hardware have its type?",
            "Keep the value in vcpu.regs; if self.in_hardware(vcpu), write "
            "self.hardware_type(vcpu, idx) now. A VM without a partition has perf events: "
            "see emulated_resync.",
        ),
        "arch/arm64/kvm/sys_regs.c, access_pmu_evtyper()",
        arguments="self, vcpu, name, value",
    ),
    Exercise(
        "filter.ban",
        "resync_event_filter",
        "Enforce an event filter that the host has just changed, for a loaded vCPU.",
        4,
        ("ban",),
        (
            "Load applies the filter. Why is that too late here?",
            "The vCPU is loaded now, and its counters count now.",
            "If it is in hardware do what load does for the types; an emulated one needs "
            "emulated_resync.",
        ),
        "posting v9, patch 15 (by its subject)",
    ),
    Exercise(
        "lazy.take",
        "take_ownership",
        "Give a FREE vCPU its counters at its first access.",
        5,
        ("migrated", "lazy", "dynamic-lazy"),
        (
            "The guest's registers are in memory. What does hardware hold at this moment?",
            "Changing vcpu.access is not enough: the next put would save what was never loaded.",
            "Only if FREE, partitioned and on a CPU that suits it: the owner, then setup_traps, "
            "then pmu_load.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_set_guest_owned()",
    ),
    Exercise(
        "lazy.decide",
        "decide_ownership",
        "Decide at load who owns the counters.",
        3,
        ("lazy", "migrated", "small"),
        (
            "A guest that uses no counter should cost nothing. How does one see that it uses one?",
            "A counter that is enabled must count from the first instruction on.",
            "Not lazy, or PMCNTENSET is not 0: GUEST_OWNED, if the VM is partitioned. Else FREE.",
        ),
        "the review of posting v5, patch 19",
    ),
    Exercise(
        "dynamic.reserve",
        "set_guest_counters",
        "Take counters from the host while a guest owns them, and give them back.",
        7,
        ("dynamic", "dynamic-lazy", "two-cpus", "new-host-event"),
        (
            "With a static reservation there is nothing to do. With a dynamic one, who sits on the "
            "guest's counters?",
            "Stop those events first, then change the mask, then let waiting events find a place.",
            "perf_stop for each event with its idx in the mask; host.cntr_mask = implemented "
            "without the mask; perf_schedule.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_set_guest_counters() (posting v8, patch 14)",
        arguments="self, mask",
    ),
    Exercise(
        "trap.control",
        "write_control",
        "Handle a trapped write of PMCR_EL0.",
        7,
        ("no-fgt", "no-fgt-reset"),
        (
            "P and C are commands. What would P do if it were written at EL2?",
            "Do what the guest asked, on the guest's counters alone.",
            "Zero them one by one with emulated_write (C: the cycle counter); then write the "
            "writable bits of the value.",
        ),
        "arch/arm64/kvm/sys_regs.c, access_pmcr()",
        arguments="self, vcpu, value",
    ),
    Exercise(
        "trap.flags",
        "read_bitmap",
        "Read enables or overflow flags for the guest.",
        6,
        ("small", "no-fgt", "cycles-and-events"),
        (
            "A guest may poll its flags with PMINTEN clear. Where is a new flag then?",
            "No interrupt has brought it to memory yet.",
            "fold_overflow first if the vCPU is in hardware. Enables: read_home. Everything "
            "through virtual_counter_mask.",
        ),
        "arch/arm64/kvm/sys_regs.c, access_pmovs()",
        arguments="self, vcpu, name",
    ),
    *IRQ_ROWS,
)
