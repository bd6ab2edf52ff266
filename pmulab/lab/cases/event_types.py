"""Cases of event types: what may count where, and when the hardware has to know.

The small worlds do not come to a type with every bit, nor to a guest that does not own counters.

Not modelled: a hook's calls of others.
"""

from itertools import product

from pmulab.hw.sysregs import CYCLE_IDX, PMEVTYPER0_EL0
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import GUEST_OWNED, evtyper
from pmulab.lab.cases.setting import BOTH, MEM_ACCESS, OWNERS, in_hardware, loaded
from pmulab.lab.cases.table import table
from pmulab.lab.submission.answers import number

IDS = (0, 1, CYCLE_IDX)
OLD = 0x8
P, U = PMEVTYPER0_EL0.P, PMEVTYPER0_EL0.U
LEVELS = {"P": P, "U": U, "NSH": INCLUDE_EL2}
BITS = [out | el2 for out, el2 in product((0, P, U, EXCLUDE_ALL), (0, INCLUDE_EL2))]
EVENT = "event is {denied:allowed|denied}"


@table(
    product(IDS, BITS, BOTH),
    says=f"counter {{idx}} has {{bits:levels}} and its {EVENT}",
    levels=lambda bits: " ".join(n for n in LEVELS if bits & LEVELS[n]) or "no level bit",
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
    product(IDS, OWNERS, BOTH),
    says=f"a loaded {{access}} vCPU writes the type of counter {{idx}}, whose {EVENT}",
)
def write_type(hyp: Hypervisor, idx: int, access: str, denied: bool) -> dict:
    """A type goes where it is due."""
    vcpu = loaded(hyp, access, denied)
    name, value = evtyper(idx), 0 if idx == CYCLE_IDX else MEM_ACCESS
    hyp.cpu.msr(name, P)
    # No NSH: what a guest without EL2 writes has none when it comes here.
    hyp.write_type(vcpu, name, value | U)
    return {f"the saved {name}": vcpu.regs[name], **in_hardware(hyp, name)}


@table(
    product((*OWNERS, ""), BOTH),
    says="{access:the vCPU is not loaded|the vCPU is loaded and {access}}, "
    "and MEM_ACCESS is {denied:allowed|denied}",
)
def resync_event_filter(hyp: Hypervisor, access: str, denied: bool) -> dict:
    """Types are written for whoever has them in hardware."""
    types = {evtyper(0): MEM_ACCESS, evtyper(1): OLD}
    vcpu = loaded(hyp, access or GUEST_OWNED, denied, **types)
    hyp.host.loaded = vcpu if access else None
    for idx in IDS:
        hyp.cpu.msr(evtyper(idx), P)
    hyp.resync_event_filter(vcpu)
    found = in_hardware(hyp, *map(evtyper, IDS))
    return {name: "as it was before" if value == P else value for name, value in found.items()}
