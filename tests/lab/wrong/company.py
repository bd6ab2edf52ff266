"""Wrong where a vCPU is not alone: twins, other CPUs, CPUs of before, CPUs that do not suit."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0, REGS
from pmulab.kvm.filter import INCLUDE_EL2
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, counters, evcntr, evtyper
from pmulab.kvm.vgic import (
    ACTIVE_BIT,
    INTID,
)
from pmulab.kvm.vgic_state import LEVEL

HCR, VMCR = REGS["ICH_HCR_EL2"], REGS["ICH_VMCR_EL2"]


# ---- a CPU that does not suit


def _put(self, vcpu, guard, mask=None, before=None, after=None):
    if not guard:
        return
    cpu, regs = self.cpu, vcpu.regs
    mask = self.guest_counter_mask(vcpu) if mask is None else mask
    self.pmu_stop(vcpu)
    for idx in counters(mask):
        regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
    regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
    regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
    flags = cpu.mrs("PMOVSSET_EL0") & mask
    for idx in counters(flags):
        regs["PMOVSSET_EL0"] |= 1 << idx
        cpu.msr("PMOVSCLR_EL0", 1 << idx)
    cpu.msr("PMCR_EL0", self.host.pmcr)
    self.set_guest_counters(0)


@wrong("swap.put", "a CPU that does not suit")
class PutOwnersAnywhere(Hypervisor):
    """Puts whoever is an owner of a partition, though this CPU does not suit it."""

    def pmu_put(self, vcpu):
        _put(self, vcpu, self.is_partitioned(vcpu) and vcpu.access == GUEST_OWNED)


def _load(self, vcpu, guard, types=None, between=None, taken=None, cntr=None):
    if not guard:
        return
    cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
    self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1 if taken is None else taken)
    self.host.pmcr = cpu.mrs("PMCR_EL0")
    self.apply_event_filter(vcpu)
    for idx in counters(mask):
        (cntr or (lambda i: cpu.msr(evcntr(i), regs[evcntr(i)])))(idx)
    cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
    cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
    cpu.msr("PMOVSCLR_EL0", mask)
    for idx in counters(mask):
        on, irq = regs["PMCNTENSET_EL0"] >> idx & 1, regs["PMINTENSET_EL1"] >> idx & 1
        if on:
            cpu.msr("PMCNTENSET_EL0", 1 << idx)
        if irq:
            cpu.msr("PMINTENSET_EL1", 1 << idx)


@wrong("swap.load", "a CPU that does not suit")
class LoadOwnersAnywhere(Hypervisor):
    """Loads whoever is called an owner and is partitioned."""

    def pmu_load(self, vcpu):
        _load(self, vcpu, self.is_partitioned(vcpu) and vcpu.access == GUEST_OWNED)


@wrong("swap.load", "a CPU that does not suit")
class LoadTakesBeforeGuard(Hypervisor):
    """Takes counters from the host before it looks whether the vCPU suits."""

    def pmu_load(self, vcpu):
        if self.is_partitioned(vcpu) and vcpu.access == GUEST_OWNED:
            self.set_guest_counters(vcpu.vm.counter_mask)
            self.host.pmcr = self.cpu.mrs("PMCR_EL0")
        super().pmu_load(vcpu)


@wrong("filter.ban", "a CPU that does not suit")
class BanOnUnsupported(Hypervisor):
    """Types of the VM's counters go in wherever it is loaded as an owner."""

    def resync_event_filter(self, vcpu):
        if self.host.loaded is vcpu and self.is_partitioned(vcpu) and vcpu.access == GUEST_OWNED:
            for idx in counters(vcpu.vm.counter_mask):
                self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))
        else:
            super().resync_event_filter(vcpu)


@wrong("filter.ban", "a CPU that does not suit")
class BanWherePartitioned(Hypervisor):
    """Types go in where the VM has a partition and is loaded as an owner, by what the VM has."""

    def resync_event_filter(self, vcpu):
        owner = self.host.loaded is vcpu and vcpu.access == GUEST_OWNED
        if not owner:
            return super().resync_event_filter(vcpu)
        for idx in counters(vcpu.vm.counter_mask):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


