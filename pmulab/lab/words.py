"""The data: words of the field that are neither a register nor a hook, each in a sentence or two.

Not modelled: words that only this library uses and that one docstring explains.

A source is where the word is defined; rows without one are words of this lab.
"""

from typing import NamedTuple


class Word(NamedTuple):
    """A row of the glossary; `chapter` is the notebook that explains it."""

    name: str
    chapter: str
    meaning: str
    source: str = ""


_DDI, _GIC = "Arm DDI 0487", "Arm IHI 0069"
_POSTING = "Linux: series ARM64 PMU Partitioning"

WORDS = (
    # ---- the counters
    Word("selector", "04", "PMSELR_EL0: the number of the counter that the window shows.", _DDI),
    Word("PMU", "00", "Performance Monitoring Unit: the counters of one CPU.", _DDI),
    Word("PMUv3", "00", "Version 3 of Arm's PMU, the one of all 64-bit Arm CPUs.", _DDI),
    Word("PE", "00", "Processing element: what Arm calls one CPU.", _DDI),
    Word(
        "event", "00", "Something that a counter can count: an instruction, a cycle, a miss.", _DDI
    ),
    Word("counter", "01", "A register that goes up by one at each event of its type.", _DDI),
    Word("cycle counter", "01", "PMCCNTR_EL0. In masks it is counter 31.", _DDI),
    Word("type", "01", "What a counter counts, and at which exception levels: PMEVTYPER<n>.", _DDI),
    Word("enable", "01", "A counter's own switch, a bit of PMCNTENSET_EL0.", _DDI),
    Word("overflow", "01", "A counter wraps from its highest value to 0.", _DDI),
    Word("flag", "01", "The bit of PMOVSSET_EL0 that says that a counter has overflowed.", _DDI),
    Word("mask", "02", "A number with one bit for each counter that is meant."),
    Word(
        "SET and CLR",
        "02",
        "Two names of one register. A 1 written to SET sets a bit, to CLR clears it; a 0 changes "
        "nothing.",
        _DDI,
    ),
    Word("sample", "00", "What a profiler keeps at an overflow: where the program was just then."),
    # ---- levels and exceptions
    Word("ISB", "04", "A barrier: what follows sees the register writes before it.", _DDI),
    Word("FEAT_FGT", "03", "The feature that brings fine-grained traps.", _DDI),
    Word("feature", "00", "A part of the architecture that a CPU may have or lack: FEAT_...", _DDI),
    Word(
        "exception level", "00", "How privileged code is: EL0 programs, EL1 kernel, EL2 host.", _DDI
    ),
    Word("EL0, EL1, EL2", "00", "A guest's programs, a guest's kernel, the host's KVM.", _DDI),
    Word(
        "trap", "03", "An access that becomes an exception, so that the host can answer it.", _DDI
    ),
    Word(
        "UNDEFINED",
        "03",
        "An access that the CPU refuses: the one who tried gets an exception.",
        _DDI,
    ),
    Word("fine-grained trap", "03", "FEAT_FGT: one trap bit for each register or pair.", _DDI),
    Word("wfi", "07", "Wait For Interrupt: the instruction by which a CPU sleeps.", _DDI),
    # ---- who is who
    Word("host", "00", "The hypervisor's side of a machine: Linux with KVM, at EL2."),
    Word("guest", "00", "What runs in a virtual machine: a kernel at EL1 and its programs."),
    Word("hypervisor", "00", "Software that lets several guests share one machine."),
    Word("KVM", "00", "Linux's hypervisor.", "Linux: Documentation/virt/kvm/api.rst"),
    Word("VM", "00", "Virtual machine: what a guest believes to be its computer."),
    Word("vCPU", "01", "Virtual CPU: what a guest believes to be a CPU. It runs on one, or waits."),
    Word(
        "VMM", "00", "Virtual machine monitor: the program, such as QEMU, that asks KVM for a VM."
    ),
    Word("userspace", "04", "Programs outside the kernel; for KVM mostly the VMM."),
    Word(
        "perf",
        "00",
        "Linux's profiler, and the driver that gives it counters.",
        "Linux: kernel/events/core.c",
    ),
    # ---- sharing
    Word(
        "perf event",
        "08",
        "Something that perf counts, on a counter or waiting for one.",
        "Linux: kernel/events/core.c",
    ),
    Word("entry", "06", "The step from the host into a guest.", "Linux: arch/arm64/kvm/arm.c"),
    Word("exit", "01", "The step from a guest back to the host.", "Linux: arch/arm64/kvm/arm.c"),
    Word(
        "load",
        "01",
        "Bring a vCPU's state to a CPU: kvm_arch_vcpu_load().",
        "Linux: arch/arm64/kvm/arm.c",
    ),
    Word(
        "put",
        "01",
        "Save a vCPU's state from a CPU: kvm_arch_vcpu_put().",
        "Linux: arch/arm64/kvm/arm.c",
    ),
    Word(
        "context swap", "01", "A put and a load: one guest's registers out, another's in.", _POSTING
    ),
    Word("turn", "00", "The time from a vCPU's load to its put."),
    Word(
        "run loop",
        "07",
        "Enter, exit, see why, enter again: kvm_arch_vcpu_ioctl_run().",
        "Linux: arch/arm64/kvm/arm.c",
    ),
    Word("home", "00", "The one place that holds a register's value now: hardware or memory."),
    Word(
        "partition",
        "03",
        "The division of a PMU's counters between a guest and its host.",
        _POSTING,
    ),
    Word(
        "first range",
        "03",
        "Counters below MDCR_EL2.HPMN, switched on by PMCR_EL0.E: a guest's.",
        _DDI,
    ),
    Word(
        "second range", "03", "Counters from MDCR_EL2.HPMN on, switched on by MDCR_EL2.HPME.", _DDI
    ),
    Word(
        "range",
        "03",
        "The counters on one side of MDCR_EL2.HPMN: first a guest's, then the host's.",
    ),
    Word(
        "emulated PMU",
        "09",
        "A PMU in software: each access traps, and perf counts for the guest.",
        "Linux: arch/arm64/kvm/pmu-emul.c",
    ),
    Word(
        "event filter",
        "05",
        "The list of events that a VM may or may not count.",
        "Linux: Documentation/virt/kvm/devices/vcpu.rst",
    ),
    Word(
        "reservation",
        "08",
        "Counters that the host keeps, or lends only while a guest is loaded.",
        _POSTING,
    ),
    Word(
        "static reservation",
        "08",
        "The host keeps a fixed number of counters, whether a guest is loaded or not.",
        _POSTING,
    ),
    Word(
        "dynamic reservation",
        "08",
        "The host uses every counter until a guest that owns its own is loaded.",
        _POSTING,
    ),
    Word(
        "lazy",
        "08",
        "Not before the first access: a vCPU that never counts costs no swap.",
        _POSTING,
    ),
    Word("FREE", "08", "A vCPU that has not touched its PMU: all accesses trap.", _POSTING),
    Word(
        "GUEST_OWNED", "08", "A vCPU whose counters are in hardware while it is loaded.", _POSTING
    ),
    Word(
        "multiplexing",
        "08",
        "More events than counters: they take turns on them.",
        "Linux: kernel/events/core.c",
    ),
    Word("migration", "08", "A vCPU moves to another CPU, or a VM to another machine."),
    # ---- interrupts
    Word("VIRQ", "00", "The guest's interrupt wire: high while a list register has one to take."),
    Word("IRQ", "07", "An interrupt of group 1, or its line; the usual kind.", _GIC),
    Word(
        "latch", "07", "What remembers that an edge has come, until a list register has it.", _GIC
    ),
    Word(
        "distributor",
        "07",
        "The part of the GIC where interrupts are enabled and get priorities.",
        _GIC,
    ),
    Word("poll", "03", "Ask again and again, without an interrupt."),
    Word(
        "interrupt", "06", "A signal that makes a CPU leave what it does and run a handler.", _GIC
    ),
    Word(
        "PMUIRQ",
        "06",
        "The PMU's interrupt wire: high while a flag, its interrupt enable and its switch are on.",
        _DDI,
    ),
    Word("handler", "06", "The function that answers an interrupt."),
    Word("GIC", "07", "Generic Interrupt Controller: brings interrupts to CPUs.", _GIC),
    Word(
        "vGIC",
        "07",
        "KVM's virtual GIC: brings interrupts to vCPUs.",
        "Linux: arch/arm64/kvm/vgic/",
    ),
    Word("INTID", "07", "An interrupt's number. A guest's PMU has 23 here.", _GIC),
    Word("PPI", "07", "Private Peripheral Interrupt: each CPU has its own; INTID 16 to 31.", _GIC),
    Word("level", "07", "A kind of interrupt: pending for as long as its wire is high.", _GIC),
    Word("edge", "07", "A kind of interrupt: pending from one moment on, until it is taken.", _GIC),
    Word(
        "group", "07", "Group 1 comes to a guest as an IRQ, group 0 as a FIQ, a second kind.", _GIC
    ),
    Word("NMI", "06", "Non-maskable interrupt: one that comes even where others are held off."),
    Word(
        "irq_work",
        "06",
        "A short job that an NMI leaves for the next normal interrupt.",
        "Linux: kernel/irq_work.c",
    ),
    Word("pending", "07", "Asked for and not yet taken.", _GIC),
    Word("active", "07", "Taken and not yet ended.", _GIC),
    Word("acknowledge", "07", "Take an interrupt: read ICC_IAR1_EL1, which gives its INTID.", _GIC),
    Word("end", "07", "Say that an interrupt is handled: write its INTID to ICC_EOIR1_EL1.", _GIC),
    Word(
        "priority", "07", "How urgent an interrupt is. The lower number is the more urgent.", _GIC
    ),
    Word(
        "list register", "07", "ICH_LR<n>_EL2: one virtual interrupt that a guest can take.", _GIC
    ),
    Word(
        "ap_list",
        "07",
        "The vGIC's list of a vCPU's interrupts that are active or pending.",
        "Linux: arch/arm64/kvm/vgic/vgic.c",
    ),
    Word(
        "used_lrs",
        "07",
        "How many list registers the last flush has filled; fold looks at no others.",
        "Linux: arch/arm64/kvm/vgic/vgic.c",
    ),
    Word(
        "populate",
        "07",
        "Write an interrupt into a list register: vgic_populate.",
        "Linux: arch/arm64/kvm/vgic/vgic-v3.c",
    ),
    Word(
        "priority mask",
        "07",
        "ICC_PMR_EL1: only an interrupt whose priority has a lower number comes.",
        _GIC,
    ),
    Word("spurious", "04", "An interrupt without a cause; ICC_IAR1_EL1 reads 1023.", _GIC),
    Word(
        "kick",
        "06",
        "Make a vCPU leave its guest or its sleep, to look at what is new: kvm_vcpu_kick().",
        "Linux: virt/kvm/kvm_main.c",
    ),
    # ---- judging
    Word(
        "entitled",
        "00",
        "What a guest would have found on a private PMU; a verdict compares it with yours.",
    ),
    Word(
        "scenario",
        "05",
        "A machine and its guests' programs, as a file: python -m pmulab run --list.",
    ),
    Word("private PMU", "00", "A PMU that one guest has alone: what it is entitled to."),
    Word("law", "04", "A sentence that must hold after every step, as a function."),
    Word("world", "04", "A small machine and all that may happen on it."),
    Word("history", "04", "The steps that lead to a broken law; there is none shorter."),
    Word(
        "certificate", "11", "What a search has seen: states, transitions, depth, and whether all."
    ),
    Word("hook", "00", "A method of Hypervisor, with the kernel's name, that a learner replaces."),
    Word("gallery", "00", "The collection of wrong hypervisors: python -m pmulab gallery."),
    Word("trace", "00", "The record of everything that happened on a machine."),
    Word("posting", "02", "A version of a patch series, sent to a mailing list for review."),
    Word("sashiko", "10", "A program that reviews patches on the kernel's lists, as people do."),
)
