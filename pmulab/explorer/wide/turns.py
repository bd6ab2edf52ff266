"""Draws moves: vCPUs come and go, and do something while they are there.

Not modelled: programs; a few moves are enough where the state is drawn.
"""

from collections.abc import Iterator
from random import Random

from pmulab.explorer.moves import Amounts, Move
from pmulab.explorer.wide.case import SavedVgic
from pmulab.explorer.wide.focus import Focus
from pmulab.explorer.wide.interrupts import interrupts, mrs, msr
from pmulab.explorer.wide.memory import EVENTS, TOP32, mask, saved, type_of, value
from pmulab.hw.events import CHAIN, CPU_CYCLES, SW_INCR
from pmulab.hw.sysregs import CYCLE_IDX, PMEVTYPER0_EL0
from pmulab.kvm.swap import RESETS
from pmulab.kvm.vcpu import COUNTER_OF, evcntr, evtyper
from pmulab.sim.program import Instruction
from pmulab.sim.scenario import PerfSpec, Scenario, VmSpec

AMOUNTS = (1, 2, 5, 9, 300, 1 << 20)


def turns(
    rng: Random, focus: Focus, machine: Scenario, vgics: dict[str, SavedVgic]
) -> Iterator[Move]:
    """Let vCPUs come and go, and do something while they are there."""
    vms = {name: vm for vm in machine.vms for name in vm.vcpu_names}
    names = list(vms)
    name, stays = "", False
    for _ in range(rng.choice((1, 2, 2, 3))):
        # Often the same one again: what was kept of its last turn may be out of date.
        again = name and not stays and rng.random() < 0.4
        name = name if again else rng.choice([one for one in names if one != name] or names)
        n = rng.choice(vms[name].supported_cpus or range(len(machine.cpus)))
        turn = Turn(rng, focus, n, name, vms[name], vgics[name], machine.perf_events)
        yield Move("", "enter", n, name)
        if turn.increments and rng.random() < 0.3:
            yield turn.guest(turn.increment())
        for _ in range(rng.randint(1, 5)):
            yield from turn.moves()
        if rng.random() < 0.85:
            yield turn.look()
        if rng.random() < 0.5:
            # To look at flags is to fold them: what comes now is still in the hardware at the put.
            if rng.random() < focus.ticks:
                yield from turn.host_works()
            yield turn.work()
        if rng.random() < focus.handled:
            yield Move("", "irq", n, "")
        # Where there is another CPU, another guest may come there while this one stays.
        stays = rng.random() >= (0.85 if len(machine.cpus) == 1 else focus.leaves)
        if not stays:
            yield Move("", "exit", n, name)
        yield from _host_moves(rng, turn, vms)


