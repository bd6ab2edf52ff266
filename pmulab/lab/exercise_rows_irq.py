"""The data: the exercises on interrupts and the vGIC, a row each.

Not modelled: an order; the notebooks give one.
"""

from pmulab.lab.exercise import Exercise

PMU_DIRECT = "arch/arm64/kvm/pmu-direct.c"
DRIVER = "drivers/perf/arm_pmuv3.c"

IRQ_ROWS = (
    Exercise(
        "irq.split",
        "handle_host_irq",
        "Handle the PMU's interrupt: the host's share here, the guest's share by KVM.",
        9,
        ("small", "host-event-irq", "dynamic-lazy"),
        (
            "One line for all counters. Which registers say who has raised it?",
            "Clear only what is the host's. The rest is handed to handle_guest_irq.",
            "overflow = PMOVSSET & PMINTENSET; false if nothing. own = overflow & "
            "host_counter_mask(): clear, driver_stop, perf_overflow for each. Then the guest's "
            "share, if any, to handle_guest_irq; driver_start; true.",
        ),
        f"{DRIVER}, armv8pmu_handle_irq()",
        arguments="self",
    ),
    Exercise(
        "irq.record",
        "handle_guest_irq",
        "Record a loaded guest's overflows in memory and clear them in the hardware.",
        8,
        ("small", "cycles-and-events", "interrupts", "dynamic-lazy"),
        (
            "Where is the home of the overflow flags? What did that place hold before?",
            "A flag that stays set in hardware holds the line high. And the guest has to notice.",
            "Nobody loaded, or not the owner: clear and return. Else: mask, clear, OR into "
            "vcpu.regs, and kick if the level is high.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_handle_guest_irq()",
        arguments="self, overflow",
    ),
    Exercise(
        "irq.status",
        "overflow_status",
        "Return the level that the guest's PMU interrupt has now.",
        4,
        ("small", "cycles-and-events", "migrated"),
        (
            "Not what was recorded: what the architecture computes. From which three registers?",
            "The counter's own enable is none of them. Each register has one home.",
            "PMCR_EL0.E, PMOVS & PMINTEN. read_home(vcpu, name) finds a register where it lives; "
            "PMOVS is always in vcpu.regs.",
        ),
        f"{PMU_DIRECT}, kvm_pmu_part_overflow_status()",
    ),
    Exercise(
        "irq.inject",
        "update_state",
        "Hand a change of the level to the vGIC.",
        4,
        ("small", "interrupts"),
        (
            "It is called at every entry and exit. When is there something to tell?",
            "A level goes up and comes down. The vGIC must hear of both.",
            "Compare overflow_status with vcpu.irq_level; on a change keep it and call "
            "vgic_inject(vcpu, PMU_PPI, level).",
        ),
        "arch/arm64/kvm/pmu.c, kvm_pmu_update_state()",
    ),
    Exercise(
        "irq.wake",
        "kick",
        "Make a vCPU go through the run loop again, and wake it if it is halted.",
        1,
        ("interrupts",),
        (
            "runnable(vcpu) decides whether a halted vCPU runs. What does it look at?",
            "The interrupt is not in the vGIC yet: it gets there at the next entry.",
            "A request is enough; enter() takes it back.",
        ),
        "virt/kvm/kvm_main.c, kvm_vcpu_kick()",
    ),
    Exercise(
        "vgic.populate",
        "vgic_populate",
        "Return the list register's value for an interrupt.",
        9,
        ("interrupts",),
        (
            "INTID, priority, group and the two state bits have fixed places. What differs for a "
            "level?",
            "A level stays up until its source falls: it asks for maintenance at its end, and is "
            "not pending while it is active. An edge is consumed.",
            "priority << 48, group << 60, PENDING_BIT, ACTIVE_BIT, EOI_BIT for a level.",
        ),
        "arch/arm64/kvm/vgic/vgic-v3.c, vgic_v3_populate_lr()",
        arguments="self, irq",
    ),
    Exercise(
        "vgic.flush",
        "vgic_flush",
        "Put the interrupts that wait into the list registers.",
        14,
        ("interrupts",),
        (
            "vcpu.vgic.ap_list names those that are pending or active. List registers are few.",
            "If they do not all fit the most urgent go first. Registers of the last time must not "
            "stay.",
            "Nothing listed and nothing used: write no register, return early. Else vgic_target "
            "chooses; if they are too many vgic_sort_ap_list sorts, and you choose again; "
            "vgic_populate makes the value; zero up to the old used_lrs; keep the new one; then "
            "ICH_HCR_EL2 with HCR.En and vgic_maintenance for those that are left.",
        ),
        "arch/arm64/kvm/vgic/vgic.c, vgic_flush_lr_state()",
    ),
    Exercise(
        "vgic.fold",
        "vgic_fold",
        "Take one list register back into memory; return its INTID.",
        7,
        ("interrupts",),
        (
            "The guest may have acknowledged it, ended it, or not looked at it.",
            "The active bit is the guest's progress. An edge that is still pending was consumed "
            "when it was put there.",
            "irq.active from ACTIVE_BIT; EDGE and PENDING_BIT: latch it again; LEVEL and not "
            "pending: the soft latch is done.",
        ),
        "arch/arm64/kvm/vgic/vgic-v3.c, vgic_v3_fold_lr_state()",
        arguments="self, vcpu, value",
    ),
)
