"""A PE's registers with values that are not known, by the rows of `hw`, as EL2 reads and writes.

A counter that may be enabled when it is read or written may move meanwhile: `order` keeps, for each
kind of access, which counters were enabled in it, so that two orders can be told apart.

Not modelled: counting; windows behind an unknown selector; PMSWINC_EL0; the interface of the GIC.
"""

from functools import cache
from typing import Any

import z3

from pmulab.hw.pmu import REAL_BITS
from pmulab.hw.sysreg import MASK64, Reg, Rule, Undefined
from pmulab.hw.sysregs import CYCLE_IDX, MAX_COUNTERS, PMCR_EL0, REGS
from pmulab.prove.values import WIDTH, Number, Path, Truth, Value, expression

CYCLE_BIT = 1 << CYCLE_IDX
# What the host's counters and a guest's may change while a hook of another part runs.
MOVES = frozenset(
    row.cell for row in REGS.values()
    if row.rule in (Rule.SET, Rule.CLR, Rule.COUNTER) or row.cell.startswith("PMEVTYPER")
) | {"PMCCFILTR"}  # fmt: skip
ORDERS = ("read", "written", "typed", "controlled", "flags read", "flags cleared", "line")
IDS = 0x41010000
ZERO = {row.cell: 0 for row in REGS.values()}
KEPT = ("MDCR_EL2", "HCR_EL2", "HDFGRTR_EL2", "HDFGWTR_EL2")


@cache
def rows_of(counters: int) -> tuple[Reg, ...]:
    """List the registers of the PMU of a PE."""
    rules = {*WRITTEN, Rule.RO}
    rows = [row for row in REGS.values() if row.rule in rules and row.cell.startswith("PM")]
    return tuple(row for row in rows if row.index is None or row.index < counters)