class Turn:
    """What a vCPU may do while it is on a CPU."""

    def __init__(
        self,
        rng: Random,
        focus: Focus,
        n: int,
        name: str,
        vm: VmSpec,
        vgic: SavedVgic,
        events: tuple[PerfSpec, ...],
    ):
        self.rng, self.focus, self.n, self.name = rng, focus, n, name
        self.vm, self.vgic = vm, vgic
        self.increments = SW_INCR in _events(vm)
        self.perf_events = events
        self.counts_only = not any(event.period for event in events)

    def moves(self) -> Iterator[Move]:
        """Draw a move, or several: of the host beside it, of its interrupts, or its own."""
        if self.rng.random() < self.focus.ticks:
            yield from self.host_works()
        elif self.vgic.irqs and self.rng.random() < self.focus.interrupts:
            yield from interrupts(self.rng, self.n, self.name, self.vgic, self.vm.pmu_irq)
        else:
            move = self.move()
            # What wakes a guest comes as it halts; a switch falls between two pieces of work.
            if move.do == "wfi" or (_written(move)[0] == "PMCR_EL0" and self.rng.random() < 0.6):
                yield self.work()
            yield move
            if self.rng.random() < 0.8:
                yield from self.shown(move)

    def move(self) -> Move:
        """Draw a move: of its counters, or its registers."""
        rng, n = self.rng, self.n
        if rng.random() < self.focus.work:
            return self.work()
        if rng.random() < self.focus.sleep:
            return Move("", "wfi", n, self.name)
        if rng.random() < self.focus.change:
            return self.changes()
        if rng.random() < 0.85:
            return self.guest(self.access())
        return Move("", "irq", n, "")

    def work(self, events: tuple[int, ...] = ()) -> Move:
        """Let some events happen, or else of those that the guest counts."""
        rng = self.rng
        do = rng.choice(("work", "work", "work", "user_work"))
        amounts = tuple((event, rng.choice(AMOUNTS)) for event in events)
        return Move("", do, self.n, self.name, amounts or _work(rng, self.focus, self.vm))

    def shown(self, move: Move) -> Iterator[Move]:
        """Let happen what a move is about: an event of the filter, or a type, new, old or next."""
        if "work" in move.do and self.rng.random() < self.focus.sleep:
            yield Move("", "wfi", self.n, self.name)
        name, value = _written(move)
        events = {move.args[1]} if move.do == "change" else set()
        if "TYPER" in name:
            idx = COUNTER_OF.get(name, CYCLE_IDX)
            known = (self.vm.restore.get(evtyper(i), 0) for i in (idx, idx ^ 1) if i < CYCLE_IDX)
            events = {v & PMEVTYPER0_EL0.evtCount for v in (value, *known)}
        elif name == "PMCCFILTR_EL0" or (name == "PMCR_EL0" and self.rng.random() < 0.7):
            events = {CPU_CYCLES}
        if events - {CHAIN, SW_INCR}:
            yield self.work(tuple(sorted(events - {CHAIN, SW_INCR})))

    def changes(self) -> Move:
        """Let the host ban or allow an event."""
        return _change(self.rng, self.n, self.name, self.vm)

    def host_works(self) -> Iterator[Move]:
        """Let the host work at EL2: so much that a counter turns round, where nobody samples."""
        rng = self.rng
        done = [(event, rng.randint(1, 60)) for event in rng.sample((0x08, 0x11, 0x13), 2)]
        much = self.counts_only and rng.random() < 0.5
        if much:
            done[0] = done[0][0], (1 << 31) + rng.randint(0, 9)
        yield Move("", "host_work", self.n, "", tuple(done))
        if much:
            # Who does not look before a second turn has lost one, whatever the hypervisor does.
            yield Move("", "irq", self.n, "")

    def perf_event(self) -> Move:
        """Let the host count one more event, or end one that it counts."""
        if self.perf_events and self.rng.random() < 0.5:
            return Move("", "perf_remove", self.n, "", (self.rng.choice(self.perf_events).name,))
        event = self.rng.choice((0x08, 0x11, 0x13))
        return Move("", "perf_add", self.n, "", (f"late{self.n}", event, 0))

    def guest(self, *program: Instruction) -> Move:
        """Make a move of some instructions."""
        return Move("", "guest", self.n, self.name, program)

    def access(self) -> Instruction:
        """Draw an access: any register, any value, EL1 or EL0."""
        rng, focus = self.rng, self.focus
        el = 0 if rng.random() < 0.15 else 1
        if self.increments and rng.random() < 0.25:
            return self.increment()
        idx = rng.randrange(max(self.vm.counters, 1))
        known = focus.touched if rng.random() < focus.touch else WRITTEN
        name = rng.choice(known).format(n=idx)
        if rng.random() < 0.25:
            return mrs(rng.choice((name, *READ_ONLY)), el)
        return msr(name, self.written(name, idx), el)

    def increment(self) -> Instruction:
        """Write PMSWINC_EL0, for all counters most often."""
        return msr("PMSWINC_EL0", self.rng.choice((TOP32, TOP32, self.rng.getrandbits(32))), 1)

    def written(self, name: str, idx: int) -> int:
        """Draw a value that fits a register."""
        rng = self.rng
        if "EVTYPER" in name or name == "PMCCFILTR_EL0":
            idx = CYCLE_IDX if name == "PMCCFILTR_EL0" else idx
            return type_of(rng, idx)
        if name == "PMCR_EL0":
            one = self.vm.restore[name] ^ 1 << rng.randrange(8)
            return rng.choice((rng.getrandbits(8), one & 0xFF & ~RESETS, one & 0xFF))
        if name == "PMSELR_EL0":
            return rng.choice((rng.randrange(32), idx))
        return value(rng, self.focus) if "CNTR" in name else mask(rng, self.focus, self.vm.counters)

    def look(self) -> Move:
        """Let the guest read what it can notice: bitmaps, controls, some of its counters."""
        registers = [*LOOK]
        for idx in self.rng.sample(range(self.vm.counters), min(self.vm.counters, 3)):
            registers += [evcntr(idx), evtyper(idx)]
        return self.guest(*(mrs(register, 1) for register in registers))


