"""A vCPU's PMU attributes: their errors, their order, what they leave.

What is due is worked out by hand from Linux: pmu-emul.c, kvm_arm_pmu_v3_set_attr(), and posting v8,
patch 18.
"""

import pytest

from pmulab.hw.pe import Pe
from pmulab.hw.sysregs import MDCR_EL2
from pmulab.kvm.attributes import HostPmu
from pmulab.kvm.event_filter import DENY, KvmError
from pmulab.kvm.hypervisor import Config, Hypervisor
from pmulab.kvm.vcpu import Vcpu, Vm
from pmulab.sim.machine import Machine

PMU_BUSY = "-EBUSY: the vCPU's PMU is initialized"


def host(reserved=2, sizes=(6, 4, 6)):
    """Make a host with two kinds of CPUs: PMU 0 has 6 counters, PMU 1 has 4."""
    return Hypervisor([Pe(n) for n in sizes], Config(reserved))


def new_vcpu(n_counters=6, **keys):
    return Vcpu("A", Vm("A", n_counters, partitioned=False, **keys))


def answers(hyp, vcpu, *attrs):
    """Set attributes, each written as a VMM's line; return an error code or nothing for each."""
    found = []
    for line in attrs:
        attr, *value = line.split()
        try:
            hyp.set_pmu_attr(vcpu, attr, *map(int, value))
            found.append("")
        except KvmError as error:
            found.append(error.code)
    return found


def test_the_pmus_of_a_host_are_its_kinds_of_cpus():
    features = Pe(6).features - {"FEAT_PMUv3p5"}
    hyp = Hypervisor([Pe(6), Pe(4), Pe(6), Pe(6, features=features)], Config(5))

    assert [
        HostPmu(frozenset({0, 2}), 6, 1),
        HostPmu(frozenset({1}), 4, -1),
        HostPmu(frozenset({3}), 6, 1),
    ] == hyp.host_pmus()


@pytest.mark.parametrize(
    ("lines", "codes", "n", "partitioned"),
    [
        # The number is cut where the partition comes after it, and refused where it comes before.
        (["SET_NR_COUNTERS 6", "ENABLE_PARTITION 1"], ["", ""], 4, True),
        (["ENABLE_PARTITION 1", "SET_NR_COUNTERS 6"], ["", "EINVAL"], 4, True),
        (["ENABLE_PARTITION 1", "SET_NR_COUNTERS 4"], ["", ""], 4, True),
        (["SET_NR_COUNTERS 3", "ENABLE_PARTITION 1"], ["", ""], 3, True),
        # What was cut does not come back by itself.
        (["ENABLE_PARTITION 1", "ENABLE_PARTITION 0"], ["", ""], 4, False),
        (["ENABLE_PARTITION 1", "ENABLE_PARTITION 0", "SET_NR_COUNTERS 6"], [""] * 3, 6, False),
        (["ENABLE_PARTITION 2"], [""], 4, True),
        # Another PMU cancels the number; that of a partitioned VM is what its partition lends.
        (["SET_NR_COUNTERS 1", "SET_PMU 0"], ["", ""], 6, False),
        (["SET_NR_COUNTERS 1", "SET_PMU 1"], ["", ""], 4, False),
        (["ENABLE_PARTITION 1", "SET_PMU 1"], ["", ""], 2, True),
        (["SET_PMU 1", "ENABLE_PARTITION 1", "SET_NR_COUNTERS 3"], ["", "", "EINVAL"], 2, True),
        (["SET_PMU 2"], ["ENXIO"], 6, False),
        (["SET_PMU -1"], ["ENXIO"], 6, False),
        (["SET_NR_COUNTERS 7"], ["EINVAL"], 6, False),
        (["SET_NR_COUNTERS 0"], [""], 0, False),
        (["FIXED_COUNTERS_ONLY"], ["ENXIO"], 6, False),
        (["INIT", "INIT"], ["", "EBUSY"], 6, False),
        (["INIT", "SET_PMU 9"], ["", "EBUSY"], 6, False),
        (["INIT", "SET_NR_COUNTERS 9"], ["", "EBUSY"], 6, False),
        (["INIT", "ENABLE_PARTITION 1"], ["", "EBUSY"], 6, False),
    ],
)
def test_what_a_vmm_sets_answers_and_leaves_what_the_kernel_does(lines, codes, n, partitioned):
    vcpu = new_vcpu()

    assert codes == answers(host(), vcpu, *lines)
    assert (n, partitioned) == (vcpu.vm.n_counters, vcpu.vm.partitioned)


