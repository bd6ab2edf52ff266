"""PMUv3: cells, one rule to read, one to write, one to count.

The first range is event counters 0 to HPMN-1, with PMCCNTR_EL0; the second is HPMN to N-1.
Counting is by amounts, with the overflows found by arithmetic.

Not modelled: FEAT_PMUv3p7 and later (freezing, PMICNTR, PMUACR, thresholds), EL3 and Secure state,
the latency between an event and its count. What the architecture leaves open is in `Choices`.

Sources: Arm DDI 0487, D13 (counting, overflow, partition) and D24.5 (registers).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pmulab.hw.events import CHAIN, CPU_CYCLES, SW_INCR
from pmulab.hw.pmu_regs import CYCLE_IDX, MAX_COUNTERS, ROWS, event_mask, reset_cells
from pmulab.hw.sysreg import MASK64, Reg, Rule

REAL_BITS = 32
CYCLE_BIT = 1 << CYCLE_IDX
EVCNTR = [f"PMEVCNTR{n}" for n in range(MAX_COUNTERS)]
TYPER = [f"PMEVTYPER{n}" for n in range(MAX_COUNTERS)] + ["PMCCFILTR"]
COUNTER_MASKS = [(1 << n) - 1 | CYCLE_BIT for n in range(MAX_COUNTERS + 1)]

_BY_NAME = {row.name: row for row in ROWS}
PMCR, MDCR, EVTYPER = _BY_NAME["PMCR_EL0"], _BY_NAME["MDCR_EL2"], _BY_NAME["PMEVTYPER0_EL0"]
# Plain ints: a look-up of `PMCR.E` costs more than the test that it serves.
E, P, C, D, DP, LC, LP, N = PMCR.masks("E P C D DP LC LP N")
(N_LSB,) = PMCR.shifts("N")
HPMN, HPME, HPMD, HCCD, HLP = MDCR.masks("HPMN HPME HPMD HCCD HLP")
EXCLUDE_EL1, EXCLUDE_EL0, INCLUDE_EL2 = EVTYPER.masks("P U NSH")

FEATURES = ("FEAT_PMUv3p1", "FEAT_PMUv3p4", "FEAT_PMUv3p5", "FEAT_FGT", "FEAT_HPMN0")
EL_BITS = {0: ("U", EXCLUDE_EL0), 1: ("P", EXCLUDE_EL1)}


@dataclass(frozen=True)
class Choices:
    """What this PE does where the architecture leaves it open.

    `beyond`: without FEAT_FGT, an access to a counter out of reach is "undefined" or "raz/wi".
    `chain_across_hpmn`: CHAIN counts where the odd counter is the first of the second range.
    `chain_obeys_filter`: the odd counter's own filter holds for CHAIN.
    """

    beyond: str = "undefined"
    chain_across_hpmn: bool = False
    chain_obeys_filter: bool = True


class Pmu:
    """The counters of one PE and the registers that govern them; `ValueError` for more than 31.

    `counter_bits` is 32 in hardware. Fewer make a world finite: then every counter has that many
    bits and overflows there, whatever LP, HLP and LC say.
    """

    def __init__(
        self,
        n_counters: int,
        features: frozenset[str],
        choices: Choices,
        ids: dict[str, int],
        counter_bits: int = REAL_BITS,
    ) -> None:
        if not 0 <= n_counters <= MAX_COUNTERS:
            raise ValueError(f"{n_counters} event counters; possible are 0 to {MAX_COUNTERS}")
        self.n_counters, self.features, self.choices = n_counters, features, choices
        self.has_p1, self.has_p5 = "FEAT_PMUv3p1" in features, "FEAT_PMUv3p5" in features
        self.event_mask = event_mask(features)
        self.counter_bits = counter_bits
        self.real = counter_bits == REAL_BITS
        small = (1 << counter_bits) - 1
        self.event_store = MASK64 if self.has_p5 and self.real else small
        self.cycle_store = MASK64 if self.real else small
        self.cells = dict(reset_cells(n_counters))
        # Arm: MDCR_EL2.HPMN resets to N; the other fields are UNKNOWN and start as zero here.
        self.cells |= {"MDCR_EL2": n_counters, "cycle_phase": 0, **ids}
        self.cells["PMCR"] = PMCR.put(self.cells["PMCR"], N=n_counters)

    # ---- the partition

    @property
    def hpmn(self) -> int:
        """Return the size of the first range; HPMN beyond N counts as N."""
        first = self.cells["MDCR_EL2"] & HPMN
        return first if first < self.n_counters else self.n_counters

    def accessible(self, el: int) -> int:
        """Return how many event counters software at `el` can reach."""
        return self.n_counters if el == 2 else self.hpmn

    def counter_mask(self, el: int) -> int:
        """Return the bits of the per-counter registers that `el` can reach."""
        return COUNTER_MASKS[self.n_counters if el == 2 else self.hpmn]

    # ---- reading and writing as software at `el` does: READ and WRITE have a method for each rule

    def window(self, reg: Reg) -> tuple[str, int | None]:
        """Resolve a window register: the selected cell and its counter index.

        PMXEVTYPER_EL0 with SEL=31 is PMCCFILTR_EL0; PMXEVCNTR_EL0 with SEL=31 is no counter.
        """
        sel = self.cells["PMSELR"]
        if sel == CYCLE_IDX and reg.cell == "PMEVTYPER":
            return "PMCCFILTR", None
        return f"{reg.cell}{sel}", sel

    def _read_cell(self, reg: Reg, el: int) -> int:
        return self.cells[reg.cell]

    def _write_fields(self, reg: Reg, el: int, value: int) -> None:
        old = self.cells[reg.cell]
        self.cells[reg.cell] = old & ~reg.writable | value & reg.writable

    def _read_control(self, reg: Reg, el: int) -> int:
        value = self.cells["PMCR"]
        return value if el == 2 else value & ~N | self.hpmn << N_LSB

    def _write_control(self, reg: Reg, el: int, value: int) -> None:
        self._write_fields(reg, el, value)
        if value & P:
            self.cells |= dict.fromkeys(EVCNTR[: self.accessible(el)], 0)
        if value & C:
            self.cells |= {"PMCCNTR": 0, "cycle_phase": 0}

    def _read_bitmap(self, reg: Reg, el: int) -> int:
        return self.cells[reg.cell] & self.counter_mask(el)

    def _write_set(self, reg: Reg, el: int, value: int) -> None:
        self.cells[reg.cell] |= value & self.counter_mask(el)

    def _write_clr(self, reg: Reg, el: int, value: int) -> None:
        self.cells[reg.cell] &= ~(value & self.counter_mask(el))

    def _write_counter(self, reg: Reg, el: int, value: int) -> None:
        self.cells[reg.cell] = value & (self.cycle_store if reg.index is None else self.event_store)

    def _write_sw_incr(self, reg: Reg, el: int, value: int) -> None:
        for idx in range(self.accessible(el)):
            asked = value >> idx & 1 and self.cells[TYPER[idx]] & self.event_mask == SW_INCR
            if asked and not self.why_not(idx, el):
                self.add(idx, 1, el)

    def _read_window(self, reg: Reg, el: int) -> int:
        return self.cells.get(self.window(reg)[0], 0)

    def _write_window(self, reg: Reg, el: int, value: int) -> None:
        name, _ = self.window(reg)
        if name in self.cells:
            row = _BY_NAME[f"{name}_EL0"]
            WRITE[row.rule](self, row, el, value)

    # ---- counting

    def in_second_range(self, idx: int) -> bool:
        """Tell whether an event counter lies at or above HPMN; the cycle counter never does."""
        return idx != CYCLE_IDX and idx >= self.hpmn

    def why_not(self, idx: int, el: int) -> str:
        """Say why counter `idx` does not count at `el`; empty when it does.

        Arm DDI 0487, D13.5 "Controlling the PMU counters".
        """
        cells = self.cells
        second = self.in_second_range(idx)
        if not cells["PMCNTEN"] >> idx & 1:
            return f"PMCNTENSET_EL0 bit {idx} is 0"
        if second and not cells["MDCR_EL2"] & HPME:
            return "MDCR_EL2.HPME is 0"
        if not second and not cells["PMCR"] & E:
            return "PMCR_EL0.E is 0"
        return self._prohibited(idx, el, second) or self._filtered(idx, el)

    def counts(self, idx: int, el: int) -> bool:
        """Tell whether counter `idx` counts at `el`."""
        return not self.why_not(idx, el)

    def _prohibited(self, idx: int, el: int, second: bool) -> str:
        if el != 2 or second:
            return ""
        # HPMD came with FEAT_PMUv3p1 and HCCD with p5; before that they are RES0.
        hpmd = self.has_p1 and self.cells["MDCR_EL2"] & HPMD
        if idx == CYCLE_IDX:
            if self.has_p5 and self.cells["MDCR_EL2"] & HCCD:
                return "MDCR_EL2.HCCD prohibits it at EL2"
            prohibited = hpmd and self.cells["PMCR"] & DP
            return "MDCR_EL2.HPMD and PMCR_EL0.DP prohibit it at EL2" if prohibited else ""
        return "MDCR_EL2.HPMD prohibits it at EL2" if hpmd else ""

    def _filtered(self, idx: int, el: int) -> str:
        typer = self.cells[TYPER[idx]]
        register = "PMCCFILTR_EL0" if idx == CYCLE_IDX else f"PMEVTYPER{idx}_EL0"
        if el == 2:
            return "" if typer & INCLUDE_EL2 else f"{register}.NSH is 0"
        name, excluded = EL_BITS[el]
        return f"{register}.{name} is 1" if typer & excluded else ""

    def count(self, event: int, amount: int, el: int) -> None:
        """Count `amount` events that happen at `el`; `ValueError` for a negative amount."""
        if amount < 0:
            raise ValueError(f"{amount} events; an amount is 0 or more")
        for idx in self.counting(event, el):
            self.add(idx, amount, el)
        if event == CPU_CYCLES and not self.why_not(CYCLE_IDX, el):
            self.add_cycles(amount)

    def counting(self, event: int, el: int) -> list[int]:
        """List the event counters that count `event` at `el`."""
        if event == CHAIN:
            # Only an overflow of the even counter makes a CHAIN event.
            return []
        return [
            idx
            for idx in range(self.n_counters)
            if self.cells[TYPER[idx]] & self.event_mask == event and not self.why_not(idx, el)
        ]

    def width(self, idx: int) -> int:
        """Return the bit width at which a counter overflows."""
        if not self.real:
            return self.counter_bits
        if idx == CYCLE_IDX:
            return 64 if self.cells["PMCR"] & LC else 32
        if not self.has_p5:
            return 32
        register, long = ("MDCR_EL2", HLP) if self.in_second_range(idx) else ("PMCR", LP)
        return 64 if self.cells[register] & long else 32

    def add(self, idx: int, amount: int, el: int) -> None:
        """Add to an event counter: overflow flag, and CHAIN for an even counter.

        All 64 bits count even where the overflow is taken at bit 31 (FEAT_PMUv3p5).
        """
        width = self.width(idx)
        old = self.cells[EVCNTR[idx]]
        carries = (old + amount >> width) - (old >> width)
        self.cells[EVCNTR[idx]] = old + amount & self.event_store
        if carries:
            self.cells["PMOVS"] |= 1 << idx
            if self.chained(idx, width, el):
                self.add(idx + 1, carries, el)

    def chained(self, idx: int, width: int, el: int) -> bool:
        """Tell whether the next counter counts the overflows of this one."""
        odd = idx + 1
        if idx % 2 or odd >= self.n_counters or width != self.counter_bits:
            return False
        if self.cells[TYPER[odd]] & self.event_mask != CHAIN:
            return False
        if odd == self.hpmn and not self.choices.chain_across_hpmn:
            return False
        why = self.why_not(odd, el)
        return not why or (not self.choices.chain_obeys_filter and why == self._filtered(odd, el))

    def add_cycles(self, amount: int) -> None:
        """Add to PMCCNTR_EL0, every 64th cycle where D is 1 and LC is 0."""
        cells = self.cells
        if cells["PMCR"] & (D | LC) == D:
            amount += cells["cycle_phase"]
            cells["cycle_phase"] = amount % 64
            amount //= 64
        width = self.width(CYCLE_IDX)
        old = cells["PMCCNTR"]
        if (old + amount >> width) - (old >> width):
            cells["PMOVS"] |= CYCLE_BIT
        cells["PMCCNTR"] = old + amount & self.cycle_store

    # ---- the interrupt

    @property
    def globally_enabled(self) -> int:
        """Return the counters whose range is enabled: PMCR_EL0.E, MDCR_EL2.HPME."""
        first = COUNTER_MASKS[self.hpmn]
        enabled = first if self.cells["PMCR"] & E else 0
        if self.cells["MDCR_EL2"] & HPME:
            enabled |= COUNTER_MASKS[self.n_counters] & ~first
        return enabled

    @property
    def irq(self) -> bool:
        """Return the level of PMUIRQ.

        Neither PMCNTEN nor the exception level takes part. Arm DDI 0487, D13.3.1.
        """
        flagged = self.cells["PMOVS"] & self.cells["PMINTEN"]
        return bool(flagged and flagged & self.globally_enabled)

    def until_irq(self, event: int, el: int) -> int | None:
        """Return how many events raise PMUIRQ if nothing else happens; None if none do."""
        if self.irq:
            return 0
        waiting = self.cells["PMINTEN"] & ~self.cells["PMOVS"] & self.globally_enabled
        found = [d for n in self.counting(event, el) for d in self._distances(n, waiting, el)]
        if event == CPU_CYCLES and waiting & CYCLE_BIT and self.counts(CYCLE_IDX, el):
            found.append(self._cycles_to_overflow())
        return min(found, default=None)

    def _to_overflow(self, idx: int) -> int:
        return (1 << self.width(idx)) - (self.cells[EVCNTR[idx]] & (1 << self.width(idx)) - 1)

    def _distances(self, idx: int, waiting: int, el: int) -> Iterator[int]:
        """Yield after how many events this counter raises PMUIRQ, and the one chained to it."""
        first = self._to_overflow(idx)
        if waiting >> idx & 1:
            yield first
        if self.chained(idx, self.width(idx), el) and waiting >> idx + 1 & 1:
            yield first + (self._to_overflow(idx + 1) - 1 << self.counter_bits)

    def _cycles_to_overflow(self) -> int:
        width = self.width(CYCLE_IDX)
        ticks = (1 << width) - (self.cells["PMCCNTR"] & (1 << width) - 1)
        if self.cells["PMCR"] & (D | LC) == D:
            return ticks * 64 - self.cells["cycle_phase"]
        return ticks


READ = {
    Rule.RW: Pmu._read_cell,
    Rule.RO: Pmu._read_cell,
    Rule.COUNTER: Pmu._read_cell,
    Rule.CONTROL: Pmu._read_control,
    Rule.SET: Pmu._read_bitmap,
    Rule.CLR: Pmu._read_bitmap,
    Rule.WINDOW: Pmu._read_window,
}
WRITE = {
    Rule.RW: Pmu._write_fields,
    Rule.COUNTER: Pmu._write_counter,
    Rule.CONTROL: Pmu._write_control,
    Rule.SET: Pmu._write_set,
    Rule.CLR: Pmu._write_clr,
    Rule.SW_INCR: Pmu._write_sw_incr,
    Rule.WINDOW: Pmu._write_window,
}
