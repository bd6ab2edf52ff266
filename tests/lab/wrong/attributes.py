"""Attributes in a wrong order, or with a wrong end: as people might write them."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.kvm.attributes import refuse
from pmulab.kvm.event_filter import KvmError


def refuse_too_many(hyp, vcpu, n):
    most = hyp.max_counters(vcpu.vm)
    refuse(n > most, "EINVAL", "too many")


@wrong("user.attributes", "order of checks")
class AttrValueFirst(Hypervisor):
    """Looks at the value before it asks whether the PMU is initialized."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr == "SET_NR_COUNTERS":
            refuse_too_many(self, vcpu, value)
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "order of checks")
class AttrUnknownFirst(Hypervisor):
    """An attribute that is not there is -ENXIO, whatever has been initialized."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        known = ("SET_PMU", "SET_NR_COUNTERS", "ENABLE_PARTITION", "INIT")
        refuse(attr not in known, "ENXIO", attr)
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "order of checks")
class AttrBusyBeforePermission(Hypervisor):
    """ENABLE_PARTITION says that it is too late, where there is no partition to enable."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr == "ENABLE_PARTITION":
            refuse(vcpu.vm.has_run, "EBUSY", "the VM has run")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "order of checks")
class AttrBusyBeforeThere(Hypervisor):
    """SET_PMU says that it is too late before it looks whether there is such a PMU."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr == "SET_PMU":
            refuse(vcpu.vm.has_run, "EBUSY", "the VM has run")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "codes")
class AttrCodesSwapped(Hypervisor):
    """-EBUSY without a partition, -EPERM where the VM has run."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr == "ENABLE_PARTITION" and not vcpu.initialized:
            refuse(not self.has_partition_support(), "EBUSY", "no partition")
            refuse(vcpu.vm.has_run, "EPERM", "the VM has run")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "codes")
class AttrInvalidForNotThere(Hypervisor):
    """-EINVAL for a host PMU that is not there."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        absent = attr == "SET_PMU" and value not in range(len(self.host_pmus()))
        refuse(absent and not vcpu.initialized, "EINVAL", "no such PMU")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "cut or refused")
class AttrCutsNumber(Hypervisor):
    """SET_NR_COUNTERS gives what there is instead of refusing what is too many."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr == "SET_NR_COUNTERS":
            value = min(value, self.max_counters(vcpu.vm))
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "cut or refused")
class AttrRefusesPartition(Hypervisor):
    """ENABLE_PARTITION refuses a VM that has more than is lent instead of cutting it."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        vm = vcpu.vm
        if attr == "ENABLE_PARTITION" and value and not vcpu.initialized and not vm.has_run:
            before, vm.partitioned = vm.partitioned, True
            most = self.max_counters(vm)
            vm.partitioned = before
            refuse(self.has_partition_support() and vm.n_counters > most, "EINVAL", "too many")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "cut or refused")
class AttrForgetsToCut(Hypervisor):
    """ENABLE_PARTITION sets the VM's flag and nothing else."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        n = vcpu.vm.n_counters
        super().set_pmu_attr(vcpu, attr, value)
        if attr == "ENABLE_PARTITION":
            vcpu.vm.n_counters = n


@wrong("user.attributes", "limits")
class AttrOneTooFew(Hypervisor):
    """The most that there is counts as too many."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr == "SET_NR_COUNTERS" and not vcpu.initialized:
            refuse(value >= self.max_counters(vcpu.vm), "EINVAL", "too many")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "limits")
class AttrOneTooMany(Hypervisor):
    """One more than there is, as if the cycle counter were one of them."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr == "SET_NR_COUNTERS" and value == self.max_counters(vcpu.vm) + 1:
            refuse(vcpu.initialized, "EBUSY", "initialized")
            return self.set_nr_counters(vcpu, value)
        return super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "limits")
class AttrNoneIsTooFew(Hypervisor):
    """A guest without event counters is refused."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        none = attr == "SET_NR_COUNTERS" and not value
        refuse(none and not vcpu.initialized, "EINVAL", "no counter")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "limits")
class AttrLimitOfThisCpu(Hypervisor):
    """What the CPU has on which the ioctl runs, not what the VM's host PMU has."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        vm, host = vcpu.vm, self.host
        if attr != "SET_NR_COUNTERS" or vcpu.initialized:
            return super().set_pmu_attr(vcpu, attr, value)
        lends = vm.partitioned and host.max_guest_counters >= 0
        refuse(value > (host.max_guest_counters if lends else host.n_counters), "EINVAL", "")
        return self.set_nr_counters(vcpu, value)


@wrong("user.attributes", "limits")
class AttrAlwaysLent(Hypervisor):
    """What is lent, for every VM of a partitioned host: posting v8, patch 10."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        most = self.host_pmus()[vcpu.vm.pmu].max_guest_counters
        if attr == "SET_NR_COUNTERS" and not vcpu.initialized:
            refuse(0 <= most < value, "EINVAL", "more than is lent")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "on and off")
class AttrNeverOff(Hypervisor):
    """ENABLE_PARTITION enables, whatever its value is."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        super().set_pmu_attr(vcpu, attr, 1 if attr == "ENABLE_PARTITION" else value)


