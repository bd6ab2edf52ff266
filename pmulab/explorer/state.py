"""The state of a machine as a value, and back, part by part.

The parts are the hardware and host of each CPU, and each vCPU with its private PMU: a part that did
not change is not handled again.

Not modelled: an emulated counter that overflows many times before anybody looks: then once.
"""

from collections.abc import Callable
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from pmulab.explorer.stage import Judged
from pmulab.kvm.host import PerfEvent
from pmulab.kvm.vgic_state import VgicIrq

# A part of a state. Who packs it knows what is in it; to all others it is a value.
Part = tuple[Any, ...]
HOST_SKIPPED = ("features", "events", "loaded")
VCPU_SKIPPED = ("name", "vm", "supported_cpus", "regs", "vgic", "cpu")
MOST_DICTS = 5_000
IRQ = attrgetter(*VgicIrq.__slots__)


class Layout(NamedTuple):
    """Which attributes of an object are state, and what returns their values."""

    names: tuple[str, ...]
    get: Callable[[dict[str, Any]], Part]


@cache
def layout(attributes: tuple[str, ...], skipped: tuple[str, ...]) -> Layout:
    """Work out a layout once: an object has the same attributes almost always."""
    names = tuple(name for name in attributes if name not in skipped)
    return Layout(names, itemgetter(*names))


