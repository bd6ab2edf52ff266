"""Draws cases: a machine of full size, what each vCPU has in memory, a few moves.

Not modelled: see `machines`, `memory` and `turns`, each with its reason.
"""

from random import Random

from pmulab.explorer.wide.case import Case
from pmulab.explorer.wide.company import company, in_company
from pmulab.explorer.wide.focus import FOCI, Focus
from pmulab.explorer.wide.machines import machine_of
from pmulab.explorer.wide.memory import vgic_of
from pmulab.explorer.wide.turns import turns

PLAIN = Focus()


def draw(seed: int, hook: str = "") -> Case:
    """Draw the case of a seed: the same one each time; a hook has cases that it is busy in.

    After those comes a block in which several vCPUs are loaded at once, then one without, again.
    """
    rng, focus = Random(seed), FOCI.get(hook, PLAIN)
    # A hook of no cases has none beside them.
    blocks = (seed - focus.cases) // focus.beside if focus.beside else -1
    beside = blocks >= 0 and blocks % 2 == 0
    focus, moves = (in_company(focus), company) if beside else (focus, turns)
    machine = machine_of(rng, focus)
    pmu_irqs = {name: vm.pmu_irq for vm in machine.vms for name in vm.vcpu_names}
    vgics = {name: vgic_of(rng, focus, pmu_irq) for name, pmu_irq in pmu_irqs.items()}
    return Case(seed, machine, tuple(moves(rng, focus, machine, vgics)), vgics)
