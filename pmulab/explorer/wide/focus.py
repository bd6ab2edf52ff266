"""What a hook's cases are about: how often each dimension is drawn, a row for each hook.

Every dimension occurs in every hook's cases; a focus only has more of what the hook deals with.

Not modelled: what is drawn; see `machines`, `memory` and `turns`.
"""

from typing import NamedTuple

ALL = ("FEAT_PMUv3p1", "FEAT_PMUv3p4", "FEAT_PMUv3p5", "FEAT_FGT", "FEAT_HPMN0")
NO_FGT = ALL[:3]
MIXED = (("FEAT_PMUv3p1", "FEAT_FGT", "FEAT_HPMN0"), ("FEAT_FGT", "FEAT_HPMN0"), ("FEAT_PMUv3p1",))
KINDS_OF_PE = (ALL, ALL, ALL, NO_FGT, ALL[:4], *MIXED)


class Focus(NamedTuple):
    """How cases are drawn: chances from 0 to 1, and tuples of which one is chosen.

    `near` is the chance of a value near its overflow, `single` that of one bit alone in a mask,
    `on` that all counters and their interrupts are enabled, `idle` that none is, `full` that the
    guests have all the counters there are, `touched` the registers of which guests write more,
    `alike` that all of a guest's event counters count one event, so that they overflow together,
    `busy` how many kinds of events a piece of work has, `host` how many events the host has on a
    CPU, `fills` the chance that it has one for each of its counters, `pair` that CHAIN makes two of
    a guest's counters one, `open` that the PMU's interrupt gets through, `change` and `sleep` how
    often a filter changes and a guest halts, `ticks` how often the host works beside a loaded
    guest, `handled` the chance that it handles what waits before a vCPU is put, `leaves` that it is
    put before another one comes to another CPU; `several` that there are two or three CPUs, `named`
    that a guest's PMU is on some of them alone, `unequal` that one of them has no partition,
    `whole` that none has, `mixed` that one lacks a feature; `twins` that a VM has two vCPUs, `spi`
    that the PMU's interrupt is one; `empty` that a guest has no event counter; `vmm` how many times
    as often userspace reads or writes a register. `many` is how many CPUs several are, and
    `vcpus` how many a VM has that has twins; `sets_up` the chance that a guest configures its GIC,
    and `moves` that a vCPU goes from one CPU to another.
    `cases` is how many a check draws, more where what matters is rare, and `beside` how many after
    those in which several vCPUs are loaded at once.
    """

    sizes: tuple[int, ...] = (1, 2, 4, 6, 8, 31, 31)
    kinds: tuple[tuple[str, ...], ...] = KINDS_OF_PE
    registers: tuple[int, ...] = (2, 3, 4, 4, 6, 9, 16)
    several: float = 0.25
    named: float = 0.4
    dynamic: float = 0.35
    lazy: float = 0.3
    emulated: float = 0.2
    unequal: float = 0.2
    whole: float = 0.05
    mixed: float = 0.1
    twins: float = 0.2
    spi: float = 0.1
    full: float = 0.4
    empty: float = 0.1
    host: tuple[int, ...] = (0, 0, 1, 2, 4)
    fills: float = 0.05
    ranges: tuple[int, ...] = (0, 0, 1, 1, 2, 3)
    near: float = 0.4
    pair: float = 0.25
    single: float = 0.25
    on: float = 0.2
    idle: float = 0.1
    alike: float = 0.1
    busy: int = 3
    irqs: tuple[int, ...] = (0, 0, 1, 3, 7, 12)
    open: float = 0.2
    interrupts: float = 0.3
    touched: tuple[str, ...] = ()
    touch: float = 0.0
    work: float = 0.35
    change: float = 0.08
    sleep: float = 0.04
    handled: float = 0.5
    leaves: float = 0.5
    ticks: float = 0.13
    vmm: float = 1
    many: tuple[int, ...] = (2, 3)
    vcpus: tuple[int, ...] = (2,)
    sets_up: float = 0
    moves: float = 0
    cases: int = 300
    beside: int = 100


SMALL, LARGE = (1, 2, 4, 6), (6, 8, 31, 31, 31)
TYPES = ("PMEVTYPER{n}_EL0", "PMEVTYPER{n}_EL0", "PMXEVTYPER_EL0", "PMCCFILTR_EL0", "PMSWINC_EL0")
FLAGS = ("PMOVSSET_EL0", "PMOVSCLR_EL0", "PMINTENSET_EL1", "PMINTENCLR_EL1", "PMCR_EL0")
STARTS = ("PMCNTENSET_EL0", "PMCNTENSET_EL0", "PMCR_EL0")
ENABLES = ("PMCNTENSET_EL0", "PMCNTENCLR_EL0", "PMINTENSET_EL1", "PMINTENCLR_EL1")
TRAPPING = (NO_FGT, NO_FGT, NO_FGT, ("FEAT_PMUv3p1",), ALL)

