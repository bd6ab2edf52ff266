"""Cases of the host's own events, and of flags, where each access takes a moment.

As in `moments` every counter that is on counts between two accesses; here the host's events are
moved, sampled or waiting, and more than one counter overflows. What even the library loses, for it
cannot be had, is nobody's fault.

Not modelled: a moment inside an access; a sample that is late by less than a period.
"""

from itertools import product

from pmulab.hw.events import CPU_CYCLES, INST_RETIRED
from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, evcntr, evtyper
from pmulab.lab.cases.setting import BOTH, guest, host_of, pe_of
from pmulab.lab.cases.table import table

COUNTS_AT_EL2 = PMEVTYPER0_EL0.NSH | INST_RETIRED


def _events(hyp: Hypervisor, *periods: int) -> list[PerfEvent]:
    """Let the host count some events; those that find no counter wait."""
    pe_of(hyp).el = 2
    events = [PerfEvent(f"host{n}", INST_RETIRED, period) for n, period in enumerate(periods)]
    for event in events:
        hyp.perf_add(event)
    return events


class Passing:
    """Lets an instruction retire after each access, and keeps what each event is due."""

    def __init__(self, hyp: Hypervisor, events: list[PerfEvent]) -> None:
        self.hyp, self.pe, self.events = hyp, pe_of(hyp), events
        self.due = dict.fromkeys((event.name for event in events), 0)
        self.stop = self.pe.watch(self._moment)

    def _moment(self, access) -> None:
        on = self.pe.pmu.cells["PMCNTEN"]
        for event in self.events:
            self.due[event.name] += event.idx is not None and on >> event.idx & 1
        self.pe.retire(INST_RETIRED, 1)

    def ended(self) -> dict[str, int]:
        """End it; return how many counts and samples are lost."""
        self.stop()
        flags = self.pe.pmu.cells["PMOVS"]
        for event in self.events:
            self.hyp.perf_refresh(event)
        late = [event for event in self.events if event.period and event.left <= 0]
        there = [event for event in late if event.idx is not None and flags >> event.idx & 1]
        lost = sum(max(self.due[event.name] - event.count, 0) for event in self.events)
        return {"counts": lost, "samples": len(late) - len(there)}


def _beyond(found: dict[str, int], library: dict[str, int]) -> dict[str, int]:
    """Leave out what the library loses, too."""
    return {
        f"{what} of the host that are lost": max(found[what] - library[what], 0) for what in found
    }


# ---- counters that move


def _moved(hyp: Hypervisor, period: int, back: bool) -> dict[str, int]:
    hyp = host_of(type(hyp), dynamic=True)
    events = _events(hyp, *(period,) * 4)
    if back:
        hyp.set_guest_counters(CYCLE_BIT | 0b11)
    passing = Passing(hyp, events)
    hyp.set_guest_counters(0 if back else CYCLE_BIT | 0b11)
    return passing.ended()


@table(
    product((0, *range(2, 9)), BOTH),
    name="set_guest_counters.moment",
    says="an access takes a moment, a dynamic host has four events of period {period} and "
    "{back:gives counters to a guest|gets counters back}",
)
def _moving(hyp: Hypervisor, period: int, back: bool) -> dict:
    """No count of the host is lost where its events move, though an access takes a moment."""
    library = _moved(host_of(Hypervisor), period, back)
    return _beyond(_moved(hyp, period, back), library)


@table(
    product(
        (5, 1 << 30, (1 << 33) + 7, 5 << 30),
    ),
    name="set_guest_counters.cycles",
    says="a dynamic host has counted {cycles:#x} cycles, and gives its counters to a guest",
)
def _cycles(hyp: Hypervisor, cycles: int) -> dict:
    """Its cycle counter has 64 bits."""
    hyp = host_of(type(hyp), dynamic=True)
    event = PerfEvent("host0", CPU_CYCLES)
    hyp.perf_add(event)
    pe_of(hyp).retire(CPU_CYCLES, cycles)
    hyp.set_guest_counters(CYCLE_BIT | 0b11)
    return {"what the event has counted": event.count}


@table(
    product(BOTH, (3, 5)),
    name="take_ownership.samples",
    says="a lazy dynamic host samples every {period} events{waits:| and one of its events waits}, "
    "one is due, and the guest takes its counters",
)
def _taken(hyp: Hypervisor, waits: bool, period: int) -> dict:
    """A sample that is due when the host's counters move is taken."""
    hyp = host_of(type(hyp), lazy=True, dynamic=True)
    events = _events(hyp, *(period,) * (4 + waits))
    vcpu = guest(FREE, PMCR_EL0=0)
    hyp.vcpu_load(vcpu)
    vcpu.access = FREE
    pe = pe_of(hyp)
    pe.el = 2
    pe.retire(INST_RETIRED, period)
    hyp.take_ownership(vcpu)
    flags = pe.pmu.cells["PMOVS"]
    for event in events:
        hyp.perf_refresh(event)
    late = [event for event in events if event.left <= 0]
    lost = [e for e in late if e.idx is None or not flags >> e.idx & 1]
    return {"samples of the host that are lost": len(lost)}


