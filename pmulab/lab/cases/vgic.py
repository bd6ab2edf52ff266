"""Cases of interrupts and list registers.

Not modelled: how a hook gets there. Only what it returns and what it leaves counts.
"""

from dataclasses import replace
from itertools import combinations, permutations, product

from pmulab.hw.pe import Pe
from pmulab.hw.sysregs import REGS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vgic import GROUP_ENABLES, group_switches
from pmulab.kvm.vgic_state import EDGE, LEVEL, VgicCpu, VgicIrq
from pmulab.lab.cases.setting import BOTH, LIST_REGISTERS, guest
from pmulab.lab.cases.table import table
from pmulab.lab.submission.answers import number

LR, HCR = REGS["ICH_LR0_EL2"], REGS["ICH_HCR_EL2"]
ALL_CALLS = sum(HCR.masks("En UIE LRENPIE NPIE VGrp0EIE VGrp0DIE VGrp1EIE VGrp1DIE TDIR"))
KINDS = ((2, EDGE, 0xA0), (15, EDGE, 0), (30, LEVEL, 0xA0), (600, LEVEL, 0x48))
IRQS = tuple(
    VgicIrq(intid, config, priority, group, True, line and config == LEVEL, latch, active)
    for (intid, config, priority), line, latch, active, group in product(
        KINDS, BOTH, BOTH, BOTH, (0, 1)
    )
)
FLAGS = ("line_level", "pending_latch", "active")
ONE_IRQ = "INTID {irq.intid} is {irq:kind} of group {irq.group} with {irq:flags}"
MENU = (
    VgicIrq(3, EDGE, 0x20, 1, True, False, True, False),
    VgicIrq(23, LEVEL, 0xA0, 1, True, True, False, False),
    VgicIrq(27, LEVEL, 0x80, 1, True, False, False, True),
    VgicIrq(40, LEVEL, 0x40, 1, False, True, False, False),
    VgicIrq(41, LEVEL, 0xC0, 1, True, True, False, False),
)


def _kind(irq: VgicIrq) -> str:
    return "an edge" if irq.config == EDGE else "a level"


def _flags(irq: VgicIrq) -> str:
    return ", ".join(flag for flag in FLAGS if getattr(irq, flag)) or "no flag set"


@table(product(IRQS), says=ONE_IRQ, kind=_kind, flags=_flags)
def vgic_populate(hyp: Hypervisor, irq: VgicIrq) -> dict:
    """Each field is right for edges and levels in every state."""
    irq = replace(irq)
    value = number(hyp.vgic_populate(irq))
    fields = _fields(value) if isinstance(value, int) else dict.fromkeys(_fields(0), value)
    if irq.config == EDGE:
        # KVM is called back at the end of an edge, or not: the guest cannot tell.
        del fields[ASKS]
    return {**fields, "irq.pending_latch": irq.pending_latch}


def _fields(value: int) -> dict[str, int]:
    fields = {f"ICH_LR<n>_EL2.{f.name}": LR.get(value, f.name) for f in LR.fields}
    # Without HW this field has one bit that means something; it goes by the name of its mask.
    fields[ASKS] = value >> 41 & 1
    return {name: bits for name, bits in fields.items() if not name.endswith("pINTID")}


ASKS = "ICH_LR<n>_EL2, bit 41, EOI_BIT"


@table(
    product(IRQS, range(4), BOTH),
    says=f"{ONE_IRQ}, {{on:disabled|enabled}}, and its list register has State {{state:#04b}}",
    kind=_kind,
    flags=_flags,
)
def vgic_fold(hyp: Hypervisor, irq: VgicIrq, state: int, on: bool) -> dict:
    """Edges and levels come back right from every state."""
    vcpu = guest()
    mine = vcpu.vgic.irqs[irq.intid] = replace(irq, enabled=on, queued=True)
    vcpu.vgic.ap_list = [irq.intid]
    value = LR.put(0, vINTID=irq.intid, Priority=irq.priority, State=state)
    # What is folded need not be what the list register has: a trapped end changes it first.
    hyp.cpu.msr("ICH_LR0_EL2", value ^ LR.put(0, State=3))
    vcpu.vgic.used_lrs = 1
    answer = number(hyp.vgic_fold(vcpu, value))
    flags = {f"irq.{flag}": getattr(mine, flag) for flag in (*FLAGS, "enabled")}
    listed = f"{vcpu.vgic.ap_list}, {mine.queued}"
    if not _due(mine) and not (vcpu.vgic.ap_list or mine.queued):
        # What is not due any more may leave the list now, or at the end of the exit.
        listed = f"{[irq.intid]}, True"
    return {**flags, "vgic.ap_list, irq.queued": listed, "returned": answer}