_TYPES = Focus(
    sizes=LARGE,
    full=0.7,
    ranges=(0, 1, 1, 2, 3),
    touched=TYPES,
    touch=0.7,
    work=0.35,
    interrupts=0.1,
    on=0.6,
    near=0.7,
    busy=6,
    irqs=(0,),
)
_FLAGS = Focus(
    near=0.9,
    touched=FLAGS,
    touch=0.3,
    work=0.5,
    single=0.4,
    on=0.7,
    alike=0.5,
    busy=6,
    irqs=(0, 0, 1),
    open=0.5,
    handled=0.3,
)
_LAZY = Focus(lazy=0.95, irqs=(0,), empty=0.3, several=0.5, unequal=0.5)
_VGIC = Focus(sizes=SMALL, irqs=(3, 7, 12, 12), interrupts=0.85, host=(0, 0, 1), lazy=0.1)
FOCI = {
    "guest_counter_mask": Focus(sizes=LARGE, several=0.4, full=0.5, irqs=(0,)),
    "host_counter_mask": Focus(
        several=0.6,
        host=(1, 2, 4),
        near=0.7,
        fills=0.25,
        ticks=0.25,
        dynamic=0.5,
        emulated=0.4,
        whole=0.2,
        irqs=(0,),
    ),
    "owns_counters": Focus(several=0.6, named=0.7, lazy=0.5, emulated=0.3, irqs=(0,)),
    "write_pair": Focus(single=0.5, touched=ENABLES, touch=0.5, irqs=(0,), several=0.5, leaves=0.3),
    "pmu_load": Focus(
        single=0.4, irqs=(0,), dynamic=0.5, empty=0.25, fills=0.25, ticks=0.25, vmm=1.5
    ),
    "pmu_put": Focus(single=0.4, touched=(*FLAGS, "PMSELR_EL0"), touch=0.4, irqs=(0,), dynamic=0.5),
    "pmu_stop": Focus(single=0.4, touched=ENABLES, touch=0.4, irqs=(0,)),
    "fold_overflow": _FLAGS._replace(
        cases=600, sizes=LARGE, full=0.5, host=(0, 1, 2, 4), ticks=0.4, handled=0.1, single=0.6
    ),
    "handle_guest_irq": _FLAGS._replace(
        beside=400, cases=600, sizes=LARGE, full=0.7, handled=0.8, sleep=0.2
    ),
    "overflow_status": _FLAGS._replace(
        sizes=(6, 31, 31), full=0.9, single=0.9, near=0.5, on=0.9, idle=0, touch=0.5, lazy=0.15
    ),
    "update_state": _FLAGS,
    "kick": _FLAGS._replace(
        beside=400,
        sleep=0.6,
        emulated=0.6,
        several=0.5,
        open=0.9,
        handled=0.1,
        leaves=0.85,
        work=0.2,
        cases=600,
    ),
    "handle_host_irq": _FLAGS._replace(
        sizes=LARGE,
        full=0.6,
        host=(1, 2, 4),
        ticks=0.4,
        handled=0.8,
        empty=0,
        lazy=0.5,
        dynamic=0.5,
        fills=0.3,
        idle=0.3,
        on=0.5,
    ),
    "apply_event_filter": _TYPES._replace(
        vmm=2.5, lazy=0.1, emulated=0.05, kinds=(*KINDS_OF_PE[2:], *MIXED)
    ),
    "hardware_type": _TYPES,
    "write_type": _TYPES._replace(
        cases=600, emulated=0.4, sizes=(6, 31, 31), several=0.25, touch=0.75
    ),
    "resync_event_filter": _TYPES._replace(
        emulated=0.3, sizes=(6, 31, 31), several=0.3, change=0.7, touch=0.2, alike=0.4
    ),
    "take_ownership": _LAZY._replace(
        cases=900,
        named=0.8,
        twins=0.5,
        idle=0.7,
        touched=STARTS,
        touch=0.7,
        work=0.4,
        leaves=0.3,
        several=0.7,
    ),
    "decide_ownership": _LAZY._replace(
        single=0.9,
        sizes=(6, 31, 31, 31),
        full=0.9,
        empty=0.1,
        several=0.35,
        on=0.05,
        idle=0.25,
        touched=STARTS,
        touch=0.6,
        vmm=2.5,
        work=0.6,
        busy=6,
    ),
    "set_guest_counters": Focus(
        cases=600, dynamic=0.85, host=(1, 2, 4, 7), fills=0.2, several=0.5, irqs=(0,)
    ),
    "write_control": Focus(
        beside=300,
        kinds=TRAPPING,
        sizes=(2, 6, 31, 31),
        full=0.7,
        touched=("PMCR_EL0",),
        touch=0.8,
        emulated=0.35,
        near=0.6,
        on=0.8,
        busy=6,
        work=0.3,
        irqs=(0,),
    ),
    "read_bitmap": _FLAGS._replace(
        beside=300,
        kinds=TRAPPING,
        sizes=(1, 2, 4, 31),
        emulated=0.3,
        lazy=0.6,
        idle=0.5,
        dynamic=0.6,
        host=(1, 2, 4),
        ticks=0.5,
        handled=0.1,
    ),
    "vgic_populate": _VGIC,
    "vgic_flush": _VGIC._replace(beside=300, registers=(4, 16), irqs=(7, 12, 30)),
    "vgic_fold": _VGIC,
    "vgic_target": _VGIC,
    # A VMM sets attributes before there is a machine: no drawn case could call it.
    "set_pmu_attr": Focus(cases=0, beside=0),
}
