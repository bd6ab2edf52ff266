"""The hardware event type for the one that the guest wrote.

The guest reads back what it wrote; the hardware gets what the host allows.

Not modelled: a guest hypervisor, whose EL2 runs at EL1.

Source: Linux: arch/arm64/kvm/pmu-direct.c (posting v8, patch 12), kvm_pmu_apply_event_filter().
"""

from pmulab.hw.events import CPU_CYCLES
from pmulab.hw.sysregs import CYCLE_IDX, PMEVTYPER0_EL0
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.vcpu import Vcpu, counters, evtyper

INCLUDE_EL2 = PMEVTYPER0_EL0.NSH
EXCLUDE_ALL = PMEVTYPER0_EL0.P | PMEVTYPER0_EL0.U
# What a type has of an event; a VM may have fewer bits of it, `vm.event_mask`.
EVENT = PMEVTYPER0_EL0.evtCount


class Filter(Hooks):
    """The hooks of the event filter."""

    def apply_event_filter(self, vcpu: Vcpu) -> None:
        """Write every event type of the guest to the hardware, as far as it is allowed.

        The hardware may still hold types of the host or of another guest, and the host may have
        banned an event meanwhile. Linux: pmu-direct.c, kvm_pmu_apply_event_filter().
        """
        for idx in counters(self.guest_counter_mask(vcpu)):
            self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))

    def resync_event_filter(self, vcpu: Vcpu) -> None:
        """Enforce a filter that the host has changed while this vCPU is loaded.

        Linux: posting v9, patch 15 (by its subject), kvm_vcpu_pmu_resync_el0().
        """
        if self.in_hardware(vcpu):
            self.apply_event_filter(vcpu)
        elif self.host.loaded is vcpu and not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)

    def hardware_type(self, vcpu: Vcpu, idx: int) -> int:
        """Return the event type that the hardware gets for counter `idx`.

        The look-up key is the event number alone, with as many bits as the hardware compares; a
        guest never counts EL2.
        """
        typer = vcpu.regs[evtyper(idx)]
        event = CPU_CYCLES if idx == CYCLE_IDX else typer & vcpu.vm.event_mask
        allowed = vcpu.vm.event_filter.allows(event)
        return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)
