"""Judges for the hooks behind traps and ownership: every case of a table, beside the reference.

The small worlds do not come to all of them: a guest that does not own its counters, a host that
reserves, a type with every bit.

Not modelled: a hook's calls of others, but where their order is what the hook is about.
"""

from itertools import product

from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.event_filter import DENY
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, Vcpu, Vm, evcntr, evtyper
from pmulab.lab.unit import Unit, host_of

BOTH = (False, True)
OWNERS = (GUEST_OWNED, FREE)
IDS = (0, 1, CYCLE_IDX)
MEM_ACCESS, OLD = 0x13, 0x8
P, U = PMEVTYPER0_EL0.P, PMEVTYPER0_EL0.U


def _loaded(hypervisor: type, access: str, denied: bool = False, **regs) -> tuple[Hypervisor, Vcpu]:
    """Load a vCPU with two counters; then only its owner is as the case says."""
    hyp, vcpu = host_of(hypervisor), Vcpu("A", Vm("A", 2))
    vcpu.regs |= regs
    if denied:
        for event in (MEM_ACCESS, CPU_CYCLES):
            vcpu.vm.event_filter.set_range(event, 1, DENY)
    hyp.host.loaded, vcpu.cpu, vcpu.access = vcpu, 0, access
    hyp.setup_traps(vcpu)
    return hyp, vcpu


def _cells(hyp: Hypervisor, names) -> dict[str, int]:
    """Read registers of the hardware as EL2 does."""
    return {f"the hardware's {name}": hyp.cpu.mrs(name) for name in names}


# ---- event types


def _type_cases():
    bits = (0, P, U, EXCLUDE_ALL)
    return ((i, a | b, d) for i, a, b, d in product(IDS, bits, (0, INCLUDE_EL2), BOTH))


def _type(hypervisor: type, idx: int, bits: int, denied: bool) -> dict:
    asked = bits | (0 if idx == CYCLE_IDX else MEM_ACCESS)
    hyp, vcpu = _loaded(hypervisor, GUEST_OWNED, denied, **{evtyper(idx): asked})
    value = hyp.hardware_type(vcpu, idx)
    kept = {"vcpu.regs": "as it was" if vcpu.regs[evtyper(idx)] == asked else "changed"}
    if type(value) is not int:
        return {"the answer": value, **kept}
    levels = (("EL0", not value & U), ("EL1", not value & P), ("EL2", value & INCLUDE_EL2))
    where = " ".join(level for level, counts in levels if counts)
    event = f" event {value & 0xFFFF:#x}" if where and idx != CYCLE_IDX else ""
    return {"what the hardware counts": f"{where or 'nothing'}{event}", **kept}


def _type_said(idx: int, bits: int, denied: bool) -> str:
    names = [n for n, bit in (("P", P), ("U", U), ("NSH", INCLUDE_EL2)) if bits & bit]
    allowed = "denied" if denied else "allowed"
    return f"counter {idx} has {' '.join(names) or 'no level bit'} and its event is {allowed}"


def _write_cases():
    return product(IDS, OWNERS, BOTH)


def _write(hypervisor: type, idx: int, access: str, denied: bool) -> dict:
    hyp, vcpu = _loaded(hypervisor, access, denied)
    name, value = evtyper(idx), 0 if idx == CYCLE_IDX else MEM_ACCESS
    hyp.cpu.msr(name, P)
    hyp.write_type(vcpu, name, value | INCLUDE_EL2)
    return {f"the saved {name}": vcpu.regs[name], **_cells(hyp, [name])}


def _write_said(idx: int, access: str, denied: bool) -> str:
    allowed = "denied" if denied else "allowed"
    return f"a loaded {access} vCPU writes the type of counter {idx}, whose event is {allowed}"


def _resync_cases():
    return product((*OWNERS, ""), BOTH)


def _resync(hypervisor: type, access: str, denied: bool) -> dict:
    types = {evtyper(0): MEM_ACCESS, evtyper(1): OLD}
    hyp, vcpu = _loaded(hypervisor, access or GUEST_OWNED, denied, **types)
    if not access:
        hyp.host.loaded = None
    for idx in IDS:
        hyp.cpu.msr(evtyper(idx), P)
    hyp.resync_event_filter(vcpu)
    found = _cells(hyp, map(evtyper, IDS))
    return {name: "as it was before" if value == P else value for name, value in found.items()}


def _resync_said(access: str, denied: bool) -> str:
    who = f"the vCPU is loaded and {access}" if access else "the vCPU is not loaded"
    return f"{who}, and MEM_ACCESS is {'denied' if denied else 'allowed'}"


# ---- trapped registers


def _control_cases():
    bits = (PMCR_EL0.E, PMCR_EL0.P, PMCR_EL0.C)
    values = (
        sum(b for b, on in zip(bits, chosen, strict=True) if on) for chosen in product(*[BOTH] * 3)
    )
    return product(values, OWNERS)


