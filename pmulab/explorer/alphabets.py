"""What the guests of the small worlds may do, as data: lists of accesses, each of them one move.

Not modelled: see `worlds`, which puts them together.
"""

from pmulab.explorer.world import ALL_FEATURES, LOOK

NO_FGT = ALL_FEATURES[:3]
OPEN_GIC = ("msr ICC_PMR_EL1, 0xf8", "msr ICC_IGRPEN1_EL1, 1", "gic 23 enable priority=0xa0")
HANDLER = (
    *("mrs x0, ICC_IAR1_EL1", "mrs x1, PMOVSSET_EL0", "msr PMOVSCLR_EL0, x1"),
    "msr ICC_EOIR1_EL1, x0",
)
ACK_ONLY = ("mrs x0, ICC_IAR1_EL1",)
EOI_ONLY = ("msr ICC_EOIR1_EL1, 23",)


def each(accesses: str) -> tuple[tuple[str], ...]:
    """Make a move of each access of a text, between semicolons."""
    return tuple((access.strip(),) for access in accesses.split(";"))


def bitmaps(mask: str) -> tuple[tuple[str], ...]:
    """Return the four accesses that set and clear a counter's enables."""
    names = "PMCNTENSET_EL0 PMCNTENCLR_EL0 PMINTENSET_EL1 PMINTENCLR_EL1".split()
    return tuple((f"msr {name}, {mask}",) for name in names)


ON_OFF = each("msr PMCR_EL0, 0x1; msr PMCR_EL0, 0x0")
EVENT_COUNTER = (
    *bitmaps("0x1"),
    *each("msr PMEVCNTR0_EL0, {top}; msr PMEVTYPER0_EL0, 0x8; msr PMEVTYPER0_EL0, 0x13"),
    *each("msr PMOVSCLR_EL0, 0x1"),
    *(*ON_OFF, ("mrs x0, PMOVSSET_EL0",)),
)
CYCLE_COUNTER = (
    *bitmaps("0x80000000"),
    *each("msr PMCCNTR_EL0, {top}; msr PMOVSCLR_EL0, 0x80000000"),
    *(*ON_OFF, ("mrs x0, PMOVSSET_EL0",)),
)
# Enough to run a counter up to its overflow and stop it again.
SHORT = (
    *each("msr PMCNTENSET_EL0, 0x1; msr PMCNTENCLR_EL0, 0x1; msr PMINTENSET_EL1, 0x1"),
    *each("msr PMEVCNTR0_EL0, {top}; msr PMEVTYPER0_EL0, 0x8; msr PMOVSCLR_EL0, 0x1"),
    *(*ON_OFF, ("mrs x0, PMCR_EL0",)),
)
# The least that counts, and what stops it; a world's setup says what it counts.
SWITCHES = (
    *each("msr PMCNTENSET_EL0, 0x1; msr PMINTENSET_EL1, 0x1; msr PMEVCNTR0_EL0, {top}"),
    *(*ON_OFF, ("mrs x0, PMCR_EL0",)),
)
COUNTS_INSTRUCTIONS = ("msr PMEVTYPER0_EL0, 0x8",)
# The least that shows an event type.
TYPES = (*each("msr PMCNTENSET_EL0, 0x1; msr PMCR_EL0, 0x1"), LOOK)
# Both counters at once.
BOTH = (
    *each("msr PMCNTENSET_EL0, 0x80000001; msr PMINTENSET_EL1, 0x80000001"),
    *each("msr PMEVTYPER0_EL0, 0x8; msr PMEVCNTR0_EL0, {top}; msr PMCCNTR_EL0, {top}"),
    *each("msr PMOVSCLR_EL0, 0x1; msr PMOVSCLR_EL0, 0x80000000"),
    *each("msr PMCR_EL0, 0x1; mrs x0, PMOVSSET_EL0"),
)
# One that only has something to notice.
BYSTANDER = each("msr PMCNTENSET_EL0, 0x1; msr PMINTENSET_EL1, 0x1; msr PMCR_EL0, 0x1")
# A guest that only has a counter to lose: enough for whatever anybody else leaves behind.
OWNER = (*BYSTANDER[:2], ("msr PMEVTYPER0_EL0, 0x8",), BYSTANDER[2])
# A guest hypervisor: the boundary, and its switch HPME; and what its own guest tries.
EL2_OF_ITS_OWN = (
    *each("el2: msr MDCR_EL2, 0x81; el2: msr MDCR_EL2, 0x1"),
    *each("el2: msr PMCNTENSET_EL0, 0x3; el2: msr PMINTENSET_EL1, 0x2; el2: mrs x0, PMCR_EL0"),
)
EL1_OF_ITS_OWN = (
    *each("msr PMCNTENSET_EL0, 0x3; msr PMCR_EL0, 0x1; mrs x0, PMEVCNTR1_EL0"),
    ("mrs x0, PMCR_EL0", "mrs x0, PMCNTENSET_EL0", "mrs x0, PMOVSSET_EL0"),
)
CYCLE_LOOK = ("mrs x0, PMCR_EL0", "mrs x0, PMCNTENSET_EL0", "mrs x0, PMCCNTR_EL0")
FULL = (*EVENT_COUNTER, LOOK)
