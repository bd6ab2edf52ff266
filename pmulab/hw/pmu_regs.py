"""The data: registers of the PMU and of the traps in front of it, a row each.

Not modelled: FEAT_PMUv3p7 and later (FZO, PMZR, PMUACR, PMICNTR), EL3 (MDCR_EL3), AArch32 views.
A RES0 bit that has a name elsewhere (LP before FEAT_PMUv3p5, NSK and NSU without EL3, bits 15:10 of
an event number before FEAT_PMUv3p1) reads back what was written and does nothing, which the
definition of RES0 allows. This PE has AArch32 at EL0: without it PMCR_EL0.LC is RES1 and D RES0.

Sources: Arm DDI 0487, D24.5 (each register's "Accessing" block) and the MDCR_EL2 page.
"""

from collections.abc import Container
from functools import cache
from typing import Any

from pmulab.hw.sysreg import Access, Field, Reg, Rule, bit

CYCLE_IDX = 31
MAX_COUNTERS = 31

ARM = "Arm DDI 0487, D24.5"

PER_COUNTER = (
    bit("C", CYCLE_IDX, "the cycle counter"),
    Field("P", 30, 0, "event counter n in bit n"),
)
EL_FILTER = (
    bit("P", 31, "do not count at EL1"),
    bit("U", 30, "do not count at EL0"),
    bit("NSK", 29, "Non-secure EL1: no effect without EL3"),
    bit("NSU", 28, "Non-secure EL0: no effect without EL3"),
    bit("NSH", 27, "count at EL2"),
    bit("M", 26, "EL3: no effect without EL3"),
)
TYPER = (*EL_FILTER, bit("MT", 25, "other threads: no effect"), Field("evtCount", 15, 0, "event"))
EVENT_AT_FIRST = (1 << 10) - 1


def event_mask(features: Container[str]) -> int:
    """Return the bits of an event number: 16 of them, 10 before FEAT_PMUv3p1.

    Source: Arm DDI 0487, D24.5, PMEVTYPER<n>_EL0.evtCount.
    """
    wide = TYPER[-1].mask
    return wide if "FEAT_PMUv3p1" in features else wide & EVENT_AT_FIRST


WORD = (Field("COUNT", 63, 0, "the count"),)

FGT_FIELDS = (
    bit("PMCEIDn_EL0", 58, "reads of PMCEID0_EL0 and PMCEID1_EL0"),
    bit("PMUSERENR_EL0", 57),
    bit("PMMIR_EL1", 22),
    bit("PMCR_EL0", 21, "writes"),
    bit("PMSWINC_EL0", 20, "writes"),
    bit("PMSELR_EL0", 19),
    bit("PMOVS", 18, "PMOVSSET_EL0 and PMOVSCLR_EL0"),
    bit("PMINTEN", 17, "PMINTENSET_EL1 and PMINTENCLR_EL1"),
    bit("PMCNTEN", 16, "PMCNTENSET_EL0 and PMCNTENCLR_EL0"),
    bit("PMCCNTR_EL0", 15),
    bit("PMCCFILTR_EL0", 14),
    bit("PMEVTYPERn_EL0", 13, "PMEVTYPER<n>_EL0 and PMXEVTYPER_EL0"),
    bit("PMEVCNTRn_EL0", 12, "PMEVCNTR<n>_EL0 and PMXEVCNTR_EL0"),
)
READ_ONLY_BITS = {"PMCEIDn_EL0", "PMMIR_EL1"}
WRITE_ONLY_BITS = {"PMCR_EL0", "PMSWINC_EL0"}


