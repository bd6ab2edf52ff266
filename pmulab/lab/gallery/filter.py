"""The gallery: the event filter at load.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import counters, evcntr, evtyper
from pmulab.lab.gallery.gallery import bug


@bug("filter-ignored", "apply_event_filter", "own_counts", "small")
class FilterIgnored(Hypervisor):
    """Load writes the guest's event types as they are. A denied event counts."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), vcpu.regs[evtyper(idx)] & ~INCLUDE_EL2)


@bug("filter-whole-register", "hardware_type", "own_counts", "el-filter")
class FilterWholeRegister(Hypervisor):
    """The whole event type is looked up, exclude bits included.

    With one of them set a denied event is not recognised.
    """

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        allowed = vcpu.vm.event_filter.allows(typer)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@bug("filter-keeps-saved", "apply_event_filter", "own_reads", "small")
class FilterKeepsSaved(Hypervisor):
    """Load writes the excludes into the saved event type too.

    The guest reads back what it never wrote.
    """

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            vcpu.regs[evtyper(idx)] = self.hardware_type(vcpu, idx)
            self.cpu.msr(evtyper(idx), vcpu.regs[evtyper(idx)])


@bug("filter-forgets-cycles", "apply_event_filter", "own_counts", "cycles")
class FilterForgetsCycles(Hypervisor):
    """The loop ends before counter 31. The cycle counter counts although CPU_CYCLES is denied."""

    def apply_event_filter(self, vcpu):
        for idx in range(self.guest_counters(vcpu)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@bug("filter-wrong-register", "apply_event_filter", "own_counts", "cycles")
class FilterWrongRegister(Hypervisor):
    """The cycle counter's filter bits are written into the counter.

    The next step of load hides that, and the denied cycles count.
    """

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            name = evcntr(idx) if idx == CYCLE_IDX else evtyper(idx)
            self.cpu.msr(name, self.hardware_type(vcpu, idx))


@bug("counts-el2", "hardware_type", "own_counts", "cycles-el2")
class CountsEl2(Hypervisor):
    """NSH stays in the event type and HCCD is not set, so the guest's cycle counter counts EL2."""

    def hardware_type(self, vcpu, idx):
        kept = vcpu.regs[evtyper(idx)] & INCLUDE_EL2
        return Hypervisor.hardware_type(self, vcpu, idx) | kept

    def setup_traps(self, vcpu):
        Hypervisor.setup_traps(self, vcpu)
        self.cpu.msr("MDCR_EL2", self.cpu.mrs("MDCR_EL2") & ~MDCR_EL2.HCCD)
