"""The chart of a counter: its lines, its table, its static forms."""

from itertools import pairwise

import pytest

from pmulab.sim.trace import Record, Trace
from pmulab.view import counter_chart
from pmulab.view.counters import corners, styles
from pmulab.view.figures import COLOURS
from pmulab.view.steps import tones

PLACE = "cpu0.PMEVCNTR0_EL0"


def records(*rows):
    """Make a trace of one location out of (time, kind, old, new)."""
    happened = [
        Record(time, 0, "A", kind, "", {PLACE: (old, new)} if old != new else {})
        for time, kind, old, new in rows
    ]
    return Trace("t", ("host", "A"), {PLACE: 0}, tuple(happened))


@pytest.mark.parametrize(
    ("trace", "line"),
    [
        (records(), [(0, 0), (0, 0)]),
        # Work is a slope from the record before it; a write is a step.
        (records((10, "note", 0, 0), (30, "work", 0, 8)), [(0, 0), (10, 0), (30, 8), (30, 8)]),
        (records((10, "access", 0, 5)), [(0, 0), (10, 0), (10, 5), (10, 5)]),
        # A counter that wraps did not count down on the way.
        (records((10, "work", 0, 9), (20, "work", 9, 1))[1:], [(0, 9), (20, 9), (20, 1), (20, 1)]),
    ],
)
def test_the_corners_of_a_line(trace, line):
    assert line == corners(trace, PLACE)


def test_it_draws_every_place_that_has_the_register(two_guests):
    chart = counter_chart(two_guests, "PMCCNTR_EL0")
    figure = chart.children[1]

    assert ["cpu0", "A", "B"] == chart.places
    assert "Chart of PMCCNTR_EL0 in two-guests: cpu0 A B" == repr(chart)
    swaps, *lines, names, turns = figure.marks
    assert ["solid", "dashed", "dotted"] == [line.line_style for line in lines]
    assert 4 == len(swaps.x)
    assert {"cpu0", "A", "B"} == set(names.text)
    assert ["A", "B"] == list(turns.text)


def test_names_at_the_ends_of_lines_do_not_cover_each_other(two_guests):
    names = counter_chart(two_guests, "PMEVCNTR1_EL0").children[1].marks[-2]
    heights = sorted(names.y)

    assert min(b - a for a, b in pairwise(heights)) > 0


def test_an_unknown_register_is_an_error_that_names_those_there_are(two_guests):
    with pytest.raises(KeyError, match=r"no register PMXX in this trace; it has MDCR_EL2 PMCCNTR"):
        counter_chart(two_guests, "PMXX")


def test_its_static_forms_are_the_same_each_time(two_guests):
    first, second = (counter_chart(two_guests).twins() for _ in range(2))

    assert first["text/html"] == second["text/html"]
    assert first["text/plain"] == second["text/plain"] == counter_chart(two_guests).to_text()


def test_the_text_holds_each_change_and_each_swap(two_guests, golden):
    golden("view-counters", counter_chart(two_guests).to_text())


def test_a_long_table_is_cut_and_says_so(two_guests):
    long = Trace(two_guests.scenario, two_guests.lanes, two_guests.initial, two_guests.records * 9)
    html = counter_chart(long).to_html()

    assert 41 == html.count("<tr>")
    assert "the first 40 of " in html


def test_a_trace_without_records_has_a_chart():
    assert counter_chart(records(), "PMEVCNTR0_EL0").children


def test_more_vcpus_than_colours_share_them():
    looks = styles(["cpu0", "A", "B", "C", "D"])

    assert looks["A"] == looks["D"] != looks["B"] != looks["C"]


def test_a_guest_has_its_colour_in_every_picture_whoever_else_is_there():
    assert {"B": 2} == tones(("host", "B"))
    assert {"A": 1, "B": 2} == tones(("host", "B", "A", "idle"))
    assert {"north": 1, "south": 2} == tones(("north", "south"))
    assert (COLOURS[1], "dotted") == styles(["cpu0", "B"])["B"]
    assert 3 == len(COLOURS)
