"""A named small world as data: CPUs, partition, VMs with their programs, what the host does.

A scenario is a JSON file. Whatever is wrong with it is said in one line that names the place.

Not modelled: more than 8 CPUs or 64 vCPUs; anything random.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from pmulab.hw.pmu import FEATURES
from pmulab.kvm.event_filter import ACTIONS
from pmulab.kvm.vcpu import reset_registers
from pmulab.sim.place import Place, ScenarioError, short
from pmulab.sim.program import Instruction

FORMAT = 1
MAX_BYTES = 1 << 20
MAX_VCPUS = 64
# Not importlib.resources: importing it costs as much as half of pmulab.
LIBRARY = Path(__file__).parent / "scenarios"


@dataclass(frozen=True)
class CpuSpec:
    """A physical CPU."""

    counters: int = 6
    features: tuple[str, ...] = FEATURES
    list_registers: int = 4
    counter_bits: int = 32


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

    @property
    def vcpu_names(self) -> list[str]:
        """Name the vCPUs: like the VM, with a number where there are several."""
        return [self.name] if self.vcpus == 1 else [f"{self.name}{n}" for n in range(self.vcpus)]


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
    return sorted(path.stem for path in LIBRARY.glob("*.json"))


def load(source: str | Path) -> Scenario:
    """Load a scenario: a name of the library, or a path of a JSON file."""
    try:
        return from_dict(_read(source))
    except ScenarioError as error:
        raise ScenarioError(f"{source}: {error}") from None


def _read(source) -> object:
    """Read the JSON of a scenario."""
    library = LIBRARY / f"{source}.json"
    in_library = "/" not in str(source) and not str(source).endswith(".json")
    try:
        known = in_library and library.is_file()
        path = library if known else Path(source)
        if not known and path.is_dir():
            raise ScenarioError("a folder; a scenario is a JSON file")
        if not known and not path.is_file():
            listed = ", ".join(names())
            raise ScenarioError(f"no such file, and no such scenario; there are {listed}")
        size = 0 if known else path.stat().st_size
        if size > MAX_BYTES:
            raise ScenarioError(f"{size} bytes; a scenario has at most {MAX_BYTES}")
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ScenarioError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise ScenarioError("not a text file") from None
    except RecursionError:
        raise ScenarioError("nested too deep") from None
    except OSError as error:
        raise ScenarioError(str(error.strerror)) from None
    except ScenarioError:
        raise
    except ValueError:
        raise ScenarioError("a number has more digits than Python reads") from None


def _object(pairs: list[tuple]) -> dict:
    """Make an object of JSON; the format itself would let a later key hide an earlier one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ScenarioError(f"key {short(twice)} is there twice in one object")
    return found


def from_dict(data) -> Scenario:
    """Make a scenario of plain data, checking every part of it."""
    top = Place(
        data,
        "scenario",
        "pmulab name about cpus partition vms slice_cycles host_cycles perf_events actions "
        "max_records",
    )
    found = short(top.need("pmulab"))
    if found != str(FORMAT):
        raise top.fail("pmulab", f"format {found}; this pmulab reads {FORMAT}")
    cpus = tuple(_cpu(row, f"cpus[{n}]") for n, row in enumerate(top.rows("cpus", [{}])))
    if not 1 <= len(cpus) <= 8:
        raise top.fail("cpus", f"{len(cpus)} CPUs; possible is 1 to 8")
    vms = tuple(_vm(row, f"vms[{n}]", cpus) for n, row in enumerate(top.rows("vms")))
    _check_names(top, vms)
    perf_events = tuple(
        _perf(row, f"perf_events[{n}]", cpus) for n, row in enumerate(top.rows("perf_events", []))
    )
    actions = tuple(
        _action(row, f"actions[{n}]", cpus, vms) for n, row in enumerate(top.rows("actions", []))
    )
    _check_removals(perf_events, actions)
    return Scenario(
        name=top.text("name"),
        about=top.text("about", "no description"),
        cpus=cpus,
        vms=vms,
        slice_cycles=top.number("slice_cycles", 1000, 1),
        host_cycles=top.number("host_cycles", 0),
        max_records=top.number("max_records", 100_000, 1, 10_000_000),
        **_partition(top.data.get("partition", {}), cpus),
        perf_events=perf_events,
        actions=actions,
    )


