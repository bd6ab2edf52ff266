"""How most of the gallery is made: the reference, with some writes or saves left out.

Not modelled: see `gallery`.
"""

from contextlib import contextmanager

from pmulab.kvm.hooks import Cpu
from pmulab.kvm.hypervisor import Hypervisor

EVERY_COUNTER = ("PMCCNTR_EL0", *(f"PMEVCNTR{n}_EL0" for n in range(31)))
EVERY_TYPE = ("PMCCFILTR_EL0", *(f"PMEVTYPER{n}_EL0" for n in range(31)))


class Skipping:
    """The CPU as a forgetful hypervisor uses it: some writes and some reads do not happen."""

    def __init__(self, cpu: Cpu, unwritten: tuple[str, ...], unread: tuple[str, ...], regs: dict):
        self.cpu, self.unwritten, self.unread, self.regs = cpu, unwritten, unread, regs
        self.features, self.counter_bits = cpu.features, cpu.counter_bits

    def msr(self, name: str, value: int) -> None:
        """Write a register, unless this is one that is forgotten."""
        if name not in self.unwritten:
            self.cpu.msr(name, value)

    def mrs(self, name: str) -> int:
        """Read a register; one that is forgotten keeps what memory has."""
        return self.regs[name] if name in self.unread else self.cpu.mrs(name)


def load_without(hyp: Hypervisor, vcpu, *names: str) -> None:
    """Do the reference's load, but for the writes of some registers."""
    with forgetting(hyp, Skipping(hyp.cpu, names, (), vcpu.regs)):
        Hypervisor.pmu_load(hyp, vcpu)


def put_without(hyp: Hypervisor, vcpu, *names: str) -> None:
    """Do the reference's put, but for some writes (CLR registers) or saves (the others)."""
    unwritten = tuple(name for name in names if "CLR" in name)
    unread = tuple(name for name in names if "CLR" not in name)
    with forgetting(hyp, Skipping(hyp.cpu, unwritten, unread, vcpu.regs)):
        Hypervisor.pmu_put(hyp, vcpu)


@contextmanager
def forgetting(hyp: Hypervisor, forgetful: Skipping):
    """Let a hypervisor use a forgetful CPU; its driver, which is not to blame, has the real one."""

    def set_guest_counters(mask: int) -> None:
        hyp.cpu = forgetful.cpu
        type(hyp).set_guest_counters(hyp, mask)
        hyp.cpu = forgetful

    hyp.cpu, vars(hyp)["set_guest_counters"] = forgetful, set_guest_counters
    try:
        yield
    finally:
        hyp.cpu = forgetful.cpu
        del vars(hyp)["set_guest_counters"]
