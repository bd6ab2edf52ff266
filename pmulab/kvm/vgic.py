"""KVM's vGIC for one vCPU: queue, flush to list registers, fold back, re-sample levels.

Not modelled: affinity and migration of SPIs between vCPUs, LPIs, HW-mapped interrupts, GICv2,
vSGIEOICount.

Source: Linux: arch/arm64/kvm/vgic/vgic.c, vgic-v3.c, vgic-mmio.c; the list-register overflow
scheme of 6.19.
"""

from pmulab.hw.sysregs import REGS
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.vcpu import Vcpu
from pmulab.kvm.vgic_state import EDGE, LEVEL, VgicIrq

HCR, VMCR, LR = (REGS[name] for name in ("ICH_HCR_EL2", "ICH_VMCR_EL2", "ICH_LR0_EL2"))
PENDING_BIT, ACTIVE_BIT, EOI_BIT = LR.put(0, State=1), LR.put(0, State=2), LR.EOI
PRIORITY_SHIFT, GROUP_SHIFT = LR.shifts("Priority Group")
INTID = LR.vINTID
PRIORITY_BITS = 0xF8
# For group 0 and group 1: its enable, and the wish to be called when that is set or cleared.
GROUP_ENABLES = VMCR.masks("VENG0 VENG1")
GROUP_ON, GROUP_OFF = HCR.masks("VGrp0EIE VGrp1EIE"), HCR.masks("VGrp0DIE VGrp1DIE")
SAVED = ("ICH_VMCR_EL2", "ICH_AP0R0_EL2", "ICH_AP1R0_EL2")


