"""Hooks that look wrong and are right: nobody can notice, so a check has to accept them.

Each has another order where nothing happens between, more accesses than are needed, a wider mask
over bits that nobody has, another type of the same number.
"""

from collections.abc import Callable
from enum import IntFlag
from typing import NamedTuple

from pmulab import Hypervisor
from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, REGS
from pmulab.kvm.filter import EVENT, EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, counters, evcntr, evtyper
from pmulab.kvm.vgic import HCR, PENDING_BIT, vgic_order
from pmulab.kvm.vgic_state import EDGE, LEVEL, PMU_PPI

LR = REGS["ICH_LR0_EL2"]


class Right(NamedTuple):
    """A right hook: what it is for, and why nobody can notice what is odd about it."""

    exercise: str
    why: str
    hypervisor: type


RIGHT: list[Right] = []


def right(exercise: str, why: str) -> Callable[[type], type]:
    """Enter a class whose one hook looks wrong and is right."""

    def enter(hypervisor: type) -> type:
        RIGHT.append(Right(exercise, why, hypervisor))
        return hypervisor

    return enter


# ---- masks


class Mask(IntFlag):
    """Counters as flags."""

    EVERY = 0xFFFFFFFF


@right("partition.guest_mask", "a flag is a number")
class MaskOfFlags(Hypervisor):
    """Returns an IntFlag."""

    def guest_counter_mask(self, vcpu):
        return Mask(super().guest_counter_mask(vcpu))


@right("partition.guest_mask", "a partition that is turned on has cut down the VM's number")
class MaskOfTheVm(Hypervisor):
    """The VM's number of counters, without a look at what the CPU lends."""

    def guest_counter_mask(self, vcpu):
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return 0
        return CYCLE_BIT | (1 << vcpu.vm.n_counters) - 1


@right("partition.guest_mask", "who owns no counters is not asked for them")
class MaskOfOwners(Hypervisor):
    """Empty for everybody but an owner."""

    def guest_counter_mask(self, vcpu):
        return super().guest_counter_mask(vcpu) if self.owns_counters(vcpu) else 0


@right("partition.host_mask", "the driver's mask lies within what is implemented")
class HostMaskTwice(Hypervisor):
    """Masked with what is implemented."""

    def host_counter_mask(self):
        return self.host.cntr_mask & self.host.implemented


@right("swap.write_pair", "nothing counts between two accesses of a load that is not over")
class PairClearsFirst(Hypervisor):
    """Clears the whole mask and sets what is due."""

    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(clr_name, mask)
        self.cpu.msr(set_name, bits & mask)


@right("swap.write_pair", "a write of 0 does nothing")
class PairSkipsZero(Hypervisor):
    """Writes only where there is something to change, having read it."""

    def write_pair(self, set_name, clr_name, bits, mask):
        differs = (self.cpu.mrs(set_name) ^ bits) & mask
        if differs & bits:
            self.cpu.msr(set_name, differs & bits)
        if differs & ~bits:
            self.cpu.msr(clr_name, differs & ~bits)


@right("swap.guard", "None is as false as False")
class GuardOrNone(Hypervisor):
    """Returns None for no."""

    def owns_counters(self, vcpu):
        if self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu):
            return vcpu.access == GUEST_OWNED or None
        return None


# ---- swap