def _check_names(top, vms):
    if not vms:
        raise top.fail("vms", "a scenario needs at least one VM")
    taken = set()
    for n, vm in enumerate(vms):
        own = {vm.name, *vm.vcpu_names}
        if taken & own:
            name = min(taken & own)
            raise ScenarioError(f"vms[{n}].name: {name!r} is taken, by a VM or a vCPU before it")
        taken |= own
    total = sum(vm.vcpus for vm in vms)
    if total > MAX_VCPUS:
        raise top.fail("vms", f"{total} vCPUs in all; possible is 1 to {MAX_VCPUS}")


def _check_removals(perf_events, actions):
    added = {event.name for event in perf_events}
    added |= {action.args["name"] for action in actions if action.do == "perf_add"}
    for n, action in enumerate(actions):
        if action.do == "perf_remove" and action.args["name"] not in added:
            name, known = short(action.args["name"]), " ".join(sorted(added)) or "none"
            raise ScenarioError(f"actions[{n}].name: no perf event {name}; there are {known}")


def _cpu(data, where) -> CpuSpec:
    place = Place(data, where, "counters features list_registers counter_bits")
    features = tuple(place.rows("features", list(FEATURES)))
    for feature in features:
        if feature not in FEATURES:
            raise place.fail(
                "features", f"no feature {short(feature)}; known are {' '.join(FEATURES)}"
            )
    # With one register, "at most one is valid" (UIE) is always true, and the guest never runs.
    counters, lrs = place.number("counters", 6, 1, 31), place.number("list_registers", 4, 2, 16)
    return CpuSpec(counters, features, lrs, place.number("counter_bits", 32, 1, 32))


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
            "name", f"{short(name)} cannot be a VM; letters and digits, not host, idle, cpu*"
        )
    supported = place.data.get("supported_cpus")
    if supported is not None:
        supported = tuple(
            place.item("supported_cpus", n, 0, len(cpus) - 1)
            for n in range(len(place.rows("supported_cpus")))
        )
        if not supported:
            raise place.fail("supported_cpus", "a VM needs at least one CPU")
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
        raise place.fail("action", f"no action {short(action)}; there are {' '.join(ACTIONS)}")
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
    "sgi": "vm intid",
    "perf_add": "name event period",
    "perf_remove": "name",
    "migrate": "vm to",
    "host_work": "cycles",
}


def _action(data, where, cpus, vms) -> Action:
    do = data.get("do") if isinstance(data, dict) else None
    if not isinstance(do, str) or do not in ACTION_KEYS:
        Place(data, where, "at do cpu " + " ".join(ACTION_KEYS.values()))
        raise ScenarioError(f"{where}.do: no action {short(do)}; there are {' '.join(ACTION_KEYS)}")
    place = Place(data, where, f"at do cpu {ACTION_KEYS[do]}")
    args = {}
    if "vm" in place.known:
        args["vm"] = place.text("vm")
        if args["vm"] not in [vm.name for vm in vms]:
            known = " ".join(vm.name for vm in vms)
            raise place.fail("vm", f"no VM {short(args['vm'])}; there are {known}")
    if "event" in place.known:
        args["event"] = place.event("event")
    if "name" in place.known:
        args["name"] = place.text("name")
    intids = (0, 15) if do == "sgi" else (16, 1019)
    for key, default, low, high in (
        ("count", 1, 0, 0x10000),
        ("intid", None, *intids),
        ("level", None, 0, 1),
        ("period", 0, 0, 10**15),
        ("cycles", None, 1, 10**12),
        ("to", None, 0, len(cpus) - 1),
    ):
        if key in place.known:
            args[key] = place.number(key, default, low, high)
    cpu = place.number("cpu", 0, 0, len(cpus) - 1)
    return Action(place.number("at"), do, cpu, args)
