"""The virtual CPU interface against QEMU: 32,000 recorded accesses, one at a time."""

import pytest

from pmulab.evidence.replay import replay

# Rows that are compared; the others are tagged as not the architecture, and judged by tag.
COMPARED = {
    "gic-lr-s1": 7275,
    "gic-lr-s2": 7154,
    "gic-traps-s1": 7462,
    "gic-traps-s2": 7537,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPARED)
def test_every_access_is_answered_as_qemu_does_or_as_the_architecture_says(root, name):
    report = replay(root / "tests" / "conformance" / "qemu" / f"{name}.jsonl.gz")

    assert ([], []) == (report.mismatches, report.refused)
    assert (8000, COMPARED[name]) == (report.rows, report.compared)
