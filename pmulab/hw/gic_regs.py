"""The data: registers of the GICv3 virtual CPU interface, a row each.

ICH_* belong to EL2. ICC_* at EL1 reach the virtual interface while HCR_EL2.IMO (group 1) or FMO
(group 0) is 1; the manual then calls them ICV_*. A row with an empty cell has no state of its own.

Not modelled: FEAT_GICv3_NMI (ICH_LR<n>_EL2.NMI, ICC_NMIAR1_EL1), GICv4 (DVIM, vSGIEOICount),
AP<x>R1 to 3 (5 bits of preemption need one word), ICC_SRE_EL2, ICC_SGI0R_EL1, ICC_ASGI1R_EL1. With
HW=0 the bits of pINTID that mean nothing read back what was written, which RES0 allows.

Sources: Arm IHI 0069 (GICv3 and GICv4); Arm DDI 0595, the page of each register.
"""

from typing import Any

from pmulab.hw.sysreg import Access, Field, Reg, Rule, bit

MAX_LIST_REGISTERS = 16
LPI_BASE = 8192
SPECIAL = range(1020, 1024)
SPURIOUS = 1023

PREEMPTION_BITS = 5
GROUP_SHIFT = 8 - PREEMPTION_BITS
IDLE = 0xFF
MIN_BPR = {"VBPR0": 7 - PREEMPTION_BITS, "VBPR1": 8 - PREEMPTION_BITS}
STATES = ("invalid", "pending", "active", "active and pending")

RO = Access.RO
# What the virtual interface has no page of its own for.
PHYSICAL = {"ICC_SRE_EL1", "ICC_SGI1R_EL1"}
# Which directions a rule has: read, write.
DIRECTIONS = {
    Rule.DERIVED: (True, False),
    Rule.ACKNOWLEDGE: (True, False),
    Rule.COMMAND: (False, True),
}
Fields = tuple[Field, ...]
Pair = tuple[int, int]
Triple = tuple[int, int, int]


def reach(rule: Rule, el: int) -> dict[str, Any]:
    """Name the lowest exception level of both directions; None where the rule has no such one."""
    readable, writable = DIRECTIONS.get(rule, (True, True))
    return {"read_el": el if readable else None, "write_el": el if writable else None}


def ich(
    name: str, op: Pair, rule: Rule, fields: Fields, meaning: str, page: str = "", **more: Any
) -> Reg:
    """Make the row of a register of EL2: its cell, if it has one, is called like it."""
    cell, source = "" if rule is Rule.DERIVED else name, f"Arm DDI 0595, {page or name}"
    more |= reach(rule, 2)
    return Reg(name, (3, 4, 12, *op), rule, cell, fields, meaning, source, **more)


def icc(
    name: str, op: Triple, rule: Rule, cell: str, fields: Fields, meaning: str, **more: Any
) -> Reg:
    """Make the row of a register that software at EL1 uses: the page is the virtual one's."""
    page = name if name in PHYSICAL else name.replace("ICC_", "ICV_")
    more |= reach(rule, 1)
    return Reg(name, (3, 0, *op), rule, cell, fields, meaning, f"Arm DDI 0595, {page}", **more)


