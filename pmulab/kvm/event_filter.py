"""A VM's event filter: KVM's range rules and their error codes.

Not modelled: the attribute's memory layout and -EFAULT.

Source: Linux: Documentation/virt/kvm/devices/vcpu.rst 1.3; pmu-emul.c, kvm_arm_pmu_v3_set_attr().
"""

from pmulab.hw.events import CHAIN, SW_INCR, name

ALLOW, DENY = 0, 1
ACTIONS = {"allow": ALLOW, "deny": DENY}
NEVER_FILTERED = (SW_INCR, CHAIN)
# STALL_SLOT and its neighbours, whatever the CPU has. Linux: pmu-emul.c, kvm_pmu_get_pmceid().
NEVER_SHOWN = sum(1 << event for event in (0x3D, 0x3E, 0x3F))
MASK32 = (1 << 32) - 1


class KvmError(Exception):
    """What KVM returns to userspace: an error code and why."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"-{code}: {why}")
        self.code, self.why = code, why


class EventFilter:
    """Which events a VM may count; without a range, all of them."""

    def __init__(self, space: int = 0x10000) -> None:
        self.space = space
        self.default = True
        self.ranges: list[tuple[int, int, int]] = []

    def set_range(
        self, base: int, nevents: int, action: int, has_run: bool = False, initialized: bool = False
    ) -> None:
        """Apply one range; the first sets the default for all other events to its opposite.

        Raises `KvmError` EBUSY where the vCPU's PMU is `initialized` (KVM_ARM_VCPU_PMU_V3_INIT),
        EINVAL for a range outside the event space or an unknown action, then EBUSY where the VM
        has run. Linux: pmu-emul.c, kvm_arm_pmu_v3_set_attr().
        """
        if initialized:
            raise KvmError("EBUSY", "the vCPU's PMU is initialized")
        if action not in (ALLOW, DENY):
            raise KvmError("EINVAL", f"action {action}; there are 0 (allow) and 1 (deny)")
        if base < 0 or nevents < 0 or base + nevents > self.space:
            raise KvmError("EINVAL", f"range {base:#x}+{nevents} leaves {self.space:#x} events")
        if has_run:
            raise KvmError("EBUSY", "the VM has run")
        self.force_range(base, nevents, action)

    def force_range(self, base: int, nevents: int, action: int) -> None:
        """Apply one range whether or not the VM has run: a host that bans an event later."""
        if not self.ranges:
            self.default = action == DENY
        self.ranges.append((base, base + nevents, action))

    def listed(self, event: int) -> bool:
        """Tell whether the ranges allow an event: the last one that holds it decides."""
        for start, stop, action in reversed(self.ranges):
            if start <= event < stop:
                return action == ALLOW
        return self.default

    def allows(self, event: int) -> bool:
        """Tell whether an event may count: SW_INCR and CHAIN always may."""
        return event in NEVER_FILTERED or self.listed(event)

    def pmceid(self, n: int, implemented: int) -> int:
        """Mask PMCEID<n>_EL0 as a VM reads it: CHAIN is forced in, then the ranges decide.

        Where there are ranges, events beyond the event space are not shown. Linux: pmu-emul.c,
        kvm_pmu_get_pmceid().
        """
        value = implemented | (1 << CHAIN if n == 0 else 0)
        allowed = self._listed_from(32 * n) | self._listed_from(0x4000 + 32 * n) << 32
        return value & allowed & ~(NEVER_SHOWN >> 32 * n & MASK32)

    def _listed_from(self, first: int) -> int:
        """Return a bit for each of 32 events from `first` on: whether the ranges allow it."""
        if self.ranges and first + 32 > self.space:
            return 0
        mask = MASK32 if self.default else 0
        for start, stop, action in self.ranges:
            low, high = max(start - first, 0), min(stop - first, 32)
            bits = (1 << high) - (1 << low) if low < high else 0
            mask = mask | bits if action == ALLOW else mask & ~bits
        return mask

    def key(self) -> tuple[bool, tuple[tuple[int, int, int], ...]]:
        """Return what tells two filters apart."""
        return self.default, tuple(self.ranges)

    def __repr__(self) -> str:
        shown = [
            f"{'allow' if action == ALLOW else 'deny'} {_said(start, stop)}"
            for start, stop, action in self.ranges
        ]
        return f"EventFilter({'; '.join(shown) or 'all events'})"


def _said(start: int, stop: int) -> str:
    if stop - start < 2:
        return name(start) if start < stop else "no event"
    return f"{name(start)}..{name(stop - 1)}"
