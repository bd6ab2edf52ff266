"""The small host that a case runs on, and a vCPU that is loaded there.

A case runs on the third of three CPUs that differ in size: a hook that takes another one for the
one it runs on is told.

Not modelled: a second vCPU.
"""

from collections.abc import Callable
from typing import cast

from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.pe import Pe
from pmulab.kvm.event_filter import DENY
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import FREE, GUEST_OWNED, Vcpu, Vm

BOTH = (False, True)
OWNERS = (GUEST_OWNED, FREE)
LIST_REGISTERS = 2
BOOT_CPU, OTHER_CPU, THIS_CPU = range(3)
MEM_ACCESS = 0x13


def host_of(
    hypervisor: type, lazy: bool = False, dynamic: bool = False, reserved: int = 2
) -> Hypervisor:
    """Make a host that runs on a CPU with four event counters, two of them its own.

    With 5 reserved there is a partition on the other CPUs, and none on this one.
    """
    sizes = (6, 2 * LIST_REGISTERS), (5, 3 * LIST_REGISTERS), (4, LIST_REGISTERS)
    cpus = [Pe(counters, list_registers=registers) for counters, registers in sizes]
    hyp = hypervisor(cpus, Config(reserved, lazy=lazy, dynamic=dynamic))
    hyp.this_cpu(THIS_CPU)
    return hyp


def guest(
    access: str = GUEST_OWNED, partitioned: bool = True, supported: bool = True, /, **regs: int
) -> Vcpu:
    """Make a vCPU with two counters, that suits two CPUs: this one among them if supported."""
    suits = (OTHER_CPU, THIS_CPU) if supported else (BOOT_CPU, OTHER_CPU)
    vcpu = Vcpu("A", Vm("A", 2, partitioned), suits)
    vcpu.access, vcpu.cpu = access, THIS_CPU
    vcpu.regs |= regs
    return vcpu


def loaded(
    hyp: Hypervisor, access: str = GUEST_OWNED, denied: bool = False, /, **regs: int
) -> Vcpu:
    """Load a vCPU, its counters excepted; who owns them and what may count is as the case says."""
    hyp.host.loaded = vcpu = guest(access, **regs)
    for event in (MEM_ACCESS, CPU_CYCLES) if denied else ():
        vcpu.vm.event_filter.set_range(event, 1, DENY)
    hyp.setup_traps(vcpu)
    return vcpu


def pe_of(hyp: Hypervisor) -> Pe:
    """Return the CPU of a small host as what it is, with all that its software cannot reach."""
    return cast(Pe, hyp.cpu)


def replace_hooks(hyp: Hypervisor, **hooks: Callable) -> None:
    """Put other hooks into one host for a case, to see what the hook in question asks of them."""
    vars(hyp).update(hooks)


def in_hardware(hyp: Hypervisor, *names: str) -> dict[str, int]:
    """Read registers of the hardware as EL2 does."""
    return {f"the hardware's {name}": hyp.cpu.mrs(name) for name in names}
