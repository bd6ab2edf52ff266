"""The data: registers of the PMU and of the traps in front of it, a row each.

Not modelled: FEAT_PMUv3p7 and later (FZO, PMZR, PMUACR, PMICNTR), EL3 (MDCR_EL3), AArch32 views.
A RES0 bit that has a name elsewhere (LP before FEAT_PMUv3p5, NSK and NSU without EL3) reads back
what was written and does nothing, which the definition of RES0 allows.

Sources: Arm DDI 0487, D24.5 (each register's "Accessing" block) and the MDCR_EL2 page.
"""

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


def pmu(name, encoding, rule, cell, fields, meaning, **columns) -> Reg:
    """Make the row of a PMU register: trapped by MDCR_EL2.TPM, opened to EL0 by PMUSERENR_EL0."""
    columns = {"traps": ("TPM",), "read_gate": ("EN",), "write_gate": ("EN",)} | columns
    return Reg(name, encoding, rule, cell, fields, meaning, ARM, **columns)


def both(fgt: str) -> dict[str, str]:
    """Name the fine-grained trap of both directions."""
    return {"fgt_read": fgt, "fgt_write": fgt}


EL1 = {"read_el": 1, "write_el": 1}

CONTROL = [
    pmu(
        "PMCR_EL0",
        (3, 3, 9, 12, 0),
        Rule.CONTROL,
        "PMCR",
        (
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
        ),
        "Control.",
        fgt_write="PMCR_EL0",
        traps=("TPM", "TPMCR"),
    ),
    pmu(
        "PMSELR_EL0",
        (3, 3, 9, 12, 5),
        Rule.RW,
        "PMSELR",
        (Field("SEL", 4, 0, "counter behind PMXEVCNTR_EL0 and PMXEVTYPER_EL0"),),
        "Selector of the window registers.",
        read_gate=("EN", "ER"),
        write_gate=("EN", "ER"),
        **both("PMSELR_EL0"),
    ),
    pmu(
        "PMUSERENR_EL0",
        (3, 3, 9, 14, 0),
        Rule.RW,
        "PMUSERENR",
        (
            bit("ER", 3, "EL0 reads event counters, uses PMSELR_EL0"),
            bit("CR", 2, "EL0 reads PMCCNTR_EL0"),
            bit("SW", 1, "EL0 writes PMSWINC_EL0"),
            bit("EN", 0, "EL0 reaches all"),
        ),
        "What EL0 may reach.",
        write_el=1,
        read_gate=(),
        write_gate=(),
        **both("PMUSERENR_EL0"),
    ),
    pmu(
        "PMSWINC_EL0",
        (3, 3, 9, 12, 4),
        Rule.SW_INCR,
        "PMSWINC",
        (Field("P", 30, 0, "one SW_INCR event for counter n"),),
        "Software increment.",
        read_el=None,
        write_gate=("EN", "SW"),
        fgt_write="PMSWINC_EL0",
    ),
]


def pair(stem: str, cell: str, suffix: str, fgt: str, encodings, meaning: str, **columns):
    """Make two rows on one cell: the name that sets bits and the name that clears them."""
    return [
        pmu(f"{stem}{way}_{suffix}", op, rule, cell, PER_COUNTER, meaning, **both(fgt), **columns)
        for way, op, rule in zip(("SET", "CLR"), encodings, (Rule.SET, Rule.CLR), strict=True)
    ]


BITMAPS = [
    *pair(
        "PMCNTEN",
        "PMCNTEN",
        "EL0",
        "PMCNTEN",
        [(3, 3, 9, 12, 1), (3, 3, 9, 12, 2)],
        "Which counters are enabled.",
    ),
    *pair(
        "PMINTEN",
        "PMINTEN",
        "EL1",
        "PMINTEN",
        [(3, 0, 9, 14, 1), (3, 0, 9, 14, 2)],
        "Which overflows raise the interrupt.",
        **EL1,
    ),
    *pair(
        "PMOVS",
        "PMOVS",
        "EL0",
        "PMOVS",
        [(3, 3, 9, 14, 3), (3, 3, 9, 12, 3)],
        "Which counters have overflowed.",
    ),
]

COUNTERS = [
    pmu(
        "PMCCNTR_EL0",
        (3, 3, 9, 13, 0),
        Rule.COUNTER,
        "PMCCNTR",
        WORD,
        "Cycle counter.",
        read_gate=("EN", "CR"),
        **both("PMCCNTR_EL0"),
    ),
    pmu(
        "PMCCFILTR_EL0",
        (3, 3, 14, 15, 7),
        Rule.RW,
        "PMCCFILTR",
        EL_FILTER,
        "Where the cycle counter counts.",
        **both("PMCCFILTR_EL0"),
    ),
    pmu(
        "PMXEVCNTR_EL0",
        (3, 3, 9, 13, 2),
        Rule.WINDOW,
        "PMEVCNTR",
        WORD,
        "The event counter that PMSELR_EL0 selects.",
        read_gate=("EN", "ER"),
        **both("PMEVCNTRn_EL0"),
    ),
    pmu(
        "PMXEVTYPER_EL0",
        (3, 3, 9, 13, 1),
        Rule.WINDOW,
        "PMEVTYPER",
        TYPER,
        "The event type that PMSELR_EL0 selects; SEL=31 is PMCCFILTR_EL0.",
        **both("PMEVTYPERn_EL0"),
    ),
]


