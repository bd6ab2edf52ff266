"""Draws cases: a machine of full size, what each vCPU has in memory, a few moves.

Every dimension that matters to a hook is drawn: the size of the PE and of each guest, features,
reservation, filters over 16 bits of event numbers, every bit of every register, values near and far
from an overflow, emulated guests beside partitioned ones, events of the host, a second CPU.

Not modelled: PMCR_EL0.D (its divider's phase is in no register, so no swap can save it); emulated
guests with more counters than the host has left (perf would share them in time, and lose counts).
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from pmulab.explore.moves import Move
from pmulab.hw.events import CHAIN, CPU_CYCLES, SW_INCR
from pmulab.hw.gic_regs import GROUP_SHIFT, group_mask, legal
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, PMEVTYPER0_EL0, REGS
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr, evtyper
from pmulab.kvm.vgic_state import EDGE, LEVEL, PMU_PPI, VgicIrq
from pmulab.sim.program import Instruction
from pmulab.sim.scenario import CpuSpec, PerfSpec, Scenario, VmSpec

ALL = ("FEAT_PMUv3p1", "FEAT_PMUv3p4", "FEAT_PMUv3p5", "FEAT_FGT", "FEAT_HPMN0")
KINDS_OF_PE = (ALL, ALL, ALL, ALL[:3], ALL[:4], ("FEAT_PMUv3p1", "FEAT_FGT", "FEAT_HPMN0"))
KINDS_OF_PE += (("FEAT_FGT", "FEAT_HPMN0"), ("FEAT_PMUv3p1",))
SIZES = (1, 2, 4, 6, 8, 31, 31)
# Some that a guest often counts, and some that differ from those above bit 9.
EVENTS = (0x08, 0x11, 0x13, 0x408, 0x413, 0x4008, 0xC011, 0x8013)
WHERE = (0, 0, PMEVTYPER0_EL0.P, PMEVTYPER0_EL0.U, PMEVTYPER0_EL0.NSH)
AMOUNTS = (1, 2, 5, 9, 300, 1 << 20)
VMCR = REGS["ICH_VMCR_EL2"]
TOP32, TOP64 = (1 << 32) - 1, (1 << 64) - 1


class SavedVgic(NamedTuple):
    """What the vGIC has of a vCPU in memory; the interrupts in the order of the ap_list."""

    vmcr: int
    active_priorities: tuple[int, int]
    irqs: tuple[VgicIrq, ...]


class Case(NamedTuple):
    """A machine with what is saved in it, and the moves that may be done on it, in order."""

    seed: int
    machine: Scenario
    moves: tuple[Move, ...]
    vgics: dict[str, SavedVgic]


def draw(seed: int) -> Case:
    """Draw the case of a seed: the same one each time."""
    rng = Random(seed)
    machine = _machine(rng)
    names = [name for vm in machine.vms for name in vm.vcpu_names]
    vgics = {name: _vgic(rng) for name in names}
    return Case(seed, machine, tuple(_moves(rng, machine, vgics)), vgics)


# ---- the machine


def _machine(rng: Random) -> Scenario:
    cpus = _cpus(rng)
    smallest = min(cpu.counters for cpu in cpus)
    reserved = rng.choice((0, smallest, rng.randint(0, smallest), rng.randint(0, smallest)))
    dynamic = rng.random() < 0.35
    perf = _perf_events(rng, cpus, reserved, dynamic)
    names = "ABC"[: rng.choice((1, 2, 2, 3))]
    vms = tuple(_vm(rng, name, cpus, reserved, dynamic, perf) for name in names)
    return Scenario(
        "wide",
        "",
        cpus,
        vms,
        reserved_host_counters=reserved,
        dynamic=dynamic,
        lazy=rng.random() < 0.3,
        perf_events=perf,
    )


def _cpus(rng: Random) -> tuple[CpuSpec, ...]:
    """Draw one or two CPUs: of one architecture, as a PMU's CPUs are, but not of one size."""
    features, registers = rng.choice(KINDS_OF_PE), rng.choice((2, 4, 16))
    sizes = [rng.choice(SIZES) for _ in range(2 if rng.random() < 0.25 else 1)]
    return tuple(CpuSpec(size, features, registers) for size in sizes)