# ---- more than three CPUs, or than two vCPUs in a VM


@wrong("partition.guest_mask", "more than three CPUs, or than two vCPUs in a VM")
class MaskFourth(Hypervisor):
    """CPU numbers have two bits... 4 and up."""

    def guest_counter_mask(self, vcpu):
        if vcpu.supported_cpus is not None and self.host.cpu & 3 not in vcpu.supported_cpus:
            return 0
        return super().guest_counter_mask(vcpu)


@wrong("swap.guard", "more than three CPUs, or than two vCPUs in a VM")
class GuardBitmask(Hypervisor):
    """supported CPUs as two bits."""

    def owns_counters(self, vcpu):
        s = vcpu.supported_cpus
        ours = self.is_partitioned(vcpu) and (
            s is None or any(self.host.cpu & 3 == n & 3 for n in s)
        )
        return ours and vcpu.access == GUEST_OWNED


@wrong("lazy.decide", "more than three CPUs, or than two vCPUs in a VM")
class DecideByTwins(Hypervisor):
    """Of a VM's vCPUs those with a number from 2 on are FREE."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if vcpu.name != vcpu.vm.name and vcpu.name[-1] not in "01":
            vcpu.access = FREE


# ---- twins loaded at once


def _twins(self, vcpu):
    """The other vCPUs of a VM that are loaded now."""
    return [
        h.loaded for h in self.hosts if h.loaded and h.loaded is not vcpu and h.loaded.vm is vcpu.vm
    ]


@wrong("partition.guest_mask", "twins loaded at once")
class MaskSharedByTwins(Hypervisor):
    """A VM's counters are divided between those of its vCPUs that are loaded."""

    def guest_counter_mask(self, vcpu):
        mask = super().guest_counter_mask(vcpu)
        n = len(_twins(self, vcpu)) + 1
        return mask & (CYCLE_BIT | (1 << -(-vcpu.vm.n_counters // n)) - 1) if n > 1 else mask


def _first(self, vcpu):
    """The first vCPU of a VM that is loaded anywhere."""
    found = (h.loaded for h in self.hosts if h.loaded is not None and h.loaded.vm is vcpu.vm)
    return next(found, None)


@wrong("partition.guest_mask", "twins loaded at once")
class MaskCyclesOfOne(Hypervisor):
    """Only the VM's first loaded vCPU has the cycle counter."""

    def guest_counter_mask(self, vcpu):
        mask = super().guest_counter_mask(vcpu)
        return mask if _first(self, vcpu) in (None, vcpu) else mask & ~CYCLE_BIT


@wrong("swap.guard", "twins loaded at once")
class GuardFirstOfVm(Hypervisor):
    """Of a VM the first loaded vCPU owns counters."""

    def owns_counters(self, vcpu):
        return super().owns_counters(vcpu) and _first(self, vcpu) in (None, vcpu)


@wrong("swap.guard", "twins loaded at once")
class GuardOneOfEachVm(Hypervisor):
    """Of a VM one vCPU owns counters at a time."""

    def owns_counters(self, vcpu):
        if any(
            h.loaded and h.loaded is not vcpu and h.loaded.vm is vcpu.vm and h.cpu < self.host.cpu
            for h in self.hosts
        ):
            return False
        return super().owns_counters(vcpu)


@wrong("swap.fold", "twins loaded at once")
class FoldForVm(Hypervisor):
    """Flags go to the VM's first loaded vCPU."""

    def fold_overflow(self, vcpu):
        one = _first(self, vcpu) or vcpu
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        if flags:
            one.regs["PMOVSSET_EL0"] |= flags
            self.cpu.msr("PMOVSCLR_EL0", flags)


@wrong("swap.stop", "twins loaded at once")
class StopUnlessTwin(Hypervisor):
    """A twin's counters run on, so they are not stopped."""

    def pmu_stop(self, vcpu):
        if _twins(self, vcpu):
            vcpu.regs["PMCNTENSET_EL0"] = self.cpu.mrs("PMCNTENSET_EL0") & self.guest_counter_mask(
                vcpu
            )
            vcpu.regs["PMINTENSET_EL1"] = self.cpu.mrs("PMINTENSET_EL1") & self.guest_counter_mask(
                vcpu
            )
            return
        super().pmu_stop(vcpu)


@wrong("swap.put", "twins loaded at once")
class PutKeepsWhileTwin(Hypervisor):
    """The host gets its counters back when the last vCPU of the VM is put."""

    def pmu_put(self, vcpu):
        mask = self.host.cntr_mask
        super().pmu_put(vcpu)
        if _twins(self, vcpu) and self.config.dynamic:
            self.set_guest_counters(self.host.implemented & ~mask)


@wrong("swap.put", "twins loaded at once")
class PutFlagsOfVm(Hypervisor):
    """Flags at put belong to the VM: a loaded twin gets them."""

    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu):
            flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
            for o in _twins(self, vcpu)[:1]:
                o.regs["PMOVSSET_EL0"] |= flags
        super().pmu_put(vcpu)


@wrong("swap.load", "twins loaded at once")
class LoadCountsOfTwin(Hypervisor):
    """The control of a VM is one: that of its first loaded vCPU."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        for o in _twins(self, vcpu)[:1]:
            if self.owns_counters(vcpu):
                self.cpu.msr("PMCR_EL0", o.regs["PMCR_EL0"] & ~RESETS)


@wrong("swap.load", "twins loaded at once")
class LoadTypesOfFirst(Hypervisor):
    """Enables of the VM's other vCPU are let alone: no interrupt enabled while a twin runs."""

    def pmu_load(self, vcpu):
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu) and any(
            h.loaded and h is not self.host and h.loaded.vm is vcpu.vm for h in self.hosts
        ):
            self.cpu.msr("PMINTENCLR_EL1", self.guest_counter_mask(vcpu))


@wrong("filter.load", "twins loaded at once")
class ApplyTypesOfTwin(Hypervisor):
    """Types are the VM's: those of its first loaded vCPU."""

    def apply_event_filter(self, vcpu):
        one = _first(self, vcpu) or vcpu
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), self.hardware_type(one, idx))


