"""The first minute: what it says comes of a run, for every place of the switch and the sliders."""

from itertools import product

import pytest

from pmulab import turns
from pmulab.lab.course.turns import TURN, WORK, Turns
from pmulab.view.turns import TurnsDesk

WITH_SWAP = list(product((True, False), TURN, WORK))


@pytest.mark.one_in(8)
@pytest.mark.parametrize("swap, turn, work", WITH_SWAP[:: len(WITH_SWAP) // 60])
def test_a_guest_did_its_program_and_reads_it_if_there_is_a_swap(swap, turn, work):
    desk = Turns(swap, turn, work)
    read = {name: desk.read(name) for name in "AB"}

    assert {"A": 2000, "B": work} == {name: desk.did(name) for name in "AB"}
    assert not swap or read == {"A": 2000, "B": work}
    assert swap or read["A"] == 2000 + before_it_was_read_by("A", desk)


def before_it_was_read_by(name, desk):
    """Count what others did before a guest read."""
    end = desk.read_at(name)
    return sum(now - was for who, _, at, was, now in desk.turns() if who != name and at <= end)


def test_turns_follow_each_other_without_a_gap():
    for turn in TURN[::4]:
        rows = list(Turns(True, turn, 1200).turns())

        assert [end for _, _, end, _, _ in rows[:-1]] == [start for _, start, *_ in rows[1:]]


def test_only_a_swap_saves_counts():
    assert [] == Turns(False).saved()
    assert [("A", 1000, 800), ("B", 2000, 333)] == Turns(True).saved()[:2]


def test_what_is_not_on_a_slider_is_told():
    with pytest.raises(ValueError, match=r"a turn is 999; possible is 250 to 3000, by 250"):
        turns(turn=999)
    with pytest.raises(ValueError, match=r"B's work is -1; possible is 0 to 1200, by 100"):
        turns(work=-1)


def test_the_widget_shows_what_the_desk_says():
    desk = TurnsDesk(Turns())
    desk.obey({"do": "choose", "with": [True, 500, 0]})

    assert desk.to_text() == f"{Turns(True, 500, 0)!r}"
    assert "<caption>Two guests, one counter</caption>" in desk.to_html()
    assert '"chosen": [true, 500, 0]' in desk.panel.shown
