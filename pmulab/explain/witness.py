"""What the machine holds when a law breaks: the registers that explain the two values.

An accusation says that a count is wrong; a witness says which type, enable and switch its counter
has at that moment. `tell` has one function per law; it looks at cells and asks no hook.

Not modelled: what was there before. The trace of the history has every step.
"""

from bisect import bisect_right
from collections.abc import Sequence

from pmulab.explain.calls import Change
from pmulab.explorer.stage import Judged
from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2, PMCR_EL0, PMEVTYPER0_EL0, REGS
from pmulab.kvm.vcpu import FREE, GUEST_OWNED, Vcpu, evcntr, evtyper
from pmulab.sim.accusation import Accusation
from pmulab.sim.peek import dead_copies, flags_in_hardware, partitioned
from pmulab.sim.phrases import STATES, counted
from pmulab.sim.private import TRAP_EL1, UNDEFINED
from pmulab.sim.trace import Record

EVERY = range(CYCLE_IDX + 1)
LR = REGS["ICH_LR0_EL2"]


def tell(machine: Judged, accusation: Accusation) -> list[str]:
    """Say in a few lines what the machine holds that concerns an accusation."""
    teller = TELLERS.get(accusation.law)
    return teller(machine, accusation) if teller else []


def concerned(machine: Judged, accusation: Accusation) -> tuple[str, ...]:
    """Name the registers that an accusation is about: a counter has its type beside it."""
    host = [e for h in machine.hyp.hosts for e in h.events if e.name == accusation.subject]
    if host:
        return tuple(evcntr(event.idx) for event in host if event.idx is not None)
    names = [accusation.subject]
    for idx in [i for i in EVERY if evcntr(i) == accusation.subject]:
        names.append(evtyper(idx))
        on = [pe.pmu.cells["PMCNTEN"] >> idx & 1 for pe in machine.cpus]
        names += [] if any(on) else ["PMCNTENSET_EL0"]
    return tuple(names)


def written(
    records: Sequence[Record], begins: list[int], hook: str, registers: tuple[str, ...]
) -> list[Change]:
    """List what a hook, or any if none is named, made of some registers, the last three times.

    `begins` has the position of each step's first record.
    """
    found = []
    for n, record in enumerate(records):
        step = bisect_right(begins, n) - 1
        for location, (old, new) in record.changes.items():
            place, _, name = location.partition(".")
            mine = record.hook == hook if hook else record.hook
            if mine and name in registers:
                found.append(Change(step, record.hook, place, name, old, new))
    return found[-3:]


def switch(cells: dict[str, int], idx: int) -> str:
    """Say what switches a counter on: PMCR_EL0.E or MDCR_EL2.HPME, by the range it is in.

    Arm DDI 0487, MDCR_EL2.HPMN and HPME.
    """
    hpmn = MDCR_EL2.get(cells["MDCR_EL2"], "HPMN")
    if idx == CYCLE_IDX:
        return f"PMCR_EL0.E is {PMCR_EL0.get(cells['PMCR'], 'E')}"
    if idx < hpmn:
        switch, value = "PMCR_EL0.E", PMCR_EL0.get(cells["PMCR"], "E")
        return f"{switch}, the switch of counters below HPMN ({hpmn}), is {value}"
    switch, value = "MDCR_EL2.HPME", MDCR_EL2.get(cells["MDCR_EL2"], "HPME")
    return f"{switch}, the switch of counters from HPMN ({hpmn}) on, is {value}"


def counter(machine: Judged, n: int, idx: int) -> list[str]:
    """Say what a counter of a CPU counts, whether it is enabled, and what switches it on."""
    cells = machine.cpus[n].pmu.cells
    kind = counted(evtyper(idx), cells[REGS[evtyper(idx)].cell])
    enabled = "enabled" if cells["PMCNTEN"] >> idx & 1 else "not enabled"
    return [
        f"the hardware's {evtyper(idx)} has {kind}",
        f"its counter is {enabled}; {switch(cells, idx)}",
    ]


def cpu_of(machine: Judged, vcpu: Vcpu) -> int:
    """Return the CPU that a vCPU is loaded on, else the one that it will be loaded on."""
    return machine.runs_on[vcpu.name] if vcpu.cpu is None else vcpu.cpu


