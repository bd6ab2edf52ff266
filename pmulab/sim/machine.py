"""One or more PEs, a hypervisor, vCPUs and a preemptive scheduler: `step`, `run`, `clone`, `key`.

The order is that of KVM's run loop: PMU flush, vGIC flush, entry, exit, PMU sync, vGIC sync, then
the host interrupt that caused the exit, then the trap.

Not modelled: threads and the wall clock; time passes only in a guest's `work` and in host work.
"""

from pmulab.hw import events
from pmulab.hw.pe import Pe
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.hw.sysregs import HCR_EL2
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.traps import GuestUndefined, TrappedAccess
from pmulab.kvm.vcpu import Vcpu, Vm
from pmulab.sim.guest import Guest
from pmulab.sim.recorder import Recorder
from pmulab.sim.scenario import Scenario, load
from pmulab.sim.trace import Trace

BOOT_HCR = HCR_EL2.E2H | HCR_EL2.RW | HCR_EL2.IMO | HCR_EL2.FMO


class Core:
    """What the scheduler knows of one PE."""

    def __init__(self):
        self.loaded: str | None = None
        self.in_guest = False
        self.resched = False
        self.slice_end = 0
        self.last: str | None = None

    def clone(self) -> "Core":
        """Return an independent copy."""
        twin = object.__new__(Core)
        twin.__dict__.update(self.__dict__)
        return twin


