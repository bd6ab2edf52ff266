"""Watches a machine and writes its trace: every access, every saved register, with its source line.

Not modelled: the recorder sees, it never acts. A machine without one runs the same.
"""

import linecache
import os
import re
import sys
import textwrap
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any, Unpack

from pmulab.hw.pe import Access, Pe
from pmulab.hw.sysreg import MASK64
from pmulab.kvm.vcpu import Vcpu
from pmulab.sim.parts import Parts
from pmulab.sim.trace import Columns, Record, Source, Trace

# What asks for a register's home is the hook that wants it.
ASKERS = ("read_home", "write_home")
DERIVED = ("ICH_VTR_EL2", "ICH_EISR_EL2", "ICH_ELRSR_EL2", "GICD_ISACTIVER1")
# What a record costs, beside a step.
RECORD = 2
# Of each place the contents that it was made of when it was looked at last.
Known = dict[str, tuple[Any, ...]]


class WatchedRegs(dict[str, int]):
    """Saved registers that tell the recorder when the hypervisor reads or writes them."""

    def __init__(self, regs: dict[str, int], place: str, recorder: "Recorder") -> None:
        super().__init__(regs)
        self.place, self.recorder = place, recorder

    def __getitem__(self, name: str) -> int:
        self.recorder.pending.append(f"{self.place}.{name}")
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: int) -> None:
        old = _number(self.get(name))
        super().__setitem__(name, value)
        self.recorder.memory(self.place, name, old or 0, _number(value) or 0)


class WatchedVcpu(Vcpu):
    """A vCPU that tells the recorder when the level of its PMU's interrupt changes."""

    def __setattr__(self, name: str, value: object) -> None:
        changes = name == "irq_level" and value != self.irq_level
        super().__setattr__(name, value)
        if changes and isinstance(self.regs, WatchedRegs):
            self.regs.recorder.level(self)


class Recorder:
    """Builds the trace of one machine."""

    def __init__(self, machine: Parts, scenario: str) -> None:
        self.machine, self.scenario = machine, scenario
        self.records: list[Record] = []
        self.pending: list[str] = []
        self.hooks: dict[CodeType, None] = {}
        for vcpu in machine.vcpus.values():
            vcpu.regs = WatchedRegs(vcpu.regs, vcpu.name, self)
            vcpu.__class__ = WatchedVcpu
        for pe in machine.cpus:
            pe.watch(self.access)
        self.state: dict[str, int] = {}
        self.known: Known = {}
        self.changes()
        self.initial = dict(self.state)
        self.pending.clear()

    def trace(self) -> Trace:
        """Return what has been recorded so far."""
        lanes = ("host", *self.machine.vcpus, "idle")
        # A text in C is the text of each of its lines.
        sources = tuple(dict.fromkeys(map(_source, self.hooks)))
        return Trace(self.scenario, lanes, dict(self.initial), tuple(self.records), sources)

    def observe(self, known: Known | None = None) -> dict[str, int]:
        """Return every location's value now, but for places that are made of what is known."""
        return observed(self.machine, known)

    def changes(self) -> dict[str, tuple[int, int]]:
        """Return what has changed since the last record."""
        try:
            now = self.observe(self.known)
        except Exception:
            # A submission has put something there that is no register: its error is told, not this.
            return {}
        # A hypervisor may save a register that the vCPU did not have: it was 0 so far.
        known = self.state.get
        changed = {k: (known(k, 0), v) for k, v in now.items() if known(k, 0) != v}
        self.state |= now
        return changed

    # ---- what is recorded

    def note(
        self, kind: str, who: str, text: str, marks: tuple[str, ...] = (), **data: Unpack[Columns]
    ) -> None:
        """Record something, with all that changed since the last record."""
        self.machine.spend(RECORD)
        changed = self.changes()
        if kind in ("work", "access") and who != "host" and _overflows(changed):
            marks = (*marks, "overflow")
        reads, self.pending = tuple(dict.fromkeys(self.pending)), []
        cpu = getattr(self.machine.hyp.host, "cpu", 0)
        time = self.machine.clock[cpu]
        self.records.append(Record(time, cpu, who, kind, text, changed, reads, marks, **data))

    def access(self, access: Access) -> None:
        """Record an access of a register, by whoever runs on that PE."""
        n = self.machine.cpus.index(access.pe)
        host = access.pe.el == 2
        who = "host" if host else self.machine.cores[n].loaded
        text, kind = _said(access), "access"
        marks: tuple[str, ...] = ()
        if access.error:
            why = str(access.error).replace(f"{access.reg}: ", "")
            kind, marks, text = "trap", ("trap",), f"{text}: {why}"
        location = f"cpu{n}.{access.reg}"
        self.pending += [location] if access.op == "mrs" and location in self.state else []
        source = self.source() if host else Columns()
        source |= {"op": access.op, "reg": access.reg, "value": access.value}
        self.note(kind, who, text, marks, **source)

    def memory(self, place: str, name: str, old: int, new: int) -> None:
        """Record a write to a saved register: part of the read before it, if on the same line."""
        location, source = f"{place}.{name}", self.source()
        last = self.records[-1] if self.records else None
        self.state[location] = new
        here = (source.get("at"), source.get("hook"), "access", "mrs")
        if last and last.at and (last.at, last.hook, last.kind, last.op) == here:
            changed = {**last.changes, **({location: (old, new)} if old != new else {})}
            text = f"{last.text} -> {place}"
            self.records[-1] = replace(last, text=text, changes=changed, vcpu=place)
            self.pending.clear()
        elif old != new:
            self.state[location] = old
            self._saved(place, name, new, source)

    def level(self, vcpu: Vcpu) -> None:
        """Record a change of the level that the vGIC is about to hear of."""
        self._saved(vcpu.name, "PMUIRQ", int(bool(vcpu.irq_level)), self.source())

    def _saved(self, place: str, name: str, value: int, source: Columns) -> None:
        source |= {"reg": name, "vcpu": place, "value": value}
        self.note("memory", "host", f"{place}.{name} = {value:#x}", **source)

    def source(self) -> Columns:
        """Find the hypervisor's line that is running: its hook, `file:line` and text."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self._is_hook(frame):
            frame = frame.f_back
        if frame is None:
            return {}
        self.hooks[frame.f_code] = None
        path, at = frame.f_code.co_filename, frame.f_lineno
        code, where = linecache.getline(path, at).strip(), f"{os.path.basename(path)}:{at}"
        names = _numbers(code, frame)
        return {"hook": frame.f_code.co_name, "at": where, "code": code, "names": names}

    def _is_hook(self, frame: FrameType) -> bool:
        # A comprehension has a frame of its own before Python 3.12, under a name in brackets.
        name = frame.f_code.co_name
        named = not name.startswith(("<", "_")) and name not in ASKERS
        return named and frame.f_locals.get("self") is self.machine.hyp


def _number(value: object) -> int | None:
    """Return what a register can hold: in the midst of a hook anything may stand there."""
    number = int.__int__(value) if isinstance(value, int) else None
    return None if number is None or number.bit_length() > 64 else number


def observed(machine: Parts, known: Known | None = None) -> dict[str, int]:
    """Return every location's value now, but for places that are made of what is known."""
    now: dict[str, int] = {}
    seen: Known = {} if known is None else known
    for n, pe in enumerate(machine.cpus):
        if _is_new(seen, f"cpu{n}", *pe.pmu.cells.values(), *pe.gic.cells.values()):
            now |= _of_cpu(f"cpu{n}", pe)
    for vcpu in machine.vcpus.values():
        regs = vcpu.regs
        if _is_new(seen, vcpu.name, vcpu.irq_level, *regs, *regs.values()):
            saved = ((name, _number(value)) for name, value in regs.items())
            now |= {f"{vcpu.name}.{name}": n for name, n in saved if n is not None}
            now[f"{vcpu.name}.PMUIRQ"] = int(bool(vcpu.irq_level))
    return now


