"""A table of cases for one hook, and the small host that a case runs on.

Not modelled: how a hook gets there. Only what it returns and what it leaves counts.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pmulab.hw.pe import Pe
from pmulab.kvm.hypervisor import Config, Hypervisor

LIST_REGISTERS = 2


class Unit(NamedTuple):
    """A table of cases: `run` does one with a hypervisor class and names what comes of it."""

    about: str
    cases: Callable[[], Iterable[tuple]]
    run: Callable[..., dict]
    said: Callable[..., str]


def host_of(hypervisor: type, lazy: bool = False) -> Hypervisor:
    """Make a host with four event counters, two of them its own."""
    return hypervisor([Pe(4, list_registers=LIST_REGISTERS)], Config(2, lazy=lazy))