PMCR_FIELDS = (
    Field("IMP", 31, 24, "implementer", Access.RO),
    Field("IDCODE", 23, 16, "identification", Access.RO),
    Field("N", 15, 11, "event counters; below EL2 it reads as HPMN", Access.RO),
    bit("LP", 7, "first range overflows at 64 bits (FEAT_PMUv3p5)"),
    bit("LC", 6, "PMCCNTR_EL0 overflows at 64 bits"),
    bit("DP", 5, "PMCCNTR_EL0 stops where event counting is prohibited"),
    bit("X", 4, "export events: no effect"),
    bit("D", 3, "PMCCNTR_EL0 counts every 64th cycle; only where LC is 0"),
    bit("C", 2, "zero PMCCNTR_EL0", Access.W1),
    bit("P", 1, "zero the event counters that this EL can reach", Access.W1),
    bit("E", 0, "enable the first range and PMCCNTR_EL0"),
)
SEL = (Field("SEL", 4, 0, "counter behind PMXEVCNTR_EL0 and PMXEVTYPER_EL0"),)
OPEN = (
    bit("ER", 3, "EL0 reads event counters, uses PMSELR_EL0"),
    bit("CR", 2, "EL0 reads PMCCNTR_EL0"),
    bit("SW", 1, "EL0 writes PMSWINC_EL0"),
    bit("EN", 0, "EL0 reaches all"),
)
INCR = (Field("P", 30, 0, "one SW_INCR event for counter n"),)
PMMIR_FIELDS = (
    Field("EDGE", 27, 24, "edge counting", Access.RO),
    Field("THWIDTH", 23, 20, "threshold width", Access.RO),
    Field("BUS_WIDTH", 19, 16, "bus width", Access.RO),
    Field("BUS_SLOTS", 15, 8, "bus slots", Access.RO),
    Field("SLOTS", 7, 0, "operations a cycle", Access.RO),
)
HCR_FIELDS = (
    bit("E2H", 34, "the kernel at EL2 uses EL1's register names (VHE)"),
    bit("RW", 31, "EL1 is AArch64: no effect"),
    bit("TGE", 27, "EL0 belongs to EL2: its exceptions go there"),
    bit("IMO", 4, "virtual IRQs; ICC group 1 registers at EL1 are virtual"),
    bit("FMO", 3, "virtual FIQs; ICC group 0 registers at EL1 are virtual"),
)
MDCR_FIELDS = (
    bit("HLP", 26, "second range overflows at 64 bits (FEAT_PMUv3p5)"),
    bit("HCCD", 23, "PMCCNTR_EL0 stops at EL2 (FEAT_PMUv3p5)"),
    bit("HPMD", 17, "the first range stops at EL2"),
    bit("HPME", 7, "enable the second range"),
    bit("TPM", 6, "trap PMU accesses of EL0 and EL1"),
    bit("TPMCR", 5, "trap PMCR_EL0 accesses of EL0 and EL1"),
    Field("HPMN", 4, 0, "size of the first range: the event counters below the boundary"),
)

Op = tuple[int, int, int, int, int]
Fields = tuple[Field, ...]
Columns = dict[str, Any]
EL1: Columns = {"read_el": 1, "write_el": 1}
EVCNTR: Columns = {"fgt": "PMEVCNTRn_EL0", "read_gate": ("EN", "ER")}
EVTYPER: Columns = {"fgt": "PMEVTYPERn_EL0"}
SELECT: Columns = {"read_gate": ("EN", "ER"), "write_gate": ("EN", "ER")}
NEVER: Columns = {"read_gate": (), "write_gate": ()}
SWINC: Columns = {"read_el": None, "write_gate": ("EN", "SW")}


def pmu(name: str, op: Op, rule: Rule, fields: Fields, meaning: str, **more: Any) -> Reg:
    """Make the row of a PMU register: trapped by MDCR_EL2.TPM, opened to EL0 by PMUSERENR_EL0.EN.

    If a row does not say otherwise, its cell is called like it without the exception level, and its
    fine-grained trap `fgt`, of both directions, just like it.
    """
    cell, fgt = more.pop("cell", name[:-4]), more.pop("fgt", name)
    more = {"traps": ("TPM",), "read_gate": ("EN",), "write_gate": ("EN",)} | more
    more["fgt_read"] = None if fgt in WRITE_ONLY_BITS else fgt
    more["fgt_write"] = None if fgt in READ_ONLY_BITS else fgt
    return Reg(name, op, rule, cell, fields, meaning, ARM, **more)


def pair(stem: str, suffix: str, ops: tuple[Op, Op], text: str, **more: Any) -> list[Reg]:
    """Make two rows on one cell: the name that sets bits and the name that clears them."""
    more |= {"cell": stem, "fgt": stem}
    names, rules = (f"{stem}SET_{suffix}", f"{stem}CLR_{suffix}"), (Rule.SET, Rule.CLR)
    return [pmu(*key, PER_COUNTER, text, **more) for key in zip(names, ops, rules, strict=True)]


