"""Judges for hooks that no small world shows whole: every case of a table, beside the reference.

A case is built twice, once with the reference and once with the submission; what each leaves behind
must be the same, name by name.

Not modelled: how a hook gets there. Only what it returns and what it leaves counts.
"""

from dataclasses import replace
from itertools import combinations_with_replacement, permutations, product

from pmulab.hw.sysregs import PMCR_EL0, REGS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, Vcpu, Vm
from pmulab.kvm.vgic import GROUP_ENABLES
from pmulab.kvm.vgic_state import EDGE, LEVEL, VgicIrq
from pmulab.lab.guest_units import GUEST_UNITS
from pmulab.lab.moments import MOMENTS
from pmulab.lab.unit import LIST_REGISTERS, Unit, host_of
from pmulab.sim.laws import Accusation

LR = REGS["ICH_LR0_EL2"]
BOTH = (False, True)


def units_of(hook: str) -> list[str]:
    """Name the tables of a hook: one of its own name, and those with a point behind it."""
    return [name for name in UNITS if name.partition(".")[0] == hook]


def judge(name: str, hypervisor: type) -> Accusation | None:
    """Return what differs from the reference first, or nothing."""
    unit = UNITS[name]
    for case in unit.cases():
        due = unit.run(Hypervisor, *case)
        try:
            yours = unit.run(hypervisor, *case)
        except Exception as error:
            error.add_note(f"where {unit.said(*case)}")
            raise
        for what, value in due.items():
            if yours[what] != value:
                where = f"{what}, where {unit.said(*case)}"
                return Accusation(name, "host", where, _plain(yours[what]), _plain(value))
    return None


def _plain(value) -> int | str:
    return value if type(value) is int else str(value)


# ---- the enables and their pair of names


def _pair_cases():
    return product(range(16), repeat=3)


def _pair(hypervisor: type, old: int, bits: int, mask: int) -> dict:
    names = ("PMCNTENSET_EL0", "PMCNTENCLR_EL0")
    hyp = host_of(hypervisor)
    hyp.cpu.load_state({names[0]: old})
    hyp.write_pair(*names, bits, mask)
    return {names[0]: hyp.cpu.mrs(names[0])}


def _pair_said(old: int, bits: int, mask: int) -> str:
    return f"it was {old:#06b}, bits={bits:#06b}, mask={mask:#06b}"


# ---- who owns the counters


def _owner_cases():
    return product(BOTH, BOTH, (FREE, GUEST_OWNED))


def _owner(hypervisor: type, partitioned: bool, supported: bool, access: str) -> dict:
    vcpu = Vcpu("A", Vm("A", 2, partitioned), None if supported else (1,))
    vcpu.access = access
    return {"the answer": bool(host_of(hypervisor).owns_counters(vcpu))}


def _owner_said(partitioned: bool, supported: bool, access: str) -> str:
    vm = "uses a partition" if partitioned else "uses none"
    cpu = "supported" if supported else "not supported"
    return f"the VM {vm}, the CPU is {cpu}, the vCPU is {access}"


def _decision_cases():
    return product(BOTH, BOTH, (0, 1, CYCLE_BIT), (FREE, GUEST_OWNED))


def _decision(hypervisor: type, lazy: bool, partitioned: bool, enables: int, before: str) -> dict:
    vcpu = Vcpu("A", Vm("A", 2, partitioned))
    vcpu.access = before
    vcpu.regs["PMCNTENSET_EL0"] = enables
    host_of(hypervisor, lazy).decide_ownership(vcpu)
    return {"vcpu.access": vcpu.access}


def _decision_said(lazy: bool, partitioned: bool, enables: int, before: str) -> str:
    vm = "uses a partition" if partitioned else "uses none"
    host = "is lazy" if lazy else "is not lazy"
    return f"the host {host}, the VM {vm}, the saved enables are {enables:#x}, it was {before}"


# ---- the host's interrupt handler, and the guest's share of it

FLAGS = (0, 0b0001, 0b1000, 0b1001, CYCLE_BIT | 0b0001)


def _loaded(hyp: Hypervisor, access: str = GUEST_OWNED) -> Vcpu:
    """Load a vCPU with two counters and both interrupts enabled; the host has the others."""
    vcpu = Vcpu("A", Vm("A", 2))
    vcpu.regs |= {"PMINTENSET_EL1": CYCLE_BIT | 0b01, "PMCR_EL0": PMCR_EL0.E}
    hyp.vcpu_load(vcpu)
    vcpu.access, vcpu.request = access, False
    return vcpu


def _split_cases():
    return product(FLAGS, FLAGS)


