"""Cases of event types: what may count where, and when the hardware has to know.

The small worlds do not come to a type with every bit, nor to a guest that does not own counters.

Not modelled: a hook's calls of others.
"""

from collections.abc import Callable
from itertools import product

from pmulab.hw.events import CHAIN, CPU_CYCLES, INST_RETIRED
from pmulab.hw.pe import Pe
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.event_filter import ALLOW, DENY
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import GUEST_OWNED, Vcpu, Vm, evcntr, evtyper
from pmulab.lab.cases.setting import BOTH, MEM_ACCESS, OWNERS, in_hardware, loaded, pe_of
from pmulab.lab.cases.table import table
from pmulab.lab.submission.answers import number

IDS = (0, 1, CYCLE_IDX)
OLD = 0x8
P, U = PMEVTYPER0_EL0.P, PMEVTYPER0_EL0.U
LEVELS = {"P": P, "U": U, "NSH": INCLUDE_EL2}
BITS = [out | el2 for out, el2 in product((0, P, U, EXCLUDE_ALL), (0, INCLUDE_EL2))]
EVENT = "event is {denied:allowed|denied}"


@table(
    product(IDS, (*BITS, OLD), BOTH),
    says=f"counter {{idx}} has {{bits:levels}} and its {EVENT}",
    levels=lambda bits: " ".join(n for n in LEVELS if bits & LEVELS[n]) or f"bits {bits:#x}",
)
def hardware_type(hyp: Hypervisor, idx: int, bits: int, denied: bool) -> dict:
    """A type counts where it may and nowhere else."""
    asked = bits | (0 if idx == CYCLE_IDX else MEM_ACCESS)
    vcpu = loaded(hyp, GUEST_OWNED, denied, **{evtyper(idx): asked})
    value = number(hyp.hardware_type(vcpu, idx))
    return {
        "what the hardware counts": _counted(value, idx) if isinstance(value, int) else value,
        "vcpu.regs": "as it was" if vcpu.regs[evtyper(idx)] == asked else "changed",
    }


def _counted(value: int, idx: int) -> str:
    levels = (("EL0", not value & U), ("EL1", not value & P), ("EL2", value & INCLUDE_EL2))
    where = " ".join(level for level, counts in levels if counts)
    event = f" event {value & 0xFFFF:#x}" if where and idx != CYCLE_IDX else ""
    return f"{where or 'nothing'}{event}"


@table(
    (*product(IDS, OWNERS, BOTH, (0,)), *product((CYCLE_IDX,), OWNERS, BOTH, (OLD,))),
    says="a loaded {access} vCPU writes the type of counter {idx}"
    f"{{beside:|, with bits {{beside:#x}} that it has not}}, whose {EVENT}",
)
def write_type(hyp: Hypervisor, idx: int, access: str, denied: bool, beside: int) -> dict:
    """A type goes where it is due."""
    vcpu = loaded(hyp, access, denied)
    name, value = evtyper(idx), beside if idx == CYCLE_IDX else MEM_ACCESS
    hyp.cpu.msr(name, P)
    # No NSH: what a guest without EL2 writes has none when it comes here.
    hyp.write_type(vcpu, name, value | U)
    # Whoever keeps RES0 bits of PMCCFILTR_EL0 in memory, and who does not, is right.
    return {f"the saved {name}": vcpu.regs[name] & ~beside, **in_hardware(hyp, name)}


@table(
    product(range(CYCLE_IDX + 1), BOTH),
    name="write_type.31",
    says="a vCPU with 31 {partitioned:emulated counters|counters of its own} writes the type of "
    "counter {idx}",
)
def _each_of_31(hyp: Hypervisor, idx: int, partitioned: bool) -> dict:
    """Each of 31 counters has a type of its own, an emulated one too."""
    host = type(hyp)([Pe(31)], Config(0 if partitioned else -1))
    vcpu, all_on = Vcpu("A", Vm("A", 31, partitioned)), {"PMCNTENSET_EL0": (1 << 32) - 1}
    vcpu.regs |= {evtyper(n): MEM_ACCESS for n in range(31)} | all_on | {"PMCR_EL0": PMCR_EL0.E}
    host.vcpu_load(vcpu)
    host.write_type(vcpu, evtyper(idx), U if idx == CYCLE_IDX else INST_RETIRED)
    # An emulated counter may be programmed anew as late as here.
    host.enter(vcpu)
    pe = pe_of(host)
    for el, event in ((1, INST_RETIRED), (0, CPU_CYCLES)):
        pe.el = el
        pe.retire(event, 5)
    pe.el = 2
    host.vcpu_put(vcpu)
    kept = {n: (vcpu.regs[evtyper(n)], vcpu.regs[evcntr(n)]) for n in range(CYCLE_IDX + 1)}
    others = {type_and_count for n, type_and_count in kept.items() if n not in (idx, CYCLE_IDX)}
    return {
        f"{evtyper(idx)} and its count": str(kept[idx]),
        "those of the cycle counter": str(kept[CYCLE_IDX]),
        "those of the others": str(sorted(others)),
    }


