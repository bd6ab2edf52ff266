"""What a history that breaks tells of its steps."""

import pytest

from pmulab.lab.gallery.gallery import gallery


@pytest.mark.parametrize(("bug", "step"), [("host-mask-all", 8)])
def test_an_interrupt_that_the_host_handled_is_told_below_its_step(bug, step):
    found = gallery()[bug].explore()
    lines = found.steps()
    at = lines.index("        PMUIRQ: the host handles it")

    assert lines[at - 1].startswith(f"  {step:>4}  A lets counter 0 count")
    assert ((step, "PMUIRQ: the host handles it"),) == found.telling.besides
