"""A PE with a hypervisor on it and vCPUs by hand: no machine, no scheduler, no programs."""

from pmulab.hw import events
from pmulab.hw.pe import Pe
from pmulab.hw.pmu import FEATURES
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.hw.sysregs import HCR_EL2
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.traps import GuestUndefined, TrappedAccess
from pmulab.kvm.vcpu import Vcpu, Vm

NO_FGT = tuple(f for f in FEATURES if f != "FEAT_FGT")
NO_HPMN0 = tuple(f for f in FEATURES if f != "FEAT_HPMN0")
V3P1 = ("FEAT_PMUv3p1",)
NO_P1 = ("FEAT_FGT", "FEAT_HPMN0")
C = 1 << 31
E, P, RESET_C, LC, LP = 1, 2, 4, 0x40, 0x80
INST, CYCLES, MEM = events.INST_RETIRED, events.CPU_CYCLES, 0x13
VIRTUAL = HCR_EL2.E2H | HCR_EL2.RW | HCR_EL2.IMO | HCR_EL2.FMO


class Bench:
    """One host: `pe` and `hyp` of CPU 0, all accesses of EL2 in `log`."""

    def __init__(
        self, n=6, features=FEATURES, reserved=2, dynamic=False, lazy=False, lrs=4, kind=Hypervisor
    ):
        sizes = [n] if isinstance(n, int) else n
        self.pes = [Pe(size, features, lrs) for size in sizes]
        for pe in self.pes:
            pe.msr("HCR_EL2", VIRTUAL)
        self.pe = self.pes[0]
        self.hyp = kind(self.pes, Config(reserved, dynamic, lazy))
        self.hyp.this_cpu(0)
        self.log = []
        for pe in self.pes:
            pe.watch(self._note)

    def _note(self, access):
        if access.pe.el == 2:
            self.log.append((access.op, access.reg, access.value))

    def written(self, since=0):
        """Return the names that EL2 has written, in order."""
        return [reg for op, reg, _ in self.log[since:] if op == "msr"]

    def vcpu(
        self, name="A", counters=2, partitioned=True, supported=None, features=FEATURES, **regs
    ):
        """Make a vCPU of a VM of its own."""
        vcpu = Vcpu(name, Vm(name, counters, partitioned, features), supported)
        vcpu.regs |= regs
        return vcpu

    def loaded(self, *args, **kwargs):
        """Make a vCPU and load it."""
        vcpu = self.vcpu(*args, **kwargs)
        self.hyp.vcpu_load(vcpu)
        return vcpu

    def at_el1(self, vcpu, name, *value, el=1):
        """Do a guest's access, direct or trapped; returns what it reads or the exception."""
        self.pe.el = el
        try:
            return self.pe.msr(name, *value) if value else self.pe.mrs(name)
        except Undefined:
            return "UNDEFINED"
        except Trap as trap:
            if trap.target_el == 1:
                return "trap to EL1"
        finally:
            self.pe.el = 2
        op = "msr" if value else "mrs"
        try:
            return self.hyp.handle_trap(vcpu, TrappedAccess(op, name, *(value or (0,)), el))
        except GuestUndefined:
            return "UNDEFINED"

    def traps(self, name, *value, el=1):
        """Tell whether an access at EL1 traps to EL2."""
        self.pe.el = el
        try:
            _ = self.pe.msr(name, *value) if value else self.pe.mrs(name)
        except Trap as trap:
            return trap.target_el == 2
        finally:
            self.pe.el = 2
        return False

    def work(self, event, amount, el=1):
        """Let events happen at a level."""
        self.pe.el = el
        self.pe.retire(event, amount)
        self.pe.el = 2

    def perf(self, name="host", event=INST, period=0):
        """Add an event of the host."""
        added = PerfEvent(name, event, period)
        self.hyp.perf_add(added)
        return added

    def __getitem__(self, name):
        """Read a register as EL2 does."""
        return self.pe.mrs(name)
