"""Wrong traps: PMCR_EL0 written, enables and flags read, for the guest."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr

COUNTER_30 = 1 << 30

# ---- trap.control


@wrong("trap.control", "PMCR_EL0 bits")
class ControlWithoutDpAndX(Hypervisor):
    """Of PMCR_EL0 only LP, LC and E are kept."""

    def write_control(self, vcpu, value):
        kept = PMCR_EL0.LP | PMCR_EL0.LC | PMCR_EL0.E | PMCR_EL0.P | PMCR_EL0.C
        super().write_control(vcpu, value & kept)


@wrong("trap.control", "PMCR_EL0 bits")
class ControlSevenBits(Hypervisor):
    """PMCR_EL0 has seven bits, as before FEAT_PMUv3p5: LP is lost."""

    def write_control(self, vcpu, value):
        super().write_control(vcpu, value & 0x7F)


@wrong("trap.control", "counter numbers")
class ControlZeroesEight(Hypervisor):
    """P zeroes eight event counters."""

    def write_control(self, vcpu, value):
        mask = self.virtual_counter_mask(vcpu) & 0xFF
        reset = [*(counters(mask) if value & PMCR_EL0.P else ())]
        reset += [CYCLE_IDX] if value & PMCR_EL0.C else []
        for idx in reset:
            self.emulated_write(vcpu, evcntr(idx), 0)
        self.emulated_write(vcpu, "PMCR_EL0", value & PMCR_EL0.writable)


@wrong("trap.control", "counter numbers")
class ControlZeroesUpToTwentyNine(Hypervisor):
    """P zeroes `range(30)`."""

    def write_control(self, vcpu, value):
        mask = self.virtual_counter_mask(vcpu) & ~CYCLE_BIT & ~COUNTER_30
        reset = [*(counters(mask) if value & PMCR_EL0.P else ())]
        reset += [CYCLE_IDX] if value & PMCR_EL0.C else []
        for idx in reset:
            self.emulated_write(vcpu, evcntr(idx), 0)
        self.emulated_write(vcpu, "PMCR_EL0", value & PMCR_EL0.writable)


@wrong("trap.control", "partitioned and emulated")
class ControlOfGuestMask(Hypervisor):
    """P zeroes the counters of the partition: an emulated guest has none."""

    def write_control(self, vcpu, value):
        mask = self.guest_counter_mask(vcpu) & ~CYCLE_BIT
        reset = [*(counters(mask) if value & PMCR_EL0.P else ())]
        reset += [CYCLE_IDX] if value & PMCR_EL0.C else []
        for idx in reset:
            self.emulated_write(vcpu, evcntr(idx), 0)
        self.emulated_write(vcpu, "PMCR_EL0", value & PMCR_EL0.writable)


@wrong("trap.control", "partitioned and emulated")
class ControlWritesHome(Hypervisor):
    """Writes go to the register's home: an emulated guest's perf events do not hear of them."""

    def write_control(self, vcpu, value):
        reset = counters(self.virtual_counter_mask(vcpu) & ~CYCLE_BIT) if value & PMCR_EL0.P else ()
        for idx in (*reset, CYCLE_IDX) if value & PMCR_EL0.C else reset:
            self.write_home(vcpu, evcntr(idx), 0)
        self.write_home(vcpu, "PMCR_EL0", value & PMCR_EL0.writable)


@wrong("trap.control", "the flags")
class ControlClearsFlags(Hypervisor):
    """P clears the overflow flags of the counters that it zeroes."""

    def write_control(self, vcpu, value):
        super().write_control(vcpu, value)
        if value & PMCR_EL0.P:
            self.write_bitmap(vcpu, "PMOVSCLR_EL0", self.virtual_counter_mask(vcpu) & ~CYCLE_BIT)


# ---- trap.flags


@wrong("trap.flags", "counter numbers")
class ReadSixteen(Hypervisor):
    """Bits of 16 event counters and of the cycle counter."""

    def read_bitmap(self, vcpu, name):
        return super().read_bitmap(vcpu, name) & (CYCLE_BIT | 0xFFFF)


@wrong("trap.flags", "counter numbers")
class ReadWithoutThirty(Hypervisor):
    """`range(30)` and the cycle counter."""

    def read_bitmap(self, vcpu, name):
        return super().read_bitmap(vcpu, name) & ~COUNTER_30


@wrong("trap.flags", "partitioned and emulated")
class ReadBesideTheHost(Hypervisor):
    """All that is not the host's: an emulated guest's counters are the host's."""

    def read_bitmap(self, vcpu, name):
        if name == "PMOVSSET_EL0" and self.in_hardware(vcpu):
            self.fold_overflow(vcpu)
        value = vcpu.regs[name] if name == "PMOVSSET_EL0" else self.read_home(vcpu, name)
        return value & ~self.host_counter_mask()


@wrong("trap.flags", "return types")
class ReadNothingForEmulated(Hypervisor):
    """An emulated guest gets None."""

    def read_bitmap(self, vcpu, name):
        if self.is_partitioned(vcpu):
            return super().read_bitmap(vcpu, name)
        return None


@wrong("trap.flags", "return types")
class ReadSigned(Hypervisor):
    """A value of 32 bits with a sign: negative where the cycle counter's bit is 1."""

    def read_bitmap(self, vcpu, name):
        value = super().read_bitmap(vcpu, name)
        return value - (1 << 32) if value & CYCLE_BIT else value


@wrong("trap.flags", "other CPU")
class ReadOnBootCpu(Hypervisor):
    """Enables are read from the boot CPU."""

    def read_bitmap(self, vcpu, name):
        if name == "PMOVSSET_EL0" or not self.in_hardware(vcpu):
            return super().read_bitmap(vcpu, name)
        return self.cpus[0].mrs(name) & self.virtual_counter_mask(vcpu)


@wrong("trap.flags", "FREE and GUEST_OWNED")
class ReadFoldsForPartitioned(Hypervisor):
    """Flags are folded for every vCPU with a partition: while it is FREE they are the host's."""

    def read_bitmap(self, vcpu, name):
        if self.is_partitioned(vcpu) and self.host.loaded is vcpu:
            self.fold_overflow(vcpu)
        home = vcpu.regs[name] if name == "PMOVSSET_EL0" else self.read_home(vcpu, name)
        return home & self.virtual_counter_mask(vcpu)
