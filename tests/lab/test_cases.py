"""The tables of cases: each is named after a hook, and says each of its cases in words."""

import pytest

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.cases import AREAS, TABLES, Raised, judge, tables_of
from pmulab.lab.cases.table import Sentence, table

each = pytest.mark.parametrize("name", TABLES)


@each
def test_a_table_is_named_after_its_hook_and_found_by_it(name):
    hook = name.partition(".")[0]

    assert hasattr(Hypervisor, hook)
    assert name in tables_of(hook)


def test_a_hook_may_have_two_tables_and_most_names_none():
    found = tables_of("handle_host_irq")

    assert "handle_host_irq" in found
    assert {"handle_host_irq"} == {name.partition(".")[0] for name in found}
    assert 3 <= len(found)
    assert [] == tables_of("handle_host")


def test_every_area_has_a_table():
    homes = {row.run.__module__ for row in TABLES.values()}

    assert {area.__name__ for area in AREAS} == homes


@each
def test_another_case_is_said_in_other_words(name):
    rows = TABLES[name]
    said = [rows.said(case) for case in rows.cases]

    assert rows.about.endswith(".")
    assert [] == [line for line in said if "{" in line or "|" in line]
    assert len({repr(case) for case in rows.cases}) == len(set(said))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{due:low|high}", "high"),
        ("{none:low|high}", "low"),
        ("{none:nobody|{name} is there}", "nobody"),
        ("{name:nobody|{name} is there}", "A is there"),
        ("{due:#x} {name}", "0x10 A"),
        ("{due:twice}", "32"),
    ],
)
def test_a_sentence_chooses_asks_and_prints(text, said):
    words = {"twice": lambda value: str(2 * value)}

    assert said == Sentence(words).format(text, due=16, none="", name="A")


def test_an_int_of_too_many_bits_is_told_by_its_size():
    def wide(self, vcpu, value):
        return 1 << 40_000

    accusation = judge("vgic_fold", type("Mine", (Hypervisor,), {"vgic_fold": wide}))
    assert "an int of 40001 bits, where a number is due" == accusation.yours


def test_two_tables_of_a_name_are_refused():
    with pytest.raises(ValueError, match="two tables are called kick"):

        @table([], says="")
        def kick(hyp):
            """Never."""


def test_what_a_case_raises_comes_with_the_case():
    def no_idea(self, vcpu):
        raise KeyError("no idea")

    with pytest.raises(Raised, match="KeyError, where the vCPU runs, its level is low") as info:
        judge("kick", type("Mine", (Hypervisor,), {"kick": no_idea}))

    assert isinstance(info.value.error, KeyError)
