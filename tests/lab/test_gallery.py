"""The gallery: every wrong hypervisor breaks the law it names, the harmless ones break none."""

import pytest

from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.nested import Nested
from pmulab.lab.gallery.gallery import HEADING, bugs_on, gallery, line, stories, story, table
from pmulab.sim.laws import LAWS
from pmulab.view import player

ROWS = gallery()
BUGS = [row for row in ROWS.values() if not row.harmless]
HARMLESS = [row for row in ROWS.values() if row.harmless]


def names(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.id)


def test_there_are_at_least_thirty_bugs_and_four_that_only_look_like_one():
    assert len(BUGS) >= 30
    assert len(HARMLESS) >= 4


def test_each_row_is_complete():
    for row in ROWS.values():
        assert row.law == "" or row.law in LAWS, row
        assert row.world in WORLDS, row
        assert hasattr(Nested, row.hook), row
        assert row.hook in vars(row.hypervisor), row
        assert all(text.strip() for text in (row.id, row.origin, row.what, row.fix)), row


def test_each_row_has_one_story_and_each_story_a_row():
    assert sorted(ROWS) == sorted(stories())


def test_a_row_without_a_story_is_told_what_is_missing():
    with pytest.raises(ValueError, match=r"no table \[nobodys\]; it needs an origin and a fix"):
        story("nobodys")


def test_no_two_rows_say_the_same():
    assert len(ROWS) == len({row.what for row in ROWS.values()})
    assert len(ROWS) == len({row.hypervisor for row in ROWS.values()})


@pytest.mark.slow
@names(BUGS)
def test_a_bug_breaks_the_law_it_names_and_its_history_replays(row):
    result = row.explore()
    last = result.trace.records[-1]

    assert (row.law, None) == (result.accusation.law, result.error)
    assert ("accusation", str(result.accusation)) == (last.kind, last.text)
    # In the picture, too: a wrong hook may ask for registers that no place has.
    assert player(result.trace).to_text(len(result.trace))


@pytest.mark.slow
@names(HARMLESS)
def test_what_only_looks_wrong_breaks_no_law_in_any_state(row):
    result = row.explore()

    assert (None, None, True) == (result.accusation, result.error, result.certificate.closed)


QUICK = ["mask-and", "put-keeps-control", "user-always-open", "window-swap", "reserve-nothing"]


@pytest.mark.parametrize("id", QUICK)
def test_a_quick_sample_of_that(id):
    result = ROWS[id].explore()

    assert ROWS[id].law == result.accusation.law
    assert str(result.accusation) == result.trace.records[-1].text


def test_the_table_has_a_line_for_each_and_can_be_asked_for_some():
    lines = list(table(["no-swap"]))

    assert [HEADING, "no-swap"] == [lines[0], lines[1].split()[0]]
    assert ["no-swap", "own_reads", "small", "2"] == lines[1].split()[:4]
    assert line(ROWS["no-swap"], ROWS["no-swap"].explore()).startswith("no-swap ")


def test_bugs_are_found_by_the_hook_that_they_replace():
    assert {"put-keeps-enables"} <= {row.id for row in bugs_on("pmu_put")}
    assert all(row.law for row in bugs_on("pmu_put"))
