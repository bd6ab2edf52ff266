"""Attributes that are set in another way, and come to the same."""

from lab.right.table import right

from pmulab import Hypervisor
from pmulab.kvm.event_filter import KvmError


@right("user.attributes", "which texts an error has nobody compares")
class AttrByMatch(Hypervisor):
    """Written with `match` and `raise`, with other words."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if vcpu.initialized:
            raise KvmError("EBUSY", "no more")
        vm = vcpu.vm
        match attr:
            case "SET_PMU":
                self._pmu(vcpu, value)
            case "SET_NR_COUNTERS" if value <= self.max_counters(vm):
                self.set_nr_counters(vcpu, value)
            case "SET_NR_COUNTERS":
                raise KvmError("EINVAL", "no")
            case "ENABLE_PARTITION" if self.has_partition_support() and not vm.has_run:
                vm.partitioned = value
                n, most = vm.n_counters, self.max_counters(vm)
                if value and n > most:
                    self.set_nr_counters(vcpu, most)
            case "ENABLE_PARTITION":
                raise KvmError("EBUSY" if self.has_partition_support() else "EPERM", "no")
            case "INIT":
                vcpu.initialized = True
            case _:
                raise KvmError("ENXIO", attr)

    def _pmu(self, vcpu, value):
        try:
            chosen = {n: pmu for n, pmu in enumerate(self.host_pmus())}[value]
        except KeyError:
            raise KvmError("ENXIO", "no") from None
        vm = vcpu.vm
        if vm.has_run or (vm.event_filter.ranges and value != vm.pmu):
            raise KvmError("EBUSY", "no")
        vm.pmu, vcpu.supported_cpus = value, frozenset(chosen.cpus)
        self.set_nr_counters(vcpu, self.max_counters(vm))


@right("user.attributes", "a number that is refused is not looked at again")
class AttrLooksAfterwards(Hypervisor):
    """Keeps what there was, sets, and puts it back where that was an error."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        vm = vcpu.vm
        before = vm.n_counters, vm.partitioned, vm.pmu
        try:
            super().set_pmu_attr(vcpu, attr, value)
        except KvmError:
            vm.n_counters, vm.partitioned, vm.pmu = before
            raise