@table(
    product(IRQS, BOTH, BOTH),
    says=f"{ONE_IRQ}, {{on:disabled|enabled}}{{queued:| and still on the list}}",
    kind=_kind,
    flags=_flags,
)
def vgic_target(hyp: Hypervisor, irq: VgicIrq, on: bool, queued: bool) -> dict:
    """What is due is right for edges and levels in every state, and a look changes nothing."""
    asked = replace(irq, enabled=on, queued=queued)
    returned = bool(hyp.vgic_target(asked))
    return {"returned": returned, "irq.pending_latch": asked.pending_latch}


def _listed(irqs: tuple[VgicIrq, ...]) -> str:
    return ", ".join(map(_ranked, irqs)) or "nothing"


def _ranked(irq: VgicIrq) -> str:
    due = "" if irq.active or irq.enabled else ", disabled: not due"
    return f"{irq.intid} (priority {irq.priority:#x}{', active' * irq.active}{due})"


def _flushed(hyp: Hypervisor, irqs: tuple[VgicIrq, ...], used: int) -> tuple[VgicCpu, list[int]]:
    """Flush a list, with some list registers in use before; return those and the vGIC.

    In use were the same interrupts, but of another priority; and all maintenance was asked for.
    """
    for lr in range(used):
        before = replace(irqs[lr] if lr < len(irqs) else VgicIrq(99, LEVEL))
        old = Hypervisor.vgic_populate(hyp, before) ^ LR.put(0, Priority=8)
        hyp.cpu.msr(f"ICH_LR{lr}_EL2", old)
    hyp.cpu.msr("ICH_HCR_EL2", HCR.put(ALL_CALLS, EOIcount=1) if used else HCR.En)
    vcpu = guest()
    vgic = vcpu.vgic
    vgic.irqs = {irq.intid: replace(irq, queued=True) for irq in irqs}
    vgic.ap_list, vgic.used_lrs = [irq.intid for irq in irqs], used
    hyp.vgic_flush(vcpu)
    return vgic, [hyp.cpu.mrs(f"ICH_LR{lr}_EL2") for lr in range(hyp.host.list_registers)]


@table(
    (
        (registers, n, used)
        for registers in (1, 3, 4, 6, 9, 12, 16)
        for n in sorted({0, 1, registers - 1, registers, registers + 1})
        for used in sorted({0, registers - 1, registers})
    ),
    name="vgic_flush.16",
    says="{n} levels are listed; of {registers} list registers {used} were in use before",
)
def _sixteen(hyp: Hypervisor, registers: int, n: int, used: int) -> dict:
    """So it is with any number of list registers, which differs between CPUs."""
    wide = type(hyp)([Pe(4, list_registers=count) for count in (2, 16, registers)])
    wide.this_cpu(2)
    irqs = tuple(VgicIrq(32 + k, LEVEL, 8 * k, 1, True, True) for k in range(n))
    vgic, found = _flushed(wide, irqs, used)
    return {
        "list registers": sorted(map(hex, found)),
        "vgic.used_lrs": vgic.used_lrs,
        "ICH_HCR_EL2": _asked(wide, irqs, found),
    }


# Priorities that differ in the last bit there is, both groups, and one that is taken and due again.
GROUPS = (
    VgicIrq(27, LEVEL, 0x28, 0, True, True),
    VgicIrq(36, LEVEL, 0x18, 1, True, True),
    VgicIrq(33, LEVEL, 0x20, 1, True, True),
    VgicIrq(34, LEVEL, 0x30, 1, True, True),
    VgicIrq(5, EDGE, 0x38, 0, True, False, True),
    VgicIrq(41, LEVEL, 0xE0, 1, True, True, False, True),
)


