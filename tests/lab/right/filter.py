"""Filters, ownership and traps that look wrong and are right."""

from lab.right.table import right

from pmulab import Hypervisor
from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, REGS
from pmulab.kvm.filter import EVENT, EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, counters, evcntr, evtyper

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


@right("filter.write", "a guest without EL2 has no NSH to write")
class WriteDropsNsh(Hypervisor):
    """What comes here has no NSH; to drop it once more changes nothing."""

    def write_type(self, vcpu, name, value):
        super().write_type(vcpu, name, value & ~INCLUDE_EL2)


@right("filter.write", "what is written already is written")
class WriteIfChanged(Hypervisor):
    """Does nothing where the type is what it was."""

    def write_type(self, vcpu, name, value):
        if vcpu.regs[name] != value:
            super().write_type(vcpu, name, value)


@right("trap.flags", "a flag is read in both of its places, and who clears it folds first")
class ReadWithoutFolding(Hypervisor):
    """Reads both places and moves nothing."""

    def read_bitmap(self, vcpu, name):
        value = vcpu.regs[name] if name == "PMOVSSET_EL0" else self.read_home(vcpu, name)
        if name == "PMOVSSET_EL0" and self.in_hardware(vcpu):
            value |= self.cpu.mrs(name) & self.guest_counter_mask(vcpu)
        return value & self.virtual_counter_mask(vcpu)
