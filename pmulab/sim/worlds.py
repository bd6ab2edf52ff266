"""Small worlds to explore, as data: guests, what each may do, what the host may do, features.

A world is finite: its counters have a few bits, so that every state can be reached and seen.

Not modelled: worlds larger than a search can close; a certificate says which world it is for.
"""

from pmulab.sim.world import ALL_FEATURES, LOOK, World

NO_FGT = ALL_FEATURES[:3]
OPEN_GIC = ("msr ICC_PMR_EL1, 0xf8", "msr ICC_IGRPEN1_EL1, 1", "gic 23 enable priority=0xa0")
HANDLER = (
    "mrs x0, ICC_IAR1_EL1",
    "mrs x1, PMOVSSET_EL0",
    "msr PMOVSCLR_EL0, x1",
    "msr ICC_EOIR1_EL1, x0",
)

ACK_ONLY = ("mrs x0, ICC_IAR1_EL1",)
EOI_ONLY = ("msr ICC_EOIR1_EL1, 23",)


def bitmaps(mask: str) -> tuple[tuple[str, ...], ...]:
    """Return the four accesses that set and clear a counter's enables."""
    names = "PMCNTENSET_EL0 PMCNTENCLR_EL0 PMINTENSET_EL1 PMINTENCLR_EL1".split()
    return tuple((f"msr {name}, {mask}",) for name in names)


EVENT_COUNTER = (
    *bitmaps("0x1"),
    ("msr PMEVCNTR0_EL0, {top}",),
    ("msr PMEVTYPER0_EL0, 0x8",),
    ("msr PMEVTYPER0_EL0, 0x13",),
    ("msr PMOVSCLR_EL0, 0x1",),
    ("msr PMCR_EL0, 0x1",),
    ("msr PMCR_EL0, 0x0",),
    ("mrs x0, PMOVSSET_EL0",),
)
CYCLE_COUNTER = (
    *bitmaps("0x80000000"),
    ("msr PMCCNTR_EL0, {top}",),
    ("msr PMOVSCLR_EL0, 0x80000000",),
    ("msr PMCR_EL0, 0x1",),
    ("msr PMCR_EL0, 0x0",),
    ("mrs x0, PMOVSSET_EL0",),
)


# Enough to run a counter up to its overflow and stop it again.
SHORT = (
    ("msr PMCNTENSET_EL0, 0x1",),
    ("msr PMCNTENCLR_EL0, 0x1",),
    ("msr PMINTENSET_EL1, 0x1",),
    ("msr PMEVCNTR0_EL0, {top}",),
    ("msr PMEVTYPER0_EL0, 0x8",),
    ("msr PMOVSCLR_EL0, 0x1",),
    ("msr PMCR_EL0, 0x1",),
    ("msr PMCR_EL0, 0x0",),
    ("mrs x0, PMCR_EL0",),
)
# The least that counts, and what stops it; a world's setup says what it counts.
SWITCHES = (
    ("msr PMCNTENSET_EL0, 0x1",),
    ("msr PMINTENSET_EL1, 0x1",),
    ("msr PMEVCNTR0_EL0, {top}",),
    ("msr PMCR_EL0, 0x1",),
    ("msr PMCR_EL0, 0x0",),
    ("mrs x0, PMCR_EL0",),
)
COUNTS_INSTRUCTIONS = ("msr PMEVTYPER0_EL0, 0x8",)
# The least that shows an event type.
TYPES = (("msr PMCNTENSET_EL0, 0x1",), ("msr PMCR_EL0, 0x1",), LOOK)
# Both counters at once.
BOTH = (
    ("msr PMCNTENSET_EL0, 0x80000001",),
    ("msr PMINTENSET_EL1, 0x80000001",),
    ("msr PMEVTYPER0_EL0, 0x8",),
    ("msr PMEVCNTR0_EL0, {top}",),
    ("msr PMCCNTR_EL0, {top}",),
    ("msr PMOVSCLR_EL0, 0x1",),
    ("msr PMOVSCLR_EL0, 0x80000000",),
    ("msr PMCR_EL0, 0x1",),
    ("mrs x0, PMOVSSET_EL0",),
)
# A guest that only has a counter to lose: enough for whatever the other one leaves behind.
NEIGHBOUR = (
    ("msr PMCNTENSET_EL0, 0x1",),
    ("msr PMINTENSET_EL1, 0x1",),
    ("msr PMEVTYPER0_EL0, 0x8",),
    ("msr PMCR_EL0, 0x1",),
)
# One that only has something to notice.
BYSTANDER = (
    ("msr PMCNTENSET_EL0, 0x1",),
    ("msr PMINTENSET_EL1, 0x1",),
    ("msr PMCR_EL0, 0x1",),
)
CYCLE_LOOK = ("mrs x0, PMCR_EL0", "mrs x0, PMCNTENSET_EL0", "mrs x0, PMCCNTR_EL0")
FULL = (*EVENT_COUNTER, LOOK)

