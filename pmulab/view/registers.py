"""One register as bits to click: a value is written under each of its names, and the bits answer.

What a write does is data out of the register's row: which bits it sets, clears, loads. So one
formula, here and in js/bits.js, does SET and CLR registers, plain ones and read-only fields.

Does not show: reset actions (PMCR_EL0.C and P), traps, and who may reach the register.
"""

import json

import anywidget
from traitlets import List, TraitError, Unicode, validate

from pmulab.hw.sysreg import MASK64, Field, Reg, Rule
from pmulab.hw.sysregs import CYCLE_IDX, REGS, reg
from pmulab.sim.tables import columns, html_table
from pmulab.view.assets import script, style
from pmulab.view.html import paragraph
from pmulab.view.twins import Twins

PAIR = (Rule.SET, Rule.CLR)
LOADED = (Rule.RW, Rule.CONTROL, Rule.COUNTER)
TITLES = ["bits", "field", "holds", "to write", "meaning"]
LEGEND = ["field", "bit", "holds", "to write"]
WORDS = {
    "nothing": "Nothing written here yet.",
    "wrote": "Wrote {value} to {name}: {did}. The others stay: {why}.",
    "moved": "moved {bits}",
    "still": "no bit moved",
}
HEADING = "{names}: {value}"
WHY = {
    Rule.SET: "through this name a 1 sets and a 0 does nothing; {other} clears",
    Rule.CLR: "through this name a 1 clears and a 0 does nothing; {other} sets",
}


def bits(register: str, value: int = 0, counters: int = 6) -> "Bits":
    """Show a register's bits, at a value; of registers with a bit for each counter, so many."""
    return Bits(register, value, counters)


def names_of(row: Reg) -> list[Reg]:
    """List the names of a register's cell: two for a SET and CLR pair, else one."""
    if row.rule not in PAIR:
        return [row]
    names = [name for name in REGS.values() if name.cell == row.cell]
    return sorted(names, key=lambda name: PAIR.index(name.rule))


def boxes(row: Reg, counters: int) -> list[dict]:
    """List the fields of a register, most significant first, each with its bits."""
    fields = [part for field in row.fields for part in _parts(row, field, counters)]
    return [
        {
            "name": field.name,
            "meaning": field.meaning,
            "access": field.access.name,
            "bits": [(n, _title(field, n)) for n in range(field.msb, field.lsb - 1, -1)],
        }
        for field in sorted(fields, key=lambda field: -field.lsb)
    ]


def _parts(row: Reg, field: Field, counters: int) -> list[Field]:
    """Split a field that has a bit for each counter, as far as there are counters."""
    if row.rule not in PAIR or field.name != "P":
        return [field]
    return [Field(f"P{n}", n, n, f"event counter {n}") for n in range(counters)]


def rules(row: Reg, shown: int) -> dict[str, int]:
    """Say as masks what a write of the register sets, clears and loads."""
    sets, clears = (shown if row.rule is rule else 0 for rule in PAIR)
    loads = row.writable & shown if row.rule in LOADED else 0
    return {"sets": sets, "clears": clears, "loads": loads}


def write(rule: dict[str, int], cell: int, value: int) -> int:
    """Return the cell after a write."""
    kept = cell & ~(value & rule["clears"]) & ~rule["loads"]
    return (kept | value & (rule["sets"] | rule["loads"])) & MASK64


