"""A case on a machine: what is drawn is put there, and its moves are done up to what breaks.

Not modelled: moves that cannot happen; those are passed over.
"""

from dataclasses import replace

from pmulab.explore.moves import Move
from pmulab.explore.result import Breach
from pmulab.explore.stage import Judged, Stage
from pmulab.explore.wide.draw import Case, SavedVgic
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import Vcpu
from pmulab.sim.laws import Laws


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


def run(case: Case, hypervisor: type[Hypervisor]) -> tuple[Breach | None, list[Move]]:
    """Do a case; returns what broke and the moves that were done."""
    stage = stage_of_case(case, hypervisor)
    machine = stage.machine
    done: list[Move] = []
    for move in case.moves:
        machine.hyp.this_cpu(move.cpu)
        try:
            if not stage.enabled(move):
                continue
            done.append(move)
            stage.perform(move)
        except (Exception, SystemExit) as error:
            return error, done
        if machine.laws.accusation:
            return machine.laws.accusation, done
    return None, done
