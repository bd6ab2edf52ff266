"""The laws of a guest with an EL2 of its own: the same promise, one level up.

What its EL2 keeps for itself nobody below touches, and whichever of its levels runs, what counts is
what would count on a PMU of its own.

Not modelled: what a guest hypervisor does to its own guest; that is its affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmulab.hw.events import CHAIN, CPU_CYCLES, SW_INCR
from pmulab.hw.sysregs import CYCLE_IDX, PMEVTYPER0_EL0, REGS
from pmulab.kvm.vcpu import CYCLE_BIT, Vcpu, counters, evtyper
from pmulab.sim.accusation import Accusation
from pmulab.sim.parts import Parts
from pmulab.sim.phrases import holds

if TYPE_CHECKING:
    from pmulab.sim.laws import Laws
    from pmulab.sim.private import PrivatePmu

SWITCHES = ("PMCNTENSET_EL0", "PMINTENSET_EL1")
EXCLUDE_EL1 = PMEVTYPER0_EL0.P


def own_range(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """The counters that a guest's EL2 keeps are as it left them: enables, interrupts and types."""
    pmu = laws.private[vcpu.name].pe.pmu
    kept = vcpu.vm.counter_mask & ~CYCLE_BIT & ~((1 << pmu.hpmn) - 1)
    masks = {**dict.fromkeys(SWITCHES, kept), **{evtyper(n): -1 for n in counters(kept)}}
    for name, mask in {"MDCR_EL2": -1, **masks}.items():
        yours, due = vcpu.peek(name) & mask, pmu.cells[REGS[name].cell] & mask
        if yours != due:
            return Accusation("own_range", vcpu.name, name, yours, due)
    return None


def own_level(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """Whichever of its levels a guest runs at, what counts is what counts on its private PMU."""
    n = vcpu.cpu
    if n is None or not machine.cores[n].in_guest:
        return None
    behind = [event for event in machine.hyp.hosts[n].events if event.vcpu is vcpu]
    yours = sum({1 << e.guest_idx for e in behind if not e.el_filter & EXCLUDE_EL1})
    due = counting(laws.private[vcpu.name], 2 if vcpu.in_el2 else 1)
    if yours == due:
        return None
    level = "at its EL2" if vcpu.in_el2 else "at its EL1"
    said = [holds(REGS["PMCNTENSET_EL0"], mask) for mask in (yours, due)]
    return Accusation("own_level", vcpu.name, f"what counts {level}", *said)


def counting(private: PrivatePmu, el: int) -> int:
    """Return the counters of a private PMU that count at a level, but by hand or as a chain."""
    pmu, mask = private.pe.pmu, 0
    for idx in (*range(pmu.n_counters), CYCLE_IDX):
        typer = pmu.cells[REGS[evtyper(idx)].cell]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & pmu.event_mask
        by_event = event not in (SW_INCR, CHAIN) and private.filter.allows(event)
        mask |= (by_event and pmu.counts(idx, el)) << idx
    return mask
