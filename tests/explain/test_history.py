"""What a history that breaks tells of its steps."""

import pytest

from pmulab.explain.beside import with_reference
from pmulab.explain.history import widely
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.gallery.gallery import gallery


@pytest.mark.parametrize(("bug", "step"), [("host-mask-all", 8)])
def test_an_interrupt_that_the_host_handled_is_told_below_its_step(bug, step):
    found = gallery()[bug].explore()
    lines = found.steps()
    at = lines.index("        PMUIRQ: the host handles it")

    assert lines[at - 1].startswith(f"  {step:>4}  A lets counter 0 count")
    assert ((step, "PMUIRQ: the host handles it"),) == found.telling.besides


def test_a_wide_count_beside_another_is_a_number_and_no_list_register():
    class Cuts(Hypervisor):
        def pmu_put(self, vcpu):
            super().pmu_put(vcpu)
            vcpu.regs["PMCCNTR_EL0"] &= 0xFFFFFFFF

    result = widely(Cuts, "pmu_put").result
    pairs = with_reference(result, Cuts, "pmu_put")
    said = [values for pair in pairs for name, *values in pair.apart if "PMCCNTR" in name]

    assert said
    assert all(value.startswith("0x") and " " not in value for both in said for value in both)
