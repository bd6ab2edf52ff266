"""The host's perf driver in miniature: events on counters, sampling, multiplexing, reservation.

The host counts at EL2, on the second range while a guest owns the first, on any counter otherwise.

Not modelled: event groups, per-task contexts, IPIs, the cost of rescheduling, PMCR_EL0.LP for the
host.

Source: Linux: drivers/perf/arm_pmuv3.c; kernel/events/core.c, ctx_resched(); posting v8, 06, 14.
"""

from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.sysreg import MASK64
from pmulab.hw.sysregs import CYCLE_IDX, ICH_VTR_EL2, MDCR_EL2, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.hooks import Cpu, Hooks
from pmulab.kvm.vcpu import CYCLE_BIT, Vcpu, counters, evcntr, evtyper

# A host event counts the host kernel at EL2 and no guest.
HOST_ONLY = sum(PMEVTYPER0_EL0.masks("NSH P U"))


class PerfEvent:
    """An event that somebody on the host counts or samples.

    `el_filter` holds PMEVTYPER bits; `vcpu` and `guest_idx` name the emulated counter in front.
    """

    def __init__(
        self,
        name: str,
        event: int,
        period: int = 0,
        el_filter: int = HOST_ONLY,
        vcpu: Vcpu | None = None,
        guest_idx: int = 0,
    ) -> None:
        self.name, self.event, self.period = name, event, period
        self.el_filter, self.vcpu, self.guest_idx = el_filter, vcpu, guest_idx
        self.count = self.samples = self.raw = 0
        self.left = period
        self.idx: int | None = None


class HostData:
    """What the host keeps for one physical CPU. Linux: kvm_host_data, pmu_hw_events."""

    def __init__(self, n: int, cpu: Cpu, reserved: int, dynamic: bool) -> None:
        pmcr = cpu.mrs("PMCR_EL0")
        self.cpu, self.features = n, cpu.features
        self.n_counters = n_counters = PMCR_EL0.get(pmcr, "N")
        self.list_registers = ICH_VTR_EL2.get(cpu.mrs("ICH_VTR_EL2"), "ListRegs") + 1
        # 32, but in a world that the explorer makes finite. A narrow PE narrows PMCCNTR_EL0 too.
        self.counter_bits = cpu.counter_bits
        self.wide_counters = cpu.counter_bits == 32 and "FEAT_PMUv3p5" in cpu.features
        self.event_mask = (1 << cpu.counter_bits) - 1
        self.cycle_mask = MASK64 if cpu.counter_bits == 32 else self.event_mask
        self.pmcr = PMCR_EL0.E | PMCR_EL0.LC
        self.pmcr_ids = pmcr & (PMCR_EL0.IMP | PMCR_EL0.IDCODE)
        self.pmuserenr = 0
        self.loaded: Vcpu | None = None
        self.least_hpmn = 0 if "FEAT_HPMN0" in cpu.features else 1
        self.implemented = CYCLE_BIT | (1 << n_counters) - 1
        fits = 0 <= reserved <= n_counters
        self.max_guest_counters = n_counters - reserved if fits else -1
        self.cntr_mask = self.implemented
        if fits and not dynamic:
            lent = (1 << max(self.max_guest_counters, self.least_hpmn)) - 1
            self.cntr_mask &= ~(lent | CYCLE_BIT)
        # What the host may use while nobody is loaded.
        self.static_mask = self.cntr_mask
        self.events: list[PerfEvent] = []

    @property
    def event_store(self) -> int:
        """Return the bits that an event counter holds."""
        return self.cycle_mask if self.wide_counters else self.event_mask

    def raw_mask(self, idx: int) -> int:
        """Return the bits of a counter that the driver reckons with."""
        return self.cycle_mask if idx == CYCLE_IDX else self.event_mask

    @property
    def used_mask(self) -> int:
        """Return the counters that host events occupy."""
        used = 0
        for event in self.events:
            if event.idx is not None:
                used |= 1 << event.idx
        return used


