"""Cases of the PMU's interrupt: the host's handler, the guest's share, the level, the kick.

Not modelled: a hook's calls of others, but where they are what the hook is about.
"""

from itertools import product

from pmulab.hw.events import CPU_CYCLES, INST_RETIRED
from pmulab.hw.gic_regs import BY_NAME
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, Vcpu, evcntr
from pmulab.kvm.vgic_state import LEVEL, PMU_PPI, VgicIrq
from pmulab.lab.cases.setting import BOTH, OWNERS, guest, host_of, loaded, pe_of
from pmulab.lab.cases.table import table

WIDTH = dict.fromkeys(range(CYCLE_IDX), 32) | {CYCLE_IDX: 64}
VMCR = BY_NAME["ICH_VMCR_EL2"]
# A PPI, as most VMMs choose it, and an SPI.
INTIDS = (PMU_PPI, 40)
FLAGS = (0b0001, 0b1000, 0b1001, CYCLE_BIT | 0b0001)


def _running(hyp: Hypervisor, access: str = GUEST_OWNED) -> Vcpu:
    """Load a vCPU with its counters and both interrupts enabled; the host has the others."""
    vcpu = loaded(hyp, PMINTENSET_EL1=CYCLE_BIT | 0b01, PMCR_EL0=PMCR_EL0.E)
    hyp.pmu_load(vcpu)
    vcpu.access = access
    return vcpu


# The host's counter would run on while its sample is handled.
@table(
    product((40, 1000, 0), (INST_RETIRED, CPU_CYCLES), BOTH),
    name="handle_host_irq.moment",
    says="an access takes a moment, the host {period:counts|samples every {period} of} event "
    "{kind:#x} and {present:no vCPU is loaded|A is loaded}",
)
def _moment(hyp: Hypervisor, period: int, kind: int, present: bool) -> dict:
    """The host loses no event where an access takes a moment."""
    # With nobody there all counters are the host's, the cycle counter too.
    hyp, event = host_of(type(hyp), dynamic=not present), PerfEvent("host0", kind, period)
    hyp.perf_add(event)
    if present:
        hyp.vcpu_load(guest())
    assert event.idx is not None, "the host has counters of its own"
    pe, cell = pe_of(hyp), evcntr(event.idx)[:-4]
    left = (1 << WIDTH[event.idx]) - event.raw
    pe.el, counted = 2, [left]
    pe.retire(kind, left)

    def moment(access) -> None:
        before = pe.pmu.cells[cell]
        pe.retire(kind, 1)
        counted[0] += int(pe.pmu.cells[cell] != before)

    stop = pe.watch(moment)
    hyp.handle_host_irq()
    stop()
    hyp.perf_refresh(event)
    return {"events of the host that are lost": str(counted[0] - event.count)}


@table(
    ((flags, on) for flags, on in product((0, *FLAGS), FLAGS) if flags & on or not flags),
    says="PMOVSSET_EL0 was {flags:#x} and PMINTENSET_EL1 {enables:#x}, A has counters 0 and 1",
)
def handle_host_irq(hyp: Hypervisor, flags: int, enables: int) -> dict:
    """Each flag goes to its owner, and the answer is right."""
    vcpu = _running(hyp)
    hyp.cpu.msr("PMINTENCLR_EL1", hyp.host.implemented)
    hyp.cpu.msr("PMINTENSET_EL1", enables)
    hyp.cpu.msr("PMOVSSET_EL0", flags)
    answer = hyp.handle_host_irq()
    # A guest's flag may be recorded early: where it is, in hardware or memory, nobody can tell.
    left = hyp.cpu.mrs("PMOVSSET_EL0")
    return {
        "returned": bool(answer),
        "A's flags in hardware and memory": (vcpu.regs["PMOVSSET_EL0"] | left) & MINE,
        "the host's flags that interrupt": left & enables & hyp.host.cntr_mask,
        "PMUIRQ at the end": int(pe_of(hyp).irq),
        "MDCR_EL2 at the end": hyp.cpu.mrs("MDCR_EL2"),
    }


MINE = CYCLE_BIT | 0b11


@table(
    (
        *product((0b01, CYCLE_BIT | 0b01), (0, 0b10), (0, 1), (*OWNERS, ""), (0,), INTIDS),
        # A flag of the host among them: it is not the guest's to clear, nor to have.
        *product((0b1001, 0b0101), (0, 0b10), (0, 1), (GUEST_OWNED,), (0,), INTIDS),
        # Flags of the host that interrupt nobody, beside any that came.
        *product((0b10, CYCLE_BIT | 0b11), (0,), (1,), (*OWNERS, ""), (0b0100, 0b1000), INTIDS),
    ),
    says="{access:no vCPU is loaded|the loaded vCPU is {access}}, PMCR_EL0.E is {on}, "
    "{saved:#x} was saved and {flags:#x} came{beside:| beside {beside:#x}, which did not}; the "
    "PMU has INTID {intid}",
)
def handle_guest_irq(
    hyp: Hypervisor, flags: int, saved: int, on: int, access: str, beside: int, intid: int
) -> dict:
    """Flags are recorded and cleared, whoever is loaded."""
    vcpu = _running(hyp, access or GUEST_OWNED)
    vcpu.vm.irq_num = intid
    # It waits for this one, so that whoever makes it pending wakes it, too.
    # The mask of now is in the hardware; the saved one is of the last put, and lets none through.
    vcpu.halted, vcpu.vgic.vmcr = True, 0
    hyp.cpu.msr("ICH_VMCR_EL2", VMCR.put(VMCR.VENG1, VPMR=0xF8))
    vcpu.vgic.irqs[intid] = VgicIrq(intid, LEVEL, 0xA0, 1, True)
    vcpu.regs["PMOVSSET_EL0"] = saved
    hyp.cpu.msr("PMCR_EL0", on)
    hyp.host.loaded = vcpu if access else None
    hyp.cpu.msr("PMOVSSET_EL0", flags | beside)
    hyp.handle_guest_irq(flags)
    vcpu.vgic.vmcr = hyp.cpu.mrs("ICH_VMCR_EL2")
    return {
        "PMOVSSET_EL0 at the end": hyp.cpu.mrs("PMOVSSET_EL0"),
        "the saved PMOVSSET_EL0": vcpu.regs["PMOVSSET_EL0"],
        # One that is not due wakes nobody.
        "the kick": hyp.runnable(vcpu) or not Hypervisor.overflow_status(hyp, vcpu),
    }


