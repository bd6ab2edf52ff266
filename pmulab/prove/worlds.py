"""Worlds of a proof: what is enumerated, and a hypervisor on registers that are not known.

Library hooks beside the one that is proven run as they are. Those that go into the host's driver or
the vGIC are effects: what they get, and the state that they get it in, is kept in order, and what
they may change is not known afterwards.

Not modelled: more than one guest beside; the vGIC; a host with more than two events.
"""

from functools import partial
from types import CellType, FunctionType
from typing import Any, NamedTuple

import z3

from pmulab.hw.events import CHAIN, SW_INCR
from pmulab.hw.pmu import FEATURES
from pmulab.hw.sysreg import MASK64, Rule
from pmulab.hw.sysregs import MDCR_EL2, REGS
from pmulab.kvm.filter import INCLUDE_EL2
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import (
    BITMAPS,
    CYCLE_BIT,
    FREE,
    GUEST_OWNED,
    TYPES,
    Vcpu,
    Vm,
    evtyper,
)
from pmulab.kvm.vcpu import counters as listed
from pmulab.prove.registers import KEPT, ORDERS, Registers, Unknowns
from pmulab.prove.values import WIDTH, Number, Path, Truth, expression

# The driver's and the vGIC's part, by hook: those of the emulated PMU change saved counts too.
EFFECTS = {
    "set_guest_counters": False, "perf_overflow": False, "perf_schedule": False,
    "perf_stop": False, "perf_add": False, "emulated_release": True, "emulated_resync": True,
    "emulated_overflow": True, "vgic_inject": False, "vgic_deactivate": False,
}  # fmt: skip
# No part of the state: what stands in for a hook, and registers of a vCPU, which are told singly.
UNSEEN = frozenset((*EFFECTS, "hardware_type", "regs"))
SEEN_AS_IT_IS = frozenset((int, bool, str, type(None), frozenset, Number, Truth))
# Nothing moved in any kind of access.
STILL: dict[str, Any] = dict.fromkeys(ORDERS, 0)
# Whose, and what: a value, known or not.
State = dict[str, dict[str, Any]]
# These begin where put has left a range: no counter of it is enabled, no flag set.
ON_QUIET = ("pmu_load", "write_pair", "decide_ownership", "take_ownership")
SITUATIONS = (
    ("owner", "it"), ("owner", "nobody"), ("owner", "other"), ("free", "it"), ("free", "nobody"),
    ("unsupported", "it"), ("emulated", "it"), ("emulated", "nobody"), ("unpartitioned", "it"),
)  # fmt: skip
KINDS = [FEATURES, *(tuple(f for f in FEATURES if f not in without) for without in (
    ("FEAT_FGT",), ("FEAT_HPMN0",), ("FEAT_PMUv3p5",), ("FEAT_FGT", "FEAT_HPMN0", "FEAT_PMUv3p5"),
))]  # fmt: skip