class HostDriver(Hooks):
    """The hooks of the host's driver."""

    def perf_add(self, event: PerfEvent) -> None:
        """Add an event and try to schedule it."""
        self.host.events.append(event)
        self.perf_schedule()

    def perf_remove(self, event: PerfEvent) -> None:
        """Stop an event and forget it; whoever waits may have its counter."""
        self.perf_stop(event)
        self.host.events.remove(event)
        self.perf_schedule()

    def perf_schedule(self) -> None:
        """Put waiting events on free counters, highest counter first.

        Linux: drivers/perf/arm_pmuv3.c, armv8pmu_get_event_idx().
        """
        for event in self.host.events:
            free = self.host_counter_mask() & ~self.host.used_mask
            if event.idx is None and free:
                self.perf_start(event, self.choose_counter(event, free))

    def choose_counter(self, event: PerfEvent, free: int) -> int | None:
        """Choose a counter: the cycle counter for cycles, else the highest event counter."""
        if event.event == CPU_CYCLES and free & CYCLE_BIT:
            return CYCLE_IDX
        plain = counters(free & ~CYCLE_BIT)
        return plain[-1] if plain else None

    def perf_start(self, event: PerfEvent, idx: int | None) -> None:
        """Program a counter for an event and enable it."""
        if idx is None:
            return
        event.idx = idx
        event.raw = self.perf_start_value(event, idx)
        number = 0 if idx == CYCLE_IDX else event.event
        self.cpu.msr(evtyper(idx), number | event.el_filter)
        self.cpu.msr(evcntr(idx), event.raw)
        self.cpu.msr("PMINTENSET_EL1", 1 << idx)
        self.cpu.msr("PMCNTENSET_EL0", 1 << idx)

    def perf_start_value(self, event: PerfEvent, idx: int) -> int:
        """Return where a counter starts: its period away from the overflow, at most half its range.

        So the host looks at it before a whole turn of the counter could be lost.
        Linux: drivers/perf/arm_pmu.c, armpmu_event_set_period().
        """
        mask = self.host.raw_mask(idx)
        half = max(mask >> 1, 1)
        return -(min(event.left, half) if event.period else half) & mask

    def perf_stop(self, event: PerfEvent) -> None:
        """Disable an event's counter and keep its count; a flag still set becomes its sample."""
        if event.idx is None:
            return
        bit = 1 << event.idx
        self.cpu.msr("PMCNTENCLR_EL0", bit)
        self.cpu.msr("PMINTENCLR_EL1", bit)
        self.perf_update(event)
        if self.cpu.mrs("PMOVSSET_EL0") & bit:
            self.cpu.msr("PMOVSCLR_EL0", bit)
            self.perf_sample(event)
        event.idx = None

    def perf_update(self, event: PerfEvent) -> None:
        """Add what the counter has counted since the last look."""
        assert event.idx is not None, f"{event.name} waits: it has no counter"
        mask = self.host.raw_mask(event.idx)
        raw = self.cpu.mrs(evcntr(event.idx)) & mask
        delta = raw - event.raw & mask
        event.count += delta
        event.raw = raw
        if event.period:
            event.left -= delta

    def perf_sample(self, event: PerfEvent) -> None:
        """Take the samples whose period has passed and arm the next one."""
        if not event.period or event.left > 0:
            return
        passed = -event.left // event.period + 1
        event.samples += passed
        event.left += passed * event.period
        if event.vcpu is not None:
            self.emulated_overflow(event.vcpu, event.guest_idx)

    def perf_overflow(self, idx: int) -> None:
        """Handle the overflow of one of the host's counters."""
        for event in self.host.events:
            if event.idx == idx:
                self.perf_update(event)
                self.perf_sample(event)
                event.raw = self.perf_start_value(event, idx)
                self.cpu.msr(evcntr(idx), event.raw)

    def perf_rotate(self) -> None:
        """Let the events that wait have a turn.

        Linux: kernel/events/core.c, perf_rotate_context().
        """
        mine = [event for event in self.host.events if event.vcpu is None]
        running = [event for event in mine if event.idx is not None]
        if len(running) == len(mine):
            return
        for event in running:
            self.perf_stop(event)
        # The first that has had a turn goes to the end: ctx_event_to_rotate().
        last = (running or mine)[0]
        self.host.events.remove(last)
        self.host.events.append(last)
        self.perf_schedule()

    def driver_stop(self) -> None:
        """Stop the host's counters; a guest's PMCR_EL0.E is not the host's to touch.

        Linux: drivers/perf/arm_pmuv3.c, armv8pmu_stop().
        """
        self._driver_enable(False)

    def driver_start(self) -> None:
        """Let the host's counters run. Linux: drivers/perf/arm_pmuv3.c, armv8pmu_start()."""
        self._driver_enable(True)

    def _driver_enable(self, on: bool) -> None:
        vcpu = self.host.loaded
        guest = vcpu is not None and self.owns_counters(vcpu)
        name, bit = ("MDCR_EL2", MDCR_EL2.HPME) if guest else ("PMCR_EL0", PMCR_EL0.E)
        old = self.cpu.mrs(name)
        self.cpu.msr(name, old | bit if on else old & ~bit)

    def set_guest_counters(self, mask: int) -> None:
        """Take counters from the host while a guest owns them, and give them back (mask 0).

        With a static reservation the host never had them. Linux: posting v8, patch 14,
        kvm_pmu_set_guest_counters().
        """
        if not self.config.dynamic:
            return
        waiting = any(event.idx is None for event in self.host.events)
        if self.host.used_mask & mask or (waiting and not mask):
            # All of them, not only those that must move: in their order they find the best places.
            for event in self.host.events:
                self.perf_stop(event)
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()