EACH_ONE = World(
    "each-one-counter",
    "Two guests with an event counter each, an event filter: the whole alphabet.",
    alphabets=(FULL,),
)
SMALL = EACH_ONE.variant(
    "small",
    about="A guest with one counter and a neighbour; counters of one bit, one denied event.",
    counter_bits=1,
    alphabets=(FULL, BYSTANDER),
    host_events=(),
)
ROWS = (
    EACH_ONE.variant("closed", about=EACH_ONE.about + " No host event.", host_events=()),
    EACH_ONE,
    SMALL.variant(
        "standard",
        about="Two guests with an event counter and the cycle counter each, which they handle "
        "interrupts of; an event filter; an event of the host.",
        alphabets=((*BOTH, ("msr PMEVTYPER0_EL0, 0x13",)),),
        host_events=("INST_RETIRED",),
        works=("INST_RETIRED=1", "MEM_ACCESS=1", "CPU_CYCLES=1"),
        setups=OPEN_GIC,
        handlers=(HANDLER,),
    ),
    SMALL,
    SMALL.variant(
        "host-event",
        about="A guest with one counter beside an event of the host.",
        guests=("A",),
        host_events=("INST_RETIRED",),
        alphabets=(SWITCHES,),
        setups=COUNTS_INSTRUCTIONS,
        works=("INST_RETIRED=1",),
    ),
    SMALL.variant(
        "cycles",
        about="A guest that uses the cycle counter, which its filter denies, and a neighbour.",
        alphabets=((*CYCLE_COUNTER, ("msr PMCCFILTR_EL0, 0x8000000",), CYCLE_LOOK), BYSTANDER),
        works=("CPU_CYCLES=1",),
        host_work=("CPU_CYCLES=1",),
        denied=(("A", "CPU_CYCLES"),),
    ),
    SMALL.variant(
        "cycles-and-events",
        about="A guest with an event counter and the cycle counter.",
        guests=("A",),
        alphabets=(BOTH,),
        works=("INST_RETIRED=1", "CPU_CYCLES=1"),
        denied=(),
    ),
    SMALL.variant(
        "host-event-irq",
        about="A guest that only switches its PMU on and off, beside a sampling host.",
        guests=("A",),
        host_events=("INST_RETIRED",),
        host_period=1,
        alphabets=((("msr PMCR_EL0, 0x1",), ("msr PMCR_EL0, 0x0",), ("mrs x0, PMCR_EL0",)),),
    ),
    SMALL.variant(
        "two-cycle-counters",
        about="Two guests that use their cycle counters.",
        alphabets=((*CYCLE_COUNTER[:1], *CYCLE_COUNTER[4:], CYCLE_LOOK), CYCLE_COUNTER[:1]),
        works=("CPU_CYCLES=1",),
        host_work=("CPU_CYCLES=1",),
        denied=(),
    ),
    SMALL.variant(
        "cycles-el2",
        about="Two guests that ask their cycle counters to count EL2.",
        alphabets=(
            (
                ("msr PMCNTENSET_EL0, 0x80000000",),
                ("msr PMCNTENCLR_EL0, 0x80000000",),
                ("msr PMCCFILTR_EL0, 0x8000000",),
                ("msr PMCR_EL0, 0x1",),
                CYCLE_LOOK,
            ),
        ),
        works=("CPU_CYCLES=1",),
        host_work=("CPU_CYCLES=1",),
        denied=(),
    ),
    SMALL.variant(
        "events-el2",
        about="A guest that asks its event counter to count EL2.",
        guests=("A",),
        alphabets=((*TYPES, ("msr PMEVTYPER0_EL0, 0x8",), ("msr PMEVTYPER0_EL0, 0x8000008",)),),
        works=("INST_RETIRED=1",),
        denied=(),
    ),
    SMALL.variant(
        "no-fgt",
        about="A PE without FEAT_FGT: every access traps. One guest, one event of the host.",
        guests=("A",),
        features=NO_FGT,
        host_events=("INST_RETIRED",),
        works=("INST_RETIRED=1",),
        host_work=(),
        alphabets=(
            (
                *SHORT,
                ("msr PMCR_EL0, 0x3",),
                ("msr PMEVCNTR1_EL0, 0x1",),
                ("msr PMSWINC_EL0, 0x1",),
                ("msr PMEVTYPER0_EL0, 0x0",),
            ),
        ),
    ),
    SMALL.variant(
        "no-fgt-host",
        about="A PE without FEAT_FGT: a guest switches its PMU beside a host that counts.",
        guests=("A",),
        features=NO_FGT,
        host_events=("INST_RETIRED",),
        works=(),
        alphabets=(tuple((f"msr PMCR_EL0, {value}",) for value in ("0x0", "0x1", "0x2", "0x4")),),
    ),
    SMALL.variant(
        "el-filter",
        about="A guest that counts a denied event at EL1 only.",
        guests=("A",),
        alphabets=((*TYPES, ("msr PMEVTYPER0_EL0, 0x13",), ("msr PMEVTYPER0_EL0, 0x40000013",)),),
    ),
    SMALL.variant(
        "ban",
        about="The host bans an event and allows it again, with the guest loaded or not.",
        guests=("A",),
        denied=(),
        alphabets=((*TYPES, ("msr PMEVTYPER0_EL0, 0x8",), ("msr PMEVTYPER0_EL0, 0x13",)),),
        changing=(("A", "deny", "INST_RETIRED"), ("A", "allow", "INST_RETIRED")),
    ),
    SMALL.variant(
        "selector",
        about="Two guests that reach their counters through PMSELR_EL0.",
        alphabets=(
            (
                ("msr PMSELR_EL0, 0",),
                ("msr PMSELR_EL0, 1",),
                ("msr PMXEVTYPER_EL0, 0x8",),
                ("mrs x0, PMXEVTYPER_EL0",),
                ("mrs x0, PMSELR_EL0",),
                ("msr PMXEVCNTR_EL0, {top}",),
            ),
        ),
        counters=2,
        n_counters=3,
        works=(),
        host_work=(),
        denied=(),
    ),
    SMALL.variant(
        "user",
        about="Guests that open and close their counters to EL0.",
        alphabets=(
            (
                ("msr PMUSERENR_EL0, 0",),
                ("msr PMUSERENR_EL0, 1",),
                ("el0: mrs x0, PMCCNTR_EL0",),
                ("mrs x0, PMUSERENR_EL0",),
            ),
        ),
        works=(),
        host_work=(),
        denied=(),
    ),
    SMALL.variant(
        "interrupts",
        about="A guest that takes its overflow interrupts, and halts.",
        guests=("A",),
        setups=(*OPEN_GIC, *COUNTS_INSTRUCTIONS, "msr PMCNTENSET_EL0, 0x1"),
        alphabets=((*SWITCHES[1:], ("msr PMOVSCLR_EL0, 0x1",)),),
        works=("INST_RETIRED=1",),
        handlers=(HANDLER, ACK_ONLY, EOI_ONLY),
        halts=True,
        denied=(),
    ),
    SMALL.variant(
        "lazy",
        about="Guests get their counters at the first access.",
        lazy=True,
    ),
    SMALL.variant(
        "migrated",
        about="A guest arrives from elsewhere: a count, an enable and an overflow are in memory.",
        lazy=True,
        setups=(),
        denied=(),
        restore=(
            ("A", "PMEVCNTR0_EL0", 1),
            ("A", "PMEVTYPER0_EL0", 0x8),
            ("A", "PMOVSSET_EL0", 1),
            ("A", "PMINTENSET_EL1", 1),
            ("A", "PMCR_EL0", 0x1),
        ),
    ),
    SMALL.variant(
        "restored-reset",
        about="Userspace has left PMCR_EL0.P set in the registers that it restored.",
        guests=("A",),
        denied=(),
        restore=(("A", "PMEVCNTR0_EL0", 1), ("A", "PMCR_EL0", 0x2)),
    ),
    SMALL.variant(
        "dynamic",
        about="The host uses every counter until a guest is loaded.",
        guests=("A",),
        dynamic=True,
        counters=1,
        n_counters=2,
        host_events=("INST_RETIRED", "MEM_ACCESS"),
        alphabets=(SWITCHES,),
        setups=COUNTS_INSTRUCTIONS,
        works=("INST_RETIRED=1",),
    ),
    SMALL.variant(
        "dynamic-lazy",
        about="As dynamic, and the guest gets its counters at the first access.",
        guests=("A",),
        dynamic=True,
        lazy=True,
        host_work=("INST_RETIRED=1", "MEM_ACCESS=1"),
        host_events=("INST_RETIRED", "MEM_ACCESS"),
        alphabets=(NEIGHBOUR,),
    ),
    SMALL.variant(
        "two-cpus",
        about="Two CPUs; the host on each uses every counter until a guest is loaded there.",
        cpus=2,
        dynamic=True,
        guests=("A",),
        alphabets=(NEIGHBOUR,),
        host_events=("INST_RETIRED", "MEM_ACCESS"),
        works=("INST_RETIRED=1",),
        denied=(),
        memo=False,
    ),
    SMALL.variant(
        "no-event-counters",
        about="A guest with the cycle counter alone, beside events of the host.",
        guests=("A",),
        counters=0,
        host_events=("INST_RETIRED",),
        alphabets=((CYCLE_COUNTER[0], CYCLE_COUNTER[2], *CYCLE_COUNTER[4:8], CYCLE_LOOK),),
        host_work=(),
        works=("CPU_CYCLES=1",),
        denied=(),
    ),
)
WORLDS = {world.name: world for world in ROWS}
