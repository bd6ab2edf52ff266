"""More wrong event types and bans: keys, levels, and counters that are off just now."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.events import CHAIN, CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, PMEVTYPER0_EL0
from pmulab.kvm.event_filter import ALLOW, NEVER_FILTERED
from pmulab.kvm.filter import EVENT, EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.vcpu import counter_of, counters, evtyper

U = PMEVTYPER0_EL0.U


def _type(self, vcpu, idx, allowed):
    return vcpu.regs[evtyper(idx)] & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


def _event(vcpu, idx):
    return CPU_CYCLES if idx == CYCLE_IDX else vcpu.regs[evtyper(idx)] & vcpu.vm.event_mask


# ---- filter.type


@wrong("filter.type", "EL filters")
class TypeTrustsLevels(Hypervisor):
    """A guest that excludes a level itself is left with the other one."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)] & ~INCLUDE_EL2
        denied = not vcpu.vm.event_filter.allows(_event(vcpu, idx))
        return typer | (EXCLUDE_ALL if denied and not typer & EXCLUDE_ALL else 0)


@wrong("filter.type", "NSH")
class TypeNshOfHigh(Hypervisor):
    """NSH goes from the lowest eight counters and from the cycle counter."""

    def hardware_type(self, vcpu, idx):
        value = super().hardware_type(vcpu, idx)
        return value | (vcpu.regs[evtyper(idx)] & INCLUDE_EL2 if 8 <= idx < 31 else 0)


@wrong("filter.type", "NSH and allowed")
class TypeNshOfDenied(Hypervisor):
    """NSH goes only from what is denied or excluded at EL1."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        value = super().hardware_type(vcpu, idx)
        return value | (typer & INCLUDE_EL2 if value & EXCLUDE_ALL == U else 0)


@wrong("filter.type", "several ranges")
class TypeByLastRangeAlone(Hypervisor):
    """Only the range that was set last is looked at."""

    def hardware_type(self, vcpu, idx):
        rules, event = vcpu.vm.event_filter, _event(vcpu, idx)
        allowed = rules.default
        if rules.ranges:
            start, stop, action = rules.ranges[-1]
            allowed = action == ALLOW if start <= event < stop else rules.default
        return _type(self, vcpu, idx, allowed or event in NEVER_FILTERED)


@wrong("filter.type", "ranges of no event")
class TypeEmptyRangeOfOne(Hypervisor):
    """A range of 0 events is taken for one."""

    def hardware_type(self, vcpu, idx):
        rules, event = vcpu.vm.event_filter, _event(vcpu, idx)
        found = [a for start, stop, a in rules.ranges if start <= event < max(stop, start + 1)]
        allowed = found[-1] == ALLOW if found else rules.default
        return _type(self, vcpu, idx, allowed or event in NEVER_FILTERED)


@wrong("filter.type", "SW_INCR and CHAIN")
class TypeNeverByLowByte(Hypervisor):
    """Every event whose low byte is that of SW_INCR or CHAIN is never filtered."""

    def hardware_type(self, vcpu, idx):
        event = _event(vcpu, idx)
        allowed = vcpu.vm.event_filter.allows(event) or event & 0xFF in NEVER_FILTERED
        return _type(self, vcpu, idx, allowed)


@wrong("filter.type", "event numbers")
class TypeKeyWithoutBit15(Hypervisor):
    """The key has 15 bits."""

    def hardware_type(self, vcpu, idx):
        event = _event(vcpu, idx) & 0x7FFF
        return _type(self, vcpu, idx, vcpu.vm.event_filter.allows(event))


@wrong("filter.type", "event numbers")
class TypeKeyWithoutBit9(Hypervisor):
    """The key lacks bit 9."""

    def hardware_type(self, vcpu, idx):
        event = _event(vcpu, idx) & ~0x200
        return _type(self, vcpu, idx, vcpu.vm.event_filter.allows(event))


@wrong("filter.type", "mutates")
class TypeSortsRanges(Hypervisor):
    """Sorts the ranges, whose order decides."""

    def hardware_type(self, vcpu, idx):
        vcpu.vm.event_filter.ranges.sort()
        return super().hardware_type(vcpu, idx)


@wrong("filter.type", "hidden state")
class TypeRemembersDecision(Hypervisor):
    """The first decision on an event stays, whatever is banned later."""

    def hardware_type(self, vcpu, idx):
        event = _event(vcpu, idx)
        known = dict(getattr(vcpu.vm, "decided", ()))
        if event not in known:
            known[event] = vcpu.vm.event_filter.allows(event)
            vcpu.vm.decided = tuple(known.items())
        return _type(self, vcpu, idx, known[event])


@wrong("filter.type", "0x4000 space")
class TypeAllowsImplementationDefined(Hypervisor):
    """IMPLEMENTATION DEFINED events, from 0xC000 on, are not filtered."""

    def hardware_type(self, vcpu, idx):
        event = _event(vcpu, idx)
        return _type(self, vcpu, idx, event >= 0xC000 or vcpu.vm.event_filter.allows(event))


# ---- filter.write


@wrong("filter.write", "enabled now")
class WriteIfEnabled(Hypervisor):
    """The hardware gets the type where its counter is on; a guest may start it without a trap."""

    def write_type(self, vcpu, name, value):
        idx = counter_of(name)
        if self.in_hardware(vcpu) and not self.cpu.mrs("PMCNTENSET_EL0") >> idx & 1:
            vcpu.regs[name] = value
        else:
            super().write_type(vcpu, name, value)


@wrong("filter.write", "emulated cycles")
class WriteKeepsCyclesEvent(Hypervisor):
    """An emulated guest's event of cycles is not made anew."""

    def write_type(self, vcpu, name, value):
        if not self.is_partitioned(vcpu) and name == "PMCCFILTR_EL0":
            vcpu.regs[name] = value
        else:
            super().write_type(vcpu, name, value)


