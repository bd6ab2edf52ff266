"""Wrong event filters: what a guest may count, and what the hardware gets."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.events import CPU_CYCLES, EVENTS
from pmulab.hw.sysregs import CYCLE_IDX, REGS
from pmulab.kvm.event_filter import ALLOW, DENY, NEVER_FILTERED
from pmulab.kvm.filter import EVENT, EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr, evtyper

COUNTER_30 = 1 << 30
LAST_COMMON = 0x3F

# ---- filter.load


@wrong("filter.load", "counter numbers")
class ApplySixteen(Hypervisor):
    """The types of 16 event counters and of the cycle counter."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu) & (CYCLE_BIT | 0xFFFF)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.load", "counter numbers")
class ApplyWithoutThirty(Hypervisor):
    """`range(30)` and the cycle counter."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu) & ~COUNTER_30):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.load", "other CPU")
class ApplyOnBootCpu(Hypervisor):
    """The types go to the boot CPU."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpus[0].msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.load", "event numbers")
class ApplyTenBits(Hypervisor):
    """Event numbers of 10 bits, as before FEAT_PMUv3p1."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx) & (EXCLUDE_ALL | 0x3FF))


@wrong("filter.load", "moments")
class ApplyThroughWindow(Hypervisor):
    """Types go through PMSELR_EL0: a ban while the guest is loaded moves its selector."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr("PMSELR_EL0", idx)
            self.cpu.msr("PMXEVTYPER_EL0", self.hardware_type(vcpu, idx))


@wrong("filter.load", "event numbers")
class ApplySkipsZero(Hypervisor):
    """A type of 0 is taken for none, but it is SW_INCR at all levels: the old type stays."""

    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            if vcpu.regs[evtyper(idx)]:
                self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


# ---- filter.type


@wrong("filter.type", "event numbers")
class TypeOfFourteenBits(Hypervisor):
    """The key has 14 bits: events from 0x4000 on are judged as others below them."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & 0x3FFF
        allowed = vcpu.vm.event_filter.allows(event)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "event numbers")
class TypeGivesTenBits(Hypervisor):
    """The filter has the whole number, the hardware gets 10 bits of it."""

    def hardware_type(self, vcpu, idx):
        return super().hardware_type(vcpu, idx) & (EXCLUDE_ALL | 0x3FF)


@wrong("filter.type", "SW_INCR and CHAIN")
class TypeFiltersChain(Hypervisor):
    """SW_INCR and CHAIN are filtered as other events are."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        allowed = vcpu.vm.event_filter.listed(event)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "event-filter kinds")
class TypeByFirstRange(Hypervisor):
    """Of overlapping ranges the first decides."""

    def hardware_type(self, vcpu, idx):
        typer, rules = vcpu.regs[evtyper(idx)], vcpu.vm.event_filter
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        found = [action for start, stop, action in rules.ranges if start <= event < stop]
        allowed = found[0] == ALLOW if found else rules.default
        allowed = allowed or event in NEVER_FILTERED
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "event-filter kinds")
class TypeByAnyDenial(Hypervisor):
    """One range that denies is enough, whatever comes after it."""

    def hardware_type(self, vcpu, idx):
        typer, rules = vcpu.regs[evtyper(idx)], vcpu.vm.event_filter
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        denied = any(a == DENY and start <= event < stop for start, stop, a in rules.ranges)
        allowed = rules.allows(event) and (not denied or event in NEVER_FILTERED)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "event-filter kinds")
class TypeWithoutAllowList(Hypervisor):
    """What no range names is allowed, also where the first range allows: an allow list."""

    def hardware_type(self, vcpu, idx):
        typer, rules = vcpu.regs[evtyper(idx)], vcpu.vm.event_filter
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        named = any(start <= event < stop for start, stop, _ in rules.ranges)
        allowed = rules.allows(event) or not named
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "event-filter kinds")
class TypeOfOneBeyond(Hypervisor):
    """A range holds its end too."""

    def hardware_type(self, vcpu, idx):
        typer, rules = vcpu.regs[evtyper(idx)], vcpu.vm.event_filter
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        found = [action for start, stop, action in rules.ranges if start <= event <= stop]
        allowed = found[-1] == ALLOW if found else rules.default
        allowed = allowed or event in NEVER_FILTERED
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "event numbers")
class TypeFiltersCommonEvents(Hypervisor):
    """Only events that PMCEID0_EL0 and PMCEID1_EL0 can name are filtered."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        allowed = event > LAST_COMMON or vcpu.vm.event_filter.allows(event)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "counter numbers")
class TypeTakesLastForCycles(Hypervisor):
    """The last event counter of the PE is taken for the cycle counter."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = typer & EVENT if idx < self.host.n_counters - 1 else CPU_CYCLES
        allowed = vcpu.vm.event_filter.allows(event)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@wrong("filter.type", "EL0, EL1, EL2")