@right("swap.load", "put has left no enable, so nothing counts before the last two lines")
class LoadControlFirst(Hypervisor):
    """PMCR_EL0 with its E comes before types and values; interrupts are enabled first."""

    def pmu_load(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        self.set_guest_counters(mask | (1 << self.hpmn(vcpu)) - 1)
        self.host.pmcr = cpu.mrs("PMCR_EL0")
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", 0, mask)
        cpu.msr("PMOVSCLR_EL0", mask)
        cpu.msr("PMCR_EL0", regs["PMCR_EL0"] & ~RESETS)
        cpu.msr("PMSELR_EL0", regs["PMSELR_EL0"])
        for idx in reversed(counters(mask)):
            cpu.msr(evcntr(idx), regs[evcntr(idx)])
        self.apply_event_filter(vcpu)
        self.write_pair("PMINTENSET_EL1", "PMINTENCLR_EL1", regs["PMINTENSET_EL1"], mask)
        self.write_pair("PMCNTENSET_EL0", "PMCNTENCLR_EL0", regs["PMCNTENSET_EL0"], mask)


@right("swap.load", "the same values once more")
class LoadTwice(Hypervisor):
    """Writes values and selector twice."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu)):
                self.cpu.msr(evcntr(idx), 0)
        super().pmu_load(vcpu)
        if self.owns_counters(vcpu):
            self.cpu.msr("PMSELR_EL0", vcpu.regs["PMSELR_EL0"])


@right("swap.put", "the guest's own number of counters is what the partition has of it")
class PutByVirtualMask(Hypervisor):
    """The counters that the guest believes to have."""

    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.virtual_counter_mask(vcpu)
        regs["PMINTENSET_EL1"] = cpu.mrs("PMINTENCLR_EL1") & mask
        cpu.msr("PMINTENCLR_EL1", mask)
        regs["PMCNTENSET_EL0"] = cpu.mrs("PMCNTENCLR_EL0") & mask
        cpu.msr("PMCNTENCLR_EL0", mask)
        self.fold_overflow(vcpu)
        regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
        regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
        for idx in reversed(counters(mask)):
            regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
        cpu.msr("PMCR_EL0", self.host.pmcr)
        self.set_guest_counters(0)


@right("swap.put", "the next load writes what this wipes")
class PutWipesRange(Hypervisor):
    """Leaves zeros in the guest range and in the selector."""

    def pmu_put(self, vcpu):
        if self.owns_counters(vcpu) and not self.config.dynamic:
            super().pmu_put(vcpu)
            self.cpu.msr("PMSELR_EL0", 0)
            for idx in counters(self.guest_counter_mask(vcpu)):
                self.cpu.msr(evcntr(idx), 0)
                self.cpu.msr(evtyper(idx), EXCLUDE_ALL)
            return
        super().pmu_put(vcpu)


@right("swap.put", "the register has 64 bits, whoever has kept them")
class PutSignedValues(Hypervisor):
    """Values are kept as s64."""

    def pmu_put(self, vcpu):
        owner = self.owns_counters(vcpu)
        super().pmu_put(vcpu)
        for idx in counters(self.guest_counter_mask(vcpu)) if owner else ():
            value = vcpu.regs[evcntr(idx)]
            vcpu.regs[evcntr(idx)] = value - (1 << 64) if value >> 63 else value


@right("swap.fold", "whatever is not the host's is the guest's or nobody's")
class FoldBesideHost(Hypervisor):
    """All flags but those of the host, read by the other name, one after the other."""

    def fold_overflow(self, vcpu):
        mask = self.guest_counter_mask(vcpu) & ~self.host_counter_mask()
        for idx in counters(self.cpu.mrs("PMOVSCLR_EL0") & mask):
            self.cpu.msr("PMOVSCLR_EL0", 1 << idx)
            vcpu.regs["PMOVSSET_EL0"] |= 1 << idx


@right("swap.fold", "a kick costs a pass through the run loop")
class FoldKicks(Hypervisor):
    """Kicks the vCPU as well."""

    def fold_overflow(self, vcpu):
        super().fold_overflow(vcpu)
        self.kick(vcpu)


# ---- filter


@right("filter.load", "the counters do not yet count")
class ApplyFromAbove(Hypervisor):
    """Highest first, each after a type that counts nowhere."""

    def apply_event_filter(self, vcpu):
        for idx in reversed(counters(self.guest_counter_mask(vcpu))):
            self.cpu.msr(evtyper(idx), EXCLUDE_ALL)
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


@right("filter.type", "what is excluded everywhere counts nothing, whatever its number")
class TypeEmptied(Hypervisor):
    """A denied event loses its number."""

    def hardware_type(self, vcpu, idx):
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & EVENT
        allowed = vcpu.vm.event_filter.allows(event)
        return typer & (EVENT | EXCLUDE_ALL) if allowed else EXCLUDE_ALL


@right("filter.type", "counter 31 has no event number in its type")
class TypeNamesCycles(Hypervisor):
    """The cycle counter's type has CPU_CYCLES in bits that are RES0."""

    def hardware_type(self, vcpu, idx):
        value = super().hardware_type(vcpu, idx) & ~INCLUDE_EL2
        return value & ~EVENT | CPU_CYCLES if idx == CYCLE_IDX else value


@right("filter.write", "all the others have the types that they get")
class WriteAllTypes(Hypervisor):
    """Writes every type again."""

    def write_type(self, vcpu, name, value):
        idx = CYCLE_IDX if name == "PMCCFILTR_EL0" else REGS[name].index
        if not self.is_partitioned(vcpu):
            self.emulated_release(vcpu, 1 << idx)
        vcpu.regs[name] = value
        if self.in_hardware(vcpu):
            self.apply_event_filter(vcpu)
        elif not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)


