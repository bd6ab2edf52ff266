"""One or more PEs, a hypervisor, vCPUs and a preemptive scheduler: `step`, `run`.

The order is that of KVM's run loop: PMU flush, vGIC flush, entry, exit, PMU sync, vGIC sync, then
the host interrupt that caused the exit, then the trap.

Not modelled: threads and the wall clock; time passes only in a guest's `work` and in host work.
"""

from collections.abc import Callable
from typing import Any, TypeVar, Unpack

from pmulab.hw import events
from pmulab.hw.pe import Pe
from pmulab.hw.sysregs import HCR_EL2
from pmulab.kvm.event_filter import KvmError
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import Vcpu, Vm
from pmulab.sim.guest import Guest
from pmulab.sim.host_actions import ACTIONS
from pmulab.sim.laws import Laws
from pmulab.sim.parts import Core
from pmulab.sim.reading import ScenarioError
from pmulab.sim.recorder import Recorder
from pmulab.sim.runner import Runner
from pmulab.sim.scenario import Scenario, VmSpec, load
from pmulab.sim.trace import Columns, Trace

Answer = TypeVar("Answer")
STEPS_PER_RECORD = 4
# What a run may cost, some seconds: a step or a record costs the more the larger the machine is.
MOST = 120_000_000
BASE_PRICE = 1_000
# What happens when the host works, once in each cycle.
WORK = (events.CPU_CYCLES, events.INST_RETIRED)
BOOT_HCR = HCR_EL2.E2H | HCR_EL2.RW | HCR_EL2.IMO | HCR_EL2.FMO