@wrong("user.attributes", "on and off")
class AttrOneIsOn(Hypervisor):
    """1 alone is on: a VMM may write any number but 0."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        one = int(value == 1) if attr == "ENABLE_PARTITION" else value
        super().set_pmu_attr(vcpu, attr, one)


@wrong("user.attributes", "on and off")
class AttrOffGivesBack(Hypervisor):
    """Turning the partition off gives back what turning it on took."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        super().set_pmu_attr(vcpu, attr, value)
        if attr == "ENABLE_PARTITION" and not value:
            self.set_nr_counters(vcpu, self.max_counters(vcpu.vm))


@wrong("user.attributes", "what another PMU cancels")
class AttrKeepsNumber(Hypervisor):
    """A number that was set stays with another PMU, as far as that has so many."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        n = vcpu.vm.n_counters
        super().set_pmu_attr(vcpu, attr, value)
        if attr == "SET_PMU":
            self.set_nr_counters(vcpu, min(n, self.max_counters(vcpu.vm)))


@wrong("user.attributes", "what another PMU cancels")
class AttrWholePmu(Hypervisor):
    """SET_PMU gives all that the PMU has, to a VM with a partition, too."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        super().set_pmu_attr(vcpu, attr, value)
        if attr == "SET_PMU":
            self.set_nr_counters(vcpu, self.host_pmus()[value].n_counters)


@wrong("user.attributes", "what another PMU cancels")
class AttrAnyCpu(Hypervisor):
    """SET_PMU leaves on which CPUs the VM may run."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        cpus = vcpu.supported_cpus
        super().set_pmu_attr(vcpu, attr, value)
        vcpu.supported_cpus = cpus


@wrong("user.attributes", "what another PMU cancels")
class AttrIndexFromTheEnd(Hypervisor):
    """PMU -1 is the last one."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr == "SET_PMU" and value < 0:
            value += len(self.host_pmus())
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "the filter")
class AttrFilterForbidsAll(Hypervisor):
    """With an event filter no PMU can be set, the one that the VM has neither."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        here = attr == "SET_PMU" and value in range(len(self.host_pmus()))
        filtered = here and vcpu.vm.event_filter.ranges
        refuse(filtered and not vcpu.initialized, "EBUSY", "it has a filter")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "the filter")
class AttrFilterForgotten(Hypervisor):
    """SET_PMU looks whether the VM has run, and not for a filter."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        rules = vcpu.vm.event_filter
        kept, rules.ranges = rules.ranges, []
        try:
            super().set_pmu_attr(vcpu, attr, value)
        finally:
            rules.ranges = kept


@wrong("user.attributes", "what only the documentation says")
class AttrNumberTooLate(Hypervisor):
    """SET_NR_COUNTERS is -EBUSY for a VM that has run: documented, and not what the kernel does."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        late = attr == "SET_NR_COUNTERS" and vcpu.vm.has_run
        refuse(late and not vcpu.initialized, "EBUSY", "the VM has run")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "what only the documentation says")
class AttrNumberOfChosenPmu(Hypervisor):
    """SET_NR_COUNTERS wants a PMU that SET_PMU chose: documented, and the default is one, too."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        unchosen = attr == "SET_NR_COUNTERS" and vcpu.supported_cpus is None
        refuse(unchosen and not vcpu.initialized, "EINVAL", "no PMU was chosen")
        super().set_pmu_attr(vcpu, attr, value)


@wrong("user.attributes", "what stays")
class AttrInitTwice(Hypervisor):
    """INIT may be done again."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr != "INIT":
            super().set_pmu_attr(vcpu, attr, value)
        vcpu.initialized |= attr == "INIT"


@wrong("user.attributes", "what stays")
class AttrErrorLeaves(Hypervisor):
    """A number that is refused stays all the same."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        try:
            super().set_pmu_attr(vcpu, attr, value)
        except KvmError as error:
            if error.code == "EINVAL":
                vcpu.vm.n_counters = value
            raise


@wrong("user.attributes", "what stays")
class AttrNumberAlone(Hypervisor):
    """Assigns the VM's number: the vCPU lacks registers, and its HPMN is the old one."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        if attr != "SET_NR_COUNTERS" or vcpu.initialized:
            return super().set_pmu_attr(vcpu, attr, value)
        refuse_too_many(self, vcpu, value)
        vcpu.vm.n_counters = value
        return None


@wrong("user.attributes", "what stays")
class AttrReturnsCodes(Hypervisor):
    """Returns a code, as C does, where a `KvmError` is due."""

    def set_pmu_attr(self, vcpu, attr, value=0):
        try:
            super().set_pmu_attr(vcpu, attr, value)
        except KvmError as error:
            return f"-{error.code}"
        return 0