@table(
    (
        (irqs, on)
        for n in (1, 3, 4)
        for irqs in combinations(GROUPS, n)
        for on in ((), GROUP_ENABLES[:1], GROUP_ENABLES[1:], GROUP_ENABLES)
    ),
    name="vgic_flush.groups",
    says=f"{{irqs:listed}} is listed; of {LIST_REGISTERS} list registers none was in use, "
    "and the guest has {on:enables}",
    listed=lambda irqs: ", ".join(f"{_ranked(irq)} of group {irq.group}" for irq in irqs),
    enables=lambda on: f"{len(on) or 'neither'} group{'s' * (len(on) > 1)} enabled: {sum(on):#x}",
)
def _groups(hyp: Hypervisor, irqs: tuple[VgicIrq, ...], on: tuple[int, ...]) -> dict:
    """And in the order of both groups, by what the guest has enabled now."""
    hyp.cpu.msr("ICH_VMCR_EL2", sum(on))
    vgic, found = _flushed(hyp, irqs, 0)
    asked = _asked(hyp, irqs, found)
    # Once more, after the guest has ended one that had no list register.
    hyp.cpu.msr("ICH_HCR_EL2", HCR.put(hyp.cpu.mrs("ICH_HCR_EL2"), EOIcount=1))
    vcpu = guest()
    vcpu.vgic = vgic
    hyp.vgic_flush(vcpu)
    return {
        "INTIDs in list registers": sorted(LR.get(value, "vINTID") for value in found if value),
        "ICH_HCR_EL2": asked,
        "EOIcount after another flush": HCR.get(hyp.cpu.mrs("ICH_HCR_EL2"), "EOIcount"),
    }


def _asked(hyp: Hypervisor, irqs: tuple[VgicIrq, ...], found: list[int]) -> int:
    """Return what a flush has asked maintenance for, without what comes to the same.

    Where nothing is pending any more NPIE does what UIE does. A call for a group whose switch makes
    no room changes nothing, and KVM asks for both.
    """
    asked = hyp.cpu.mrs("ICH_HCR_EL2")
    inside = {LR.get(value, "vINTID") for value in found}
    waits = {irq.group for irq in irqs if irq.intid not in inside and _due(irq)}
    asked &= group_switches(waits, hyp.cpu.mrs("ICH_VMCR_EL2")) | ~SWITCHES
    return asked & ~HCR.UIE if asked & HCR.NPIE else asked


def _due(irq: VgicIrq) -> bool:
    return irq.active or (irq.enabled and irq.pending)


SWITCHES = sum(HCR.masks("VGrp0EIE VGrp0DIE VGrp1EIE VGrp1DIE"))


def _lists(n: int):
    """List interrupts in every order; four and more are too many for that."""
    return permutations(MENU, n) if n < 4 else combinations(MENU, n)


@table(
    ((irqs, used) for n in range(6) for used, irqs in product((0, 2, LIST_REGISTERS), _lists(n))),
    says=f"{{irqs:listed}} is listed; of {LIST_REGISTERS} list registers "
    "{used:none was|{used} were} in use before",
    listed=_listed,
)
def vgic_flush(hyp: Hypervisor, irqs: tuple[VgicIrq, ...], used: int) -> dict:
    """The right interrupts get the list registers, also where not all fit."""
    # As for a guest that has enabled both groups.
    hyp.cpu.msr("ICH_VMCR_EL2", sum(GROUP_ENABLES))
    vgic, found = _flushed(hyp, irqs, used)
    # Where not all fit, KVM replays the guest's ends in the order of the list.
    full = sum(map(_due, irqs)) > LIST_REGISTERS
    # What is not due any more may leave the list now, or at the next exit.
    due = [intid for intid in vgic.ap_list if _due(vgic.irqs[intid])]
    return {
        "INTIDs in list registers": sorted(LR.get(value, "vINTID") for value in found if value),
        "list registers": sorted(map(hex, found)),
        "vgic.used_lrs": vgic.used_lrs,
        "what is due in vgic.ap_list": due if full else sorted(due),
        "ICH_HCR_EL2": _asked(hyp, irqs, found),
    }
