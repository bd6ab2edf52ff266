"""Hypervisors that a lesson starts from: each leaves out one thing, so that one sees what it is for.

Nobody has posted these; the mistakes that people made are another matter, each with its citation.

Not modelled: anything new. What a class here does not name is that of `Hypervisor`.
"""

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import Vcpu


class NoSwap(Hypervisor):
    """Let guests take turns, and leave the counters as the one before left them.

    Breaks the law own_counts.
    """

    def pmu_load(self, vcpu: Vcpu) -> None:
        """Load nothing: the guest finds what is there."""

    def pmu_put(self, vcpu: Vcpu) -> None:
        """Save nothing: whoever comes next finds it."""
