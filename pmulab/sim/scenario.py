"""A named small world as data: CPUs, partition, VMs with their programs, what the host does.

A scenario is a JSON file. Its keys are the fields of the classes below, each with its kind, limits
and default, as `reading` says; whatever is wrong is said in one line, with where it is.

Not modelled: more than 8 CPUs or 64 vCPUs; anything random.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pmulab.hw.pmu import FEATURES
from pmulab.kvm.event_filter import ACTIONS as FILTERS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.nested import Nested
from pmulab.kvm.vcpu import reset_registers
from pmulab.kvm.vgic_state import PMU_PPI
from pmulab.sim import reading
from pmulab.sim.host_actions import ACTIONS
from pmulab.sim.program import Instruction, ProgramError, parse
from pmulab.sim.reading import Cpu, Event, ScenarioError, Seen, number, rows, short, text, word

FORMAT = 1
MAX_BYTES = 1 << 20
MAX_VCPUS = 64
FIRST_SPI = 32
# Not importlib.resources: importing it costs as much as half of pmulab.
LIBRARY = Path(__file__).parent / "scenarios"


# ---- kinds that only a scenario has


def _format(value: Any, at: str, seen: Seen) -> None:
    if short(value) != str(FORMAT):
        raise ScenarioError(f"{at}: format {short(value)}; this pmulab reads {FORMAT}")


def _vm_name(value: Any, at: str, seen: Seen) -> str:
    name = text(value, at, seen)
    if not name.isalnum() or name.lower() in ("host", "idle") or name.startswith("cpu"):
        why = "cannot be a VM; letters and digits, not host, idle, cpu*"
        raise ScenarioError(f"{at}: {short(name)} {why}")
    return name


def _program(value: Any, at: str, seen: Seen) -> tuple[Instruction, ...]:
    try:
        return parse(reading.a_list(value, at, seen))
    except ProgramError as error:
        raise ScenarioError(f"{at}{error}") from None


def _registers(value: Any, at: str, seen: Seen) -> dict[str, int]:
    known = reset_registers(seen["counters"], seen["has_el2"])
    found = reading.read(value, at, seen, dict.fromkeys(known, (None, number, 0, (1 << 64) - 1)))
    return {name: number for name, number in found.items() if number is not None}


def _action(value: Any, at: str, seen: Seen) -> "Action":
    at = at.removeprefix("scenario.")
    do = word(reading.a_dict(value, at, seen).get("do"), f"{at}.do", seen, "action", ACTIONS)
    keys = reading.table_of(ACTIONS[do])
    found = reading.read(value, at, seen, reading.table_of(Action) | keys)
    return Action(args={key: found.pop(key) for key in keys}, **found)


def _range(
    action: Annotated[str, word, "action", FILTERS],
    event: Event,
    count: Annotated[int, number, 0, lambda seen: 0x10000 - seen["event"]] = 1,
) -> tuple[int, int, int]:
    return event, count, FILTERS[action]


def _most_counters(seen: Seen) -> int:
    cpus: tuple[CpuSpec, ...] = seen["cpus"]
    return max(cpu.counters for cpu in cpus)


def _pmu_irq(value: Any, at: str, seen: Seen) -> int:
    """Read a PPI, or an SPI where one vCPU alone has it. Linux: pmu-emul.c, pmu_irq_is_valid()."""
    found = number(value, at, seen, 16, 1019)
    if found >= FIRST_SPI and seen["vcpus"] > 1:
        why = f"is an SPI, and {seen['vcpus']} vCPUs cannot share one"
        raise ScenarioError(f"{at}: {found} {why}; possible is a PPI, 16 to {FIRST_SPI - 1}")
    return found


Feature = Annotated[str, word, "feature", FEATURES]
Program = Annotated[tuple[Instruction, ...], _program]


# ---- the format


@dataclass(frozen=True)
class CpuSpec:
    """A physical CPU."""

    counters: Annotated[int, number, 1, 31] = 6
    features: Annotated[tuple[str, ...], rows, Feature, "features", 0, len(FEATURES)] = FEATURES
    # With one register, "at most one is valid" (UIE) is always true, and the guest never runs.
    list_registers: Annotated[int, number, 2, 16] = 4
    counter_bits: Annotated[int, number, 1, 32] = 32
    # How many cycles a guest still works when PMUIRQ has risen, until it exits for that.
    irq_latency: Annotated[int, number, 0, 1_000_000] = 0


@dataclass(frozen=True)
class VmSpec:
    """A VM: its counters, its event filter and the program that each of its vCPUs runs."""

    name: Annotated[str, _vm_name]
    counters: Annotated[int, number, 0, _most_counters]
    partitioned: bool = True
    # Whether it may be a hypervisor: KVM_ARM_VCPU_HAS_EL2.
    has_el2: bool = False
    vcpus: Annotated[int, number, 1, MAX_VCPUS] = 1
    cpu: Cpu = 0
    supported_cpus: Annotated[tuple[int, ...] | None, rows, Cpu, "CPUs", 1, 8] = None
    # Which interrupt its PMU has: KVM_ARM_VCPU_PMU_V3_IRQ.
    pmu_irq: Annotated[int, _pmu_irq] = PMU_PPI
    filter: Annotated[tuple[tuple[int, int, int], ...], rows, _range, "ranges", 0, 100] = ()
    program: Program = ()
    handler: Program = ()
    restore: Annotated[dict[str, int], _registers] = field(default_factory=dict)

    @property
    def vcpu_names(self) -> list[str]:
        """Name the vCPUs: like the VM, with a number where there are several."""
        return [self.name] if self.vcpus == 1 else [f"{self.name}{n}" for n in range(self.vcpus)]


@dataclass(frozen=True)
class PerfSpec:
    """A host perf event."""

    name: str
    event: Event
    period: int = 0
    cpu: Cpu = 0


@dataclass(frozen=True)
class Action:
    """Something that happens at a time, whatever the guests do; what it does says which `args`."""

    at: int
    do: Annotated[str, word, "action", ACTIONS]
    cpu: Cpu = 0
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A whole world, ready to run."""

    name: str
    about: Annotated[str, text, 1000] = "no description"
    cpus: Annotated[tuple[CpuSpec, ...], rows, CpuSpec, "CPUs", 1, 8] = (CpuSpec(),)
    reserved_host_counters: Annotated[int, "partition", number, -1, _most_counters] = -1
    dynamic: Annotated[bool, "partition", reading.flag] = False
    lazy: Annotated[bool, "partition", reading.flag] = False
    vms: Annotated[tuple[VmSpec, ...], rows, VmSpec, "VMs", 1, MAX_VCPUS]
    slice_cycles: Annotated[int, number, 1] = 1000
    host_cycles: int = 0
    perf_events: Annotated[tuple[PerfSpec, ...], rows, PerfSpec, "perf events", 0, 64] = ()
    actions: Annotated[tuple[Action, ...], rows, Annotated[Action, _action], "actions", 0, 200] = ()
    # Where to stop and show what there is; else a run goes as far as it may.
    max_records: Annotated[int | None, number, 1, 100_000] = None

    def runs_on(self, hypervisor: type[Hypervisor]) -> type[Hypervisor]:
        """Return the class that runs this world: a VM with an EL2 of its own needs `Nested`."""
        if not any(vm.has_el2 for vm in self.vms) or issubclass(hypervisor, Nested):
            return hypervisor
        if hypervisor is not Hypervisor:
            why = "a VM has an EL2 of its own, and only a class of Nested runs it"
            raise ScenarioError(f"{self.name}: {why}: {hypervisor.__name__} is none")
        return Nested

    def with_hpmn(self, hpmn: int) -> "Scenario":
        """Return the same world in which each VM has so many counters and the host the others."""
        most = min(cpu.counters for cpu in self.cpus)
        if not 0 <= hpmn <= most:
            raise ScenarioError(f"{self.name}: HPMN {hpmn}; possible is 0 to {most}")
        vms = tuple(replace(vm, counters=hpmn) for vm in self.vms)
        return replace(self, reserved_host_counters=most - hpmn, vms=vms)


