"""Watches one hook of a hypervisor: in which steps it runs, with what, and what it returns.

Not modelled: in which order a hook writes registers; the recorder's trace has that.
"""

from collections.abc import Callable
from dataclasses import asdict

from pmulab.hw.sysregs import REGS
from pmulab.kvm.vgic_state import VgicIrq
from pmulab.sim.trace import Record
from pmulab.sim.words import changed, list_register

# As many changes as can be read at a glance.
FEW = 2
NOTED = ("access", "irq_level", "request")
OWNERSHIP = ("access", "cntr_mask")


class Watch:
    """Notes the calls of a hook, without being in its way; `hypervisor` is the class to run."""

    def __init__(self, hypervisor: type, hook: str):
        self.hook, self.step, self.ran, self.call = hook, 0, set(), ""
        self.changed: list[str] = []
        self.made: list[str] = []
        self.found: dict[str, int | str] = {}
        self.left: dict[str, int | str] = {}
        self.hyp = None
        self.frozen = self.handled = False
        self.observe: Callable[[], dict[str, int]] = dict
        self.records: list[Record] = []
        self.wrote: tuple[str, ...] = ()
        self.hypervisor = hypervisor
        if hook:
            own = {hook: self._see(getattr(hypervisor, hook))}
            self.hypervisor = type(hypervisor.__name__, (hypervisor,), own)

    def _see(self, original: Callable) -> Callable:
        def watched(hyp, *args, **named):
            if self.frozen:
                return original(hyp, *args, **named)
            self.ran.add(self.step)
            given = ", ".join(map(said, (*args, *named.values())))
            irqs = {id(i): (i, asdict(i)) for i in self._interrupts(args)}
            self.hyp, found, begin = hyp, self._state(hyp), len(self.records)
            returned = original(hyp, *args, **named)
            if not self.frozen:
                self.found, self.left = found, self._state(hyp)
                self.made, self.wrote = self._made(found, self.left), writes(self.records[begin:])
                self.call = f"{self.hook}({given}) returned {said(returned)}"
                for irq, before in irqs.values():
                    self._compare(irq, before)
            self.handled = bool(irqs)
            return returned

        return watched

    def lines(self, told: list[str]) -> list[str]:
        """Say what else the hook did: to an interrupt, to registers, and its last call."""
        lines = self.changed[-1:]
        if self.handled and not lines:
            lines = [f"{self.hook} has changed no interrupt in memory"]
        known = {line.partition(":")[0] for line in told}
        new = [line for line in self.made if line.partition(":")[0] not in known]
        if new and len(self.made) <= FEW:
            lines = [*new[:-1], f"{new[-1]}, and no more", *lines]
        nothing = self.call.endswith(" None")
        if nothing and not (self.handled or self.made):
            wrote = f"; it wrote {' and '.join(self.wrote)}" if self.wrote else ""
            lines.append(f"in step {max(self.ran)}, {self.hook} changed nothing{wrote}")
        # A call that returns nothing tells what it was given, if nothing else does.
        tells = not nothing or ("0x" in self.call and not (lines or told))
        lines += [f"the last call: {self.call}"] if self.call and tells else []
        return [*lines, *self._since()]

    def _since(self) -> list[str]:
        """Say who owned what when the hook was called, if others have changed that since."""
        now = self._state(self.hyp) if self.hyp else {}
        owned = [
            f"{place} was {value}"
            for place, value in self.found.items()
            if place.endswith(OWNERSHIP) and value == self.left.get(place) != now.get(place, value)
        ]
        return [f"when {self.hook} was called, {' and '.join(owned)}"] if owned else []

    def _state(self, hyp) -> dict[str, int | str]:
        """Return what a hook can change: registers, and as text what software notes beside them.

        A submission may have left anything there, or nothing: that is not judged here.
        """
        try:
            known = {k: v for k, v in self.observe().items() if k.partition(".")[2] in REGS}
        except Exception:
            return {}
        vcpu = getattr(hyp.host, "loaded", None)
        if known and hasattr(vcpu, "name"):
            known |= {f"{vcpu.name}'s {name}": str(getattr(vcpu, name, "")) for name in NOTED}
        return known | {"host.cntr_mask": said(getattr(hyp.host, "cntr_mask", ""))}

    def _made(self, before: dict[str, int | str], after: dict[str, int | str]) -> list[str]:
        """Say what is another after a call than before."""
        lines = []
        for place, new in after.items():
            old = before.get(place, 0 if type(new) is int else new)
            if old != new:
                whole = type(old) is type(new) is int
                what = changed(place, old, new) if whole else f"{place}: {old} -> {new}"
                lines.append(f"in step {self.step}, {self.hook} changed {what}")
        return lines

    def _interrupts(self, args: tuple) -> list[VgicIrq]:
        """Return the interrupts that a hook of the vGIC may change."""
        found = [arg for arg in args if isinstance(arg, VgicIrq)]
        vcpus = [arg for arg in args if hasattr(arg, "vgic")] if "vgic" in self.hook else []
        return found + [irq for vcpu in vcpus for irq in vcpu.vgic.irqs.values()]

    def _compare(self, irq: VgicIrq, before: dict) -> None:
        for name, old in before.items():
            new = getattr(irq, name)
            if new != old:
                what = f"{name} of INTID {irq.intid}: {old} -> {new}"
                self.changed.append(f"in step {self.step}, {self.hook} changed {what}")


def writes(records: list[Record]) -> tuple[str, ...]:
    """Name the registers that are written in some records, each once."""
    texts = [r.text.split() for r in records if r.kind == "access" and r.who == "host"]
    return tuple(dict.fromkeys(words[1].rstrip(",") for words in texts if words[0] == "msr"))


def said(value: object) -> str:
    """Say an argument or a result in a few words."""
    if isinstance(value, VgicIrq):
        return f"INTID {value.intid}"
    if type(value) is int:
        # Nothing else that a hook takes or gives is so wide.
        return f"{value:#x} ({list_register(value)})" if value >> 32 else hex(value)
    return str(getattr(value, "name", value))[:60]
