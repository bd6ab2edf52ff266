"""Phrases: what a guest's instruction does, what a value holds, what has changed.

Not modelled: programs; a scenario's trace shows instructions as they are.
"""

from collections.abc import Sequence

from pmulab.hw import events
from pmulab.hw.sysreg import Reg, Rule
from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2, PMCR_EL0, PMEVTYPER0_EL0, REGS
from pmulab.kvm.vcpu import counters
from pmulab.kvm.vgic import EOI_BIT
from pmulab.sim.program import Instruction

LR = REGS["ICH_LR0_EL2"]
STATES = ("invalid", "pending", "active", "pending and active")
# Registers of which a change is said by its fields.
MIXED = ("PMCR_EL0", "MDCR_EL2")
TYPE_BITS = (("P", "not at EL1"), ("U", "not at EL0"), ("NSH", "at EL2 too"))
RESETS = ((PMCR_EL0.P, "its event counters"), (PMCR_EL0.C, "its cycle counter"))
BITMAPS = {
    "PMCNTENSET_EL0": "enables {}",
    "PMCNTENCLR_EL0": "disables {}",
    "PMINTENSET_EL1": "enables the interrupt of {}",
    "PMINTENCLR_EL1": "disables the interrupt of {}",
    "PMOVSCLR_EL0": "clears the overflow flag of {}",
}
FIXED = {
    "PMSELR_EL0": "selects counter {value}",
    "PMCCNTR_EL0": "sets the cycle counter to {value}",
    "PMXEVCNTR_EL0": "sets the selected counter to {value}",
    "PMSWINC_EL0": "counts one SW_INCR by hand",
    "PMUSERENR_EL0": "sets what EL0 may use to {value:#x}",
}


def said(instructions: Sequence[Instruction]) -> str:
    """Say what a guest's access does, and show it: one instruction, or several at once."""
    shown = "; ".join(instruction.text for instruction in instructions)
    registers = [_register(instruction) for instruction in instructions]
    if "ICC_IAR1_EL1" in registers:
        ended = " and ends it" if len(registers) > 1 else ""
        return f"takes its interrupt{ended} ({shown})"
    if registers[0] == "ICC_EOIR1_EL1":
        return f"ends its interrupt ({shown})"
    if len(registers) > 1:
        return f"reads {', '.join(registers)}"
    level = "at its EL2 " if instructions[0].el == 2 else ""
    if instructions[0].op == "mrs":
        return f"{level}reads {registers[0]} ({shown})"
    return f"{level}{_written(*instructions[0].args)} ({shown})"


def _register(instruction: Instruction) -> str:
    register: str = instruction.args[1 if instruction.op == "mrs" else 0]
    return register


def _written(name: str, value: int) -> str:
    if name in BITMAPS:
        return BITMAPS[name].format(_counters(value))
    if name in FIXED:
        return FIXED[name].format(value=value)
    if name == "PMCR_EL0":
        resets = [what for bit, what in RESETS if value & bit]
        also = f" and resets {' and '.join(resets)}" if resets else ""
        return f"switches its PMU {'on' if value & 1 else 'off'}{also}"
    if name == "MDCR_EL2":
        on = "on" if value & MDCR_EL2.HPME else "off"
        return f"keeps the counters from {MDCR_EL2.get(value, 'HPMN')} up, HPME {on}"
    if name == "PMCCFILTR_EL0":
        return f"lets the cycle counter count{_where(value)}"
    if "EVTYPER" in name:
        event = events.name(value & PMEVTYPER0_EL0.evtCount)
        which = (
            "the selected counter" if REGS[name].index is None else f"counter {REGS[name].index}"
        )
        return f"lets {which} count {event}{_where(value)}"
    if name.startswith("PMEVCNTR"):
        return f"sets counter {REGS[name].index} to {value}"
    return f"writes {name}"


def counted(register: str, value: int) -> str:
    """Say what an event type counts, and where."""
    if register == "PMCCFILTR_EL0":
        # It has no event, so what it says is where.
        levels = [level for level, on in _levels(value) if on]
        return f"CPU_CYCLES ({value:#x}: {'at ' if levels else ''}{' '.join(levels) or 'nowhere'})"
    where = _where(value).strip()
    event = events.name(value & PMEVTYPER0_EL0.evtCount)
    return f"{event} ({value:#x}{f': {where}' if where else ''})"


def _levels(typer: int) -> tuple[tuple[str, bool], ...]:
    el0, el1, el2 = (typer & getattr(PMEVTYPER0_EL0, field) for field in ("U", "P", "NSH"))
    return ("EL0", not el0), ("EL1", not el1), ("EL2", bool(el2))


def changed(location: str, old: int, new: int) -> str:
    """Say what became of a register that a trace names `cpu0.NAME` or `A.NAME`."""
    where, _, name = location.partition(".")
    place = "the hardware's" if where.startswith("cpu") else f"{where}'s saved"
    fields = f" ({' '.join(fields_in(REGS[name], old ^ new))})" if name in MIXED else ""
    return f"{place} {name}: {old:#x} -> {new:#x}{fields}"


def list_register(value: int) -> str:
    """Say what a list register has: the interrupt, its state, and the bits beside."""
    state, group = STATES[LR.get(value, "State")], LR.get(value, "Group")
    ends = ", EOI_BIT" if value & EOI_BIT and not LR.get(value, "HW") else ""
    priority = LR.get(value, "Priority")
    return f"INTID {LR.get(value, 'vINTID')} {state}, group {group}, priority {priority:#x}{ends}"


def fields_in(row: Reg, bits: int) -> list[str]:
    """Name the fields of a register that some bits belong to; a bit per counter by its counter."""
    if row.rule in (Rule.SET, Rule.CLR):
        return [f"bit {idx}: {_counters(1 << idx)}" for idx in counters(bits)]
    return [field.name for field in row.fields if field.mask & bits] or [f"{bits:#x}"]


def holds(row: Reg, value: int) -> str:
    """Say a register's value by the names of what is set: counters where it has a bit for each."""
    if row.rule in (Rule.SET, Rule.CLR):
        return _counters(value) or "none"
    fields = [f"{field.name} {row.get(value, field.name):#x}" for field in row.fields]
    return ", ".join(said for said in fields if not said.endswith(" 0x0")) or "0"


def named(register: str) -> str:
    """Call a counter's register what it is: counter 0, or the cycle counter."""
    if register == "PMCCNTR_EL0":
        return "cycle counter"
    row = REGS.get(register)
    counter = register.startswith("PMEVCNTR") and row is not None
    return f"counter {row.index}" if counter and row else register


def _counters(mask: int) -> str:
    cycles = ["the cycle counter"] if mask >> CYCLE_IDX & 1 else []
    runs: list[list[int]] = []
    for idx in counters(mask & ~(1 << CYCLE_IDX)):
        if runs and runs[-1][-1] == idx - 1:
            runs[-1].append(idx)
        else:
            runs.append([idx])
    names = [
        f"counters {run[0]} to {run[-1]}" if len(run) > 2 else f"counter {idx}"
        for run in runs
        for idx in (run[:1] if len(run) > 2 else run)
    ]
    return " and ".join(names + cycles)


def _where(typer: int) -> str:
    where = [words for field, words in TYPE_BITS if typer & getattr(PMEVTYPER0_EL0, field)]
    return f" {', '.join(where)}" if where else ""
