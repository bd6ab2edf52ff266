"""The value of a register in words: its fields, or the counters whose bits are set.

Does not show: fields that are zero, bits that have no name in the register's row.
"""

from functools import lru_cache
from itertools import groupby

from pmulab.hw.sysreg import Field, Reg, Rule
from pmulab.hw.sysregs import CYCLE_IDX, REGS

BITMAPS = (Rule.SET, Rule.CLR)
# Who made the PE: the same in every value, so it only pushes out what changes.
IDENTITY = {"IMP", "IDCODE"}
# The order in which tables keep the kinds of register together.
GROUPS = ("EL0", "bitmap", "counter", "typer", "other", "EL1", "EL2")
# These hold a number of counters, or the number of one, which people count in tens.
DECIMAL = {"N", "HPMN", "SEL"}


# A long trace says the same few values many times over.
@lru_cache(maxsize=1 << 14)
def fields_text(register: str, value: int, before: int | None = None) -> str:
    """Name the fields of a value; given the value before, mark what came (+) and what went (-)."""
    row = REGS.get(register)
    if row is None or row.rule is Rule.COUNTER:
        return ""
    before = value if before is None else before
    parts = _counters if row.rule in BITMAPS else _fields
    return " ".join(filter(None, parts(row, value, before)))


def group(register: str) -> str:
    """Name the kind of a register, by which tables keep neighbours together."""
    row = REGS.get(register)
    if row is None:
        return "other"
    if row.rule in (*BITMAPS, Rule.COUNTER):
        return "counter" if row.rule is Rule.COUNTER else "bitmap"
    return "typer" if "NSH" in row.by_name else register[-3:]


# The number of the counter that a register counts with or says the type of.
IDX = {
    row.name: CYCLE_IDX if row.index is None else row.index
    for row in REGS.values()
    if row.rule in (Rule.RW, Rule.COUNTER) and group(row.name) in ("counter", "typer")
}


def counter_name(idx: int) -> str:
    """Name a counter by its number."""
    return "cycle counter" if idx == CYCLE_IDX else f"counter {idx}"


def meaning(register: str) -> str:
    """Say what a register is for, empty where it has no row."""
    return REGS[register].meaning if register in REGS else ""


def _fields(row: Reg, value: int, before: int):
    for field in sorted(row.fields, key=lambda f: -f.lsb):
        if field.name not in IDENTITY:
            yield _field(field, row.get(value, field.name), row.get(before, field.name))


def _field(field: Field, new: int, old: int) -> str:
    if not new and not old:
        return ""
    if field.msb == field.lsb:
        return _sign(new, old) + field.name
    show = str if field.name in DECIMAL else hex
    was = "" if new == old else f" (was {show(old)})"
    return f"{field.name}={show(new)}{was}"


def _counters(row: Reg, value: int, before: int):
    """Yield `P0-5`, `+C`, ...: the manual's bits in order, neighbours of one sign joined."""
    named = [idx for idx in range(CYCLE_IDX) if (value | before) >> idx & 1]
    signs = [(idx, _sign(value >> idx & 1, before >> idx & 1)) for idx in named]
    # Neighbours with the same sign have the same difference of number and place in the list.
    for (_, sign), run in groupby(enumerate(signs), lambda p: (p[1][0] - p[0], p[1][1])):
        first, *rest = (idx for _, (idx, _) in run)
        yield f"{sign}P{first}" + (f"-{rest[-1]}" if rest else "")
    cycle = value >> CYCLE_IDX & 1, before >> CYCLE_IDX & 1
    yield _sign(*cycle) + "C" if any(cycle) else ""


def _sign(new: int, old: int) -> str:
    if bool(new) == bool(old):
        return ""
    return "+" if new else "-"