def _perf_events(rng: Random, cpus, reserved: int, dynamic: bool) -> tuple[PerfSpec, ...]:
    found = []
    for n, cpu in enumerate(cpus):
        most = cpu.counters if dynamic else reserved
        for k in range(min(rng.choice((0, 0, 1, 2, 4)), most)):
            event = rng.choice((0x08, 0x11, 0x13))
            found.append(PerfSpec(f"host{n}{k}", event, rng.choice((0, 0, 1, 7, 40)), n))
    return tuple(found)


def _vm(rng: Random, name: str, cpus, reserved: int, dynamic: bool, perf) -> VmSpec:
    supported = None
    if len(cpus) == 2 and rng.random() < 0.4:
        supported = (rng.randrange(2),)
    where = supported or range(len(cpus))
    partitioned = rng.random() < 0.8
    most = min(_most(rng, n, cpus[n], reserved, dynamic, perf, partitioned) for n in where)
    if most < 0:
        partitioned, most = True, min(cpus[n].counters - reserved for n in where)
    size = rng.choice((most, most, rng.randint(0, most)))
    return VmSpec(
        name,
        size,
        partitioned,
        cpu=where[0],
        supported_cpus=supported,
        filter=tuple(_range(rng) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))),
        restore=_saved(rng, size, partitioned),
    )


def _most(rng, n, cpu, reserved, dynamic, perf, partitioned) -> int:
    """Return how many counters a guest may have on a CPU; an emulated one takes the host's."""
    if partitioned:
        return cpu.counters - reserved
    # Without FEAT_HPMN0 the first range has a counter even where no guest has one.
    least = 0 if "FEAT_HPMN0" in cpu.features else 1
    left = cpu.counters if dynamic else min(reserved, cpu.counters - least)
    return left - sum(event.cpu == n for event in perf) - 1


def _range(rng: Random) -> tuple[int, int, int]:
    base = rng.choice((*EVENTS, rng.getrandbits(16)))
    count = rng.choice((1, 1, 1, 0, 16, 0x10000 - base, 0x400))
    return base, min(count, 0x10000 - base), rng.randrange(2)


# ---- what a vCPU has in memory


def _saved(rng: Random, size: int, partitioned: bool) -> dict[str, int]:
    mask = CYCLE_BIT | (1 << size) - 1
    registers = {name: _mask(rng) & mask for name in BITMAPS}
    for idx in counters(mask):
        registers[evcntr(idx)] = _value(rng)
        registers[evtyper(idx)] = _type(rng, idx, partitioned)
    # P and C too: userspace may have left them there, and they must not be replayed.
    registers["PMCR_EL0"] = rng.getrandbits(8) & ~PMCR_EL0.D | rng.getrandbits(1)
    registers["PMSELR_EL0"] = rng.randrange(32)
    registers["PMUSERENR_EL0"] = rng.getrandbits(4)
    return registers


BITMAPS = ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0")


def _mask(rng: Random) -> int:
    return rng.choice((rng.getrandbits(32), TOP32, 1 << rng.randrange(32), 0))


def _value(rng: Random) -> int:
    near = rng.randint(0, 9)
    return rng.choice((TOP64 - near, TOP32 - near, rng.getrandbits(64), rng.getrandbits(32), 0))


def _type(rng: Random, idx: int, partitioned: bool) -> int:
    where = rng.choice(WHERE) | (rng.choice(WHERE) if rng.random() < 0.3 else 0)
    if idx == CYCLE_IDX:
        return where
    odd = (CHAIN,) if idx % 2 else (SW_INCR,)
    event = rng.choice((*EVENTS[:3], *EVENTS, *odd, rng.getrandbits(16)))
    # KVM's emulated PMU does not look at the level filter of a counter with CHAIN: nor do we.
    return event if event == CHAIN and not partitioned else where | event


# ---- what the vGIC has in memory

INTIDS = (*range(16), *range(16, 32), 32, 40, 63, 64, 255, 256, 600, 1019)


