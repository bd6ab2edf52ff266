"""A GIC of one's own: what a guest would read from its CPU interface if nobody stood between.

Beside the private PMU: the same hardware model, whose list registers are filled from the guest's
own interrupts before each access, as many as there are.

Not modelled: which of equally urgent interrupts comes first, which is IMPLEMENTATION DEFINED: it is
settled as the guest saw it. An end after an active interrupt got another priority. More than 16
equally urgent ones. A level that software sets pending while it is active: there the way is KVM's.

Source: Arm IHI 0069, chapters 4 (handling of an interrupt) and 12 (registers).
"""

from dataclasses import dataclass

from pmulab.hw.gic import Gic
from pmulab.hw.gic_regs import BY_NAME, MAX_LIST_REGISTERS, SPECIAL
from pmulab.hw.sysreg import Rule
from pmulab.kvm.vcpu import Vcpu
from pmulab.kvm.vgic_state import LEVEL, VgicIrq

LR, HCR, VMCR = (BY_NAME[name] for name in ("ICH_LR0_EL2", "ICH_HCR_EL2", "ICH_VMCR_EL2"))
ACTIVE_PRIORITIES = ("ICH_AP0R0_EL2", "ICH_AP1R0_EL2")
PENDING, ACTIVE = LR.put(0, State=1), LR.put(0, State=2)
# What a guest can read of its interrupts, beside what it has written itself.
TAKES = {row.name for row in BY_NAME.values() if row.rule is Rule.ACKNOWLEDGE}
ENDS = {"ICC_EOIR0_EL1", "ICC_EOIR1_EL1"}
SHOWS = {"ICC_HPPIR0_EL1", "ICC_HPPIR1_EL1", "ICC_RPR_EL1"}


@dataclass(slots=True)
class OwnIrq:
    """An interrupt as a distributor of one's own has it."""

    intid: int
    is_level: bool
    priority: int
    group: int
    enabled: bool
    line: bool
    latch: bool
    active: bool
    # A level that software has set pending, and that has not been ended since.
    soft: bool = False
    # One that has got another priority while it was active.
    moved: bool = False

    @property
    def pending(self) -> bool:
        """Tell whether it is pending: latched, or its line is high."""
        return self.latch or (self.is_level and self.line)


def own(irq: VgicIrq) -> OwnIrq:
    """Return an interrupt as one's own GIC begins with it."""
    level = irq.config == LEVEL
    flags = (irq.priority, irq.group, irq.enabled, irq.line_level, irq.pending_latch, irq.active)
    return OwnIrq(irq.intid, level, *flags)