class TypeDeniesTheKernel(Hypervisor):
    """A denied event is excluded at EL1 only."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        allowed = vcpu.vm.event_filter.allows(event)
        return typer & ~INCLUDE_EL2 | (0 if allowed else 1 << 31)


# ---- filter.write


@wrong("filter.write", "counter numbers")
class WriteOneDigit(Hypervisor):
    """The counter's number is the digit behind PMEVTYPER: 12 is taken for 1."""

    def write_type(self, vcpu, name, value):
        idx = CYCLE_IDX if name == "PMCCFILTR_EL0" else int(name[len("PMEVTYPER")])
        if not self.is_partitioned(vcpu):
            self.emulated_release(vcpu, 1 << idx)
        vcpu.regs[name] = value
        if self.in_hardware(vcpu):
            self.cpu.msr(name, self.hardware_type(vcpu, idx))
        elif not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)


@wrong("filter.write", "partitioned and emulated")
class WriteKeepsPerfEvent(Hypervisor):
    """An emulated counter's perf event is not released: it goes on with the old type."""

    def write_type(self, vcpu, name, value):
        idx = CYCLE_IDX if name == "PMCCFILTR_EL0" else REGS[name].index
        vcpu.regs[name] = value
        if self.in_hardware(vcpu):
            self.cpu.msr(name, self.hardware_type(vcpu, idx))
        elif not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)


@wrong("filter.write", "event numbers")
class WriteKnownEvents(Hypervisor):
    """An event that has no name is not kept."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value if value & EVENT in EVENTS else value & ~EVENT)


@wrong("filter.write", "event numbers")
class WriteTenBits(Hypervisor):
    """Event numbers of 10 bits are kept."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value & (EXCLUDE_ALL | INCLUDE_EL2 | 0x3FF))


@wrong("filter.write", "other CPU")
class WriteOnBootCpu(Hypervisor):
    """The type goes to the boot CPU."""

    def write_type(self, vcpu, name, value):
        idx = CYCLE_IDX if name == "PMCCFILTR_EL0" else REGS[name].index
        if not self.is_partitioned(vcpu):
            self.emulated_release(vcpu, 1 << idx)
        vcpu.regs[name] = value
        if self.in_hardware(vcpu):
            self.cpus[0].msr(name, self.hardware_type(vcpu, idx))
        elif not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)


@wrong("filter.write", "moments")
class WriteStartsCounter(Hypervisor):
    """Stops the counter while its type changes, and starts it whether or not it ran."""

    def write_type(self, vcpu, name, value):
        bit = CYCLE_BIT if name == "PMCCFILTR_EL0" else 1 << REGS[name].index
        if self.in_hardware(vcpu):
            self.cpu.msr("PMCNTENCLR_EL0", bit)
        super().write_type(vcpu, name, value)
        if self.in_hardware(vcpu):
            self.cpu.msr("PMCNTENSET_EL0", bit)


@wrong("filter.write", "values of zero")
class WriteZeroesCount(Hypervisor):
    """A new event begins at 0: the guest has not asked for that."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value)
        idx = CYCLE_IDX if name == "PMCCFILTR_EL0" else REGS[name].index
        self.emulated_write(vcpu, evcntr(idx), 0)


# ---- filter.ban


@wrong("filter.ban", "partitioned and emulated")
class BanSparesEmulated(Hypervisor):
    """An emulated guest's perf events go on until its next load."""

    def resync_event_filter(self, vcpu):
        if self.in_hardware(vcpu):
            self.apply_event_filter(vcpu)


@wrong("filter.ban", "partitioned and emulated")
class BanNeverAllowsAgain(Hypervisor):
    """An emulated guest loses the denied events, and gets none back that is allowed again."""

    def resync_event_filter(self, vcpu):
        if self.in_hardware(vcpu):
            self.apply_event_filter(vcpu)
        elif self.host.loaded is vcpu and not self.is_partitioned(vcpu):
            wanted = self.emulated_counters(vcpu)
            self.emulated_release(vcpu, self.virtual_counter_mask(vcpu) & ~wanted)


@wrong("filter.ban", "counter numbers")
class BanOnSixteen(Hypervisor):
    """Types of 16 event counters and of the cycle counter."""

    def resync_event_filter(self, vcpu):
        if self.in_hardware(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu) & (CYCLE_BIT | 0xFFFF)):
                self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))
        elif self.host.loaded is vcpu and not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)


@wrong("filter.ban", "other CPU")
class BanOnBootCpu(Hypervisor):
    """Only a vCPU on the boot CPU feels it at once."""

    def resync_event_filter(self, vcpu):
        if self.hosts[0].loaded is vcpu:
            super().resync_event_filter(vcpu)


@wrong("filter.ban", "moments")
class BanStopsCounters(Hypervisor):
    """Counters of denied events are disabled, which the guest reads, and which stays."""

    def resync_event_filter(self, vcpu):
        super().resync_event_filter(vcpu)
        if self.in_hardware(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu) & ~CYCLE_BIT):
                if not vcpu.vm.event_filter.allows(vcpu.regs[evtyper(idx)] & EVENT):
                    self.cpu.msr("PMCNTENCLR_EL0", 1 << idx)


@wrong("filter.ban", "moments")
class BanLoadsAgain(Hypervisor):
    """A whole load from memory, whose counts are older than those in the hardware."""

    def resync_event_filter(self, vcpu):
        if self.in_hardware(vcpu):
            self.pmu_load(vcpu)
        elif self.host.loaded is vcpu and not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)
