"""The laws of the host: its events count, its samples come, what is not lent stays its own.

Each law is a function with one sentence, as in `laws`, which tells them what is due.

Not modelled: laws about time.
"""

from typing import TYPE_CHECKING

from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.sysregs import MDCR_EL2, REGS
from pmulab.kvm.host import HostData
from pmulab.kvm.vcpu import CYCLE_BIT, evcntr
from pmulab.sim.accusation import NUMBER, Accusation
from pmulab.sim.parts import Parts
from pmulab.sim.peek import owns

if TYPE_CHECKING:
    from pmulab.sim.laws import Laws

QUIET = (("PMCNTENSET_EL0", "PMCNTEN"), ("PMINTENSET_EL1", "PMINTEN"), ("PMOVSSET_EL0", "PMOVS"))
# Registers of which a guest has its own, and the host gets back what it had.
CONTROLS = ("PMCR_EL0", "PMUSERENR_EL0")


def host_untouched(laws: "Laws", machine: Parts, n: int) -> Accusation | None:
    """The host's events keep their counters enabled and count all that they are entitled to."""
    host, cells = machine.hyp.hosts[n], machine.cpus[n].pmu.cells
    for event in host.events:
        if event.vcpu is not None:
            continue
        yours, waits = event.count, False
        if event.idx is not None:
            raw = cells[REGS[evcntr(event.idx)].cell]
            yours += raw - event.raw & host.raw_mask(event.idx)
            waits = bool(cells["PMOVS"] >> event.idx & 1)
            if not (cells["PMCNTEN"] & cells["PMINTEN"]) >> event.idx & 1:
                return Accusation("host_untouched", "host", "PMCNTENSET_EL0", "off", "on")
        due = laws.due.get(event.name, 0)
        # A counter that wraps before the host looks has lost no event, only a wrap: modulo. Those
        # of small worlds wrap so often that the host need not have looked.
        if (yours - due) & host.event_mask or (laws.whole and not waits and yours != due):
            return Accusation("host_untouched", "host", event.name, yours, due)
    lost = laws.asked[n] - names(host) if laws.asked[n] else None
    return Accusation("host_untouched", "host", min(lost), "forgotten", "counted") if lost else None


def names(host: HostData) -> frozenset[str]:
    """Name the events that somebody on the host counts or samples."""
    return frozenset(event.name for event in host.events if event.vcpu is None)


def host_samples(laws: "Laws", machine: Parts, n: int) -> Accusation | None:
    """No sample of the host is lost: one that is due has its flag set until it is taken."""
    host, cells = machine.hyp.hosts[n], machine.cpus[n].pmu.cells
    for event in host.events:
        if event.vcpu is not None or not event.period:
            continue
        # Small worlds keep no number of samples: it grows for ever.
        passed = event.period * (event.samples + 1) - event.count
        if laws.whole and event.left != passed:
            return Accusation("host_samples", "host", event.name, event.left, passed, NUMBER)
        if event.idx is None:
            continue
        raw = cells[REGS[evcntr(event.idx)].cell]
        counted = raw - event.raw & host.raw_mask(event.idx)
        if event.left <= counted and not cells["PMOVS"] >> event.idx & 1:
            return Accusation("host_samples", "host", event.name, "sample lost", "sample taken")
    return None


def quiet_when_put(laws: "Laws", machine: Parts, n: int) -> Accusation | None:
    """While no vCPU is loaded, no counter but the host's is enabled and no flag is set."""
    host, cells = machine.hyp.hosts[n], machine.cpus[n].pmu.cells
    if host.loaded is None and (cells["PMCNTEN"] | cells["PMINTEN"] | cells["PMOVS"]):
        others = ~host.used_mask
        for name, cell in QUIET:
            if cells[cell] & others:
                return Accusation("quiet_when_put", f"cpu{n}", name, cells[cell] & others, 0)
    return None


def host_gets_back(laws: "Laws", machine: Parts, n: int) -> Accusation | None:
    """No event of the host waits for a counter that is free: no loaded guest's, nor below HPMN."""
    # Where one sits is not judged: perf leaves those that run in place until it rotates them.
    host = machine.hyp.hosts[n]
    waiting = [event for event in host.events if event.vcpu is None and event.idx is None]
    if not waiting:
        return None
    lent = 0
    if host.loaded is not None and owns(host, host.loaded):
        boundary = MDCR_EL2.get(machine.cpus[n].pmu.cells["MDCR_EL2"], "HPMN")
        lent = CYCLE_BIT | (1 << boundary) - 1
    free = host.static_mask & ~lent & ~host.used_mask
    places = (free & ~CYCLE_BIT).bit_count()
    places += bool(free & CYCLE_BIT) and any(event.event == CPU_CYCLES for event in waiting)
    fit = min(len(waiting), places)
    if fit:
        running = len(names(host)) - len(waiting)
        return Accusation(
            "host_gets_back", "host", "running events", running, running + fit, NUMBER
        )
    return None


def host_controls(laws: "Laws", machine: Parts, n: int) -> Accusation | None:
    """While no vCPU is loaded, PMCR_EL0 and PMUSERENR_EL0 hold what the host has put there."""
    if machine.hyp.hosts[n].loaded is not None:
        return None
    for name, found, due in zip(CONTROLS, controls(machine, n), laws.controls[n]):
        if found != due:
            return Accusation("host_controls", f"cpu{n}", name, found, due)
    return None


def controls(machine: Parts, n: int) -> list[int]:
    """Return what `CONTROLS` hold on a CPU."""
    return [machine.cpus[n].pmu.cells[REGS[name].cell] for name in CONTROLS]


def irq_handled(laws: "Laws", machine: Parts, n: int) -> Accusation | None:
    """When the host has handled the PMU's interrupt, its line is low."""
    return Accusation("irq_handled", f"cpu{n}", "PMUIRQ", 1, 0) if machine.cpus[n].irq else None
