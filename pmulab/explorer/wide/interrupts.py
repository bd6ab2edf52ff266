"""Draws what devices, or a guest itself, do about its interrupts.

Not modelled: LPIs, and what a guest does in a handler; it takes interrupts, ends them, or does not.
"""

from collections.abc import Iterator
from random import Random

from pmulab.explorer.moves import Move
from pmulab.explorer.wide.case import SavedVgic
from pmulab.hw.gic_regs import GROUP_SHIFT
from pmulab.kvm.vgic_state import LEVEL
from pmulab.sim.program import Instruction


def mrs(register: str, el: int, into: str = "x0") -> Instruction:
    """Make a read."""
    return Instruction(
        "mrs", el, (into, register), f"{'' if el else 'el0: '}mrs {into}, {register}"
    )


def ends(group: int, x: str) -> Instruction:
    """Make the end of the interrupt that was read into a register."""
    register = f"ICC_EOIR{group}_EL1"
    return Instruction("msr", 1, (register, x), f"msr {register}, {x}")


def gic(intid: int, **what: int) -> Instruction:
    """Make a write to the distributor or redistributor, of one thing."""
    ((name, value),) = what.items()
    return Instruction("gic", 1, (intid, ((name, value),)), f"gic {intid} {name}={value}")


def msr(register: str, value: int, el: int) -> Instruction:
    """Make a write."""
    text = f"{'' if el else 'el0: '}msr {register}, {value:#x}"
    return Instruction("msr", el, (register, value), text)


def interrupts(rng: Random, n: int, name: str, vgic: SavedVgic, pmu_irq: int) -> Iterator[Move]:
    """Let devices move their lines, or the guest deal with its interrupts."""
    intid, kind = rng.choice(vgic.irqs).intid, rng.random()
    levels = [irq.intid for irq in vgic.irqs if irq.config == LEVEL and irq.intid != pmu_irq]
    if kind < 0.09 and levels:
        # All at once: what has waited in several list registers does so no more.
        high = rng.random() < 0.3
        yield Move("", "lines", n, name, tuple((intid, high) for intid in levels))
    elif kind < 0.13 and intid != pmu_irq:
        # What comes while it is disabled waits until it is enabled.
        yield Move("", "guest", n, name, (_switch(intid, False),))
        yield Move("", "inject", n, name, (intid, True))
        yield Move("", "guest", n, name, (_switch(intid, True),))
    elif kind < 0.2 and intid != pmu_irq:
        yield Move("", "inject", n, name, (intid, intid < 16 or rng.random() < 0.5))
    else:
        yield Move("", "guest", n, name, _handles(rng, intid, vgic))


def _handles(rng: Random, intid: int, vgic: SavedVgic) -> tuple[Instruction, ...]:
    """Draw what a guest does about its interrupts."""
    kind, group = rng.random(), rng.choice((1, 1, 1, 0))
    take, end = f"ICC_IAR{group}_EL1", ends(group, "x0")
    if kind < 0.08:
        return (_configure(rng, intid), *((mrs(take, 1), end) * rng.choice((0, 1, 2))))
    if kind < 0.13:
        # What is switched off while it is active must end, and come again.
        urgent = min(vgic.irqs, key=lambda irq: (not (irq.enabled and irq.pending), irq.priority))
        off, on = (_switch(urgent.intid, enabled) for enabled in (False, True))
        return mrs(take, 1), off, end, on, mrs(take, 1), end
    if kind < 0.2:
        return tuple(_switch(intid, on) for on in (False, True))
    if kind < 0.5:
        return (mrs(take, 1), end) * rng.choice((1, 1, 3, 18))
    if kind < 0.7:
        return (mrs(take, 1),)
    if kind < 0.76:
        return (end,)
    if kind < 0.86:
        return (mrs(rng.choice(GIC_READ), 1),)
    register = rng.choice(GIC_WRITTEN)
    taken = next((irq.intid for irq in vgic.irqs if irq.active), intid)
    value = taken if register in ENDS else rng.choice((0, 1, 2, 3, 5, 0x80, 0xF8))
    return (msr(register, value, 1),)


GIC_READ = ("ICC_HPPIR1_EL1", "ICC_HPPIR0_EL1", "ICC_RPR_EL1", "ICC_PMR_EL1")
ENDS = ("ICC_EOIR1_EL1", "ICC_EOIR0_EL1", "ICC_DIR_EL1")
GIC_WRITTEN = (*ENDS, "ICC_PMR_EL1", "ICC_BPR1_EL1", "ICC_IGRPEN0_EL1", "ICC_IGRPEN1_EL1")


def _switch(intid: int, on: bool) -> Instruction:
    return gic(intid, enabled=on)


def _configure(rng: Random, intid: int) -> Instruction:
    priority = rng.randrange(32) << GROUP_SHIFT
    choices = (
        *(("enabled", True), ("enabled", False), ("pending", True), ("pending", True)),
        ("priority", priority),
    )
    return gic(intid, **dict([rng.choice(choices)]))