# ---- the handler


def _handled(hyp: Hypervisor, periods: tuple[int, int], present: bool, flag: bool) -> dict:
    hyp = host_of(type(hyp))
    if present:
        hyp.vcpu_load(guest(PMINTENSET_EL1=1, PMCR_EL0=PMCR_EL0.E))
    events = _events(hyp, *periods)
    pe_of(hyp).retire(INST_RETIRED, min(periods))
    if flag:
        hyp.cpu.msr("PMOVSSET_EL0", 1)
    passing = Passing(hyp, events)
    hyp.handle_host_irq()
    return passing.ended()


PERIODS = (*((5, 5 + n) for n in range(1, 9)), (1, 2), (1, 50), *((n, 40) for n in range(2, 12)))


@table(
    (
        (p, present, flag)
        for p, present, flag in product(PERIODS, BOTH, BOTH)
        if present or not flag
    ),
    name="handle_host_irq.two",
    says="an access takes a moment, the host samples every {periods:each} events, "
    "{present:nobody|A} is loaded{flag:| and has a flag of its own}",
    each=lambda periods: " and ".join(map(str, periods)),
)
def _two(hyp: Hypervisor, periods: tuple[int, int], present: bool, flag: bool) -> dict:
    """No sample is lost where another counter overflows meanwhile, or the same one again."""
    library = _handled(host_of(Hypervisor), periods, present, flag)
    found = _handled(hyp, periods, present, flag)
    return _beyond({"samples": found["samples"]}, library)


# A counter is looked at before half of its range is over, so a long period has several overflows.
@table(
    product((3 << 30, 5 << 30, 1 << 31, 7)),
    name="handle_host_irq.long",
    says="the host samples every {period:#x} events and a counter overflows for the first time",
)
def _long(hyp: Hypervisor, period: int) -> dict:
    """A period that is longer than a counter's range goes on over its overflows."""
    hyp = host_of(type(hyp))
    (event,) = _events(hyp, period)
    assert event.idx is not None, "the host has counters of its own"
    pe_of(hyp).retire(INST_RETIRED, (1 << 32) - event.raw)
    hyp.handle_host_irq()
    return {"events left of the period": event.left, "samples": event.samples}


# ---- a guest's flags


@table(
    product(range(1, 8), (0b01, 0b00)),
    name="fold_overflow.second",
    says="an access takes a moment, PMOVSSET_EL0 is {flags:#x} and counter 1 wraps after {left}",
)
def _second(hyp: Hypervisor, left: int, flags: int) -> dict:
    """A flag that comes while others are moved is kept."""
    vcpu = guest()
    hyp.vcpu_load(vcpu)
    pe = pe_of(hyp)
    state = {evtyper(0): COUNTS_AT_EL2, evtyper(1): COUNTS_AT_EL2, evcntr(0): 0}
    state |= {evcntr(1): (1 << 32) - left, "PMCNTENSET_EL0": 0b11, "PMOVSSET_EL0": flags}
    pe.load_state({**state, "PMCR_EL0": PMCR_EL0.E | PMCR_EL0.LC})
    pe.pmu.cells["MDCR_EL2"] &= ~(MDCR_EL2.HPMD | MDCR_EL2.HCCD)
    pe.el = 2
    stop = pe.watch(lambda access: pe.retire(INST_RETIRED, 1))
    hyp.fold_overflow(vcpu)
    stop()
    wrapped = pe.pmu.cells["PMEVCNTR1"] & (1 << 32) - 1 < 1 << 31
    there = (vcpu.regs["PMOVSSET_EL0"] | pe.pmu.cells["PMOVS"]) >> 1 & 1
    return {"the flag of PMEVCNTR1_EL0": "lost" if wrapped and not there else "kept"}


@table(
    product((1, 2, 3, 5, 9, 40)),
    name="pmu_put.waiting",
    says="an access takes a moment, and an event of a dynamic host, of period {period}, waits for "
    "a counter of A, which counts nothing",
)
def _waiting(hyp: Hypervisor, period: int) -> dict:
    """What the host counts as soon as it has its counters back is none of the guest's."""
    hyp = host_of(type(hyp), dynamic=True)
    _events(hyp, *(period,) * 3)
    vcpu = guest()
    hyp.vcpu_load(vcpu)
    hyp.clear_traps()
    pe = pe_of(hyp)
    pe.el = 2
    stop = pe.watch(lambda access: pe.retire(INST_RETIRED, 1))
    hyp.pmu_put(vcpu)
    stop()
    counts = {evcntr(idx): vcpu.regs[evcntr(idx)] for idx in (0, 1, CYCLE_IDX)}
    return {"the saved PMOVSSET_EL0": vcpu.regs["PMOVSSET_EL0"], **counts}