class Structure(NamedTuple):
    """What a world is: sizes, features, who owns what, who is loaded where."""

    counters: int
    guest: int
    lent: int
    beside: int
    cpu: int
    features: tuple[str, ...]
    dynamic: bool
    lazy: bool
    kind: str
    loaded: str
    quiet: bool

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return how many counters each of three CPUs has; no two of them as many, if it can be."""
        others = self.beside, {31: 4, 4: 1, 1: 31}[self.beside]
        return (self.counters, *others) if self.cpu == 0 else (*others, self.counters)

    @property
    def kinds(self) -> list[tuple[str, ...]]:
        """Return the features of each CPU: the others have all."""
        return [self.features if n == self.cpu else FEATURES for n in range(len(self.sizes))]

    @property
    def suits(self) -> tuple[int, ...] | None:
        """Return on which CPUs the PMU of a vCPU is: where it fits, or on all others."""
        every, least = range(len(self.sizes)), self.counters - self.lent + self.guest
        if self.kind == "unsupported":
            return tuple(n for n in every if n != self.cpu)
        fits = tuple(n for n in every if n == self.cpu or self.sizes[n] >= least)
        return None if self.lazy and len(fits) == len(every) else fits


class Sealed:
    """Something of which no part is modelled."""

    def __init__(self, path: Path, name: str) -> None:
        vars(self).update(path=path, name=name)

    def __getattr__(self, name: str) -> Any:
        raise self.path.stop(f"{self.name} is looked at")

    def __setattr__(self, name: str, value: object) -> None:
        raise self.path.stop(f"{self.name} is changed")


class UnknownFilter(Sealed):
    """An event filter of which nobody knows what it allows, but SW_INCR and CHAIN."""

    def listed(self, event: Any) -> Any:
        """Tell whether the ranges allow an event: an answer for each, not known."""
        word = z3.BitVecSort(WIDTH)
        answer = z3.Function("listed", word, z3.BoolSort())
        return Truth(self.path, answer(expression(event)))

    def allows(self, event: Any) -> Any:
        """Tell whether an event may count."""
        never = [expression(event) == number for number in (SW_INCR, CHAIN)]
        return Truth(self.path, z3.Or(*never, self.listed(event).e))


def uncached(cls: type, made: dict[type, type]) -> type:
    """Make a class of one's own whose functions call what they call without caches.

    A cache looks its arguments up in a table, which a value that is not known cannot be.
    """
    if cls is object:
        return cls
    if cls not in made:
        names = {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}
        made[cls] = twin = type(
            cls.__name__, tuple(uncached(b, made) for b in cls.__bases__), names
        )
        for name, value in names.items():
            if isinstance(value, FunctionType):
                setattr(twin, name, _uncached_function(value, cls, twin))
    return made[cls]


def _uncached_function(function: FunctionType, cls: type, twin: type) -> FunctionType:
    plain = {
        name: value.__wrapped__ for name, value in function.__globals__.items()
        if hasattr(value, "cache_info") and hasattr(value, "__wrapped__")
    }  # fmt: skip
    cells = tuple(
        CellType(twin) if name == "__class__" and cell.cell_contents is cls else cell
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ())
    )
    scope = function.__globals__ | plain if plain else function.__globals__
    made = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def boot(hyp: Any) -> None:
    """Boot a CPU as the library does; what that leaves is remembered for each kind of CPU."""
    cpu = hyp.cpu
    made, key = cpu.unknowns.made, ("boot", cpu.counters, cpu.features)
    if key not in made:
        Hypervisor.boot(hyp)
        made[key] = {name: cpu.cells[name] for name in KEPT}
    cpu.cells |= made[key]


class World:
    """A hypervisor in a structure, with the log of its effects."""

    def __init__(self, at: Structure, hook: str, cls: type, own: type, unknowns: Unknowns) -> None:
        self.at, self.path, self.unknowns = at, unknowns.path, unknowns
        self.number, self.truth = unknowns.number, unknowns.truth
        self.log: list[Any] = []
        self.cpus = [
            Registers(unknowns, n, size, kind)
            for n, (size, kind) in enumerate(zip(at.sizes, at.kinds))
        ]
        reserved = -1 if at.kind == "unpartitioned" else at.counters - at.lent
        self.hyp: Any = cls(self.cpus, Config(reserved, at.dynamic, at.lazy))
        self.hyp.this_cpu(at.cpu)
        self.vcpu, self.other = self._vcpu("A"), self._vcpu("B")
        self.names = {id(one): name for name, one in self._objects()}
        self._load()
        self._host()
        self.lent = borrowed = self._borrowed(hook)
        for cpu in self.cpus:
            silent = ~self._interrupts() if hook == "handle_host_irq" else 0
            quiet = borrowed if at.quiet else 0
            cpu.reset({"PMCNTEN": quiet, "PMOVS": quiet, "PMINTEN": quiet | silent})
        self.vcpu.vm.has_run = self.truth("has_run")
        for name in EFFECTS:
            if name != hook and getattr(own, name) is getattr(Hypervisor, name):
                vars(self.hyp)[name] = partial(self.effect, name)
        if hook != "hardware_type" and own.hardware_type is Hypervisor.hardware_type:  # type: ignore[attr-defined]
            vars(self.hyp)["hardware_type"] = self.hardware_type

    # ---- what is there

    def _vcpu(self, name: str) -> Vcpu:
        at = self.at
        vm = Vm(name, at.guest, at.kind != "emulated", at.features)
        vm.event_filter = UnknownFilter(self.path, "the event filter")  # type: ignore[assignment]
        vcpu = Vcpu(name, vm, at.suits)
        vcpu.vgic = Sealed(self.path, "the vGIC")  # type: ignore[assignment]
        owner = at.kind in ("owner", "unsupported")
        vcpu.access = GUEST_OWNED if owner else FREE
        key = (name, at.guest, vm.evtyper_mask)
        known = self.unknowns.made.get(key)
        if known is None:
            known = {register: self._saved(vcpu, register, 0) for register in vcpu.regs}
            self.unknowns.made[key] = known
        vcpu.regs = dict(known)
        for flag in ("irq_level", "request", "halted"):
            setattr(vcpu, flag, self.truth(f"{name} {flag}"))
        return vcpu

    def _saved(self, vcpu: Vcpu, register: str, epoch: int) -> Any:
        """Return what a saved register holds of which nothing is known."""
        mine = CYCLE_BIT | (1 << vcpu.vm.n_counters) - 1
        types = vcpu.vm.evtyper_mask | INCLUDE_EL2
        may = mine if register in BITMAPS else types if register in TYPES else MASK64
        may = SAVED.get(register, may)
        return self.number(f"{vcpu.name} {register} {epoch}", may)

    def _load(self) -> None:
        loaded = {"it": self.vcpu, "other": self.other, "nobody": None}[self.at.loaded]
        self.hyp.host.loaded = loaded
        if loaded is not None:
            loaded.cpu = self.at.cpu
            Hypervisor.setup_traps(self.hyp, loaded)

    def _host(self) -> None:
        for host in self.hyp.hosts:
            host.pmcr = self.number(f"host{host.cpu} pmcr", REGS["PMCR_EL0"].writable & ~6)
            host.pmuserenr = self.number(f"host{host.cpu} pmuserenr", 15)
            self.cpus[host.cpu].cells["MDCR_EL2"] |= MDCR_EL2.HPME

    def _lent(self) -> int:
        vcpu = self.hyp.host.loaded or self.vcpu
        mask: int = Hypervisor.guest_counter_mask(self.hyp, vcpu)
        return mask | (1 << Hypervisor.hpmn(self.hyp, vcpu)) - 1 if mask else 0

    def _borrowed(self, hook: str) -> int:
        """Let the host lend, and its events sit where they may; return what it does not have."""
        host, lent = self.hyp.host, self._lent()
        if self.at.dynamic and lent and hook not in ON_QUIET:
            host.cntr_mask = host.implemented & ~(lent if self._owned() else 0)
        for name, idx in zip(("counts", "samples"), reversed(listed(host.cntr_mask & ~lent))):
            event = PerfEvent(name, 8, 5 if name == "samples" else 0)
            event.idx = idx
            for field in ("count", "raw", "left"):
                setattr(event, field, self.number(f"{name} {field}"))
            host.events.append(event)
        return lent

    def _owned(self) -> bool:
        return self.at.kind == "owner" and self.at.loaded != "nobody"

    def _interrupts(self) -> int:
        """Return who may have an interrupt enabled: the host's events, and a guest that owns."""
        return int(self.hyp.host.used_mask | (self._lent() if self._owned() else 0))

    # ---- effects

    def effect(self, name: str, *args: Any) -> None:
        """Keep what a hook of another part gets; what it may change is not known any more."""
        if name == "set_guest_counters":
            if not self.at.dynamic:
                return
            self.hyp.host.cntr_mask = self.hyp.host.implemented & ~args[0]
        self.log.append((name, tuple(map(self.plain, args)), self.state()))
        epoch = len(self.log)
        self.hyp.cpu.forget(epoch)
        for vcpu in (self.vcpu, self.other) if EFFECTS[name] else ():
            for register in vcpu.regs:
                if REGS[register].rule is Rule.COUNTER or register == "PMOVSSET_EL0":
                    vcpu.regs[register] = self._saved(vcpu, register, epoch)

    def hardware_type(self, vcpu: Vcpu, idx: int) -> Any:
        """Return some type, the same for the same saved type and counter."""
        word = z3.BitVecSort(WIDTH)
        made = z3.Function(f"type of {vcpu.name}", word, word, word)
        may = vcpu.vm.evtyper_mask
        e = made(expression(vcpu.regs[evtyper(idx)]), z3.BitVecVal(idx, WIDTH))
        return Number(self.path, e & may, may, 64)

    # ---- the state

    def _objects(self) -> list[tuple[str, Any]]:
        hosts = [(f"host{host.cpu}", host) for host in self.hyp.hosts]
        guests = [(vcpu.name, vcpu) for vcpu in (self.vcpu, self.other)]
        vms = [(f"VM {vcpu.name}", vcpu.vm) for vcpu in (self.vcpu, self.other)]
        return [("self", self.hyp), *hosts, *guests, *vms]

    def state(self, order: bool = True) -> State:
        """Return all that there is, known or not, by whose it is; if asked, what moved when."""
        found: State = {}
        for cpu in self.cpus:
            found[f"cpu{cpu.n}"] = cpu.cells | (STILL | cpu.order if order else {})
        for name, one in self._objects():
            found[name] = {
                field: self.plain(value)
                for field, value in vars(one).items()
                if field not in UNSEEN
            }
        for vcpu in (self.vcpu, self.other):
            found[vcpu.name] |= vcpu.regs
        return found

    def plain(self, value: Any) -> Any:
        """Return a value that can be compared: what has a name is its name."""
        if type(value) in SEEN_AS_IT_IS:
            return value
        if id(value) in self.names:
            return self.names[id(value)]
        if isinstance(value, PerfEvent):
            return tuple(map(self.plain, vars(value).values()))
        if type(value) in (list, tuple):
            return tuple(map(self.plain, value))
        return value if isinstance(value, int | str) else f"{type(value).__name__}"


SAVED = {"PMCR_EL0": 0xFF, "PMSELR_EL0": 31, "PMUSERENR_EL0": 15}
