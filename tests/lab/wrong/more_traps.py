"""More wrong controls and bitmaps behind the traps."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr

# ---- trap.control


@wrong("trap.control", "C while off")
class ControlCWhenOn(Hypervisor):
    """C does nothing while E was clear."""

    def write_control(self, vcpu, value):
        if not self.emulated_read(vcpu, "PMCR_EL0") & PMCR_EL0.E:
            value &= ~PMCR_EL0.C
        super().write_control(vcpu, value)


@wrong("trap.control", "D")
class ControlWithoutD(Hypervisor):
    """D is dropped, deprecated as it is."""

    def write_control(self, vcpu, value):
        super().write_control(vcpu, value & ~PMCR_EL0.D)


@wrong("trap.control", "no p5")
class ControlLpWantsP5(Hypervisor):
    """LP is RES0 without FEAT_PMUv3p5."""

    def write_control(self, vcpu, value):
        p5 = "FEAT_PMUv3p5" in self.host.features
        super().write_control(vcpu, value if p5 else value & ~PMCR_EL0.LP)


@wrong("trap.control", "P of an emulated guest")
class ControlPKeepsRunning(Hypervisor):
    """P zeroes what is saved: an emulated counter that runs goes on."""

    def write_control(self, vcpu, value):
        if not self.is_partitioned(vcpu) and value & PMCR_EL0.P:
            value &= ~PMCR_EL0.P
            for idx in range(vcpu.vm.n_counters):
                vcpu.regs[evcntr(idx)] = 0
        super().write_control(vcpu, value)


@wrong("trap.control", "enabled counters")
class ControlPZeroesEnabled(Hypervisor):
    """P zeroes the counters that are on."""

    def write_control(self, vcpu, value):
        off = ~self.read_home(vcpu, "PMCNTENSET_EL0") if value & PMCR_EL0.P else 0
        off &= self.virtual_counter_mask(vcpu) & ~CYCLE_BIT
        kept = {i: self.emulated_read(vcpu, evcntr(i)) for i in counters(off)}
        super().write_control(vcpu, value)
        for i, v in kept.items():
            self.emulated_write(vcpu, evcntr(i), v)


@wrong("trap.control", "counter numbers")
class ControlPWithoutFifteen(Hypervisor):
    """P leaves counter 15 alone."""

    def write_control(self, vcpu, value):
        n15 = vcpu.vm.n_counters > 15
        old = self.emulated_read(vcpu, evcntr(15)) if n15 else 0
        super().write_control(vcpu, value)
        if n15 and value & PMCR_EL0.P:
            self.emulated_write(vcpu, evcntr(15), old)


@wrong("trap.control", "no event counter")
class ControlPWithoutCounters(Hypervisor):
    """A guest without event counters: P and C do nothing."""

    def write_control(self, vcpu, value):
        if not vcpu.vm.n_counters:
            value &= ~(PMCR_EL0.P | PMCR_EL0.C)
        super().write_control(vcpu, value)


@wrong("trap.control", "the cycle counter's flag")
class ControlCClearsFlag(Hypervisor):
    """C clears the cycle counter's overflow flag."""

    def write_control(self, vcpu, value):
        super().write_control(vcpu, value)
        if value & PMCR_EL0.C:
            vcpu.regs["PMOVSSET_EL0"] &= ~CYCLE_BIT


@wrong("trap.control", "emulated, LC")
class ControlKeepsLcWidth(Hypervisor):
    """An emulated guest's LC changes while its cycle counter runs on with the old width."""

    def write_control(self, vcpu, value):
        if self.is_partitioned(vcpu) or value & (PMCR_EL0.P | PMCR_EL0.C):
            super().write_control(vcpu, value)
            return
        vcpu.regs["PMCR_EL0"] = value & PMCR_EL0.writable
        self.emulated_resync(vcpu)


# ---- trap.flags


@wrong("trap.flags", "the host's enables")
class ReadUnmaskedEnables(Hypervisor):
    """Enables are read with those of the host."""

    def read_bitmap(self, vcpu, name):
        if name == "PMOVSSET_EL0":
            return super().read_bitmap(vcpu, name)
        return self.read_home(vcpu, name)


@wrong("trap.flags", "flags that are in memory already")
class ReadFoldsIfNone(Hypervisor):
    """The hardware is looked at where memory has no flag."""

    def read_bitmap(self, vcpu, name):
        if name == "PMOVSSET_EL0" and vcpu.regs[name]:
            return vcpu.regs[name] & self.virtual_counter_mask(vcpu)
        return super().read_bitmap(vcpu, name)


@wrong("trap.flags", "hidden state")
class ReadFoldsOnce(Hypervisor):
    """The hardware is looked at every second time."""

    def read_bitmap(self, vcpu, name):
        vcpu.odd = not getattr(vcpu, "odd", False)
        if name == "PMOVSSET_EL0" and not vcpu.odd:
            return vcpu.regs[name] & self.virtual_counter_mask(vcpu)
        return super().read_bitmap(vcpu, name)


@wrong("trap.flags", "counter numbers")
class ReadWithoutSeven(Hypervisor):
    """Bit 7 reads as 0."""

    def read_bitmap(self, vcpu, name):
        return super().read_bitmap(vcpu, name) & ~0x80


@wrong("trap.flags", "interrupt enables")
class ReadFlagsThatInterrupt(Hypervisor):
    """Flags that may interrupt are read; others only while none may."""

    def read_bitmap(self, vcpu, name):
        value = super().read_bitmap(vcpu, name)
        if name == "PMOVSSET_EL0":
            return value & self.read_home(vcpu, "PMINTENSET_EL1") or value
        return value


@wrong("trap.flags", "mutates")
class ReadClearsCycles(Hypervisor):
    """What was read is cleared, for the cycle counter."""

    def read_bitmap(self, vcpu, name):
        value = super().read_bitmap(vcpu, name)
        if name == "PMOVSSET_EL0":
            vcpu.regs[name] &= ~CYCLE_BIT
        return value
