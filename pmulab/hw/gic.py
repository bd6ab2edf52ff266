"""GICv3 virtual CPU interface: list registers, what is signalled to EL1, maintenance.

Software at EL2 writes virtual interrupts into list registers. The interface picks the most urgent
pending one, signals it to EL1 as virtual IRQ (group 1) or FIQ (group 0), and moves its State as EL1
acknowledges, ends and deactivates it. Everything but the cells is computed from the cells.

Not modelled: the distributor, but for the active bits of SPIs 32 to 63, which HW=1 deactivates; the
physical CPU interface (ICC registers at EL2, or with HCR_EL2.IMO and FMO 0); SEIs, NMIs, GICv4;
other than 5 bits of priority and preemption. What is open is in `Choices`, except that of equal
priorities the lowest list register goes first, which is IMPLEMENTATION DEFINED.

Sources: Arm IHI 0069 (GICv3 and GICv4), chapters 4 and 6; Arm DDI 0595, the page of each register.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pmulab.hw import gic_regs
from pmulab.hw.gic_regs import BY_NAME, GICD, GROUP_SHIFT, IDLE, SPECIAL, group_mask, legal
from pmulab.hw.sysreg import Reg, Rule

HCR, VMCR, AP = "ICH_HCR_EL2", "ICH_VMCR_EL2", ("ICH_AP0R0_EL2", "ICH_AP1R0_EL2")
LR = [row.cell for row in gic_regs.LIST_REGISTERS]
TRAPS = {row.name: [(t, BY_NAME[HCR].field(t).mask) for t in row.traps] for row in gic_regs.ROWS}
PARTS = {name: gic_regs.vmcr_parts(name) for name in gic_regs.VMCR_ALIASES}
_LR = gic_regs.LR

# Plain ints: a look-up of `ICH_HCR_EL2.En` costs more than the test that it serves.
EN, UIE, LRENPIE, NPIE, EOICOUNT = BY_NAME[HCR].masks("En UIE LRENPIE NPIE EOIcount")
VGRP0D, VGRP0E, VGRP1D, VGRP1E = BY_NAME[HCR].masks("VGrp0DIE VGrp0EIE VGrp1DIE VGrp1EIE")
VENG0, VENG1, VEOIM, VCBPR = BY_NAME[VMCR].masks("VENG0 VENG1 VEOIM VCBPR")
EOI, GROUP, HW, PINTID, PRIORITY, STATE = _LR.masks("EOI Group HW pINTID Priority State")
PENDING, ACTIVE = _LR.put(0, State=1), _LR.put(0, State=2)
ASKS, ONE_MORE = STATE | HW | EOI, EOICOUNT & -EOICOUNT
INTID, (IRQ, FIQ) = BY_NAME["ICC_DIR_EL1"].INTID, BY_NAME["ISR_EL1"].masks("I F")
GROUP_LSB, PINTID_LSB, PRIORITY_LSB, STATE_LSB = _LR.shifts("Group pINTID Priority State")
(VPMR_LSB,) = BY_NAME[VMCR].shifts("VPMR")

EL2_STATE = "ICH_MISR_EL2 ICH_EISR_EL2 ICH_ELRSR_EL2".split()
FIRST_SPI = 32
QUIET = (Rule.RW, Rule.FIELD, Rule.BINARY_POINT, Rule.DERIVED)
EL1_STATE = [row for row in gic_regs.EL1_ROWS if row.rule in QUIET]
GROUP_OF = {row.name: row.index for row in gic_regs.EL1_ROWS if row.index is not None}


@dataclass(frozen=True)
class Choices:
    """What this interface does where the architecture leaves it open.

    `running_in_group`: the binary point of the pending interrupt cuts the running priority too
    before the two are compared; False: the running priority counts as ICC_RPR_EL1 reads it. It
    matters only where the running priority was taken under a smaller binary point.
    `idle_eoi_counts`: EOIR that finds no active priority still increments EOIcount.
    `stray_eoi_deactivates`: EOIR of an active interrupt that is not the running one, or is of the
    other group, deactivates it; False: it only drops the highest active priority.
    """

    running_in_group: bool = True
    idle_eoi_counts: bool = False
    stray_eoi_deactivates: bool = False


class Gic:
    """The virtual CPU interface of one PE; `ValueError` but for 1 to 16 list registers."""

    def __init__(self, list_registers: int = 4, choices: Choices | None = None) -> None:
        if not 1 <= list_registers <= len(LR):
            raise ValueError(f"{list_registers} list registers; possible are 1 to {len(LR)}")
        self.choices = choices or Choices()
        self.lrs = tuple(LR[:list_registers])
        self.cells = {cell: legal(cell, 0) for cell in (HCR, VMCR, *AP, *self.lrs, GICD)}

    def implements(self, reg: Reg) -> bool:
        """Tell whether a register is there: list registers beyond the last one are not."""
        return not reg.cell or reg.cell in self.cells

    # ---- who answers an access of EL1

    def trapped(self, reg: Reg, imo: bool, fmo: bool) -> str:
        """Say what traps an access at EL1 to EL2; empty when nothing does."""
        hcr = self.cells[HCR]
        for trap, mask in TRAPS[reg.name]:
            if hcr & mask:
                return f"ICH_HCR_EL2.{trap} is 1"
        if reg.name == "ICC_SGI1R_EL1" and (imo or fmo):
            return "HCR_EL2.IMO or FMO is 1, and SGIs have no virtual interface"
        return ""

    # ---- reading and writing: a rule each

    def read(self, reg: Reg, el: int) -> int:
        """Read a row; ICC names are the virtual interface's, whatever `el`."""
        return READ[reg.rule](self, reg)

    def write(self, reg: Reg, el: int, value: int) -> None:
        """Write a row; ICC names are the virtual interface's, whatever `el`."""
        WRITE[reg.rule](self, reg, value)

    def _read_cell(self, reg: Reg) -> int:
        return self.cells[reg.cell]

    def _write_cell(self, reg: Reg, value: int) -> None:
        self.cells[reg.cell] = legal(reg.cell, value)

    def _read_field(self, reg: Reg) -> int:
        vmcr, value = self.cells[VMCR], reg.reset
        for mask, shift in PARTS[reg.name]:
            value |= (vmcr & mask) >> shift
        return value

    def _write_field(self, reg: Reg, value: int) -> None:
        vmcr = self.cells[VMCR]
        for mask, shift in PARTS[reg.name]:
            vmcr = vmcr & ~mask | value << shift & mask
        self.cells[VMCR] = legal(VMCR, vmcr)

    def _read_point(self, reg: Reg) -> int:
        return min(gic_regs.binary_point(self.cells[VMCR], 1), reg.BinaryPoint)

    def _write_point(self, reg: Reg, value: int) -> None:
        if not self.cells[VMCR] & VCBPR:
            self._write_field(reg, value)

    def _command(self, reg: Reg, value: int) -> None:
        intid = value & INTID
        if intid not in SPECIAL:
            COMMANDS[reg.name](self, reg, intid)

    # ---- priorities and signalling

    @property
    def running_priority(self) -> int:
        """Return the group priority of the highest active interrupt; 0xff if there is none."""
        active = self.cells[AP[0]] | self.cells[AP[1]]
        return (active & -active).bit_length() - 1 << GROUP_SHIFT if active else IDLE

    def _most_urgent(self) -> str | None:
        """Return the cell of the most urgent pending interrupt of an enabled group, or None.

        State 3, active and pending, does not count: EL1 is still at it.
        """
        cells, vmcr = self.cells, self.cells[VMCR]
        found, best = None, PRIORITY
        for cell in self.lrs:
            lr = cells[cell]
            urgent = lr & STATE == PENDING and lr & PRIORITY < best
            if urgent and vmcr & (VENG1 if lr & GROUP else VENG0):
                found, best = cell, lr & PRIORITY
        return found

    def _held_back(self, lr: int) -> str:
        """Say why the most urgent interrupt is not signalled; empty when it is."""
        if not self.cells[HCR] & EN:
            return "ICH_HCR_EL2.En is 0"
        vmcr, priority = self.cells[VMCR], (lr & PRIORITY) >> PRIORITY_LSB
        mask, running = vmcr >> VPMR_LSB, self.running_priority
        if priority >= mask:
            return f"priority {priority:#04x} is not above the priority mask {mask:#04x}"
        group = group_mask(vmcr, lr >> GROUP_LSB & 1)
        limit = running & group if self.choices.running_in_group else running
        if running == IDLE or priority & group < limit:
            return ""
        return f"group priority is not above that of {running:#04x}, which runs"

    def why_not(self, n: int) -> str:
        """Say why the interrupt in ICH_LR<n>_EL2 is not signalled to EL1; empty when it is."""
        lr = self.cells[self.lrs[n]]
        group = lr >> GROUP_LSB & 1
        if lr & STATE != PENDING:
            return f"its State is {gic_regs.STATES[lr >> STATE_LSB]}"
        if not self.cells[VMCR] & (VENG1 if group else VENG0):
            return f"ICH_VMCR_EL2.VENG{group} is 0"
        first = self._most_urgent()
        return self._held_back(lr) if first == self.lrs[n] else f"{first} is more urgent"

    def _pending(self, group: int) -> str | None:
        cell = self._most_urgent()
        return cell if cell and self.cells[cell] >> GROUP_LSB & 1 == group else None

    def _signalled(self, group: int) -> str | None:
        cell = self._pending(group)
        return cell if cell and not self._held_back(self.cells[cell]) else None

    @property
    def signals(self) -> tuple[bool, bool]:
        """Return the levels of the virtual IRQ and the virtual FIQ: one at most is high."""
        lr = self.cells[cell] if (cell := self._most_urgent()) else 0
        high = bool(lr) and not self._held_back(lr)
        return high and bool(lr & GROUP), high and not lr & GROUP

    @property
    def virq(self) -> bool:
        """Return the level of the virtual IRQ; HCR_EL2.IMO decides whether EL1 sees it."""
        return self._signalled(1) is not None

    @property
    def vfiq(self) -> bool:
        """Return the level of the virtual FIQ; HCR_EL2.FMO decides whether EL1 sees it."""
        return self._signalled(0) is not None

    # ---- what EL1 does with an interrupt

    def _highest_pending(self, reg: Reg) -> int:
        """Read HPPIR, which looks neither at the priority mask nor at what runs."""
        cell = self._pending(GROUP_OF[reg.name])
        return self.cells[cell] & INTID if cell else gic_regs.SPURIOUS

    def _acknowledge(self, reg: Reg) -> int:
        """Read IAR: what is signalled becomes active, and its priority the running one."""
        group = GROUP_OF[reg.name]
        cell = self._signalled(group)
        if not cell:
            return gic_regs.SPURIOUS
        lr = self.cells[cell]
        self.cells[cell] = lr & ~PENDING
        # A special INTID never becomes active: EL1 could not end it.
        if lr & INTID not in SPECIAL:
            self.cells[cell] |= ACTIVE
            priority = lr >> PRIORITY_LSB & group_mask(self.cells[VMCR], group)
            self.cells[AP[group]] |= 1 << (priority >> GROUP_SHIFT)
        return lr & INTID

    def _drop_priority(self) -> int:
        """Forget the highest active priority and return it; of equal ones that of group 0."""
        running = self.running_priority
        if running != IDLE:
            active = 1 << (running >> GROUP_SHIFT)
            self.cells[AP[0] if self.cells[AP[0]] & active else AP[1]] ^= active
        return running

    def _end(self, reg: Reg, intid: int) -> None:
        """Write EOIR: drop the running priority, and with EOImode 0 deactivate the interrupt."""
        dropped = self._drop_priority()
        if dropped == IDLE and not self.choices.idle_eoi_counts:
            return
        # A virtual LPI becomes active as others do, but has no DIR: EOIR deactivates it always.
        if self.cells[VMCR] & VEOIM and intid < gic_regs.LPI_BASE:
            return
        cell, stray = self._find_active(intid), self.choices.stray_eoi_deactivates
        if not cell or stray or self._ran(cell, GROUP_OF[reg.name], dropped):
            self._deactivate(cell, intid)

    def _ran(self, cell: str, group: int, priority: int) -> bool:
        lr, mask = self.cells[cell], group_mask(self.cells[VMCR], group)
        return lr >> GROUP_LSB & 1 == group and lr >> PRIORITY_LSB & mask == priority

    def _end_later(self, reg: Reg, intid: int) -> None:
        if self.cells[VMCR] & VEOIM and intid < gic_regs.LPI_BASE:
            self._deactivate(self._find_active(intid), intid)

    def _find_active(self, intid: int) -> str | None:
        active = (cell for cell in self.lrs if self.cells[cell] & ACTIVE)
        return next((cell for cell in active if self.cells[cell] & INTID == intid), None)

    def _deactivate(self, cell: str | None, intid: int) -> None:
        """Clear the active State; if no list register has it, EOIcount tells EL2 to do it."""
        if cell:
            lr = self.cells[cell]
            self.cells[cell] = lr & ~ACTIVE
            spi = ((lr & PINTID) >> PINTID_LSB) - FIRST_SPI
            if lr & HW and spi >= 0:
                self.cells[GICD] &= ~(1 << spi)
        elif intid < gic_regs.LPI_BASE:
            hcr = self.cells[HCR]
            self.cells[HCR] = hcr & ~EOICOUNT | hcr + ONE_MORE & EOICOUNT

    # ---- maintenance

    def _asks_for_maintenance(self, reg: Reg | None = None) -> int:
        """Read EISR: list registers that are invalid, without HW and with EOI."""
        lrs = enumerate(self.cells[cell] for cell in self.lrs)
        return sum(1 << n for n, lr in lrs if lr & ASKS == EOI)

    def _free(self, reg: Reg | None = None) -> int:
        """Read ELRSR: list registers that are invalid and do not ask for maintenance."""
        lrs = enumerate(self.cells[cell] for cell in self.lrs)
        return sum(1 << n for n, lr in lrs if not lr & STATE and lr & ASKS != EOI)

    def _reasons(self, reg: Reg | None = None) -> int:
        """Read MISR: from bit 1 up, each reason has the place of its enable in ICH_HCR_EL2."""
        hcr, vmcr = self.cells[HCR], self.cells[VMCR]
        states = [self.cells[cell] & STATE for cell in self.lrs]
        true = (VGRP0E if vmcr & VENG0 else VGRP0D) | (VGRP1E if vmcr & VENG1 else VGRP1D)
        true |= 0 if PENDING in states else NPIE
        true |= UIE if len(states) - states.count(0) < 2 else 0
        true |= LRENPIE if hcr & EOICOUNT else 0
        return hcr & true | bool(self._asks_for_maintenance())

    @property
    def maintenance(self) -> bool:
        """Return the level of the maintenance interrupt: the physical PPI 25."""
        return bool(self.cells[HCR] & EN and self._reasons())

    # ---- state, in the names of the traces

    def state(self) -> dict[str, int | None]:
        """Return the whole state; "el1:" names are what EL1 reads, None where that is trapped."""
        found: dict[str, int | None] = {**self.cells}
        found |= {name: DERIVED[name](self, BY_NAME[name]) for name in EL2_STATE}
        for row in EL1_STATE:
            found[f"el1:{row.name}"] = None if self.trapped(row, True, True) else self.read(row, 1)
        return found

    def load(self, name: str, value: int) -> None:
        """Set one name of `state()` as EL2 does; derived ones are ignored, others a `KeyError`."""
        if name in self.cells:
            self.cells[name] = legal(name, value)
        elif name not in EL2_STATE and not name.startswith("el1:"):
            raise KeyError(f"no state {name} in the GIC; it has {' '.join(self.cells)}")

    def text(self) -> str:
        """Print the list registers in words, a line each."""
        lrs = enumerate(self.cells[cell] for cell in self.lrs)
        return "\n".join(f"LR{n:<2} {gic_regs.lr_text(lr)}" for n, lr in lrs)

    def __repr__(self) -> str:
        cells = self.cells
        shown = [(cell, f"{cells[cell]:08x}") for cell in (HCR, VMCR, *AP)]
        shown += [("RPR", f"{self.running_priority:02x}"), ("vIRQ", str(int(self.virq)))]
        shown += [("vFIQ", str(int(self.vfiq))), ("maintenance", str(int(self.maintenance)))]
        rows = (" ".join(f"{text[i]:>{len(text[0])}}" for text in shown) for i in (0, 1))
        return "\n".join([*rows, self.text()])