def _split(hypervisor: type, flags: int, enables: int) -> dict:
    calls = []

    def receive(self, overflow):
        calls.append((overflow, self.cpu.mrs("PMOVSSET_EL0")))
        Hypervisor.handle_guest_irq(self, overflow)

    hyp = host_of(type("Watched", (hypervisor,), {"handle_guest_irq": receive}))
    _loaded(hyp)
    hyp.cpu.msr("PMINTENCLR_EL1", hyp.host.implemented)
    hyp.cpu.msr("PMINTENSET_EL1", enables)
    hyp.cpu.msr("PMOVSSET_EL0", flags)
    answer = hyp.handle_host_irq()
    # Handing over the host's flags too, as the kernel does, is no mistake: the receiver masks.
    theirs = ~hyp.host.cntr_mask
    handed = [(flags & theirs, found) for flags, found in calls if flags & theirs]
    return {
        "returned": bool(answer),
        "flags given to handle_guest_irq": sum(flags for flags, _ in handed),
        "PMOVSSET_EL0 when it was called": handed[0][1] if handed else 0,
        "PMOVSSET_EL0 at the end": hyp.cpu.mrs("PMOVSSET_EL0"),
        "MDCR_EL2 at the end": hyp.cpu.mrs("MDCR_EL2"),
    }


def _split_said(flags: int, enables: int) -> str:
    return f"PMOVSSET_EL0 was {flags:#x} and PMINTENSET_EL1 {enables:#x}, A has counters 0 and 1"


def _record_cases():
    yield from product((0b01, CYCLE_BIT | 0b01), (0, 0b10), (0, 1), (GUEST_OWNED, FREE, ""))
    # A flag of the host among them: it is not the guest's to clear, nor to have.
    yield from product((0b1001,), (0, 0b10), (0, 1), (GUEST_OWNED,))


def _record(hypervisor: type, flags: int, saved: int, on: int, access: str) -> dict:
    hyp = host_of(hypervisor)
    vcpu = _loaded(hyp, access or GUEST_OWNED)
    vcpu.regs["PMOVSSET_EL0"] = saved
    hyp.cpu.msr("PMCR_EL0", on)
    if not access:
        hyp.host.loaded = None
    hyp.cpu.msr("PMOVSSET_EL0", flags)
    hyp.handle_guest_irq(flags)
    return {
        "PMOVSSET_EL0 at the end": hyp.cpu.mrs("PMOVSSET_EL0"),
        "the saved PMOVSSET_EL0": vcpu.regs["PMOVSSET_EL0"],
        "the kick": bool(vcpu.request),
    }


def _record_said(flags: int, saved: int, on: int, access: str) -> str:
    who = f"the loaded vCPU is {access}" if access else "no vCPU is loaded"
    return f"{who}, PMCR_EL0.E is {on}, {saved:#x} was saved and {flags:#x} came"


def _kick_cases():
    return product(BOTH, BOTH)


def _kick(hypervisor: type, halted: bool, due: bool) -> dict:
    hyp = host_of(hypervisor)
    vcpu = _loaded(hyp)
    vcpu.regs["PMOVSSET_EL0"], vcpu.halted = int(due), halted
    hyp.cpu.msr("PMCR_EL0", 1)
    hyp.kick(vcpu)
    return {"vcpu.request": bool(vcpu.request)}


def _kick_said(halted: bool, due: bool) -> str:
    return (
        f"the vCPU {'is halted' if halted else 'runs'} and its level is {'high' if due else 'low'}"
    )


# ---- interrupts and list registers


def _irq_cases():
    kinds = ((2, EDGE), (30, LEVEL))
    for (intid, config), *flags in product(kinds, BOTH, BOTH, BOTH, (0, 1)):
        line, latch, active, group = flags
        yield (VgicIrq(intid, config, 0xA0, group, True, line and config == LEVEL, latch, active),)


def _populate(hypervisor: type, irq: VgicIrq) -> dict:
    irq = replace(irq)
    value = host_of(hypervisor).vgic_populate(irq)
    if type(value) is not int:
        return dict.fromkeys(_fields(0), value) | {"irq.pending_latch": irq.pending_latch}
    return {**_fields(value), "irq.pending_latch": irq.pending_latch}


def _fields(value: int) -> dict[str, int]:
    fields = {f"ICH_LR<n>_EL2.{f.name}": LR.get(value, f.name) for f in LR.fields}
    # Without HW this field has one bit that means something; it goes by the name of its mask.
    fields["ICH_LR<n>_EL2, bit 41, EOI_BIT"] = value >> 41 & 1
    return {name: bits for name, bits in fields.items() if not name.endswith("pINTID")}


def _irq_said(irq: VgicIrq, state: int | None = None) -> str:
    flags = [n for n in ("line_level", "pending_latch", "active") if getattr(irq, n)]
    read = "" if state is None else f", and its list register has State {state:#04b}"
    kind = f"INTID {irq.intid} is {'an edge' if irq.config == EDGE else 'a level'}"
    return f"{kind} of group {irq.group} with {', '.join(flags) or 'no flag set'}{read}"


