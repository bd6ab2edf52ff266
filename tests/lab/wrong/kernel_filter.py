"""Filters, ownership, reservations and traps with one thing wrong, as a developer gets it wrong."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.events import CHAIN, CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.filter import EVENT, EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.vcpu import CYCLE_BIT, GUEST_OWNED, counter_of, counters, evcntr, evtyper

P, U = PMEVTYPER0_EL0.P, PMEVTYPER0_EL0.U

# ---- the event filter


@wrong("filter.load", "enabled counters")
class TypesOfEnabled(Hypervisor):
    """Types of counters that are enabled now; one that is enabled later has a stranger's."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu) & vcpu.regs["PMCNTENSET_EL0"]):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.load", "first of several")
class TypesUpToDenied(Hypervisor):
    """`break` for `continue`: behind the first denied event nothing is written."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))
            if not vcpu.vm.event_filter.allows(vcpu.regs[evtyper(idx)] & EVENT):
                break


@wrong("filter.load", "the cycle counter")
class TypesWithoutCycles(Hypervisor):
    """PMCCFILTR_EL0 is not one of the event types."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu) & ~CYCLE_BIT):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.type", "event numbers")
class TypeKeyWithoutBit12(Hypervisor):
    """The key lacks bit 12: 0x1011 is judged as cycles."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT & ~0x1000
        allowed = vcpu.vm.event_filter.allows(event)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "EL filters")
class TypeDeniesByToggle(Hypervisor):
    """XOR for OR: a denied event that the guest excludes at EL1 counts there."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        denied = not vcpu.vm.event_filter.allows(event)
        return (typer & ~INCLUDE_EL2) ^ (EXCLUDE_ALL if denied else 0)


@wrong("filter.type", "range ends")
class TypeAllowsEndOfRange(Hypervisor):
    """The last event of a range is not in it."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        ranges = vcpu.vm.event_filter.ranges
        allowed = vcpu.vm.event_filter.allows(event)
        if ranges and ranges[-1][0] <= event == ranges[-1][1] - 1 and event not in (0, CHAIN):
            allowed = vcpu.vm.event_filter.default
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.write", "FREE")
class WriteAlwaysHardware(Hypervisor):
    """A FREE guest's type goes into a counter of the host."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value)
        if self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu):
            self.cpu.msr(name, self.hardware_type(vcpu, counter_of(name)))


@wrong("filter.write", "order")
class WriteHardwareFirst(Hypervisor):
    """The hardware gets the type of before: the new one is stored too late."""

    def write_type(self, vcpu, name, value):
        if self.in_hardware(vcpu):
            self.cpu.msr(name, self.hardware_type(vcpu, counter_of(name)))
            vcpu.regs[name] = value
        else:
            super().write_type(vcpu, name, value)


@wrong("filter.ban", "the cycle counter")
class BanWithoutCycles(Hypervisor):
    """A ban reaches event counters alone."""

    def resync_event_filter(self, vcpu):
        if self.in_hardware(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu) & ~CYCLE_BIT):
                self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))
        else:
            super().resync_event_filter(vcpu)


@wrong("filter.ban", "bans only")
class BanOnly(Hypervisor):
    """What is allowed again waits for the next load."""

    def resync_event_filter(self, vcpu):
        if not self.in_hardware(vcpu):
            super().resync_event_filter(vcpu)
            return
        for idx in counters(self.guest_counter_mask(vcpu)):
            value = self.hardware_type(vcpu, idx)
            if value & EXCLUDE_ALL == EXCLUDE_ALL:
                self.cpu.msr(evtyper(idx), value)


@wrong("filter.ban", "FREE")
class BanWritesFree(Hypervisor):
    """Whoever is loaded has its types written, FREE or not."""

    def resync_event_filter(self, vcpu):
        if self.host.loaded is vcpu:
            self.apply_event_filter(vcpu)
        if not self.is_partitioned(vcpu):
            super().resync_event_filter(vcpu)


# ---- ownership, reservation


@wrong("lazy.take", "order")
class TakeLoadsFirst(Hypervisor):
    """A load before the flag: nothing is loaded."""

    def take_ownership(self, vcpu):
        if vcpu.access != GUEST_OWNED and self.is_partitioned(vcpu):
            self.pmu_load(vcpu)
            vcpu.access = GUEST_OWNED
            self.setup_traps(vcpu)


