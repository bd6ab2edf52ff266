"""Which structures a hook is proven in, and what it is called with.

Every number of a guest's counters occurs; who owns what, features and the kind of reservation are
combined in full on small PEs and in turn on large ones.

Not modelled: all of these combinations on each size of a PE.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Any

from pmulab.hw.sysregs import CYCLE_IDX
from pmulab.kvm.vcpu import BITMAPS, counters, evtyper
from pmulab.prove.worlds import KINDS, ON_QUIET, SITUATIONS, Structure, World

# Hooks that use no register or few: these are tried on every size.
CHEAP = ("guest_counter_mask", "host_counter_mask", "owns_counters", "decide_ownership", "kick")
# Who is asked about a vCPU that is not loaded; the others run for the one that is.
ABOUT_ANY: tuple[str, ...] = (
    *CHEAP[:3],
    "kick",
    "overflow_status",
    "update_state",
    "handle_guest_irq",
)
ABOUT_ANY += ("handle_host_irq", "resync_event_filter")
# Many paths, or many calls: these are tried in fewer combinations, and so many sizes are skipped.
COSTLY = {"handle_host_irq": 6, "overflow_status": 3, "update_state": 6, "write_control": 6}
COSTLY |= {"hardware_type": 6, "decide_ownership": 3, "write_type": 2, "handle_guest_irq": 2}
# Whose counters are perf events.
EMULATED = ("emulated", "unpartitioned")
SLOW = ("handle_host_irq", "update_state", "write_control", "hardware_type")
# The boot CPU, and the third of three.
CPUS = (0, 2)
SMALL = ((3, 2, 3), (2, 0, 1), (4, 3, 3))


def structures(hook: str) -> Iterator[Structure]:
    """List the structures of a hook, small ones first."""
    found = [s for s in SITUATIONS if hook in ABOUT_ANY or s[1] == "it"]
    variants = list(product(found, (False, True), KINDS, CPUS, (False, True)))
    # In this order few are enough: 47 of 360, 25 of 200.
    few = list(pairwise([variants[n * 163 % len(variants)] for n in range(len(variants))]))
    for n, variant in enumerate(few if hook in COSTLY else variants):
        yield from _structure(hook, *SMALL[n % 3], variant, n)
    # A mask that lacks its last bit is seen where all bits are used, whoever has them.
    for n, variant in enumerate(few[::3] if hook in SLOW else few):
        # Each write of an emulated counter is two effects of its own.
        size = 8 if hook in SLOW and variant[0][0] in EMULATED else 31
        yield from _structure(hook, size, size, size, variant, n)
    for n, (size, guest) in enumerate(_sizes(hook, COSTLY.get(hook, 1))):
        lent = guest if n % 2 else min(guest + 1 + n % 3, size)
        if hook not in SLOW:
            yield from _structure(hook, size, guest, lent, variants[n * 7 % len(variants)], n)
        owner = (("owner", "it"), bool(n & 1), KINDS[0 if guest else n % 2 * 2], 0, bool(n & 2))
        yield from _structure(hook, size, guest, lent, owner, n)


def pairwise(variants: list[Any]) -> Iterator[Any]:
    """Pick combinations so that any two ways of two dimensions occur together in one of them."""
    seen: set[Any] = set()
    for variant in variants:
        pairs = set(combinations(enumerate(variant), 2))
        if pairs - seen:
            seen |= pairs
            yield variant


def _sizes(hook: str, step: int) -> list[tuple[int, int]]:
    if hook in CHEAP:
        return [(n, guest) for n in range(31, 0, -1) for guest in range(n, -1, -1)][::step]
    return [(31, guest) for guest in range(31, -1, -step)] + [(n, n) for n in range(5, 31, step)]


def _structure(
    hook: str, size: int, guest: int, lent: int, variant: Any, n: int
) -> Iterator[Structure]:
    (kind, loaded), dynamic, features, cpu, lazy = variant
    made = Structure(
        size, guest, lent, (31, 1, 4)[n % 3], cpu, features, dynamic, lazy, kind, loaded, False
    )
    if hook in ON_QUIET:
        yield made._replace(quiet=True)
    if hook not in ON_QUIET or size < 5:
        yield made


def _types(world: World) -> Iterator[tuple[str, int]]:
    mine = (1 << world.at.guest) - 1
    known = (*counters(mine), CYCLE_IDX)
    at = world.at
    plain = at.kind == "owner" and not (at.dynamic or at.lazy or at.cpu)
    few = known if plain and at.guest == 31 else (known[0], *known[-2:])
    yield from ((evtyper(idx), idx) for idx in dict.fromkeys(few))


Calls = Iterator[tuple[Any, ...]]


def _with_value(world: World) -> Calls:
    yield world.vcpu, world.number("value")


def _pairs(world: World) -> Calls:
    bits, mask = world.number("bits"), world.number("mask")
    if world.at.quiet:
        mask = mask & world.hyp.host.implemented & world.lent
    yield "PMCNTENSET_EL0", "PMCNTENCLR_EL0", bits, mask
    yield "PMINTENSET_EL1", "PMINTENCLR_EL1", bits, mask


CALLS: dict[str, Callable[[World], Calls]] = {
    "host_counter_mask": lambda world: iter([()]),
    "handle_host_irq": lambda world: iter([()]),
    "handle_guest_irq": lambda world: iter(
        [(world.number("overflow", world.hyp.host.implemented),)]
    ),
    "write_pair": _pairs,
    "write_control": _with_value,
    "write_type": lambda world: (
        (world.vcpu, name, world.number("value", world.vcpu.vm.evtyper_mask))
        for name, _ in _types(world)
    ),
    "hardware_type": lambda world: ((world.vcpu, idx) for _, idx in _types(world)),
    "read_bitmap": lambda world: ((world.vcpu, name) for name in BITMAPS),
}
FOLLOWED = (
    *"pmu_put pmu_stop pmu_load fold_overflow guest_counter_mask apply_event_filter".split(),
    *"owns_counters decide_ownership take_ownership resync_event_filter kick".split(),
    *("overflow_status", "update_state", *CALLS),
)


def calls(hook: str, world: World) -> list[tuple[Any, ...]]:
    """List what a hook is called with in a world."""
    make = CALLS.get(hook)
    return list(make(world)) if make else [(world.vcpu,)]