class Machine:
    """A world that can be stepped: hardware, hypervisor, guests; `ScenarioError` if it is none."""

    def __init__(
        self,
        scenario: Scenario | str,
        hypervisor: type[Hypervisor] = Hypervisor,
        record: bool = True,
        laws: bool = True,
    ) -> None:
        self.scenario = scenario = load(scenario) if isinstance(scenario, str) else scenario
        self.cpus = [
            Pe(c.counters, c.features, c.list_registers, counter_bits=c.counter_bits)
            for c in scenario.cpus
        ]
        for pe in self.cpus:
            pe.msr("HCR_EL2", BOOT_HCR)
        hypervisor = scenario.runs_on(hypervisor)
        settings = (scenario.reserved_host_counters, scenario.dynamic, scenario.lazy)
        self.hyp = hypervisor(self.cpus, Config(*settings))
        self.vcpus: dict[str, Vcpu] = {}
        self.guests: dict[str, Guest] = {}
        # On which CPU the scheduler runs each vCPU.
        self.runs_on: dict[str, int] = {}
        for vm in scenario.vms:
            self._make_vm(vm)
        for event in scenario.perf_events:
            self.hyp.this_cpu(event.cpu)
            self.hyp.perf_add(PerfEvent(event.name, event.event, event.period))
        self.clock = [0] * len(self.cpus)
        sizes = [len(pe.pmu.cells) + len(pe.gic.cells) for pe in self.cpus]
        sizes += [len(vcpu.regs) for vcpu in self.vcpus.values()]
        self.price, self.spent = BASE_PRICE + sum(sizes), 0
        self.cores = [Core() for _ in self.cpus]
        self.actions = sorted(scenario.actions, key=lambda action: action.at)
        self.runner = Runner(self)
        # Whoever counts what happens: called with kind, who, text and a record's data.
        self.watchers: list[Callable[..., None]] = []
        self.laws = Laws(self) if laws else None
        self.recorder: Recorder | None = None
        if record:
            self.record()

    def _make_vm(self, spec: VmSpec) -> None:
        where = range(len(self.cpus)) if spec.supported_cpus is None else spec.supported_cpus
        features = frozenset.intersection(*(self.cpus[n].features for n in where))
        counters = self._vm_counters(spec)
        vm = Vm(spec.name, counters, spec.partitioned, features, spec.has_el2)
        vm.irq_num = spec.pmu_irq
        for base, count, action in spec.filter:
            try:
                vm.event_filter.set_range(base, count, action)
            except KvmError as error:
                raise ScenarioError(f"VM {spec.name}, filter: {error}") from None
        for name in spec.vcpu_names:
            vcpu = Vcpu(name, vm, spec.supported_cpus)
            vcpu.restore(spec.restore)
            vcpu.initialized = True
            self.vcpus[name], self.runs_on[name] = vcpu, spec.cpu
            self.guests[name] = Guest(spec.program, spec.handler)

    def _vm_counters(self, spec: VmSpec) -> int:
        """Return a VM's counters; turning the partition on takes away what it cannot have.

        Linux: posting v8, patch 18, KVM_ARM_VCPU_PMU_V3_ENABLE_PARTITION.
        """
        where = range(len(self.cpus)) if spec.supported_cpus is None else spec.supported_cpus
        most = [self.hyp.hosts[n].max_guest_counters for n in where] if spec.partitioned else []
        return min([spec.counters, *(n for n in most if n >= 0)])

    def record(self) -> None:
        """Keep a trace from now on."""
        self.recorder = Recorder(self, self.scenario.name)

    # ---- time

    def run(self) -> Trace:
        """Run to the end, or until the trace is as long as the scenario wants it.

        A loop that does nothing worth a record ends too. A `ScenarioError` where it is too much.
        """
        most, steps = self.scenario.max_records, 0
        while self.step():
            steps += 1
            records = len(self.recorder.records) if self.recorder else 0
            if most and (records >= most or steps >= most * STEPS_PER_RECORD):
                self.note("note", "host", f"stopped: {records} records, {steps} steps")
                break
        return self.trace

    def with_hpmn(self, hpmn: int) -> Trace:
        """Run the same world anew with another HPMN; return its trace."""
        return Machine(self.scenario.with_hpmn(hpmn), type(self.hyp)).run()

    def spend(self, times: int) -> None:
        """Count what has been done; a `ScenarioError` where that is more than a run may do."""
        self.spent += times * self.price
        if self.spent > MOST:
            records = f" and {len(self.recorder.records)} records" if self.recorder else ""
            done = f"cycle {max(self.clock)}{records} are as far as a run may go"
            raise ScenarioError(f"{self.scenario.name}: {done}; max_records stops it before")

    def step(self) -> bool:
        """Do the next thing on the CPU that is furthest behind; False when nothing is left.

        A broken law ends the run: the accusation is the last record.
        """
        n = self._next_cpu()
        if n is None or (self.laws and self.laws.accusation):
            return False
        self.spend(1)
        self.hyp.this_cpu(n)
        core = self.cores[n]
        if core.in_guest:
            self.runner.run(n, core)
        elif self.is_due(n):
            self._act(n)
        elif core.loaded:
            self._loop(n, core)
        else:
            self._schedule(n, core)
        if self.laws:
            self._check(self.laws)
        return True

    def _check(self, laws: Laws) -> None:
        laws.check(self)
        if laws.accusation:
            self.note("accusation", laws.accusation.who, str(laws.accusation), ("accusation",))

    @property
    def trace(self) -> Trace:
        """Return what has been recorded so far; a `ValueError` where nothing is recorded."""
        if self.recorder is None:
            raise ValueError("this machine does not record; make it with record=True")
        return self.recorder.trace()

    def note(
        self, kind: str, who: str, text: str, marks: tuple[str, ...] = (), **data: Unpack[Columns]
    ) -> None:
        """Record something that is not an access."""
        if self.recorder:
            self.recorder.note(kind, who, text, marks, **data)
        for watch in self.watchers:
            watch(kind, who, text, **data)

    def _next_cpu(self) -> int | None:
        next_times = [(self._next_time(n), n) for n in range(len(self.cpus))]
        times = [(at, n) for at, n in next_times if at is not None]
        if not times:
            return None
        at, n = min(times)
        self.clock[n] = at
        return n

    def _next_time(self, n: int) -> int | None:
        """Return when a CPU does its next thing: now, at its next action, or never."""
        if self._busy(n):
            return self.clock[n]
        return min((a.at for a in self.actions if a.cpu == n), default=None)

    def _busy(self, n: int) -> bool:
        return bool(self.cores[n].loaded or self.is_due(n) or self.choose(n))

    # ---- the host: scheduling, timed actions

    def choose(self, n: int) -> str:
        """Choose the next vCPU of a CPU, round robin; a halted one only if it must wake."""
        here = [name for name in self.vcpus if self.runs_on[name] == n]
        last = self.cores[n].last
        start = here.index(last) + 1 if last in here else 0
        for name in here[start:] + here[:start]:
            if not self.guests[name].finished and self._may_run(n, name):
                return name
        return ""

    def _may_run(self, n: int, name: str) -> bool:
        vcpu = self.vcpus[name]
        if vcpu.cpu not in (None, n) or self.guests[name].refused_by == n:
            return False
        self.hyp.this_cpu(n)
        return not vcpu.halted or self.hyp.runnable(vcpu)

    def _schedule(self, n: int, core: Core) -> None:
        self.load_vcpu(n, core, self.choose(n))

    def load_vcpu(self, n: int, core: Core, name: str) -> None:
        """Make a vCPU current on a CPU; its turn begins."""
        vcpu = self.vcpus[name]
        self.note("load", "host", f"vcpu_load {name}", ("swap",), vcpu=name)
        core.loaded = core.last = name
        core.resched, core.slice_end = False, self.clock[n] + self.scenario.slice_cycles
        vcpu.halted = False
        self.hyp.vcpu_load(vcpu)

    def _loop(self, n: int, core: Core) -> None:
        """Enter the guest, or put the vCPU where its turn is over or it has nothing to do."""
        vcpu, guest = self.vcpus[core.loaded], self.guests[core.loaded]
        if vcpu.halted and self.hyp.runnable(vcpu):
            vcpu.halted = False
        if not vcpu.supports(n):
            # Linux: arm.c, kvm_vcpu_exit_request(); userspace must move the vCPU elsewhere.
            self.note("note", "host", f"KVM_EXIT_FAIL_ENTRY: cpu{n} is unsupported")
            guest.refused_by = n
        elsewhere = self.runs_on[vcpu.name] != n or guest.refused_by == n
        if core.resched or vcpu.halted or guest.finished or elsewhere:
            self.put_vcpu(n, core, vcpu)
            self.host_work(n, self.scenario.host_cycles)
            self._wait(n)
        else:
            self.enter(n, core, vcpu)

    def enter(self, n: int, core: Core, vcpu: Vcpu) -> None:
        """Enter the guest: the PMU's level, the list registers, then EL1."""
        self.hyp.enter(vcpu)
        self.note("enter", vcpu.name, f"guest entry {vcpu.name}", vcpu=vcpu.name)
        core.in_guest, core.irq_since = True, None
        self.cpus[n].el = 1
        if self.laws:
            self.laws.entered(self, vcpu)

    def put_vcpu(self, n: int, core: Core, vcpu: Vcpu) -> None:
        """Take the current vCPU off a CPU."""
        self.note("put", "host", f"vcpu_put {vcpu.name}", ("swap",), vcpu=vcpu.name)
        self.hyp.vcpu_put(vcpu)
        core.loaded = ""

    def host_work(self, n: int, cycles: int) -> None:
        """Let the host work at EL2, and handle the PMU's interrupt whenever it comes."""
        pe = self.cpus[n]
        self.host_irq(n)
        while cycles:
            self.spend(1)
            comes = [pe.pmu.until_irq(event, pe.el) for event in WORK]
            part = min([cycles, *(distance for distance in comes if distance)])
            amounts = [(event, part) for event in WORK]
            for event, amount in amounts:
                pe.retire(event, amount)
            if self.laws:
                self.laws.host_work(self.hyp.host, amounts)
            self.clock[n] += part
            self.note("work", "host", f"host work: {part} cycles at EL2")
            self.host_irq(n)
            cycles -= part

    def host_irq(self, n: int) -> None:
        """Let the host handle the PMU's interrupt, if its line is high."""
        if self.cpus[n].irq:
            self.note("irq", "host", "PMUIRQ: the host handles it", ("interrupt",), reg="PMUIRQ")
            self.hyp.handle_host_irq()
            if self.laws:
                self.laws.handled(self, n)

    def is_due(self, n: int) -> bool:
        """Tell whether the host has something to do on a CPU at this time."""
        return any(a.cpu == n and a.at <= self.clock[n] for a in self.actions)

    def _act(self, n: int) -> None:
        action = next(a for a in self.actions if a.cpu == n and a.at <= self.clock[n])
        self.actions.remove(action)
        args = action.args
        said = {k: events.name(v) if k == "event" else v for k, v in args.items()}
        shown = " ".join(f"{k}={v}" for k, v in said.items())
        vm, event = args.get("vm", ""), args.get("event")
        self.note("note", "host", f"{action.do} {shown}", op=action.do, vcpu=vm, value=event)
        self._wait(n)
        self.act(action.do, action.args)

    def _wait(self, n: int) -> None:
        """Let the clocks of idle CPUs follow: whoever comes to one of them now, begins now."""
        for m, core in enumerate(self.cores):
            if not core.loaded:
                self.clock[m] = max(self.clock[m], self.clock[n])

    def act(self, do: str, args: dict[str, Any]) -> None:
        """Do one of the host's actions, by name."""
        ACTIONS[do](self, args)

    def on_cpu(self, n: int, call: Callable[..., Answer], *args: Any) -> Answer:
        """Let the hypervisor do something on another CPU, as an IPI would."""
        here = self.hyp.host.cpu
        self.hyp.this_cpu(n)
        answer = call(*args)
        self.hyp.this_cpu(here)
        return answer

    def interrupt(self, vcpu: Vcpu) -> None:
        """Make a vCPU that runs on another CPU exit, as the IPI of a kick does."""
        n = vcpu.cpu
        if n is not None and self.cores[n].in_guest:
            self.on_cpu(n, self.runner.exit, n, self.cores[n], "kicked")

    def leave(self, vcpu: Vcpu) -> None:
        """Bring a vCPU back to userspace: it is put, and when it runs again it is awake."""
        self.interrupt(vcpu)
        n = vcpu.cpu
        if n is not None:
            self.on_cpu(n, self.put_vcpu, n, self.cores[n], vcpu)
        vcpu.halted = False

    def inject(self, vcpu: Vcpu, intid: int, level: bool) -> None:
        """Set the input of a vCPU's interrupt, which exits where it runs."""
        self.interrupt(vcpu)
        self.hyp.vgic_inject(vcpu, intid, level)
        if self.laws:
            self.laws.gic_line(vcpu, intid, level)

    def vcpus_of(self, name: str) -> list[Vcpu]:
        """List the vCPUs that a VM's name or a vCPU's own stands for."""
        return [vcpu for vcpu in self.vcpus.values() if name in (vcpu.vm.name, vcpu.name)]
