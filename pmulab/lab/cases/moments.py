"""Cases on a PE whose counters go on between any two accesses.

A law looks when a hook is over, so it cannot see an order of writes. Here each access takes a
moment: every counter that is on counts something before the next one, at EL2 too, as if nobody had
stripped NSH from the types. What was counted must be what is saved.

Not modelled: a moment inside an access; more than one wrap of a counter.
"""

from itertools import product

from pmulab.hw.events import CPU_CYCLES, INST_RETIRED
from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2, PMCR_EL0, PMEVTYPER0_EL0
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import CYCLE_BIT, Vcpu, counters, evcntr, evtyper
from pmulab.lab.cases.setting import MEM_ACCESS, guest, host_of, pe_of, replace_hooks
from pmulab.lab.cases.table import table

MINE = (0, 1, CYCLE_IDX)
MASK, THEIRS = CYCLE_BIT | 0b11, 0b1000
SAVED = ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMCR_EL0")
COUNTS = PMEVTYPER0_EL0.NSH | INST_RETIRED
STALE = PMEVTYPER0_EL0.NSH | MEM_ACCESS
TYPES = {0: COUNTS, 1: COUNTS, CYCLE_IDX: PMEVTYPER0_EL0.NSH}
WIDTH = {0: 32, 1: 32, CYCLE_IDX: 64}
CONTROLS = (PMCR_EL0.E, PMCR_EL0.E | PMCR_EL0.DP)
MASK32 = (1 << 32) - 1
SHOWN = PMCR_EL0.writable & ~RESETS
KEPT = {"PMCNTENSET_EL0": MASK, "PMINTENSET_EL1": MASK, "PMCR_EL0": MASK32}


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


def _counting_at_el2(pe, state: dict[str, int]) -> None:
    """Bring a PE into a state in which nothing keeps the counters from counting at EL2."""
    pe.load_state(state)
    pe.pmu.cells["MDCR_EL2"] &= ~(MDCR_EL2.HPMD | MDCR_EL2.HCCD)


def _near_the_end(pe, idx: int, left: int, **state: int) -> Moments:
    """Let A's counters count from 0, but for one that wraps after some events more."""
    began = dict.fromkeys(map(evcntr, MINE), 0) | {evcntr(idx): (1 << WIDTH[idx]) - left}
    types = {evtyper(idx): kind for idx, kind in TYPES.items()}
    _counting_at_el2(pe, types | began | {"PMCR_EL0": PMCR_EL0.E | PMCR_EL0.LC} | state)
    return Moments(pe)


WRAPS = "an access takes a moment and {idx:evcntr} wraps after {left} of them"


# So near to the end that the wrap falls between any two accesses of a put.
@table(product(MINE, range(1, 24)), says=WRAPS, evcntr=evcntr)
def pmu_put(hyp: Hypervisor, idx: int, left: int) -> dict:
    """No count is lost or doubled where an access takes a moment."""
    vcpu, size = guest(), 1 << WIDTH[idx]
    hyp.vcpu_load(vcpu)
    hyp.clear_traps()
    vcpu.irq_level = True
    enables = {"PMCNTENSET_EL0": MASK | THEIRS, "PMINTENSET_EL1": 0b1 | THEIRS}
    moments = _near_the_end(hyp.cpu, idx, left, **enables)
    hyp.pmu_put(vcpu)
    # With FEAT_PMUv3p5 a counter goes on above the bit whose carry sets the flag.
    found = vcpu.regs[evcntr(idx)] & size - 1, vcpu.regs["PMOVSSET_EL0"] >> idx & 1
    flag, count = divmod(size - left + moments.counted[idx], size)
    return {
        f"{evcntr(idx)} as put saved it": _saved(found, (count, flag)),
        # What the vGIC was told stays told, until an entry.
        "vcpu.irq_level": bool(vcpu.irq_level),
        # What else is in the enables is masked by whoever uses them.
        **{f"the saved {name}": vcpu.regs[name] & KEPT[name] for name in SAVED},
        **{f"{name} at the end": hyp.cpu.mrs(name) for name in SAVED[:2]},
    }