HCR_FIELDS = (
    Field("EOIcount", 31, 27, "deactivations of interrupts that no list register held"),
    bit("TDIR", 14, "trap writes of ICC_DIR_EL1"),
    bit("TSEI", 13, "trap local SErrors: no effect"),
    bit("TALL1", 12, "trap EL1's group 1 registers"),
    bit("TALL0", 11, "trap EL1's group 0 registers"),
    bit("TC", 10, "trap EL1's registers common to both groups"),
    bit("VGrp1DIE", 7, "maintenance while VENG1 is 0"),
    bit("VGrp1EIE", 6, "maintenance while VENG1 is 1"),
    bit("VGrp0DIE", 5, "maintenance while VENG0 is 0"),
    bit("VGrp0EIE", 4, "maintenance while VENG0 is 1"),
    bit("NPIE", 3, "maintenance while no list register is pending"),
    bit("LRENPIE", 2, "maintenance while EOIcount is not 0"),
    bit("UIE", 1, "maintenance while at most one list register is valid"),
    bit("En", 0, "enable the virtual interface"),
)
VMCR_FIELDS = (
    Field("VPMR", 31, 24, "ICC_PMR_EL1.Priority"),
    Field("VBPR0", 23, 21, "ICC_BPR0_EL1.BinaryPoint, 2 or more"),
    Field("VBPR1", 20, 18, "ICC_BPR1_EL1.BinaryPoint, 3 or more"),
    bit("VEOIM", 9, "ICC_CTLR_EL1.EOImode"),
    bit("VCBPR", 4, "ICC_CTLR_EL1.CBPR"),
    bit("VFIQEn", 3, "group 0 is a virtual FIQ: always 1", RO),
    bit("VAckCtl", 2, "RES0 with the system register interface", RO),
    bit("VENG1", 1, "ICC_IGRPEN1_EL1.Enable"),
    bit("VENG0", 0, "ICC_IGRPEN0_EL1.Enable"),
)
VTR_FIELDS = (
    Field("PRIbits", 31, 29, "bits of priority, minus 1", RO),
    Field("PREbits", 28, 26, "bits of preemption, minus 1", RO),
    Field("IDbits", 25, 23, "1: INTIDs of 24 bits", RO),
    bit("SEIS", 22, "SEIs are generated", RO),
    bit("A3V", 21, "affinity 3 may be other than 0", RO),
    bit("nV4", 20, "no direct injection (GICv4)", RO),
    bit("TDS", 19, "ICH_HCR_EL2.TDIR is there", RO),
    bit("DVIM", 18, "ICH_HCR_EL2.DVIM is there", RO),
    Field("ListRegs", 4, 0, "list registers, minus 1", RO),
)
MISR_FIELDS = (
    bit("VGrp1D", 7, "VGrp1DIE, and VENG1 is 0", RO),
    bit("VGrp1E", 6, "VGrp1EIE, and VENG1 is 1", RO),
    bit("VGrp0D", 5, "VGrp0DIE, and VENG0 is 0", RO),
    bit("VGrp0E", 4, "VGrp0EIE, and VENG0 is 1", RO),
    bit("NP", 3, "NPIE, and no list register is pending", RO),
    bit("LRENP", 2, "LRENPIE, and EOIcount is not 0", RO),
    bit("U", 1, "UIE, and at most one list register is valid", RO),
    bit("EOI", 0, "ICH_EISR_EL2 is not 0", RO),
)
LR_FIELDS = (
    Field("State", 63, 62, "0 invalid, 1 pending, 2 active, 3 active and pending"),
    bit("HW", 61, "deactivation also deactivates the physical interrupt pINTID"),
    bit("Group", 60, "0: virtual FIQ, 1: virtual IRQ"),
    Field("Priority", 55, 48, "lower is more urgent; bits 50:48 are RES0"),
    Field("pINTID", 44, 32, "HW=1: physical INTID; HW=0: bit 41 is EOI, ask for maintenance"),
    Field("vINTID", 31, 0, "the INTID that EL1 sees; bits 31:24 are RES0"),
)
# With HW=0, where there is no pINTID, one of its bits has another meaning.
LR_INSIDE = (bit("EOI", 41, "HW=0: ask for maintenance after the deactivation"),)
STATUS = (Field("Status", 15, 0, "bit n: ICH_LR<n>_EL2", RO),)
ACTIVE = (Field("P", 31, 0, "bit n: an interrupt of group priority 8 n is active"),)

EL2_ROWS = [
    ich("ICH_HCR_EL2", (11, 0), Rule.RW, HCR_FIELDS, "Control of the virtual interface."),
    ich("ICH_VMCR_EL2", (11, 7), Rule.RW, VMCR_FIELDS, "What EL1 configured, to save and restore."),
    ich("ICH_VTR_EL2", (11, 1), Rule.DERIVED, VTR_FIELDS, "What there is.", reset=0x90B8_0000),
    ich("ICH_MISR_EL2", (11, 2), Rule.DERIVED, MISR_FIELDS, "Why maintenance is asked for."),
    ich("ICH_EISR_EL2", (11, 3), Rule.DERIVED, STATUS, "Deactivated with EOI set."),
    ich("ICH_ELRSR_EL2", (11, 5), Rule.DERIVED, STATUS, "Free list registers."),
    ich("ICH_AP0R0_EL2", (8, 0), Rule.RW, ACTIVE, "Active, group 0.", "ICH_AP0R<n>_EL2"),
    ich("ICH_AP1R0_EL2", (9, 0), Rule.RW, ACTIVE, "Active, group 1.", "ICH_AP1R<n>_EL2"),
]


