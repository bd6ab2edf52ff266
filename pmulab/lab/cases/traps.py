"""Cases of trapped registers, for guests that own their counters and for those that do not.

Not modelled: a hook's calls of others.
"""

from itertools import product

from pmulab.hw.events import CPU_CYCLES, INST_RETIRED
from pmulab.hw.pe import Pe
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, Vcpu, Vm, evcntr, evtyper
from pmulab.lab.cases.setting import BOTH, OWNERS, guest, host_of, in_hardware, loaded, pe_of
from pmulab.lab.cases.table import table
from pmulab.lab.submission.answers import number

COUNTS = (evcntr(0), evcntr(1), evcntr(CYCLE_IDX), evcntr(3))
CONTROLS = [sum(on) for on in product((0, PMCR_EL0.E), (0, PMCR_EL0.P), (0, PMCR_EL0.C))]


@table(
    product(CONTROLS, (*OWNERS, "emulated"), BOTH),
    says="a loaded {access} vCPU writes {value:fields} to PMCR_EL0, where "
    "{same:nothing|just that} was saved",
    fields=lambda value: " and ".join(f for f in "EPC" if value & getattr(PMCR_EL0, f)) or "0",
)
def write_control(hyp: Hypervisor, value: int, access: str, same: bool) -> dict:
    """E and the resets reach the guest's own counters, wherever they are."""
    saved, in_memory = {"PMCR_EL0": value if same else 0}, access != GUEST_OWNED
    if access == "emulated":
        hyp.host.loaded = vcpu = guest(FREE, False, **saved)
        hyp.setup_traps(vcpu)
    else:
        vcpu = loaded(hyp, access, **saved)
    for name in COUNTS:
        hyp.cpu.msr(name, 7)
        vcpu.regs[name] = 9
    hyp.cpu.msr("PMCR_EL0", PMCR_EL0.E if in_memory else 0)
    hyp.write_control(vcpu, value)
    # While it owns them the saved copies are dead: only a register's home counts.
    names = (*COUNTS, "PMCR_EL0")
    found = {f"the saved {name}": vcpu.regs[name] for name in names} if in_memory else {}
    return in_hardware(hyp, *names) | found


WIDTHS = (0, PMCR_EL0.LC | PMCR_EL0.LP)


@table(
    product((0, 1, 5, 30, CYCLE_IDX), WIDTHS, WIDTHS),
    name="write_control.width",
    says="an emulated vCPU's {idx:evcntr} is near the end of 32 bits, "
    "PMCR_EL0 has {old:#x} beside E and gets {new:#x}",
    evcntr=evcntr,
)
def _width(hyp: Hypervisor, idx: int, old: int, new: int) -> dict:
    """An emulated counter that runs overflows where it is to from now on."""
    regs = {evcntr(idx): 0xFFFFFFF0, "PMCNTENSET_EL0": 1 << idx, "PMCR_EL0": PMCR_EL0.E | old}
    # All counters are the host's, and one of them stands behind the guest's.
    hyp = type(hyp)([Pe(31)], Config(-1))
    vcpu = Vcpu("A", Vm("A", 31, False))
    vcpu.regs |= regs if idx == CYCLE_IDX else regs | {evtyper(idx): INST_RETIRED}
    hyp.vcpu_load(vcpu)
    hyp.write_control(vcpu, PMCR_EL0.E | new)
    pe = pe_of(hyp)
    for pe.el, event in (1, INST_RETIRED), (1, CPU_CYCLES):
        pe.retire(event, 32)
    pe.el = 2
    hyp.handle_host_irq()
    count = hyp.emulated_read(vcpu, evcntr(idx))
    return {f"{evcntr(idx)} in the end": count, "the saved PMOVSSET_EL0": vcpu.regs["PMOVSSET_EL0"]}


@table(
    product(("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0"), OWNERS, (0, 0b1001), (0, 0b10)),
    says="a loaded {access} vCPU reads {name}: hardware {bits:#x}, memory {saved:#x}",
)
def read_bitmap(hyp: Hypervisor, name: str, access: str, bits: int, saved: int) -> dict:
    """A bitmap is read where it lives."""
    vcpu = loaded(hyp, access, **{name: saved})
    hyp.cpu.msr(name, bits)
    found = {"what read_bitmap returns": number(hyp.read_bitmap(vcpu, name))}
    if name != "PMOVSSET_EL0" or access == FREE:
        kept = {"the saved PMOVSSET_EL0": vcpu.regs[name]} if name == "PMOVSSET_EL0" else {}
        return found | in_hardware(hyp, name) | kept
    # Where a flag of the guest's is, in hardware or memory, nobody can tell.
    left = hyp.cpu.mrs(name)
    mine = (left | vcpu.regs[name]) & hyp.guest_counter_mask(vcpu)
    return found | {
        "A's flags in hardware and memory": mine,
        "the host's flags": left & hyp.host.cntr_mask,
    }


@table(
    product(("PMCNTENSET_EL0", "PMINTENSET_EL1"), (0b11, CYCLE_BIT | 0b01), (0, 1)),
    name="read_bitmap.emulated",
    says="an emulated vCPU with {saved:#x} in {name} and PMCR_EL0.E {on} reads it, while the "
    "host's own events have all counters",
)
def _emulated(hyp: Hypervisor, name: str, saved: int, on: int) -> dict:
    """An emulated guest reads what it wrote, whether or not there is a counter behind it."""
    hyp = host_of(type(hyp), reserved=4)
    for n in range(5):
        hyp.perf_add(PerfEvent(f"host{n}", INST_RETIRED))
    hyp.host.loaded = vcpu = guest(FREE, False, PMCR_EL0=on, PMCNTENSET_EL0=saved)
    vcpu.regs[name] = saved
    hyp.emulated_resync(vcpu)
    return {"what read_bitmap returns": number(hyp.read_bitmap(vcpu, name))}