def from_dict(data: object) -> Scenario:
    """Make a scenario of plain data, checking every part of it."""
    top = {"pmulab": (reading.REQUIRED, _format), **reading.table_of(Scenario)}
    found = reading.read(data, "scenario", {}, top)
    del found["pmulab"]
    scenario = Scenario(**found)
    _check_names(scenario.vms)
    for n, vm in enumerate(scenario.vms):
        _check_levels(f"vms[{n}]", vm, scenario.reserved_host_counters)
    added = [action.args["name"] for action in scenario.actions if action.do == "perf_add"]
    _check_removals(scenario.actions, {*added, *(event.name for event in scenario.perf_events)})
    return scenario


def _check_names(vms: tuple[VmSpec, ...]) -> None:
    taken: set[str] = set()
    for n, vm in enumerate(vms):
        own = {vm.name, *vm.vcpu_names}
        for name in sorted(taken & own):
            raise ScenarioError(f"vms[{n}].name: {name!r} is taken, by a VM or a vCPU before it")
        taken |= own
    total = sum(vm.vcpus for vm in vms)
    if total > MAX_VCPUS:
        raise ScenarioError(f"scenario.vms: {total} vCPUs in all; possible is 1 to {MAX_VCPUS}")


def _check_levels(at: str, vm: VmSpec, reserved: int) -> None:
    if vm.has_el2 and vm.partitioned and reserved >= 0:
        why = "in a partition it is not modelled; partitioned: false emulates the VM's PMU"
        raise ScenarioError(f"{at}.has_el2: {why}")
    above = [i.text for i in (*vm.program, *vm.handler) if i.el == 2 and not vm.has_el2]
    if above:
        raise ScenarioError(f"{at}: {short(above[0])}: this VM has no EL2; has_el2 gives it one")