def list_register(n: int) -> Reg:
    """Make the row of list register n."""
    op, text = (12 + n // 8, n % 8), f"List register {n}: one virtual interrupt."
    more: dict[str, Any] = {"index": n, "inside": LR_INSIDE}
    return ich(f"ICH_LR{n}_EL2", op, Rule.RW, LR_FIELDS, text, "ICH_LR<n>_EL2", **more)


LIST_REGISTERS = [list_register(n) for n in range(MAX_LIST_REGISTERS)]

INTID = (Field("INTID", 23, 0, "interrupt; 1023: none"),)
POINT = (Field("BinaryPoint", 2, 0, "how many low bits of a priority are no group priority"),)
ENABLE = (bit("Enable", 0, "interrupts of the group are signalled"),)
MASK = (Field("Priority", 7, 0, "only lower values are signalled; bits 2:0 are RAZ/WI"),)
RUNNING = (Field("Priority", 7, 0, "of the highest active interrupt; 0xff: none", RO),)
CTLR_FIELDS = (
    bit("A3V", 15, "affinity 3 may be other than 0", RO),
    bit("SEIS", 14, "SEIs are generated", RO),
    Field("IDbits", 13, 11, "1: INTIDs of 24 bits", RO),
    Field("PRIbits", 10, 8, "bits of priority, minus 1", RO),
    bit("EOImode", 1, "EOIR only drops the priority, DIR deactivates"),
    bit("CBPR", 0, "ICC_BPR0_EL1 serves both groups"),
)
SGI_FIELDS = (
    Field("Aff3", 55, 48, "affinity 3"),
    Field("RS", 47, 44, "range of TargetList"),
    bit("IRM", 40, "all other PEs"),
    Field("Aff2", 39, 32, "affinity 2"),
    Field("INTID", 27, 24, "which SGI"),
    Field("Aff1", 23, 16, "affinity 1"),
    Field("TargetList", 15, 0, "bit n: the PE of affinity 0 n"),
)
SRE_FIELDS = (
    bit("DIB", 2, "no IRQ bypass", RO),
    bit("DFB", 1, "no FIQ bypass", RO),
    bit("SRE", 0, "system registers are used", RO),
)
ISR_FIELDS = (
    bit("A", 8, "SError: never", RO),
    bit("I", 7, "IRQ: the virtual one at EL1 while HCR_EL2.IMO is 1", RO),
    bit("F", 6, "FIQ: the virtual one at EL1 while HCR_EL2.FMO is 1", RO),
)


def group_rows(g: int) -> list[Reg]:
    """Make the rows of one group's registers."""
    low, vmcr, active = 12 if g else 8, "ICH_VMCR_EL2", f"ICH_AP{g}R0_EL2"
    point = Rule.BINARY_POINT if g else Rule.FIELD
    table = [
        (f"IAR{g}", (low, 0), Rule.ACKNOWLEDGE, active, INTID, "A read takes the interrupt."),
        (f"EOIR{g}", (low, 1), Rule.COMMAND, active, INTID, "End: drop priority, deactivate."),
        (f"HPPIR{g}", (low, 2), Rule.DERIVED, "", INTID, "The highest priority pending one."),
        (f"BPR{g}", (low, 3), point, vmcr, POINT, "Which bits are group priority."),
        (f"AP{g}R0", (9, 0) if g else (8, 4), Rule.RW, active, ACTIVE, "Active priorities."),
        (f"IGRPEN{g}", (12, 6 + g), Rule.FIELD, vmcr, ENABLE, "Enable of the group."),
    ]
    return [
        icc(f"ICC_{stem}_EL1", (12, *op), rule, cell, fields, text, traps=(f"TALL{g}",), index=g)
        for stem, op, rule, cell, fields, text in table
    ]


PMR, RPR, CTLR = "ICC_PMR_EL1", "ICC_RPR_EL1", "ICC_CTLR_EL1"
COMMON: dict[str, Any] = {"traps": ("TC",)}
CTLR_COLUMNS: dict[str, Any] = COMMON | {"reset": 0x8C00}
EL1_ROWS = [
    *group_rows(0),
    *group_rows(1),
    icc(PMR, (4, 6, 0), Rule.FIELD, "ICH_VMCR_EL2", MASK, "Priority mask.", **COMMON),
    icc(RPR, (12, 11, 3), Rule.DERIVED, "", RUNNING, "Running priority.", **COMMON),
    icc(CTLR, (12, 12, 4), Rule.FIELD, "ICH_VMCR_EL2", CTLR_FIELDS, "Control.", **CTLR_COLUMNS),
    icc("ICC_DIR_EL1", (12, 11, 1), Rule.COMMAND, "", INTID, "Deactivate.", traps=("TDIR", "TC")),
    icc("ICC_SGI1R_EL1", (12, 11, 5), Rule.COMMAND, "", SGI_FIELDS, "Send an SGI.", **COMMON),
    icc("ICC_SRE_EL1", (12, 12, 5), Rule.RO, "", SRE_FIELDS, "RAO/WI: always on.", reset=7),
    icc("ISR_EL1", (12, 1, 0), Rule.DERIVED, "", ISR_FIELDS, "Which interrupts are pending."),
]

ROWS = [*EL2_ROWS, *LIST_REGISTERS, *EL1_ROWS]
BY_NAME = {row.name: row for row in ROWS}
HCR, VMCR, LR = EL2_ROWS[0], EL2_ROWS[1], LIST_REGISTERS[0]
GICD = "GICD_ISACTIVER1"
VBPR0, VBPR1, VCBPR, VFIQEN = VMCR.masks("VBPR0 VBPR1 VCBPR VFIQEn")
VBPR0_LSB, VBPR1_LSB = VMCR.shifts("VBPR0 VBPR1")

# ICH_VMCR_EL2 holds what EL1 writes: register and field of EL1, field of ICH_VMCR_EL2.
VMCR_ALIASES = {
    "ICC_PMR_EL1": {"Priority": "VPMR"},
    "ICC_BPR0_EL1": {"BinaryPoint": "VBPR0"},
    "ICC_BPR1_EL1": {"BinaryPoint": "VBPR1"},
    "ICC_CTLR_EL1": {"EOImode": "VEOIM", "CBPR": "VCBPR"},
    "ICC_IGRPEN0_EL1": {"Enable": "VENG0"},
    "ICC_IGRPEN1_EL1": {"Enable": "VENG1"},
}
# What a cell can hold: the unimplemented bits of priorities and of vINTID are RES0.
LOW = (1 << GROUP_SHIFT) - 1
WRITABLE = {row.cell: row.writable for row in ROWS if row.rule is Rule.RW} | {GICD: (1 << 32) - 1}
LR_BITS = LR.writable & ~LR.put(0, Priority=LOW, vINTID=0xFF00_0000)
WRITABLE |= dict.fromkeys((row.cell for row in LIST_REGISTERS), LR_BITS)
WRITABLE[VMCR.name] &= ~VMCR.put(0, VPMR=LOW)
LEAST_POINTS = [(VMCR.field(name).mask, VMCR.put(0, **{name: n})) for name, n in MIN_BPR.items()]


def is_virtual(reg: Reg, imo: bool, fmo: bool) -> bool:
    """Tell whether a name at EL1 means the virtual interface, not the physical one.

    ISR_EL1 shows two interrupts; both must be virtual. ICC_SRE_EL1 is the same in both.
    """
    if "TC" in reg.traps:
        return imo or fmo
    if reg.index is not None:
        return imo if reg.index else fmo
    return reg.rule is Rule.RO or (imo and fmo)


def legal(cell: str, value: int) -> int:
    """Return what a cell holds after `value` is written: RES0, RES1, smallest binary points."""
    value &= WRITABLE[cell]
    if cell != VMCR.name:
        return value
    for mask, least in LEAST_POINTS:
        if value & mask < least:
            value = value & ~mask | least
    return value | VFIQEN


def binary_point(vmcr: int, group: int) -> int:
    """Return how many low bits of a priority are no group priority, for interrupts of a group."""
    if group and not vmcr & VCBPR:
        return (vmcr & VBPR1) >> VBPR1_LSB
    return ((vmcr & VBPR0) >> VBPR0_LSB) + 1


def group_mask(vmcr: int, group: int) -> int:
    """Return the bits of a priority that are group priority: those that decide on preemption."""
    return IDLE << binary_point(vmcr, group) & IDLE


def vmcr_parts(name: str) -> list[tuple[int, int]]:
    """List where an EL1 register's fields are in ICH_VMCR_EL2: mask, and shift down."""
    pairs = ((BY_NAME[name].field(a), VMCR.field(b)) for a, b in VMCR_ALIASES[name].items())
    return [(there.mask, there.lsb - here.lsb) for here, there in pairs]


LR_SHOWN = ("State", "Group", "Priority", "vINTID")


def lr_text(value: int) -> str:
    """Print the content of a list register in words."""
    if not value:
        return STATES[0]
    state, group, priority, intid = (LR.get(value, f) for f in LR_SHOWN)
    words = f"{STATES[state]:<18} group {group}  priority {priority:#04x}  INTID {intid}"
    if value & LR.HW:
        return f"{words}  HW, pINTID {LR.get(value, 'pINTID')}"
    return f"{words}  EOI" if value & LR.EOI else words