class Unknowns:
    """Makes values that are not known: the same name is the same value."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made: dict[tuple[Any, ...], Any] = {}

    def number(self, name: str, may: int = MASK64, fixed: int = 0) -> Any:
        """Return the number of that name: no bits but those of `may`, and those of `fixed`."""
        found = self.made.get((name, may))
        if found is None:
            e = z3.ZeroExt(WIDTH - 64, z3.BitVec(name, 64))
            made: Any = Number(self.path, e, MASK64, 64)
            found = made & may | fixed if may else fixed
            self.made[name, may] = found
        return found

    def truth(self, name: str) -> Any:
        """Return the truth of that name."""
        found = self.made.get((name,))
        if found is None:
            found = self.made[name,] = Truth(self.path, z3.Bool(name))
        return found


class Registers:
    """What software at EL2 knows of a PE; `reset` forgets what the registers hold."""

    counter_bits = REAL_BITS

    def __init__(self, unknowns: Unknowns, n: int, counters: int, features: Any):
        self.path, self.unknowns, self.n = unknowns.path, unknowns, n
        self.counters, self.features = counters, frozenset(features)
        self.implemented = CYCLE_BIT | (1 << counters) - 1
        self.epoch = 0
        # Bits that are known to be 0, by cell: a range that is quiet, interrupts of nobody.
        self.zero: dict[str, int] = {}
        self.order: dict[str, Any] = {}
        self.cells: dict[str, Any] = dict(ZERO)
        self.cells["PMCR"] = PMCR_EL0.put(IDS, N=counters)

    def reset(self, zero: dict[str, int]) -> None:
        """Forget what the PMU's registers hold, but for MDCR_EL2 and the traps: `KEPT`."""
        self.zero, self.order = zero, {}
        self.cells = {name: self.cells[name] for name in KEPT}
        self.fill()

    def fill(self) -> None:
        """Give every register that is forgotten a value that is not known."""
        key = (self.n, self.counters, self.features, self.epoch, *self.zero.values())
        known = self.unknowns.made.get(key)
        if known is None:
            known = {row.cell: self.unknown(row) for row in rows_of(self.counters)}
            self.unknowns.made[key] = known
        self.cells = known | self.cells

    def forget(self, epoch: int) -> None:
        """Forget what may have moved while somebody else was at work."""
        self.epoch = epoch
        self.cells = {name: value for name, value in self.cells.items() if name not in MOVES}
        self.fill()

    def store(self, row: Reg) -> int:
        """Return the bits that a register's cell has."""
        if row.rule is Rule.COUNTER:
            wide = row.index is None or "FEAT_PMUv3p5" in self.features
            return MASK64 if wide else (1 << 32) - 1
        return self.implemented if row.rule in (Rule.SET, Rule.CLR) else row.writable

    def unknown(self, row: Reg) -> Any:
        """Return what a register holds of which nothing is known."""
        epoch = self.epoch if row.cell in MOVES else 0
        may = self.store(row) & ~self.zero.get(row.cell, 0)
        fixed = PMCR_EL0.put(IDS, N=self.counters) if row.rule is Rule.CONTROL else 0
        return self.unknowns.number(f"cpu{self.n} {row.cell} {epoch}", may, fixed)

    def cell(self, row: Reg) -> Any:
        """Return what a register holds, known or not."""
        return self.cells[row.cell]

    def row(self, name: str) -> Reg:
        """Return a register's row; raises what an access to none or to none of EL2's does."""
        self.path.tick()
        row = REGS[name]
        if row.rule is Rule.WINDOW:
            selected = self.cell(REGS["PMSELR_EL0"])
            if isinstance(selected, Value):
                raise self.path.stop("a window register, whose selector is not known")
            last = "PMCCFILTR_EL0" if row.cell == "PMEVTYPER" else "PMCCNTR_EL0"
            row = REGS[last if selected == CYCLE_IDX else f"{row.cell}{selected}_EL0"]
        if row.needs and row.needs not in self.features:
            raise Undefined(2, f"{name} needs {row.needs}")
        if row.cell.startswith("PM") and row.index is not None and row.index >= self.counters:
            raise Undefined(2, f"{name} is counter {row.index} of {self.counters}")
        return row

    def mrs(self, name: str) -> Any:
        """Read a register."""
        row = self.row(name)
        if row.name == "ICH_VTR_EL2":
            return 3
        if not row.cell.startswith(("PM", "MDCR", "HCR", "HDFG")) or row.rule is Rule.SW_INCR:
            raise self.path.stop(f"{name} is read")
        if row.rule is Rule.COUNTER:
            self.happens("read", self.bit(row))
        elif row.cell == "PMOVS":
            self.happens("flags read", self.implemented)
        return self.cell(row)

    def msr(self, name: str, value: Any) -> None:
        """Write a register."""
        row = self.row(name)
        if row.rule not in WRITTEN:
            raise self.path.stop(f"{name} is written")
        WRITTEN[row.rule](self, row, value & MASK64)

    def bit(self, row: Reg) -> int:
        """Return a counter's bit."""
        return CYCLE_BIT if row.index is None else 1 << row.index

    def happens(self, what: str, to: Any) -> None:
        """Keep which of some counters may be moving now."""
        moving = self.cell(REGS["PMCNTENSET_EL0"]) & to
        self.order[what] = self.order.get(what, 0) | moving

    def _fields(self, row: Reg, value: Any) -> None:
        if row.cell.startswith(("PMEVTYPER", "PMCCFILTR")):
            self.happens("typed", self.bit(row))
        self.cells[row.cell] = self.cell(row) & ~row.writable | value & row.writable

    def _control(self, row: Reg, value: Any) -> None:
        self.happens("controlled", self.implemented)
        self._fields(row, value)
        events = [REGS[f"PMEVCNTR{n}_EL0"] for n in range(MAX_COUNTERS) if n < self.counters]
        for field, gone in ((PMCR_EL0.P, events), (PMCR_EL0.C, [REGS["PMCCNTR_EL0"]])):
            asked = value & field
            for one in gone if type(asked) is Number or asked else ():
                old = expression(self.cell(one))
                kept = z3.If(expression(asked) != 0, z3.BitVecVal(0, WIDTH), old)
                self.cells[one.cell] = Number(self.path, kept, self.store(one), 64)

    def _counter(self, row: Reg, value: Any) -> None:
        self.happens("written", self.bit(row))
        self.cells[row.cell] = value & self.store(row)

    def _set(self, row: Reg, value: Any) -> None:
        self.cells[row.cell] = self.cell(row) | value & self.implemented
        if row.cell == "PMINTEN":
            line = self.cell(REGS["PMOVSSET_EL0"]) & self.cells[row.cell]
            self.order["line"] = self.order.get("line", 0) | line

    def _clear(self, row: Reg, value: Any) -> None:
        if row.cell == "PMOVS":
            self.happens("flags cleared", value & self.implemented)
        self.cells[row.cell] = self.cell(row) & ~(value & self.implemented)


WRITTEN = {
    Rule.RW: Registers._fields,
    Rule.CONTROL: Registers._control,
    Rule.COUNTER: Registers._counter,
    Rule.SET: Registers._set,
    Rule.CLR: Registers._clear,
}