def tell_counts(machine: Judged, accusation: Accusation) -> list[str]:
    """A guest's counter: where it is, what the hardware counts, what the guest asked for."""
    vcpu = machine.vcpus[accusation.who]
    idx = next(i for i in EVERY if evcntr(i) == accusation.subject)
    n = cpu_of(machine, vcpu)
    value = machine.cpus[n].pmu.cells[REGS[evcntr(idx)].cell]
    found = f"the hardware's {evcntr(idx)} is {value:#x}"
    if vcpu.cpu is None:
        return [f"{vcpu.name} is put: its counter is the saved one; {found}"]
    if not partitioned(machine.hyp.hosts[n], vcpu) or vcpu.access != GUEST_OWNED:
        on = [f"{name} is {vcpu.peek(name):#x}" for name in ("PMCNTENSET_EL0", "PMCR_EL0")]
        state = f"{vcpu.name} is loaded and {vcpu.access}: its counter is the saved one"
        return [f"{state}; its saved {on[0]}, {on[1]}"]
    if not _worked(machine):
        return [f"{vcpu.name} is loaded and {vcpu.access}; {found}"]
    asked = machine.laws.private[vcpu.name].pe.pmu.cells[REGS[evtyper(idx)].cell]
    wish = f"{vcpu.name} asked for {counted(evtyper(idx), asked)}{_denied(vcpu, idx, asked)}"
    return [wish, *counter(machine, n, idx)]


def _worked(machine: Judged) -> bool:
    """Tell whether anything was there to count since the step began."""
    kinds = (record.kind for record in reversed(machine.trace.records))
    return next((kind == "work" for kind in kinds if kind in ("work", "note")), False)


def _denied(vcpu: Vcpu, idx: int, asked: int) -> str:
    event = CPU_CYCLES if idx == CYCLE_IDX else asked & PMEVTYPER0_EL0.evtCount
    return "" if vcpu.vm.event_filter.allows(event) else ", which its filter denies"


def tell_flags(machine: Judged, accusation: Accusation) -> list[str]:
    """A guest's flags in both of their homes."""
    vcpu = machine.vcpus[accusation.who]
    saved = vcpu.peek("PMOVSSET_EL0")
    lines = [f"{vcpu.name}'s saved PMOVSSET_EL0 is {saved:#x}"]
    if vcpu.cpu is None:
        return [f"{lines[0]}; {vcpu.name} is put, so there is no other place"]
    flags = flags_in_hardware(machine, vcpu.cpu, vcpu)
    return [f"{lines[0]}, its share of the hardware's is {flags:#x}"]


def tell_own_flags(machine: Judged, accusation: Accusation) -> list[str]:
    """A guest's flags, and on whose counters they are."""
    vcpu = machine.vcpus[accusation.who]
    share = [] if vcpu.cpu is None else [_share(machine, vcpu.cpu)]
    return [*tell_flags(machine, accusation), *share]


def tell_level(machine: Judged, accusation: Accusation) -> list[str]:
    """A guest's level: all that it is made of."""
    vcpu = machine.vcpus[accusation.who]
    private = machine.laws.private[vcpu.name].pe.pmu.cells
    parts = f"flags {private['PMOVS']:#x}, PMINTENSET_EL1 {private['PMINTEN']:#x}, "
    on = PMCR_EL0.get(private["PMCR"], "E")
    lines = [f"{vcpu.name} is entitled to {parts}PMCR_EL0.E {on}", *tell_flags(machine, accusation)]
    if vcpu.access == FREE:
        lines.append(f"{vcpu.name} is FREE: it owns no counters, its registers are in memory")
    return [*lines, _irq_in_memory(vcpu)]


def tell_list_registers(machine: Judged, accusation: Accusation) -> list[str]:
    """The PMU's interrupt as the vGIC knows it, and the list registers that are in use."""
    vcpu = machine.vcpus[accusation.who]
    cells = machine.cpus[cpu_of(machine, vcpu)].gic.cells
    found = []
    for lr in range(vcpu.vgic.used_lrs):
        value = cells[f"ICH_LR{lr}_EL2"]
        state, intid = STATES[LR.get(value, "State")], LR.get(value, "vINTID")
        found.append(f"ICH_LR{lr}_EL2 has INTID {intid}, {state}")
    wire = "high" if machine.laws.private[vcpu.name].irq else "low"
    taken = "has" if vcpu.name in machine.laws.active else "has not"
    lines = [
        f"{vcpu.name}'s private wire is {wire}; {vcpu.name} {taken} taken INTID {vcpu.vm.irq_num}"
    ]
    if vcpu.name in machine.laws.active:
        lines[0] += ", and not yet ended it"
    return [*lines, _irq_in_memory(vcpu), "; ".join(found) or "no list register is in use"]


def tell_sleeper(machine: Judged, accusation: Accusation) -> list[str]:
    """The PMU's interrupt of a halted guest: whether anything would wake it."""
    vcpu = machine.vcpus[accusation.who]
    wire = f"{vcpu.name}'s private wire is high, and it can take the interrupt"
    return [wire, _irq_in_memory(vcpu)]


