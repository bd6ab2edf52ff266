"""A machine without a scheduler: its state as a value, and its world's actions one at a time.

The explorer plays every order of actions on it; `packing` has the state as a value.

Not modelled: time.
"""

from typing import NamedTuple

from pmulab.hw import events
from pmulab.sim import words
from pmulab.sim.homes import dead_copies
from pmulab.sim.machine import Machine
from pmulab.sim.outcome import HiddenState
from pmulab.sim.packing import Packing
from pmulab.sim.program import parse
from pmulab.sim.scenario import from_dict
from pmulab.sim.worlds import World


class Action(NamedTuple):
    """Something that may happen: `cpu` and `vcpu` are all that it reads and changes."""

    text: str
    do: str
    cpu: int
    vcpu: str | None
    args: tuple = ()


class Stage(Packing):
    """A world that can be put into any state."""

    def __init__(self, world: World, hypervisor: type, record: bool = False):
        self.world = world
        self.machine = machine = Machine(from_dict(world.scenario()), hypervisor, record)
        self.names = list(machine.vcpus)
        self.attributes = set(vars(machine.hyp))
        self.learn_names()
        self.actions = list(self._actions())
        self.perform_setup()

    # ---- what may happen

    def _actions(self):
        for n in range(len(self.machine.cpus)):
            where = f" on cpu{n}" if len(self.machine.cpus) > 1 else ""
            for name in self.names:
                if self.machine.vcpus[name].supports(n):
                    yield Action(f"host loads and enters {name}{where}", "enter", n, name)
            for name in self.names:
                yield from self._guest_actions(n, name)
                for what, event in self.world.changes.get(name, ()):
                    said = f"host: {what} {event} for {name}"
                    yield Action(said, "change", n, name, (what, event))
                yield Action(f"host exits and puts {name}", "exit", n, name)
            yield Action(f"host handles PMUIRQ{where}", "irq", n, None)
            for amounts in self.world.host_work:
                said = f"host works at EL2{where}: {amounts}"
                yield Action(said, "host_work", n, None, _amounts(amounts))

    def _guest_actions(self, n: int, name: str):
        for line in self.world.alphabet(name):
            yield Action(f"{name} {words.said(line)}", "guest", n, name, parse(line))
        for amounts in self.world.work(name):
            yield Action(f"{name} works: {amounts}", "work", n, name, _amounts(amounts))
        for line in self.world.handlers:
            do = "guest" if "EOIR" in line[0] else "handler"
            yield Action(f"{name} {words.said(line)}", do, n, name, parse(line))
        if self.world.halts:
            yield Action(f"{name} halts (wfi)", "wfi", n, name)

    def perform_setup(self) -> None:
        """Let each guest do what the world says has happened before it begins."""
        for name in self.names:
            n, lines = self.machine.home[name], self.world.setup(name)
            if lines:
                self._enter(Action("", "enter", n, name))
                self._guest(Action("", "guest", n, name, parse(lines)))
                self._exit(Action("", "exit", n, name))

    def enabled(self, action: Action) -> bool:
        """Tell whether an action can happen now."""
        core, host = self.machine.cores[action.cpu], self.machine.hyp.hosts[action.cpu]
        if action.do in ("guest", "work", "exit", "wfi"):
            return core.loaded == action.vcpu
        if action.do == "handler":
            return core.loaded == action.vcpu and self.machine.cpus[action.cpu].gic.virq
        if action.do == "enter":
            return core.loaded is None and self._may_enter(action)
        if action.do == "irq":
            return self.machine.cpus[action.cpu].irq
        if action.do == "change":
            vcpu = self.machine.vcpus[action.vcpu]
            event = events.number(action.args[1])
            allowed = vcpu.vm.event_filter.allows(event)
            here = host.loaded is vcpu or (vcpu.cpu is None and core.loaded is None)
            return here and allowed == (action.args[0] == "deny")
        return True

    def _may_enter(self, action: Action) -> bool:
        vcpu = self.machine.vcpus[action.vcpu]
        if vcpu.cpu is not None:
            return False
        return not vcpu.halted or self.machine.on_cpu(action.cpu, self.machine.hyp.runnable, vcpu)

    def perform(self, action: Action) -> None:
        """Do an action; the laws are judged on the parts that it concerns."""
        machine = self.machine
        machine.hyp.this_cpu(action.cpu)
        DO[action.do](self, action)
        if vars(machine.hyp).keys() != self.attributes:
            extra = min(set(vars(machine.hyp)) - self.attributes)
            raise HiddenState(f"self.{extra}: keep state in vcpu.regs or self.host, not in self")
        concerned = action.vcpu or machine.cores[action.cpu].loaded
        if concerned:
            machine.laws.check_vcpu(machine, machine.vcpus[concerned])
            self._clear_dead_copies(machine.vcpus[concerned])
            if not self.world.halts:
                # A request matters only to a vCPU that sleeps.
                machine.vcpus[concerned].request = False
        machine.laws.check_cpu(machine, action.cpu)

    def _clear_dead_copies(self, vcpu) -> None:
        """Zero the saved copies of registers that live in hardware now.

        Nobody may read them, so a hypervisor that does is noticed; and the world has fewer states.
        """
        if vcpu.cpu is not None and self.machine.hyp.hosts[vcpu.cpu].loaded is vcpu:
            dead = [name for name in vcpu.regs if name in dead_copies(vcpu)]
            dict.update(vcpu.regs, dict.fromkeys(dead, 0))

    # ---- the actions

    def _enter(self, action: Action) -> None:
        core = self.machine.cores[action.cpu]
        self.machine.load_vcpu(action.cpu, core, action.vcpu)
        self.machine.enter(action.cpu, core, self.machine.vcpus[action.vcpu])

    def _exit(self, action: Action) -> None:
        """Exit and put. A PMU interrupt that waits stays waiting: put runs with interrupts off."""
        machine, core = self.machine, self.machine.cores[action.cpu]
        vcpu = machine.vcpus[action.vcpu]
        core.in_guest = False
        machine.cpus[action.cpu].el = 2
        machine.hyp.exit(vcpu)
        machine.put_vcpu(action.cpu, core, vcpu)

    def _wfi(self, action: Action) -> None:
        """Halt: the interrupt that waits is handled first, and may keep the vCPU awake."""
        machine, core = self.machine, self.machine.cores[action.cpu]
        vcpu = machine.vcpus[action.vcpu]
        self._leave(action)
        machine.host_irq(action.cpu)
        vcpu.halted = True
        if machine.hyp.runnable(vcpu):
            vcpu.halted = False
            machine.enter(action.cpu, core, vcpu)
        else:
            machine.put_vcpu(action.cpu, core, vcpu)

    def _guest(self, action: Action) -> None:
        machine, core = self.machine, self.machine.cores[action.cpu]
        guest, vcpu = machine.guests[action.vcpu], machine.vcpus[action.vcpu]
        for instruction in action.args:
            machine.instruct(action.cpu, core, instruction)
            if not core.in_guest:
                machine.enter(action.cpu, core, vcpu)
        # What a guest remembers is its own affair: only its registers and its PMU are the world's.
        guest.pc = 0
        guest.x.clear()
        guest.observed.clear()

    def _work(self, action: Action) -> None:
        machine, pe = self.machine, self.machine.cpus[action.cpu]
        for event, amount in action.args:
            pe.retire(event, amount)
        machine.laws.work(machine.vcpus[action.vcpu], action.args, pe.el)
        machine.note("work", action.vcpu, action.text)

    def _host_work(self, action: Action) -> None:
        """Let the host work at EL2, whether a vCPU is loaded or not."""
        machine, pe = self.machine, self.machine.cpus[action.cpu]
        before, pe.el = pe.el, 2
        for event, amount in action.args:
            pe.retire(event, amount)
        pe.el = before
        machine.laws.host_work(machine.hyp.host, action.args)
        machine.note("work", "host", action.text)

    def _irq(self, action: Action) -> None:
        machine, core = self.machine, self.machine.cores[action.cpu]
        if core.loaded is None:
            machine.host_irq(action.cpu)
            return
        self._leave(action)
        machine.host_irq(action.cpu)
        machine.enter(action.cpu, core, machine.vcpus[core.loaded])

    def _leave(self, action: Action) -> None:
        core = self.machine.cores[action.cpu]
        core.in_guest = False
        self.machine.cpus[action.cpu].el = 2
        self.machine.hyp.exit(self.machine.vcpus[core.loaded])

    def _change(self, action: Action) -> None:
        """Let the host change the event filter, with the vCPU loaded or not."""
        what, event = action.args
        machine, core = self.machine, self.machine.cores[action.cpu]
        loaded = core.loaded == action.vcpu
        if loaded:
            self._leave(action)
            machine.host_irq(action.cpu)
        args = {"vm": machine.vcpus[action.vcpu].vm.name, "event": events.number(event), "count": 1}
        machine.act(what, args)
        filter_ = machine.vcpus[action.vcpu].vm.event_filter
        # Only the decision for each event matters from here on, not how it came about.
        filter_.ranges = _shortest(filter_)
        if loaded:
            machine.enter(action.cpu, core, machine.vcpus[action.vcpu])


def _shortest(event_filter) -> list[tuple[int, int, int]]:
    """Return ranges that decide as these do: the last word on each single event."""
    last = {}
    for start, stop, action in event_filter.ranges:
        if stop - start != 1:
            return event_filter.ranges
        last[start] = action
    return [(event, event + 1, action) for event, action in sorted(last.items())]


def _amounts(text: str) -> tuple[tuple[int, int], ...]:
    parts = (part.split("=") for part in text.split())
    return tuple((events.number(name), int(amount)) for name, amount in parts)


DO = {
    "enter": Stage._enter,
    "exit": Stage._exit,
    "wfi": Stage._wfi,
    "guest": Stage._guest,
    "handler": Stage._guest,
    "work": Stage._work,
    "host_work": Stage._host_work,
    "irq": Stage._irq,
    "change": Stage._change,
}