def _vgic(rng: Random) -> SavedVgic:
    mask = rng.choice((0xF8, 0xF8, 0xF8, 0x80, 0))
    enables = rng.choice((2, 2, 3, 1))
    vmcr = VMCR.put(enables, VPMR=mask, VBPR0=rng.randrange(8), VBPR1=rng.randrange(8))
    vmcr = legal(
        "ICH_VMCR_EL2", vmcr | rng.choice((0, 0, VMCR.VEOIM)) | rng.choice((0, VMCR.VCBPR))
    )
    intids = rng.sample(INTIDS, rng.choice((0, 0, 1, 3, 7, 12)))
    irqs = [_irq(rng, intid) for intid in intids if intid != PMU_PPI]
    if rng.random() < 0.6:
        priority = rng.randrange(32) << GROUP_SHIFT
        irqs.append(VgicIrq(PMU_PPI, LEVEL, priority, enabled=rng.random() < 0.9))
    priorities = [0, 0]
    if irqs and rng.random() < 0.25:
        # One that the guest has taken and not yet ended: its priority is an active one.
        taken = irqs[0]
        taken.active, taken.pending_latch = True, False
        group = taken.priority & group_mask(vmcr, taken.group)
        priorities[taken.group] = 1 << (group >> GROUP_SHIFT)
    return SavedVgic(vmcr, (priorities[0], priorities[1]), tuple(irqs))


def _irq(rng: Random, intid: int) -> VgicIrq:
    config = EDGE if intid < 16 else LEVEL
    priority, group = rng.randrange(32) << GROUP_SHIFT, int(rng.random() < 0.8)
    high, enabled = rng.random() < 0.6, rng.random() < 0.85
    flags = {"line_level": high} if config == LEVEL else {"pending_latch": high}
    return VgicIrq(intid, config, priority, group, enabled, **flags)


# ---- the moves


def _moves(rng: Random, machine: Scenario, vgics: dict[str, SavedVgic]) -> Iterator[Move]:
    """Let vCPUs come and go, and do something while they are there."""
    names = [name for vm in machine.vms for name in vm.vcpu_names]
    vms = {name: vm for vm in machine.vms for name in vm.vcpu_names}
    for _ in range(rng.choice((1, 2, 2, 3))):
        name = rng.choice(names)
        vm = vms[name]
        where = vm.supported_cpus or range(len(machine.cpus))
        n = rng.choice(where)
        yield Move("", "enter", n, name)
        for _ in range(rng.randint(1, 5)):
            yield _loaded_move(rng, n, name, vm, vgics[name])
        yield _look(rng, n, name, vm)
        yield Move("", "irq", n, None)
        if rng.random() < 0.8:
            yield Move("", "exit", n, name)
        yield _host_move(rng, n, names)


def _loaded_move(rng: Random, n: int, name: str, vm: VmSpec, vgic: SavedVgic) -> Move:
    kind = rng.random()
    if vgic.irqs and kind < 0.3:
        return _interrupt_move(rng, n, name, vgic)
    kind = rng.random()
    if kind < 0.35:
        return Move("", "work", n, name, _work(rng, vm))
    if kind < 0.8:
        return Move("", "guest", n, name, (_access(rng, vm),))
    if kind < 0.88:
        return Move("", "irq", n, None)
    if kind < 0.94:
        return _change(rng, n, name)
    return Move("", "host_work", n, None, _host_work(rng))


def _interrupt_move(rng: Random, n: int, name: str, vgic: SavedVgic) -> Move:
    """Let a device move its line, or the guest deal with its interrupts."""
    intid = rng.choice(vgic.irqs).intid
    kind = rng.random()
    if kind < 0.2 and intid != PMU_PPI:
        return Move("", "inject", n, name, (intid, intid < 16 or rng.random() < 0.5))
    if kind < 0.3:
        return Move("", "guest", n, name, (_configure(rng, intid),))
    if kind < 0.8:
        group = rng.choice((1, 1, 1, 0))
        take, end = f"ICC_IAR{group}_EL1", f"ICC_EOIR{group}_EL1"
        ends = (Instruction("msr", 1, (end, "x0"), f"msr {end}, x0"),) if kind < 0.6 else ()
        return Move("", "guest", n, name, (_mrs(take, 1), *ends))
    if kind < 0.9:
        return Move("", "guest", n, name, (_mrs(rng.choice(GIC_READ), 1),))
    register = rng.choice(GIC_WRITTEN)
    value = intid if register in ENDS else rng.choice((0, 1, 2, 3, 5, 0x80, 0xF8))
    return Move("", "guest", n, name, (_msr(register, value, 1),))


GIC_READ = ("ICC_HPPIR1_EL1", "ICC_HPPIR0_EL1", "ICC_RPR_EL1", "ICC_PMR_EL1")
ENDS = ("ICC_EOIR1_EL1", "ICC_EOIR0_EL1", "ICC_DIR_EL1")
GIC_WRITTEN = (*ENDS, "ICC_PMR_EL1", "ICC_BPR1_EL1", "ICC_IGRPEN0_EL1", "ICC_IGRPEN1_EL1")


