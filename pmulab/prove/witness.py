"""A state in which two hooks differ as a case on a machine, which the laws then judge.

Not modelled: flags that are still in hardware are made by counters that wrap; a saved value that no
guest has by itself, as PMCR_EL0.D, whose divider is in no register.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

import z3

from pmulab.explorer.moves import Move
from pmulab.explorer.wide.case import Case, SavedVgic, run
from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI, Focus
from pmulab.explorer.wide.turns import turns
from pmulab.hw.events import CHAIN, CPU_CYCLES, INST_RETIRED, SW_INCR
from pmulab.hw.gic_regs import legal
from pmulab.hw.sysreg import MASK64
from pmulab.hw.sysregs import PMCR_EL0, PMEVTYPER0_EL0, REGS
from pmulab.kvm.event_filter import DENY
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import BITMAPS, CYCLE_BIT, TYPES, counters, evcntr, evtyper, reset_registers
from pmulab.kvm.vgic_state import LEVEL, PMU_PPI, VgicIrq
from pmulab.prove.values import WIDTH
from pmulab.prove.worlds import ON_QUIET, Structure
from pmulab.sim.program import Instruction
from pmulab.sim.scenario import CpuSpec, PerfSpec, Scenario, VmSpec

VMCR = REGS["ICH_VMCR_EL2"]
IN_MEMORY = TYPES | {"PMOVSSET_EL0", "PMUSERENR_EL0"}
INTERRUPTS = ("handle_host_irq", "handle_guest_irq", "overflow_status", "update_state", "kick")
# How often moves are drawn on the machine of a state.
DRAWN = 25
LOOK = (*BITMAPS, "PMCR_EL0", "PMSELR_EL0", "PMCCNTR_EL0", "PMCCFILTR_EL0")


def accused(cls: type, hook: str, at: Structure, model: Any) -> Case | None:
    """Return a case that a model names and in which a class breaks a law that the library keeps.

    First with the moves that lead to the state and look at it, then with drawn ones.
    """
    made = list(cases(hook, at, model))
    for case in (*made, *_drawn_on(made, FOCI.get(hook, PLAIN))):
        broken, done = run(case, cls)
        if broken is not None and run(case, Hypervisor)[0] is None:
            return case._replace(moves=tuple(done))
    return None


def _drawn_on(made: list[Case], focus: Focus) -> Iterator[Case]:
    """Draw moves on the machines of cases."""
    for seed in range(DRAWN):
        for case in made:
            moves = turns(Random(seed), focus, case.machine, case.vgics)
            yield case._replace(seed=seed, moves=tuple(moves))


def cases(hook: str, at: Structure, model: Any) -> Iterator[Case]:
    """Make cases of a state: as it is, and with counters that set its flags when they work."""
    saved = _saved(hook, at, model)
    denied = _denied(saved, model) if hook == "hardware_type" else ()
    value = _value(model, "value")
    for registers in (saved, _wrapping(hook, saved, at, model)):
        machine = _machine(at, registers, denied)
        moves = tuple(_moves(hook, at, registers, value))
        yield Case(0, machine, moves, {"A": _open(), "B": _open()})


def _value(model: Any, name: str) -> int:
    found: int = model.eval(z3.BitVec(name, 64), True).as_long()
    return found


def _saved(hook: str, at: Structure, model: Any) -> dict[str, int]:
    """Return what is in memory before the load that leads to a state."""
    inside = at.kind == "owner" and at.loaded == "it" and hook not in ON_QUIET
    saved = {}
    for name in reset_registers(at.guest):
        home = f"cpu{at.cpu} {REGS[name].cell} 0"
        saved[name] = _value(model, home if inside and name not in IN_MEMORY else f"A {name} 0")
    saved["PMCR_EL0"] &= 0xFF & ~PMCR_EL0.D
    saved["PMSELR_EL0"] &= 31
    saved["PMUSERENR_EL0"] &= 15
    if at.kind == "free":
        saved["PMCNTENSET_EL0"] = 0
    return saved


def _wrapping(hook: str, saved: dict[str, int], at: Structure, model: Any) -> dict[str, int]:
    flags = _value(model, f"cpu{at.cpu} PMOVS 0") | _value(model, "overflow")
    flags |= saved["PMOVSSET_EL0"]
    mine = flags & (CYCLE_BIT | (1 << at.guest) - 1)
    made = dict(saved)
    for idx in counters(mine):
        made |= {evcntr(idx): MASK64, evtyper(idx): 0 if idx == 31 else INST_RETIRED}
    made["PMCNTENSET_EL0"] |= mine
    # A flag that interrupts is handled; one that does not is there until somebody folds it.
    raised = mine if hook in INTERRUPTS else 0
    made["PMINTENSET_EL1"] = made["PMINTENSET_EL1"] & ~mine | raised
    made["PMCR_EL0"] |= PMCR_EL0.E
    return made | {"PMOVSSET_EL0": 0}


def _denied(saved: dict[str, int], model: Any) -> tuple[tuple[int, int, int], ...]:
    answer = z3.Function("listed", z3.BitVecSort(WIDTH), z3.BoolSort())
    events = {v & PMEVTYPER0_EL0.evtCount for k, v in saved.items() if "EVTYPER" in k}
    found = sorted(events | {CPU_CYCLES, SW_INCR, CHAIN})
    no = [e for e in found if z3.is_false(model.eval(answer(z3.BitVecVal(e, WIDTH)), True))]
    return tuple((event, 1, DENY) for event in no)


def _machine(at: Structure, saved: dict[str, int], denied: Any) -> Scenario:
    emulated = at.kind == "emulated"
    reserved = {"unpartitioned": -1, "emulated": at.counters}.get(at.kind, at.counters - at.lent)
    suits = at.suits
    full = {name: MASK64 for name in map(evcntr, range(at.guest))} | {"PMCR_EL0": 0xC1}
    full |= {"PMCNTENSET_EL0": (1 << at.guest) - 1}
    hosts = tuple(PerfSpec(f"host{n}", INST_RETIRED, 5 * n, at.cpu) for n in range(2))
    a = VmSpec(
        "A",
        at.guest,
        not emulated,
        cpu=suits[0] if suits and at.cpu not in suits else at.cpu,
        supported_cpus=suits,
        filter=denied,
        restore=saved,
    )
    b = VmSpec("B", at.guest, not emulated, cpu=at.cpu, supported_cpus=(at.cpu,), restore=full)
    return Scenario(
        name="proof",
        about="",
        cpus=tuple(CpuSpec(size, kind) for size, kind in zip(at.sizes, at.kinds)),
        vms=(a, b),
        reserved_host_counters=reserved,
        dynamic=at.dynamic,
        lazy=at.lazy or at.kind == "free",
        perf_events=() if emulated else hosts,
    )


def _moves(hook: str, at: Structure, saved: dict[str, int], value: int) -> Iterator[Move]:
    """Let the guest come, look, work, and come again after another; let the host see to it."""
    n, types = at.cpu, {v & PMEVTYPER0_EL0.evtCount for k, v in saved.items() if "EVTYPER" in k}
    done = tuple((event, 3) for event in sorted({*types, CPU_CYCLES} - {SW_INCR, CHAIN}))
    look = Move("", "guest", n, "A", tuple(_looks(at)))
    begin = "load" if at.kind == "unsupported" else "enter"
    for turn in range(2):
        yield from (Move("", begin, n, "A"), look)
        if hook in ("write_control", "write_type") and not turn:
            yield from _writes(hook, at, value)
        yield from (Move("", "work", n, "A", done), Move("", "irq", n, ""), look)
        yield Move("", "work", n, "A", done)
        if not turn:
            yield Move("", "host_work", n, "", ((INST_RETIRED, 9),))
        yield from (look, Move("", "exit", n, "A"), Move("", "irq", n, ""))
        yield from (Move("", "enter", n, "B"), Move("", "work", n, "B", ((INST_RETIRED, 1),)))
        yield Move("", "exit", n, "B")


def _writes(hook: str, at: Structure, value: int) -> Iterator[Move]:
    names = [evtyper(idx) for idx in range(at.guest)] if hook == "write_type" else ["PMCR_EL0"]
    kept = MASK64 if hook == "write_type" else ~PMCR_EL0.D & MASK64
    wrote = (Instruction("msr", 1, (name, value & kept), f"msr {name}") for name in names)
    yield Move("", "guest", at.cpu, "A", tuple(wrote))


def _looks(at: Structure) -> Iterator[Instruction]:
    own = (name(idx) for idx in range(at.guest) for name in (evcntr, evtyper))
    for name in (*LOOK, *own):
        yield Instruction("mrs", 1, ("x0", name), f"mrs x0, {name}")


def _open() -> SavedVgic:
    vmcr = legal("ICH_VMCR_EL2", VMCR.put(VMCR.VENG1, VPMR=0xF8))
    return SavedVgic(vmcr, (0, 0), (VgicIrq(PMU_PPI, LEVEL, 0x80, enabled=True),))
