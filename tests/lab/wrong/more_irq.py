"""More wrong handlers: of the host's counters, and of the guest's share."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.vcpu import CYCLE_BIT, counters

# ---- irq.split


@wrong("irq.split", "the driver")
class SplitStartsForOwn(Hypervisor):
    """The driver is started again where it had a counter of its own."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        if own:
            self.driver_start()
        return True


@wrong("irq.split", "PMCR_EL0.E")
class SplitStopsByE(Hypervisor):
    """All is stopped by PMCR_EL0.E and started again, the guest's counters too."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        pmcr = self.cpu.mrs("PMCR_EL0")
        self.cpu.msr("PMCR_EL0", pmcr & ~PMCR_EL0.E)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        self.cpu.msr("PMCR_EL0", pmcr | PMCR_EL0.E)
        return True


@wrong("irq.split", "counter numbers")
class SplitWithoutThirty(Hypervisor):
    """range(30): the host's counter 30 is cleared and not handled."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own & ~(1 << 30)):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "the guest's flags first")
class SplitGuestByLevel(Hypervisor):
    """A guest whose level is high already is not told again: its flag is cleared."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        rest, vcpu = overflow & ~own, self.host.loaded
        if rest and vcpu is not None and vcpu.irq_level:
            self.cpu.msr("PMOVSCLR_EL0", rest)
        elif rest:
            self.handle_guest_irq(rest)
        self.driver_start()
        return True


@wrong("irq.split", "counter 0")
class SplitWithoutZero(Hypervisor):
    """Counter 0 is never handled: it is taken for a guest's."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own & ~1):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "more than two host events")
class SplitHandlesTwo(Hypervisor):
    """Of the host's counters two are handled and all are cleared."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own)[:2]:
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "sampling")
class SplitOncePerEvent(Hypervisor):
    """Two host events of one kind are handled as one."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        kinds = {e.event: e.idx for e in self.host.events if e.idx is not None and own >> e.idx & 1}
        for idx in kinds.values():
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


# ---- irq.record


@wrong("irq.record", "PMCNTEN")
class RecordEnabledOnly(Hypervisor):
    """A counter that the guest has stopped since is cleared and not recorded."""

    def handle_guest_irq(self, overflow):
        on = self.cpu.mrs("PMCNTENSET_EL0")
        self.cpu.msr("PMOVSCLR_EL0", overflow & ~on & ~self.host_counter_mask())
        super().handle_guest_irq(overflow & on)


@wrong("irq.record", "a flag that memory has")
class RecordToggles(Hypervisor):
    """XOR for OR."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is None or not self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        overflow &= self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        vcpu.regs["PMOVSSET_EL0"] ^= overflow
        if self.overflow_status(vcpu):
            self.kick(vcpu)


@wrong("irq.record", "counter numbers")
class RecordWithoutSeven(Hypervisor):
    """The flag of counter 7 is cleared and lost."""

    def handle_guest_irq(self, overflow):
        if overflow & ~0x80:
            super().handle_guest_irq(overflow & ~0x80)
        self.cpu.msr("PMOVSCLR_EL0", overflow & 0x80)


@wrong("irq.record", "E")
class RecordWhileOn(Hypervisor):
    """With PMCR_EL0.E clear a flag is cleared and not recorded."""

    def handle_guest_irq(self, overflow):
        if self.cpu.mrs("PMCR_EL0") & PMCR_EL0.E:
            super().handle_guest_irq(overflow)
        else:
            self.cpu.msr("PMOVSCLR_EL0", overflow & ~self.host_counter_mask())


@wrong("irq.record", "cycle counter and others")
class RecordCyclesAlone(Hypervisor):
    """With the cycle counter's flag the others wait: cleared."""

    def handle_guest_irq(self, overflow):
        if overflow & CYCLE_BIT:
            self.cpu.msr("PMOVSCLR_EL0", overflow & ~CYCLE_BIT & ~self.host_counter_mask())
            overflow &= CYCLE_BIT
        super().handle_guest_irq(overflow)


@wrong("irq.record", "more than four counters")
class RecordKicksSmall(Hypervisor):
    """A guest with more than four counters is kicked where its level is high already."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu is not None and vcpu.irq_level is False and vcpu.vm.n_counters > 4:
            vcpu.request = before


# ---- irq.record: flags of nobody


@wrong("irq.record", "nobody is loaded")
class NobodysFlagsAndAnother(Hypervisor):
    """Where nobody owns counters, a flag that did not come is cleared, too."""

    def handle_guest_irq(self, overflow):
        if self.host.loaded is None or not self.owns_counters(self.host.loaded):
            self.cpu.msr("PMOVSCLR_EL0", overflow | 0b100)
            return
        super().handle_guest_irq(overflow)


@wrong("irq.record", "nobody is loaded")
class NobodysFlagsButOne(Hypervisor):
    """Where nobody owns counters, the flag of counter 1 stays."""

    def handle_guest_irq(self, overflow):
        if self.host.loaded is None or not self.owns_counters(self.host.loaded):
            self.cpu.msr("PMOVSCLR_EL0", overflow & ~0b10)
            return
        super().handle_guest_irq(overflow)


@wrong("irq.record", "a flag of the host")
class RecordsTheHostsThird(Hypervisor):
    """The guest has the flag of counter 2, whoever that is."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = overflow & 0b100
        super().handle_guest_irq(overflow)
        if vcpu is not None and self.owns_counters(vcpu):
            vcpu.regs["PMOVSSET_EL0"] |= before
