"""What a lesson starts from: a hypervisor that leaves one thing out, and a line to guess on.

Nobody has posted this hypervisor. The mistakes that people made are in the gallery, with citations.

Not modelled: anything new. What a class here does not name is that of `Hypervisor`.
"""

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import Vcpu


def predict(guess: object = ...) -> None:
    """Print what a learner expects, above what then comes."""
    print("Your guess:", "none yet" if guess is ... else guess)


class NoSwap(Hypervisor):
    """Let guests take turns, and leave the counters as the one before left them.

    Breaks the law own_counts.
    """

    def pmu_load(self, vcpu: Vcpu) -> None:
        """Load nothing: the guest finds what is there."""

    def pmu_put(self, vcpu: Vcpu) -> None:
        """Save nothing: whoever comes next finds it."""