@table(
    product((*OWNERS, ""), BOTH),
    says="{access:the vCPU is not loaded|the vCPU is loaded and {access}}, "
    "and MEM_ACCESS is {denied:allowed|denied}",
)
def resync_event_filter(hyp: Hypervisor, access: str, denied: bool) -> dict:
    """Types are written for whoever has them in hardware."""
    types = {evtyper(0): MEM_ACCESS, evtyper(1): OLD, evtyper(CYCLE_IDX): OLD}
    vcpu = loaded(hyp, access or GUEST_OWNED, denied, **types)
    hyp.host.loaded = vcpu if access else None
    for idx in IDS:
        hyp.cpu.msr(evtyper(idx), P)
    hyp.resync_event_filter(vcpu)
    found = in_hardware(hyp, *map(evtyper, IDS))
    return {name: "as it was before" if value == P else value for name, value in found.items()}


# Who looks first whether anything has changed must look at all of it.
BIT = "{idx:evtyper}, bit {bit}"
OTHERWISE = f"the hardware's {BIT} is not that of the saved type, and the {EVENT}"
EACH_BIT = [*product((0, 1), (*range(16), 27, 30, 31), BOTH), *product((31,), (27, 30, 31), BOTH)]


@table(EACH_BIT, says=OTHERWISE, evtyper=evtyper)
def apply_event_filter(hyp: Hypervisor, idx: int, bit: int, denied: bool) -> dict:
    """Each bit of a type comes from the saved one, or from the filter."""
    return _typed_anew(hyp, idx, bit, denied, hyp.apply_event_filter)


@table(EACH_BIT, name="resync_event_filter.bits", says=OTHERWISE, evtyper=evtyper)
def _resync(hyp: Hypervisor, idx: int, bit: int, denied: bool) -> dict:
    """So it is where a filter changes."""
    return _typed_anew(hyp, idx, bit, denied, hyp.resync_event_filter)


def _typed_anew(
    hyp: Hypervisor, idx: int, bit: int, denied: bool, hook: Callable[[Vcpu], None]
) -> dict:
    types = {0: MEM_ACCESS, 1: OLD | U, CYCLE_IDX: P}
    vcpu = loaded(hyp, GUEST_OWNED, denied, **{evtyper(n): kind for n, kind in types.items()})
    for n in IDS:
        hyp.cpu.msr(evtyper(n), Hypervisor.hardware_type(hyp, vcpu, n) ^ (n == idx) << bit)
    hook(vcpu)
    # What counts nowhere may have any event.
    return {f"what counter {n} counts": _counted(hyp.cpu.mrs(evtyper(n)), n) for n in IDS}


# ---- what a range ends with, and what a type beside it may not change

# Where a range ends: it begins at an event, has so many, and the guest counts one beside or in it.
ENDS = [
    (first, count, first + at, deny)
    for first, count, deny in product((0x10, 0x3F0), (1, 2, 32), BOTH)
    for at in sorted({-1, 0, 1, count // 2, count - 1, count})
]
PARTNERS = (MEM_ACCESS, OLD, OLD | EXCLUDE_ALL, OLD | P, CHAIN)
RANGE = (
    "{deny:of all events only|all events but} {count} from {first:#x} on may count, "
    "and the type is {kind:#x}"
)
PAIR = "MEM_ACCESS is denied, and types 0 and 1 are {even:#x} and {odd:#x}"


def _in_range(hook: str) -> Callable[..., dict]:
    def run(hyp: Hypervisor, first: int, count: int, kind: int, deny: bool) -> dict:
        """A range ends where it ends."""
        vcpu = loaded(hyp)
        vcpu.vm.event_filter.set_range(first, count, DENY if deny else ALLOW)
        return _asked(hyp, hook, vcpu, {0: kind, 1: MEM_ACCESS})

    return run


def _of_a_pair(hook: str) -> Callable[..., dict]:
    def run(hyp: Hypervisor, even: int, odd: int) -> dict:
        """A type is not changed for the one beside it."""
        vcpu = loaded(hyp)
        vcpu.vm.event_filter.set_range(MEM_ACCESS, 1, DENY)
        return _asked(hyp, hook, vcpu, {0: even, 1: odd})

    return run


def _asked(hyp: Hypervisor, hook: str, vcpu: Vcpu, types: dict[int, int]) -> dict:
    """Let a hook give the hardware two types; return what counts then, and where."""
    if hook == "write_type":
        for idx, kind in types.items():
            hyp.write_type(vcpu, evtyper(idx), kind)
    else:
        vcpu.regs |= {evtyper(idx): kind for idx, kind in types.items()}
    if hook in ("apply_event_filter", "resync_event_filter"):
        getattr(hyp, hook)(vcpu)
    found = (
        number(hyp.hardware_type(vcpu, idx))
        if hook == "hardware_type"
        else hyp.cpu.mrs(evtyper(idx))
        for idx in types
    )
    return {
        f"what counter {idx} counts": _counted(value, idx) if isinstance(value, int) else value
        for idx, value in zip(types, found)
    }


for hook in ("hardware_type", "apply_event_filter", "write_type", "resync_event_filter"):
    table(ENDS, name=f"{hook}.ranges", says=RANGE)(_in_range(hook))
    table(product(PARTNERS, repeat=2), name=f"{hook}.pairs", says=PAIR)(_of_a_pair(hook))