@wrong("filter.type", "twins loaded at once")
class TypeOfTwin(Hypervisor):
    """What a twin counts already is allowed."""

    def hardware_type(self, vcpu, idx):
        kind = super().hardware_type(vcpu, idx)
        if any(o.regs[evtyper(idx)] == vcpu.regs[evtyper(idx)] for o in _twins(self, vcpu)):
            return vcpu.regs[evtyper(idx)] & ~INCLUDE_EL2
        return kind


@wrong("filter.write", "twins loaded at once")
class WriteIfNoTwin(Hypervisor):
    """While a twin is loaded a new type waits for the next load."""

    def write_type(self, vcpu, name, value):
        if _twins(self, vcpu) and self.is_partitioned(vcpu):
            vcpu.regs[name] = value
            return
        super().write_type(vcpu, name, value)


@wrong("filter.write", "twins loaded at once")
class WriteTypeOfVm(Hypervisor):
    """Types are the VM's: its other loaded vCPU gets it in memory as well."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value)
        for h in self.hosts:
            o = h.loaded
            if o is not None and o is not vcpu and o.vm is vcpu.vm:
                o.regs[name] = value


@wrong("filter.ban", "twins loaded at once")
class BanOncePerVm(Hypervisor):
    """A filter is the VM's, so it is enforced once: for the first CPU that has one of its vCPUs."""

    def resync_event_filter(self, vcpu):
        if _first(self, vcpu) in (None, vcpu):
            super().resync_event_filter(vcpu)