def test_a_host_without_a_partition_says_so_before_it_says_that_it_is_too_late():
    vcpu = new_vcpu()
    vcpu.vm.has_run = True

    assert ["EPERM"] == answers(host(-1), vcpu, "ENABLE_PARTITION 1")
    assert ["EBUSY"] == answers(host(2), vcpu, "ENABLE_PARTITION 1")
    assert not vcpu.vm.partitioned


def test_a_vm_that_has_run_keeps_its_pmu_and_may_still_change_its_number():
    vcpu = new_vcpu()
    vcpu.vm.has_run = True

    assert ["EBUSY", "ENXIO", ""] == answers(
        host(), vcpu, "SET_PMU 0", "SET_PMU 9", "SET_NR_COUNTERS 3"
    )
    assert 3 == vcpu.vm.n_counters


def test_a_filter_allows_the_pmu_that_it_was_made_for_alone():
    vcpu = new_vcpu()
    vcpu.vm.event_filter.set_range(0x13, 1, DENY)

    assert ["EBUSY", "", ""] == answers(host(), vcpu, "SET_PMU 1", "SET_PMU 0", "SET_NR_COUNTERS 3")
    assert (0, {0, 2}) == (vcpu.vm.pmu, vcpu.supported_cpus)


def test_a_partition_of_one_pmu_allows_the_attribute_and_lends_nothing_on_another():
    vcpu, hyp = new_vcpu(), host(5)

    assert ["", "", ""] == answers(
        hyp, vcpu, "SET_PMU 1", "ENABLE_PARTITION 1", "SET_NR_COUNTERS 4"
    )
    hyp.this_cpu(1)
    assert (True, False) == (vcpu.vm.partitioned, hyp.is_partitioned(vcpu))


def test_a_vcpu_has_the_registers_of_the_counters_that_it_gets():
    vcpu, hyp = new_vcpu(2), host()
    vcpu.regs["PMEVCNTR1_EL0"] = 7
    answers(hyp, vcpu, "ENABLE_PARTITION 1", "SET_PMU 0", "INIT")
    hyp.vcpu_load(vcpu)
    hyp.cpu.msr("PMEVCNTR3_EL0", 9)
    hyp.vcpu_put(vcpu)

    assert (7, 9) == (vcpu.regs["PMEVCNTR1_EL0"], vcpu.regs["PMEVCNTR3_EL0"])


def test_hpmn_of_a_guest_with_an_el2_is_reset_with_the_number_and_nothing_else_is():
    vcpu = new_vcpu(has_el2=True)
    vcpu.regs["MDCR_EL2"] = MDCR_EL2.HPME | 1
    answers(host(), vcpu, "SET_NR_COUNTERS 3")

    assert MDCR_EL2.HPME | 3 == vcpu.regs["MDCR_EL2"]


def test_turning_on_a_partition_that_takes_nothing_leaves_hpmn():
    vcpu = new_vcpu(3, has_el2=True)
    vcpu.regs["MDCR_EL2"] = 1
    answers(host(), vcpu, "ENABLE_PARTITION 1")

    assert 1 == vcpu.regs["MDCR_EL2"]


def test_the_pmu_of_a_vcpu_that_a_machine_runs_is_initialized():
    machine = Machine("two-guests", record=False)

    with pytest.raises(KvmError, match=PMU_BUSY):
        machine.hyp.set_pmu_attr(machine.vcpus["A"], "SET_NR_COUNTERS", 1)