@right("filter.write", "stopped and started where it ran")
class WriteStops(Hypervisor):
    """Stops the counter while its type changes."""

    def write_type(self, vcpu, name, value):
        bit = CYCLE_BIT if name == "PMCCFILTR_EL0" else 1 << REGS[name].index
        ran = self.in_hardware(vcpu) and self.cpu.mrs("PMCNTENSET_EL0") & bit
        if ran:
            self.cpu.msr("PMCNTENCLR_EL0", bit)
        super().write_type(vcpu, name, value)
        if ran:
            self.cpu.msr("PMCNTENSET_EL0", bit)


@right("filter.ban", "a perf event that is made again goes on from the saved count")
class BanMakesAgain(Hypervisor):
    """Releases all perf events of an emulated guest before it makes those that may run."""

    def resync_event_filter(self, vcpu):
        if self.in_hardware(vcpu):
            self.apply_event_filter(vcpu)
        elif self.host.loaded is vcpu and not self.is_partitioned(vcpu):
            self.emulated_release(vcpu, self.virtual_counter_mask(vcpu))
            self.emulated_resync(vcpu)


# ---- ownership


@right("lazy.take", "there are two states")
class TakeUnlessOwner(Hypervisor):
    """Not GUEST_OWNED, for FREE."""

    def take_ownership(self, vcpu):
        if vcpu.access != GUEST_OWNED and self.is_partitioned(vcpu):
            if not vcpu.supports(self.host.cpu):
                return
            vcpu.access = GUEST_OWNED
            self.setup_traps(vcpu)
            self.pmu_load(vcpu)