class Packing:
    """Packs and unpacks a machine, part by part."""

    def __init__(self, machine: Judged) -> None:
        self.machine = machine
        # The names of the cells never change; a packed part has the values alone.
        self.cell_names = [tuple(pe.pmu.cells) for pe in machine.cpus]
        self.gic_names = [tuple(pe.gic.cells) for pe in machine.cpus]
        self.private_names = {n: tuple(p.pe.pmu.cells) for n, p in machine.laws.private.items()}
        self.interned: dict[tuple[str, ...], tuple[str, ...]] = {}
        # Dicts that were made of some values: to copy one is quicker than to make it again.
        self.dicts: dict[int, tuple[Part, dict[str, Any]]] = {}

    def pack_cpu(self, n: int) -> Part:
        """Return the state of a CPU's hardware and of the host on it."""
        pe, host, due = self.machine.cpus[n], self.machine.hyp.hosts[n], self.machine.laws.due
        names, values = _pack(vars(host), HOST_SKIPPED)
        # Counts grow for ever; what the laws compare is their distance from what is due.
        perf = tuple(
            (
                *(e.name, e.event, e.period, e.idx, e.raw),
                # What is behind an emulated counter may be late by any number of periods.
                e.left if e.vcpu is None or e.left > 0 else -(-e.left % e.period),
                due.get(e.name, 0) - e.count & host.event_mask,
                *((e.vcpu.name, e.guest_idx, e.el_filter) if e.vcpu else ()),
            )
            for e in host.events
        )
        return (
            tuple(pe.pmu.cells.values()),
            tuple(pe.gic.cells.values()),
            names,
            values,
            perf,
            self.machine.laws.asked[n],
            self.machine.cores[n].loaded,
        )

    def unpack_cpu(self, n: int, packed: Part) -> None:
        """Put a CPU into a packed state."""
        cells, gic, names, values, perf, asked, _ = packed
        machine, pe, host = self.machine, self.machine.cpus[n], self.machine.hyp.hosts[n]
        pe.pmu.cells = self._dict(self.cell_names[n], cells)
        pe.gic.cells = self._dict(self.gic_names[n], gic)
        _replace(vars(host), names, values, HOST_SKIPPED)
        known = {event.name: event for event in host.events}
        host.events = []
        for name, number, period, idx, raw, left, ahead, *guest in perf:
            event = known.get(name) or PerfEvent(name, number, period)
            if guest:
                event = self._behind(name, number, period, *guest)
            event.idx, event.raw, event.left, event.count = idx, raw, left, -ahead
            machine.laws.due[name] = 0
            host.events.append(event)
        machine.laws.asked[n] = asked
        self.place_cpu(n, packed)

    def place_cpu(self, n: int, packed: Part) -> None:
        """Put a CPU that holds a packed state where that says: which vCPU it has loaded."""
        machine, host, loaded = self.machine, self.machine.hyp.hosts[n], packed[-1]
        core = machine.cores[n]
        host.loaded = machine.vcpus[loaded] if loaded else None
        core.loaded, core.in_guest = loaded, bool(host.loaded and host.loaded.supports(n))
        machine.cpus[n].el = 1 if core.in_guest else 2

    def is_exact(self, n: int) -> bool:
        """Tell whether a CPU's part says all; of an emulated counter it leaves out periods."""
        return all(event.vcpu is None for event in self.machine.hyp.hosts[n].events)

    def _behind(
        self, name: str, number: int, period: int, vcpu: str, idx: int, el_filter: int
    ) -> PerfEvent:
        """Return a perf event behind a counter of an emulated PMU."""
        return PerfEvent(name, number, period, el_filter, self.machine.vcpus[vcpu], idx)

    def pack_vcpu(self, name: str) -> Part:
        """Return the state of a vCPU, with its private PMU and its VM's event filter."""
        vcpu, private = self.machine.vcpus[name], self.machine.laws.private[name]
        regs, vgic = vcpu.regs, vcpu.vgic
        names, values = _pack(vars(vcpu), VCPU_SKIPPED)
        irqs = tuple([IRQ(vgic.irqs[intid]) for intid in sorted(vgic.irqs)])
        return (
            self._intern(tuple(regs)),
            tuple(regs.values()),
            names,
            values,
            (irqs, tuple(vgic.ap_list), vgic.used_lrs, vgic.vmcr, vgic.active_priorities),
            tuple(private.pe.pmu.cells.values()),
            vcpu.vm.event_filter.key(),
            name in self.machine.laws.active,
        )

    def place_vcpu(self, name: str, packed: Part, cpu: int | None) -> None:
        """Put a vCPU that holds a packed state where it is loaded."""
        self.machine.vcpus[name].cpu = cpu

    def unpack_vcpu(self, name: str, packed: Part, cpu: int | None) -> None:
        """Put a vCPU into a packed state; `cpu` is where it is loaded."""
        names, values, attributes, contents, vgic, private, filter_key, active = packed
        machine, vcpu = self.machine, self.machine.vcpus[name]
        vcpu.regs = self._dict(names, values)
        _replace(vars(vcpu), attributes, contents, VCPU_SKIPPED)
        vcpu.cpu = cpu
        irqs, ap_list, vcpu.vgic.used_lrs, vcpu.vgic.vmcr, vcpu.vgic.active_priorities = vgic
        vcpu.vgic.irqs = {row[0]: VgicIrq(*row) for row in irqs}
        vcpu.vgic.ap_list = list(ap_list)
        cells = self._dict(self.private_names[name], private)
        machine.laws.private[name].pe.pmu.cells = cells
        (machine.laws.active.add if active else machine.laws.active.discard)(name)
        default, ranges = filter_key
        for rules in (vcpu.vm.event_filter, machine.laws.private[name].filter):
            rules.default, rules.ranges = default, list(ranges)

    def _dict(self, names: tuple[str, ...], values: Part) -> dict[str, Any]:
        """Return a dict of one's own; `values` are held, so the id stays theirs."""
        found = self.dicts.get(id(values))
        if found is None:
            if len(self.dicts) >= MOST_DICTS:
                self.dicts.clear()
            found = self.dicts[id(values)] = values, dict(zip(names, values))
        return found[1].copy()

    def _intern(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return self.interned.setdefault(names, names)


def _pack(attributes: dict[str, Any], skipped: tuple[str, ...]) -> tuple[tuple[str, ...], Part]:
    names, get = layout(tuple(attributes), skipped)
    return names, get(attributes)


def _replace(
    attributes: dict[str, Any], names: tuple[str, ...], values: Part, skipped: tuple[str, ...]
) -> None:
    """Set an object's attributes, and drop those that the packed state does not have."""
    if layout(tuple(attributes), skipped).names != names:
        for extra in [k for k in attributes if k not in names and k not in skipped]:
            del attributes[extra]
    attributes.update(zip(names, values))
