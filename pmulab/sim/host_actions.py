"""What can happen at a time, whatever the guests do: a ban, a device's line, a migration.

An action is a function: its name is what a scenario says to `do`, its parameters are the keys.

Not modelled: the userspace that asks for it, which reads and writes registers between two runs.
"""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

from pmulab.kvm.event_filter import ALLOW, DENY
from pmulab.kvm.host import PerfEvent
from pmulab.sim.parts import Parts
from pmulab.sim.reading import Cpu, Event, Register, Vm, VmOrVcpu, number

Count = Annotated[int, number, 0, 0x10000]
Sgi = Annotated[int, number, 0, 15]
PpiOrSpi = Annotated[int, number, 16, 1019]
Bit = Annotated[int, number, 0, 1]
Value = Annotated[int, number, 0, (1 << 64) - 1]


def deny(machine: Parts, vm: Vm, event: Event, count: Count = 1) -> None:
    """Ban an event; a loaded vCPU feels it at once."""
    _filter(machine, vm, event, count, DENY)


def allow(machine: Parts, vm: Vm, event: Event, count: Count = 1) -> None:
    """Let a VM count an event from now on."""
    _filter(machine, vm, event, count, ALLOW)


def _filter(machine: Parts, vm: str, event: int, count: int, word: int) -> None:
    vcpus = machine.vcpus_of(vm)
    vcpus[0].vm.event_filter.force_range(event, count, word)
    for vcpu in vcpus:
        if machine.laws:
            machine.laws.refilter(vcpu)
        if vcpu.cpu is not None:
            machine.interrupt(vcpu)
            machine.on_cpu(vcpu.cpu, machine.hyp.resync_event_filter, vcpu)


def line(machine: Parts, vm: VmOrVcpu, intid: PpiOrSpi, level: Bit) -> None:
    """Set the level of a device's interrupt."""
    for vcpu in machine.vcpus_of(vm):
        machine.inject(vcpu, intid, bool(level))


def sgi(machine: Parts, vm: VmOrVcpu, intid: Sgi) -> None:
    """Send a software-generated interrupt to a VM, as another of its vCPUs would."""
    line(machine, vm, intid, True)


def perf_add(machine: Parts, event: Event, name: str, period: int = 0) -> None:
    """Let the host count or sample an event."""
    machine.hyp.perf_add(PerfEvent(name, event, period))
    _tell(machine)


def perf_remove(machine: Parts, name: str) -> None:
    """End an event of the host."""
    for event in [e for e in machine.hyp.host.events if e.name == name]:
        machine.hyp.perf_remove(event)
    _tell(machine)


def _tell(machine: Parts) -> None:
    if machine.laws:
        machine.laws.perf_changed(machine.hyp.host)


def migrate(machine: Parts, vm: VmOrVcpu, to: Cpu) -> None:
    """Move a VM or one of its vCPUs to another CPU: its next load is there."""
    for vcpu in machine.vcpus_of(vm):
        machine.runs_on[vcpu.name] = to
        machine.guests[vcpu.name].refused_by = None


def host_work(machine: Parts, cycles: Annotated[int, number, 1, 10**12]) -> None:
    """Let the host work at EL2, whoever is loaded."""
    machine.host_work(machine.hyp.host.cpu, cycles)


def set_reg(machine: Parts, vm: VmOrVcpu, reg: Register, value: Value) -> None:
    """Let userspace write a saved register: KVM_SET_ONE_REG."""
    for vcpu in machine.vcpus_of(vm):
        machine.leave(vcpu)
        vcpu.restore({reg: value})
        if machine.laws:
            machine.laws.user_write(vcpu, reg)


def get_reg(machine: Parts, vm: VmOrVcpu, reg: Register) -> None:
    """Let userspace read a saved register: KVM_GET_ONE_REG."""
    for vcpu in machine.vcpus_of(vm):
        machine.leave(vcpu)
        value = vcpu.get_one_reg(reg)
        text = f"userspace reads {vcpu.name}.{reg} = {value:#x}"
        machine.note("note", "host", text, op="get_reg", reg=reg, value=value, vcpu=vcpu.name)
        if machine.laws:
            machine.laws.user_read(vcpu, reg, value)


def reset(machine: Parts, vm: VmOrVcpu) -> None:
    """Let userspace reset vCPUs, which begin their programs anew: KVM_ARM_VCPU_INIT."""
    for vcpu in machine.vcpus_of(vm):
        machine.leave(vcpu)
        vcpu.reset()
        machine.guests[vcpu.name].restart()
        if machine.laws:
            machine.laws.reset(machine, vcpu)


def _with_args(function: Callable[..., None]) -> Callable[[Parts, dict[str, Any]], None]:
    return wraps(function)(lambda machine, args: function(machine, **args))


ACTIONS = {
    f.__name__: _with_args(f)
    for f in (
        *(deny, allow, line, sgi, perf_add, perf_remove, migrate, host_work),
        *(set_reg, get_reg, reset),
    )
}
