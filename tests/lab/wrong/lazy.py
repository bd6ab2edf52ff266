"""Wrong ownership: who gets counters when, and what the host gives up for it."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import CYCLE_IDX
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED

COUNTER_30 = 1 << 30

# ---- lazy.take


@wrong("lazy.take", "other CPU")
class TakeOnBootCpu(Hypervisor):
    """Whether the vCPU suits the boot CPU decides."""

    def take_ownership(self, vcpu):
        if vcpu.access == FREE and self.is_partitioned(vcpu) and vcpu.supports(0):
            vcpu.access = GUEST_OWNED
            self.setup_traps(vcpu)
            self.pmu_load(vcpu)


@wrong("lazy.take", "a guest without event counters")
class TakeWantsEventCounters(Hypervisor):
    """A guest with the cycle counter alone stays FREE."""

    def take_ownership(self, vcpu):
        if vcpu.vm.n_counters:
            super().take_ownership(vcpu)


@wrong("lazy.take", "FEAT_FGT absent")
class TakeWantsFgt(Hypervisor):
    """Without fine-grained traps it stays FREE: every access traps anyway."""

    def take_ownership(self, vcpu):
        if "FEAT_FGT" in self.host.features:
            super().take_ownership(vcpu)


@wrong("lazy.take", "FEAT_HPMN0 absent")
class TakeWantsHpmn0(Hypervisor):
    """Without FEAT_HPMN0 a guest without event counters stays FREE."""

    def take_ownership(self, vcpu):
        if vcpu.vm.n_counters or "FEAT_HPMN0" in self.host.features:
            super().take_ownership(vcpu)


@wrong("lazy.take", "other CPU")
class TakeAsBootCpuLends(Hypervisor):
    """Whether the boot CPU has a partition decides."""

    def take_ownership(self, vcpu):
        lends = self.hosts[0].max_guest_counters >= 0 and vcpu.vm.partitioned
        if vcpu.access == FREE and lends and vcpu.supports(self.host.cpu):
            vcpu.access = GUEST_OWNED
            self.setup_traps(vcpu)
            self.pmu_load(vcpu)


# ---- lazy.decide


@wrong("lazy.decide", "counter numbers")
class DecideBySixteen(Hypervisor):
    """16 event counters and the cycle counter are looked at."""

    def decide_ownership(self, vcpu):
        enabled = vcpu.regs["PMCNTENSET_EL0"] & (CYCLE_BIT | 0xFFFF)
        wanted = not self.config.lazy or enabled
        vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else FREE


@wrong("lazy.decide", "counter numbers")
class DecideWithoutThirty(Hypervisor):
    """`range(30)` and the cycle counter."""

    def decide_ownership(self, vcpu):
        wanted = not self.config.lazy or vcpu.regs["PMCNTENSET_EL0"] & ~COUNTER_30
        vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else FREE


@wrong("lazy.decide", "FEAT_FGT absent")
class DecideWantsFgt(Hypervisor):
    """Without fine-grained traps every vCPU begins FREE."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if "FEAT_FGT" not in self.host.features:
            vcpu.access = FREE


@wrong("lazy.decide", "static and dynamic")
class DecideSparesTheHost(Hypervisor):
    """With a dynamic reservation every vCPU begins FREE, to leave the host its counters."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if self.config.dynamic:
            vcpu.access = FREE


@wrong("lazy.decide", "a guest without event counters")
class DecideWantsEventCounters(Hypervisor):
    """A guest with the cycle counter alone is FREE."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if not vcpu.vm.n_counters:
            vcpu.access = FREE


@wrong("lazy.decide", "other CPU")
class DecideAsBootCpuLends(Hypervisor):
    """Whether the boot CPU has a partition decides."""

    def decide_ownership(self, vcpu):
        wanted = not self.config.lazy or vcpu.regs["PMCNTENSET_EL0"] != 0
        lends = self.hosts[0].max_guest_counters >= 0 and vcpu.vm.partitioned
        vcpu.access = GUEST_OWNED if lends and wanted else FREE


# ---- dynamic.reserve


@wrong("dynamic.reserve", "host events of cycles")
class ReserveLeavesCycles(Hypervisor):
    """An event on the cycle counter stays there: that counter is not partitioned."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        for event in self.host.events:
            if event.idx not in (None, CYCLE_IDX) and (not mask or mask >> event.idx & 1):
                self.perf_stop(event)
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


@wrong("dynamic.reserve", "host events that sample")
class ReserveLeavesSamples(Hypervisor):
    """An event that samples stays where it is, lest it lose its period."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        for event in self.host.events:
            if not event.period:
                self.perf_stop(event)
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


@wrong("dynamic.reserve", "more than two host events")
class ReserveMovesTwo(Hypervisor):
    """Two events are moved, however many there are."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        for event in self.host.events[:2]:
            self.perf_stop(event)
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


@wrong("dynamic.reserve", "counter numbers")
class ReserveMovesFromEight(Hypervisor):
    """Events on the lowest eight counters and on the cycle counter are moved."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        for event in self.host.events:
            if event.idx is not None and (not mask or mask & (CYCLE_BIT | 0xFF) & 1 << event.idx):
                self.perf_stop(event)
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


@wrong("dynamic.reserve", "host events that wait")
class ReserveDropsWaiting(Hypervisor):
    """Events that find no place are forgotten."""

    def set_guest_counters(self, mask):
        super().set_guest_counters(mask)
        self.host.events = [event for event in self.host.events if event.idx is not None]


@wrong("dynamic.reserve", "host events that sample")
class ReserveRestartsPeriods(Hypervisor):
    """An event that is moved begins its period anew: often moved, it never takes a sample."""

    def set_guest_counters(self, mask):
        super().set_guest_counters(mask)
        for event in self.host.events:
            if self.config.dynamic and event.idx is not None:
                self.perf_stop(event)
                event.left = event.period
        self.perf_schedule()


@wrong("dynamic.reserve", "other CPU")
class ReserveOnEveryCpu(Hypervisor):
    """The mask is taken from the host on every CPU."""

    def set_guest_counters(self, mask):
        super().set_guest_counters(mask)
        if self.config.dynamic:
            for host in self.hosts:
                host.cntr_mask = host.implemented & ~mask
