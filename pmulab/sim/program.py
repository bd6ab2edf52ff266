"""A guest's program as text: a few instructions in the manual's syntax, and `work`.

    msr PMCNTENSET_EL0, 0x1          write a register (a number or x0 to x30)
    mrs x0, PMEVCNTR0_EL0            read a register; what was read is observed
    work CPU_CYCLES=1000 INST_RETIRED=800      let time pass and events happen, spread evenly
    wfi                              wait for an interrupt
    msr DAIFSet, 2   msr DAIFClr, 2  mask and unmask interrupts
    gic 23 enable priority=0xa0      write the redistributor: enable disable pend unpend activate
                                     deactivate group0 group1 priority
    repeat 10 ... end                a loop
    when x0 3 ... end                only if bit 3 of x0 is 1
    el0: ...                         one instruction at EL0
    el2: ...                         one at the guest's own EL2, if it has one: it goes there

Not modelled: all other instructions; a register access takes no time and causes no event.
"""

import re
from typing import Any, NamedTuple

from pmulab.hw import events
from pmulab.hw.sysregs import reg
from pmulab.sim.reading import short, whole

MAX_INSTRUCTIONS = 10_000
MAX_LINE = 200
MAX_NUMBER = (1 << 64) - 1
X_REGISTERS = {f"x{n}": n for n in range(31)}
GIC_WORDS = {"enable": ("enabled", True), "disable": ("enabled", False)}
GIC_WORDS |= {"pend": ("pending", True), "unpend": ("pending", False)}
GIC_WORDS |= {"activate": ("active", True), "deactivate": ("active", False)}
GIC_WORDS |= {"group0": ("group", False), "group1": ("group", True)}


class ProgramError(ValueError):
    """A line of a program that cannot be understood."""


class Instruction(NamedTuple):
    """One instruction: `op`, the exception level it runs at, its operands and its text."""

    op: str
    el: int
    args: tuple[Any, ...]
    text: str


# A block without its end: the instruction it begins at, how often (0: a `when`), its line.
Block = tuple[int, int, int]
# What an instruction becomes: its `op` and its operands.
Parsed = tuple[str, tuple[Any, ...]]


def number(text: str, what: str, top: int = MAX_NUMBER) -> int:
    """Read a number, decimal or hex, from 0 to `top`."""
    value = whole(text)
    if value is None:
        raise ProgramError(f"{what} is a number such as 16 or 0x10, not {text!r}")
    if not 0 <= value <= top:
        raise ProgramError(f"{what} is {text}; possible is 0 to {top:#x}")
    return value


def parse(lines: list[str]) -> tuple[Instruction, ...]:
    """Compile a program; a `ProgramError` names the line."""
    program: list[Instruction] = []
    blocks: list[Block] = []
    for at, line in enumerate(lines):
        try:
            if not isinstance(line, str):
                raise ProgramError("an instruction is text")
            if len(line) > MAX_LINE:
                raise ProgramError(f"{len(line)} characters; an instruction has {MAX_LINE} at most")
            _compile(line.split("//")[0].strip(), program, blocks, at)
        except (ProgramError, KeyError, ValueError) as error:
            raise ProgramError(f"[{at}] {short(line, 60, repr)}: {error.args[0]}") from None
        if len(program) > MAX_INSTRUCTIONS:
            raise ProgramError(f": more than {MAX_INSTRUCTIONS} instructions; use repeat")
    if blocks:
        at = blocks[-1][2]
        raise ProgramError(f"[{at}] {lines[at]!r}: this {lines[at].split()[0]} has no end")
    return tuple(program)


def _compile(line: str, program: list[Instruction], blocks: list[Block], at: int) -> None:
    op, *parts = line.split() or [""]
    if op == "repeat":
        blocks.append((len(program), _times(parts), at))
    elif op == "when":
        blocks.append((len(program), 0, at))
        program.append(Instruction("when", 1, _condition(parts), line))
    elif op == "end":
        if not blocks:
            raise ProgramError("end without repeat or when")
        _end(program, blocks.pop(), line)
    elif op:
        program.append(_instruction(line))


def _times(parts: list[str]) -> int:
    if len(parts) != 1:
        raise ProgramError("repeat takes one number, how many times")
    times = number(parts[0], "repeat", 10**12)
    if not times:
        raise ProgramError("repeat is 0; possible is 1 and up")
    return times


def _condition(parts: list[str]) -> tuple[str, int, None]:
    """Return the register and the bit; where to go on without it is known at the end."""
    if len(parts) != 2 or parts[0] not in X_REGISTERS:
        raise ProgramError("when takes x0 to x30 and a bit: when x0 3")
    return parts[0], number(parts[1], "the bit", 63), None