@wrong("lazy.take", "traps")
class TakeWithoutTraps(Hypervisor):
    """The boundary and the traps stay as for a FREE guest."""

    def take_ownership(self, vcpu):
        if vcpu.access != GUEST_OWNED and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED
            self.pmu_load(vcpu)


@wrong("lazy.decide", "stale flag")
class DecideNeverFrees(Hypervisor):
    """Once an owner, always an owner; whoever is FREE stays it."""

    def decide_ownership(self, vcpu):
        if not self.config.lazy and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED


@wrong("lazy.decide", "interrupt enables")
class DecideByInterrupts(Hypervisor):
    """Looks at PMINTENSET_EL1."""

    def decide_ownership(self, vcpu):
        wanted = not self.config.lazy or vcpu.regs["PMINTENSET_EL1"] != 0
        vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else "FREE"


@wrong("dynamic.reserve", "give back")
class ReserveKeepsCycles(Hypervisor):
    """Given back is what was lent without counter 31."""

    def set_guest_counters(self, mask):
        super().set_guest_counters(mask)
        if self.config.dynamic and not mask:
            self.host.cntr_mask &= ~CYCLE_BIT


@wrong("dynamic.reserve", "the last one")
class ReserveStopsLast(Hypervisor):
    """Of the events on lent counters the last one moves."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        moving = [e for e in self.host.events if e.idx is not None and mask >> e.idx & 1]
        for event in moving[-1:] if mask else list(self.host.events):
            self.perf_stop(event)
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


@wrong("dynamic.reserve", "sampling")
class ReserveWithoutSchedule(Hypervisor):
    """Those that were stopped wait for the next perf_add."""

    def set_guest_counters(self, mask):
        if self.config.dynamic:
            for event in self.host.events:
                self.perf_stop(event)
            self.host.cntr_mask = self.host.implemented & ~mask


# ---- traps


@wrong("trap.control", "C")
class ControlResetsWithP(Hypervisor):
    """P zeroes the cycle counter too."""

    def write_control(self, vcpu, value):
        super().write_control(vcpu, value | (PMCR_EL0.C if value & PMCR_EL0.P else 0))


@wrong("trap.control", "the last counter")
class ControlPWithoutLast(Hypervisor):
    """P leaves the guest's last event counter alone."""

    def write_control(self, vcpu, value):
        last = max(vcpu.vm.n_counters - 1, 0)
        kept = self.emulated_read(vcpu, evcntr(last)) if vcpu.vm.n_counters else 0
        super().write_control(vcpu, value)
        if vcpu.vm.n_counters and value & PMCR_EL0.P:
            self.emulated_write(vcpu, evcntr(last), kept)


@wrong("trap.control", "stored commands")
class ControlWithoutLc(Hypervisor):
    """LC is dropped, as if it were RES0."""

    def write_control(self, vcpu, value):
        super().write_control(vcpu, value & ~PMCR_EL0.LC)


@wrong("trap.flags", "the two places")
class FlagsOfHardwareAlone(Hypervisor):
    """Flags of the hardware, where it has some; memory's otherwise."""

    def read_bitmap(self, vcpu, name):
        if name == "PMOVSSET_EL0" and self.in_hardware(vcpu):
            here = self.cpu.mrs(name) & self.virtual_counter_mask(vcpu)
            return here or vcpu.regs[name]
        return super().read_bitmap(vcpu, name)


@wrong("trap.flags", "the guest's mask")
class FlagsOfNeighbour(Hypervisor):
    """One counter more than the guest has: HPMN, where FEAT_HPMN0 is absent."""

    def read_bitmap(self, vcpu, name):
        mask = self.virtual_counter_mask(vcpu) << 1 | self.virtual_counter_mask(vcpu)
        if name == "PMOVSSET_EL0":
            return super().read_bitmap(vcpu, name)
        return self.read_home(vcpu, name) & mask


@wrong("trap.flags", "enables")
class EnablesOfMemory(Hypervisor):
    """Interrupt enables are read from memory, where they are not while the guest owns them."""

    def read_bitmap(self, vcpu, name):
        if name == "PMINTENSET_EL1":
            return vcpu.regs[name] & self.virtual_counter_mask(vcpu)
        return super().read_bitmap(vcpu, name)
