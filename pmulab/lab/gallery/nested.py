"""The gallery: a guest that is a hypervisor too.

Not modelled: see `gallery`.
"""

from pmulab.hw.sysregs import MDCR_EL2, PMCR_EL0
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.nested import Nested
from pmulab.kvm.vcpu import GUEST_MDCR
from pmulab.lab.gallery.gallery import bug


@bug("nested-keeps-too-few", "hyp_counter_mask", "own_level", "nested")
class NestedKeepsTooFew(Nested):
    """The second range begins one counter too high.

    The lowest counter that the guest's EL2 keeps follows PMCR_EL0.E.
    """

    def hyp_counter_mask(self, vcpu):
        n, hpmn = vcpu.vm.n_counters, MDCR_EL2.get(vcpu.regs["MDCR_EL2"], "HPMN")
        return (1 << n) - (1 << min(hpmn + 1, n))


@bug("nested-p-is-p", "guest_levels", "own_level", "nested")
class NestedPIsP(Nested):
    """P is given to the hardware as the guest wrote it.

    Its EL2 runs at EL1 too, so what counts at EL2 alone counts nothing.
    """

    def guest_levels(self, vcpu, idx):
        return Hypervisor.guest_levels(self, vcpu, idx)


@bug("nested-stands-still", "nested_transition", "own_level", "nested")
class NestedStandsStill(Nested):
    """Nothing happens where the guest goes to its EL2 or comes back.

    The perf events of one level go on counting for the other.
    """

    def nested_transition(self, vcpu):
        pass


@bug("nested-one-switch", "overflow_status", "irq_level", "nested")
class NestedOneSwitch(Nested):
    """The level of the interrupt asks PMCR_EL0.E alone.

    An overflow of a counter that the guest's EL2 keeps is not heard while E is 0.
    """

    def overflow_status(self, vcpu):
        flags = vcpu.regs["PMOVSSET_EL0"] & vcpu.regs["PMINTENSET_EL1"]
        return bool(flags and vcpu.regs["PMCR_EL0"] & PMCR_EL0.E)


@bug("nested-boundary-waits", "write_mdcr", "own_level", "nested")
class NestedBoundaryWaits(Nested):
    """The guest's MDCR_EL2 is kept, and what counts stays as it was.

    A counter that has changed its range has the other range's switch only from the next load on.
    """

    def write_mdcr(self, vcpu, value):
        vcpu.regs["MDCR_EL2"] = value & GUEST_MDCR
