"""Watches one hook of a hypervisor: in which steps it runs, with what, and what it changes.

Not modelled: in which order a hook writes registers; the recorder's trace has that.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, NamedTuple

from pmulab.explorer.result import Call
from pmulab.hw.sysregs import REGS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vgic_state import VgicIrq
from pmulab.sim.phrases import changed, list_register
from pmulab.sim.recorder import Recorder
from pmulab.sim.trace import Record

# As many changes as can be read at a glance.
FEW = 2
# What software notes of a vCPU beside its registers, and what says who owns which counter.
NOTED = ("access", "irq_level", "request")
OWNERSHIP = ("access", "cntr_mask")

State = dict[tuple[str, str], int | str]
# Interrupts, each with what it was before a call.
Irqs = list[tuple[VgicIrq, dict[str, Any]]]


class Change(NamedTuple):
    """What a hook made of something in a step: of a register in a place, or of what is noted."""

    step: int
    hook: str
    place: str
    name: str
    old: int | str
    new: int | str

    @property
    def what(self) -> tuple[int, str, str]:
        """Return what tells this change from those of other things."""
        return self.step, self.place, self.name

    def __str__(self) -> str:
        return f"in step {self.step}, {self.hook} changed {self.said()}"

    def said(self) -> str:
        """Say what was and what is."""
        if type(self.old) is type(self.new) is int:
            return changed(f"{self.place}.{self.name}", self.old, self.new)
        return f"{noted(self.place, self.name)}: {self.old} -> {self.new}"


def noted(place: str, name: str) -> str:
    """Name something that software notes beside the registers: of the host, or of a vCPU."""
    said = "request, the kick" if name == "request" else name
    return f"{place}.{name}" if place == "host" else f"{place}'s {said}"


class IrqChange(Change):
    """What a hook made of an interrupt in memory."""

    def said(self) -> str:
        """Say what was and what is."""
        return f"{self.name} of {self.place}: {self.old} -> {self.new}"


class Calls:
    """Notes the calls of a hook, without being in its way; `hypervisor` is the class to run."""

    def __init__(self, hypervisor: type[Hypervisor], hook: str) -> None:
        self.hook, self.step = hook, 0
        self.ran: set[int] = set()
        self.call: Call | None = None
        self.of_interrupts: list[Change] = []
        self.made: list[Change] = []
        self.all: list[Change] = []
        self.found: State = {}
        self.left: State = {}
        self.hyp: Hypervisor | None = None
        self.recorder: Recorder | None = None
        self.frozen = self.handled = False
        self.wrote: tuple[str, ...] = ()
        self.hypervisor = hypervisor
        if hook:
            own = {hook: self._watched(getattr(hypervisor, hook))}
            self.hypervisor = type(hypervisor.__name__, (hypervisor,), own)

    def begin(self, recorder: Recorder | None) -> None:
        """Compare from now on what a recorder, if there is one, sees before and after each call."""
        self.recorder = recorder

    def _watched(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def watched(hyp: Hypervisor, *args: Any, **named: Any) -> Any:
            if self.frozen:
                return original(hyp, *args, **named)
            self.ran.add(self.step)
            given = (*args, *named.values())
            irqs = [(irq, asdict(irq)) for irq in self._interrupts(args)]
            self.hyp, found = hyp, self._state(hyp)
            begin = len(self.recorder.records) if self.recorder else 0
            said = tuple(map(shown, given))
            returned = original(hyp, *args, **named)
            if not self.frozen:
                numbers = any(type(value) is int for value in given)
                call = Call(self.hook, said, shown(returned), returned is None, numbers)
                self.wrote = writes(self.recorder.records[begin:]) if self.recorder else ()
                self._note(call, found, self._state(hyp), irqs)
            self.handled = bool(irqs)
            return returned

        return watched

    def _note(self, call: Call, found: State, left: State, irqs: Irqs) -> None:
        """Keep what a call has done."""
        self.call, self.found, self.left = call, found, left
        self.made = self._changes(found, left)
        self.all += self.made
        for irq, before in irqs:
            of: State = {(f"INTID {irq.intid}", name): str(old) for name, old in before.items()}
            now: State = {at: str(getattr(irq, at[1])) for at in of}
            changed = [IrqChange(*change) for change in self._changes(of, now)]
            self.of_interrupts += changed
            self.all += changed

    # ---- what is told of them

    def lines(self, told: list[Change]) -> list[str]:
        """Say what else the hook did: to an interrupt, to registers, and its last call."""
        lines = [str(change) for change in self.of_interrupts[-1:]]
        if self.handled and not lines:
            lines = [f"{self.hook} has changed no interrupt in memory"]
        known = {change.what for change in told}
        new = [str(change) for change in self.made if change.what not in known]
        if new and len(self.made) <= FEW:
            lines = [*new[:-1], f"{new[-1]}, and no more", *lines]
        if self.call is None:
            return [*lines, *self._since()]
        if self.made and self.wrote and len(self.made) > FEW:
            lines.append(f"in step {max(self.ran)}, {self.hook} wrote {' and '.join(self.wrote)}")
        if self.call.nothing and not (self.handled or self.made):
            wrote = f"; it wrote {' and '.join(self.wrote)}" if self.wrote else ""
            lines.append(f"in step {max(self.ran)}, {self.hook} changed nothing{wrote}")
        # A call that returns nothing tells what it was given, if nothing else does.
        tells = not self.call.nothing or (self.call.numbers and not (lines or told))
        lines += [f"the last call: {self.call}"] if tells else []
        return [*lines, *self._since()]

    def _since(self) -> list[str]:
        """Say who owned what when the hook was called, if others have changed that since."""
        now = self._state(self.hyp) if self.hyp else {}
        owned = [
            f"{noted(*at)} was {value}"
            for at, value in self.found.items()
            if at[1] in OWNERSHIP and value == self.left.get(at) != now.get(at, value)
        ]
        return [f"when {self.hook} was called, {' and '.join(owned)}"] if owned else []

    # ---- what there is

    def _state(self, hyp: Hypervisor) -> State:
        """Return what a hook can change: registers, and as text what software notes beside them.

        A submission may have left anything there, or nothing: that is not judged here.
        """
        known: State = {}
        try:
            for location, value in self.recorder.observe().items() if self.recorder else ():
                place, _, name = location.partition(".")
                known |= {(place, name): value} if name in REGS else {}
        except Exception:
            return {}
        vcpu = getattr(hyp.host, "loaded", None)
        if known and vcpu is not None and hasattr(vcpu, "name"):
            known |= {(vcpu.name, name): str(getattr(vcpu, name, "")) for name in NOTED}
        return known | {("host", "cntr_mask"): shown(getattr(hyp.host, "cntr_mask", ""))}

    def _changes(self, before: State, after: State) -> list[Change]:
        """List what is another after a call than before."""
        changes = []
        for at, new in after.items():
            old = before.get(at, 0 if type(new) is int else new)
            changes += [Change(self.step, self.hook, *at, old, new)] if old != new else []
        return changes

    def _interrupts(self, args: tuple[Any, ...]) -> list[VgicIrq]:
        """Return the interrupts that a hook of the vGIC may change."""
        found = [arg for arg in args if isinstance(arg, VgicIrq)]
        vcpus = [arg for arg in args if hasattr(arg, "vgic")] if "vgic" in self.hook else []
        found += [irq for vcpu in vcpus for irq in vcpu.vgic.irqs.values()]
        return list({id(irq): irq for irq in found}.values())


def writes(records: list[Record]) -> tuple[str, ...]:
    """Name the registers that the host has written in some records, each once."""
    made = (r.reg for r in records if r.who == "host" and (r.kind, r.op) == ("access", "msr"))
    return tuple(dict.fromkeys(made))


def shown(value: object) -> str:
    """Say an argument or a result in a few words."""
    if isinstance(value, VgicIrq):
        return f"INTID {value.intid}"
    if type(value) is int:
        # Nothing else that a hook takes or gives is so wide.
        return f"{value:#x} ({list_register(value)})" if value >> 32 else hex(value)
    return str(getattr(value, "name", value))[:60]