class Machine:
    """A world that can be stepped: hardware, hypervisor, guests."""

    def __init__(self, scenario: Scenario | str, hypervisor: type = Hypervisor, record: bool = True):
        self.scenario = scenario = load(scenario) if isinstance(scenario, str) else scenario
        self.cpus = [Pe(c.counters, c.features, c.list_registers) for c in scenario.cpus]
        for pe in self.cpus:
            pe.msr("HCR_EL2", BOOT_HCR)
        settings = (scenario.reserved_host_counters, scenario.dynamic, scenario.lazy)
        self.hyp = hypervisor(self.cpus, Config(*settings))
        self.vcpus: dict[str, Vcpu] = {}
        self.guests: dict[str, Guest] = {}
        self.home: dict[str, int] = {}
        for spec in scenario.vms:
            self._make_vm(spec)
        for spec in scenario.perf_events:
            self.hyp.this_cpu(spec.cpu)
            self.hyp.perf_add(PerfEvent(spec.name, spec.event, spec.period))
        self.clock = [0] * len(self.cpus)
        self.cores = [Core() for _ in self.cpus]
        self.actions = sorted(scenario.actions, key=lambda action: action.at)
        self.recorder = Recorder(self) if record else None

    def _make_vm(self, spec) -> None:
        vm = Vm(spec.name, spec.counters, spec.partitioned)
        for base, count, action in spec.filter:
            vm.event_filter.set_range(base, count, action)
        for n in range(spec.vcpus):
            name = spec.name if spec.vcpus == 1 else f"{spec.name}{n}"
            vcpu = Vcpu(name, vm, spec.supported_cpus)
            vcpu.regs |= spec.restore
            self.vcpus[name], self.home[name] = vcpu, spec.cpu
            self.guests[name] = Guest(spec.program, spec.handler)

    # ---- time

    def run(self) -> Trace:
        """Run to the end, or until the trace is as long as the scenario allows."""
        while self.step():
            if self.recorder and len(self.recorder.records) >= self.scenario.max_records:
                self.note("note", "host", f"stopped: {self.scenario.max_records} records")
                break
        return self.trace

    def step(self) -> bool:
        """Do the next thing on the CPU that is furthest behind; False when nothing is left."""
        n = self._next_cpu()
        if n is None:
            return False
        self.hyp.this_cpu(n)
        core = self.cores[n]
        if core.in_guest:
            self._guest(n, core)
        elif self._due(n):
            self._act(n)
        elif core.loaded:
            self._loop(n, core)
        else:
            self._schedule(n, core)
        return True

    @property
    def trace(self) -> Trace:
        """Return what has been recorded so far."""
        if self.recorder is None:
            raise ValueError("this machine does not record; make it with record=True")
        return self.recorder.trace()

    def note(self, kind: str, who: str, text: str, marks: tuple[str, ...] = ()) -> None:
        """Record something that is not an access."""
        if self.recorder:
            self.recorder.note(kind, who, text, marks)

    def _next_cpu(self) -> int | None:
        order = sorted(range(len(self.cpus)), key=lambda n: (self.clock[n], n))
        busy = [n for n in order if self._busy(n)]
        if busy:
            return busy[0]
        if not self.actions:
            return None
        n = self.actions[0].cpu
        self.clock[n] = max(self.clock[n], self.actions[0].at)
        return n

    def _busy(self, n: int) -> bool:
        return bool(self.cores[n].loaded or self._due(n) or self._choose(n))

    # ---- the host: scheduling, timed actions

    def _choose(self, n: int) -> str | None:
        """Choose the next vCPU of a CPU, round robin; a halted one only if it must wake."""
        here = [name for name in self.vcpus if self.home[name] == n]
        last = self.cores[n].last
        start = here.index(last) + 1 if last in here else 0
        for name in here[start:] + here[:start]:
            if not self.guests[name].finished and self._may_run(n, name):
                return name
        return None

    def _may_run(self, n: int, name: str) -> bool:
        vcpu = self.vcpus[name]
        if not vcpu.supports(n):
            return False
        self.hyp.this_cpu(n)
        return not vcpu.halted or self.hyp.runnable(vcpu)

    def _schedule(self, n: int, core: Core) -> None:
        name = self._choose(n)
        vcpu = self.vcpus[name]
        self.note("load", "host", f"vcpu_load {name}", ("swap",))
        core.loaded = core.last = name
        core.resched, core.slice_end = False, self.clock[n] + self.scenario.slice_cycles
        vcpu.halted = False
        self.hyp.vcpu_load(vcpu)

    def _loop(self, n: int, core: Core) -> None:
        """Enter the guest, or put the vCPU where its turn is over or it has nothing to do."""
        vcpu, guest = self.vcpus[core.loaded], self.guests[core.loaded]
        if vcpu.halted and self.hyp.runnable(vcpu):
            vcpu.halted = False
        if core.resched or vcpu.halted or guest.finished or self.home[vcpu.name] != n:
            self._put(n, core, vcpu)
            return
        self.hyp.enter(vcpu)
        self.note("enter", vcpu.name, f"guest entry {vcpu.name}")
        core.in_guest = True
        self.cpus[n].el = 1

    def _put(self, n: int, core: Core, vcpu: Vcpu) -> None:
        self.note("put", "host", f"vcpu_put {vcpu.name}", ("swap",))
        self.hyp.vcpu_put(vcpu)
        core.loaded = None
        self._host_work(n)

    def _host_work(self, n: int) -> None:
        cycles = self.scenario.host_cycles
        if cycles:
            for event in (events.CPU_CYCLES, events.INST_RETIRED):
                self.cpus[n].retire(event, cycles)
            self.clock[n] += cycles
            self.note("work", "host", f"host work: {cycles} cycles at EL2")
        self._host_irq(n)

    def _host_irq(self, n: int) -> None:
        if self.cpus[n].irq:
            self.note("irq", "host", "PMUIRQ: the host handles it", ("interrupt",))
            self.hyp.handle_host_irq()

    def _due(self, n: int) -> bool:
        return any(a.cpu == n and a.at <= self.clock[n] for a in self.actions)

    def _act(self, n: int) -> None:
        action = next(a for a in self.actions if a.cpu == n and a.at <= self.clock[n])
        self.actions.remove(action)
        shown = " ".join(f"{k}={v}" for k, v in action.args.items())
        self.note("note", "host", f"{action.do} {shown}")
        ACTIONS[action.do](self, action)

    def vcpus_of(self, vm: str) -> list[Vcpu]:
        """List a VM's vCPUs."""
        return [vcpu for vcpu in self.vcpus.values() if vcpu.vm.name == vm]

    # ---- the guest

    def _guest(self, n: int, core: Core) -> None:
        """Run one instruction of the guest, or what interrupts it."""
        pe, guest = self.cpus[n], self.guests[core.loaded]
        if pe.irq or self._due(n):
            self._exit(n, core, "interrupt")
        elif pe.gic.maintenance:
            self._exit(n, core, "vGIC maintenance")
        elif guest.takes_interrupts and pe.gic.virq:
            guest.interrupt()
            self.note("irq", core.loaded, "takes its virtual interrupt", ("interrupt",))
        elif guest.finished:
            self._exit(n, core, "end of the program")
        else:
            GUEST_OPS[guest.instruction.op](self, n, core, guest, guest.instruction)

    def _exit(self, n: int, core: Core, why: str) -> None:
        vcpu = self.vcpus[core.loaded]
        core.in_guest = False
        self.cpus[n].el = 2
        self.note("exit", vcpu.name, f"guest exit: {why}")
        self.hyp.exit(vcpu)
        self._host_irq(n)

    def _access(self, n: int, core: Core, guest: Guest, instruction) -> None:
        pe = self.cpus[n]
        pe.el = instruction.el
        try:
            value = self._try_access(pe, guest, instruction)
        except Trap as trap:
            if trap.target_el == 2:
                self._trapped(n, core, guest, instruction)
                return
            value = self._exception(guest, instruction, "trap to EL1")
        except Undefined:
            value = self._exception(guest, instruction, "UNDEFINED")
        pe.el = 1
        self._finish(guest, instruction, value)

    def _try_access(self, pe: Pe, guest: Guest, instruction) -> int | None:
        if instruction.op == "mrs":
            return pe.mrs(instruction.args[1])
        pe.msr(instruction.args[0], guest.value(instruction.args[1]))
        return None

    def _exception(self, guest: Guest, instruction, what: str) -> None:
        guest.observe("exception", what)

    def _finish(self, guest: Guest, instruction, value: int | None) -> None:
        if instruction.op == "mrs" and value is not None:
            guest.x[instruction.args[0]] = value
            guest.observe(instruction.args[1], value)
        guest.advance()

    def _trapped(self, n: int, core: Core, guest: Guest, instruction) -> None:
        """Exit, then let the hypervisor do the access that trapped."""
        op, el, args, _ = instruction
        reg = args[1] if op == "mrs" else args[0]
        value = 0 if op == "mrs" else guest.value(args[1])
        vcpu = self.vcpus[core.loaded]
        self._exit(n, core, f"trapped {op} {reg}")
        try:
            value = self.hyp.handle_trap(vcpu, TrappedAccess(op, reg, value, el))
        except GuestUndefined as error:
            self.note("note", vcpu.name, f"UNDEFINED: {error}")
            value = self._exception(guest, instruction, "UNDEFINED")
        self._finish(guest, instruction, value)

    def _work(self, n: int, core: Core, guest: Guest, instruction) -> None:
        """Let time pass up to the end of the work, the slice, or the first interrupt."""
        cycles, amounts = instruction.args
        pe, done = self.cpus[n], guest.done_cycles
        pe.el = instruction.el
        stop = min(cycles, done + self._until_event(n, core))
        amounts = ((events.CPU_CYCLES, cycles), *amounts)
        stop = min([stop, *_first_irqs(pe, amounts, cycles, done)])
        for event, amount in amounts:
            pe.retire(event, amount * stop // cycles - amount * done // cycles)
        self.clock[n] += stop - done
        self.note("work", core.loaded, f"work: {stop - done} cycles at EL{pe.el}")
        pe.el, guest.done_cycles = 1, stop
        if stop == cycles:
            guest.advance()
        if self.clock[n] >= core.slice_end:
            self._tick(n, core)

    def _until_event(self, n: int, core: Core) -> int:
        times = [core.slice_end, *(a.at for a in self.actions if a.cpu == n)]
        return max(1, min(times) - self.clock[n])

    def _tick(self, n: int, core: Core) -> None:
        """Handle the timer interrupt: the turn is over where somebody else waits."""
        self._exit(n, core, "timer interrupt")
        self.hyp.perf_rotate()
        core.slice_end = self.clock[n] + self.scenario.slice_cycles
        core.resched = bool(self.scenario.host_cycles) or self._choose(n) not in (None, core.loaded)

    def _wfi(self, n: int, core: Core, guest: Guest, instruction) -> None:
        guest.advance()
        self._exit(n, core, "wfi")
        self.vcpus[core.loaded].halted = True

    def _mask(self, n: int, core: Core, guest: Guest, instruction) -> None:
        guest.masked = instruction.args[0]
        guest.advance()

    def _gic(self, n: int, core: Core, guest: Guest, instruction) -> None:
        intid, what = instruction.args
        vcpu = self.vcpus[core.loaded]
        self._exit(n, core, f"trapped {instruction.text}")
        self.hyp.vgic_configure(vcpu, intid, **dict(what))
        guest.advance()

    def _loop_end(self, n: int, core: Core, guest: Guest, instruction) -> None:
        guest.loop(*instruction.args)

    # ---- copies

    def clone(self) -> "Machine":
        """Return an independent copy that does not record."""
        twin = object.__new__(Machine)
        twin.__dict__.update(self.__dict__)
        vms = {id(v.vm): v.vm for v in self.vcpus.values()}
        copies = {key: vm.clone() for key, vm in vms.items()}
        twin.vcpus = {name: v.clone(copies[id(v.vm)]) for name, v in self.vcpus.items()}
        twin.cpus = [pe.clone() for pe in self.cpus]
        twin.hyp = self.hyp.clone(twin.cpus, twin.vcpus)
        twin.guests = {name: guest.clone() for name, guest in self.guests.items()}
        twin.cores = [core.clone() for core in self.cores]
        twin.clock, twin.home = list(self.clock), dict(self.home)
        twin.actions, twin.recorder = list(self.actions), None
        return twin


def _first_irqs(pe: Pe, amounts, cycles: int, done: int) -> list[int]:
    """List, for each event of some work, after how many of its cycles PMUIRQ would rise."""
    found = []
    for event, amount in amounts:
        distance = pe.pmu.until_irq(event, pe.el) if amount else None
        if distance:
            found.append(-(-(distance + amount * done // cycles) * cycles // amount))
    return found


def _filter(machine: Machine, action, word: int) -> None:
    for vcpu in machine.vcpus_of(action.args["vm"]):
        vcpu.vm.event_filter.force_range(action.args["event"], action.args["count"], word)
        break
    for vcpu in machine.vcpus_of(action.args["vm"]):
        if vcpu.cpu is not None:
            here = machine.hyp.host.cpu
            machine.hyp.this_cpu(vcpu.cpu)
            machine.hyp.resync_event_filter(vcpu)
            machine.hyp.this_cpu(here)


def _line(machine: Machine, action) -> None:
    for vcpu in machine.vcpus_of(action.args["vm"]):
        machine.hyp.vgic_inject(vcpu, action.args["intid"], bool(action.args["level"]))


def _perf_add(machine: Machine, action) -> None:
    args = action.args
    machine.hyp.perf_add(PerfEvent(args["name"], args["event"], args["period"]))


def _perf_remove(machine: Machine, action) -> None:
    for event in [e for e in machine.hyp.host.events if e.name == action.args["name"]]:
        machine.hyp.perf_remove(event)


def _migrate(machine: Machine, action) -> None:
    for vcpu in machine.vcpus_of(action.args["vm"]):
        machine.home[vcpu.name] = action.args["to"]


ACTIONS = {
    "allow": lambda machine, action: _filter(machine, action, 0),
    "deny": lambda machine, action: _filter(machine, action, 1),
    "line": _line,
    "perf_add": _perf_add,
    "perf_remove": _perf_remove,
    "migrate": _migrate,
}
GUEST_OPS = {
    "mrs": Machine._access,
    "msr": Machine._access,
    "work": Machine._work,
    "wfi": Machine._wfi,
    "mask": Machine._mask,
    "gic": Machine._gic,
    "loop": Machine._loop_end,
}
