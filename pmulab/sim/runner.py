"""A guest on a PE: one instruction at a time, up to whatever makes it exit.

Not modelled: the pipeline; an exit is always between two instructions, or inside `work`. A PMUIRQ
that is still on its way when a guest exits for something else: the host handles it then.
"""

from pmulab.hw import events
from pmulab.hw.pe import Pe
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.nested import Nested
from pmulab.kvm.traps import GuestUndefined, TrappedAccess
from pmulab.sim.guest import Guest
from pmulab.sim.parts import Core, Parts
from pmulab.sim.private import TRAP_EL1, UNDEFINED, Amounts, Outcome
from pmulab.sim.program import AT_LEVEL, EL2_REGISTER, Instruction


class Runner:
    """Runs the guests of a machine."""

    def __init__(self, machine: Parts) -> None:
        self.machine = machine

    def run(self, n: int, core: Core) -> None:
        """Run one instruction of the guest that is loaded, or what interrupts it."""
        pe, guest = self.machine.cpus[n], self.machine.guests[core.loaded]
        if self._until_pmuirq(n, core) == 0 or self.machine.is_due(n):
            self.exit(n, core, "interrupt")
        elif pe.gic.maintenance:
            self.exit(n, core, "vGIC maintenance")
        elif guest.takes_interrupts and pe.gic.virq:
            guest.interrupt()
            self.machine.note("irq", core.loaded, "takes its virtual interrupt", ("interrupt",))
        elif guest.finished:
            self.exit(n, core, "end of the program")
        else:
            self.instruct(n, core, guest.instruction)

    def exit(self, n: int, core: Core, why: str, reg: str = "") -> None:
        """Leave the guest for a reason, with the register of a trap; what waits is handled."""
        machine, vcpu = self.machine, self.machine.vcpus[core.loaded]
        core.in_guest = False
        machine.cpus[n].el = 2
        text = f"guest exit: {why} {reg}".rstrip()
        machine.note("exit", vcpu.name, text, op=why, reg=reg, vcpu=vcpu.name)
        machine.hyp.exit(vcpu)
        machine.host_irq(n)

    def instruct(self, n: int, core: Core, instruction: Instruction) -> None:
        """Run one instruction of the loaded guest, whatever its program says."""
        if instruction.op in AT_LEVEL:
            self.to_level(n, core, instruction.el)
        OPS[instruction.op](self, n, core, self.machine.guests[core.loaded], instruction)

    def to_level(self, n: int, core: Core, el: int) -> None:
        """Let a guest that has an EL2 go there, or come back from it: both trap.

        Linux: arch/arm64/kvm/emulate-nested.c, kvm_emulate_nested_eret(), kvm_inject_nested().
        """
        machine, vcpu = self.machine, self.machine.vcpus[core.loaded]
        if not vcpu.vm.has_el2 or vcpu.in_el2 == (el == 2):
            return
        self.exit(n, core, "eret from its EL2" if vcpu.in_el2 else "hvc to its EL2")
        vcpu.in_el2 = not vcpu.in_el2
        assert isinstance(machine.hyp, Nested)
        machine.hyp.nested_transition(vcpu)
        machine.host_irq(n)
        machine.enter(n, core, vcpu)

    def _access(self, n: int, core: Core, guest: Guest, instruction: Instruction) -> None:
        pe = self.machine.cpus[n]
        if EL2_REGISTER in instruction.args:
            # HCR_EL2.NV makes it trap; the hardware's own is the host's.
            self._trapped(n, core, guest, instruction)
            return
        pe.el = _real(instruction.el)
        value: Outcome
        try:
            value = self._try_access(pe, guest, instruction)
        except Trap as trap:
            if trap.target_el == 2:
                self._trapped(n, core, guest, instruction)
                return
            value = TRAP_EL1
        except Undefined:
            value = UNDEFINED
        pe.el = 1
        self._finish(core, guest, instruction, value)

    def _try_access(self, pe: Pe, guest: Guest, instruction: Instruction) -> int | None:
        if instruction.op == "mrs":
            return pe.mrs(instruction.args[1])
        pe.msr(instruction.args[0], guest.value(instruction.args[1]))
        return None

    def _finish(self, core: Core, guest: Guest, instruction: Instruction, outcome: Outcome) -> None:
        """Give the guest what its access returned, or the exception that it took."""
        op, el, args, _ = instruction
        reg, operand = args if op == "msr" else (args[1], 0)
        laws, vcpu = self.machine.laws, self.machine.vcpus[core.loaded]
        value = outcome if op == "mrs" else guest.value(operand)
        if laws and reg.startswith(("PM", "MD")):
            laws.access(vcpu, op, reg, guest.value(operand), el, outcome)
            if op == "msr" and core.in_guest:
                laws.wrote(self.machine, vcpu, reg)
        elif laws and isinstance(value, int) and not isinstance(outcome, str):
            laws.gic_access(vcpu, op, reg, value)
        if isinstance(outcome, str):
            guest.observe("exception", outcome)
        elif op == "mrs" and outcome is not None:
            guest.x[args[0]] = outcome
            guest.observe(reg, outcome)
        guest.advance()

    def _trapped(self, n: int, core: Core, guest: Guest, instruction: Instruction) -> None:
        """Exit, then let the hypervisor do the access that trapped."""
        op, el, args, _ = instruction
        reg = args[1] if op == "mrs" else args[0]
        value = 0 if op == "mrs" else guest.value(args[1])
        machine, vcpu = self.machine, self.machine.vcpus[core.loaded]
        self.exit(n, core, f"trapped {op}", reg)
        outcome: Outcome
        try:
            outcome = machine.hyp.handle_trap(vcpu, TrappedAccess(op, reg, value, el))
        except GuestUndefined as error:
            machine.note("note", vcpu.name, f"UNDEFINED: {error}")
            outcome = UNDEFINED
        if op == "mrs" and outcome is not UNDEFINED:
            machine.note("note", "host", f"{vcpu.name} gets {reg} = {outcome:#x}")
        # The handler ran with interrupts on: what it raised is handled before the next entry.
        machine.host_irq(n)
        self._finish(core, guest, instruction, outcome)

    def _work(self, n: int, core: Core, guest: Guest, instruction: Instruction) -> None:
        """Let time pass up to the end of the work, the slice, or the first interrupt."""
        cycles, amounts = instruction.args
        machine, pe, done = self.machine, self.machine.cpus[n], guest.done_cycles
        pe.el = _real(instruction.el)
        stop = min(cycles, done + self._until_event(n, core))
        comes = self._until_pmuirq(n, core)
        stop = stop if comes is None else min(stop, done + comes)
        amounts = ((events.CPU_CYCLES, cycles), *amounts)
        stop = min([stop, *_first_irqs(pe, amounts, cycles, done)])
        parts = [(e, amount * stop // cycles - amount * done // cycles) for e, amount in amounts]
        for event, amount in parts:
            pe.retire(event, amount)
        if machine.laws:
            machine.laws.work(machine.vcpus[core.loaded], parts, instruction.el)
        machine.clock[n] += stop - done
        level = "its EL2" if instruction.el == 2 else f"EL{pe.el}"
        machine.note("work", core.loaded, f"work: {stop - done} cycles at {level}")
        pe.el, guest.done_cycles = 1, stop
        if stop == cycles:
            guest.advance()
        if machine.clock[n] >= core.slice_end:
            self._tick(n, core)

    def _until_pmuirq(self, n: int, core: Core) -> int | None:
        """Return after how many cycles PMUIRQ, which is high, makes the guest exit."""
        if not self.machine.cpus[n].irq:
            core.irq_since = None
            return None
        if core.irq_since is None:
            core.irq_since = self.machine.clock[n]
        at = core.irq_since + self.machine.scenario.cpus[n].irq_latency
        return max(0, at - self.machine.clock[n])

    def _until_event(self, n: int, core: Core) -> int:
        times = [core.slice_end, *(a.at for a in self.machine.actions if a.cpu == n)]
        return max(1, min(times) - self.machine.clock[n])

    def _tick(self, n: int, core: Core) -> None:
        """Handle the timer interrupt: the turn is over where somebody else waits."""
        machine = self.machine
        self.exit(n, core, "timer interrupt")
        machine.hyp.perf_rotate()
        core.slice_end = machine.clock[n] + machine.scenario.slice_cycles
        others = machine.choose(n) not in ("", core.loaded)
        core.resched = bool(machine.scenario.host_cycles) or others

    def _wfi(self, n: int, core: Core, guest: Guest, instruction: Instruction) -> None:
        guest.advance()
        self.exit(n, core, "wfi")
        self.machine.vcpus[core.loaded].halted = True

    def _mask(self, n: int, core: Core, guest: Guest, instruction: Instruction) -> None:
        guest.masked = instruction.args[0]
        self.machine.note("note", core.loaded, instruction.text)
        guest.advance()

    def _gic(self, n: int, core: Core, guest: Guest, instruction: Instruction) -> None:
        intid, what = instruction.args
        vcpu = self.machine.vcpus[core.loaded]
        self.exit(n, core, f"trapped {instruction.text}")
        self.machine.hyp.vgic_configure(vcpu, intid, **dict(what))
        if self.machine.laws:
            self.machine.laws.gic_configured(vcpu, intid, dict(what))
        guest.advance()

    def _when(self, n: int, core: Core, guest: Guest, instruction: Instruction) -> None:
        register, bit, target = instruction.args
        if not guest.value(register) >> bit & 1:
            guest.pc = target - 1
        guest.advance()

    def _loop_end(self, n: int, core: Core, guest: Guest, instruction: Instruction) -> None:
        guest.loop(*instruction.args)


def _real(el: int) -> int:
    """Return the level at which the hardware runs a guest's level: EL2 is the host's alone."""
    return min(el, 1)


def _first_irqs(pe: Pe, amounts: Amounts, cycles: int, done: int) -> list[int]:
    """List, for each event of some work, after how many of its cycles PMUIRQ would rise."""
    found = []
    for event, amount in amounts:
        distance = pe.pmu.until_irq(event, pe.el) if amount else None
        if distance:
            found.append(-(-(distance + amount * done // cycles) * cycles // amount))
    return found


OPS = {
    "mrs": Runner._access,
    "msr": Runner._access,
    "work": Runner._work,
    "wfi": Runner._wfi,
    "mask": Runner._mask,
    "gic": Runner._gic,
    "loop": Runner._loop_end,
    "when": Runner._when,
}