@wrong("lazy.decide", "twins loaded at once")
class DecideOneOfEachVm(Hypervisor):
    """Who has a twin that owns counters elsewhere stays FREE."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if any(
            h.loaded
            and h.loaded is not vcpu
            and h.loaded.vm is vcpu.vm
            and h.loaded.access == GUEST_OWNED
            for h in self.hosts
        ):
            vcpu.access = FREE


@wrong("lazy.decide", "twins loaded at once")
class DecideAsTwin(Hypervisor):
    """Who has a twin that owns counters elsewhere owns them too, lazy or not."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if any(
            h.loaded
            and h.loaded is not vcpu
            and h.loaded.vm is vcpu.vm
            and h.loaded.access == GUEST_OWNED
            for h in self.hosts
        ) and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED


@wrong("dynamic.reserve", "twins loaded at once")
class ReserveWhileTwin(Hypervisor):
    """Given back when no vCPU of the VM is loaded any more."""

    def set_guest_counters(self, mask):
        here = self.host.loaded
        if not mask and here is not None and _twins(self, here):
            return
        super().set_guest_counters(mask)


@wrong("trap.control", "twins loaded at once")
class ControlOfVm(Hypervisor):
    """P and C reset the VM's counters: the saved ones of its loaded twin, too."""

    def write_control(self, vcpu, value):
        super().write_control(vcpu, value)
        for o in _twins(self, vcpu):
            if value & PMCR_EL0.P and o.access == FREE:
                for n in range(vcpu.vm.n_counters):
                    o.regs[evcntr(n)] = 0


@wrong("trap.control", "twins loaded at once")
class ControlTwinE(Hypervisor):
    """E is the VM's: a twin that is FREE or emulated gets it."""

    def write_control(self, vcpu, value):
        super().write_control(vcpu, value)
        for o in _twins(self, vcpu):
            if o.access == FREE:
                o.regs["PMCR_EL0"] = value & PMCR_EL0.writable


@wrong("trap.flags", "twins loaded at once")
class ReadFoldsFirstOfVm(Hypervisor):
    """Folds for the VM's first loaded vCPU."""

    def read_bitmap(self, vcpu, name):
        if name == "PMOVSSET_EL0" and _first(self, vcpu) is not vcpu and self.in_hardware(vcpu):
            return vcpu.regs[name] & self.virtual_counter_mask(vcpu)
        return super().read_bitmap(vcpu, name)


@wrong("irq.split", "twins loaded at once")
class SplitForFirstOfVm(Hypervisor):
    """The guest's flags are cleared where a twin on a lower CPU is to handle them."""

    def handle_host_irq(self):
        here = self.host.loaded
        if here is not None and _first(self, here) is not here:
            flags = (
                self.cpu.mrs("PMOVSSET_EL0")
                & self.cpu.mrs("PMINTENSET_EL1")
                & self.guest_counter_mask(here)
            )
            self.cpu.msr("PMOVSCLR_EL0", flags)
        return super().handle_host_irq()


@wrong("irq.record", "twins loaded at once")
class RecordForFirstOfVm(Hypervisor):
    """Records for the VM's first loaded vCPU."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        one = _first(self, vcpu) if vcpu is not None else None
        if one is None or one is vcpu or not self.owns_counters(vcpu):
            return super().handle_guest_irq(overflow)
        overflow &= self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)
        one.regs["PMOVSSET_EL0"] |= overflow
        self.kick(one)


@wrong("irq.inject", "twins loaded at once")
class InjectToFirstOfVm(Hypervisor):
    """The vGIC of the VM's first loaded vCPU is told."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level != vcpu.irq_level:
            vcpu.irq_level = level
            self.vgic_inject(_first(self, vcpu) or vcpu, vcpu.vm.irq_num, level)


@wrong("vgic.flush", "twins loaded at once")
class FlushSpisOnce(Hypervisor):
    """An SPI goes to the VM's first loaded vCPU alone."""

    def vgic_flush(self, vcpu):
        old = self.vgic_chosen
        if _first(self, vcpu) not in (None, vcpu):
            vars(self)["vgic_chosen"] = lambda v: [i for i in old(v) if i.intid < 32]
        try:
            super().vgic_flush(vcpu)
        finally:
            vars(self).pop("vgic_chosen", None)


