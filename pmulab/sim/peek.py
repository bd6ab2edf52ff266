"""Where a guest's counters and flags are, read without anybody noticing: for the laws.

Not modelled: nothing; it looks at cells and saved registers, and asks no hook.
"""

from collections.abc import Callable, Iterable
from functools import cache
from operator import itemgetter
from typing import NamedTuple

from pmulab.hw.sysregs import REGS
from pmulab.kvm.host import HostData, PerfEvent
from pmulab.kvm.vcpu import BITMAPS, CYCLE_BIT, EVCNTR, GUEST_OWNED, Vcpu, counters, evcntr
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
            behind = _behind(host, vcpu)
            return lambda name: _emulated(host, cells, vcpu.peek(name), name, behind.get(name, ()))
        if owns(host, vcpu):
            return lambda name: cells[REGS[name].cell]
    return vcpu.peek


class Counters(NamedTuple):
    """The registers of some counters: all that are saved, or that are held in cells, in order."""

    names: tuple[str, ...]
    saved: Callable[[dict[str, int]], tuple[int, ...]]
    held: Callable[[dict[str, int]], tuple[int, ...]]


@cache
def counters_of(n: int) -> Counters:
    """Return the counters of a guest that has so many."""
    names = [evcntr(idx) for idx in counters(CYCLE_BIT | (1 << n) - 1)]
    cells = [REGS[name].cell for name in names]
    # The first one twice, for an `itemgetter` of one name returns no tuple.
    return Counters(tuple(names), itemgetter(*names, names[0]), itemgetter(*cells, cells[0]))


def counts(machine: Parts, vcpu: Vcpu) -> tuple[int, ...]:
    """Return what all counters of a vCPU hold, wherever they are, and the first one again."""
    known, read = counters_of(vcpu.vm.n_counters), home(machine, vcpu)
    if vcpu.cpu is not None and owns(machine.hyp.hosts[vcpu.cpu], vcpu):
        return known.held(machine.cpus[vcpu.cpu].pmu.cells)
    if read == vcpu.peek and type(vcpu.regs) is dict:
        return known.saved(vcpu.regs)
    return tuple(map(read, (*known.names, known.names[0])))


def dead_copies(vcpu: Vcpu) -> frozenset[str]:
    """Return which saved registers of a loaded vCPU mean nothing: they are in the hardware now."""
    here = vcpu.cpu is None or vcpu.supports(vcpu.cpu)
    return HARDWARE_HOME if vcpu.access == GUEST_OWNED and here else ALWAYS_SWAPPED


def wipe(vcpu: Vcpu, names: Iterable[str]) -> None:
    """Zero some saved registers, as far as the vCPU has them, without anybody noticing."""
    dict.update(vcpu.regs, dict.fromkeys(vcpu.regs.keys() & names, 0))


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


def _behind(host: HostData, vcpu: Vcpu) -> dict[str, list[PerfEvent]]:
    """Return the perf events behind each counter of an emulated PMU."""
    found: dict[str, list[PerfEvent]] = {}
    for event in host.events:
        if event.vcpu is vcpu:
            found.setdefault(evcntr(event.guest_idx), []).append(event)
    return found


def _emulated(
    host: HostData, cells: dict[str, int], value: int, name: str, behind: Iterable[PerfEvent]
) -> int:
    for event in behind:
        value += event.count
        if event.idx is not None:
            value += cells[REGS[evcntr(event.idx)].cell] - event.raw & host.raw_mask(event.idx)
    return value & (host.cycle_mask if name == "PMCCNTR_EL0" else host.event_store)
