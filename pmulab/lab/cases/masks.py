"""Cases of masks: the enables with their pair of names, and what the host lends.

Not modelled: every value; three bits have all of theirs, the others are tried one by one.
"""

from itertools import product

from pmulab.hw.pe import Pe
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, Vcpu, Vm
from pmulab.lab.cases.setting import BOTH, host_of, pe_of
from pmulab.lab.cases.table import table
from pmulab.lab.submission.answers import number

NAMES = ("PMCNTENSET_EL0", "PMCNTENCLR_EL0"), ("PMINTENSET_EL1", "PMINTENCLR_EL1")
ALL = (1 << 32) - 1


@table(product(range(8), repeat=3), says="it was {old:#05b}, bits={bits:#05b}, mask={mask:#05b}")
def write_pair(hyp: Hypervisor, old: int, bits: int, mask: int) -> dict:
    """The masked bits become what was asked and no other bit moves: 512 cases of 3 bits."""
    names = NAMES[0]
    pe_of(hyp).load_state({names[0]: old})
    hyp.write_pair(*names, bits, mask)
    return {names[0]: hyp.cpu.mrs(names[0])}


# All counters but one, and then all, are on or off; that one alone is not to be touched.
@table(
    ((n, old, bits, pair) for n, old, bits, pair in product(range(33), (0, ALL), (0, ALL), (0, 1))),
    name="write_pair.31",
    says="{pair:enables|interrupts} of 31 counters are all {old:off|on}, "
    "bits={bits:#x} and mask has all but bit {n}",
)
def _pair_of_31(hyp: Hypervisor, n: int, old: int, bits: int, pair: int) -> dict:
    """Each of 32 bits is set, cleared and left alone, in both registers."""
    names, wide, mask = NAMES[pair], type(hyp)([Pe(31), Pe(31), Pe(31)]), ALL & ~(1 << n)
    # On the third CPU: who takes another for this one is told.
    wide.this_cpu(2)
    pe_of(wide).load_state({names[0]: old})
    wide.write_pair(*names, bits, mask)
    # What was asked of a counter outside the mask does not matter.
    return {names[0]: wide.cpu.mrs(names[0])}


@table(
    product(BOTH, (0b11, CYCLE_BIT | 0b1, 0)),
    says="the reservation is {dynamic:static|dynamic} and the guest has {mask:#x}",
)
def set_guest_counters(hyp: Hypervisor, dynamic: bool, mask: int) -> dict:
    """The host has what is left."""
    hyp = host_of(type(hyp), dynamic=dynamic)
    hyp.set_guest_counters(CYCLE_BIT | 0b1)
    hyp.set_guest_counters(mask)
    return {"host.cntr_mask": hyp.host.cntr_mask}


@table(
    product((-1, 0, 2, 4), BOTH, ("nobody", "an owner", "a FREE guest")),
    says="of 4 counters the host {reserved:keeps} ({dynamic:static|dynamic}), and {who} is loaded",
    keeps=lambda reserved: "has no partition" if reserved < 0 else f"keeps {reserved}",
)
def host_counter_mask(hyp: Hypervisor, reserved: int, dynamic: bool, who: str) -> dict:
    """The host has what nobody else has: where there is no partition, all of it."""
    host = type(hyp)([Pe(6), Pe(4)], Config(reserved, dynamic, lazy=who == "a FREE guest"))
    host.this_cpu(1)
    if who != "nobody":
        host.vcpu_load(Vcpu("A", Vm("A", max(0, 4 - max(reserved, 0) - 1))))
    found = number(host.host_counter_mask())
    there = host.host.implemented
    return {"what may be allocated": found & there if isinstance(found, int) else found}