def counter_rows(n: int) -> list[Reg]:
    """Make the two rows of event counter n."""
    cntr, typer = (3, 3, 14, 8 + n // 8, n % 8), (3, 3, 14, 12 + n // 8, n % 8)
    text = f"What event counter {n} counts, and where."
    return [
        pmu(f"PMEVCNTR{n}_EL0", cntr, Rule.COUNTER, WORD, f"Event counter {n}.", index=n, **EVCNTR),
        pmu(f"PMEVTYPER{n}_EL0", typer, Rule.RW, TYPER, text, index=n, **EVTYPER),
    ]


def pmceid(n: int) -> Reg:
    """Make the row that tells of 32 common events from 32 n on, and of 32 that came later."""
    hi = Field("hi", 63, 32, f"events {0x4000 + 32 * n:#x} and up", Access.RO)
    lo = Field("lo", 31, 0, f"events {32 * n:#x} and up", Access.RO)
    more: Columns = {"write_el": None, "fgt": "PMCEIDn_EL0"}
    text = "Which common events are implemented."
    return pmu(f"PMCEID{n}_EL0", (3, 3, 9, 12, 6 + n), Rule.RO, (hi, lo), text, **more)


def hyp(name: str, op: Op, fields: Fields, meaning: str, **more: Any) -> Reg:
    """Make the row of a register of EL2: its cell is called like it."""
    return Reg(name, op, Rule.RW, name, fields, meaning, f"Arm DDI 0487, {name}", 2, 2, **more)


def hdfgtr(name: str, op: Op, way: str, absent: set[str]) -> Reg:
    """Make the row of the fine-grained traps of one direction, which lacks the other's bits."""
    fields = tuple(f for f in FGT_FIELDS if f.name not in absent)
    meaning = f"Fine-grained {way} traps of debug registers: 1 traps EL0 and EL1."
    return hyp(name, op, fields, meaning, needs="FEAT_FGT")


CONTROL = [
    pmu(
        "PMCR_EL0", (3, 3, 9, 12, 0), Rule.CONTROL, PMCR_FIELDS, "Control.", traps=("TPM", "TPMCR")
    ),
    pmu(
        "PMSELR_EL0", (3, 3, 9, 12, 5), Rule.RW, SEL, "Selector of the window registers.", **SELECT
    ),
    pmu(
        "PMUSERENR_EL0", (3, 3, 9, 14, 0), Rule.RW, OPEN, "What EL0 may reach.", write_el=1, **NEVER
    ),
    pmu("PMSWINC_EL0", (3, 3, 9, 12, 4), Rule.SW_INCR, INCR, "Software increment.", **SWINC),
]
# Sets through the first name, clears through the second.
CNTEN_OPS = (3, 3, 9, 12, 1), (3, 3, 9, 12, 2)
INTEN_OPS = (3, 0, 9, 14, 1), (3, 0, 9, 14, 2)
OVS_OPS = (3, 3, 9, 14, 3), (3, 3, 9, 12, 3)
BITMAPS = [
    *pair("PMCNTEN", "EL0", CNTEN_OPS, "Which counters are enabled."),
    *pair("PMINTEN", "EL1", INTEN_OPS, "Which overflows raise the interrupt.", **EL1),
    *pair("PMOVS", "EL0", OVS_OPS, "Which counters have overflowed."),
]
PMCCNTR: Columns = {"read_gate": ("EN", "CR")}
XEVCNTR: Columns = {"cell": "PMEVCNTR", **EVCNTR}
XEVTYPER: Columns = {"cell": "PMEVTYPER", **EVTYPER}
XCNTR_TEXT = "The event counter that PMSELR_EL0 selects."
XTYPER_TEXT = "The event type that PMSELR_EL0 selects; SEL=31 is PMCCFILTR_EL0."
COUNTERS = [
    pmu("PMCCNTR_EL0", (3, 3, 9, 13, 0), Rule.COUNTER, WORD, "Cycle counter.", **PMCCNTR),
    pmu("PMCCFILTR_EL0", (3, 3, 14, 15, 7), Rule.RW, EL_FILTER, "Where the cycle counter counts."),
    pmu("PMXEVCNTR_EL0", (3, 3, 9, 13, 2), Rule.WINDOW, WORD, XCNTR_TEXT, **XEVCNTR),
    pmu("PMXEVTYPER_EL0", (3, 3, 9, 13, 1), Rule.WINDOW, TYPER, XTYPER_TEXT, **XEVTYPER),
]
PMMIR: Columns = {"read_el": 1, "write_el": None, "needs": "FEAT_PMUv3p4"}
IDENTIFICATION = [
    pmceid(0),
    pmceid(1),
    pmu("PMMIR_EL1", (3, 0, 9, 14, 6), Rule.RO, PMMIR_FIELDS, "Machine identification.", **PMMIR),
]
HCR, MDCR = (3, 4, 1, 1, 0), (3, 4, 1, 1, 1)
HDFGRTR, HDFGWTR = (3, 4, 3, 1, 4), (3, 4, 3, 1, 5)
CONTROLS = [
    hyp("HCR_EL2", HCR, HCR_FIELDS, "Hypervisor configuration.", reset=1 << 31),
    hyp(
        "MDCR_EL2", MDCR, MDCR_FIELDS, "Monitor configuration at EL2: the partition and its traps."
    ),
    hdfgtr("HDFGRTR_EL2", HDFGRTR, "read", WRITE_ONLY_BITS),
    hdfgtr("HDFGWTR_EL2", HDFGWTR, "write", READ_ONLY_BITS),
]

ROWS = [
    *CONTROL,
    *BITMAPS,
    *COUNTERS,
    *(row for n in range(MAX_COUNTERS) for row in counter_rows(n)),
    *IDENTIFICATION,
    *CONTROLS,
]


@cache
def reset_cells(n_counters: int) -> dict[str, int]:
    """Return what the cells of a PMU hold at first: none of counters that it lacks."""
    rows = [row for row in ROWS if row.rule is not Rule.WINDOW]
    return {row.cell: row.reset for row in rows if row.index is None or row.index < n_counters}