def _check_removals(actions: tuple[Action, ...], known: set[str]) -> None:
    for n, action in enumerate(actions):
        if action.do == "perf_remove" and action.args["name"] not in known:
            why = f"no perf event {short(action.args['name'])}"
            listed = " ".join(sorted(known)) or "none"
            raise ScenarioError(f"actions[{n}].name: {why}; there are {listed}")


# ---- files


def names() -> list[str]:
    """List the scenarios of the library."""
    return sorted(path.stem for path in LIBRARY.glob("*.json"))


def load(source: str | Path) -> Scenario:
    """Load a scenario: a name of the library, or a path of a JSON file."""
    try:
        return from_dict(_read_file(source))
    except ScenarioError as error:
        raise ScenarioError(f"{source}: {error}") from None


def _read_file(source: str | Path) -> Any:
    try:
        path = LIBRARY / f"{source}.json" if source in names() else Path(source)
        if path.is_dir():
            raise ScenarioError("a folder; a scenario is a JSON file")
        if not path.is_file():
            listed = ", ".join(names())
            raise ScenarioError(f"no such file, and no such scenario; there are {listed}")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ScenarioError(f"{size} bytes; a scenario has at most {MAX_BYTES}")
        # Some editors put a byte order mark before the text.
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_object)
    except tuple(TROUBLES) as error:
        say = next(say for kind, say in TROUBLES.items() if isinstance(error, kind))
        raise ScenarioError(say(error)) from None


# What can be wrong with a whole file, and how it is said; three are kinds of the fourth.
TROUBLES: dict[type[Exception], Callable[[Any], str]] = {
    ScenarioError: str,
    json.JSONDecodeError: lambda error: f"line {error.lineno}: not JSON: {error.msg}",
    UnicodeDecodeError: lambda error: "not a text file",
    ValueError: lambda error: "a number has more digits than Python reads",
    RecursionError: lambda error: "nested too deep",
    OSError: lambda error: str(error.strerror),
}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON; the format itself would let a later key hide an earlier one."""
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            raise ScenarioError(f"key {short(key)} is there twice in one object")
    return dict(pairs)
