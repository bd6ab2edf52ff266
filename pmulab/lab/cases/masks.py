"""Cases of masks: the enables with their pair of names, and what the host lends.

Not modelled: bits above the fourth; they are handled as these are.
"""

from itertools import product

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT
from pmulab.lab.cases.setting import BOTH, host_of, pe_of
from pmulab.lab.cases.table import table


@table(product(range(16), repeat=3), says="it was {old:#06b}, bits={bits:#06b}, mask={mask:#06b}")
def write_pair(hyp: Hypervisor, old: int, bits: int, mask: int) -> dict:
    """The masked bits become what was asked and no other bit moves: 4096 cases of 4 bits."""
    names = ("PMCNTENSET_EL0", "PMCNTENCLR_EL0")
    pe_of(hyp).load_state({names[0]: old})
    hyp.write_pair(*names, bits, mask)
    return {names[0]: hyp.cpu.mrs(names[0])}


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
