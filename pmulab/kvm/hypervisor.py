"""`Hypervisor`: KVM's partitioned PMU behind hooks with the kernel's names, to be replaced singly.

Not modelled: what a hook of this class does not name; another pass of the run loop where a request
comes between flush and entry; the open PMUSERENR_EL0 that KVM gives a guest whose PMU traps. The
machine calls the hooks in KVM's order.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pmulab.hw.sysregs import MDCR_EL2
from pmulab.kvm.attributes import Attributes
from pmulab.kvm.emulated import Emulated
from pmulab.kvm.filter import Filter
from pmulab.kvm.hooks import Cpu
from pmulab.kvm.host import HostData, HostDriver
from pmulab.kvm.irq import Irq
from pmulab.kvm.partition import Partition
from pmulab.kvm.swap import Swap
from pmulab.kvm.traps import Traps
from pmulab.kvm.vcpu import Vcpu
from pmulab.kvm.vgic import Vgic


class Config(NamedTuple):
    """How the host was booted.

    `reserved_host_counters`: the module parameter; -1 means no partition, then PMUs are emulated.
    `dynamic`: the host lends counters only while a guest is loaded. `lazy`: a guest gets its
    counters at its first access.
    """

    reserved_host_counters: int = -1
    dynamic: bool = False
    lazy: bool = False


class Hypervisor(Partition, Swap, Filter, Traps, Irq, Vgic, HostDriver, Emulated, Attributes):
    """The host's software on all CPUs. `cpu` and `host` are those of the CPU that runs now."""

    def __init__(self, cpus: Sequence[Cpu], config: Config | None = None) -> None:
        self.cpus = cpus
        self.config = config or Config()
        reserved, dynamic = self.config.reserved_host_counters, self.config.dynamic
        self.hosts = []
        for n, cpu in enumerate(cpus):
            self.hosts.append(HostData(n, cpu, reserved, dynamic))
            self.this_cpu(n)
            self.boot()

    def this_cpu(self, n: int) -> None:
        """Run on CPU `n` from here on."""
        self.cpu, self.host = self.cpus[n], self.hosts[n]

    def boot(self) -> None:
        """Bring this CPU's PMU into the host's state: its driver on, all counters quiet."""
        self.cpu.msr("PMCNTENCLR_EL0", self.host.implemented)
        self.cpu.msr("PMINTENCLR_EL1", self.host.implemented)
        self.cpu.msr("PMOVSCLR_EL0", self.host.implemented)
        self.cpu.msr("PMCR_EL0", self.host.pmcr)
        self.cpu.msr("MDCR_EL2", MDCR_EL2.HPME | self.host.n_counters)

    def vcpu_load(self, vcpu: Vcpu) -> None:
        """Make a vCPU current on this CPU. Linux: arch/arm64/kvm/arm.c, kvm_arch_vcpu_load()."""
        self.host.loaded, vcpu.cpu = vcpu, self.host.cpu
        self.vgic_load(vcpu)
        self.decide_ownership(vcpu)
        self.setup_traps(vcpu)
        self.host.pmuserenr = self.cpu.mrs("PMUSERENR_EL0")
        self.cpu.msr("PMUSERENR_EL0", vcpu.regs["PMUSERENR_EL0"])
        # A selector left at 31 would make PMXEVCNTR_EL0 UNDEFINED before it could trap.
        self.cpu.msr("PMSELR_EL0", 0)
        self.emulated_load(vcpu)
        self.pmu_load(vcpu)

    def vcpu_put(self, vcpu: Vcpu) -> None:
        """Take the current vCPU off this CPU. Linux: arch/arm64/kvm/arm.c, kvm_arch_vcpu_put()."""
        vcpu.regs["PMUSERENR_EL0"] = self.cpu.mrs("PMUSERENR_EL0")
        self.cpu.msr("PMUSERENR_EL0", self.host.pmuserenr)
        self.clear_traps()
        self.vgic_put(vcpu)
        self.pmu_put(vcpu)
        self.emulated_put(vcpu)
        self.host.loaded = vcpu.cpu = None

    def enter(self, vcpu: Vcpu) -> None:
        """Prepare the entry: the PMU's level first, so that the vGIC samples it.

        Linux: arch/arm64/kvm/arm.c, kvm_arch_vcpu_ioctl_run().
        """
        vcpu.vm.has_run = True
        self.update_state(vcpu)
        self.vgic_flush(vcpu)
        # Whatever was asked for is done: the level and the list registers are those of now.
        vcpu.request = False

    def exit(self, vcpu: Vcpu) -> None:
        """Finish the exit: the PMU's level first again, then the list registers."""
        self.update_state(vcpu)
        self.vgic_sync(vcpu)

    def runnable(self, vcpu: Vcpu) -> bool:
        """Tell whether a halted vCPU must run: an interrupt waits, or somebody has kicked it.

        A kick counts because an overflow of this moment is in the vGIC only from the next entry on.
        Linux: kvm_arch_vcpu_runnable(), which looks at the vGIC.
        """
        return vcpu.request or self.vgic_pending(vcpu)
