"""The gallery: trapped registers.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysreg import Rule
from pmulab.hw.sysregs import PMCR_EL0, REGS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.traps import BITMAP_HOME, GuestUndefined
from pmulab.kvm.vcpu import evcntr
from pmulab.lab.gallery.gallery import bug


@bug("type-waits", "write_type", "own_counts", "small")
class TypeWaits(Hypervisor):
    """A trapped write of an event type goes to memory only.

    The counter counts the old event until the next load.
    """

    def write_type(self, vcpu, name, value):
        vcpu.regs[name] = value


@bug("type-unfiltered", "write_type", "own_counts", "small")
class TypeUnfiltered(Hypervisor):
    """A trapped write of an event type reaches the hardware as it is. A denied event counts."""

    def write_type(self, vcpu, name, value):
        Hypervisor.write_type(self, vcpu, name, value)
        if self.in_hardware(vcpu):
            self.cpu.msr(name, value)


@bug("type-saved-filtered", "write_type", "own_reads", "small")
class TypeSavedFiltered(Hypervisor):
    """A trapped write keeps the filtered type.

    The guest reads back excludes that it never wrote.
    """

    def write_type(self, vcpu, name, value):
        Hypervisor.write_type(self, vcpu, name, value)
        if name.startswith("PMEVTYPER"):
            vcpu.regs[name] = self.hardware_type(vcpu, int(name[9:-4]))


@bug("ban-waits", "resync_event_filter", "own_counts", "ban")
class BanWaits(Hypervisor):
    """The host bans an event while the guest is loaded. The guest counts it until its next load."""

    def resync_event_filter(self, vcpu):
        pass


@bug("reset-at-el2", "write_control", "host_untouched", "no-fgt")
class ResetAtEl2(Hypervisor):
    """A trapped PMCR_EL0.P is replayed as it is. At EL2 it zeroes every counter, the host's too."""

    def write_control(self, vcpu, value):
        self.cpu.msr("PMCR_EL0", value)


@bug("reset-forgotten", "write_control", "own_counts", "no-fgt")
class ResetForgotten(Hypervisor):
    """P is stripped, and nothing zeroes the guest's counters."""

    def write_control(self, vcpu, value):
        Hypervisor.write_control(self, vcpu, value & ~PMCR_EL0.P)


@bug("index-by-hardware", "resolve", "own_reads", "no-fgt")
class IndexByHardware(Hypervisor):
    """The index is checked against PMCR_EL0.N as EL2 reads it, which is all of them.

    The guest reaches a counter of the host.
    """

    def resolve(self, vcpu, name):
        if REGS[name].rule is Rule.WINDOW:
            return Hypervisor.resolve(self, vcpu, name)
        idx, n = REGS[name].index, PMCR_EL0.get(self.cpu.mrs("PMCR_EL0"), "N")
        if idx is not None and idx >= n:
            raise GuestUndefined(f"{name}: there are {n} event counters")
        return name


@bug("increment-at-el2", "software_increment", "own_counts", "no-fgt")
class IncrementAtEl2(Hypervisor):
    """A trapped PMSWINC_EL0 is replayed at EL2.

    It is an event at EL2 then, and guests do not count there.
    """

    def software_increment(self, vcpu, value, el):
        self.cpu.msr("PMSWINC_EL0", value & 1)


@bug("increment-in-memory", "software_count", "own_counts", "no-fgt")
class IncrementInMemory(Hypervisor):
    """Without FEAT_FGT a trapped PMSWINC_EL0 adds one to the copy in memory.

    The counter is in hardware, and put writes over the copy.
    """

    def software_count(self, vcpu, idx, enabled, el):
        vcpu.regs[evcntr(idx)] += 1


@bug("stale-selector", "resolve", "own_reads", "selector")
class StaleSelector(Hypervisor):
    """PMSELR_EL0 is not trapped, PMXEVTYPER_EL0 is.

    The handler takes the selector from memory and gets another counter's type.
    """

    def resolve(self, vcpu, name):
        if name == "PMXEVTYPER_EL0":
            return f"PMEVTYPER{vcpu.regs['PMSELR_EL0']}_EL0"
        return Hypervisor.resolve(self, vcpu, name)


@bug("user-always-open", "vcpu_load", "own_reads", "user")
class UserAlwaysOpen(Hypervisor):
    """PMUSERENR_EL0 is not swapped: load opens all of it.

    A guest's EL0 reaches counters that its kernel has closed.
    """

    def vcpu_load(self, vcpu):
        Hypervisor.vcpu_load(self, vcpu)
        self.cpu.msr("PMUSERENR_EL0", 0xF)


@bug("flags-from-memory", "read_bitmap", "own_reads", "small")
class FlagsFromMemory(Hypervisor):
    """A read of the overflow flags looks into memory only.

    A guest that polls with PMINTEN clear does not see its overflow before the next put.
    """

    def read_bitmap(self, vcpu, name):
        if name == "PMOVSSET_EL0":
            return vcpu.regs[name]
        return Hypervisor.read_bitmap(self, vcpu, name)


@bug("clear-from-memory", "write_bitmap", "own_flags", "small")
class ClearFromMemory(Hypervisor):
    """A write of PMOVSCLR_EL0 clears memory only. The flag in hardware is folded in again later."""

    def write_bitmap(self, vcpu, name, value):
        if BITMAP_HOME[name] != "PMOVSSET_EL0":
            return Hypervisor.write_bitmap(self, vcpu, name, value)
        old = vcpu.regs["PMOVSSET_EL0"]
        vcpu.regs["PMOVSSET_EL0"] = old | value if "SET" in name else old & ~value


@bug("n-of-hardware", "trapped_read", "own_reads", "no-fgt")
class NOfHardware(Hypervisor):
    """A trapped read of PMCR_EL0 returns N as EL2 sees it."""

    def trapped_read(self, vcpu, name):
        if name == "PMCR_EL0":
            return self.cpu.mrs(name)
        return Hypervisor.trapped_read(self, vcpu, name)
