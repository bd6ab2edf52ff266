"""Draws machines: PEs of any size and kind, what the host keeps of them, guests, filters.

Not modelled: emulated guests with more counters than the host has left: perf would share those in
time, and counts would be lost.
"""

from random import Random
from typing import NamedTuple

from pmulab.explorer.wide.focus import Focus
from pmulab.explorer.wide.memory import EVENTS, near_by, saved
from pmulab.hw.events import CHAIN, CPU_CYCLES, SW_INCR
from pmulab.hw.sysregs import event_mask
from pmulab.kvm.vgic_state import PMU_PPI
from pmulab.sim.scenario import CpuSpec, PerfSpec, Scenario, VmSpec

PERIODS = (0, 0, 1, 7, 40)
# The PMU's interrupt as most VMMs choose it, another PPI, or an SPI, which is one vCPU's alone.
PPIS = (PMU_PPI, PMU_PPI, PMU_PPI, 16, 22, 31)
SPIS = (32, 63, 255, 600)


class Host(NamedTuple):
    """What the host has and keeps: its CPUs, the reservation, its own events."""

    cpus: tuple[CpuSpec, ...]
    reserved: int
    dynamic: bool
    emulates: bool
    events: tuple[PerfSpec, ...]

    def most(self, n: int, partitioned: bool) -> int:
        """Return how many counters a guest may have on a CPU; an emulated one takes the host's."""
        cpu = self.cpus[n]
        if partitioned and self.reserved >= 0:
            return cpu.counters - self.reserved
        # Without FEAT_HPMN0 the first range has a counter even where no guest has one.
        least = 0 if "FEAT_HPMN0" in cpu.features else 1
        whole = self.dynamic or self.reserved < 0
        left = cpu.counters if whole else min(self.reserved, cpu.counters - least)
        return left - sum(event.cpu == n for event in self.events) - 1


def machine_of(rng: Random, focus: Focus) -> Scenario:
    """Draw a machine, with what its vCPUs have in memory."""
    host = _host(rng, focus)
    names = "ABC"[: rng.choice((1, 2, 2, 3))]
    return Scenario(
        name="wide",
        about="",
        cpus=host.cpus,
        vms=tuple(_vm(rng, focus, name, host) for name in names),
        reserved_host_counters=host.reserved,
        dynamic=host.dynamic,
        lazy=rng.random() < focus.lazy,
        perf_events=host.events,
    )


def _host(rng: Random, focus: Focus) -> Host:
    """Draw one to three CPUs: what a guest sees is one architecture, but not of one size."""
    several = rng.choice(focus.many) if rng.random() < focus.several else 1
    sizes = [rng.choice(focus.sizes) for _ in range(several)]
    kind = rng.choice(focus.kinds)
    fewer = [_without(rng, kind) if rng.random() < focus.mixed else kind for _ in sizes]
    cpus = tuple(
        CpuSpec(size, features, rng.choice(focus.registers)) for size, features in zip(sizes, fewer)
    )
    smallest = min(sizes)
    dynamic, emulates = rng.random() < focus.dynamic, rng.random() < focus.emulated
    reserved = 0 if rng.random() < focus.full else rng.choice((smallest, rng.randint(0, smallest)))
    if several > 1 and rng.random() < focus.unequal:
        # More than the smallest of the CPUs has: there is no partition there.
        reserved = rng.randint(smallest, max(sizes))
    # Where the host has no counters of its own there is nothing to emulate with.
    reserved = smallest if emulates and not dynamic else reserved
    if rng.random() < focus.whole:
        # There is no partition on any of them, and who asks for one is emulated.
        reserved, dynamic, emulates = -1, False, True
    periods = rng.choice((PERIODS, PERIODS, (0,)))
    own = [size if dynamic or reserved < 0 else reserved for size in sizes]
    most = [count - 1 for count in own] if emulates else [31] * several
    events = [
        PerfSpec(f"host{n}{k}", rng.choice((0x08, 0x11, 0x13)), rng.choice(periods), n)
        for n, size in enumerate(sizes)
        for k in range(min(_wanted(rng, focus, size), max(most[n], 0)))
    ]
    return Host(cpus, reserved, dynamic, emulates, tuple(events))


def _without(rng: Random, features: tuple[str, ...]) -> tuple[str, ...]:
    """Take one feature away that a hypervisor asks each CPU for, and no guest sees."""
    lacks = rng.choice(("FEAT_FGT", "FEAT_HPMN0"))
    return tuple(name for name in features if name != lacks)


def _wanted(rng: Random, focus: Focus, size: int) -> int:
    """Draw how many events the host has on a CPU: a few, or one for each counter that it has."""
    return size + rng.randrange(2) if rng.random() < focus.fills else rng.choice(focus.host)


def _vm(rng: Random, focus: Focus, name: str, host: Host) -> VmSpec:
    supported = _supported(rng, focus, len(host.cpus))
    where = supported or tuple(range(len(host.cpus)))
    if not all(host.reserved <= host.cpus[n].counters for n in where):
        # It stays where there is a partition.
        where = supported = (max(range(len(host.cpus)), key=lambda n: host.cpus[n].counters),)
    partitioned = not host.emulates or rng.random() < (0.3 if host.reserved >= 0 else 0.7)
    most = min(host.most(n, partitioned) for n in where)
    if most < 0:
        partitioned, most = True, min(host.most(n, True) for n in where)
    space = event_mask(host.cpus[0].features) + 1
    size = 0 if rng.random() < focus.empty else rng.choice((most, most, rng.randint(0, most)))
    restore = saved(rng, focus, size)
    counted = [v % space for k, v in restore.items() if k.startswith("PMEVTYPER")]
    vcpus = rng.choice(focus.vcpus) if rng.random() < focus.twins else 1
    return VmSpec(
        name,
        size,
        partitioned,
        vcpus=vcpus,
        cpu=where[0],
        supported_cpus=supported,
        pmu_irq=rng.choice(SPIS if vcpus == 1 and rng.random() < focus.spi else PPIS),
        filter=tuple(_range(rng, space, counted) for _ in range(rng.choice(focus.ranges))),
        restore=restore,
    )


def _supported(rng: Random, focus: Focus, cpus: int) -> tuple[int, ...] | None:
    """Draw on which CPUs the PMU of a VM is: on any, or on one or two that are named."""
    if cpus == 1 or rng.random() >= focus.named:
        return None
    return tuple(sorted(rng.sample(range(cpus), rng.choice((1, 1, 2)))))


def _range(rng: Random, space: int, counted: list[int]) -> tuple[int, int, int]:
    """Draw a range: often of what the guest counts, or of what differs from that in one bit."""
    base = rng.choice((*EVENTS, CPU_CYCLES, SW_INCR, CHAIN, rng.getrandbits(16)))
    if counted and rng.random() < 0.5:
        # One that no small table has shows what a key leaves out.
        odd = [event for event in counted if event not in (*EVENTS, SW_INCR, CHAIN)]
        base = rng.choice(odd if odd and rng.random() < 0.7 else counted)
        base = base if rng.random() < 0.5 else near_by(rng, base)
    base %= space
    count = rng.choice((1, 1, 1, 0, 16, space - base, 0x400))
    return base, min(count, space - base), rng.randrange(2)
