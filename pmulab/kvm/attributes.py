"""A vCPU's PMU attributes, KVM_ARM_VCPU_PMU_V3_CTRL: what a VMM may set, in which order.

The kernel's documentation (vcpu.rst 1.5) says more of SET_NR_COUNTERS than the kernel does: that it
is -EBUSY where the VM has run or has an event filter, and -EINVAL where SET_PMU chose no PMU. In
the kernel it looks at the number alone, and a PMU that nobody chose is KVM's default. Here it is as
in the kernel.

Not modelled: KVM_ARM_VCPU_PMU_V3_IRQ; _FILTER, which is in `event_filter`; -EFAULT,
-ENODEV, what INIT asks of the vGIC; the other vCPUs of a VM, whose HPMN and CPUs KVM sets too.

Source: Linux: arch/arm64/kvm/pmu-emul.c, kvm_arm_pmu_v3_set_attr(); posting v8, patch 18.
"""

from typing import NamedTuple

from pmulab.hw.sysregs import MDCR_EL2
from pmulab.kvm.event_filter import KvmError
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.vcpu import Vcpu, Vm, reset_registers


class HostPmu(NamedTuple):
    """A kind of PMU that the host has, and the CPUs that have it. Linux: struct arm_pmu."""

    cpus: frozenset[int]
    n_counters: int
    max_guest_counters: int


ATTRIBUTES = ("SET_PMU", "SET_NR_COUNTERS", "ENABLE_PARTITION", "INIT")
LATE = "the VM has run, or has an event filter"


def refuse(wrong: object, code: str, why: str) -> None:
    """Raise a `KvmError` where something is wrong."""
    if wrong:
        raise KvmError(code, why)


class Attributes(Hooks):
    """The hook of KVM_SET_DEVICE_ATTR, and what it looks at."""

    def set_pmu_attr(self, vcpu: Vcpu, attr: str, value: int = 0) -> None:
        """Set one attribute of a vCPU's PMU; raises `KvmError` where KVM returns an error.

        Linux: pmu-emul.c, kvm_arm_pmu_v3_set_attr(); posting v8, patch 18.
        """
        vm, pmus = vcpu.vm, self.host_pmus()
        refuse(vcpu.initialized, "EBUSY", "the vCPU's PMU is initialized")
        refuse(attr not in ATTRIBUTES, "ENXIO", f"no {attr}; there are {' '.join(ATTRIBUTES)}")
        if attr == "SET_PMU":
            refuse(value not in range(len(pmus)), "ENXIO", f"{value}: there are {len(pmus)} PMUs")
            refuse(vm.has_run or (vm.event_filter.ranges and vm.pmu != value), "EBUSY", LATE)
            vm.pmu, vcpu.supported_cpus = value, pmus[value].cpus
            self.set_nr_counters(vcpu, self.max_counters(vm))
        elif attr == "SET_NR_COUNTERS":
            refuse(value > self.max_counters(vm), "EINVAL", f"{self.max_counters(vm)} at most")
            self.set_nr_counters(vcpu, value)
        elif attr == "ENABLE_PARTITION":
            refuse(not self.has_partition_support(), "EPERM", "no CPU of the host has a partition")
            refuse(vm.has_run, "EBUSY", "the VM has run")
            vm.partitioned = bool(value)
            if value and vm.n_counters > self.max_counters(vm):
                self.set_nr_counters(vcpu, self.max_counters(vm))
        else:
            vcpu.initialized = True

    # ---- what there is

    def host_pmus(self) -> list[HostPmu]:
        """List the PMUs of the host, a kind each: CPUs with the same counters and features.

        Here one is known by its place in the list. Linux: pmu-emul.c, arm_pmus; the number is the
        `type` file of a PMU in sysfs.
        """
        kinds: dict[tuple[int, frozenset[str], int], set[int]] = {}
        for host in self.hosts:
            kind = host.n_counters, host.features, host.max_guest_counters
            kinds.setdefault(kind, set()).add(host.cpu)
        return [HostPmu(frozenset(cpus), n, most) for (n, _, most), cpus in kinds.items()]

    def has_partition_support(self) -> bool:
        """Tell whether any CPU of the host has a partition.

        Linux: posting v8, patch 18, has_kvm_pmu_partition_support(): armv8pmu_is_partitioned is one
        for all PMUs.
        """
        return any(host.max_guest_counters >= 0 for host in self.hosts)

    def max_counters(self, vm: Vm) -> int:
        """Return how many event counters a VM can have of its host PMU: N, or what is lent.

        Posting v8, patch 10, limits every VM of a partitioned host to what is lent; here it is as
        the review of v5 asks, N for a VM with an emulated PMU. Otherwise turning the partition on
        had nothing to take. Linux: pmu.c, kvm_arm_pmu_get_max_counters().
        """
        pmu = self.host_pmus()[vm.pmu]
        lends = vm.partitioned and pmu.max_guest_counters >= 0
        return pmu.max_guest_counters if lends else pmu.n_counters

    def set_nr_counters(self, vcpu: Vcpu, n: int) -> None:
        """Give a VM so many event counters; HPMN, where it has one, is reset to that.

        Registers of counters that it did not have are as after a reset. Linux: pmu-emul.c,
        kvm_arm_set_nr_counters().
        """
        vcpu.vm.n_counters = n
        for name, value in reset_registers(n, vcpu.vm.has_el2).items():
            vcpu.regs.setdefault(name, value)
        if vcpu.vm.has_el2:
            vcpu.regs["MDCR_EL2"] = MDCR_EL2.put(vcpu.regs["MDCR_EL2"], HPMN=n)
