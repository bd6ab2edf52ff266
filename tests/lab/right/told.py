"""More that is told or asked than need be, and Python as people write it: right all the same."""

from functools import wraps

from lab.right.table import right

from pmulab import Hypervisor
from pmulab.hw.sysregs import REGS
from pmulab.kvm.filter import EXCLUDE_ALL
from pmulab.kvm.vcpu import FREE, GUEST_OWNED, counters, evtyper

HCR, VMCR = REGS["ICH_HCR_EL2"], REGS["ICH_VMCR_EL2"]


@right("irq.inject", "the vGIC returns at once where it knows the level")
class InjectTellsAlways(Hypervisor):
    """Tells the vGIC the level at each entry and exit."""

    def update_state(self, vcpu):
        vcpu.irq_level = self.overflow_status(vcpu)
        self.vgic_inject(vcpu, vcpu.vm.irq_num, vcpu.irq_level)


@right("irq.record", "a request that is not due costs a pass through the run loop")
class RecordKicksAlways(Hypervisor):
    """Kicks whoever is loaded, whether its PMU is on or not."""

    def handle_guest_irq(self, overflow):
        super().handle_guest_irq(overflow)
        if self.host.loaded is not None:
            self.kick(self.host.loaded)


@right("vgic.flush", "a call for a switch that makes no room changes nothing; KVM asks for both")
class FlushAsksForBothGroups(Hypervisor):
    """Wants to know of each switch of a group, whoever waits."""

    def vgic_flush(self, vcpu):
        super().vgic_flush(vcpu)
        asked, enables = self.cpu.mrs("ICH_HCR_EL2"), self.cpu.mrs("ICH_VMCR_EL2")
        if asked & HCR.UIE:
            asked |= HCR.VGrp0DIE if enables & VMCR.VENG0 else HCR.VGrp0EIE
            asked |= HCR.VGrp1DIE if enables & VMCR.VENG1 else HCR.VGrp1EIE
            self.cpu.msr("ICH_HCR_EL2", asked)


@right("vgic.flush", "with nothing pending there is at most one in use")
class FlushAsksForOneEnd(Hypervisor):
    """Where the end of what is pending calls, the last but one need not."""

    def vgic_flush(self, vcpu):
        super().vgic_flush(vcpu)
        asked = self.cpu.mrs("ICH_HCR_EL2")
        if asked & HCR.NPIE:
            self.cpu.msr("ICH_HCR_EL2", asked & ~HCR.UIE)


@right("swap.guard", "nobody asks about a vCPU that is not loaded")
class OwnsWhileLoaded(Hypervisor):
    """Looks whether the vCPU is the one that is loaded, too."""

    def owns_counters(self, vcpu):
        return self.host.loaded is vcpu and super().owns_counters(vcpu)


def noted(hook):
    """Wrap a hook, as people do to debug."""

    @wraps(hook)
    def wrapped(self, *args):
        return hook(self, *args)

    return wrapped


@right("swap.put", "a decorator changes nothing")
class PutDecorated(Hypervisor):
    """The method has a decorator, and calls `super()`."""

    @noted
    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)


@right("swap.put", "a property is as good as a method")
class PutByProperty(Hypervisor):
    """What it calls is a property, which asks the class above."""

    @property
    def library(self):
        """Return the library's put."""
        return super().pmu_put

    def pmu_put(self, vcpu):
        self.library(vcpu)


@right("swap.put", "nobody gives it")
class PutWithDefault(Hypervisor):
    """The method has a parameter more, with a default."""

    def pmu_put(self, vcpu, also=("PMSELR_EL0",)):
        super().pmu_put(vcpu)
        for name in also if self.owns_counters(vcpu) else ():
            vcpu.regs[name] = self.cpu.mrs(name)


@right("lazy.take", "what `super()` does is what the library does")
class TakeBySuper(Hypervisor):
    """Calls the library's hooks past its own."""

    def take_ownership(self, vcpu):
        if vcpu.access == FREE and self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu):
            vcpu.access = GUEST_OWNED
            super().setup_traps(vcpu)
            super().pmu_load(vcpu)


@right("irq.record", "a halted vCPU runs when an interrupt waits in its vGIC")
class RecordTellsTheVgic(Hypervisor):
    """Tells the vGIC at once, instead of a kick."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is None or not self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        overflow &= self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        self.update_state(vcpu)


@right("filter.load", "what counts nowhere may have any event")
class LoadEmptiesDenied(Hypervisor):
    """Gives a denied event's counter no event at all."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            kind = self.hardware_type(vcpu, idx)
            nowhere = kind & EXCLUDE_ALL == EXCLUDE_ALL
            self.cpu.msr(evtyper(idx), EXCLUDE_ALL if nowhere else kind)