def _configure(rng: Random, intid: int) -> Instruction:
    priority = rng.randrange(32) << GROUP_SHIFT
    choices = (("enabled", True), ("enabled", False), ("pending", True), ("priority", priority))
    what = (rng.choice(choices),)
    return Instruction("gic", 1, (intid, what), f"gic {intid} {what[0][0]}={what[0][1]}")


def _host_move(rng: Random, n: int, names: list[str]) -> Move:
    kind = rng.random()
    if kind < 0.4:
        return Move("", "host_work", n, None, _host_work(rng))
    if kind < 0.7:
        return Move("", "irq", n, None)
    return _change(rng, n, rng.choice(names))


def _change(rng: Random, n: int, name: str) -> Move:
    return Move("", "change", n, name, (rng.choice(("deny", "allow")), rng.choice(EVENTS)))


def _work(rng: Random, vm: VmSpec):
    """Let what the guest's counters count happen, and something else."""
    typed = {v & PMEVTYPER0_EL0.evtCount for k, v in vm.restore.items() if "EVTYPER" in k}
    known = sorted((typed | {*EVENTS[:3], CPU_CYCLES}) - {CHAIN, SW_INCR})
    chosen = rng.sample(known, min(len(known), 3))
    return tuple((event, rng.choice(AMOUNTS)) for event in chosen)


def _host_work(rng: Random):
    return tuple((event, rng.randint(1, 60)) for event in rng.sample((0x08, 0x11, 0x13), 2))


def _access(rng: Random, vm: VmSpec) -> Instruction:
    """Draw an access of the guest: any register, any value, EL1 or EL0."""
    el = 0 if rng.random() < 0.15 else 1
    idx = rng.randrange(max(vm.counters, 1))
    name = rng.choice(WRITTEN).format(n=idx)
    if rng.random() < 0.3:
        return _mrs(rng.choice((name, *READ_ONLY)), el)
    return _msr(name, _written(rng, name, idx, vm.partitioned), el)


WRITTEN = (
    *"PMCNTENSET_EL0 PMCNTENCLR_EL0 PMINTENSET_EL1 PMINTENCLR_EL1 PMOVSSET_EL0".split(),
    *"PMOVSCLR_EL0 PMSWINC_EL0 PMCR_EL0 PMCR_EL0 PMSELR_EL0 PMUSERENR_EL0 PMCCNTR_EL0".split(),
    *"PMCCFILTR_EL0 PMEVCNTR{n}_EL0 PMEVTYPER{n}_EL0 PMEVTYPER{n}_EL0".split(),
    *"PMXEVCNTR_EL0 PMXEVTYPER_EL0".split(),
)
READ_ONLY = ("PMCEID0_EL0", "PMCEID1_EL0", "PMMIR_EL1")


def _written(rng: Random, name: str, idx: int, partitioned: bool) -> int:
    if "EVTYPER" in name:
        return _type(rng, idx, partitioned)
    if name == "PMCCFILTR_EL0":
        return _type(rng, CYCLE_IDX, partitioned)
    if name == "PMCR_EL0":
        return rng.getrandbits(8) & ~PMCR_EL0.D
    if name == "PMSELR_EL0":
        return rng.randrange(32)
    return _value(rng) if "CNTR" in name else _mask(rng)


def _look(rng: Random, n: int, name: str, vm: VmSpec) -> Move:
    """Let the guest read what it can notice: its bitmaps and controls, some of its counters."""
    registers = [*LOOK]
    for idx in rng.sample(range(vm.counters), min(vm.counters, 3)):
        registers += [evcntr(idx), evtyper(idx)]
    return Move("", "guest", n, name, tuple(_mrs(register, 1) for register in registers))


LOOK = (
    *"PMCR_EL0 PMCNTENSET_EL0 PMINTENSET_EL1 PMOVSSET_EL0 PMSELR_EL0 PMUSERENR_EL0".split(),
    *"PMCCNTR_EL0 PMCCFILTR_EL0".split(),
)


def _mrs(register: str, el: int) -> Instruction:
    return Instruction("mrs", el, ("x0", register), f"{'' if el else 'el0: '}mrs x0, {register}")


def _msr(register: str, value: int, el: int) -> Instruction:
    text = f"{'' if el else 'el0: '}msr {register}, {value:#x}"
    return Instruction("msr", el, (register, value), text)
