"""What KVM's vGIC keeps of one vCPU: its interrupts, and the list of those that wait or are active.

Not modelled: affinity routing between vCPUs, LPIs, GICv4.

Source: Linux: include/kvm/arm_vgic.h, struct vgic_irq; arch/arm64/kvm/vgic/vgic-init.c.
"""

from dataclasses import dataclass

EDGE, LEVEL = "edge", "level"
PMU_PPI = 23


@dataclass(slots=True)
class VgicIrq:
    """One interrupt as the vGIC's software knows it."""

    intid: int
    config: str
    priority: int = 0
    group: int = 1
    enabled: bool = False
    line_level: bool = False
    pending_latch: bool = False
    active: bool = False
    queued: bool = False

    @property
    def pending(self) -> bool:
        """Tell whether it is pending: latched, or its level line is high.

        Linux: vgic.h, irq_is_pending().
        """
        return self.pending_latch or (self.config == LEVEL and self.line_level)


class VgicCpu:
    """The interrupts of one vCPU and its ap_list: those active or pending, in arrival order."""

    def __init__(self) -> None:
        self.irqs: dict[int, VgicIrq] = {}
        self.ap_list: list[int] = []
        self.used_lrs = 0
        self.vmcr = 0
        self.active_priorities: tuple[int, ...] = (0, 0)

    def irq(self, intid: int) -> VgicIrq:
        """Return an interrupt, made on first use: an SGI is edge and enabled, others are level."""
        if intid not in self.irqs:
            sgi = intid < 16
            self.irqs[intid] = VgicIrq(intid, EDGE if sgi else LEVEL, enabled=sgi)
        return self.irqs[intid]