def _numbers(code: str, frame: FrameType) -> dict[str, int]:
    """Return what the numbers were that a line names; one that no register holds is left out."""
    known = frame.f_locals
    found = {name: known[name] for name in re.findall(r"\b[^\W\d]\w*", code) if name in known}
    return {k: v for k, v in found.items() if type(v) is int and 0 <= v <= MASK64}


def _source(code: CodeType) -> Source:
    """Return the text of a method, empty where it has no file."""
    path, first = code.co_filename, code.co_firstlineno
    last = max(end or first for _, end, *_ in code.co_positions())
    text = "".join(linecache.getline(path, n) for n in range(first, last + 1))
    return Source(os.path.basename(path), first, textwrap.dedent(text))


def _is_new(known: Known, place: str, *made_of: Any) -> bool:
    """Tell whether a place is made of something else than is known, and know it."""
    new = known.get(place) != made_of
    known[place] = made_of
    return new


def _of_cpu(place: str, pe: Pe) -> dict[str, int]:
    """Return the values of a CPU's locations."""
    state = {
        f"{place}.{name}": value
        for name, value in pe.state().items()
        if isinstance(value, int) and not name.startswith("el1:") and name not in DERIVED
    }
    return state | {f"{place}.PMUIRQ": int(pe.irq), f"{place}.VIRQ": int(pe.gic.virq)}


def _overflows(changed: dict[str, tuple[int, int]]) -> bool:
    """Tell whether a flag has been set somewhere."""
    flags = (pair for at, pair in changed.items() if at.endswith(".PMOVSSET_EL0"))
    return any(type(old) is type(new) is int and new & ~old for old, new in flags)


def _said(access: Access) -> str:
    """Say an access as the manual writes it, with what was read."""
    text = f"{access.op} {access.reg}"
    if access.op == "msr":
        return f"{text}, {access.value:#x}"
    return text if access.value is None else f"{text} = {access.value:#x}"
