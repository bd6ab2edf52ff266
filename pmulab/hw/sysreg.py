"""The grammar of system registers: a register is a row, its bits are fields, it follows a rule.

A row says *where* the bits are, in which cell they live, and which rule a read or a write follows.
The rules themselves are in the device that owns the cells (`hw.pmu`, `hw.gic`, `hw.pe`).

Not modelled: UNKNOWN values (a cell always holds one), AArch32 views, memory-mapped access.
"""

from dataclasses import dataclass, field
from enum import StrEnum

MASK64 = (1 << 64) - 1


class Rule(StrEnum):
    """What a read or a write of a row does to its cell."""

    RW = "read and write the fields"
    RO = "read only"
    SET = "a 1 written sets the bit, a 0 does nothing"
    CLR = "a 1 written clears the bit, a 0 does nothing"
    CONTROL = "read and write, with reset actions"
    COUNTER = "one counter, all its bits"
    SW_INCR = "write only: one event for each bit written"
    WINDOW = "the register that PMSELR_EL0.SEL selects"
    FIELD = "fields that another register holds"
    BINARY_POINT = "a field of another register, replaced by its neighbour while CBPR is 1"
    DERIVED = "read only, computed from the state at each read"
    ACKNOWLEDGE = "a read takes the interrupt"
    COMMAND = "write only: acts on the interrupt that is written"


class Access(StrEnum):
    """How a field takes part in reads and writes."""

    RW = "read and write"
    RO = "read only"
    W1 = "write 1 to act, reads as zero"


@dataclass(frozen=True, slots=True)
class Field:
    """Some neighbouring bits of a register, under the manual's name; `mask` is them, in place."""

    name: str
    msb: int
    lsb: int
    meaning: str = ""
    access: Access = Access.RW
    mask: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask", (1 << self.msb + 1) - (1 << self.lsb))

    @property
    def bits(self) -> str:
        """Return the position as the manual writes it: `15:11` or `0`."""
        return f"{self.msb}" if self.msb == self.lsb else f"{self.msb}:{self.lsb}"


def bit(name: str, n: int, meaning: str = "", access: Access = Access.RW) -> Field:
    """Make a field of one bit."""
    return Field(name, n, n, meaning, access)


@dataclass(frozen=True)
class Reg:
    """A register as a row of the table.

    `MDCR_EL2.HPME` is the field's mask, so that code reads as the manual does. `inside` are bits of
    a field that have a name of their own in some states of the register.
    """

    name: str
    encoding: tuple[int, int, int, int, int]
    rule: Rule
    cell: str
    fields: tuple[Field, ...]
    meaning: str
    source: str
    read_el: int | None = 0
    write_el: int | None = 0
    read_gate: tuple[str, ...] = ()
    write_gate: tuple[str, ...] = ()
    fgt_read: str | None = None
    fgt_write: str | None = None
    traps: tuple[str, ...] = ()
    needs: str | None = None
    index: int | None = None
    reset: int = 0
    inside: tuple[Field, ...] = ()
    writable: int = field(init=False)
    by_name: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        writable = sum(f.mask for f in self.fields if f.access is Access.RW)
        object.__setattr__(self, "writable", writable)
        object.__setattr__(self, "by_name", {f.name: f for f in (*self.fields, *self.inside)})
        # A mask is asked for all the time: it is an attribute, where no column has its name.
        for found in self.by_name.values():
            vars(self).setdefault(found.name, found.mask)

    def __getattr__(self, name: str) -> int:
        # Only reached when `name` is neither a column of the row nor a field.
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"no field {name} in {self.name}; it has {self.field_names()}")

    def __hash__(self) -> int:
        return hash(self.name)

    def __deepcopy__(self, memo: object) -> "Reg":
        # A row never changes, so a copy of a machine has no rows of its own.
        return self

    def field(self, name: str) -> Field:
        """Return the field of that name; a `KeyError` lists those that there are."""
        found = self.by_name.get(name)
        if found is None:
            raise KeyError(f"no field {name} in {self.name}; it has {self.field_names()}")
        return found

    def masks(self, names: str) -> list[int]:
        """Return the masks of some fields, their names in one string; `KeyError` as `field`."""
        return [self.field(name).mask for name in names.split()]

    def shifts(self, names: str) -> list[int]:
        """Return the lowest bits of some fields, as `masks` does their masks."""
        return [self.field(name).lsb for name in names.split()]

    def field_names(self) -> str:
        """List the fields, most significant first."""
        return " ".join(f.name for f in sorted(self.fields, key=lambda f: -f.lsb))

    def get(self, value: int, name: str) -> int:
        """Extract one field of `value`, shifted down to bit 0; `KeyError` for an unknown one."""
        found = self.field(name)
        return (value & found.mask) >> found.lsb

    def put(self, value: int, **fields: int) -> int:
        """Return `value` with the named fields replaced.

        Raises `ValueError` for a content wider than its field, `KeyError` for an unknown field.
        """
        for name, content in fields.items():
            found = self.field(name)
            if content << found.lsb & ~found.mask or content < 0:
                width = found.msb - found.lsb + 1
                raise ValueError(f"{content:#x} does not fit {self.name}.{name}: {width} bits")
            value = value & ~found.mask | content << found.lsb
        return value

    def text(self, value: int) -> str:
        """Print a value with the fields that are not zero, most significant first."""
        parts = [
            f.name if f.msb == f.lsb else f"{f.name}={self.get(value, f.name):#x}"
            for f in sorted(self.fields, key=lambda f: -f.lsb)
            if value & f.mask
        ]
        return f"{value:#x}" + (f" ({' '.join(parts)})" if parts else "")

    def datasheet(self) -> str:
        """Print the row: encoding, rule, cell and one line for each field."""
        op = "S{}_{}_C{}_C{}_{}".format(*self.encoding)
        head = f"{self.name}  {op}  {self.rule.name}: {self.rule.value}\n{self.meaning}"
        rows = [
            f"  {f.bits:>5}  {f.name:<10} {f.meaning}"
            for f in sorted(self.fields, key=lambda f: -f.lsb)
        ]
        return "\n".join([head, *rows, f"  {self.source}"])


class Undefined(Exception):
    """The access is UNDEFINED: the PE takes an exception with EC 0x00 to `target_el`."""

    ec = 0x00

    def __init__(self, target_el: int, reason: str) -> None:
        super().__init__(f"UNDEFINED, taken to EL{target_el}: {reason}")
        self.target_el = target_el
        self.reason = reason


class Trap(Exception):
    """The access is trapped: the PE takes an exception with EC 0x18 to `target_el`."""

    ec = 0x18

    def __init__(self, target_el: int, reason: str) -> None:
        super().__init__(f"trapped to EL{target_el}: {reason}")
        self.target_el = target_el
        self.reason = reason
