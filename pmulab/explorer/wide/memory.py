"""Draws what is in memory: the saved registers of a vCPU, and its interrupts in the vGIC.

Whatever the contract allows: every bit of every register, values near their overflow, event numbers
of 16 bits; interrupts of every kind, one of them perhaps taken and not yet ended.

Not modelled: the phase of the divider of PMCR_EL0.D, which is in no register.
"""

from random import Random

from pmulab.explorer.wide.case import SavedVgic
from pmulab.explorer.wide.focus import Focus
from pmulab.hw.events import CHAIN, SW_INCR
from pmulab.hw.gic_regs import GROUP_SHIFT, group_mask, legal
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, PMEVTYPER0_EL0, REGS
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr, evtyper
from pmulab.kvm.vgic_state import EDGE, LEVEL, VgicIrq

# Some that a guest often counts, and some that differ from those above bit 9.
EVENTS = (0x08, 0x11, 0x13, 0x408, 0x413, 0x4008, 0xC011, 0x8013)
WHERE = (0, 0, PMEVTYPER0_EL0.P, PMEVTYPER0_EL0.U, PMEVTYPER0_EL0.NSH)
VMCR = REGS["ICH_VMCR_EL2"]
TOP32, TOP64 = (1 << 32) - 1, (1 << 64) - 1

# ---- registers


def saved(rng: Random, focus: Focus, size: int) -> dict[str, int]:
    """Draw the saved registers of a vCPU with so many event counters."""
    mine = CYCLE_BIT | (1 << size) - 1
    registers = {name: mask(rng, focus, size) & mine for name in BITMAPS}
    kinds = [type_of(rng, rng.randrange(2)) for _ in range(4)] if rng.random() < 0.3 else []
    for idx in counters(mine):
        registers[evcntr(idx)] = value(rng, focus)
        # Where several count one event, a ban is about all of them.
        few = kinds if idx != CYCLE_IDX else []
        registers[evtyper(idx)] = rng.choice(few) if few else type_of(rng, idx)
    if rng.random() < focus.alike:
        event = rng.choice(EVENTS[:3])
        registers |= {evtyper(idx): event for idx in range(size)}
    elif size > 1 and rng.random() < focus.pair:
        registers |= _pair(rng, size)
    # P and C too: userspace may have left them there, and they must not be replayed.
    registers["PMCR_EL0"] = rng.getrandbits(8) | rng.getrandbits(1)
    if rng.random() < focus.idle:
        registers |= {"PMCNTENSET_EL0": 0}
        registers["PMCR_EL0"] |= PMCR_EL0.E
    elif rng.random() < focus.on:
        registers |= {"PMCNTENSET_EL0": mine, "PMINTENSET_EL1": mine}
        registers["PMCR_EL0"] |= PMCR_EL0.E
    registers["PMSELR_EL0"] = rng.randrange(32)
    registers["PMUSERENR_EL0"] = rng.getrandbits(4)
    return registers


