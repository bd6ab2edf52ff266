"""Where a guest's counters and flags are, read without anybody noticing: for the laws.

Not modelled: nothing; it looks at cells and saved registers, and asks no hook.
"""

from collections.abc import Callable, Iterable

from pmulab.hw.sysregs import REGS
from pmulab.kvm.host import HostData
from pmulab.kvm.vcpu import BITMAPS, CYCLE_BIT, EVCNTR, GUEST_OWNED, Vcpu, evcntr
from pmulab.sim.parts import Parts

# Registers of a vCPU that live in hardware while it owns its counters.
HARDWARE_HOME = frozenset(
    [
        *"PMCR_EL0 PMSELR_EL0 PMUSERENR_EL0 PMCNTENSET_EL0 PMINTENSET_EL1 PMCCNTR_EL0".split(),
        *EVCNTR,
    ]
)
# One of them is open to EL0 or not, whoever owns the counters.
ALWAYS_SWAPPED = frozenset(["PMUSERENR_EL0"])


def partitioned(host: HostData, vcpu: Vcpu) -> bool:
    """Tell, without asking the hypervisor's hooks, whether a vCPU loaded here has a partition."""
    return vcpu.vm.partitioned and host.max_guest_counters >= 0


def owns(host: HostData, vcpu: Vcpu) -> bool:
    """Tell, as `partitioned` does, whether a vCPU loaded here has its counters in the hardware."""
    ours = partitioned(host, vcpu) and vcpu.supports(host.cpu)
    return ours and vcpu.access == GUEST_OWNED


def home(machine: Parts, vcpu: Vcpu) -> Callable[[str], int]:
    """Return a function that reads a counter of a vCPU without anybody noticing."""
    if vcpu.cpu is not None:
        host, cells = machine.hyp.hosts[vcpu.cpu], machine.cpus[vcpu.cpu].pmu.cells
        if not partitioned(host, vcpu):
            return lambda name: _emulated(host, cells, vcpu, name)
        if owns(host, vcpu):
            return lambda name: cells[REGS[name].cell]
    return vcpu.peek


def dead_copies(vcpu: Vcpu) -> frozenset[str]:
    """Return which saved registers of a loaded vCPU mean nothing: they are in the hardware now."""
    here = vcpu.cpu is None or vcpu.supports(vcpu.cpu)
    return HARDWARE_HOME if vcpu.access == GUEST_OWNED and here else ALWAYS_SWAPPED


def wipe(vcpu: Vcpu, names: Iterable[str]) -> None:
    """Zero some saved registers, as far as the vCPU has them, without anybody noticing."""
    dict.update(vcpu.regs, {name: 0 for name in vcpu.regs if name in names})


def turn(vcpu: Vcpu, names: Iterable[str], cells: dict[str, int]) -> None:
    """Make each bit of some saved registers what it is not in the hardware's `cells`.

    Who reads such a copy is told as by zeros, and so is who adds to it or leaves it as it was.
    """
    for name in vcpu.regs:
        if name in names:
            bits = vcpu.vm.counter_mask if name in BITMAPS else REGS[name].writable
            dict.__setitem__(vcpu.regs, name, ~cells[REGS[name].cell] & bits)


def flags_in_hardware(machine: Parts, n: int, vcpu: Vcpu) -> int:
    """Return the overflow flags of a guest, loaded on a CPU, that the host has not yet seen."""
    host, cells = machine.hyp.hosts[n], machine.cpus[n].pmu.cells
    if partitioned(host, vcpu):
        mine = CYCLE_BIT | (1 << vcpu.vm.n_counters) - 1
        return cells["PMOVS"] & mine & ~host.cntr_mask
    flags = 0
    for event in host.events:
        if event.vcpu is vcpu and event.idx is not None and cells["PMOVS"] >> event.idx & 1:
            flags |= 1 << event.guest_idx
    return flags


def _emulated(host: HostData, cells: dict[str, int], vcpu: Vcpu, name: str) -> int:
    value = vcpu.peek(name)
    for event in host.events:
        if event.vcpu is vcpu and evcntr(event.guest_idx) == name:
            value += event.count
            if event.idx is not None:
                value += cells[REGS[evcntr(event.idx)].cell] - event.raw & host.raw_mask(event.idx)
    return value & (host.cycle_mask if name == "PMCCNTR_EL0" else host.event_store)
