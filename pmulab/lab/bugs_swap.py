"""The gallery, part one: masks, load and put, the event filter at load.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr, evtyper
from pmulab.lab.gallery import bug


@bug(
    "mask-and",
    "guest_counter_mask",
    "quiet_when_put",
    "small",
    "v6 06/19; found by the author and by James Clark; B1",
    "The mask is built with & instead of |, so it is 0. Nothing is saved, loaded or recorded.",
    "CYCLE_BIT | the bits below HPMN",
)
class MaskAnd(Hypervisor):
    def guest_counter_mask(self, vcpu):
        return CYCLE_BIT & (1 << self.guest_counters(vcpu)) - 1


@bug(
    "mask-without-cycles",
    "guest_counter_mask",
    "quiet_when_put",
    "cycles",
    "a beginner's error",
    "The mask has the event counters only. The cycle counter is never swapped.",
    "CYCLE_BIT | the bits below HPMN",
)
class MaskWithoutCycles(Hypervisor):
    def guest_counter_mask(self, vcpu):
        return (1 << self.guest_counters(vcpu)) - 1


@bug(
    "mask-inclusive",
    "guest_counter_mask",
    "host_untouched",
    "host-event",
    "the class of B3: a length taken for an index",
    "The mask has one counter too many, the host's first. Put disables it.",
    "(1 << n) - 1, not (2 << n) - 1",
)
class MaskInclusive(Hypervisor):
    def guest_counter_mask(self, vcpu):
        return CYCLE_BIT | (2 << self.guest_counters(vcpu)) - 1

    def apply_event_filter(self, vcpu):
        for idx in counters(Hypervisor.guest_counter_mask(self, vcpu)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))

    def pmu_load(self, vcpu):
        vcpu.regs.setdefault("PMEVCNTR1_EL0", 0)
        Hypervisor.pmu_load(self, vcpu)


@bug(
    "host-mask-all",
    "host_counter_mask",
    "own_flags",
    "small",
    "v1 to v5; Oliver Upton on v5; B48",
    "The driver takes every overflow for its own and clears guest flags before KVM sees them.",
    "disjoint masks: each side clears only the counters that it owns",
)
class HostMaskAll(Hypervisor):
    def host_counter_mask(self):
        return self.host.implemented


@bug(
    "no-swap",
    "pmu_load",
    "own_reads",
    "small",
    "where everybody begins",
    "Load does nothing, put does nothing. The next guest finds the counters of the last one.",
    "load and put",
)
class NoSwap(Hypervisor):
    def pmu_load(self, vcpu):
        pass

    def pmu_put(self, vcpu):
        pass


@bug(
    "load-set-only",
    "pmu_load",
    "quiet_when_put",
    "small",
    "a beginner's error",
    "Put leaves the enables as they are, and load writes only the SET registers. The next guest "
    "counts without having asked.",
    "put clears the guest's enables; load writes SET and CLR",
)
class LoadSetOnly(Hypervisor):
    def pmu_load(self, vcpu):
        load_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")


@bug(
    "load-clears-host",
    "pmu_load",
    "host_untouched",
    "host-event",
    "a beginner's error",
    "Load clears what the guest has not set, without masking. The host's counter is disabled too.",
    "PMCNTENCLR_EL0 := ~enabled & mask",
)
class LoadClearsHost(Hypervisor):
    def pmu_load(self, vcpu):
        Hypervisor.pmu_load(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCNTENCLR_EL0", ~vcpu.regs["PMCNTENSET_EL0"])


@bug(
    "load-forgets-counters",
    "pmu_load",
    "own_counts",
    "small",
    "a beginner's error",
    "Load restores the controls and not the counts. A guest goes on from the other one's count.",
    "write every counter of the mask",
)
class LoadForgetsCounters(Hypervisor):
    def pmu_load(self, vcpu):
        load_without(self, vcpu, *EVERY_COUNTER)


@bug(
    "load-forgets-types",
    "pmu_load",
    "own_counts",
    "small",
    "the article: a stale event type",
    "Load skips the event types, since they are trapped. The hardware still counts what the last "
    "owner asked for.",
    "apply_event_filter at every load",
)
class LoadForgetsTypes(Hypervisor):
    def pmu_load(self, vcpu):
        load_without(self, vcpu, *EVERY_TYPE)


@bug(
    "load-wipes",
    "pmu_load",
    "own_counts",
    "restored-reset",
    "v1 to v4; silent fix in v5; B17",
    "Load writes the saved PMCR_EL0 as it is. A P that userspace left in it wipes the counters "
    "that were just restored.",
    "mask P and C before the write",
)
class LoadWipes(Hypervisor):
    def pmu_load(self, vcpu):
        Hypervisor.pmu_load(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", vcpu.regs["PMCR_EL0"])
            if vcpu.regs["PMCR_EL0"] & PMCR_EL0.P:
                for idx in counters(self.guest_counter_mask(vcpu) & ~CYCLE_BIT):
                    self.cpu.msr(evcntr(idx), 0)


@bug(
    "put-keeps-enables",
    "pmu_put",
    "quiet_when_put",
    "small",
    "v1 to v7; Oliver Upton on v5; B32",
    "Put reads and does not stop. The counters go on with the host's work.",
    "PMCNTENCLR_EL0 and PMINTENCLR_EL1 := mask",
)
class PutKeepsEnables(Hypervisor):
    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")


@bug(
    "put-loses-flags",
    "pmu_put",
    "own_flags",
    "small",
    "v6 and v7, in our reading; closed by v8; B33",
    "Put does not save the overflow flags and the next load clears them. An overflow between the "
    "last interrupt window and put is lost.",
    "OR the flags into memory, then clear them",
)
class PutLosesFlags(Hypervisor):
    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", self.guest_counter_mask(vcpu))
        Hypervisor.pmu_put(self, vcpu)


@bug(
    "put-leaves-flags",
    "pmu_put",
    "quiet_when_put",
    "small",
    "v1 to v5; Oliver Upton on v5; B31",
    "Put leaves the guest's overflow flags in the hardware and load does not clear them. The next "
    "guest that enables the interrupt gets one that is not its own.",
    "put clears the flags that it has saved; load clears the range before the enables",
)
class PutLeavesFlags(Hypervisor):
    def pmu_load(self, vcpu):
        load_without(self, vcpu, "PMOVSCLR_EL0")

    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMOVSCLR_EL0")


@bug(
    "put-assigns-flags",
    "pmu_put",
    "own_flags",
    "small",
    "the class of B52: a read-modify-write without the modify",
    "Put assigns the hardware's flags to memory. Flags that were recorded before are lost.",
    "|=, not =",
)
class PutAssignsFlags(Hypervisor):
    def pmu_put(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        Hypervisor.pmu_put(self, vcpu)
        vcpu.regs["PMOVSSET_EL0"] = flags


@bug(
    "put-forgets-cycles",
    "pmu_put",
    "own_counts",
    "two-cycle-counters",
    "v5; Oliver Upton: iterate the mask and the cycle counter comes for free; the class of B28",
    "Put loops over the event counters and forgets the cycle counter.",
    "iterate over the mask",
)
class PutForgetsCycles(Hypervisor):
    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCCNTR_EL0")


@bug(
    "put-forgets-control",
    "pmu_put",
    "own_reads",
    "small",
    "a beginner's error",
    "Put does not save PMCR_EL0. The guest's global enable is gone after its next turn.",
    "save PMCR_EL0",
)
class PutForgetsControl(Hypervisor):
    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMCR_EL0")


@bug(
    "put-forgets-selector",
    "pmu_put",
    "own_reads",
    "selector",
    "a beginner's error",
    "Put does not save PMSELR_EL0. After a turn the window shows another counter.",
    "save PMSELR_EL0",
)
class PutForgetsSelector(Hypervisor):
    def pmu_put(self, vcpu):
        put_without(self, vcpu, "PMSELR_EL0")


@bug(
    "put-keeps-control",
    "pmu_put",
    "host_untouched",
    "host-event",
    "v8, in our reading of the posted text; B39",
    "Put saves the guest's PMCR_EL0 and leaves it in the hardware. HPMN is N again, so the guest's "
    "E=0 stops the host's counters.",
    "write the host's PMCR_EL0 back",
)
class PutKeepsControl(Hypervisor):
    def pmu_put(self, vcpu):
        guests = self.cpu.mrs("PMCR_EL0")
        Hypervisor.pmu_put(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", guests)


@bug(
    "window-swap",
    "pmu_put",
    "host_survives",
    "small",
    "v6 11/19; James Clark; undefined-instruction faults on a Radxa O6; B20",
    "Put reaches every counter through PMSELR_EL0 and PMXEVCNTR_EL0, the cycle counter too. SEL=31 "
    "is no event counter: the access is UNDEFINED, in the host.",
    "PMCCNTR_EL0 by its own name",
)
class WindowSwap(Hypervisor):
    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu)):
                self.cpu.msr("PMSELR_EL0", idx)
                vcpu.regs[evcntr(idx)] = self.cpu.mrs("PMXEVCNTR_EL0")
        Hypervisor.pmu_put(self, vcpu)


@bug(
    "swap-needs-fgt",
    "owns_counters",
    "own_counts",
    "no-fgt",
    "v4 and v5; Oliver Upton: then how do events count in this case?; B35",
    "Without FEAT_FGT load returns early. The trapped guest's registers never reach the hardware.",
    "residence does not depend on FEAT_FGT",
)
class SwapNeedsFgt(Hypervisor):
    def owns_counters(self, vcpu):
        return Hypervisor.owns_counters(self, vcpu) and "FEAT_FGT" in self.host.features


# ---- the event filter at load


@bug(
    "filter-ignored",
    "apply_event_filter",
    "own_counts",
    "small",
    "v1; Oliver Upton: what about the vPMU event filter?; B25",
    "Load writes the guest's event types as they are. A denied event counts.",
    "look the event up in the filter, and exclude EL0 and EL1 where it is denied",
)
class FilterIgnored(Hypervisor):
    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), vcpu.regs[evtyper(idx)] & ~INCLUDE_EL2)


@bug(
    "filter-whole-register",
    "hardware_type",
    "own_counts",
    "el-filter",
    "v4 10/23; found by the author; B25",
    "The whole event type is looked up, exclude bits included. With one of them set a denied event "
    "is not recognised.",
    "the key is the event number alone",
)
class FilterWholeRegister(Hypervisor):
    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        allowed = vcpu.vm.event_filter.allows(typer)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


@bug(
    "filter-keeps-saved",
    "apply_event_filter",
    "own_reads",
    "small",
    "a change note of the series: the virtual register keeps what the guest wrote",
    "Load writes the excludes into the saved event type too. The guest reads back what it never "
    "wrote.",
    "filter a copy",
)
class FilterKeepsSaved(Hypervisor):
    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            vcpu.regs[evtyper(idx)] = self.hardware_type(vcpu, idx)
            self.cpu.msr(evtyper(idx), vcpu.regs[evtyper(idx)])


@bug(
    "filter-forgets-cycles",
    "apply_event_filter",
    "own_counts",
    "cycles",
    "v5; Oliver Upton: iterate the bitmask; B28",
    "The loop ends before counter 31. The cycle counter counts although CPU_CYCLES is denied.",
    "iterate over the mask",
)
class FilterForgetsCycles(Hypervisor):
    def apply_event_filter(self, vcpu):
        for idx in range(self.guest_counters(vcpu)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@bug(
    "filter-wrong-register",
    "apply_event_filter",
    "own_counts",
    "cycles",
    "v7 11/20; wuyifan; B26",
    "The cycle counter's filter bits are written into the counter. The next step of load hides "
    "that, and the denied cycles count.",
    "PMCCFILTR_EL0, not PMCCNTR_EL0",
)
class FilterWrongRegister(Hypervisor):
    def apply_event_filter(self, vcpu):
        for idx in counters(self.guest_counter_mask(vcpu)):
            name = evcntr(idx) if idx == CYCLE_IDX else evtyper(idx)
            self.cpu.msr(name, self.hardware_type(vcpu, idx))


@bug(
    "counts-el2",
    "hardware_type",
    "own_counts",
    "cycles-el2",
    "v1 10/17; Oliver Upton; B12, B13",
    "NSH stays in the event type and HCCD is not set, so the guest's cycle counter counts EL2.",
    "strip NSH from every type, allowed or not; set HCCD",
)
class CountsEl2(Hypervisor):
    def hardware_type(self, vcpu, idx):
        kept = vcpu.regs[evtyper(idx)] & INCLUDE_EL2
        return Hypervisor.hardware_type(self, vcpu, idx) | kept

    def setup_traps(self, vcpu):
        Hypervisor.setup_traps(self, vcpu)
        self.cpu.msr("MDCR_EL2", self.cpu.mrs("MDCR_EL2") & ~HCCD)


HCCD = 1 << 23

# ---- they look wrong and are harmless


@bug(
    "ok-load-set-only",
    "pmu_load",
    "",
    "small",
    "the other half of load-set-only",
    "Load writes only the SET registers. Put has left the guest range without an enable, so there "
    "is nothing to clear.",
    "none needed while put keeps its promise",
)
class OkLoadSetOnly(Hypervisor):
    def pmu_load(self, vcpu):
        load_without(self, vcpu, "PMCNTENCLR_EL0", "PMINTENCLR_EL1")


@bug(
    "ok-load-keeps-flags",
    "pmu_load",
    "",
    "small",
    "the other half of put-leaves-flags",
    "Load does not clear PMOVS. Put has left no flag.",
    "none needed while put keeps its promise",
)
class OkLoadKeepsFlags(Hypervisor):
    def pmu_load(self, vcpu):
        load_without(self, vcpu, "PMOVSCLR_EL0")


@bug(
    "ok-load-replays-control",
    "pmu_load",
    "",
    "small",
    "the other half of load-wipes",
    "Load writes PMCR_EL0 unmasked. P and C read as zero, so put never saves them; only a restore "
    "from userspace can bring them in.",
    "mask them all the same",
)
class OkLoadReplaysControl(Hypervisor):
    def pmu_load(self, vcpu):
        Hypervisor.pmu_load(self, vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMCR_EL0", vcpu.regs["PMCR_EL0"])


@bug(
    "ok-keeps-nsh",
    "hardware_type",
    "",
    "events-el2",
    "the other half of counts-el2",
    "NSH stays in the event types. HPMD prohibits the first range at EL2 all the same.",
    "strip it: HPMD is the second fence, not the first",
)
class OkKeepsNsh(Hypervisor):
    def hardware_type(self, vcpu, idx):
        kept = vcpu.regs[evtyper(idx)] & INCLUDE_EL2
        return Hypervisor.hardware_type(self, vcpu, idx) | kept


@bug(
    "ok-saves-host-enables",
    "pmu_put",
    "",
    "host-event",
    "v7, pmu_read_pmcnten; B67",
    "Put saves PMCNTENSET_EL0 with the host's bits in it. Load and the trap handlers mask them, so "
    "nobody sees them.",
    "mask where the value is read",
)
class OkSavesHostEnables(Hypervisor):
    def pmu_put(self, vcpu):
        enabled = self.cpu.mrs("PMCNTENSET_EL0")
        Hypervisor.pmu_put(self, vcpu)
        if self.owns_counters(vcpu):
            vcpu.regs["PMCNTENSET_EL0"] = enabled


# ---- how most of these are made: the reference with some writes or saves left out

EVERY_COUNTER = ("PMCCNTR_EL0", *(f"PMEVCNTR{n}_EL0" for n in range(31)))
EVERY_TYPE = ("PMCCFILTR_EL0", *(f"PMEVTYPER{n}_EL0" for n in range(31)))


class Skipping:
    """The CPU as a forgetful hypervisor uses it: some writes and some reads do not happen."""

    def __init__(self, cpu, unwritten: tuple[str, ...], unread: tuple[str, ...], regs: dict):
        self.cpu, self.unwritten, self.unread, self.regs = cpu, unwritten, unread, regs

    def msr(self, name: str, value: int) -> None:
        """Write a register, unless this is one that is forgotten."""
        if name not in self.unwritten:
            self.cpu.msr(name, value)

    def mrs(self, name: str) -> int:
        """Read a register; one that is forgotten keeps what memory has."""
        return self.regs[name] if name in self.unread else self.cpu.mrs(name)


def load_without(hyp: Hypervisor, vcpu, *names: str) -> None:
    """Do the reference's load, but for the writes of some registers."""
    real, hyp.cpu = hyp.cpu, Skipping(hyp.cpu, names, (), vcpu.regs)
    try:
        Hypervisor.pmu_load(hyp, vcpu)
    finally:
        hyp.cpu = real


def put_without(hyp: Hypervisor, vcpu, *names: str) -> None:
    """Do the reference's put, but for some writes (CLR registers) or saves (the others)."""
    unwritten = tuple(name for name in names if "CLR" in name)
    unread = tuple(name for name in names if "CLR" not in name)
    real, hyp.cpu = hyp.cpu, Skipping(hyp.cpu, unwritten, unread, vcpu.regs)
    try:
        Hypervisor.pmu_put(hyp, vcpu)
    finally:
        hyp.cpu = real
