"""A case on a machine: what is drawn is put there, and its moves are done up to what breaks.

Not modelled: moves that cannot happen; those are passed over.
"""

from dataclasses import replace
from typing import NamedTuple

from pmulab.explorer.moves import Move
from pmulab.explorer.result import PASSING, Breach, blamed
from pmulab.explorer.stage import Judged, Stage
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import Vcpu
from pmulab.kvm.vgic_state import VgicIrq
from pmulab.sim.laws import Laws
from pmulab.sim.scenario import Scenario


class SavedVgic(NamedTuple):
    """What the vGIC has of a vCPU in memory; the interrupts in the order of the ap_list."""

    vmcr: int
    active_priorities: tuple[int, int]
    irqs: tuple[VgicIrq, ...]


class Case(NamedTuple):
    """A machine with what is saved in it, and the moves that may be done on it, in order."""

    seed: int
    machine: Scenario
    moves: tuple[Move, ...]
    vgics: dict[str, SavedVgic]


def stage_of_case(case: Case, hypervisor: type[Hypervisor], record: bool = False) -> Stage:
    """Make the machine of a case, with all that the contract says of its state."""
    machine = Judged(case.machine, hypervisor, record=False, laws=False)
    for name, vcpu in machine.vcpus.items():
        _put_vgic(vcpu, case.vgics[name])
    machine.laws = Laws(machine)
    if record:
        machine.record()
    return Stage(machine, maintains=True)


def _put_vgic(vcpu: Vcpu, saved: SavedVgic) -> None:
    vgic = vcpu.vgic
    vgic.vmcr, vgic.active_priorities = saved.vmcr, saved.active_priorities
    vgic.irqs = {irq.intid: replace(irq) for irq in saved.irqs}
    for irq in vgic.irqs.values():
        irq.queued = irq.active or (irq.enabled and irq.pending)
    vgic.ap_list = [irq.intid for irq in vgic.irqs.values() if irq.queued]


def run(
    case: Case, hypervisor: type[Hypervisor], met: set[str] | None = None
) -> tuple[Breach | None, list[Move]]:
    """Do a case; returns what broke and the moves that were done.

    The limits of the design that were met on the way go to the set `met`.
    """
    done: list[Move] = []
    try:
        stage = stage_of_case(case, hypervisor)
        machine = stage.machine
        if met is not None:
            machine.laws.limits = met
        for move in case.moves:
            machine.hyp.this_cpu(move.cpu)
            if not stage.enabled(move):
                continue
            done.append(move)
            stage.perform(move)
            if machine.laws.accusation:
                return machine.laws.accusation, done
    except PASSING:
        raise
    except BaseException as error:
        return blamed(error), done
    return None, done
