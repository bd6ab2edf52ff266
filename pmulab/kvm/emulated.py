"""The alternative: every access traps, and a perf event of the host stands behind each counter.

What a partition replaces, kept for comparison: the same guest programs run on both.

As in KVM, PMCR_EL0.D divides nothing here, and a counter with CHAIN counts whatever its own level
bits say: no perf event stands behind it. KVM's SW_INCR ignores them too; ours obeys.

Not modelled: 64-bit event counters as chained pairs of the host, sampling skid, event groups.

Source: Linux: arch/arm64/kvm/pmu-emul.c, kvm_pmu_create_perf_event(), kvm_pmu_perf_overflow(),
kvm_pmu_counter_increment().
"""

from pmulab.hw.events import CHAIN, CPU_CYCLES, SW_INCR
from pmulab.hw.sysreg import Rule
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, PMEVTYPER0_EL0, REGS
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.vcpu import CYCLE_BIT, Vcpu, counter_of, counters, evcntr, evtyper

GUEST_LEVELS = PMEVTYPER0_EL0.P | PMEVTYPER0_EL0.U


class Emulated(Hooks):
    """The hooks of the trap-and-emulate vPMU."""

    def emulated_read(self, vcpu: Vcpu, name: str) -> int:
        """Read a register's home; an emulated counter is its saved value and its event's count."""
        if self.is_partitioned(vcpu) or REGS[name].rule is not Rule.COUNTER:
            return self.read_home(vcpu, name)
        idx = counter_of(name)
        event = self.perf_event_of(vcpu, idx)
        if event is None:
            return vcpu.regs[name]
        self.perf_refresh(event)
        return self.counter_value(vcpu, idx, event)

    def emulated_write(self, vcpu: Vcpu, name: str, value: int) -> None:
        """Write a register's home; where it changes what counts, make the perf events agree."""
        if self.is_partitioned(vcpu) or name in ("PMSELR_EL0", "PMUSERENR_EL0"):
            self.write_home(vcpu, name, value)
            return
        self.emulated_release(vcpu, self.emulated_obsolete(vcpu, name, value))
        self.write_home(vcpu, name, value)
        self.emulated_resync(vcpu)

    def emulated_obsolete(self, vcpu: Vcpu, name: str, value: int) -> int:
        """Return the counters whose perf events have another start or width after a write."""
        if REGS[name].rule is Rule.COUNTER:
            return 1 << counter_of(name)
        changed = value ^ vcpu.regs[name] if name == "PMCR_EL0" else 0
        plain = self.virtual_counter_mask(vcpu) & ~CYCLE_BIT if changed & PMCR_EL0.LP else 0
        return plain | (CYCLE_BIT if changed & PMCR_EL0.LC else 0)

    def emulated_resync(self, vcpu: Vcpu) -> None:
        """Make a perf event for each counter that should run and release the others.

        Linux: pmu-emul.c, kvm_pmu_reprogram_counter_mask().
        """
        wanted = self.emulated_counters(vcpu)
        self.emulated_release(vcpu, self.virtual_counter_mask(vcpu) & ~wanted)
        for idx in counters(wanted):
            if self.perf_event_of(vcpu, idx) is None:
                self.emulated_create(vcpu, idx)

    def emulated_counters(self, vcpu: Vcpu) -> int:
        """Return the counters that run by a perf event: enabled, and what they count is allowed."""
        enabled = counters(self.enabled_counters(vcpu))
        events = {idx: self.emulated_event(vcpu, idx) for idx in enabled}
        allows = vcpu.vm.event_filter.allows
        return sum(1 << i for i, e in events.items() if e not in (SW_INCR, CHAIN) and allows(e))

    def enabled_counters(self, vcpu: Vcpu) -> int:
        """Return the counters that run: each enabled, and the PMU as a whole."""
        on = vcpu.regs["PMCR_EL0"] & PMCR_EL0.E
        return vcpu.regs["PMCNTENSET_EL0"] & self.virtual_counter_mask(vcpu) if on else 0

    def guest_levels(self, vcpu: Vcpu, idx: int) -> int:
        """Return where the perf event behind a counter must not count."""
        return vcpu.regs[evtyper(idx)] & GUEST_LEVELS

    def emulated_event(self, vcpu: Vcpu, idx: int) -> int:
        """Return what an emulated counter counts."""
        return CPU_CYCLES if idx == CYCLE_IDX else vcpu.regs[evtyper(idx)] & vcpu.vm.event_mask

    def emulated_create(self, vcpu: Vcpu, idx: int) -> None:
        """Make the perf event behind a counter, with a period that ends at its overflow.

        Linux: pmu-emul.c, kvm_pmu_create_perf_event().
        """
        event = self.emulated_event(vcpu, idx)
        width = 1 << self.counter_width(vcpu, idx)
        left = width - vcpu.regs[evcntr(idx)] % width
        name = f"{vcpu.name} counter {idx}"
        perf = PerfEvent(name, event, width, self.guest_levels(vcpu, idx), vcpu, idx)
        perf.left = left
        self.perf_add(perf)

    def emulated_release(self, vcpu: Vcpu, mask: int) -> None:
        """Fold the perf events behind some counters into the saved values and drop them."""
        for idx in counters(mask):
            event = self.perf_event_of(vcpu, idx)
            if event is not None:
                self.emulated_drop(vcpu, event)

    def emulated_drop(self, vcpu: Vcpu, event: PerfEvent) -> None:
        """Drop the perf event behind a counter; the saved value gets its count.

        Linux: pmu-emul.c, kvm_pmu_stop_counter(), kvm_pmu_release_perf_event().
        """
        self.perf_stop(event)
        vcpu.regs[evcntr(event.guest_idx)] = self.counter_value(vcpu, event.guest_idx, event)
        self.host.events.remove(event)

    def emulated_load(self, vcpu: Vcpu) -> None:
        """Schedule the perf events behind a vCPU's counters in. Linux: perf's guest events."""
        if not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)

    def emulated_put(self, vcpu: Vcpu) -> None:
        """Schedule the perf events behind a vCPU's counters out."""
        if not self.is_partitioned(vcpu):
            self.emulated_release(vcpu, self.virtual_counter_mask(vcpu))
            self.perf_schedule()

    def emulated_overflow(self, vcpu: Vcpu, idx: int) -> None:
        """Set the guest's flag, count CHAIN, and make the guest notice.

        Linux: pmu-emul.c, kvm_pmu_perf_overflow().
        """
        vcpu.regs["PMOVSSET_EL0"] |= 1 << idx
        odd = idx + 1
        enabled = vcpu.regs["PMCNTENSET_EL0"]
        narrow = self.counter_width(vcpu, idx) != 64
        event = vcpu.regs.get(evtyper(odd), 0) & vcpu.vm.event_mask if idx % 2 == 0 else 0
        chained = narrow and event == CHAIN
        if chained and enabled >> odd & 1:
            self.software_count(vcpu, odd, enabled, 1)
        if self.overflow_status(vcpu):
            self.kick(vcpu)

    # ---- the perf event behind a counter

    def perf_event_of(self, vcpu: Vcpu, idx: int) -> PerfEvent | None:
        """Return the perf event behind a vCPU's counter, if it has one."""
        mine = (e for e in self.host.events if e.vcpu is vcpu and e.guest_idx == idx)
        return next(mine, None)

    def perf_refresh(self, event: PerfEvent) -> None:
        """Bring a running event's count up to date."""
        if event.idx is not None:
            self.perf_update(event)

    def counter_value(self, vcpu: Vcpu, idx: int, event: PerfEvent) -> int:
        """Return the guest's counter value: what was saved, and what the event has counted."""
        return vcpu.regs[evcntr(idx)] + event.count & self.writable(REGS[evcntr(idx)])

    def counter_width(self, vcpu: Vcpu, idx: int) -> int:
        """Return the width at which a guest's counter overflows."""
        long = PMCR_EL0.LC if idx == CYCLE_IDX else PMCR_EL0.LP
        wide = self.host.wide_counters or (idx == CYCLE_IDX and self.host.counter_bits == 32)
        return 64 if wide and self.read_home(vcpu, "PMCR_EL0") & long else self.host.counter_bits