@wrong("filter.write", "denied events")
class WriteIgnoresDenied(Hypervisor):
    """A denied event does not get to the hardware: the counter goes on with the old one."""

    def write_type(self, vcpu, name, value):
        idx = counter_of(name)
        event = CPU_CYCLES if idx == CYCLE_IDX else value & vcpu.vm.event_mask
        if self.in_hardware(vcpu) and not vcpu.vm.event_filter.allows(event):
            vcpu.regs[name] = value
        else:
            super().write_type(vcpu, name, value)


@wrong("filter.write", "counter numbers")
class WriteUpToFifteen(Hypervisor):
    """Types of counters from 15 to 30 wait for the next load."""

    def write_type(self, vcpu, name, value):
        if self.in_hardware(vcpu) and 15 <= counter_of(name) < CYCLE_IDX:
            vcpu.regs[name] = value
        else:
            super().write_type(vcpu, name, value)


@wrong("filter.write", "emulated and not running")
class WriteReleasesTooLate(Hypervisor):
    """The type is written before the perf event is folded, and that one stays where E is clear."""

    def write_type(self, vcpu, name, value):
        if self.is_partitioned(vcpu):
            super().write_type(vcpu, name, value)
            return
        vcpu.regs[name] = value
        if not vcpu.regs["PMINTENSET_EL1"] >> counter_of(name) & 1:
            self.emulated_release(vcpu, 1 << counter_of(name))
        self.emulated_resync(vcpu)


@wrong("filter.write", "flags")
class WriteClearsFlag(Hypervisor):
    """A new event clears the counter's overflow flag."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value)
        vcpu.regs["PMOVSSET_EL0"] &= ~(1 << counter_of(name))


@wrong("filter.write", "CHAIN")
class WriteChainToPair(Hypervisor):
    """CHAIN on an odd counter gives its even one the same levels."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value)
        idx = counter_of(name)
        if idx % 2 and idx < CYCLE_IDX and value & EVENT == CHAIN and self.in_hardware(vcpu):
            even = self.hardware_type(vcpu, idx - 1) & ~EXCLUDE_ALL
            self.cpu.msr(evtyper(idx - 1), even | value & EXCLUDE_ALL)


# ---- filter.ban


@wrong("filter.ban", "enabled now")
class BanOnEnabled(Hypervisor):
    """Counters that are off are left alone; the guest may start them without a trap."""

    def resync_event_filter(self, vcpu):
        if not self.in_hardware(vcpu):
            super().resync_event_filter(vcpu)
            return
        for idx in counters(self.guest_counter_mask(vcpu) & self.cpu.mrs("PMCNTENSET_EL0")):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.ban", "hidden state")
class BanFirstOnly(Hypervisor):
    """The first change for a vCPU is enforced."""

    def resync_event_filter(self, vcpu):
        if not hasattr(vcpu, "banned"):
            super().resync_event_filter(vcpu)
        vcpu.banned = True


@wrong("filter.ban", "counter numbers")
class BanWithoutThirty(Hypervisor):
    """range(30) and the cycle counter."""

    def resync_event_filter(self, vcpu):
        if not self.in_hardware(vcpu):
            super().resync_event_filter(vcpu)
            return
        for idx in counters(self.guest_counter_mask(vcpu) & ~(1 << 30)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@wrong("filter.ban", "no FGT")
class BanWantsFgt(Hypervisor):
    """Without fine-grained traps nothing is loaded."""

    def resync_event_filter(self, vcpu):
        if self.in_hardware(vcpu) and "FEAT_FGT" not in self.host.features:
            return
        super().resync_event_filter(vcpu)


@wrong("filter.ban", "the first counter that is found")
class BanOneCounter(Hypervisor):
    """Of several counters with the banned event the first is stopped."""

    def resync_event_filter(self, vcpu):
        if not self.in_hardware(vcpu):
            super().resync_event_filter(vcpu)
            return
        seen = set()
        for idx in counters(self.guest_counter_mask(vcpu)):
            event = _event(vcpu, idx)
            if event not in seen:
                self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))
            seen.add(event)


@wrong("filter.ban", "dynamic")
class BanStatic(Hypervisor):
    """On a dynamic host it waits for the next load, unless the guest is lazy."""

    def resync_event_filter(self, vcpu):
        if self.in_hardware(vcpu) and self.config.dynamic and not self.config.lazy:
            return
        super().resync_event_filter(vcpu)


@wrong("filter.ban", "several vCPUs")
class BanByName(Hypervisor):
    """A VM's first vCPU speaks for all of them."""

    def resync_event_filter(self, vcpu):
        if not vcpu.name.endswith("1"):
            super().resync_event_filter(vcpu)
