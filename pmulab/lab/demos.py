"""What the first lesson starts from: a hypervisor without a swap, and a line to guess on.

Not modelled: anything new. The hypervisor is one of the gallery.
"""

from pmulab.lab.bugs_swap import NoSwap

__all__ = ["NoSwap", "predict"]


def predict(guess: object = ...) -> None:
    """Print what a learner expects, above what then comes."""
    print("Your guess:", "none yet" if guess is ... else guess)
