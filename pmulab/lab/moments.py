"""Judges for hooks on a PE whose counters go on between any two accesses.

A law looks when a hook is over, so it cannot see an order of writes. Here each access takes a
moment: every counter that is on counts something before the next one, at EL2 too, as if nobody had
stripped NSH from the types. What was counted must be what is saved.

Not modelled: a moment inside an access; more than one wrap of a counter.
"""

from itertools import product

from pmulab.hw.events import CPU_CYCLES, INST_RETIRED
from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import CYCLE_BIT, Vcpu, Vm, counters, evcntr, evtyper
from pmulab.lab.unit import Unit, host_of

MINE = (0, 1, CYCLE_IDX)
MASK, THEIRS = CYCLE_BIT | 0b11, 0b1000
SAVED = ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMCR_EL0")
MEM_ACCESS = 0x13
COUNTS = PMEVTYPER0_EL0.NSH | INST_RETIRED
STALE = PMEVTYPER0_EL0.NSH | MEM_ACCESS
TYPES = {0: COUNTS, 1: COUNTS, CYCLE_IDX: PMEVTYPER0_EL0.NSH}
WIDTH = {0: 32, 1: 32, CYCLE_IDX: 64}
SHOWN = PMCR_EL0.writable & ~RESETS


class Moments:
    """Lets events happen after each access of a PE, and keeps what each counter has counted."""

    def __init__(self, pe):
        self.pe, self.counted = pe, dict.fromkeys(MINE, 0)
        self.raised = False
        pe.watch(self._moment)

    def value(self, idx: int) -> int:
        """Return what a counter holds now."""
        return self.pe.pmu.cells[evcntr(idx)[:-4]]

    def _moment(self, access) -> None:
        before = {idx: self.value(idx) for idx in MINE}
        for event, amount in ((INST_RETIRED, 1), (MEM_ACCESS, 2), (CPU_CYCLES, 1)):
            self.pe.retire(event, amount)
        for idx, old in before.items():
            new = self.value(idx)
            self.counted[idx] += new - old & (1 << WIDTH[idx]) - 1
            if new != old:
                self.ran(idx, old)
        self.raised |= self.pe.irq

    def ran(self, idx: int, old: int) -> None:
        """Take note of a counter that has counted."""


# ---- put


def _put_cases():
    # So near to the end that the wrap falls between any two accesses of a put.
    return product(MINE, range(1, 24))


def _put(hypervisor: type, idx: int, left: int) -> dict:
    hyp, vcpu = host_of(hypervisor), Vcpu("A", Vm("A", 2))
    hyp.vcpu_load(vcpu)
    hyp.clear_traps()
    pe, began = hyp.cpu, (1 << WIDTH[idx]) - left
    pe.load_state(
        {evtyper(i): kind for i, kind in TYPES.items()}
        | {evcntr(i): 0 for i in MINE}
        | {evcntr(idx): began, "PMCR_EL0": PMCR_EL0.E | PMCR_EL0.LC}
        | {"PMCNTENSET_EL0": MASK | THEIRS, "PMINTENSET_EL1": 0b1 | THEIRS}
    )
    pe.pmu.cells["MDCR_EL2"] &= ~(MDCR_EL2.HPMD | MDCR_EL2.HCCD)
    moments = Moments(pe)
    hyp.pmu_put(vcpu)
    # With FEAT_PMUv3p5 a counter goes on above the bit whose carry sets the flag.
    low = vcpu.regs[evcntr(idx)] & (1 << WIDTH[idx]) - 1
    flag, total = vcpu.regs["PMOVSSET_EL0"] >> idx & 1, began + moments.counted[idx]
    due = (total & (1 << WIDTH[idx]) - 1, total >> WIDTH[idx])
    return {
        f"the count and the flag of {evcntr(idx)} that put saved": _saved((low, flag), due),
        **{f"the saved {name}": vcpu.regs[name] for name in SAVED},
        **{f"{name} at the end": pe.mrs(name) for name in SAVED[:2]},
    }


