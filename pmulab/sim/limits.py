"""Limits of the design: what a guest may notice though every hook is right, each with a name.

No law accuses here; the trace says the name where it happens.

Not modelled: how long a limit lasts; the records beside it show that.
"""

from pmulab.kvm.vcpu import GUEST_OWNED, Vcpu
from pmulab.sim.parts import Parts
from pmulab.sim.peek import partitioned
from pmulab.sim.private import PrivatePmu

LIMITS = {
    "late_level": "The register does not trap, so the level of the interrupt waits for an exit.",
    "shared_phase": "The phase of the divider (PMCR_EL0.D) is in no register: it is not swapped.",
}
# Registers that move the level, and that a guest writes without a trap.
MOVES_LEVEL = frozenset(["PMCR_EL0", "PMINTENSET_EL1", "PMINTENCLR_EL1"])


def met(machine: Parts, vcpu: Vcpu, private: PrivatePmu, written: str = "") -> list[str]:
    """Name the limits that a guest meets as it is entered or has `written` a register itself."""
    if not private.divides and written not in MOVES_LEVEL:
        return []
    found = {
        "late_level": late_level(machine, vcpu, private, written),
        "shared_phase": shared_phase(machine, vcpu, private),
    }
    return [name for name, holds in found.items() if holds]


def late_level(machine: Parts, vcpu: Vcpu, private: PrivatePmu, written: str) -> bool:
    """Tell whether a write has moved the level that is due, and nobody looks.

    Where a flag is still in the hardware, PMUIRQ makes the guest exit at once.
    """
    if written not in MOVES_LEVEL or vcpu.cpu is None:
        return False
    return private.irq != vcpu.irq_level and not machine.cpus[vcpu.cpu].irq


def shared_phase(machine: Parts, vcpu: Vcpu, private: PrivatePmu) -> bool:
    """Tell whether a guest divides from a phase that is not its own; then it lives with that.

    The phase of its own PMU becomes the shared one: from here on the two count alike again.
    """
    n = vcpu.cpu
    if n is None or not private.divides or vcpu.access != GUEST_OWNED:
        return False
    if not partitioned(machine.hyp.hosts[n], vcpu) or not vcpu.supports(n):
        return False
    own, shared = private.pe.pmu.cells, machine.cpus[n].pmu.cells
    before, own["cycle_phase"] = own["cycle_phase"], shared["cycle_phase"]
    return own["cycle_phase"] != before
