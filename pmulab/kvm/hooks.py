"""What a hook finds on `self`: names and types, for readers of one part alone and for mypy.

Not modelled: nothing; the hooks are in the parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from pmulab.hw.sysreg import Reg

if TYPE_CHECKING:
    from pmulab.kvm.host import HostData, PerfEvent
    from pmulab.kvm.hypervisor import Config
    from pmulab.kvm.vcpu import Vcpu


class Cpu(Protocol):
    """A physical CPU as software at EL2 knows it; `counter_bits` is 32 in hardware."""

    features: frozenset[str]
    counter_bits: int

    def mrs(self, name: str) -> int:
        """Read a register."""

    def msr(self, name: str, value: int) -> None:
        """Write a register."""


class Hooks:
    """What the parts of `Hypervisor` have in common: each calls hooks that another one defines."""

    cpu: Cpu
    host: HostData
    hosts: list[HostData]
    config: Config

    # Partition
    is_partitioned: Callable[[Vcpu], bool]
    owns_counters: Callable[[Vcpu], bool]
    hpmn: Callable[[Vcpu], int]
    guest_counter_mask: Callable[[Vcpu], int]
    host_counter_mask: Callable[[], int]
    take_ownership: Callable[[Vcpu], None]
    # Swap, Filter
    pmu_load: Callable[[Vcpu], None]
    apply_event_filter: Callable[[Vcpu], None]
    hardware_type: Callable[[Vcpu, int], int]
    # Traps
    in_hardware: Callable[[Vcpu], bool]
    read_home: Callable[[Vcpu, str], int]
    write_home: Callable[[Vcpu, str, int], None]
    writable: Callable[[Reg], int]
    virtual_counter_mask: Callable[[Vcpu], int]
    software_count: Callable[[Vcpu, int, int, int], None]
    # Irq, Vgic
    fold_overflow: Callable[[Vcpu], None]
    overflow_status: Callable[[Vcpu], bool]
    kick: Callable[[Vcpu], None]
    vgic_inject: Callable[[Vcpu, int, bool], None]
    vgic_deactivate: Callable[[Vcpu, int], None]
    # HostDriver
    perf_add: Callable[[PerfEvent], None]
    perf_schedule: Callable[[], None]
    perf_stop: Callable[[PerfEvent], None]
    perf_update: Callable[[PerfEvent], None]
    perf_overflow: Callable[[int], None]
    driver_stop: Callable[[], None]
    driver_start: Callable[[], None]
    set_guest_counters: Callable[[int], None]
    # Emulated
    emulated_read: Callable[[Vcpu, str], int]
    emulated_write: Callable[[Vcpu, str, int], None]
    emulated_release: Callable[[Vcpu, int], None]
    emulated_resync: Callable[[Vcpu], None]
    emulated_overflow: Callable[[Vcpu, int], None]
    counter_width: Callable[[Vcpu, int], int]