def counter_rows(n: int) -> list[Reg]:
    """Make the two rows of event counter n."""
    return [
        pmu(
            f"PMEVCNTR{n}_EL0",
            (3, 3, 14, 8 + n // 8, n % 8),
            Rule.COUNTER,
            f"PMEVCNTR{n}",
            WORD,
            f"Event counter {n}.",
            read_gate=("EN", "ER"),
            index=n,
            **both("PMEVCNTRn_EL0"),
        ),
        pmu(
            f"PMEVTYPER{n}_EL0",
            (3, 3, 14, 12 + n // 8, n % 8),
            Rule.RW,
            f"PMEVTYPER{n}",
            TYPER,
            f"What event counter {n} counts, and where.",
            index=n,
            **both("PMEVTYPERn_EL0"),
        ),
    ]


IDENTIFICATION = [
    *(
        pmu(
            f"PMCEID{n}_EL0",
            (3, 3, 9, 12, 6 + n),
            Rule.RO,
            f"PMCEID{n}",
            (
                Field("hi", 63, 32, f"events {0x4000 + 32 * n:#x} and up", Access.RO),
                Field("lo", 31, 0, f"events {32 * n:#x} and up", Access.RO),
            ),
            "Which common events are implemented.",
            write_el=None,
            fgt_read="PMCEIDn_EL0",
        )
        for n in (0, 1)
    ),
    pmu(
        "PMMIR_EL1",
        (3, 0, 9, 14, 6),
        Rule.RO,
        "PMMIR",
        (
            Field("EDGE", 27, 24, "edge counting", Access.RO),
            Field("THWIDTH", 23, 20, "threshold width", Access.RO),
            Field("BUS_WIDTH", 19, 16, "bus width", Access.RO),
            Field("BUS_SLOTS", 15, 8, "bus slots", Access.RO),
            Field("SLOTS", 7, 0, "operations a cycle", Access.RO),
        ),
        "Machine identification.",
        read_el=1,
        write_el=None,
        needs="FEAT_PMUv3p4",
        fgt_read="PMMIR_EL1",
    ),
]

HYP = {"read_el": 2, "write_el": 2}
CONTROLS = [
    Reg(
        "HCR_EL2",
        (3, 4, 1, 1, 0),
        Rule.RW,
        "HCR_EL2",
        (
            bit("E2H", 34, "the kernel at EL2 uses EL1's register names (VHE)"),
            bit("RW", 31, "EL1 is AArch64: no effect"),
            bit("TGE", 27, "EL0 belongs to EL2: its exceptions go there"),
            bit("IMO", 4, "virtual IRQs; ICC group 1 registers at EL1 are virtual"),
            bit("FMO", 3, "virtual FIQs; ICC group 0 registers at EL1 are virtual"),
        ),
        "Hypervisor configuration.",
        "Arm DDI 0487, HCR_EL2",
        reset=1 << 31,
        **HYP,
    ),
    Reg(
        "MDCR_EL2",
        (3, 4, 1, 1, 1),
        Rule.RW,
        "MDCR_EL2",
        (
            bit("HLP", 26, "second range overflows at 64 bits (FEAT_PMUv3p5)"),
            bit("HCCD", 23, "PMCCNTR_EL0 stops at EL2 (FEAT_PMUv3p5)"),
            bit("HPMD", 17, "the first range stops at EL2"),
            bit("HPME", 7, "enable the second range"),
            bit("TPM", 6, "trap PMU accesses of EL0 and EL1"),
            bit("TPMCR", 5, "trap PMCR_EL0 accesses of EL0 and EL1"),
            Field("HPMN", 4, 0, "size of the first range: the event counters below the boundary"),
        ),
        "Monitor configuration at EL2: the partition and its traps.",
        "Arm DDI 0487, MDCR_EL2",
        **HYP,
    ),
    *(
        Reg(
            name,
            (3, 4, 3, 1, op2),
            Rule.RW,
            name,
            tuple(f for f in FGT_FIELDS if f.name not in absent),
            f"Fine-grained {way} traps of debug registers: 1 traps EL0 and EL1.",
            f"Arm DDI 0487, {name}",
            needs="FEAT_FGT",
            **HYP,
        )
        for name, op2, way, absent in (
            ("HDFGRTR_EL2", 4, "read", WRITE_ONLY_BITS),
            ("HDFGWTR_EL2", 5, "write", READ_ONLY_BITS),
        )
    ),
]

ROWS = [
    *CONTROL,
    *BITMAPS,
    *COUNTERS,
    *(row for n in range(MAX_COUNTERS) for row in counter_rows(n)),
    *IDENTIFICATION,
    *CONTROLS,
]