class Bits(Twins, anywidget.AnyWidget):
    """A register's cell, the value to be written, and what the last write did."""

    _esm = script("bits")
    _css = style("palette", "player", "board", "bits")

    register = Unicode().tag(sync=True)
    # Hex texts, because JavaScript rounds large integers.
    state = Unicode("0x0").tag(sync=True, echo_update=False)
    operand = Unicode("0x0").tag(sync=True, echo_update=False)
    # (name, value, the cell before), empty before the first write.
    last = List(Unicode()).tag(sync=True, echo_update=False)

    def __init__(self, register: str, value: int = 0, counters: int = 6):
        row = reg(register)
        if not 0 <= counters <= CYCLE_IDX:
            raise ValueError(f"{counters} counters; a PE has 0 to {CYCLE_IDX}")
        self.rows, self.boxes = names_of(row), boxes(row, counters)
        self.mask = sum(1 << n for n, _ in self.titles())
        if value & ~self.mask or value < 0:
            raise ValueError(f"{value:#x} has bits that {register} has not; it has {self.mask:#x}")
        self.rules = {name.name: rules(name, self.mask) for name in self.rows}
        super().__init__(register=self._story(row), state=hex(value), operand=hex(0))

    def _story(self, row: Reg) -> str:
        names = []
        for name in self.rows:
            masks = {what: hex(mask) for what, mask in self.rules[name.name].items()}
            names.append({"name": name.name, **masks, "why": self.why(name)})
        heading = HEADING.format(names=self.all_names(), value="{value}")
        words = {"legend": LEGEND, **WORDS, "heading": heading}
        what = {"name": f"Bits of {row.name}", "meaning": row.meaning, "words": words}
        return json.dumps(what | {"fields": self.boxes, "names": names})

    def why(self, row: Reg) -> str:
        """Say why a bit that was written may not have moved."""
        other = next((r.name for r in self.rows if r is not row), "")
        fallback = "they held that value already, or are read-only"
        return WHY.get(row.rule, fallback).format(other=other)

    @validate("state", "operand")
    def _is_a_number(self, proposal):
        try:
            return hex(int(proposal["value"], 16) & self.mask)
        except ValueError:
            raise TraitError(f"{proposal['value']!r} is no value in hex") from None

    @property
    def value(self) -> int:
        """Return what the register holds."""
        return int(self.state, 16)

    def write(self, value: int, name: str | None = None) -> int:
        """Write a value under one of the register's names; return what the register then holds."""
        name = name or self.rows[0].name
        if name not in self.rules:
            raise KeyError(f"no name {name} for this register; it has {' '.join(self.rules)}")
        before = self.value
        with self.hold_sync():
            self.operand, self.last = hex(value), [name, hex(value), hex(before)]
            self.state = hex(write(self.rules[name], before, value))
        return self.value

    # ---- the text twin

    def sentence(self) -> str:
        """Say what the last write did and why the rest did not move."""
        if not self.last:
            return WORDS["nothing"]
        name, value, before = self.last[0], int(self.last[1], 16), int(self.last[2], 16)
        moved = [
            f"{'+' if self.value >> n & 1 else '-'}{title}"
            for n, title in self.titles()
            if (self.value ^ before) >> n & 1
        ]
        row = next(row for row in self.rows if row.name == name)
        did = WORDS["moved"].format(bits=" ".join(moved)) if moved else WORDS["still"]
        return WORDS["wrote"].format(value=hex(value), name=name, did=did, why=self.why(row))

    def titles(self) -> list[tuple[int, str]]:
        """List (bit, its name), most significant first."""
        return [bit for box in self.boxes for bit in box["bits"]]

    def lines(self) -> list[list[str]]:
        """List each field with its bits' positions, what it holds and what is to be written."""
        rows = []
        for box in self.boxes:
            (high, _), (low, _) = box["bits"][0], box["bits"][-1]
            mask = (1 << (high - low + 1)) - 1
            where = f"{high}" if high == low else f"{high}:{low}"
            holds, to_write = (f"{int(v, 16) >> low & mask:#x}" for v in (self.state, self.operand))
            rows.append([where, box["name"], holds, to_write, box["meaning"]])
        return rows

    def to_text(self) -> str:
        """Print the register: its names, its value, its fields, the last write."""
        table = columns([TITLES, *self.lines()])
        return "\n".join([self.heading(), self.sentence(), "", table])

    def heading(self) -> str:
        """Name the register, under all its names, and its value."""
        return HEADING.format(names=self.all_names(), value=self.state)

    def all_names(self) -> str:
        """Name the register under all its names."""
        return " and ".join(self.rules)

    def to_html(self) -> str:
        """Write the register as a static table."""
        table = html_table(f"Fields of {self.rows[0].name}", TITLES, self.lines())
        return "\n".join([paragraph([self.heading(), self.sentence()]), table])

    def __repr__(self) -> str:
        return f"Bits of {self.heading()}"


def _title(field: Field, n: int) -> str:
    return field.name if field.msb == field.lsb else f"{field.name}[{n - field.lsb}]"