def _control(hypervisor: type, value: int, access: str) -> dict:
    hyp, vcpu = _loaded(hypervisor, access, PMCR_EL0=0)
    counts = (*map(evcntr, IDS), evcntr(3))
    for name in counts:
        hyp.cpu.msr(name, 7)
        vcpu.regs[name] = 9
    hyp.cpu.msr("PMCR_EL0", PMCR_EL0.E if access == FREE else 0)
    hyp.write_control(vcpu, value)
    # While it owns them the saved copies are dead: only a register's home counts.
    names = (*counts, "PMCR_EL0")
    saved = {f"the saved {name}": vcpu.regs[name] for name in names} if access == FREE else {}
    return _cells(hyp, names) | saved


def _control_said(value: int, access: str) -> str:
    names = [f for f in "EPC" if value & getattr(PMCR_EL0, f)]
    return f"a loaded {access} vCPU writes {' and '.join(names) or '0'} to PMCR_EL0"


def _bitmap_cases():
    names = ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0")
    return product(names, OWNERS, (0, 0b1001), (0, 0b10))


def _bitmap(hypervisor: type, name: str, access: str, bits: int, saved: int) -> dict:
    hyp, vcpu = _loaded(hypervisor, access, **{name: saved})
    hyp.cpu.msr(name, bits)
    answer = hyp.read_bitmap(vcpu, name)
    found = {"the answer": answer, **_cells(hyp, [name])}
    flags = name == "PMOVSSET_EL0"
    return found | ({"the saved PMOVSSET_EL0": vcpu.regs[name]} if flags else {})


def _bitmap_said(name: str, access: str, bits: int, saved: int) -> str:
    return f"a loaded {access} vCPU reads {name}: hardware {bits:#x}, memory {saved:#x}"


# ---- the level, and who owns the counters


def _level_cases():
    return product(BOTH, BOTH)


def _level(hypervisor: type, told: bool, due: bool) -> dict:
    calls = []
    own = {
        "overflow_status": lambda hyp, vcpu: due,
        "vgic_inject": lambda hyp, vcpu, intid, level: calls.append((intid, bool(level))),
    }
    hyp, vcpu = _loaded(type("Watched", (hypervisor,), own), GUEST_OWNED)
    vcpu.irq_level = told
    hyp.update_state(vcpu)
    return {"vcpu.irq_level": bool(vcpu.irq_level), "calls of vgic_inject": calls}


def _level_said(told: bool, due: bool) -> str:
    words = ("low", "high")
    return f"the vGIC was told {words[told]} and {words[due]} is due"


def _take_cases():
    return product(BOTH, BOTH, OWNERS)


def _take(hypervisor: type, partitioned: bool, supported: bool, access: str) -> dict:
    calls = []
    own = {
        hook: lambda hyp, vcpu, hook=hook: calls.append(f"{hook} as {vcpu.access}")
        for hook in ("setup_traps", "pmu_load")
    }
    hyp = host_of(type("Watched", (hypervisor,), own))
    vcpu = Vcpu("A", Vm("A", 2, partitioned), None if supported else (1,))
    hyp.host.loaded, vcpu.cpu, vcpu.access = vcpu, 0, access
    hyp.take_ownership(vcpu)
    return {"vcpu.access": vcpu.access, "what was called": ", ".join(calls) or "nothing"}


def _take_said(partitioned: bool, supported: bool, access: str) -> str:
    vm = "uses a partition" if partitioned else "uses none"
    cpu = "supported" if supported else "not supported"
    return f"the VM {vm}, the CPU is {cpu}, the vCPU is {access}"


def _reserve_cases():
    return product(BOTH, (0b11, CYCLE_BIT | 0b1, 0))


def _reserve(hypervisor: type, dynamic: bool, mask: int) -> dict:
    hyp = hypervisor(host_of(Hypervisor).cpus, Config(2, dynamic=dynamic))
    hyp.set_guest_counters(CYCLE_BIT | 0b1)
    hyp.set_guest_counters(mask)
    return {"host.cntr_mask": hyp.host.cntr_mask}


def _reserve_said(dynamic: bool, mask: int) -> str:
    kind = "dynamic" if dynamic else "static"
    return f"the reservation is {kind} and the guest has {mask:#x}"


GUEST_UNITS = {
    "hardware_type": Unit(
        "A type counts where it may and nowhere else.", _type_cases, _type, _type_said
    ),
    "write_type": Unit("A type goes where it is due.", _write_cases, _write, _write_said),
    "resync_event_filter": Unit(
        "Types are written for whoever has them in hardware.", _resync_cases, _resync, _resync_said
    ),
    "write_control": Unit(
        "E and the resets reach the guest's own counters, wherever they are.",
        _control_cases,
        _control,
        _control_said,
    ),
    "read_bitmap": Unit("A bitmap is read where it lives.", _bitmap_cases, _bitmap, _bitmap_said),
    "update_state": Unit(
        "The vGIC is told of changes, and of nothing else.", _level_cases, _level, _level_said
    ),
    "take_ownership": Unit(
        "A whole load, in its order, for who may have it.", _take_cases, _take, _take_said
    ),
    "set_guest_counters": Unit(
        "The host has what is left.", _reserve_cases, _reserve, _reserve_said
    ),
}