@wrong("vgic.fold", "twins loaded at once")
class FoldIntoFirst(Hypervisor):
    """A PPI's latch comes back to the VM's first loaded vCPU."""

    def vgic_fold(self, vcpu, value):
        one = _first(self, vcpu) or vcpu
        intid = value & INTID
        return super().vgic_fold(one if intid in one.vgic.irqs and intid < 32 else vcpu, value)


@wrong("irq.record", "twins loaded at once")
class RecordKicksOncePerVm(Hypervisor):
    """A VM is kicked once until it is entered: kept in the VM by name."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu is not None and vcpu.request and not before:
            if vars(vcpu.vm).get("kicked", "") not in ("", vcpu.name):
                vcpu.request = before
            vcpu.vm.kicked = vcpu.name


@wrong("partition.host_mask", "twins loaded at once")
class HostMaskWhileTwinOwns(Hypervisor):
    """While any vCPU of the loaded VM owns counters its counters are not the host's."""

    def host_counter_mask(self):
        mask, here = super().host_counter_mask(), self.host.loaded
        if here is not None and here.access == FREE:
            for h in self.hosts:
                o = h.loaded
                if (
                    o is not None
                    and o.vm is here.vm
                    and o.access == GUEST_OWNED
                    and self.config.dynamic
                ):
                    mask &= ~here.vm.counter_mask
        return mask


# ---- another VM's owner is loaded on another CPU


def _others(self, vcpu):
    """vCPUs of other VMs that are loaded on other CPUs."""
    return [
        h.loaded
        for h in self.hosts
        if h is not self.host and h.loaded and h.loaded.vm is not vcpu.vm
    ]


@wrong("lazy.decide", "another VM's owner is loaded on another CPU")
class DecideOneOwner(Hypervisor):
    """One VM owns counters at a time, on whichever CPU."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if any(o.access == GUEST_OWNED for o in _others(self, vcpu)):
            vcpu.access = FREE


@wrong("lazy.take", "another VM's owner is loaded on another CPU")
class TakeOneVm(Hypervisor):
    """One VM owns counters at a time, on whichever CPU."""

    def take_ownership(self, vcpu):
        if any(o.access == GUEST_OWNED for o in _others(self, vcpu)):
            return
        super().take_ownership(vcpu)


# ---- a vCPU that was on another CPU


@wrong("lazy.decide", "a vCPU that was on another CPU")
class DecideOfLastCpu(Hypervisor):
    """Who comes from another CPU has no counters here yet: FREE."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        last = vcpu.regs.get("last")
        vcpu.regs["last"] = self.host.cpu
        if last not in (None, self.host.cpu):
            vcpu.access = FREE


@wrong("lazy.decide", "a vCPU that was on another CPU")
class DecideLazyOfLastCpu(Hypervisor):
    """Lazy: who comes from another CPU begins FREE, whatever is on."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        last = vcpu.regs.get("last")
        vcpu.regs["last"] = self.host.cpu
        if self.config.lazy and last not in (None, self.host.cpu):
            vcpu.access = FREE


@wrong("lazy.take", "a vCPU that was on another CPU")
class TakeOnFirstCpu(Hypervisor):
    """Counters are taken on the CPU where they were taken first."""

    def take_ownership(self, vcpu):
        home = vcpu.regs.setdefault("home", self.host.cpu)
        if home == self.host.cpu:
            super().take_ownership(vcpu)


@wrong("filter.ban", "a vCPU that was on another CPU")
class BanOnFirstCpu(Hypervisor):
    """A filter is enforced at once where the vCPU ran first."""

    def resync_event_filter(self, vcpu):
        home = vcpu.regs.setdefault("home", self.host.cpu)
        if home == self.host.cpu:
            super().resync_event_filter(vcpu)


@wrong("trap.flags", "a vCPU that was on another CPU")
class ReadAtHome(Hypervisor):
    """Flags in hardware are looked at where the vCPU first read them."""

    def read_bitmap(self, vcpu, name):
        home = vcpu.regs.setdefault("home", self.host.cpu)
        if home != self.host.cpu and name == "PMOVSSET_EL0":
            return vcpu.regs[name] & self.virtual_counter_mask(vcpu)
        return super().read_bitmap(vcpu, name)


@wrong("irq.record", "a vCPU that was on another CPU")
class RecordAtHome(Hypervisor):
    """Kicks where the vCPU's first overflow was."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        before = vcpu.request if vcpu else False
        super().handle_guest_irq(overflow)
        if vcpu is not None and vcpu.regs.setdefault("home", self.host.cpu) != self.host.cpu:
            vcpu.request = before


