"""Bits: what a write moves, against a plain statement of each rule; texts; refusals."""

import random

import pytest
from traitlets import TraitError

from pmulab.hw.sysreg import Rule
from pmulab.hw.sysregs import REGS
from pmulab.view import bits
from pmulab.view.registers import boxes, names_of, rules, write

PLAIN = {
    Rule.SET: lambda row, cell, value: cell | value,
    Rule.CLR: lambda row, cell, value: cell & ~value,
    Rule.RW: lambda row, cell, value: cell & ~row.writable | value & row.writable,
}


@pytest.mark.parametrize("name", [name for name, row in REGS.items() if row.rule in PLAIN])
def test_a_write_does_what_the_rule_of_the_row_says(name):
    row, dice = REGS[name], random.Random(name)
    mask = sum(1 << n for box in boxes(row, 31) for n, _ in box["bits"])
    for _ in range(5):
        cell, value = dice.getrandbits(64) & mask, dice.getrandbits(64) & mask
        expected = PLAIN[row.rule](row, cell, value)

        assert expected == write(rules(row, mask), cell, value)


def test_a_pair_has_two_names_over_one_state():
    shown = bits("PMOVSCLR_EL0", 0x5)

    assert ["PMOVSSET_EL0", "PMOVSCLR_EL0"] == [row.name for row in names_of(REGS["PMOVSCLR_EL0"])]
    assert 0x7 == shown.write(0x2, "PMOVSSET_EL0")
    assert 0x6 == shown.write(0x1, "PMOVSCLR_EL0")
    assert (
        "Wrote 0x1 to PMOVSCLR_EL0: moved -P0. "
        "The others stay: through this name a 1 clears and a 0 does nothing; PMOVSSET_EL0 sets."
    ) == shown.sentence()


def test_a_read_only_field_keeps_its_value():
    shown = bits("PMCR_EL0", 0x3040)

    assert 0x3041 == shown.write(0xF841)
    assert "moved +E" in shown.sentence()


def test_its_text_holds_fields_and_values(golden):
    shown = bits("PMCNTENSET_EL0", 0x80000005)
    shown.write(0x80000002, "PMCNTENSET_EL0")
    pages = [shown.to_text(), bits("MDCR_EL2", 0x84).to_text(), bits("PMCNTENSET_EL0").to_text()]

    golden("view-bits", "\n\n\n".join(pages))


def test_its_static_forms_are_the_same_each_time():
    first, second = (bits("PMCNTENSET_EL0", 1).twins() for _ in range(2))

    assert first["text/html"] == second["text/html"]
    assert first["text/plain"] == bits("PMCNTENSET_EL0", 1).to_text()
    assert "Bits of PMCNTENSET_EL0 and PMCNTENCLR_EL0: 0x1" == repr(bits("PMCNTENSET_EL0", 1))


def test_mistakes_are_named():
    with pytest.raises(KeyError, match="no register PMXX"):
        bits("PMXX")
    with pytest.raises(ValueError, match="0x40 has bits that PMCNTENSET_EL0 has not"):
        bits("PMCNTENSET_EL0", 0x40)
    with pytest.raises(ValueError, match="40 counters; a PE has 0 to 31"):
        bits("PMCNTENSET_EL0", counters=40)
    with pytest.raises(KeyError, match="no name PMCR_EL0 for this register"):
        bits("PMCNTENSET_EL0").write(1, "PMCR_EL0")
    with pytest.raises(TraitError, match="is no value in hex"):
        bits("PMCNTENSET_EL0").operand = "five"
