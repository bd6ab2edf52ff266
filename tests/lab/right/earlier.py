"""What is done earlier than need be, or after a look at what is so now: right all the same."""

from lab.right.table import right

from pmulab import Hypervisor
from pmulab.hw.sysregs import REGS

VMCR = REGS["ICH_VMCR_EL2"]


@right("vgic.flush", "what is not due leaves the list at the next exit anyway")
class FlushPrunes(Hypervisor):
    """What is not due leaves the list, and is no more called queued."""

    def vgic_flush(self, vcpu):
        kept = []
        for intid in vcpu.vgic.ap_list:
            irq = vcpu.vgic.irqs[intid]
            irq.queued = self.vgic_target(irq)
            kept += [intid] if irq.queued else []
        vcpu.vgic.ap_list = kept
        super().vgic_flush(vcpu)


@right("vgic.fold", "what is over leaves the list at the end of the exit anyway")
class FoldPrunes(Hypervisor):
    """What is over leaves the list at once."""

    def vgic_fold(self, vcpu, value):
        intid = super().vgic_fold(vcpu, value)
        irq = vcpu.vgic.irqs[intid]
        if not self.vgic_target(irq) and irq.queued:
            irq.queued = False
            vcpu.vgic.ap_list = [one for one in vcpu.vgic.ap_list if one != intid]
        return intid


@right("irq.record", "whom the mask of now holds back sleeps on, kicked or not")
class RecordKicksByMask(Hypervisor):
    """Kicks only where the guest's mask, in the hardware, lets the interrupt through."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu:
            priority = vcpu.vgic.irq(vcpu.vm.irq_num).priority
            if priority >= VMCR.get(self.cpu.mrs("ICH_VMCR_EL2"), "VPMR"):
                vcpu.request = before


@right("vgic.flush", "which of equally urgent ones waits is IMPLEMENTATION DEFINED")
class FlushTiesByIntid(Hypervisor):
    """Of equally urgent ones the one with the higher INTID comes first."""

    def vgic_flush(self, vcpu):
        vcpu.vgic.ap_list.sort(reverse=True)
        super().vgic_flush(vcpu)
