"""What can happen at a time, whatever the guests do: a ban, a device's line, a migration.

Not modelled: the userspace that asks for it.
"""

from pmulab.kvm.event_filter import ALLOW, DENY
from pmulab.kvm.host import PerfEvent


def _filter(machine, args: dict, word: int) -> None:
    vcpus = machine.vcpus_of(args["vm"])
    vcpus[0].vm.event_filter.force_range(args["event"], args["count"], word)
    for vcpu in vcpus:
        if machine.laws:
            machine.laws.refilter(vcpu)
        if vcpu.cpu is not None:
            machine.interrupt(vcpu)
            machine.on_cpu(vcpu.cpu, machine.hyp.resync_event_filter, vcpu)


def allow(machine, args: dict) -> None:
    """Let a VM count an event from now on."""
    _filter(machine, args, ALLOW)


def deny(machine, args: dict) -> None:
    """Ban an event; a loaded vCPU feels it at once."""
    _filter(machine, args, DENY)


def line(machine, args: dict) -> None:
    """Set the level of a device's interrupt."""
    for vcpu in machine.vcpus_of(args["vm"]):
        machine.inject(vcpu, args["intid"], bool(args["level"]))


def sgi(machine, args: dict) -> None:
    """Send a software-generated interrupt to a VM, as another of its vCPUs would."""
    for vcpu in machine.vcpus_of(args["vm"]):
        machine.inject(vcpu, args["intid"], True)


def perf_add(machine, args: dict) -> None:
    """Let the host count or sample an event."""
    machine.hyp.perf_add(PerfEvent(args["name"], args["event"], args["period"]))


def perf_remove(machine, args: dict) -> None:
    """End an event of the host."""
    for event in [e for e in machine.hyp.host.events if e.name == args["name"]]:
        machine.hyp.perf_remove(event)


def migrate(machine, args: dict) -> None:
    """Move a VM to another CPU: its next load is there."""
    for vcpu in machine.vcpus_of(args["vm"]):
        machine.runs_on[vcpu.name] = args["to"]
        machine.guests[vcpu.name].refused_by = None


def host_work(machine, args: dict) -> None:
    """Let the host work at EL2, whoever is loaded."""
    machine.host_work(machine.hyp.host.cpu, args["cycles"])


ACTIONS = {
    f.__name__: f for f in (allow, deny, line, sgi, perf_add, perf_remove, migrate, host_work)
}
