"""Cases of a vCPU beside others: twins on other CPUs, and a CPU on which it was before.

Not modelled: two CPUs that do something at the same time.
"""

from itertools import product

from pmulab.hw.events import INST_RETIRED
from pmulab.hw.gic_regs import BY_NAME
from pmulab.kvm.event_filter import DENY
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, Vcpu, counters, evtyper
from pmulab.kvm.vgic_state import EDGE, LEVEL, VgicIrq
from pmulab.lab.cases.setting import BOOT_CPU, BOTH, OTHER_CPU, THIS_CPU, guest, host_of, pe_of
from pmulab.lab.cases.table import table
from pmulab.lab.submission.answers import number

LR, HCR, VMCR = BY_NAME["ICH_LR0_EL2"], BY_NAME["ICH_HCR_EL2"], BY_NAME["ICH_VMCR_EL2"]
OPEN = VMCR.put(VMCR.VENG1, VPMR=0xF8)


def _twins(hyp: Hypervisor, vcpu: Vcpu, access: str = GUEST_OWNED) -> None:
    """Load another vCPU of the same VM on each of the other CPUs."""
    for n in (BOOT_CPU, OTHER_CPU):
        hyp.hosts[n].loaded = twin = guest(access)
        twin.vm, twin.cpu = vcpu.vm, n


@table(
    product(BOTH, BOTH, (0, 1, CYCLE_BIT), (FREE, GUEST_OWNED)),
    name="decide_ownership.twins",
    says="the host {lazy:is not lazy|is lazy} and {dynamic:static|dynamic}, the saved enables are "
    "{enables:#x}, all that is counted is denied, and vCPUs of the same VM on other CPUs are "
    "{access}",
)
def _decided(hyp: Hypervisor, lazy: bool, dynamic: bool, enables: int, access: str) -> dict:
    """Neither a twin decides, nor what may be counted: that may change."""
    hyp = host_of(type(hyp), lazy=lazy, dynamic=dynamic)
    hyp.host.loaded = vcpu = guest(FREE, PMCNTENSET_EL0=enables, PMCR_EL0=1)
    vcpu.vm.event_filter.set_range(0, vcpu.vm.event_mask + 1, DENY)
    vcpu.regs |= {evtyper(idx): INST_RETIRED for idx in range(2)}
    _twins(hyp, vcpu, access)
    hyp.decide_ownership(vcpu)
    return {"vcpu.access": vcpu.access}


@table(
    product(BOTH, (FREE, GUEST_OWNED, ""), BOTH),
    name="host_counter_mask.twins",
    says="the host is {dynamic:static|dynamic}, {access:nobody|a {access} vCPU} is loaded here, "
    "and others {theirs:of other VMs|of its VM} on the other CPUs",
)
def _mask(hyp: Hypervisor, dynamic: bool, access: str, theirs: bool) -> dict:
    """Who is loaded on another CPU has nothing here."""
    hyp = host_of(type(hyp), dynamic=dynamic)
    vcpu = guest(access or FREE)
    _twins(hyp, vcpu if theirs else guest())
    if access:
        hyp.host.loaded = vcpu
        hyp.set_guest_counters(vcpu.vm.counter_mask if access == GUEST_OWNED else 0)
    found = number(hyp.host_counter_mask())
    there = hyp.host.implemented
    return {"what may be allocated": found & there if isinstance(found, int) else found}


# ---- a CPU of before


@table(
    product((BOOT_CPU, OTHER_CPU), BOTH),
    name="take_ownership.again",
    says="a lazy host: A took its counters on CPU {first}, and then takes them "
    "{here:there again|on another CPU}",
)
def _again(hyp: Hypervisor, first: int, here: bool) -> dict:
    """So it is on whichever CPU, and whenever."""
    hyp = host_of(type(hyp), lazy=True)
    vcpu = guest(FREE, PMEVCNTR0_EL0=7)
    vcpu.supported_cpus = None
    for n in (first, THIS_CPU if here else first):
        hyp.this_cpu(n)
        vcpu.access, vcpu.cpu, hyp.host.loaded = FREE, n, vcpu
        hyp.cpu.msr("PMEVCNTR0_EL0", 0)
        hyp.take_ownership(vcpu)
        hyp.host.loaded = None
    return {"vcpu.access": vcpu.access, "PMEVCNTR0_EL0 there": hyp.cpu.mrs("PMEVCNTR0_EL0")}


