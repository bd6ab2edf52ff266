"""Proves a hook equal to the library's for every value, or finds a state that the laws accuse.

Both run on the same unknown values, one after the other on one path, in each of some structures.
Where all that there is at the end agrees on every path they are equal. Where it does not, z3 names
a state: as a case it is for the laws to judge. If nobody accuses the hook there, nothing is known.

Not modelled: a hook that asks for the type of a value, or looks for what runs it.
"""

from importlib.util import find_spec
from time import process_time
from typing import NamedTuple

from pmulab.explorer.wide.case import Case

# Cases and tables look for what depends on these.
CONSTANT = (
    "; constant there: names, INTIDs, a VM's vCPUs, who is on other CPUs, the host's events, "
    "three CPUs"
)


class Proof(NamedTuple):
    """What came of it: `kind` is "proven", "differs" or "not proven", `about` says where or why.

    `unnoticed` names in what it may differ where no law has noticed.
    """

    kind: str
    about: str
    seconds: float
    structures: int = 0
    paths: int = 0
    case: Case | None = None
    unnoticed: str = ""

    def __str__(self) -> str:
        if self.kind == "proven":
            tried = f"{self.structures} structures of up to 31 counters, {self.paths} paths"
            return f"proven the same as the library's for every value, in {tried}{CONSTANT}"
        return f"{self.kind}: {self.about}"


def prove(hypervisor: type, hook: str, seconds: float = 2.0) -> Proof:
    """Compare a class's hook with the library's for all values, for some seconds of CPU time."""
    began = process_time()
    if find_spec("z3") is None:
        return Proof("not proven", "it was not tried: z3 is not installed", 0.0)
    if hasattr(getattr(hypervisor, hook), "c_text"):
        return Proof("not proven", "it was not tried: a hook in C takes no unknown values", 0.0)
    from pmulab.prove.compare import compared

    kind, about, *_ = found = compared(hypervisor, hook, began + seconds)
    return Proof(kind, about, process_time() - began, *found[2:])
