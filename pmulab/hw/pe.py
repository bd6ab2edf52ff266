"""A processing element: exception level, `mrs` and `msr` with their exceptions, retiring work.

An access works, or raises `Undefined`, or raises `Trap`, in the architecture's priority order.

Not modelled: EL3 and Secure state, the physical CPU interface of the GIC (ICC registers while
HCR_EL2.IMO or FMO is 0), ESR contents beyond EC, instructions other than register accesses.

Sources: Arm DDI 0487, D24.5 (MRS and MSR pseudocode of each register); K1.2.6 for what is open.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from pmulab.hw import events, gic_regs
from pmulab.hw.gic import Gic
from pmulab.hw.pmu import FEATURES, READ, REAL_BITS, WRITE, Choices, Pmu
from pmulab.hw.sysreg import MASK64, Reg, Rule, Trap, Undefined
from pmulab.hw.sysregs import HCR_EL2, HDFGRTR_EL2, HDFGWTR_EL2, MDCR_EL2, PMUSERENR_EL0, REGS, reg

TGE, E2H, IMO, FMO = HCR_EL2.masks("TGE E2H IMO FMO")
PMU_PPI = 23
# What no access reaches: a level that this PE does not have.
NO_EL = 3
# Debian's QEMU with 6 counters: implementer 0x41, IDCODE 0x01. Any PE may differ; pass `ids`.
IDS = {"PMCR_EL0": 0x41010000, "PMCEID0_EL0": 0x7FFF_0F3F, "PMCEID1_EL0": 0x1C60_DC1A}
# What `Pe.state()` has for a name: None where an access traps; for "irq" the levels of its lines.
Content = int | None | dict[str, int]


class NotModelled(Exception):
    """The access is legal, but reaches hardware that this model leaves out."""


class Access(NamedTuple):
    """What a watcher is told of an access: `error` is the exception taken, or None."""

    pe: "Pe"
    op: str
    reg: str
    value: int | None
    error: Exception | None


class Plan(NamedTuple):
    """What one direction of one register depends on, worked out once for a PE.

    `simple`: nothing can be in its way at EL2. `open_el`: from that level on `_open` knows all that
    can be.
    """

    reg: Reg
    rule: Rule
    on_gic: bool
    lowest_el: int
    indexed: bool
    idx: int | None
    gate: int
    fgt: tuple[str, int]
    trap: int
    simple: bool
    open_el: int


Plans = dict[str, Plan]


@cache
def plans(features: frozenset[str], list_registers: int) -> tuple[Plans, Plans]:
    """Work out the plans of all registers, to read and to write them, for one kind of PE."""
    reads, writes = (
        _pmu_plans(features, write) | _gic_plans(features, list_registers, write)
        for write in (False, True)
    )
    return reads, writes


@cache
def _pmu_plans(features: frozenset[str], write: bool) -> Plans:
    rows = [row for row in REGS.values() if row.name not in gic_regs.BY_NAME]
    gic = Gic(1)
    return {row.name: _plan(row, write, features, gic) for row in rows}


@cache
def _gic_plans(features: frozenset[str], list_registers: int, write: bool) -> Plans:
    rows = [row for row in REGS.values() if row.name in gic_regs.BY_NAME]
    gic = Gic(list_registers)
    return {row.name: _plan(row, write, features, gic) for row in rows}


def _plan(row: Reg, write: bool, features: frozenset[str], gic: Gic) -> Plan:
    trap_reg, fgt = (HDFGWTR_EL2, row.fgt_write) if write else (HDFGRTR_EL2, row.fgt_read)
    on_gic = row.name in gic_regs.BY_NAME
    el, gate = (row.write_el, row.write_gate) if write else (row.read_el, row.read_gate)
    lowest = NO_EL if el is None else el
    indexed = row.rule is Rule.WINDOW or (row.index is not None and not on_gic)
    known = row.needs is None or row.needs in features
    return Plan(
        reg=row,
        rule=row.rule,
        on_gic=on_gic,
        lowest_el=lowest,
        indexed=indexed,
        idx=row.index,
        gate=sum(PMUSERENR_EL0.field(g).mask for g in gate),
        fgt=(trap_reg.name, trap_reg.field(fgt).mask if fgt else 0),
        trap=0 if on_gic else sum(MDCR_EL2.field(t).mask for t in row.traps),
        simple=lowest == 2 and gic.implements(row)
        if on_gic
        else known and lowest < NO_EL and not indexed,
        open_el=lowest if known and not on_gic else NO_EL,
    )


class Pe:
    """One core: its PMU, its virtual CPU interface, its exception level; `ValueError` as theirs."""

    def __init__(
        self,
        n_counters: int = 6,
        features: Iterable[str] = FEATURES,
        list_registers: int = 4,
        choices: Choices | None = None,
        ids: dict[str, int] | None = None,
        counter_bits: int = REAL_BITS,
    ) -> None:
        self.features = frozenset(features)
        unknown = self.features - set(FEATURES)
        if unknown:
            raise ValueError(f"no feature {min(unknown)}; known are {' '.join(FEATURES)}")
        self.el = 2
        cells = {REGS[name].cell: value for name, value in {**IDS, **(ids or {})}.items()}
        self.counter_bits = counter_bits
        self.pmu = Pmu(n_counters, self.features, choices or Choices(), cells, counter_bits)
        self.gic = Gic(list_registers)
        self._watchers: list[Callable[[Access], None]] = []
        self._reads, self._writes = plans(self.features, list_registers)

    # ---- accesses

    def mrs(self, name: str) -> int:
        """Read a register at the current exception level.

        Raises `Undefined`, `Trap` or `NotModelled` as the access does, `KeyError` for no register.
        """
        plan = self._reads.get(name) or self._reads[reg(name).name]
        el, value = self.el, 0
        try:
            if (plan.simple and el == 2) or self._open(plan, el) or not self._refused(plan):
                if plan.on_gic:
                    value = self.gic.read(plan.reg, el)
                else:
                    value = READ[plan.rule](self.pmu, plan.reg, el)
        except (Undefined, Trap) as error:
            self._tell("mrs", name, None, error)
            raise
        if self._watchers:
            self._tell("mrs", name, value, None)
        return value

    def msr(self, name: str, value: int) -> None:
        """Write a register at the current exception level, modulo 2**64; raises what `mrs` does."""
        plan = self._writes.get(name) or self._writes[reg(name).name]
        el, value = self.el, value & MASK64
        try:
            if (plan.simple and el == 2) or self._open(plan, el) or not self._refused(plan):
                if plan.on_gic:
                    self.gic.write(plan.reg, el, value)
                else:
                    WRITE[plan.rule](self.pmu, plan.reg, el, value)
        except (Undefined, Trap) as error:
            self._tell("msr", name, value, error)
            raise
        if self._watchers:
            self._tell("msr", name, value, None)

    def retire(self, event: int | str, amount: int = 1) -> None:
        """Let `amount` events happen at the current exception level; errors as `events.number`."""
        self.pmu.count(events.number(event), amount, self.el)

    @property
    def irq(self) -> bool:
        """Return the level of PMUIRQ: the physical PPI 23."""
        return self.pmu.irq

    def watch(self, callback: Callable[[Access], None]) -> Callable[[], None]:
        """Call `callback` after each access; the returned function ends that."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def _tell(self, op: str, name: str, value: int | None, error: Exception | None) -> None:
        for watcher in tuple(self._watchers):
            watcher(Access(self, op, name, value, error))

    # ---- exceptions, in the architecture's order

    def _refused(self, plan: Plan) -> bool:
        """Raise what the access raises; True where it is a choice of this PE to ignore it."""
        el = self.el
        self._check_defined(plan, el)
        idx = self._index(plan) if plan.indexed else None
        if idx is not None and idx >= self.pmu.n_counters:
            return self._out_of_reach(plan, f"counter {idx} of {self.pmu.n_counters}", None)
        self._check_level(plan, el)
        if plan.on_gic:
            self._check_virtual(plan, el)
            return False
        if el == 2:
            return False
        self._check_traps(plan, el)
        if idx is not None and idx >= self.pmu.hpmn:
            return self._out_of_reach(plan, f"counter {idx}, MDCR_EL2.HPMN={self.pmu.hpmn}", 2)
        return False

    def _open(self, plan: Plan, el: int) -> bool:
        """Tell fast that nothing is in the way; False means that it needs a closer look."""
        if el < plan.open_el:
            return False
        pmu = self.pmu
        cells = pmu.cells
        if plan.indexed:
            idx = cells["PMSELR"] if plan.idx is None else plan.idx
            if idx >= (pmu.n_counters if el == 2 else pmu.hpmn):
                return False
        if el == 2:
            return True
        register, mask = plan.fgt
        if cells[register] & mask or cells["MDCR_EL2"] & plan.trap:
            return False
        return el == 1 or not plan.gate or bool(cells["PMUSERENR"] & plan.gate)

    def _index(self, plan: Plan) -> int | None:
        return self.pmu.window(plan.reg)[1] if plan.idx is None else plan.idx

    def _undefined(self, why: str) -> Undefined:
        return Undefined(self._up(), why)

    def _up(self) -> int:
        """Return the level that takes an exception of this one which nobody traps further."""
        return 2 if self.el == 2 or self._hcr & TGE else 1

    @property
    def _hcr(self) -> int:
        return self.pmu.cells["HCR_EL2"]

    def _check_defined(self, plan: Plan, el: int) -> None:
        row = plan.reg
        if row.needs and row.needs not in self.features:
            raise self._undefined(f"{row.name} needs {row.needs}")
        if plan.on_gic and not self.gic.implements(row):
            raise self._undefined(f"{row.name} is not implemented")

    def _check_level(self, plan: Plan, el: int) -> None:
        name = plan.reg.name
        if plan.lowest_el == NO_EL:
            only = "write-only" if plan.reg.read_el is None else "read-only"
            raise self._undefined(f"{name} is {only}")
        if el < plan.lowest_el:
            raise self._undefined(f"{name} at EL{el}: lowest exception level is EL{plan.lowest_el}")

    def _out_of_reach(self, plan: Plan, what: str, trap_to: int | None) -> bool:
        """Refuse an index; without FEAT_FGT the outcome is CONSTRAINED UNPREDICTABLE."""
        why = f"{plan.reg.name} is {what}"
        if "FEAT_FGT" not in self.features:
            if self.pmu.choices.beyond == "raz/wi":
                return True
            raise self._undefined(f"{why} (open without FEAT_FGT: a choice of this PE)")
        if trap_to is None:
            raise self._undefined(why)
        raise Trap(trap_to, why)

    def _check_traps(self, plan: Plan, el: int) -> None:
        cells, name = self.pmu.cells, plan.reg.name
        if el == 0 and plan.gate and not cells["PMUSERENR"] & plan.gate:
            raise Trap(self._up(), f"{name}: PMUSERENR_EL0 does not open it to EL0")
        register, mask = plan.fgt
        if cells[register] & mask and not (el == 0 and self._hcr & (E2H | TGE) == E2H | TGE):
            raise Trap(2, f"{name}: fine-grained trap in {register}")
        if cells["MDCR_EL2"] & plan.trap:
            raise Trap(2, f"{name}: MDCR_EL2.{' or '.join(plan.reg.traps)} is 1")

    def _check_virtual(self, plan: Plan, el: int) -> None:
        row, imo, fmo = plan.reg, bool(self._hcr & IMO), bool(self._hcr & FMO)
        why = self.gic.trapped(row, imo, fmo) if el == 1 else ""
        if why:
            raise Trap(2, f"{row.name}: {why}")
        if el == 2 or not gic_regs.is_virtual(row, imo, fmo):
            raise NotModelled(
                f"{row.name} at EL{el} is the physical CPU interface; "
                "the virtual one is at EL1 while HCR_EL2.IMO and FMO are 1"
            )

    # ---- state, in the names of the traces

    def state(self) -> dict[str, Content]:
        """Return the whole state, by register name, as EL2 reads it."""
        cells = self.pmu.cells
        lines = {"pmu": int(self.irq), "maint": int(self.gic.maintenance)}
        known = {name: cells[REGS[name].cell] for name in STATE if REGS[name].cell in cells}
        return {**known, **self.gic.state(), "irq": lines}

    def load_state(self, state: Mapping[str, Content]) -> None:
        """Set the state from what `state()` returns, not what is derived; else `KeyError`."""
        for name, value in state.items():
            if not isinstance(value, int):
                continue
            if name in STATE:
                self.pmu.cells[REGS[name].cell] = value
            else:
                self.gic.load(name, value)

    def __repr__(self) -> str:
        cells = self.pmu.cells
        names = "EL PMCR_EL0 MDCR_EL2 PMCNTEN PMINTEN PMOVS PMUIRQ".split()
        values = [str(self.el), *(f"{cells[c]:08x}" for c in CELLS_SHOWN), str(int(self.irq))]
        widths = [max(len(n), len(v)) for n, v in zip(names, values, strict=True)]
        rows = ([t.rjust(w) for t, w in zip(row, widths, strict=True)] for row in (names, values))
        return "\n".join(" ".join(row) for row in rows)


CELLS_SHOWN = ("PMCR", "MDCR_EL2", "PMCNTEN", "PMINTEN", "PMOVS")
STATE = [
    *"PMCR_EL0 MDCR_EL2 PMCNTENSET_EL0 PMINTENSET_EL1 PMOVSSET_EL0 PMSELR_EL0".split(),
    *"PMUSERENR_EL0 PMCCFILTR_EL0 PMCCNTR_EL0 HDFGRTR_EL2 HDFGWTR_EL2 HCR_EL2".split(),
    *(f"PMEVTYPER{n}_EL0" for n in range(31)),
    *(f"PMEVCNTR{n}_EL0" for n in range(31)),
]
