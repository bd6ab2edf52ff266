"""Values in words: fields, counters, and what came and went."""

import pytest

from pmulab.view.fields import GROUPS, fields_text, group, meaning

C = 1 << 31


@pytest.mark.parametrize(
    ("register", "value", "before", "text"),
    [
        ("PMCR_EL0", 0x41013041, None, "N=6 LC E"),
        ("PMCR_EL0", 0x41, 0x40, "LC +E"),
        ("PMCR_EL0", 0x40, 0x41, "LC -E"),
        ("PMCR_EL0", 0, None, ""),
        ("PMSELR_EL0", 3, 0, "SEL=3 (was 0)"),
        ("MDCR_EL2", 0x82, None, "HPME HPMN=2"),
        ("PMEVTYPER0_EL0", 0x8000011, None, "NSH evtCount=0x11"),
        ("PMCNTENSET_EL0", 0x8000003F, None, "P0-5 C"),
        ("PMCNTENSET_EL0", 0b1101, None, "P0 P2-3"),
        ("PMCNTENSET_EL0", C | 0b0110, 0b0011, "-P0 P1 +P2 +C"),
        ("PMCNTENSET_EL0", 0, C | 0b11, "-P0-1 -C"),
        ("PMEVCNTR0_EL0", 0x42, 0x41, ""),
        ("NO_SUCH_REGISTER", 0x42, None, ""),
    ],
)
def test_a_value_in_words(register, value, before, text):
    assert text == fields_text(register, value, before)


@pytest.mark.parametrize(
    ("register", "kind"),
    [
        ("PMCR_EL0", "EL0"),
        ("PMINTENSET_EL1", "bitmap"),
        ("PMCCNTR_EL0", "counter"),
        ("PMCCFILTR_EL0", "typer"),
        ("PMEVTYPER3_EL0", "typer"),
        ("HCR_EL2", "EL2"),
        ("PMUIRQ", "other"),
    ],
)
def test_every_register_has_a_place_among_its_kind(register, kind):
    assert kind == group(register)
    assert kind in GROUPS


def test_a_register_says_what_it_is_for():
    assert "Control." == meaning("PMCR_EL0")
    assert "" == meaning("PMUIRQ")