def _saved(found: tuple[int, int], due: tuple[int, int]) -> str:
    if found == due:
        return "as it was when it stopped"
    found, due = (f"{count:#x} and flag {flag}" for count, flag in (found, due))
    return f"{found}; it was {due} when it stopped"


def _put_said(idx: int, left: int) -> str:
    return f"an access takes a moment and {evcntr(idx)} wraps after {left} of them"


# ---- load


class LoadMoments(Moments):
    """Notes the counters that count before their type, their value and PMCR_EL0 are a vCPU's."""

    def __init__(self, pe, vcpu: Vcpu):
        super().__init__(pe)
        self.vcpu, self.early = vcpu, 0

    def ran(self, idx: int, old: int) -> None:
        """Compare what a counter began with, its type and the control register with what is due."""
        cells, regs = self.pe.pmu.cells, self.vcpu.regs
        added = self.value(idx) - old
        began = regs[evcntr(idx)] + self.counted[idx] - added
        kind = TYPES[idx]
        right = cells[evtyper(idx)[:-4]] == kind and old == began
        if not right or (cells["PMCR"] ^ regs["PMCR_EL0"]) & SHOWN:
            self.early |= 1 << idx


def _load_cases():
    enables = (0, 0b01, 0b10, CYCLE_BIT, MASK)
    controls = (PMCR_EL0.E, PMCR_EL0.E | PMCR_EL0.DP)
    return product(enables, (0, MASK), controls, (False, True))


def _load(hypervisor: type, enables: int, interrupts: int, control: int, stale: bool) -> dict:
    kinds = {"hardware_type": lambda hyp, vcpu, idx: TYPES[idx]}
    hyp, vcpu = host_of(type("Counts", (hypervisor,), kinds)), Vcpu("A", Vm("A", 2))
    vcpu.regs |= {"PMCNTENSET_EL0": enables, "PMINTENSET_EL1": interrupts, "PMOVSSET_EL0": 0b01}
    vcpu.regs |= {"PMCR_EL0": control | PMCR_EL0.LC | PMCR_EL0.P, "PMSELR_EL0": 1}
    vcpu.regs |= {evcntr(idx): 100 + idx for idx in MINE}
    hyp.host.loaded, vcpu.cpu = vcpu, 0
    hyp.decide_ownership(vcpu)
    hyp.setup_traps(vcpu)
    pe = hyp.cpu
    # What the last owner has left: counts, types and flags; enables only if its put was careless.
    pe.load_state(
        {evtyper(idx): STALE for idx in MINE}
        | {evcntr(idx): 7 for idx in MINE}
        | {"PMOVSSET_EL0": MASK, "PMCNTENSET_EL0": (MASK if stale else 0) | THEIRS}
        | {"PMINTENSET_EL1": THEIRS, "PMCR_EL0": PMCR_EL0.E | PMCR_EL0.X}
    )
    pe.pmu.cells["MDCR_EL2"] &= ~(MDCR_EL2.HPMD | MDCR_EL2.HCCD)
    # A careless put and a counter that runs on at EL2 are two faults: one of them at a time.
    moments = None if stale else LoadMoments(pe, vcpu)
    hyp.pmu_load(vcpu)
    cells = dict(pe.pmu.cells)
    return {
        "what counted too early": _named(moments.early & enables) if moments else "nothing",
        "a spurious interrupt on the way": bool(moments and moments.raised),
        "PMOVSSET_EL0 at the end": cells["PMOVS"] & MASK,
        "the saved PMOVSSET_EL0": vcpu.regs["PMOVSSET_EL0"],
        "PMCNTENSET_EL0 at the end": cells["PMCNTEN"],
        "PMINTENSET_EL1 at the end": cells["PMINTEN"],
        "PMCR_EL0 at the end": cells["PMCR"] & SHOWN,
        "PMSELR_EL0 at the end": cells["PMSELR"],
        "host.pmcr": hyp.host.pmcr & SHOWN,
    }