def _end(program: list[Instruction], block: Block, line: str) -> None:
    """Close a block: a loop goes back, `when` learns where to go on."""
    start, times, _ = block
    if len(program) == start + (not times):
        raise ProgramError("nothing between this and what it ends")
    if times:
        program.append(Instruction("loop", 1, (start, times), line))
    else:
        when = program[start]
        program[start] = when._replace(args=(*when.args[:2], len(program)))


def _instruction(line: str) -> Instruction:
    level, colon, text = line.partition(":")
    el, text = (LEVELS[level], text.strip()) if colon and level in LEVELS else (1, line)
    op, _, rest = text.partition(" ")
    if el != 1 and op not in AT_LEVEL:
        raise ProgramError(f"{level}: goes before {', '.join(AT_LEVEL)}, not before {op!r}")
    if op not in PARSERS:
        known = ", ".join([*PARSERS, "repeat", "when", "end"])
        raise ProgramError(f"no instruction {op}; there are {known}")
    op, args = PARSERS[op]([part for part in re.split(r"[,\s]+", rest.strip()) if part])
    if el != 2 and op in ("mrs", "msr") and EL2_REGISTER in args:
        raise ProgramError(f"{EL2_REGISTER} belongs to EL2: a guest that has one says el2: first")
    return Instruction(op, el, args, line)


def _msr(parts: list[str]) -> Parsed:
    if len(parts) != 2:
        raise ProgramError("msr takes a register and a value: msr PMCR_EL0, 1")
    name, value = parts
    if name in ("DAIFSet", "DAIFClr"):
        if number(value, "the value") != 2:
            raise ProgramError(f"{name} takes 2, the bit of IRQs: the others are not modelled")
        return "mask", (name == "DAIFSet",)
    return "msr", (_register(name), value if value in X_REGISTERS else number(value, "the value"))


def _mrs(parts: list[str]) -> Parsed:
    if len(parts) != 2 or parts[0] not in X_REGISTERS:
        raise ProgramError("mrs takes x0 to x30 and a register: mrs x0, PMCCNTR_EL0")
    return "mrs", (parts[0], _register(parts[1]))


def _register(name: str) -> str:
    row = reg(name)
    if row.name.endswith("_EL2") and row.name != EL2_REGISTER:
        raise ProgramError(f"{name} belongs to the hypervisor; a guest runs at EL1 and EL0")
    if row.name == "ICC_SGI1R_EL1":
        raise ProgramError(f"{name} is not modelled; an action `sgi` sends one")
    return row.name


def _work(parts: list[str]) -> Parsed:
    amounts: dict[int, int] = {}
    for part in parts:
        name, equals, amount = part.partition("=")
        if not equals:
            raise ProgramError(f"work takes EVENT=amount, not {part!r}")
        event = events.number(number(name, "an event") if name[:1].isdigit() else name)
        if event in amounts:
            raise ProgramError(f"{name} is there twice")
        amounts[event] = number(amount, name, 10**15)
    cycles = amounts.pop(events.CPU_CYCLES, 0)
    if not cycles:
        raise ProgramError("work needs CPU_CYCLES=1 or more: how long it takes")
    if events.CHAIN in amounts or events.SW_INCR in amounts:
        raise ProgramError("CHAIN and SW_INCR do not happen by work")
    return "work", (cycles, tuple(sorted(amounts.items())))


def _wfi(parts: list[str]) -> Parsed:
    if parts:
        raise ProgramError("wfi takes nothing")
    return "wfi", ()


def _gic(parts: list[str]) -> Parsed:
    if not parts:
        raise ProgramError("gic takes an INTID and what to do: gic 23 enable priority=0xa0")
    intid = number(parts[0], "the INTID", 1019)
    what: dict[str, int | bool] = {}
    for part in parts[1:]:
        if part.startswith("priority="):
            what["priority"] = number(part[9:], "priority", 0xFF)
        elif part in GIC_WORDS:
            what.update([GIC_WORDS[part]])
        else:
            raise ProgramError(f"no {part!r} in the GIC; there are {' '.join(GIC_WORDS)} priority=")
    return "gic", (intid, tuple(sorted(what.items())))


LEVELS = {"el0": 0, "el2": 2}
AT_LEVEL = ("msr", "mrs", "work")
# What a guest's EL2 has here of its own.
EL2_REGISTER = "MDCR_EL2"
PARSERS = {"msr": _msr, "mrs": _mrs, "work": _work, "wfi": _wfi, "gic": _gic}
