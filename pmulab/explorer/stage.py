"""A machine without a scheduler: its world's moves, one at a time.

The explorer plays every order of moves on it; `state` has its state as a value.

Not modelled: time.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pmulab.explorer.moves import Move, moves_of
from pmulab.explorer.result import PASSING, Breach, HiddenState, blamed, host_died
from pmulab.explorer.world import World
from pmulab.hw import events
from pmulab.kvm.event_filter import EventFilter
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import Vcpu
from pmulab.sim.laws import Laws
from pmulab.sim.machine import Machine
from pmulab.sim.peek import dead_copies, turn, wipe
from pmulab.sim.program import Instruction, parse
from pmulab.sim.scenario import from_dict


class Judged(Machine):
    """A machine that the laws watch, whatever happens to it."""

    laws: Laws


class Stage:
    """A machine on which moves are done.

    `halts` tells whether a guest may sleep, `maintains` whether the vGIC's maintenance interrupt is
    taken between two instructions: worlds with one interrupt can do without.
    """

    def __init__(self, machine: Judged, halts: bool = True, maintains: bool = False) -> None:
        self.machine, self.halts, self.maintains = machine, halts, maintains
        # An emulated PMU counts by the host's counters, and one of few bits that wraps twice before
        # the host looks has lost a wrap: there the interrupt comes before more work.
        self.prompt = not all(vcpu.vm.partitioned for vcpu in machine.vcpus.values())
        self.prompt |= any(host.max_guest_counters < 0 for host in machine.hyp.hosts)
        self.attributes = set(vars(machine.hyp))
        self.moves: list[Move] = []

    def set_up(self, program: tuple[Instruction, ...]) -> None:
        """Let each guest have done something before all begins."""
        for name, n in self.machine.runs_on.items() if program else ():
            self.machine.hyp.this_cpu(n)
            self._enter(Move("", "enter", n, name))
            self._guest(Move("", "guest", n, name, program))
            self._exit(Move("", "exit", n, name))

    def enabled(self, move: Move) -> bool:
        """Tell whether a move can happen now."""
        core, host = self.machine.cores[move.cpu], self.machine.hyp.hosts[move.cpu]
        if move.do in WORKS and self.prompt:
            return core.loaded == move.vcpu and not self.machine.cpus[move.cpu].irq
        if move.do in (*WORKS, "guest", "exit", "wfi"):
            return core.loaded == move.vcpu
        if move.do == "handler":
            return core.loaded == move.vcpu and self.machine.cpus[move.cpu].gic.virq
        if move.do in ("enter", "load"):
            return not core.loaded and self._may_enter(move)
        if move.do in ("perf_add", "perf_remove"):
            counted = any(event.name == move.args[0] for event in host.events)
            return counted == (move.do == "perf_remove")
        if move.do == "userspace":
            vcpu = self.machine.vcpus[move.vcpu]
            return vcpu.cpu is None and vcpu.regs.keys() >= set(move.args[1:2])
        if move.do == "irq":
            return self.machine.cpus[move.cpu].irq
        if move.do in ("inject", "lines"):
            return self.machine.vcpus[move.vcpu].cpu in (None, move.cpu)
        if move.do == "change":
            vcpu = self.machine.vcpus[move.vcpu]
            event = events.number(move.args[1])
            allowed = vcpu.vm.event_filter.allows(event)
            here = host.loaded is vcpu or (vcpu.cpu is None and not core.loaded)
            return here and allowed == (move.args[0] == "deny")
        return True

    def _may_enter(self, move: Move) -> bool:
        vcpu = self.machine.vcpus[move.vcpu]
        if vcpu.cpu is not None:
            return False
        return not vcpu.halted or self.machine.on_cpu(move.cpu, self.machine.hyp.runnable, vcpu)

    def perform(self, move: Move) -> None:
        """Do a move; the laws are judged on the parts that it concerns.

        Raises what the hypervisor raises, and `HiddenState` where it keeps state in itself.
        """
        machine = self.machine
        machine.hyp.this_cpu(move.cpu)
        DO[move.do](self, move)
        if vars(machine.hyp).keys() != self.attributes:
            extra = min(set(vars(machine.hyp)) - self.attributes)
            raise HiddenState(f"self.{extra}: keep state in vcpu.regs or self.host, not in self")
        concerned = move.vcpu or machine.cores[move.cpu].loaded
        if concerned:
            machine.laws.check_vcpu(machine, machine.vcpus[concerned])
            self._clear_dead_copies(machine.vcpus[concerned])
            if not self.halts:
                # A request matters only to a vCPU that sleeps.
                machine.vcpus[concerned].request = False
        machine.laws.check_cpu(machine, move.cpu)

    def _clear_dead_copies(self, vcpu: Vcpu) -> None:
        """Spoil the saved copies of registers that live in hardware now.

        Nobody may read them, so a hypervisor that does is noticed. Zeros leave a small world fewer
        states; a wide case has none to save, and turns every bit.
        """
        n = vcpu.cpu
        if n is None or self.machine.hyp.hosts[n].loaded is not vcpu:
            return
        if self.maintains:
            turn(vcpu, dead_copies(vcpu), self.machine.cpus[n].pmu.cells)
        else:
            wipe(vcpu, dead_copies(vcpu))

    # ---- the moves

    def _enter(self, move: Move) -> None:
        core = self.machine.cores[move.cpu]
        self.machine.load_vcpu(move.cpu, core, move.vcpu)
        self.machine.enter(move.cpu, core, self.machine.vcpus[move.vcpu])

    def _load(self, move: Move) -> None:
        """Load where there is no entry. Linux: arm.c, kvm_vcpu_exit_request()."""
        self.machine.load_vcpu(move.cpu, self.machine.cores[move.cpu], move.vcpu)

    def _exit(self, move: Move) -> None:
        """Exit and put. A PMU interrupt that waits stays waiting: put runs with interrupts off."""
        machine, core = self.machine, self.machine.cores[move.cpu]
        if core.in_guest:
            self._leave(move.cpu)
        machine.put_vcpu(move.cpu, core, machine.vcpus[move.vcpu])

    def _wfi(self, move: Move) -> None:
        """Halt: the interrupt that waits is handled first, and may keep the vCPU awake."""
        machine, core = self.machine, self.machine.cores[move.cpu]
        vcpu = machine.vcpus[move.vcpu]
        self._leave(move.cpu)
        machine.host_irq(move.cpu)
        vcpu.halted = True
        if machine.hyp.runnable(vcpu):
            vcpu.halted = False
            machine.enter(move.cpu, core, vcpu)
        else:
            machine.put_vcpu(move.cpu, core, vcpu)

    def _guest(self, move: Move) -> None:
        machine, core = self.machine, self.machine.cores[move.cpu]
        guest, vcpu = machine.guests[move.vcpu], machine.vcpus[move.vcpu]
        for instruction in move.args:
            machine.runner.instruct(move.cpu, core, instruction)
            if self.maintains and core.in_guest and machine.cpus[move.cpu].gic.maintenance:
                self._leave(move.cpu)
                machine.host_irq(move.cpu)
            if not core.in_guest:
                machine.enter(move.cpu, core, vcpu)
        # What a guest remembers is its own affair: only its registers and its PMU are the world's.
        guest.pc = 0
        guest.x.clear()
        guest.observed.clear()

    def _work(self, move: Move) -> None:
        """Let a guest work: its user at EL0, its kernel at EL1, its hypervisor at its EL2."""
        machine, pe, el = self.machine, self.machine.cpus[move.cpu], WORKS[move.do]
        machine.runner.to_level(move.cpu, machine.cores[move.cpu], el)
        # The hardware's EL2 is the host's alone.
        pe.el = min(el, 1)
        for event, amount in move.args:
            pe.retire(event, amount)
        machine.laws.work(machine.vcpus[move.vcpu], move.args, el)
        pe.el = 1
        machine.note("work", move.vcpu, move.text)

    def _host_work(self, move: Move) -> None:
        """Let the host work at EL2, whether a vCPU is loaded or not."""
        machine, pe = self.machine, self.machine.cpus[move.cpu]
        before, pe.el = pe.el, 2
        for event, amount in move.args:
            pe.retire(event, amount)
        pe.el = before
        machine.laws.host_work(machine.hyp.host, move.args)
        machine.note("work", "host", move.text)

    def _irq(self, move: Move) -> None:
        machine, core = self.machine, self.machine.cores[move.cpu]
        if not core.in_guest:
            machine.host_irq(move.cpu)
            return
        self._leave(move.cpu)
        machine.host_irq(move.cpu)
        machine.enter(move.cpu, core, machine.vcpus[core.loaded])

    def _leave(self, n: int) -> None:
        core = self.machine.cores[n]
        core.in_guest = False
        self.machine.cpus[n].el = 2
        self.machine.hyp.exit(self.machine.vcpus[core.loaded])

    def _perf_add(self, move: Move) -> None:
        """Let the host count one more event; it is due what it counts from now on."""
        name, event, period = move.args
        self.machine.laws.due[name] = 0
        self._host_acts(move, {"name": name, "event": event, "period": period})

    def _perf_remove(self, move: Move) -> None:
        self._host_acts(move, {"name": move.args[0]})

    def _host_acts(self, move: Move, args: dict[str, Any]) -> None:
        """Let the host do something on a CPU, as an IPI would: a guest that runs there exits."""
        machine, core = self.machine, self.machine.cores[move.cpu]
        inside = core.in_guest
        if inside:
            self._exit_and_handle(move.cpu)
        machine.act(move.do, args)
        if inside:
            machine.enter(move.cpu, core, machine.vcpus[core.loaded])

    def _userspace(self, move: Move) -> None:
        """Let the VMM read, write or reset a vCPU that does not run."""
        do, *args = move.args
        named = {"vm": move.vcpu, **dict(zip(("reg", "value"), args))}
        self.machine.act(do, {k: int(v, 0) if k == "value" else v for k, v in named.items()})

    def _inject(self, move: Move) -> None:
        """Set the input of an interrupt, with the vCPU loaded or not."""
        self._set_lines(move, (move.args,))

    def _lines(self, move: Move) -> None:
        """Set the inputs of several, before the vCPU is entered again."""
        self._set_lines(move, move.args)

    def _set_lines(self, move: Move, lines: Iterable[tuple[Any, ...]]) -> None:
        machine, core = self.machine, self.machine.cores[move.cpu]
        vcpu = machine.vcpus[move.vcpu]
        loaded = core.loaded == move.vcpu
        if loaded:
            self._leave(move.cpu)
        for line in lines:
            machine.inject(vcpu, *line)
        if loaded:
            machine.host_irq(move.cpu)
            machine.enter(move.cpu, core, vcpu)

    def _change(self, move: Move) -> None:
        """Let the host change the event filter; whoever runs in that VM exits for it."""
        what, event = move.args
        machine = self.machine
        vm = machine.vcpus[move.vcpu].vm
        names = [vcpu.name for vcpu in machine.vcpus.values() if vcpu.vm is vm]
        loaded = [(n, core) for n, core in enumerate(machine.cores) if core.loaded in names]
        for n, _ in loaded:
            machine.on_cpu(n, self._exit_and_handle, n)
        machine.act(what, {"vm": vm.name, "event": events.number(event), "count": 1})
        # Only the decision for each event matters from here on, not how it came about.
        vm.event_filter.ranges = _shortest(vm.event_filter)
        for n, core in loaded:
            machine.on_cpu(n, machine.enter, n, core, machine.vcpus[core.loaded])

    def _exit_and_handle(self, n: int) -> None:
        """Let the vCPU of a CPU exit, and the host handle what waits there."""
        self._leave(n)
        self.machine.host_irq(n)


def _shortest(event_filter: EventFilter) -> list[tuple[int, int, int]]:
    """Return ranges that decide as these do: the last word on each single event."""
    last = {}
    for start, stop, action in event_filter.ranges:
        if stop - start != 1:
            return event_filter.ranges
        last[start] = action
    return [(event, event + 1, action) for event, action in sorted(last.items())]


def stage_of(world: World, hypervisor: type[Hypervisor], record: bool = False) -> Stage:
    """Make the stage of a world, with its moves, after its setups."""
    machine = Judged(from_dict(world.scenario()), hypervisor, record)
    # A GIC of one's own would be a part of the state; here there is one interrupt, at one priority.
    machine.laws.leave_out_endless()
    machine.laws.silent = frozenset(world.silent)
    stage = Stage(machine, world.halts)
    stage.moves = list(moves_of(world, machine))
    stage.set_up(parse(list(world.setups)))
    return stage


# At which level of a guest some work is done.
WORKS = {"user_work": 0, "work": 1, "hyp_work": 2}
DO: dict[str, Callable[[Stage, Move], None]] = {
    "enter": Stage._enter,
    "load": Stage._load,
    "exit": Stage._exit,
    "wfi": Stage._wfi,
    "guest": Stage._guest,
    "handler": Stage._guest,
    "work": Stage._work,
    "user_work": Stage._work,
    "hyp_work": Stage._work,
    "host_work": Stage._host_work,
    "irq": Stage._irq,
    "change": Stage._change,
    "perf_add": Stage._perf_add,
    "userspace": Stage._userspace,
    "perf_remove": Stage._perf_remove,
    "inject": Stage._inject,
    "lines": Stage._lines,
}


def play(
    stage: Stage, moves: Sequence[Move], before: Callable[[int, Move], None] = lambda n, move: None
) -> Breach | None:
    """Do some moves in order, up to what breaks, and return that.

    `before` is called before each with its number, from 1 on.
    """
    machine = stage.machine
    for n, move in enumerate(moves, 1):
        machine.hyp.this_cpu(move.cpu)
        before(n, move)
        try:
            stage.perform(move)
        except PASSING:
            raise
        except BaseException as error:
            return host_died(blamed(error))
        if machine.laws.accusation:
            return machine.laws.accusation
    return None
