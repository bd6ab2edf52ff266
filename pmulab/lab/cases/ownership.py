"""Cases of who owns the counters: the small worlds do not come to a guest that does not.

Not modelled: a hook's calls of others, but where their order is what the hook is about.
"""

from itertools import product

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED
from pmulab.lab.cases.setting import BOOT_CPU, BOTH, OTHER_CPU, guest, host_of, replace_hooks
from pmulab.lab.cases.table import table

VM = "the VM is {partitioned:emulated|partitioned}"
WHO = f"{VM} and {{access}}, and {{supported:may not|may}} run on this CPU"


@table(product(BOTH, BOTH, (FREE, GUEST_OWNED)), says=WHO)
def owns_counters(hyp: Hypervisor, partitioned: bool, supported: bool, access: str) -> dict:
    """All 8 cases are answered."""
    # Nobody asks about a vCPU that is neither loaded nor about to be.
    hyp.host.loaded = vcpu = guest(access, partitioned, supported)
    return {"what owns_counters returns": bool(hyp.owns_counters(vcpu))}


@table(
    product(BOTH, BOTH, ((0, 1), (1, 1), (CYCLE_BIT, 1), (0, 0)), (FREE, GUEST_OWNED)),
    says="the host {lazy:is not lazy|is lazy}, "
    f"{VM}, the saved enables and PMCR_EL0.E are {{switches:on}}, it was {{before}}",
    on=lambda switches: f"{switches[0]:#x} and {switches[1]}",
)
def decide_ownership(
    hyp: Hypervisor, lazy: bool, partitioned: bool, switches: tuple[int, int], before: str
) -> dict:
    """All 32 cases are decided."""
    # With an enable set and E clear nothing counts: who waits for E is right too, and not asked.
    enables, on = switches
    vcpu = guest(before, partitioned, PMCNTENSET_EL0=enables, PMCR_EL0=on)
    host_of(type(hyp), lazy=lazy).decide_ownership(vcpu)
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
    """A whole load, in its order, for who may have it."""
    calls: list[str] = []
    replace_hooks(
        hyp,
        setup_traps=lambda vcpu: calls.append(f"setup_traps as {vcpu.access}"),
        pmu_load=lambda vcpu: calls.append(f"pmu_load as {vcpu.access}"),
    )
    hyp.host.loaded = vcpu = guest(access, partitioned, supported)
    # Whoever owns counters on another CPU has nothing to do with these, in the same VM or another.
    twin = guest(GUEST_OWNED)
    twin.vm = vcpu.vm
    hyp.hosts[BOOT_CPU].loaded, hyp.hosts[OTHER_CPU].loaded = guest(), twin
    hyp.take_ownership(vcpu)
    return {"vcpu.access": vcpu.access, "what was called": ", ".join(calls) or "nothing"}
