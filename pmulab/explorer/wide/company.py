"""Draws cases in which several vCPUs are loaded at once, each on a CPU of its own.

Twins of one VM most often, on up to six CPUs; one of them perhaps on a CPU that does not suit it.
What they do is what `turns` has, and some things that come about only where a guest is not alone or
has set its interrupts up itself.

Not modelled: a vCPU that moves while it is loaded.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from pmulab.explorer.moves import Move
from pmulab.explorer.wide.case import SavedVgic
from pmulab.explorer.wide.focus import Focus
from pmulab.explorer.wide.interrupts import ends, gic, mrs, msr
from pmulab.explorer.wide.memory import TOP32, TOP64
from pmulab.explorer.wide.turns import Turn
from pmulab.hw.events import CPU_CYCLES, INST_RETIRED
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0
from pmulab.kvm.vcpu import evcntr, evtyper
from pmulab.sim.program import Instruction
from pmulab.sim.scenario import Scenario, VmSpec

# A mask that lets all through, and a priority that another mask holds back.
OPEN, LATE = 0xF8, 0xC0
WAITING = (0x40, 0x90, 0xB0, 0xD0)


def in_company(focus: Focus) -> Focus:
    """Return how cases are drawn that have several CPUs, and twins on them."""
    return focus._replace(
        several=1,
        many=(2, 3, 6),
        twins=0.8,
        vcpus=(2, 3),
        named=0.45,
        whole=0.02,
        ranges=(0, 1, 3, 10),
        registers=(2, 2, *focus.registers),
        sleep=max(focus.sleep, 0.1),
        change=max(focus.change, 0.12),
        sets_up=0.6,
        moves=0.4,
        irqs=(*focus.irqs[:1], 0, 0, *focus.irqs),
    )


def company(
    rng: Random, focus: Focus, machine: Scenario, vgics: dict[str, SavedVgic]
) -> Iterator[Move]:
    """Load several vCPUs, and let each do something while the others are there; or move one."""
    vms = {name: vm for vm in machine.vms for name in vm.vcpu_names}
    if rng.random() < focus.moves:
        name = rng.choice([*vms])
        about = vms[name], vgics[name], machine.perf_events
        yield from _journey(rng, focus, name, len(machine.cpus), about)
        return
    there: list[Turn] = []
    for n, name in _places(rng, machine, vms):
        turn = Turn(rng, focus, n, name, vms[name], vgics[name], machine.perf_events)
        if not suits(vms[name], n):
            yield from _passes(rng, turn)
            continue
        there.append(turn)
        yield Move("", "enter", n, name)
    for _ in range(rng.randint(1, 4) if there else 0):
        turn = rng.choice(there)
        if rng.random() < focus.sets_up:
            yield from rng.choice(DOES)(rng, turn)
        for _ in range(rng.randint(1, 3)):
            yield from turn.moves()
        if rng.random() < 0.7:
            yield turn.look()
    rng.shuffle(there)
    for turn in there:
        yield from _leaves(rng, focus, turn)
    for turn in there[:2]:
        # What was kept of a turn is there, or is not, when it comes again.
        yield Move("", "enter", turn.n, turn.name)
        yield turn.work()
        yield turn.look()


def suits(vm: VmSpec, n: int) -> bool:
    """Tell whether a CPU has the PMU that a VM was made for."""
    return vm.supported_cpus is None or n in vm.supported_cpus


def _journey(
    rng: Random, focus: Focus, name: str, cpus: int, about: tuple[Any, ...]
) -> Iterator[Move]:
    """Let a vCPU do on one CPU after another what it did on the first."""
    places = [n for n in range(cpus) if suits(about[0], n)]
    rng.shuffle(places)
    does = rng.choice(DOES) if rng.random() < focus.sets_up else None
    for n in [*places[:3], places[0]]:
        turn = Turn(rng, focus, n, name, *about)
        yield Move("", "enter", n, name)
        yield from does(rng, turn) if does else turn.moves()
        yield from turn.moves()
        yield turn.look()
        yield from _leaves(rng, focus, turn)


def _places(rng: Random, machine: Scenario, vms: dict[str, VmSpec]) -> Iterator[tuple[int, str]]:
    """Give each CPU a vCPU, those of one VM first; most often one that it suits."""
    cpus = list(range(len(machine.cpus)))
    rng.shuffle(cpus)
    names = sorted(vms, key=lambda name: (len(vms[name].vcpu_names) < 2, rng.random()))
    for name in names:
        fits = [n for n in cpus if suits(vms[name], n)]
        others = [n for n in cpus if n not in fits]
        if others and rng.random() < 0.3:
            yield rng.choice(others), name
        if fits:
            cpus.remove(fits[0])
            yield fits[0], name


def _leaves(rng: Random, focus: Focus, turn: Turn) -> Iterator[Move]:
    """Let a vCPU be put, or halt, with something just counted."""
    if rng.random() < 0.6:
        yield turn.work()
    if rng.random() < focus.sleep:
        yield Move("", "wfi", turn.n, turn.name)
    elif rng.random() < focus.handled:
        yield Move("", "irq", turn.n, "")
    yield Move("", "exit", turn.n, turn.name)


def _passes(rng: Random, turn: Turn) -> Iterator[Move]:
    """Load a vCPU on a CPU that does not suit it, where it is never entered."""
    yield Move("", "load", turn.n, turn.name)
    if rng.random() < 0.5:
        yield turn.changes()
    yield from turn.host_works()
    yield Move("", "exit", turn.n, turn.name)
    if rng.random() < 0.5:
        yield from turn.host_works()


# ---- what a guest does


def _uses(rng: Random, turn: Turn) -> Iterator[Move]:
    """Let a guest use its GIC, or its control register, as a driver does."""
    yield turn.guest(
        *rng.choice((_masks, _nests, _nests, _sends, _deactivates, _rewrites))(rng, turn)
    )


def _sleeps(rng: Random, turn: Turn) -> Iterator[Move]:
    """Let a counter overflow as the guest halts; other interrupts are masked, or active."""
    other, kind = rng.choice((27, 40)), rng.random()
    if kind < 0.3:
        # One that the mask does not let through is no reason to wake.
        yield turn.guest(*_pend(other, LATE), *_opens(0xB0), *_own(rng, turn, 0xA0))
    elif kind < 0.6:
        taken = (*_opens(OPEN), *_pend(other, 0xA0), mrs("ICC_IAR1_EL1", 1))
        yield turn.guest(*taken, *_own(rng, turn, 0x40))
    else:
        yield turn.guest(*_opens(OPEN), *_own(rng, turn, rng.choice((0x40, LATE, LATE))))
    yield turn.guest(*_about_to_wrap(rng, turn))
    yield turn.work((CPU_CYCLES, INST_RETIRED))
    yield Move("", "wfi", turn.n, turn.name)
    yield turn.look()


def _handles(rng: Random, turn: Turn) -> Iterator[Move]:
    """Let another counter overflow, which does not interrupt, while the guest handles the first."""
    yield turn.guest(*_opens(OPEN), *_own(rng, turn, 0x80), *_about_to_wrap(rng, turn))
    yield turn.work((INST_RETIRED,))
    yield Move("", "irq", turn.n, "")
    second = msr("PMINTENCLR_EL1", 1 << CYCLE_IDX, 1), msr("PMCCNTR_EL0", TOP64, 1)
    yield turn.guest(mrs("ICC_IAR1_EL1", 1), *second)
    yield turn.work((CPU_CYCLES,))
    yield turn.look()


def _filtered(rng: Random, turn: Turn) -> Iterator[Move]:
    """Let the filter change, and then happen what no event says: a write of PMSWINC_EL0."""
    yield turn.changes()
    yield turn.guest(msr("PMSWINC_EL0", TOP32, 1))
    yield turn.look()


def _late(rng: Random, turn: Turn) -> Iterator[Move]:
    """Let a counter overflow before the guest has ever spoken of the interrupt."""
    yield turn.guest(*_about_to_wrap(rng, turn))
    yield turn.work((CPU_CYCLES, INST_RETIRED))
    yield turn.guest(*_opens(OPEN), *_own(rng, turn, 0x80))
    yield turn.work()


DOES = (_uses, _uses, _uses, _sleeps, _sleeps, _handles, _filtered, _late)

# ---- its instructions


def _opens(mask: int) -> list[Instruction]:
    """Let interrupts of both groups through a mask."""
    return [
        *(msr("ICC_PMR_EL1", mask, 1), msr("ICC_IGRPEN0_EL1", 1, 1), msr("ICC_IGRPEN1_EL1", 1, 1))
    ]


def _own(rng: Random, turn: Turn, priority: int) -> list[Instruction]:
    """Enable the PMU's interrupt at a priority, in any group."""
    irq = turn.vm.pmu_irq
    group = gic(irq, group=rng.choice((0, 1, 1)))
    return [gic(irq, priority=priority), group, gic(irq, enabled=True)]


