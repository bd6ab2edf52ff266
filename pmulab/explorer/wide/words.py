"""A case in words: what machine it is, what is saved in it, what each move does.

Not modelled: what makes the case special; the accusation and the witness say that.
"""

from pmulab.explorer.moves import Move
from pmulab.explorer.wide.case import Case
from pmulab.explorer.wide.focus import ALL
from pmulab.hw import events
from pmulab.kvm.vgic_state import VgicIrq
from pmulab.sim import phrases
from pmulab.sim.scenario import CpuSpec, VmSpec


def about(case: Case) -> str:
    """Say that a case was drawn, and what machine it is on."""
    machine = case.machine
    cpus = " and ".join(_cpu(cpu) for cpu in machine.cpus)
    ways = [name for name in ("dynamic", "lazy") if getattr(machine, name)]
    how = f", {' and '.join(ways)}" if ways else ""
    vms = ", ".join(_vm(vm) for vm in machine.vms)
    kept = f"{machine.reserved_host_counters} reserved for the host{how}"
    return f"a drawn machine. {cpus}, {kept}; {vms}."


def _cpu(cpu: CpuSpec) -> str:
    lacks = [name for name in ALL if name not in cpu.features]
    without = f" without {' and '.join(lacks)}" if lacks else ""
    return f"A CPU with {cpu.counters} event counter{'s' * (cpu.counters != 1)}{without}"


def _vm(vm: VmSpec) -> str:
    kind = "" if vm.partitioned else ", emulated"
    where = f", on cpu{vm.supported_cpus[0]} only" if vm.supported_cpus else ""
    return f"{vm.name} has {vm.counters}{kind}{where}"


def given(case: Case) -> str:
    """Say what a vCPU has in memory at first, beside what a reset leaves."""
    saved = [f"{vm.name}.{k} = {v:#x}" for vm in case.machine.vms for k, v in vm.restore.items()]
    denied = [f"{vm.name}: {_range(*row)}" for vm in case.machine.vms for row in vm.filter]
    counts = [
        f"the host {'samples' if e.period else 'counts'} {events.name(e.event)} on cpu{e.cpu}"
        for e in case.machine.perf_events
    ]
    irqs = [_irq(name, irq) for name, saved in case.vgics.items() for irq in saved.irqs]
    return "; ".join((*saved, *denied, *counts, *irqs))


def _range(base: int, count: int, action: int) -> str:
    word = "deny" if action else "allow"
    many = f"..{base + count - 1:#x}" if count > 1 else "" if count else " (none)"
    return f"{word} {events.name(base)}{many}"


def _irq(name: str, irq: VgicIrq) -> str:
    flags = [n for n in ("line_level", "pending_latch", "active") if getattr(irq, n)]
    state = ", ".join(flags) or "quiet"
    off = "" if irq.enabled else ", disabled"
    return (
        f"{name}'s INTID {irq.intid}: {state}{off}, priority {irq.priority:#x}, group {irq.group}"
    )


def worded(move: Move) -> Move:
    """Give a move of a case the words that a small world's has."""
    return move._replace(text=SAY[move.do](move))


def _guest(move: Move) -> str:
    configures = move.args[0].op == "gic"
    said = f"writes the redistributor ({move.args[0].text})" if configures else _said(move)
    return f"{move.vcpu} {said}"


def _said(move: Move) -> str:
    known = len(move.args) == 1 or all(one.op == "mrs" for one in move.args)
    return phrases.said(move.args) if known else "; ".join(one.text for one in move.args)


def _amounts(move: Move) -> str:
    return " ".join(f"{events.name(event)}={amount}" for event, amount in move.args)


WAY = {True: "up", False: "down"}
SAY = {
    "enter": lambda move: f"host loads and enters {move.vcpu} on cpu{move.cpu}",
    "load": lambda move: f"host loads {move.vcpu} on cpu{move.cpu}, which it may not enter",
    "exit": lambda move: f"host exits and puts {move.vcpu}",
    "wfi": lambda move: f"{move.vcpu} halts (wfi)",
    "irq": lambda move: f"host handles PMUIRQ on cpu{move.cpu}",
    "user_work": lambda move: f"{move.vcpu} works at EL0: {_amounts(move)}",
    "work": lambda move: f"{move.vcpu} works: {_amounts(move)}",
    "hyp_work": lambda move: f"{move.vcpu} works at its EL2: {_amounts(move)}",
    "host_work": lambda move: f"host works at EL2 on cpu{move.cpu}: {_amounts(move)}",
    "change": lambda move: f"host: {move.args[0]} {events.name(move.args[1])} for {move.vcpu}",
    "inject": lambda move: (
        f"INTID {move.args[0]} of {move.vcpu} goes {'up' if move.args[1] else 'down'}"
    ),
    "lines": lambda move: (
        f"INTIDs {', '.join(str(intid) for intid, _ in move.args)} of {move.vcpu} go "
        f"{'up' if move.args[0][1] else 'down'}"
    ),
    "userspace": lambda move: f"userspace: {' '.join(move.args)} of {move.vcpu}",
    "perf_add": lambda move: f"host begins to count {events.name(move.args[1])} on cpu{move.cpu}",
    "perf_remove": lambda move: f"host stops counting {move.args[0]} on cpu{move.cpu}",
    "guest": _guest,
    "handler": _guest,
}
