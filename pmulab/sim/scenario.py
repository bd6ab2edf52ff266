"""A named small world as data: CPUs, partition, VMs with their programs, what the host does.

A scenario is a JSON file. Whatever is wrong with it is said in one line that names the place.

Not modelled: more than 8 CPUs or 64 vCPUs; anything random.
"""

import json
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from pmulab.hw.pmu import FEATURES
from pmulab.kvm.event_filter import ACTIONS
from pmulab.kvm.vcpu import reset_registers
from pmulab.sim.place import Place, ScenarioError, short
from pmulab.sim.program import Instruction

FORMAT = 1
MAX_BYTES = 1 << 20
LIBRARY = "scenarios"


@dataclass(frozen=True)
class CpuSpec:
    """A physical CPU."""

    counters: int = 6
    features: tuple[str, ...] = FEATURES
    list_registers: int = 4


@dataclass(frozen=True)
class VmSpec:
    """A VM: its counters, its event filter and the program that each of its vCPUs runs."""

    name: str
    counters: int
    partitioned: bool = True
    vcpus: int = 1
    cpu: int = 0
    supported_cpus: tuple[int, ...] | None = None
    filter: tuple[tuple[int, int, int], ...] = ()
    program: tuple[Instruction, ...] = ()
    handler: tuple[Instruction, ...] = ()
    restore: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PerfSpec:
    """A host perf event."""

    name: str
    event: int
    period: int = 0
    cpu: int = 0


