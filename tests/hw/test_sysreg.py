"""The grammar of registers: fields, values, what is printed, and what a mistake is told."""

import dataclasses

import pytest

from pmulab.hw.sysreg import Access, Field, Reg, Rule, Trap, Undefined, bit
from pmulab.hw.sysregs import MDCR_EL2, PMCR_EL0, REGS, reg

TOY = Reg(
    "TOY_EL1",
    (3, 0, 11, 12, 7),
    Rule.RW,
    "TOY",
    (
        Field("HIGH", 63, 60, "the top"),
        Field("MID", 11, 8, "four bits", Access.RO),
        bit("ACT", 1, "does something", Access.W1),
        bit("LOW", 0, "the last bit"),
    ),
    "A register that does not exist.",
    "nowhere",
)


@pytest.mark.parametrize(
    ("field", "mask", "bits"),
    [
        (Field("ALL", 63, 0), 0xFFFF_FFFF_FFFF_FFFF, "63:0"),
        (Field("N", 15, 11), 0xF800, "15:11"),
        (bit("E", 0), 1, "0"),
        (bit("TOP", 63), 1 << 63, "63"),
    ],
)
def test_a_field_knows_its_mask_and_prints_its_place(field, mask, bits):
    assert (mask, bits) == (field.mask, field.bits)


def test_a_field_of_a_row_reads_as_in_the_manual():
    assert 1 << 7 == MDCR_EL2.HPME
    assert 0x1F == MDCR_EL2.HPMN


def test_only_the_fields_that_are_read_and_written_are_writable():
    assert 0xF << 60 | 1 == TOY.writable


def test_get_extracts_a_field_and_shifts_it_down():
    assert 6 == PMCR_EL0.get(0x4101_3041, "N")
    assert 0xA == TOY.get(0xA << 60 | 0xFFF, "HIGH")


def test_put_replaces_fields_and_leaves_the_others():
    assert 0x3 << 60 | 0x5FF == TOY.put(0xF << 60 | 0x0FF, HIGH=3, MID=5)


def test_put_and_get_are_inverse_for_each_field_of_each_register():
    for row in REGS.values():
        for field in row.fields:
            top = (1 << field.msb - field.lsb + 1) - 1
            for content in (0, 1, top):
                value = row.put(0, **{field.name: content})

                assert content == row.get(value, field.name)
                assert content << field.lsb == value


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: PMCR_EL0.get(0, "EN"),
            KeyError,
            "no field EN in PMCR_EL0; it has IMP IDCODE N LP LC DP X D C P E",
        ),
        (
            lambda: TOY.put(0, WIDE=1),
            KeyError,
            "no field WIDE in TOY_EL1; it has HIGH MID ACT LOW",
        ),
        (
            lambda: MDCR_EL2.HPMM,
            AttributeError,
            "no field HPMM in MDCR_EL2; it has HLP HCCD HPMD HPME TPM TPMCR HPMN",
        ),
        (
            lambda: MDCR_EL2.put(0, HPMN=32),
            ValueError,
            "0x20 does not fit MDCR_EL2.HPMN: 5 bits",
        ),
        (lambda: TOY.put(0, LOW=2), ValueError, "0x2 does not fit TOY_EL1.LOW: 1 bits"),
        (lambda: TOY.put(0, HIGH=-1), ValueError, "-0x1 does not fit TOY_EL1.HIGH: 4 bits"),
        (
            lambda: reg("PMCNTSET_EL0"),
            KeyError,
            "no register PMCNTSET_EL0; near it: PMCNTENSET_EL0, PMCCNTR_EL0, PMINTENSET_EL1",
        ),
        (
            lambda: reg("ICH_LR16_EL2"),
            KeyError,
            "no register ICH_LR16_EL2; ICH_LR<n>_EL2 has n from 0 to 15",
        ),
        (
            lambda: reg("ICC_IAR2_EL1"),
            KeyError,
            "no register ICC_IAR2_EL1; ICC_IAR<n>_EL1 has n from 0 to 1",
        ),
        (lambda: reg("x"), KeyError, "no register x; see pmulab.hw.sysregs.REGS"),
        (lambda: reg(7), KeyError, "no register 7; see pmulab.hw.sysregs.REGS"),
    ],
)
def test_a_mistake_is_told_what_was_possible(call, error, message):
    with pytest.raises(error) as caught:
        call()

    assert error is caught.type
    assert message == caught.value.args[0]


@pytest.mark.parametrize(
    ("row", "value", "text"),
    [
        (PMCR_EL0, 0x4101_3041, "0x41013041 (IMP=0x41 IDCODE=0x1 N=0x6 LC E)"),
        (PMCR_EL0, 0, "0x0"),
        (MDCR_EL2, 0x82, "0x82 (HPME HPMN=0x2)"),
        (REGS["PMOVSSET_EL0"], 0x8000_0003, "0x80000003 (C P=0x3)"),
        (TOY, 1 << 30, "0x40000000"),
    ],
)
def test_text_names_the_fields_that_are_not_zero(row, value, text):
    assert text == row.text(value)


def test_the_datasheet_says_all_that_a_row_says():
    expected = """\
TOY_EL1  S3_0_C11_C12_7  RW: read and write the fields
A register that does not exist.
  63:60  HIGH       the top
   11:8  MID        four bits
      1  ACT        does something
      0  LOW        the last bit
  nowhere"""

    assert expected == TOY.datasheet()


def test_a_row_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TOY.reset = 1


@pytest.mark.parametrize(
    ("error", "ec", "text"),
    [
        (Undefined(1, "no such thing"), 0x00, "UNDEFINED, taken to EL1: no such thing"),
        (Trap(2, "MDCR_EL2.TPM"), 0x18, "trapped to EL2: MDCR_EL2.TPM"),
    ],
    ids=["Undefined", "Trap"],
)
def test_an_exception_says_where_it_goes_and_why(error, ec, text):
    assert (ec, text) == (error.ec, str(error))