def _fold_cases():
    return ((irq, state) for (irq,) in _irq_cases() for state in range(4))


def _fold(hypervisor: type, irq: VgicIrq, state: int) -> dict:
    hyp, vcpu = host_of(hypervisor), Vcpu("A", Vm("A", 2))
    mine = vcpu.vgic.irqs[irq.intid] = replace(irq)
    answer = hyp.vgic_fold(vcpu, LR.put(0, vINTID=irq.intid, Priority=irq.priority, State=state))
    return {"irq.active": mine.active, "irq.pending_latch": mine.pending_latch, "returned": answer}


MENU = (
    VgicIrq(3, EDGE, 0x20, 1, True, False, True, False),
    VgicIrq(23, LEVEL, 0xA0, 1, True, True, False, False),
    VgicIrq(27, LEVEL, 0x80, 1, True, False, False, True),
    VgicIrq(40, LEVEL, 0x40, 1, False, True, False, False),
    VgicIrq(41, LEVEL, 0xC0, 1, True, True, False, False),
)


def _flush_cases():
    for n in range(len(MENU) + 1):
        for used, irqs in product((0, 2), permutations(MENU, n) if n < 4 else _some(n)):
            yield irqs, used


def _some(n: int):
    return [irqs for irqs in combinations_with_replacement(MENU, n) if len({*map(id, irqs)}) == n]


def _flush(hypervisor: type, irqs: tuple[VgicIrq, ...], used: int) -> dict:
    hyp, vcpu = host_of(hypervisor), Vcpu("A", Vm("A", 2))
    # As for a guest that has enabled both groups.
    hyp.cpu.msr("ICH_VMCR_EL2", sum(GROUP_ENABLES))
    for lr in range(used):
        hyp.cpu.msr(f"ICH_LR{lr}_EL2", LR.put(0, vINTID=99, State=1))
    vgic = vcpu.vgic
    vgic.irqs = {irq.intid: replace(irq, queued=True) for irq in irqs}
    vgic.ap_list, vgic.used_lrs = [irq.intid for irq in irqs], used
    hyp.vgic_flush(vcpu)
    found = [hyp.cpu.mrs(f"ICH_LR{lr}_EL2") for lr in range(LIST_REGISTERS)]
    inside = sorted(LR.get(value, "vINTID") for value in found if value)
    # Where not all fit, KVM replays the guest's ends in the order of the list.
    full = sum(irq.active or (irq.enabled and irq.pending) for irq in irqs) > LIST_REGISTERS
    return {
        "INTIDs in list registers": inside,
        "list registers": sorted(map(hex, found)),
        "vgic.used_lrs": vgic.used_lrs,
        "vgic.ap_list": vgic.ap_list if full else sorted(vgic.ap_list),
        "ICH_HCR_EL2": hyp.cpu.mrs("ICH_HCR_EL2"),
    }


def _flush_said(irqs: tuple[VgicIrq, ...], used: int) -> str:
    listed = ", ".join(_listed(irq) for irq in irqs) or "nothing"
    before = f"{used} were in use before" if used else "none was in use before"
    return f"{listed} is listed; of {LIST_REGISTERS} list registers {before}"


def _listed(irq: VgicIrq) -> str:
    due = "" if irq.active or irq.enabled else ", disabled: not due"
    return f"{irq.intid} (priority {irq.priority:#x}{', active' * irq.active}{due})"


UNITS = {
    **MOMENTS,
    **GUEST_UNITS,
    "write_pair": Unit(
        "The masked bits become what was asked and no other bit moves: 4096 cases of 4 bits.",
        _pair_cases,
        _pair,
        _pair_said,
    ),
    "owns_counters": Unit("All 8 cases are answered.", _owner_cases, _owner, _owner_said),
    "decide_ownership": Unit(
        "All 24 cases are decided.", _decision_cases, _decision, _decision_said
    ),
    "handle_host_irq": Unit(
        "Each flag goes to its owner, and the answer is right.", _split_cases, _split, _split_said
    ),
    "handle_guest_irq": Unit(
        "Flags are recorded and cleared, whoever is loaded.", _record_cases, _record, _record_said
    ),
    "kick": Unit("Whoever is kicked has a request.", _kick_cases, _kick, _kick_said),
    "vgic_populate": Unit(
        "Each field is right for edges and levels in every state.",
        _irq_cases,
        _populate,
        _irq_said,
    ),
    "vgic_fold": Unit(
        "Edges and levels come back right from every state.", _fold_cases, _fold, _irq_said
    ),
    "vgic_flush": Unit(
        "The right interrupts get the list registers, also where not all fit.",
        _flush_cases,
        _flush,
        _flush_said,
    ),
}
