"""Draws cases: a machine of full size, what each vCPU has in memory, a few moves.

Not modelled: see `machines`, `memory` and `turns`, each with its reason.
"""

from random import Random

from pmulab.explorer.wide.case import Case
from pmulab.explorer.wide.focus import FOCI, Focus
from pmulab.explorer.wide.machines import machine_of
from pmulab.explorer.wide.memory import vgic_of
from pmulab.explorer.wide.turns import turns

PLAIN = Focus()


def draw(seed: int, hook: str = "") -> Case:
    """Draw the case of a seed: the same one each time; a hook has cases that it is busy in."""
    rng, focus = Random(seed), FOCI.get(hook, PLAIN)
    machine = machine_of(rng, focus)
    pmu_irqs = {name: vm.pmu_irq for vm in machine.vms for name in vm.vcpu_names}
    vgics = {name: vgic_of(rng, focus, pmu_irq) for name, pmu_irq in pmu_irqs.items()}
    return Case(seed, machine, tuple(turns(rng, focus, machine, vgics)), vgics)
