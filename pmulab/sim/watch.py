"""Watches one hook of a hypervisor: in which steps it runs, with what, and what it returns.

Not modelled: what a hook reads and writes in registers; the recorder's trace has that.
"""

from collections.abc import Callable
from dataclasses import asdict

from pmulab.hw.sysregs import REGS
from pmulab.kvm.vgic_state import VgicIrq

LR = REGS["ICH_LR0_EL2"]


class Watch:
    """Notes the calls of a hook, without being in its way; `hypervisor` is the class to run."""

    def __init__(self, hypervisor: type, hook: str):
        self.hook, self.step, self.ran, self.call = hook, 0, set(), ""
        self.changed: list[str] = []
        self.frozen = self.handled = False
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
            returned = original(hyp, *args, **named)
            if not self.frozen:
                self.call = f"{self.hook}({given}) returned {said(returned)}"
                for irq, before in irqs.values():
                    self._compare(irq, before)
            self.handled = bool(irqs)
            return returned

        return watched

    def lines(self) -> list[str]:
        """Say what the hook did to an interrupt last, and its last call if that tells anything."""
        lines = self.changed[-1:]
        if self.handled and not lines:
            lines = [f"{self.hook} has changed no interrupt in memory"]
        tells = "0x" in self.call or not self.call.endswith(" None")
        return lines + ([f"the last call: {self.call}"] if self.call and tells else [])

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


def said(value: object) -> str:
    """Say an argument or a result in a few words."""
    if isinstance(value, VgicIrq):
        return f"INTID {value.intid}"
    if type(value) is int:
        # Nothing else that a hook takes or gives is so wide.
        return LR.text(value) if value >> 32 else hex(value)
    return str(getattr(value, "name", value))[:60]