# The windows: which counter they show is up to PMSELR_EL0.
SELECTED = ("PMXEVCNTR_EL0", "PMXEVTYPER_EL0")


def tell_reads(machine: Judged, accusation: Accusation) -> list[str]:
    """What decides an access: the register in both of its homes, or who let the guest in."""
    vcpu, reg = machine.vcpus[accusation.who], accusation.subject
    outcomes = (accusation.yours, accusation.entitled)
    if reg in ("PMOVSSET_EL0", "PMOVSCLR_EL0"):
        return tell_flags(machine, accusation)
    if UNDEFINED in outcomes:
        selector = machine.laws.private[vcpu.name].pe.pmu.cells["PMSELR"]
        selected = f", and has selected counter {selector}" if reg in SELECTED else ""
        return [f"{_has(vcpu)}{selected}"]
    if TRAP_EL1 in outcomes:
        return [_homes(machine, vcpu, "PMUSERENR_EL0")]
    if reg in SELECTED:
        return [_homes(machine, vcpu, "PMSELR_EL0")]
    return [_homes(machine, vcpu, reg)]


def _homes(machine: Judged, vcpu: Vcpu, reg: str) -> str:
    """Say what a register of a loaded guest holds, and its saved copy where that counts."""
    cells = machine.cpus[cpu_of(machine, vcpu)].pmu.cells
    hardware = f"the hardware's {reg} is {cells[REGS[reg].cell]:#x}"
    if reg in dead_copies(vcpu):
        return hardware
    return f"{hardware}, {vcpu.name}'s saved one {vcpu.peek(reg):#x}"


def _irq_in_memory(vcpu: Vcpu) -> str:
    irq = vcpu.vgic.irq(vcpu.vm.irq_num)
    flags = ((name, getattr(irq, name)) for name in ("line_level", "pending_latch", "active"))
    return f"in memory, INTID {vcpu.vm.irq_num}: " + ", ".join(
        f"{name} {value}" for name, value in flags
    )


def tell_host_event(machine: Judged, accusation: Accusation) -> list[str]:
    """An event of the host: its counter, the value that it began with, and what switches it on."""
    lines = []
    for n, host in enumerate(machine.hyp.hosts):
        for event in host.events:
            wanted = accusation.subject in (event.name, "PMCNTENSET_EL0")
            if not wanted or event.idx is None or event.vcpu is not None:
                continue
            now = machine.cpus[n].pmu.cells[REGS[evcntr(event.idx)].cell]
            name = evcntr(event.idx)
            began = f"the driver set it to {event.raw:#x}, now it holds {now:#x}"
            lines.append(f"{event.name} is counted in {name}: {began}")
            lines += [*counter(machine, n, event.idx), _share(machine, n)]
            if host.loaded is None:
                lines.append(f"the host's own PMCR_EL0, kept in host.pmcr, is {host.pmcr:#x}")
    return lines


def tell_quiet(machine: Judged, accusation: Accusation | None = None) -> list[str]:
    """The counters that each guest has: those that must be quiet."""
    rest = "the first is counter 0, and bit 31 is the cycle counter"
    return [f"{_has(vcpu)}; {rest}" for vcpu in machine.vcpus.values()]


def _has(vcpu: Vcpu) -> str:
    n = vcpu.vm.n_counters
    return f"{vcpu.name} has {n} event counter{'s' * (n != 1)}"


def tell_share(machine: Judged, accusation: Accusation) -> list[str]:
    """The counters that the host may use, on each CPU."""
    return [_share(machine, n) for n in range(len(machine.cpus))]


def _share(machine: Judged, n: int) -> str:
    host, hpmn = machine.hyp.hosts[n], MDCR_EL2.get(machine.cpus[n].pmu.cells["MDCR_EL2"], "HPMN")
    mine = f"host.cntr_mask is {host.cntr_mask:#x} (at most {host.static_mask:#x})"
    guest = f"; {_has(host.loaded)} and is {host.loaded.access}" if host.loaded else ""
    return f"cpu{n}: {mine}, MDCR_EL2.HPMN is {hpmn}{guest}"


TELLERS = {
    "own_counts": tell_counts,
    "own_flags": tell_own_flags,
    "own_reads": tell_reads,
    "irq_level": tell_level,
    "irq_delivered": tell_list_registers,
    "quiet_when_put": tell_quiet,
    "wakes_up": tell_sleeper,
    "host_gets_back": tell_share,
    "host_untouched": tell_host_event,
    "host_samples": tell_host_event,
}
