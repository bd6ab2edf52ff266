"""What a machine is made of, for those who look at it or run a part of it.

Not modelled: anything; it is here so that laws, recorder and runner need not import the machine.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, Unpack

from pmulab.hw.pe import Pe
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import Vcpu
from pmulab.sim.guest import Guest
from pmulab.sim.trace import Columns

Answer = TypeVar("Answer")


class Core:
    """What the scheduler knows of one PE; `loaded` and `last` are empty where no vCPU is."""

    def __init__(self) -> None:
        self.loaded = self.last = ""
        self.in_guest = False
        self.resched = False
        self.slice_end = 0
        # Since when PMUIRQ is high, while a guest runs.
        self.irq_since: int | None = None


class Parts(Protocol):
    """The parts of a machine; those that know of others are beside what they are made of."""

    cpus: list[Pe]
    hyp: Hypervisor
    vcpus: dict[str, Vcpu]
    guests: dict[str, Guest]
    # On which CPU the scheduler runs each vCPU.
    runs_on: dict[str, int]
    cores: list[Core]
    clock: list[int]

    def note(
        self, kind: str, who: str, text: str, marks: tuple[str, ...] = (), **data: Unpack[Columns]
    ) -> None:
        """Record something that is not an access."""

    def host_irq(self, n: int) -> None:
        """Let the host handle the PMU's interrupt, if its line is high."""

    def is_due(self, n: int) -> bool:
        """Tell whether the host has something to do on a CPU at this time."""

    def choose(self, n: int) -> str:
        """Choose the next vCPU of a CPU; empty where none may run."""

    def host_work(self, n: int, cycles: int) -> None:
        """Let the host work at EL2, then handle the PMU's interrupt."""

    def interrupt(self, vcpu: Vcpu) -> None:
        """Make a vCPU that runs exit."""

    def spend(self, times: int) -> None:
        """Count what has been done; a `ScenarioError` where that is more than a run may do."""

    def leave(self, vcpu: Vcpu) -> None:
        """Bring a vCPU back to userspace."""

    def inject(self, vcpu: Vcpu, intid: int, level: bool) -> None:
        """Set the input of a vCPU's interrupt, which exits where it runs."""

    def vcpus_of(self, name: str) -> list[Vcpu]:
        """List the vCPUs that a VM's name or a vCPU's own stands for."""

    def on_cpu(self, n: int, call: Callable[..., Answer], *args: Any) -> Answer:
        """Let the hypervisor do something on another CPU, as an IPI would."""