@table(
    product(BOTH, BOTH, BOTH),
    name="update_state.again",
    says="on another CPU the level was {before:low|high}, here it is {now:low|high}, and the "
    "vGIC knew the interrupt {known:not at all|before}",
)
def _told(hyp: Hypervisor, before: bool, now: bool, known: bool) -> dict:
    """What the vGIC was told on one CPU holds on another."""
    vcpu = guest(FREE, PMINTENSET_EL1=1, PMCR_EL0=1)
    vcpu.supported_cpus = None
    irq = vcpu.vm.irq_num
    if known:
        vcpu.vgic.irqs[irq] = VgicIrq(irq, LEVEL, 0xA0, 1, True)
    for n, level in ((OTHER_CPU, before), (THIS_CPU, now)):
        hyp.this_cpu(n)
        vcpu.cpu, hyp.host.loaded = n, vcpu
        vcpu.regs["PMOVSSET_EL0"] = int(level)
        hyp.update_state(vcpu)
        hyp.host.loaded = None
    # One that nobody has spoken of has a line that is low.
    line = vcpu.vgic.irqs[irq].line_level if irq in vcpu.vgic.irqs else False
    return {"vcpu.irq_level": bool(vcpu.irq_level), "the line in the vGIC": bool(line)}


# ---- the filter


@table(
    product((0, 1), (0x13, 0x08)),
    name="resync_event_filter.increments",
    says="counter {idx} counts SW_INCR, the other one INST_RETIRED, and {event:#x} is banned",
)
def _increments(hyp: Hypervisor, idx: int, event: int) -> dict:
    """What a guest counts by PMSWINC_EL0 is counted after a change of the filter, too."""
    hyp.host.loaded = vcpu = guest(PMCNTENSET_EL0=0b11, PMCR_EL0=1)
    vcpu.regs |= {evtyper(n): INST_RETIRED for n in range(2)} | {evtyper(idx): 0}
    hyp.setup_traps(vcpu)
    hyp.pmu_load(vcpu)
    vcpu.vm.event_filter.force_range(event, 1, DENY)
    hyp.resync_event_filter(vcpu)
    pe = pe_of(hyp)
    pe.el = 1
    pe.pmu.cells["HDFGWTR_EL2"] = 0
    pe.msr("PMSWINC_EL0", 0b11)
    pe.retire(INST_RETIRED, 3)
    pe.el = 2
    found = {f"counter {n}": hyp.cpu.mrs(f"PMEVCNTR{n}_EL0") for n in counters(0b11)}
    return {f"{what} afterwards": value for what, value in found.items()}


# ---- more than fit


@table(
    product(((0xC0, 0xA0, 0x80), (0x80, 0xA0, 0xC0), (0xA0, 0x80, 0xC0)), (1, 2)),
    name="vgic_flush.ends",
    says="three interrupts of priorities {taken:hexes} are active, two wait, there are two list "
    "registers, and the guest ends {ends} that have none",
    hexes=lambda taken: ", ".join(map(hex, taken)),
)
def _ends(hyp: Hypervisor, taken: tuple[int, ...], ends: int) -> dict:
    """What a guest ends without a list register is the most urgent that is active."""
    hyp.cpu.msr("ICH_VMCR_EL2", OPEN)
    vcpu = guest()
    irqs = [
        VgicIrq(40 + n, LEVEL, priority, 1, True, active=True, queued=True)
        for n, priority in enumerate(taken)
    ]
    irqs += [VgicIrq(50 + n, LEVEL, 0x60, 1, True, True, queued=True) for n in range(2)]
    vcpu.vgic.irqs = {irq.intid: irq for irq in irqs}
    vcpu.vgic.ap_list = [irq.intid for irq in irqs]
    hyp.vgic_flush(vcpu)
    hyp.cpu.msr("ICH_HCR_EL2", HCR.put(hyp.cpu.mrs("ICH_HCR_EL2"), EOIcount=ends))
    Hypervisor.vgic_sync(hyp, vcpu)
    left = sorted(irq.intid for irq in vcpu.vgic.irqs.values() if irq.active)
    return {"what is active afterwards": str(left)}


@table(
    product((2, 3), BOTH),
    name="vgic_flush.again",
    says="{n} SGIs are active and pending again, INTID 40 waits, {urgent:less|more} urgent, and "
    "there are two list registers",
)
def _sent_again(hyp: Hypervisor, n: int, urgent: bool) -> dict:
    """One that is active has no room that another waits for."""
    hyp.cpu.msr("ICH_VMCR_EL2", OPEN)
    vcpu = guest()
    irqs = [VgicIrq(1 + k, EDGE, 0x80, 1, True, False, True, True, True) for k in range(n)]
    irqs.append(VgicIrq(40, LEVEL, 0x40 if urgent else 0xA0, 1, True, True, queued=True))
    vcpu.vgic.irqs = {irq.intid: irq for irq in irqs}
    vcpu.vgic.ap_list = [irq.intid for irq in irqs]
    hyp.vgic_flush(vcpu)
    found = [hyp.cpu.mrs(f"ICH_LR{lr}_EL2") for lr in range(hyp.host.list_registers)]
    return {"INTID 40 has a list register": 40 in [LR.get(lr, "vINTID") for lr in found if lr]}