@wrong("irq.wake", "a vCPU that was on another CPU")
class KickAtHome(Hypervisor):
    """Kicks on the CPU where the vCPU was kicked first."""

    def kick(self, vcpu):
        if vcpu.regs.setdefault("home", self.host.cpu) == self.host.cpu:
            vcpu.request = True


@wrong("irq.inject", "a vCPU that was on another CPU")
class InjectAtHome(Hypervisor):
    """Who comes from another CPU is told anew: what the vGIC was told is forgotten."""

    def update_state(self, vcpu):
        last = vcpu.regs.get("last")
        vcpu.regs["last"] = self.host.cpu
        if last not in (None, self.host.cpu):
            vcpu.irq_level = False
        super().update_state(vcpu)


@wrong("irq.split", "a vCPU that was on another CPU")
class SplitAtHome(Hypervisor):
    """The guest's share is handled where its first one was, elsewhere cleared."""

    def handle_host_irq(self):
        v = self.host.loaded
        if v is not None and self.owns_counters(v):
            flags = (
                self.cpu.mrs("PMOVSSET_EL0")
                & self.cpu.mrs("PMINTENSET_EL1")
                & self.guest_counter_mask(v)
            )
            if flags and v.regs.setdefault("home", self.host.cpu) != self.host.cpu:
                self.cpu.msr("PMOVSCLR_EL0", flags)
        return super().handle_host_irq()


@wrong("swap.stop", "a vCPU that was on another CPU")
class StopInterruptsAtHome(Hypervisor):
    """Saves interrupt enables on the CPU where it did first."""

    def pmu_stop(self, vcpu):
        super().pmu_stop(vcpu)
        if vcpu.regs.setdefault("home", self.host.cpu) != self.host.cpu:
            vcpu.regs["PMINTENSET_EL1"] = 0


@wrong("swap.put", "a vCPU that was on another CPU")
class PutControlAtHome(Hypervisor):
    """PMCR_EL0 is saved on the CPU where it was first."""

    def pmu_put(self, vcpu):
        old = vcpu.regs.get("control", None)
        super().pmu_put(vcpu)
        if self.owns_counters(vcpu):
            if vcpu.regs.setdefault("home", self.host.cpu) != self.host.cpu and old is not None:
                vcpu.regs["PMCR_EL0"] = old
            vcpu.regs["control"] = vcpu.regs["PMCR_EL0"]


@wrong("vgic.fold", "a vCPU that was on another CPU")
class FoldAtHome(Hypervisor):
    """Active state comes back on the CPU where the vCPU first ran."""

    def vgic_fold(self, vcpu, value):
        home = vcpu.regs.setdefault("home", self.host.cpu)
        return super().vgic_fold(vcpu, value if home == self.host.cpu else value & ~ACTIVE_BIT)


@wrong("vgic.populate", "a vCPU that was on another CPU")
class PopulateAtHome(Hypervisor):
    """An active one goes in as active on the CPU where it first was."""

    def vgic_populate(self, irq):
        v = self.host.loaded
        value = super().vgic_populate(irq)
        if (
            v is not None
            and v.regs.setdefault("home", self.host.cpu) != self.host.cpu
            and irq.config == LEVEL
        ):
            value &= ~ACTIVE_BIT
        return value
