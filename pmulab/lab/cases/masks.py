"""Cases of masks: the enables with their pair of names, and what the host lends.

Not modelled: every value; four bits have all of theirs, the others are tried one by one.
"""

from itertools import product

from pmulab.hw.pe import Pe
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT
from pmulab.lab.cases.setting import BOTH, host_of, pe_of
from pmulab.lab.cases.table import table

NAMES = ("PMCNTENSET_EL0", "PMCNTENCLR_EL0"), ("PMINTENSET_EL1", "PMINTENCLR_EL1")
ALL = (1 << 32) - 1


@table(product(range(16), repeat=3), says="it was {old:#06b}, bits={bits:#06b}, mask={mask:#06b}")
def write_pair(hyp: Hypervisor, old: int, bits: int, mask: int) -> dict:
    """The masked bits become what was asked and no other bit moves: 4096 cases of 4 bits."""
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
    names, wide, mask = NAMES[pair], type(hyp)([Pe(31), Pe(31)]), ALL & ~(1 << n)
    # Not on the boot CPU: who takes that for this one is told.
    wide.this_cpu(1)
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
