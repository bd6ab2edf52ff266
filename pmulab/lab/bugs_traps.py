"""The gallery: trapped registers, ownership, reservation.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.traps import BITMAP_HOME
from pmulab.kvm.vcpu import FREE, GUEST_OWNED
from pmulab.lab.gallery import bug


@bug(
    "type-waits",
    "write_type",
    "own_counts",
    "small",
    "v6 to v8; foreseen by the author on v5; B29",
    "A trapped write of an event type goes to memory only. The counter counts the old event until "
    "the next load.",
    "write the filtered type to the hardware at once",
)
class TypeWaits(Hypervisor):
    def write_type(self, vcpu, name, value):
        vcpu.regs[name] = value


@bug(
    "type-unfiltered",
    "write_type",
    "own_counts",
    "small",
    "the class of B25",
    "A trapped write of an event type reaches the hardware as it is. A denied event counts.",
    "hardware_type: the same filter as at load",
)
class TypeUnfiltered(Hypervisor):
    def write_type(self, vcpu, name, value):
        Hypervisor.write_type(self, vcpu, name, value)
        if self.in_hardware(vcpu):
            self.cpu.msr(name, value)


@bug(
    "type-saved-filtered",
    "write_type",
    "own_reads",
    "small",
    "a change note of the series",
    "A trapped write keeps the filtered type. The guest reads back excludes that it never wrote.",
    "keep what the guest wrote, give the hardware what is allowed",
)
class TypeSavedFiltered(Hypervisor):
    def write_type(self, vcpu, name, value):
        Hypervisor.write_type(self, vcpu, name, value)
        if name.startswith("PMEVTYPER"):
            vcpu.regs[name] = self.hardware_type(vcpu, int(name[9:-4]))


@bug(
    "ban-waits",
    "resync_event_filter",
    "own_counts",
    "ban",
    "v8, in our reading of the posted text; B30",
    "The host bans an event while the guest is loaded. The guest counts it until its next load.",
    "kick the vCPU and apply the filter again",
)
class BanWaits(Hypervisor):
    def resync_event_filter(self, vcpu):
        pass


@bug(
    "reset-at-el2",
    "write_control",
    "host_untouched",
    "no-fgt",
    "v7 08/20; James Clark; B16",
    "A trapped PMCR_EL0.P is replayed as it is. At EL2 it zeroes every counter, the host's too.",
    "strip P and zero the guest's counters one by one",
)
class ResetAtEl2(Hypervisor):
    def write_control(self, vcpu, value):
        self.cpu.msr("PMCR_EL0", value)


@bug(
    "reset-forgotten",
    "write_control",
    "own_counts",
    "no-fgt",
    "a beginner's repair of reset-at-el2",
    "P is stripped, and nothing zeroes the guest's counters.",
    "zero the guest's counters one by one",
)
class ResetForgotten(Hypervisor):
    def write_control(self, vcpu, value):
        Hypervisor.write_control(self, vcpu, value & ~PMCR_EL0.P)


@bug(
    "index-by-hardware",
    "resolve",
    "own_reads",
    "no-fgt",
    "v1 10/17; Oliver Upton; B18",
    "The index is checked against PMCR_EL0.N as EL2 reads it, which is all of them. The guest "
    "reaches a counter of the host.",
    "check against what the guest has",
)
class IndexByHardware(Hypervisor):
    def resolve(self, vcpu, name):
        return name

    def emulated_write(self, vcpu, name, value):
        self.cpu.msr(name, value)


@bug(
    "increment-at-el2",
    "software_increment",
    "own_counts",
    "no-fgt",
    "our own first attempt",
    "A trapped PMSWINC_EL0 is replayed at EL2. It is an event at EL2 then, and guests do not count "
    "there.",
    "count it for the guest's exception level, in software",
)
class IncrementAtEl2(Hypervisor):
    def software_increment(self, vcpu, value, el):
        self.cpu.msr("PMSWINC_EL0", value & 1)


@bug(
    "stale-selector",
    "resolve",
    "own_reads",
    "selector",
    "v1 to v5 12/24; Oliver Upton; B21",
    "PMSELR_EL0 is not trapped, PMXEVTYPER_EL0 is. The handler takes the selector from memory and "
    "gets another counter's type.",
    "read the selector where it lives",
)
class StaleSelector(Hypervisor):
    def resolve(self, vcpu, name):
        if name == "PMXEVTYPER_EL0":
            return f"PMEVTYPER{vcpu.regs['PMSELR_EL0']}_EL0"
        return Hypervisor.resolve(self, vcpu, name)


@bug(
    "user-always-open",
    "vcpu_load",
    "own_reads",
    "user",
    "v6 to v8, in our reading of the posted text; B23",
    "PMUSERENR_EL0 is not swapped: load opens all of it. A guest's EL0 reaches counters that its "
    "kernel has closed.",
    "swap PMUSERENR_EL0 with the other registers",
)
class UserAlwaysOpen(Hypervisor):
    def vcpu_load(self, vcpu):
        Hypervisor.vcpu_load(self, vcpu)
        self.cpu.msr("PMUSERENR_EL0", 0xF)


@bug(
    "flags-from-memory",
    "read_bitmap",
    "own_reads",
    "small",
    "v8, in our reading of the posted text",
    "A read of the overflow flags looks into memory only. A guest that polls with PMINTEN clear "
    "does not see its overflow before the next put.",
    "fold the hardware's flags into memory first",
)
class FlagsFromMemory(Hypervisor):
    def read_bitmap(self, vcpu, name):
        if name == "PMOVSSET_EL0":
            return vcpu.regs[name]
        return Hypervisor.read_bitmap(self, vcpu, name)


@bug(
    "clear-from-memory",
    "write_bitmap",
    "own_flags",
    "small",
    "v8, in our reading of the posted text",
    "A write of PMOVSCLR_EL0 clears memory only. The flag in hardware is folded in again later.",
    "fold first, then clear",
)
class ClearFromMemory(Hypervisor):
    def write_bitmap(self, vcpu, name, value):
        if BITMAP_HOME[name] != "PMOVSSET_EL0":
            return Hypervisor.write_bitmap(self, vcpu, name, value)
        old = vcpu.regs["PMOVSSET_EL0"]
        vcpu.regs["PMOVSSET_EL0"] = old | value if "SET" in name else old & ~value


@bug(
    "n-of-hardware",
    "trapped_read",
    "own_reads",
    "no-fgt",
    "v1 10/17; Oliver Upton; fixed in v8: PMCR.N reads emulated; B18",
    "A trapped read of PMCR_EL0 returns N as EL2 sees it.",
    "replace N by the number that the guest has",
)
class NOfHardware(Hypervisor):
    def trapped_read(self, vcpu, name):
        if name == "PMCR_EL0":
            return self.cpu.mrs(name)
        return Hypervisor.trapped_read(self, vcpu, name)


# ---- lazy ownership


@bug(
    "lazy-without-load",
    "take_ownership",
    "own_counts",
    "migrated",
    "v4; v6 and v7 again; sashiko: critical; B41",
    "The first access makes the guest the owner, and nothing is loaded. Hardware holds what the "
    "last owner left, and the next put saves that.",
    "a whole load with the change of ownership",
)
class LazyWithoutLoad(Hypervisor):
    def take_ownership(self, vcpu):
        if vcpu.access == FREE and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED
            self.setup_traps(vcpu)


@bug(
    "lazy-without-traps",
    "take_ownership",
    "host_untouched",
    "dynamic-lazy",
    "v5 19/24; Oliver Upton: three steps that must be one; B42",
    "The guest becomes the owner and its counters are loaded, but HPMN stays N: its PMCR_EL0.E "
    "gates the host's counters.",
    "setup_traps, then pmu_load",
)
class LazyWithoutTraps(Hypervisor):
    def take_ownership(self, vcpu):
        if vcpu.access == FREE and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED
            self.pmu_load(vcpu)


@bug(
    "lazy-stays-free",
    "decide_ownership",
    "own_counts",
    "lazy",
    "the class of B47: the state at load",
    "Every load begins as FREE, even for a guest with enabled counters. They stand still until it "
    "touches the PMU again.",
    "at load, a guest with an enabled counter owns its counters",
)
class LazyStaysFree(Hypervisor):
    def decide_ownership(self, vcpu):
        vcpu.access = FREE


@bug(
    "free-means-no-overflow",
    "overflow_status",
    "irq_level",
    "migrated",
    "v6 and v7; silent fix in v8; B45",
    "A FREE vCPU is taken for one without overflows. One that arrives by migration with a flag set "
    "gets no interrupt.",
    "compute the level from memory",
)
class FreeMeansNoOverflow(Hypervisor):
    def overflow_status(self, vcpu):
        return vcpu.access == GUEST_OWNED and Hypervisor.overflow_status(self, vcpu)


@bug(
    "free-asks-hardware",
    "overflow_status",
    "irq_level",
    "migrated",
    "v5 21/24; Oliver Upton; B44; and v8 in our reading; B45",
    "The level of a FREE vCPU is computed with the hardware's PMINTEN and PMCR, which are the "
    "host's.",
    "read each register where it lives",
)
class FreeAsksHardware(Hypervisor):
    def overflow_status(self, vcpu):
        enabled = self.cpu.mrs("PMCR_EL0") & PMCR_EL0.E
        flags = vcpu.regs["PMOVSSET_EL0"] & self.cpu.mrs("PMINTENSET_EL1")
        return bool(enabled and flags & self.virtual_counter_mask(vcpu))


# ---- dynamic reservation


@bug(
    "reserve-nothing",
    "set_guest_counters",
    "host_untouched",
    "dynamic",
    "the class of B57: whose counters are they?",
    "Nobody moves the host's events away. Load writes the guest's count over the host's.",
    "reschedule the host's events before the guest's counters are loaded",
)
class ReserveNothing(Hypervisor):
    def set_guest_counters(self, mask):
        pass


@bug(
    "reserve-for-ever",
    "set_guest_counters",
    "host_gets_back",
    "dynamic",
    "a beginner's error",
    "The host's counters are taken at load and never given back.",
    "mask 0 gives all of them back",
)
class ReserveForEver(Hypervisor):
    def set_guest_counters(self, mask):
        if mask:
            Hypervisor.set_guest_counters(self, mask)


@bug(
    "reserve-everywhere",
    "set_guest_counters",
    "host_gets_back",
    "two-cpus",
    "v7 and v8; the subject of v9 05/22; B60",
    "The mask of what the host may use is one for all CPUs. A vCPU that loads on one CPU takes the "
    "counters of the host on the other.",
    "a mask for each CPU",
)
class ReserveEverywhere(Hypervisor):
    def set_guest_counters(self, mask):
        here = self.host.cpu
        for n in range(len(self.cpus)):
            self.this_cpu(n)
            Hypervisor.set_guest_counters(self, mask)
        self.this_cpu(here)
