"""A guest as the machine runs it: where it is in its program, and what it has observed.

Not modelled: memory, a stack: an interrupt handler cannot be interrupted.
"""

from typing import NamedTuple

from pmulab.sim.program import Instruction


class Observation(NamedTuple):
    """Something the guest can notice: `what` is a register, `exception` or `interrupt`."""

    pc: int
    what: str
    value: int | str


class Guest:
    """The state of one vCPU's software."""

    def __init__(self, program: tuple[Instruction, ...], handler: tuple[Instruction, ...] = ()):
        self.program, self.handler = program, handler
        # A CPU that the VM does not support, and that has refused to enter it.
        self.refused_by: int | None = None
        self.observed: list[Observation] = []
        self.restart()

    def restart(self) -> None:
        """Begin the program, at first or after a reset; what was observed stays."""
        self.x: dict[str, int] = {}
        self.pc = 0
        self.loops: dict[int, int] = {}
        self.done_cycles = 0
        # How many instructions it has come through.
        self.steps = 0
        self.masked = False
        self.in_handler = False
        self.return_pc = 0
        self.return_cycles = 0

    @property
    def code(self) -> tuple[Instruction, ...]:
        """Return the instructions that run now: the program or the handler."""
        return self.handler if self.in_handler else self.program

    @property
    def finished(self) -> bool:
        """Tell whether the program has ended."""
        return not self.in_handler and self.pc >= len(self.program)

    @property
    def instruction(self) -> Instruction:
        """Return the instruction that runs next."""
        return self.code[self.pc]

    @property
    def takes_interrupts(self) -> bool:
        """Tell whether a virtual interrupt would be taken now."""
        return bool(self.handler) and not self.masked and not self.in_handler

    def value(self, operand: int | str) -> int:
        """Return an operand's value: a number, or what an x register holds."""
        return self.x.get(operand, 0) if isinstance(operand, str) else operand

    def advance(self) -> None:
        """Go to the next instruction; the end of the handler returns to the program."""
        self.pc += 1
        self.steps += 1
        self.done_cycles = 0
        if self.in_handler and self.pc >= len(self.handler):
            self.in_handler = False
            self.pc, self.done_cycles = self.return_pc, self.return_cycles

    def loop(self, start: int, times: int) -> None:
        """Go back to the start of a loop, or leave it when it has run often enough."""
        slot = self.pc if not self.in_handler else ~self.pc
        passed = self.loops.get(slot, 0) + 1
        if passed < times:
            self.loops[slot] = passed
            self.pc = start
        else:
            self.loops[slot] = 0
            self.advance()

    def interrupt(self) -> None:
        """Take an interrupt: the program waits where it is."""
        self.observed.append(Observation(self.pc, "interrupt", "IRQ"))
        self.return_pc, self.return_cycles = self.pc, self.done_cycles
        self.in_handler, self.pc, self.done_cycles = True, 0, 0

    def observe(self, what: str, value: int | str) -> None:
        """Note what the current instruction saw."""
        self.observed.append(Observation(self.pc, what, value))
