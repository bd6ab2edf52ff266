"""Wrong interrupts: the host's handler and the guest's share of it."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, counters

COUNTER_30 = 1 << 30

# ---- irq.split


@wrong("irq.split", "counter numbers")
class SplitSixteen(Hypervisor):
    """The host's counters up to 15, though the host has the highest."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask() & 0xFFFF
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "host events of cycles")
class SplitGivesCyclesAway(Hypervisor):
    """The cycle counter's flag is always the guest's."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask() & ~CYCLE_BIT
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "several host events")
class SplitLastOnly(Hypervisor):
    """Of the host's flags all are cleared and the highest is handled."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        if own:
            self.perf_overflow(own.bit_length() - 1)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "other CPU")
class SplitAsOnBootCpu(Hypervisor):
    """The boot CPU's mask decides what is the host's."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.hosts[0].cntr_mask
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "host events that count")
class SplitHandlesSamples(Hypervisor):
    """Only events that sample are handled: one that counts loses a turn of its counter."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for event in self.host.events:
            if event.period and event.idx in counters(own):
                self.perf_overflow(event.idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


@wrong("irq.split", "FREE and GUEST_OWNED")
class SplitByLoadedGuest(Hypervisor):
    """The loaded guest's mask is the guest's share, also while it is FREE."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
        if not overflow:
            return False
        vcpu = self.host.loaded
        own = overflow & ~(self.guest_counter_mask(vcpu) if vcpu else 0)
        self.cpu.msr("PMOVSCLR_EL0", own)
        self.driver_stop()
        for idx in counters(own):
            self.perf_overflow(idx)
        if overflow & ~own:
            self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return True


# ---- irq.record


@wrong("irq.record", "counter numbers")
class RecordSixteen(Hypervisor):
    """Flags of 16 event counters and of the cycle counter; others hold the line high."""

    def handle_guest_irq(self, overflow):
        super().handle_guest_irq(overflow & (CYCLE_BIT | 0xFFFF))


@wrong("irq.record", "counter numbers")
class RecordWithoutThirty(Hypervisor):
    """`range(30)`: the flag of counter 30 is cleared and not recorded."""

    def handle_guest_irq(self, overflow):
        self.cpu.msr("PMOVSCLR_EL0", overflow & COUNTER_30)
        super().handle_guest_irq(overflow & ~COUNTER_30)


@wrong("irq.record", "other CPU")
class RecordForBootCpu(Hypervisor):
    """Whoever is loaded on the boot CPU gets the flags."""

    def handle_guest_irq(self, overflow):
        vcpu = self.hosts[0].loaded
        if vcpu is None or not self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        overflow &= self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        if self.overflow_status(vcpu):
            self.kick(vcpu)


@wrong("irq.record", "the flags")
class RecordAdds(Hypervisor):
    """Flags are added with +: one that memory has already carries into the next."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is None or not self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        overflow &= self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        vcpu.regs["PMOVSSET_EL0"] += overflow
        if self.overflow_status(vcpu):
            self.kick(vcpu)


@wrong("irq.record", "PMINTEN and PMCNTEN")
class RecordSilences(Hypervisor):
    """A counter that has overflowed may not interrupt again until the guest enables it."""

    def handle_guest_irq(self, overflow):
        super().handle_guest_irq(overflow)
        self.cpu.msr("PMINTENCLR_EL1", overflow & ~self.host_counter_mask())


@wrong("irq.record", "a guest without event counters")
class RecordForEventCounters(Hypervisor):
    """A guest with the cycle counter alone gets no flag."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is not None and not vcpu.vm.n_counters:
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        super().handle_guest_irq(overflow)
