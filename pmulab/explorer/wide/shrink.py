"""Makes a case that breaks a law as short as it gets, with the same law broken in the end.

Whatever can be left out is left out: moves, guests, events of the host, filters, interrupts, saved
registers; what is left is made simple.

Not modelled: the shortest of all; it stops where no single thing can be left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pmulab.explorer.result import Breach
from pmulab.explorer.wide.case import Case, run
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vgic_state import VgicIrq
from pmulab.sim.accusation import Accusation
from pmulab.sim.scenario import Scenario, VmSpec

# Runs of a case that shrinking may cost: a few tenths of a second.
MOST = 400


def kind(outcome: Breach) -> str:
    """Name what must stay the same: the law, or the exception."""
    return outcome.law if isinstance(outcome, Accusation) else type(outcome).__name__


class Shrinker:
    """Tries smaller cases and keeps those that still break the same law."""

    def __init__(self, case: Case, hypervisor: type[Hypervisor], outcome: Breach) -> None:
        self.case, self.hypervisor, self.outcome = case, hypervisor, outcome
        self.left = MOST

    def keep(self, case: Case) -> bool:
        """Take a smaller case if it breaks the same law."""
        if self.left <= 0:
            return False
        self.left -= 1
        outcome, done = run(case, self.hypervisor)
        if outcome is None or kind(outcome) != kind(self.outcome):
            return False
        self.case, self.outcome = case._replace(moves=tuple(done)), outcome
        return True

    def all(self, smaller: Callable[[Case], Iterator[Case]]) -> bool:
        """Try what can be left out, from the start again whenever something was."""
        any_kept, again = False, True
        while again:
            again = any(self.keep(case) for case in smaller(self.case))
            any_kept |= again
        return any_kept


def shrunk(case: Case, hypervisor: type[Hypervisor], outcome: Breach) -> tuple[Case, Breach]:
    """Return a short case that breaks the same law, and what it comes to."""
    shrinker = Shrinker(case, hypervisor, outcome)
    while any([shrinker.all(smaller) for smaller in SMALLER]):
        pass
    return shrinker.case, shrinker.outcome


# ---- what can be left out


def fewer_moves(case: Case) -> Iterator[Case]:
    """Leave out moves: all but the last few, then each; then instructions of a move."""
    moves = case.moves
    for n in (1, 2, 3):
        if len(moves) > n + 1:
            yield case._replace(moves=moves[-n - 1 :])
    for n in range(len(moves)):
        yield case._replace(moves=moves[:n] + moves[n + 1 :])
    for n, move in enumerate(moves):
        for k in range(len(move.args)) if move.do == "guest" and len(move.args) > 1 else ():
            fewer = move._replace(args=move.args[:k] + move.args[k + 1 :])
            yield case._replace(moves=(*moves[:n], fewer, *moves[n + 1 :]))


def fewer_guests(case: Case) -> Iterator[Case]:
    """Leave out guests that no move is about."""
    busy = {move.vcpu for move in case.moves}
    for vm in case.machine.vms if len(case.machine.vms) > 1 else ():
        if not busy & set(vm.vcpu_names):
            vms = tuple(other for other in case.machine.vms if other is not vm)
            yield _on(case, vms=vms)


def less_around(case: Case) -> Iterator[Case]:
    """Leave out events of the host, filters and interrupts."""
    for k, _ in enumerate(case.machine.perf_events):
        events = case.machine.perf_events
        yield _on(case, perf_events=events[:k] + events[k + 1 :])
    for vm in case.machine.vms:
        for k, _ in enumerate(vm.filter):
            yield _with_vm(case, vm, filter=vm.filter[:k] + vm.filter[k + 1 :])
    for name, saved in case.vgics.items():
        if saved.irqs:
            yield _with_irqs(case, name, ())
        for k, _ in enumerate(saved.irqs):
            yield _with_irqs(case, name, saved.irqs[:k] + saved.irqs[k + 1 :])


def fewer_registers(case: Case) -> Iterator[Case]:
    """Leave saved registers as a reset leaves them: all, halves of them, each."""
    for vm in case.machine.vms:
        names = list(vm.restore)
        size = len(names)
        while size >= 1:
            for start in range(0, len(names), size):
                gone = names[start : start + size]
                yield _with_vm(
                    case, vm, restore={k: v for k, v in vm.restore.items() if k not in gone}
                )
            size //= 2


def fewer_bits(case: Case) -> Iterator[Case]:
    """Leave saved values with a bit less, where a bit is a thing of its own."""
    for vm in case.machine.vms:
        for name, value in vm.restore.items():
            if name.startswith(("PMCNTEN", "PMINTEN", "PMOVS", "PMCR", "PMUSERENR")):
                bits = [1 << n for n in range(value.bit_length()) if value >> n & 1]
                for bit in bits if len(bits) > 1 else ():
                    yield _with_vm(case, vm, restore={**vm.restore, name: value & ~bit})


SMALLER = (fewer_moves, fewer_guests, less_around, fewer_registers, fewer_bits)


def _on(case: Case, **changes: Any) -> Case:
    machine: Scenario = replace(case.machine, **changes)
    return case._replace(machine=machine)


def _with_vm(case: Case, vm: VmSpec, **changes: Any) -> Case:
    other = replace(vm, **changes)
    return _on(case, vms=tuple(other if one is vm else one for one in case.machine.vms))


def _with_irqs(case: Case, name: str, irqs: tuple[VgicIrq, ...]) -> Case:
    saved = case.vgics[name]._replace(irqs=irqs)
    if not any(irq.active for irq in irqs):
        saved = saved._replace(active_priorities=(0, 0))
    return case._replace(vgics={**case.vgics, name: saved})