@right("lazy.decide", "an unsupported CPU has no owner, whatever the vCPU is called there")
class DecideWhereSupported(Hypervisor):
    """FREE where the CPU does not suit."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if not vcpu.supports(self.host.cpu):
            vcpu.access = FREE


@right("lazy.decide", "who is an owner too early pays for it, and notices nothing")
class DecideEarly(Hypervisor):
    """A guest that has an interrupt enabled is an owner too."""

    def decide_ownership(self, vcpu):
        regs = vcpu.regs
        used = regs["PMCNTENSET_EL0"] | regs["PMINTENSET_EL1"]
        wanted = not self.config.lazy or used
        vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else FREE


@right("dynamic.reserve", "an event that is moved keeps its count and the rest of its period")
class ReserveMovesAll(Hypervisor):
    """Moves all events at every change."""

    def set_guest_counters(self, mask):
        if not self.config.dynamic:
            return
        for event in self.host.events:
            self.perf_stop(event)
        self.host.cntr_mask = self.host.implemented & ~mask
        self.perf_schedule()


# ---- traps


@right("trap.control", "nothing counts while the guest is at EL2")
class ControlZeroesLast(Hypervisor):
    """E first, then the resets."""

    def write_control(self, vcpu, value):
        self.emulated_write(vcpu, "PMCR_EL0", value & PMCR_EL0.writable)
        reset = counters(self.virtual_counter_mask(vcpu) & ~CYCLE_BIT) if value & PMCR_EL0.P else ()
        for idx in (*reset, CYCLE_IDX) if value & PMCR_EL0.C else reset:
            self.emulated_write(vcpu, evcntr(idx), 0)


@right("trap.flags", "flags have a home, and it does not matter who asks for what")
class ReadFoldsAlways(Hypervisor):
    """Folds before enables are read too."""

    def read_bitmap(self, vcpu, name):
        if self.in_hardware(vcpu):
            self.fold_overflow(vcpu)
        home = vcpu.regs[name] if name == "PMOVSSET_EL0" else self.read_home(vcpu, name)
        return home & self.virtual_counter_mask(vcpu)


# ---- interrupts


@right("irq.split", "nothing counts in the handler; whoever gets flags masks them")
class SplitGivesAll(Hypervisor):
    """Stops the driver first, and hands over what is left or nothing; returns the flags."""

    def handle_host_irq(self):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENCLR_EL1")
        if not overflow:
            return False
        self.driver_stop()
        own = overflow & self.host_counter_mask()
        self.cpu.msr("PMOVSCLR_EL0", own)
        for idx in reversed(counters(own)):
            self.perf_overflow(idx)
        self.handle_guest_irq(overflow & ~own)
        self.driver_start()
        return overflow


@right("irq.record", "the handler is one step to the guest")
class RecordFirst(Hypervisor):
    """Records one by one, and clears at the end."""

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is not None and self.owns_counters(vcpu):
            overflow &= self.guest_counter_mask(vcpu)
            for idx in counters(overflow):
                vcpu.regs["PMOVSSET_EL0"] |= 1 << idx
            if self.overflow_status(vcpu):
                self.kick(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@right("irq.status", "flags that may interrupt are in memory before the next entry")
class StatusWithHardware(Hypervisor):
    """Looks at flags that are still in hardware too."""

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & self.virtual_counter_mask(vcpu)
        if self.in_hardware(vcpu):
            flags |= self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(on and flags & self.read_home(vcpu, "PMINTENSET_EL1"))


@right("irq.inject", "its answer goes nowhere")
class UpdateReturns(Hypervisor):
    """Tells the vGIC before it keeps the level, and returns it."""

    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level ^ vcpu.irq_level:
            self.vgic_inject(vcpu, PMU_PPI, level)
        vcpu.irq_level = level
        return level


@right("irq.wake", "1 is as true as True")
class KickWithOne(Hypervisor):
    """A request of 1."""

    def kick(self, vcpu):
        vcpu.request = 1


# ---- list registers


@right("vgic.populate", "an INTID has ten bits here: LPIs are not modelled")
class PopulateTenBits(Hypervisor):
    """By the fields of the register, INTID with 10 bits."""

    def vgic_populate(self, irq):
        level = irq.config == LEVEL
        waits = irq.pending and not irq.active if level else irq.pending_latch
        irq.pending_latch = irq.pending_latch and level
        state = irq.active << 1 | waits
        value = LR.put(level << 41, vINTID=irq.intid & 0x3FF, Priority=irq.priority)
        return LR.put(value, Group=irq.group, State=state)


@right("vgic.flush", "the guest does not run between two of these writes")
class FlushWipesFirst(Hypervisor):
    """Turns the interface on first, then clears every list register, then fills them."""

    def vgic_flush(self, vcpu):
        vgic, n_lrs = vcpu.vgic, self.host.list_registers
        if not vgic.ap_list and not vgic.used_lrs:
            return
        chosen = [vgic.irqs[i] for i in vgic.ap_list if self.vgic_target(vgic.irqs[i])]
        if len(chosen) > n_lrs:
            vgic.ap_list.sort(key=lambda intid: vgic_order(vgic.irqs[intid]))
            chosen.sort(key=vgic_order)
        self.cpu.msr("ICH_HCR_EL2", HCR.En | self.vgic_maintenance(chosen[n_lrs:]))
        for lr in range(n_lrs):
            self.cpu.msr(f"ICH_LR{lr}_EL2", 0)
        for lr, irq in enumerate(chosen[:n_lrs]):
            self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(irq))
        vgic.used_lrs = len(chosen[:n_lrs])


@right("vgic.fold", "an interrupt in a list register has been made before")
class FoldMakes(Hypervisor):
    """INTID with 10 bits, looked up as if it could be new; a latch that is set is set again."""

    def vgic_fold(self, vcpu, value):
        irq = vcpu.vgic.irq(value & 0x3FF)
        irq.active = bool(value >> 63)
        pending = bool(value & PENDING_BIT)
        if irq.config == EDGE:
            irq.pending_latch = irq.pending_latch or pending
        else:
            irq.pending_latch = irq.pending_latch and (pending or irq.active)
        return irq.intid