@table(
    product(BOTH, BOTH, (1, 2), BOTH),
    says="the vCPU {halted:runs|is halted}, its level is {due:low|high}, it is kicked {times}x and "
    "{another:it|another one of its VM} is loaded",
)
def kick(hyp: Hypervisor, halted: bool, due: bool, times: int, another: bool) -> dict:
    """Whoever is kicked has a request, and nobody else."""
    vcpu = _running(hyp)
    vcpu.regs["PMOVSSET_EL0"], vcpu.halted = int(due), halted
    hyp.cpu.msr("PMCR_EL0", 1)
    # What is saved of the mask is of the last put, and lets nothing through.
    vcpu.vgic.irqs[PMU_PPI] = VgicIrq(PMU_PPI, LEVEL, 0xA0, 1, True)
    hyp.cpu.msr("ICH_VMCR_EL2", VMCR.put(VMCR.VENG1, VPMR=0xF8))
    if another:
        hyp.host.loaded = guest()
        hyp.host.loaded.vm = vcpu.vm
    for _ in range(times):
        hyp.kick(vcpu)
    others = hyp.host.loaded.request if another and hyp.host.loaded else False
    return {"vcpu.request": bool(vcpu.request), "the other's request": bool(others)}


@table(
    product(BOTH, BOTH, BOTH, INTIDS, BOTH, ((0xA0, 1), (0, 0)), BOTH),
    says="the vGIC was told {told:low|high} and {due:low|high} is due; the PMU has INTID {intid}, "
    "{enabled:disabled|enabled}{active:| and active}, of priority and group {kind}, of which "
    "software {latch:asks nothing|has set the pending latch}",
)
def update_state(
    hyp: Hypervisor,
    told: bool,
    due: bool,
    latch: bool,
    intid: int,
    enabled: bool,
    kind: tuple[int, int],
    active: bool,
) -> dict:
    """The vGIC knows the level, of a PPI or an SPI, and has all else as it was."""
    vcpu = _running(hyp)
    vcpu.vm.irq_num = intid
    vcpu.vgic.irqs[intid] = VgicIrq(intid, LEVEL, *kind, enabled, False, latch, active)
    vcpu.irq_level = told
    Hypervisor.vgic_inject(hyp, vcpu, intid, told)
    vcpu.regs["PMOVSSET_EL0"] = int(due)
    hyp.update_state(vcpu)
    others = [n for n, irq in vcpu.vgic.irqs.items() if n != intid and irq.line_level]
    return {
        "vcpu.irq_level": bool(vcpu.irq_level),
        "its interrupt in the vGIC": str(vcpu.vgic.irqs[intid]),
        "the list of the vGIC": sorted(vcpu.vgic.ap_list),
        "other lines that are high": others,
    }


# Whose the cycle counter is where nobody owns it here: a dynamic host's.
@table(
    product(((FREE, True), (GUEST_OWNED, False)), (CPU_CYCLES, INST_RETIRED), (0, 40)),
    name="handle_host_irq.others",
    says="a dynamic host {period:counts|samples every {period} of} event {kind:#x}, and the loaded "
    "vCPU owns nothing here: it is {who}",
)
def _nobodys(hyp: Hypervisor, who: tuple[str, bool], kind: int, period: int) -> dict:
    """All flags are the host's where no guest has counters."""
    hyp, event = host_of(type(hyp), dynamic=True), PerfEvent("host0", kind, period)
    hyp.host.loaded = guest(who[0], True, who[1])
    hyp.perf_add(event)
    assert event.idx is not None, "all counters are the host's"
    pe = pe_of(hyp)
    pe.el = 2
    pe.retire(kind, (1 << WIDTH[event.idx]) - event.raw)
    returned = hyp.handle_host_irq()
    hyp.perf_refresh(event)
    return {
        "returned": bool(returned),
        "what the event has counted, and its samples": f"{event.count}, {event.samples}",
        "PMOVSSET_EL0 at the end": hyp.cpu.mrs("PMOVSSET_EL0"),
        "the saved PMOVSSET_EL0": hyp.host.loaded.regs["PMOVSSET_EL0"],
    }