def _pair(rng: Random, size: int) -> dict[str, int]:
    """Let two counters be one of 64 bits, by CHAIN, the lower one about to overflow.

    What makes it overflow is drawn: an event, or a write of PMSWINC_EL0.
    """
    even = 2 * rng.randrange(size // 2)
    first = rng.choice((SW_INCR, SW_INCR, EVENTS[0]))
    types = {evtyper(even): first, evtyper(even + 1): CHAIN}
    return (
        types
        | {evcntr(even): TOP32, "PMCNTENSET_EL0": CYCLE_BIT | (1 << size) - 1}
        | {"PMCR_EL0": PMCR_EL0.E | rng.choice((0, 0, PMCR_EL0.LP))}
    )


BITMAPS = ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0")


def mask(rng: Random, focus: Focus, size: int) -> int:
    """Draw a bit for each counter: any, all, none, or one alone, which is often the last one."""
    if rng.random() < focus.single:
        mine = range(max(size, 1))
        return 1 << rng.choice((mine[-1], CYCLE_IDX, rng.choice(mine), rng.choice(mine)))
    return rng.choice((rng.getrandbits(32), TOP32, 0))


def value(rng: Random, focus: Focus) -> int:
    """Draw the value of a counter, near its overflow or not."""
    if rng.random() < focus.near:
        return rng.choice((TOP64, TOP32)) - rng.randint(0, 9)
    return rng.choice((rng.getrandbits(64), rng.getrandbits(32), 0))


def type_of(rng: Random, idx: int) -> int:
    """Draw what a counter counts, and where."""
    where = rng.choice(WHERE) | (rng.choice(WHERE) if rng.random() < 0.3 else 0)
    if idx == CYCLE_IDX:
        # Without an event: bits that a guest leaves there are RES0.
        return where | (rng.choice(EVENTS) if rng.random() < 0.25 else 0)
    odd = CHAIN if idx % 2 else SW_INCR
    near = near_by(rng, rng.choice((*EVENTS, SW_INCR, CHAIN)))
    return where | rng.choice((*EVENTS[:3], *EVENTS, odd, odd, near, near, near))


def near_by(rng: Random, event: int) -> int:
    """Draw an event number that differs from another in one bit, or in any."""
    return event ^ 1 << rng.randrange(16) if rng.random() < 0.7 else rng.getrandbits(16)


# ---- interrupts

INTIDS = (*range(16), *range(16, 32), 32, 40, 63, 64, 255, 256, 600, 1019)


def vgic_of(rng: Random, focus: Focus, pmu_irq: int) -> SavedVgic:
    """Draw what the vGIC has of a vCPU, whose PMU has this interrupt."""
    if rng.random() < focus.open:
        return _open(pmu_irq)
    pmr = rng.choice((0xF8, 0xF8, 0xF8, 0x80, 0))
    enables = rng.choice((2, 2, 3, 1))
    vmcr = VMCR.put(enables, VPMR=pmr, VBPR0=rng.randrange(8), VBPR1=rng.randrange(8))
    vmcr = legal(
        "ICH_VMCR_EL2", vmcr | rng.choice((0, 0, VMCR.VEOIM)) | rng.choice((0, VMCR.VCBPR))
    )
    intids = rng.sample(INTIDS, rng.choice(focus.irqs))
    irqs = [_irq(rng, intid) for intid in intids if intid != pmu_irq]
    if rng.random() < 0.6:
        priority = rng.randrange(32) << GROUP_SHIFT
        irqs.append(VgicIrq(pmu_irq, LEVEL, priority, enabled=rng.random() < 0.9))
    priorities = [0, 0]
    if irqs and rng.random() < 0.25:
        # One that the guest has taken and not yet ended: its priority is an active one.
        taken = irqs[0]
        taken.active, taken.pending_latch = True, False
        group = taken.priority & group_mask(vmcr, taken.group)
        priorities[taken.group] = 1 << (group >> GROUP_SHIFT)
    return SavedVgic(vmcr, (priorities[0], priorities[1]), tuple(irqs))


def _open(pmu_irq: int) -> SavedVgic:
    """Let the PMU's interrupt through, and have no other."""
    vmcr = legal("ICH_VMCR_EL2", VMCR.put(VMCR.VENG1, VPMR=0xF8))
    return SavedVgic(vmcr, (0, 0), (VgicIrq(pmu_irq, LEVEL, 0x80, enabled=True),))


def _irq(rng: Random, intid: int) -> VgicIrq:
    config = EDGE if intid < 16 else LEVEL
    priority, group = rng.randrange(32) << GROUP_SHIFT, int(rng.random() < 0.8)
    high, enabled = rng.random() < 0.6, rng.random() < 0.85
    flags = {"line_level": high} if config == LEVEL else {"pending_latch": high}
    return VgicIrq(intid, config, priority, group, enabled, **flags)