class Vgic(Hooks):
    """The hooks of the vGIC."""

    # ---- the inputs

    def vgic_inject(self, vcpu: Vcpu, intid: int, level: bool) -> None:
        """Set an interrupt's input line. Lowering a level does not dequeue; the next sync prunes.

        Linux: vgic.c, kvm_vgic_inject_irq().
        """
        irq = vcpu.vgic.irq(intid)
        if irq.config == LEVEL and irq.line_level == level:
            return
        if irq.config == LEVEL:
            irq.line_level = level
        elif level:
            irq.pending_latch = True
        self.vgic_queue(vcpu, irq)

    def vgic_queue(self, vcpu: Vcpu, irq: VgicIrq) -> None:
        """Append an interrupt to the ap_list if it has somewhere to go, and kick.

        Linux: vgic.c, vgic_queue_irq_unlock().
        """
        if not self.vgic_target(irq):
            return
        if not irq.queued:
            irq.queued = True
            vcpu.vgic.ap_list.append(irq.intid)
        self.kick(vcpu)

    def vgic_target(self, irq: VgicIrq) -> bool:
        """Tell whether an interrupt belongs on the list: active, or enabled and pending.

        Group enables and the priority mask are not looked at here. Linux: vgic_target_oracle().
        """
        return irq.active or (irq.enabled and irq.pending)

    def vgic_configure(
        self, vcpu: Vcpu, intid: int, priority: int | None = None, **what: bool
    ) -> None:
        """Do a guest's write to the redistributor: enabled, priority, pending, active or group.

        Linux: vgic-mmio.c, vgic_mmio_write_senable() and its neighbours.
        """
        irq = vcpu.vgic.irq(intid)
        if priority is not None:
            irq.priority = priority & PRIORITY_BITS
        irq.enabled = what.get("enabled", irq.enabled)
        irq.active = what.get("active", irq.active)
        irq.pending_latch = what.get("pending", irq.pending_latch)
        irq.group = int(what.get("group", irq.group))
        self.vgic_queue(vcpu, irq)

    # ---- entry

    def vgic_flush(self, vcpu: Vcpu) -> None:
        """Put the interrupts that wait into the list registers, the most urgent where not all fit.

        Linux: vgic.c, kvm_vgic_flush_hwstate(), vgic_flush_lr_state().
        """
        vgic, n_lrs = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = self.vgic_chosen(vcpu)
        if len(chosen) > n_lrs:
            self.vgic_sort_ap_list(vcpu)
            chosen = self.vgic_chosen(vcpu)
        for lr, irq in enumerate(chosen[:n_lrs]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        for lr in range(min(len(chosen), n_lrs), vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = min(len(chosen), n_lrs)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n_lrs:]))

    def vgic_chosen(self, vcpu: Vcpu) -> list[VgicIrq]:
        """List the interrupts that are due, in the order of the ap_list."""
        irqs = (vcpu.vgic.irqs[intid] for intid in vcpu.vgic.ap_list)
        return [irq for irq in irqs if self.vgic_target(irq)]

    def vgic_sort_ap_list(self, vcpu: Vcpu) -> None:
        """Sort the ap_list of a loaded vCPU, by the group enables that its guest has set.

        Linux: vgic.c, vgic_sort_ap_list().
        """
        vgic, vmcr = vcpu.vgic, self.cpu.mrs("ICH_VMCR_EL2")
        vgic.ap_list.sort(key=lambda intid: vgic_order(vgic.irqs[intid], vmcr))

    def vgic_maintenance(self, beyond: list[VgicIrq]) -> int:
        """Return the ICH_HCR_EL2 bits that call KVM back for those without a list register.

        An active one is ended by EOIcount, or by a write of ICC_DIR_EL1 that names it: a trap.
        Linux: vgic-v3.c, vgic_v3_configure_hcr().
        """
        if not beyond:
            return 0
        waiting = any(irq.pending and not irq.active for irq in beyond)
        active = any(irq.active for irq in beyond)
        switched = group_switches({irq.group for irq in beyond}, self.cpu.mrs("ICH_VMCR_EL2"))
        return HCR.UIE | waiting * HCR.NPIE | active * (HCR.LRENPIE | HCR.TDIR) | switched

    def vgic_populate(self, irq: VgicIrq) -> int:
        """Return the list register's value for an interrupt; an edge is consumed by this.

        A level asks for maintenance at its end and is never pending while active: software
        re-samples it. Linux: vgic-v3.c, vgic_v3_populate_lr().
        """
        value = irq.intid | irq.priority << PRIORITY_SHIFT | irq.group << GROUP_SHIFT
        value |= ACTIVE_BIT if irq.active else 0
        if irq.config == LEVEL:
            value |= EOI_BIT
            return value | (PENDING_BIT if irq.pending and not irq.active else 0)
        if irq.pending_latch:
            irq.pending_latch = False
            value |= PENDING_BIT
        return value

    # ---- exit

    def vgic_sync(self, vcpu: Vcpu) -> None:
        """Take the list registers back into memory and drop what is over.

        Linux: vgic.c, kvm_vgic_sync_hwstate(); vgic-v3.c, vgic_v3_fold_lr_state().
        """
        vgic = vcpu.vgic
        if not vgic.ap_list:
            return
        in_lrs = [
            self.vgic_fold(vcpu, self.cpu.mrs(f"ICH_LR{lr}_EL2")) for lr in range(vgic.used_lrs)
        ]
        self.vgic_replay_eoicount(vcpu, in_lrs)
        kept = [intid for intid in vgic.ap_list if self.vgic_target(vgic.irqs[intid])]
        for intid in set(vgic.ap_list) - set(kept):
            vgic.irqs[intid].queued = False
        vgic.ap_list = kept

    def vgic_fold(self, vcpu: Vcpu, value: int) -> int:
        """Take one list register back; returns its INTID."""
        irq = vcpu.vgic.irqs[value & INTID]
        irq.active = bool(value & ACTIVE_BIT)
        if irq.config == EDGE and value & PENDING_BIT:
            irq.pending_latch = True
        if irq.config == LEVEL and not value & (PENDING_BIT | ACTIVE_BIT):
            irq.pending_latch = False
        return irq.intid

    def vgic_replay_eoicount(self, vcpu: Vcpu, in_lrs: list[int]) -> None:
        """End the active interrupts that had no list register, as many as the guest has ended.

        The guest ends the most urgent first, and so is the list sorted. One that is in a list
        register has not been ended by EOIcount (list, 2026-03-07, "Skip interrupts in LRs during
        EOIcount replay").
        """
        ended = HCR.get(self.cpu.mrs("ICH_HCR_EL2"), "EOIcount")
        irqs = [vcpu.vgic.irqs[i] for i in vcpu.vgic.ap_list if i not in in_lrs]
        for irq in [irq for irq in irqs if irq.active][:ended]:
            self.vgic_fold(vcpu, self.vgic_populate(irq) & ~ACTIVE_BIT)

    def vgic_deactivate(self, vcpu: Vcpu, intid: int) -> None:
        """Do a trapped write of ICC_DIR_EL1: end this interrupt, if the guest's EOImode is 1.

        Linux: vgic-v3.c, vgic_v3_deactivate().
        """
        irq = vcpu.vgic.irqs.get(intid)
        if irq and irq.active and self.cpu.mrs("ICH_VMCR_EL2") & VMCR.VEOIM:
            self.vgic_fold(vcpu, self.vgic_populate(irq) & ~ACTIVE_BIT)

    # ---- load, put, wake

    def vgic_load(self, vcpu: Vcpu) -> None:
        """Give the virtual CPU interface to a vCPU. Linux: vgic-v3.c, vgic_v3_load()."""
        vgic = vcpu.vgic
        for name, value in zip(SAVED, (vgic.vmcr, *vgic.active_priorities), strict=True):
            self.cpu.msr(name, value)
        self.cpu.msr("ICH_HCR_EL2", HCR.En)

    def vgic_put(self, vcpu: Vcpu) -> None:
        """Take the virtual CPU interface from a vCPU. Linux: vgic-v3.c, vgic_v3_put()."""
        vgic = vcpu.vgic
        vgic.vmcr, *priorities = (self.cpu.mrs(name) for name in SAVED)
        vgic.active_priorities = tuple(priorities)
        self.cpu.msr("ICH_HCR_EL2", 0)
        for lr in range(vgic.used_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        vgic.used_lrs = 0

    def vgic_pending(self, vcpu: Vcpu) -> bool:
        """Tell whether an interrupt waits that the guest's priority mask lets through.

        Linux: vgic.c, kvm_vgic_vcpu_pending_irq().
        """
        loaded = self.host.loaded is vcpu
        vmcr = self.cpu.mrs("ICH_VMCR_EL2") if loaded else vcpu.vgic.vmcr
        return any(
            irq.pending and irq.enabled and not irq.active and irq.priority < VMCR.get(vmcr, "VPMR")
            for irq in (vcpu.vgic.irqs[intid] for intid in vcpu.vgic.ap_list)
        )


def vgic_order(irq: VgicIrq, vmcr: int = sum(GROUP_ENABLES)) -> tuple[bool, bool, bool, int]:
    """Order interrupts for the list registers: pending, then active, then neither; urgent first.

    Those of a group that the guest has disabled in `vmcr` come after all that can be signalled.
    Up to 6.18 the active ones came first: with all list registers active, the guest could not be
    interrupted any more. Linux: vgic.c, vgic_irq_cmp().
    """
    waiting = irq.enabled and irq.pending and not irq.active
    disabled = not vmcr & GROUP_ENABLES[irq.group]
    return not (waiting or irq.active), disabled, not waiting, irq.priority


def group_switches(beyond: set[int], vmcr: int) -> int:
    """Return the ICH_HCR_EL2 bits that tell when the guest switches a group, for those beyond.

    Where their group is switched on they may come in; where the other one is switched off it makes
    room for them. (KVM asks for both, whoever waits.) Linux: vgic-v3.c, vgic_v3_configure_hcr().
    """
    on = [bool(vmcr & enable) for enable in GROUP_ENABLES]
    asked = sum(GROUP_ON[group] for group in beyond if not on[group])
    return asked | sum(GROUP_OFF[1 - group] for group in beyond if all(on))