class PrivateGic:
    """The GIC that one vCPU is entitled to."""

    def __init__(self, vcpu: Vcpu) -> None:
        self.gic = Gic(MAX_LIST_REGISTERS)
        self.irqs = {intid: own(irq) for intid, irq in vcpu.vgic.irqs.items()}
        # What the guest has taken and not ended, in order.
        self.taken = [intid for intid, irq in self.irqs.items() if irq.active]
        self.gic.load("ICH_HCR_EL2", HCR.En)
        self.gic.load("ICH_VMCR_EL2", vcpu.vgic.vmcr)
        for name, value in zip(ACTIVE_PRIORITIES, vcpu.vgic.active_priorities):
            self.gic.load(name, value)

    def irq(self, intid: int) -> OwnIrq:
        """Return an interrupt, as it is before anybody has touched it."""
        if intid not in self.irqs:
            sgi = intid < 16
            self.irqs[intid] = OwnIrq(intid, not sgi, 0, 1, sgi, False, False, False)
        return self.irqs[intid]

    # ---- the inputs

    def line(self, intid: int, level: bool) -> None:
        """Set an interrupt's input; a rising edge is latched."""
        irq = self.irq(intid)
        irq.latch = irq.latch or (level and not irq.is_level)
        irq.line = level

    def configure(self, intid: int, **what: int) -> None:
        """Do a guest's write to its redistributor: enabled, priority, pending or active."""
        irq = self.irq(intid)
        priority = what.get("priority", irq.priority) & PRIORITY_BITS
        irq.moved = irq.active and (irq.moved or priority != irq.priority)
        irq.priority = priority
        irq.enabled = bool(what.get("enabled", irq.enabled))
        irq.latch = bool(what.get("pending", irq.latch))
        irq.soft = irq.is_level and bool(what.get("pending", irq.soft))
        if irq.active and not what.get("active", True):
            # KVM clears what software has set pending at the end in a list register alone.
            # Linux: vgic-v3.c, vgic_v3_fold_lr_state(); vgic-mmio.c, vgic_mmio_change_active().
            irq.latch = irq.latch or irq.soft
        irq.active = bool(what.get("active", irq.active))
        irq.group = int(what.get("group", irq.group))

    def is_due(self, intid: int) -> bool:
        """Tell whether an interrupt waits to be taken: enabled, pending, not active."""
        irq = self.irqs.get(intid)
        return irq is not None and irq.enabled and irq.pending and not irq.active

    def signals(self) -> set[tuple[bool, bool]]:
        """Return whether an IRQ and a FIQ are signalled: all that is possible.

        Of equally urgent ones in both groups either may be first.
        """
        equals = self._equals()
        found = {self._signals(irq.intid) for irq in equals}
        return found | {self._signals(first=0)} if len(equals) > 1 else found or {(False, False)}

    def _equals(self) -> list[OwnIrq]:
        """Return the most urgent ones that wait."""
        due = [irq for irq in self.irqs.values() if irq.enabled and irq.pending and not irq.active]
        top = min((irq.priority for irq in due), default=0)
        return [irq for irq in due if irq.priority == top]

    def _signals(self, first: int) -> tuple[bool, bool]:
        self._fill(first)
        return self.gic.signals

    def is_open(self, name: str, value: int) -> bool:
        """Tell whether a write ends another interrupt than the last that was taken in its group.

        Then the outcome is UNPREDICTABLE; a special INTID is ignored. Arm IHI 0069, ICC_EOIR1_EL1.
        Where one has got another priority while it was active, KVM may end another in its place:
        one that is in no list register is found by its priority. Linux: vgic-v3.c, EOIcount.
        """
        if not self._ends(name, value):
            return False
        if any(irq.active and irq.moved for irq in self.irqs.values()):
            return True
        intid = value & LR.vINTID
        return self.taken[-1:] != [intid] or name != f"ICC_EOIR{self.irqs[intid].group}_EL1"

    def _ends(self, name: str, value: int) -> bool:
        return name in ENDS and value & LR.vINTID not in SPECIAL

    # ---- the guest's accesses

    def read(self, name: str, seen: int) -> int:
        """Read a register; `seen` is what the guest got, which settles who of equals is first."""
        # Nothing for this group: then an equally urgent one of the other group may be first.
        other = [irq.intid for irq in self._equals() if f"{irq.group}_EL1" not in name]
        filled = self._fill(first=other[0] if other and seen in SPECIAL else seen)
        value = self.gic.read(BY_NAME[name], 1)
        self._fold(filled)
        if name in TAKES and value not in SPECIAL:
            self.taken.append(value)
        return value

    def write(self, name: str, value: int) -> None:
        """Write a register."""
        if self._ends(name, value):
            self.taken.pop()
        filled = self._fill(first=value & LR.vINTID)
        self.gic.write(BY_NAME[name], 1, value)
        self._fold(filled)
        # All interrupts are in list registers here: nobody else has to end one.
        self.gic.load("ICH_HCR_EL2", HCR.En)

    def _fill(self, first: int) -> list[OwnIrq]:
        """Put the interrupts that matter into the list registers, the most urgent first."""
        due = [irq for irq in self.irqs.values() if irq.active or (irq.enabled and irq.pending)]
        # Where not all fit, those that are active can wait: it is the next one that matters.
        due.sort(key=lambda irq: (irq.intid != first, irq.active, irq.priority))
        due = due[:MAX_LIST_REGISTERS]
        due.sort(key=lambda irq: (not irq.active, irq.priority, irq.intid != first))
        for n, lr in enumerate(self.gic.lrs):
            self.gic.cells[lr] = _lr(due[n]) if n < len(due) else 0
        return due

    def _fold(self, filled: list[OwnIrq]) -> None:
        """Take the states back; whoever was taken has lost its latch.

        A level that the guest has set pending while it was active is not when it ends: there KVM
        differs from a GIC. Linux: vgic-v3.c, vgic_v3_fold_lr_state().
        """
        for lr, irq in zip(self.gic.lrs, filled):
            value = self.gic.cells[lr]
            taken = not irq.active and bool(value & ACTIVE)
            ended = irq.active and not value & ACTIVE and irq.is_level
            irq.active = bool(value & ACTIVE)
            irq.moved = irq.moved and irq.active
            irq.latch = irq.latch and not taken and not ended
            irq.soft = irq.soft and not ended


PRIORITY_BITS = 0xF8
PRIORITY_AT, GROUP_AT = LR.field("Priority").lsb, LR.field("Group").lsb


def _lr(irq: OwnIrq) -> int:
    state = (PENDING if irq.enabled and irq.pending else 0) | (ACTIVE if irq.active else 0)
    return state | irq.intid | irq.priority << PRIORITY_AT | irq.group << GROUP_AT