@dataclass(frozen=True)
class Action:
    """Something that happens at a time, whatever the guests do."""

    at: int
    do: str
    cpu: int = 0
    args: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A whole world, ready to run."""

    name: str
    about: str
    cpus: tuple[CpuSpec, ...]
    vms: tuple[VmSpec, ...]
    slice_cycles: int = 1000
    host_cycles: int = 0
    reserved_host_counters: int = -1
    dynamic: bool = False
    lazy: bool = False
    perf_events: tuple[PerfSpec, ...] = ()
    actions: tuple[Action, ...] = ()
    max_records: int = 100_000


def names() -> list[str]:
    """List the scenarios of the library."""
    folder = resources.files("pmulab.sim") / LIBRARY
    return sorted(entry.name.removesuffix(".json") for entry in folder.iterdir())


def load(source: str | Path) -> Scenario:
    """Load a scenario: a name of the library, or a path of a JSON file."""
    library = resources.files("pmulab.sim") / LIBRARY / f"{source}.json"
    known = "/" not in str(source) and not str(source).endswith(".json") and library.is_file()
    path = library if known else Path(source)
    if not known and not path.is_file():
        raise ScenarioError(
            f"{source}: no such file, and no such scenario; there are {', '.join(names())}"
        )
    try:
        size = 0 if known else path.stat().st_size
        if size > MAX_BYTES:
            raise ScenarioError(f"{source}: {size} bytes; a scenario has at most {MAX_BYTES}")
        data = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{source}: line {error.lineno}: not JSON: {error.msg}") from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ScenarioError(f"{source}: cannot be read: {type(error).__name__}") from None
    try:
        return from_dict(data)
    except ScenarioError as error:
        raise ScenarioError(f"{source}: {error}") from None


def from_dict(data) -> Scenario:
    """Make a scenario of plain data, checking every part of it."""
    top = Place(
        data,
        "scenario",
        "pmulab name about cpus partition vms slice_cycles host_cycles perf_events actions "
        "max_records",
    )
    if top.need("pmulab") != FORMAT:
        raise top.fail("pmulab", f"format {short(top.data['pmulab'])}; this pmulab reads {FORMAT}")
    cpus = tuple(_cpu(row, f"cpus[{n}]") for n, row in enumerate(top.rows("cpus", [{}])))
    if not 1 <= len(cpus) <= 8:
        raise top.fail("cpus", f"{len(cpus)} CPUs; possible is 1 to 8")
    vms = tuple(_vm(row, f"vms[{n}]", cpus) for n, row in enumerate(top.rows("vms")))
    _check_names(top, vms)
    return Scenario(
        name=top.text("name"),
        about=top.text("about", "no description"),
        cpus=cpus,
        vms=vms,
        slice_cycles=top.number("slice_cycles", 1000, 1),
        host_cycles=top.number("host_cycles", 0),
        max_records=top.number("max_records", 100_000, 1, 10_000_000),
        **_partition(top.data.get("partition", {}), cpus),
        perf_events=tuple(
            _perf(row, f"perf_events[{n}]", cpus)
            for n, row in enumerate(top.rows("perf_events", []))
        ),
        actions=tuple(
            _action(row, f"actions[{n}]", cpus, vms)
            for n, row in enumerate(top.rows("actions", []))
        ),
    )


def _check_names(top, vms):
    if not vms:
        raise top.fail("vms", "a scenario needs at least one VM")
    for n, vm in enumerate(vms):
        if vm.name in [other.name for other in vms[:n]]:
            raise ScenarioError(f"vms[{n}].name: {vm.name!r} is taken; each VM has its own name")


def _cpu(data, where) -> CpuSpec:
    place = Place(data, where, "counters features list_registers")
    features = tuple(place.rows("features", list(FEATURES)))
    for feature in features:
        if feature not in FEATURES:
            raise place.fail(
                "features", f"no feature {short(feature)}; known are {' '.join(FEATURES)}"
            )
    counters, lrs = place.number("counters", 6, 1, 31), place.number("list_registers", 4, 1, 16)
    return CpuSpec(counters, features, lrs)


def _partition(data, cpus) -> dict:
    place = Place(data, "partition", "reserved_host_counters dynamic lazy")
    most = max(cpu.counters for cpu in cpus)
    return {
        "reserved_host_counters": place.number("reserved_host_counters", -1, -1, most),
        "dynamic": place.flag("dynamic", False),
        "lazy": place.flag("lazy", False),
    }


def _vm(data, where, cpus) -> VmSpec:
    keys = "name counters partitioned vcpus cpu supported_cpus filter program handler restore"
    place = Place(data, where, keys)
    name = place.text("name")
    if not name.isalnum() or name.lower() in ("host", "idle") or name.startswith("cpu"):
        raise place.fail(
            "name", f"{name!r} cannot be a VM; letters and digits, not host, idle, cpu*"
        )
    supported = place.data.get("supported_cpus")
    if supported is not None:
        cpu_list = Place({"supported_cpus": supported}, where, "supported_cpus").rows(
            "supported_cpus"
        )
        supported = tuple(
            Place({"cpu": c}, f"{where}.supported_cpus", "cpu").number(
                "cpu", None, 0, len(cpus) - 1
            )
            for c in cpu_list
        )
    counters = place.number("counters", None, 0, max(cpu.counters for cpu in cpus))
    return VmSpec(
        name=name,
        counters=counters,
        partitioned=place.flag("partitioned", True),
        vcpus=place.number("vcpus", 1, 1, 64),
        cpu=place.number("cpu", 0, 0, len(cpus) - 1),
        supported_cpus=supported,
        filter=tuple(
            _range(row, f"{where}.filter[{n}]") for n, row in enumerate(place.rows("filter", []))
        ),
        program=place.program("program"),
        handler=place.program("handler"),
        restore=_registers(place.data.get("restore", {}), f"{where}.restore", counters),
    )


def _range(data, where) -> tuple[int, int, int]:
    place = Place(data, where, "action event count")
    action = place.text("action")
    if action not in ACTIONS:
        raise place.fail("action", f"no action {action!r}; there are {' '.join(ACTIONS)}")
    base = place.event("event")
    return base, place.number("count", 1, 0, 0x10000 - base), ACTIONS[action]


def _registers(data, where, counters) -> dict[str, int]:
    known = reset_registers(counters)
    place = Place(data, where, " ".join(known))
    return {name: place.number(name, None, 0, (1 << 64) - 1) for name in data}


def _perf(data, where, cpus) -> PerfSpec:
    place = Place(data, where, "name event period cpu")
    return PerfSpec(
        place.text("name"),
        place.event("event"),
        place.number("period", 0),
        place.number("cpu", 0, 0, len(cpus) - 1),
    )


# What can happen at a time, and the keys that each takes beside `at`, `do` and `cpu`.
ACTION_KEYS = {
    "deny": "vm event count",
    "allow": "vm event count",
    "line": "vm intid level",
    "perf_add": "name event period",
    "perf_remove": "name",
    "migrate": "vm to",
}


def _action(data, where, cpus, vms) -> Action:
    do = data.get("do") if isinstance(data, dict) else None
    if do not in ACTION_KEYS:
        Place(data, where, "at do cpu " + " ".join(ACTION_KEYS.values()))
        raise ScenarioError(f"{where}.do: no action {short(do)}; there are {' '.join(ACTION_KEYS)}")
    place = Place(data, where, f"at do cpu {ACTION_KEYS[do]}")
    args = {}
    if "vm" in place.known:
        args["vm"] = place.text("vm")
        if args["vm"] not in [vm.name for vm in vms]:
            known = " ".join(vm.name for vm in vms)
            raise place.fail("vm", f"no VM {args['vm']!r}; there are {known}")
    if "event" in place.known:
        args["event"] = place.event("event")
    if "name" in place.known:
        args["name"] = place.text("name")
    for key, default, high in (
        ("count", 1, 0x10000),
        ("intid", None, 1019),
        ("level", None, 1),
        ("period", 0, 10**15),
        ("to", None, len(cpus) - 1),
    ):
        if key in place.known:
            args[key] = place.number(key, default, 0, high)
    cpu = place.number("cpu", 0, 0, len(cpus) - 1)
    return Action(place.number("at"), do, cpu, args)