def _named(mask: int) -> str:
    return " ".join(map(evcntr, counters(mask))) or "nothing"


def _load_said(enables: int, interrupts: int, control: int, stale: bool) -> str:
    names = f"PMCNTENSET_EL0 {enables:#x}, PMINTENSET_EL1 {interrupts:#x}"
    found = "the hardware has stale enables" if stale else "an access takes a moment"
    return f"{found} and A has {names} and PMCR_EL0 {control:#x}"


# ---- fold, and the host's handler


def _fold_cases():
    return product(MINE, range(1, 5))


def _fold(hypervisor: type, idx: int, left: int) -> dict:
    """Fold while a counter runs that has had no flag so far: a flag of this moment must stay."""
    hyp, vcpu = host_of(hypervisor), Vcpu("A", Vm("A", 2))
    hyp.vcpu_load(vcpu)
    pe = hyp.cpu
    pe.load_state(
        {evtyper(i): kind for i, kind in TYPES.items()}
        | {evcntr(i): 0 for i in MINE}
        | {evcntr(idx): (1 << WIDTH[idx]) - left, "PMCR_EL0": PMCR_EL0.E | PMCR_EL0.LC}
        | {"PMCNTENSET_EL0": MASK, "PMOVSSET_EL0": THEIRS}
    )
    pe.pmu.cells["MDCR_EL2"] &= ~(MDCR_EL2.HPMD | MDCR_EL2.HCCD)
    moments = Moments(pe)
    hyp.fold_overflow(vcpu)
    wrapped = moments.counted[idx] >= left
    found = (vcpu.regs["PMOVSSET_EL0"] | pe.pmu.cells["PMOVS"]) >> idx & 1
    return {
        f"the flag of {evcntr(idx)}": "lost" if wrapped and not found else "kept",
        "the host's flag": pe.pmu.cells["PMOVS"] & THEIRS,
    }


def _fold_said(idx: int, left: int) -> str:
    return f"an access takes a moment and {evcntr(idx)} wraps after {left} of them"


def _handler_cases():
    return ((period,) for period in (40, 1000))


def _handler(hypervisor: type, period: int) -> dict:
    """Handle a sample of the host while its counter would run on."""
    hyp = host_of(hypervisor)
    vcpu, event = Vcpu("A", Vm("A", 2)), PerfEvent("host0", INST_RETIRED, period)
    hyp.perf_add(event)
    hyp.vcpu_load(vcpu)
    pe, name = hyp.cpu, evcntr(event.idx)
    pe.el = 2
    pe.retire(INST_RETIRED, period)
    counted = [period]

    def moment(access) -> None:
        before = pe.pmu.cells[name[:-4]]
        pe.retire(INST_RETIRED, 1)
        counted[0] += int(pe.pmu.cells[name[:-4]] != before)

    stop = pe.watch(moment)
    hyp.handle_host_irq()
    stop()
    hyp.perf_refresh(event)
    return {"events of the host that are lost": str(counted[0] - event.count)}


def _handler_said(period: int) -> str:
    return f"an access takes a moment and the host samples every {period} instructions"


MOMENTS = {
    "fold_overflow": Unit(
        "No flag is lost where an access takes a moment.", _fold_cases, _fold, _fold_said
    ),
    "handle_host_irq.moment": Unit(
        "The host loses no event where an access takes a moment.",
        _handler_cases,
        _handler,
        _handler_said,
    ),
    "pmu_put": Unit(
        "No count is lost or doubled where an access takes a moment.",
        _put_cases,
        _put,
        _put_said,
    ),
    "pmu_load": Unit(
        "Nothing counts or interrupts too early where an access takes a moment.",
        _load_cases,
        _load,
        _load_said,
    ),
}