def _saved(found: tuple[int, int], due: tuple[int, int]) -> str:
    if found == due:
        return "what it was when it stopped"
    yours, right = (f"{count:#x} with flag {flag}" for count, flag in (found, due))
    return f"{yours} (it stopped at {right})"


# What stops the counters is a hook of its own.
table(product(MINE, range(1, 24)), says=WRAPS, name="pmu_stop", evcntr=evcntr)(pmu_put)


# A counter runs that has had no flag so far: a flag of this moment must stay.
@table(product(MINE, range(1, 5)), says=WRAPS, evcntr=evcntr)
def fold_overflow(hyp: Hypervisor, idx: int, left: int) -> dict:
    """No flag is lost where an access takes a moment."""
    vcpu = guest()
    hyp.vcpu_load(vcpu)
    moments = _near_the_end(hyp.cpu, idx, left, PMCNTENSET_EL0=MASK, PMOVSSET_EL0=THEIRS)
    hyp.fold_overflow(vcpu)
    wrapped, flags = moments.counted[idx] >= left, pe_of(hyp).pmu.cells["PMOVS"]
    found = (vcpu.regs["PMOVSSET_EL0"] | flags) >> idx & 1
    return {
        f"the flag of {evcntr(idx)}": "lost" if wrapped and not found else "kept",
        "the host's flag": flags & THEIRS,
    }


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


@table(
    product((0, 0b01, 0b10, CYCLE_BIT, MASK), (0, MASK), CONTROLS),
    says="an access takes a moment and A has "
    "PMCNTENSET_EL0 {enables:#x}, PMINTENSET_EL1 {interrupts:#x} and PMCR_EL0 {control:#x}",
)
def pmu_load(hyp: Hypervisor, enables: int, interrupts: int, control: int) -> dict:
    """Nothing counts or interrupts too early where an access takes a moment."""
    case = enables, interrupts, control
    # The library itself lets some count between two writes: whoever does not is right, too.
    library = _loaded(host_of(Hypervisor), *case)[0]
    moments, vcpu = _loaded(hyp, *case)
    cells = pe_of(hyp).pmu.cells
    return {
        "what counts too early": _named(moments.early & ~library.early & enables),
        "a spurious interrupt on the way": moments.raised and not library.raised,
        "PMOVSSET_EL0 at the end": cells["PMOVS"] & MASK,
        "the saved PMOVSSET_EL0": vcpu.regs["PMOVSSET_EL0"],
        "PMCNTENSET_EL0 at the end": cells["PMCNTEN"],
        "PMINTENSET_EL1 at the end": cells["PMINTEN"],
        "PMCR_EL0 at the end": cells["PMCR"] & SHOWN,
        "PMSELR_EL0 at the end": cells["PMSELR"],
        "host.pmcr": hyp.host.pmcr & SHOWN,
    }


def _loaded(
    hyp: Hypervisor, enables: int, interrupts: int, control: int
) -> tuple[LoadMoments, Vcpu]:
    """Load a vCPU while time passes."""
    replace_hooks(hyp, hardware_type=lambda vcpu, idx: TYPES[idx])
    hyp.host.loaded = vcpu = guest()
    vcpu.regs |= {"PMCNTENSET_EL0": enables, "PMINTENSET_EL1": interrupts, "PMOVSSET_EL0": 0b01}
    vcpu.regs |= {"PMCR_EL0": control | PMCR_EL0.LC | PMCR_EL0.P, "PMSELR_EL0": 1}
    vcpu.regs |= {evcntr(idx): 100 + idx for idx in MINE}
    hyp.decide_ownership(vcpu)
    hyp.setup_traps(vcpu)
    pe = pe_of(hyp)
    # What the last owner has left: counts and types; put has taken its enables and flags away.
    left = {evtyper(idx): STALE for idx in MINE} | {evcntr(idx): 7 for idx in MINE}
    left |= {"PMCNTENSET_EL0": THEIRS, "PMINTENSET_EL1": THEIRS}
    _counting_at_el2(pe, left | {"PMCR_EL0": PMCR_EL0.E | PMCR_EL0.X})
    moments = LoadMoments(pe, vcpu)
    hyp.pmu_load(vcpu)
    return moments, vcpu


def _named(mask: int) -> str:
    return " ".join(map(evcntr, counters(mask))) or "nothing"