def _pend(intid: int, priority: int) -> list[Instruction]:
    """Let an interrupt be pending, as the guest itself can."""
    return [gic(intid, priority=priority), gic(intid, enabled=True), gic(intid, pending=True)]


def _about_to_wrap(rng: Random, turn: Turn) -> list[Instruction]:
    """Let the cycle counter, or an event counter, be about to wrap and interrupt."""
    idx = rng.randrange(turn.vm.counters) if turn.vm.counters and rng.random() < 0.7 else CYCLE_IDX
    event = 0 if idx == CYCLE_IDX else INST_RETIRED
    on = [msr(name, 1 << idx, 1) for name in ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSCLR_EL0")]
    value = TOP64 if idx == CYCLE_IDX else rng.choice((TOP32, TOP64))
    enable = msr("PMCR_EL0", PMCR_EL0.E | PMCR_EL0.LC, 1)
    return [msr(evtyper(idx), event, 1), msr(evcntr(idx), value, 1), *on, enable]


def _masks(rng: Random, turn: Turn) -> list[Instruction]:
    """Write the mask, let something trap, and read it."""
    mask = rng.choice((OPEN, 0xB0, 0x80))
    return [msr("ICC_PMR_EL1", mask, 1), gic(33, enabled=False), mrs("ICC_PMR_EL1", 1)]


def _nests(rng: Random, turn: Turn) -> list[Instruction]:
    """Take interrupts one above the other while more wait, and end them from the last to the first.

    With EOImode 1 an end drops the priority alone; one that is sent again is then pending, too.
    """
    intids = rng.sample((1, 2, 27, 40, 41, 42, 43, 44), rng.choice((4, 6)))
    taken = intids[: rng.choice((2, 2, 3))]
    split = rng.random() < 0.5
    nested = [
        one
        for n, intid in enumerate(taken)
        for one in (*_pend(intid, LATE - 0x20 * n), mrs("ICC_IAR1_EL1", 1, f"x{n}"))
    ]
    waits = [one for intid in intids[len(taken) :] for one in _pend(intid, rng.choice(WAITING))]
    again = [gic(intid, pending=True) for intid in taken if intid < 16]
    order = [*reversed(range(len(taken)))]
    done = [one for n in order for one in (ends(1, f"x{n}"), mrs("ICC_HPPIR1_EL1", 1))]
    # Never back: an end in mode 0 takes one for active whose priority was dropped in mode 1.
    mode = [msr("ICC_CTLR_EL1", 2, 1)] * split
    more = [mrs("ICC_IAR1_EL1", 1, "x5"), ends(1, "x5")] * rng.choice((0, 1, 2))
    return [*_opens(OPEN), *mode, *nested, *waits, *done, *again, *more, mrs("ICC_RPR_EL1", 1)]


def _deactivates(rng: Random, turn: Turn) -> list[Instruction]:
    """Deactivate an interrupt that was taken and not ended: its priority stays the running one."""
    taken = (*_pend(27, 0x40), mrs("ICC_IAR1_EL1", 1, "x1"), gic(27, active=False))
    return [*_opens(OPEN), *taken, *_pend(40, 0x80), mrs("ICC_IAR1_EL1", 1, "x2")]


def _sends(rng: Random, turn: Turn) -> list[Instruction]:
    """Send SGIs to itself, and take and end them all."""
    sgis = rng.sample(range(16), rng.choice((1, 3, 5)))
    sent = [one for sgi in sgis for one in _pend(sgi, 0x80)]
    return [*_opens(OPEN), *sent, *(mrs("ICC_IAR1_EL1", 1), ends(1, "x0")) * len(sgis)]


def _rewrites(rng: Random, turn: Turn) -> list[Instruction]:
    """Write PMCR_EL0 with what a read of it has, N and the identification too."""
    value = rng.getrandbits(32) & ~0xFF | PMCR_EL0.E | rng.choice((0, PMCR_EL0.LP, PMCR_EL0.DP))
    return [msr("PMCR_EL0", value, 1), mrs("PMCR_EL0", 1)]
