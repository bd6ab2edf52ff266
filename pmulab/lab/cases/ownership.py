"""Cases of who owns the counters: the small worlds do not come to a guest that does not.

Not modelled: a hook's calls of others, but where their order is what the hook is about.
"""

from itertools import product

from pmulab.hw.events import INST_RETIRED
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED
from pmulab.lab.cases.setting import BOOT_CPU, BOTH, OTHER_CPU, guest, host_of, pe_of
from pmulab.lab.cases.table import table

# The saved enables, and PMCR_EL0.E.
SWITCHES = ((0, 1), (1, 1), (CYCLE_BIT, 1), (0, 0))
VM = "the VM is {partitioned:emulated|partitioned}"
WHO = f"{VM} and {{access}}, and {{supported:may not|may}} run on this CPU"


@table(product(BOTH, BOTH, (FREE, GUEST_OWNED)), says=WHO)
def owns_counters(hyp: Hypervisor, partitioned: bool, supported: bool, access: str) -> dict:
    """All 8 cases are answered."""
    # Nobody asks about a vCPU that is neither loaded nor about to be.
    hyp.host.loaded = vcpu = guest(access, partitioned, supported)
    return {"what owns_counters returns": bool(hyp.owns_counters(vcpu))}


@table(
    product(BOTH, BOTH, SWITCHES, (FREE, GUEST_OWNED), BOTH, (2, 5)),
    says="the host {lazy:is not lazy|is lazy} and keeps {reserved} counters of 4, "
    f"{VM}, the saved enables and PMCR_EL0.E are {{switches:on}}, it was {{before}} and "
    "{used:nothing else is set|all else that it has is set}",
    on=lambda switches: f"{switches[0]:#x} and {switches[1]}",
)
def decide_ownership(
    hyp: Hypervisor,
    lazy: bool,
    partitioned: bool,
    switches: tuple[int, int],
    before: str,
    used: bool,
    reserved: int,
) -> dict:
    """All 128 cases are decided, by the enables and by what this CPU has."""
    # With an enable set and E clear nothing counts: who waits for E is right too, and not asked.
    enables, on = switches
    vcpu = guest(before, partitioned)
    if used:
        vcpu.vm.n_counters, vcpu.vm.has_run = 6, True
        vcpu.irq_level = vcpu.request = True
        vcpu.regs |= dict.fromkeys(vcpu.regs, 1)
        Hypervisor.vgic_inject(hyp, vcpu, vcpu.vm.irq_num, True)
    vcpu.regs |= {"PMCNTENSET_EL0": enables, "PMCR_EL0": on}
    host = host_of(type(hyp), lazy=lazy, reserved=reserved)
    for n in range(2 * used):
        host.perf_add(PerfEvent(f"host{n}", INST_RETIRED))
    host.decide_ownership(vcpu)
    return {"vcpu.access": vcpu.access}


# What was decided before says nothing of now.
@table(
    product((0, 1, CYCLE_BIT), repeat=2),
    name="decide_ownership.again",
    says="a lazy host has decided for saved enables of {before:#x}, and now they are {enables:#x}",
)
def _again(hyp: Hypervisor, before: int, enables: int) -> dict:
    """And decided anew at each load."""
    vcpu, lazy = guest(FREE, PMCR_EL0=1), host_of(type(hyp), lazy=True)
    for vcpu.regs["PMCNTENSET_EL0"] in (before, enables):
        lazy.decide_ownership(vcpu)
    return {"vcpu.access": vcpu.access}


@table(product(BOTH, BOTH, (GUEST_OWNED, FREE)), says=WHO)
def take_ownership(hyp: Hypervisor, partitioned: bool, supported: bool, access: str) -> dict:
    """A whole load, in its order, for who may have it, and for nobody else."""
    vcpu = guest(access, partitioned, supported, PMCNTENSET_EL0=1, PMEVCNTR0_EL0=7)
    hyp.host.loaded = vcpu
    # Whoever is on another CPU has nothing to do with this one, in the same VM or another.
    twins = guest(GUEST_OWNED), guest(FREE)
    for twin in twins:
        twin.vm = vcpu.vm
    hyp.hosts[BOOT_CPU].loaded, hyp.hosts[OTHER_CPU].loaded = twins
    # Of the host: it came before the guest had anything.
    pe, wrote = pe_of(hyp), []
    pe.load_state({"PMOVSSET_EL0": 0b1, "PMCNTENSET_EL0": 0})
    pe.watch(lambda access: wrote.append(access.reg) if access.op == "msr" else None)
    hyp.take_ownership(vcpu)
    found = {name: pe.pmu.cells[cell] for name, cell in CELLS.items()}
    order = [name for name in wrote if name in ("MDCR_EL2", "PMCNTENSET_EL0")]
    return {
        "vcpu.access": vcpu.access,
        "the others' access": ", ".join(twin.access for twin in twins),
        "the saved PMOVSSET_EL0": vcpu.regs["PMOVSSET_EL0"],
        **{f"{name} at the end": value for name, value in found.items()},
        "MDCR_EL2 was written before the enables": order[:1] != ["PMCNTENSET_EL0"],
    }


CELLS = {"MDCR_EL2": "MDCR_EL2", "PMCNTENSET_EL0": "PMCNTEN", "PMEVCNTR0_EL0": "PMEVCNTR0"}