READ: dict[Rule, Callable[[Gic, Reg], int]] = {
    Rule.RW: Gic._read_cell,
    Rule.RO: lambda gic, reg: reg.reset,
    Rule.FIELD: Gic._read_field,
    Rule.BINARY_POINT: Gic._read_point,
    Rule.DERIVED: lambda gic, reg: DERIVED[reg.name](gic, reg),
    Rule.ACKNOWLEDGE: Gic._acknowledge,
}
WRITE: dict[Rule, Callable[[Gic, Reg, int], None]] = {
    Rule.RW: Gic._write_cell,
    Rule.RO: lambda gic, reg, value: None,
    Rule.FIELD: Gic._write_field,
    Rule.BINARY_POINT: Gic._write_point,
    Rule.COMMAND: Gic._command,
}
DERIVED: dict[str, Callable[[Gic, Reg], int]] = {
    "ICH_VTR_EL2": lambda gic, reg: reg.reset | len(gic.lrs) - 1,
    "ICH_MISR_EL2": Gic._reasons,
    "ICH_EISR_EL2": Gic._asks_for_maintenance,
    "ICH_ELRSR_EL2": Gic._free,
    "ICC_RPR_EL1": lambda gic, reg: gic.running_priority,
    "ICC_HPPIR0_EL1": Gic._highest_pending,
    "ICC_HPPIR1_EL1": Gic._highest_pending,
    "ISR_EL1": lambda gic, reg: gic.virq * IRQ | gic.vfiq * FIQ,
}
COMMANDS = {"ICC_EOIR0_EL1": Gic._end, "ICC_EOIR1_EL1": Gic._end, "ICC_DIR_EL1": Gic._end_later}