def _written(move: Move) -> tuple[str, int]:
    """Return which register the guest or a VMM writes first in a move, and what."""
    if move.do == "guest" and move.args[0].op == "msr":
        name, value = move.args[0].args
        return name, value
    if move.do == "userspace" and move.args[0] == "set_reg":
        return move.args[1], int(move.args[2], 0)
    return "", 0


def _host_moves(rng: Random, turn: Turn, vms: dict[str, VmSpec]) -> Iterator[Move]:
    """Draw what the host or a VMM does while nobody, or somebody else, is there."""
    # Most often about who was here last, and may come again.
    vmm = 0.1 * turn.focus.vmm
    kind, name = rng.random() * (0.9 + vmm), rng.choice((turn.name, rng.choice(list(vms))))
    if kind < 0.35:
        yield from turn.host_works()
    elif kind < 0.6:
        yield Move("", "irq", turn.n, "")
    elif kind < 0.7:
        yield Move("", "inject", turn.n, name, (rng.choice((3, 27, 40)), True))
    elif kind < 0.7 + vmm:
        yield (move := Move("", "userspace", turn.n, name, _userspace(rng, turn.focus, vms[name])))
        if name == turn.name:
            # What was kept of its last turn is out of date.
            yield Move("", "enter", turn.n, name)
            yield from turn.shown(move)
            yield Move("", "exit", turn.n, name)
    elif kind < 0.8 + vmm and all(vm.partitioned for vm in vms.values()):
        # Beside an emulated guest the host has the counters that it needs, and no more.
        yield turn.perf_event()
    else:
        yield _change(rng, turn.n, name, vms[name])


def _userspace(rng: Random, focus: Focus, vm: VmSpec) -> tuple[str, ...]:
    """Let a VMM reset a vCPU, or read or write one of its registers."""
    touched = {name[:8] for name in focus.touched if rng.random() < focus.touch}
    known = sorted(vm.restore)
    register = rng.choice([name for name in known if name[:8] in touched] or known)
    kind = rng.random()
    if kind < 0.3:
        return ("reset",)
    if kind < 0.6:
        return ("get_reg", register)
    return ("set_reg", register, hex(saved(rng, focus, vm.counters)[register]))


def _change(rng: Random, n: int, name: str, vm: VmSpec) -> Move:
    """Let the host ban or allow an event, most often one that the guest counts."""
    typed = _typed(vm)
    # That of the last counter as often as all others.
    last = vm.restore.get(evtyper(max(vm.counters - 1, 0)), 0) & PMEVTYPER0_EL0.evtCount
    event = rng.choice((rng.choice(typed), rng.choice(EVENTS), last if last in typed else typed[0]))
    return Move("", "change", n, name, (rng.choice(("deny", "allow")), event))


def _typed(vm: VmSpec) -> list[int]:
    """List what a guest's counters count at first, but for what does not just happen."""
    return sorted({CPU_CYCLES, *_events(vm)} - {CHAIN, SW_INCR})


def _events(vm: VmSpec) -> set[int]:
    return {v & PMEVTYPER0_EL0.evtCount for k, v in vm.restore.items() if "EVTYPER" in k}


def _work(rng: Random, focus: Focus, vm: VmSpec) -> Amounts:
    """Let what the guest's counters count happen, and something else."""
    known = sorted({*_typed(vm), *EVENTS[:3]})
    chosen = rng.sample(known, min(len(known), focus.busy))
    return tuple((event, rng.choice(AMOUNTS)) for event in chosen)


WRITTEN = (
    *"PMCNTENSET_EL0 PMCNTENCLR_EL0 PMINTENSET_EL1 PMINTENCLR_EL1 PMOVSSET_EL0".split(),
    *"PMOVSCLR_EL0 PMSWINC_EL0 PMCR_EL0 PMCR_EL0 PMSELR_EL0 PMUSERENR_EL0 PMCCNTR_EL0".split(),
    *"PMCCFILTR_EL0 PMEVCNTR{n}_EL0 PMEVTYPER{n}_EL0 PMEVTYPER{n}_EL0".split(),
    *"PMXEVCNTR_EL0 PMXEVTYPER_EL0".split(),
)
READ_ONLY = ("PMCEID0_EL0", "PMCEID1_EL0", "PMMIR_EL1")


LOOK = (
    *"PMCR_EL0 PMCNTENSET_EL0 PMINTENSET_EL1 PMOVSSET_EL0 PMSELR_EL0 PMUSERENR_EL0".split(),
    *"PMCCNTR_EL0 PMCCFILTR_EL0".split(),
)
