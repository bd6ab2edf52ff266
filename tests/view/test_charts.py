"""Charts of numbers that are passed in, and the verdict with its player."""

import sys

import pytest

from pmulab import Machine
from pmulab.view import (
    against_private,
    costs,
    costs_by,
    counter_chart,
    heat_map,
)
from pmulab.view.figures import NOTE
from pmulab.view.heat import COLOURS, shade

SERIES = {"private PMU": [(0, 0), (100, 100)], "here": [(0, 0), (50, 50), (100, 60)]}
COSTS = {"exits": [("reads", 900, 12), ("idle", 0, 0)], "cycles": [("reads", 5, 0)]}


def chart_of_each():
    """Build one chart of each kind."""
    heat = heat_map(lambda x, y: x * y, ("slice", [1, 2]), ("rate", [10, 20, 30]), "late")
    return [against_private(SERIES), costs(COSTS), heat]


@pytest.mark.slow
def test_counts_stand_beside_those_of_a_private_pmu():
    assert [["0", "0", "0"], ["50", "0", "50"], ["100", "100", "60"]] == against_private(
        SERIES
    ).rows


def test_costs_say_how_many_times_more():
    assert ["75 times", "1 times", "only the first"] == [row[-1] for row in costs(COSTS).rows]


def test_static_forms_are_the_same_each_time():
    for first, second in zip(chart_of_each(), chart_of_each()):
        one, other = first.twins(), second.twins()

        assert one["text/html"] == other["text/html"]
        assert one["text/plain"] == first.to_text() == other["text/plain"]
        assert repr(first) == f"Chart: {first.title}"


def test_the_heat_map_answers_while_its_sliders_move():
    heat = chart_of_each()[-1]
    heat.x.index, heat.y.index = 1, 2

    assert "slice 2, rate 30: late 60" == heat.sentence()
    assert "slice 2, rate 30: late 60" in heat.answer.value
    assert [0.5, 1.5] == sorted(set(heat.figure.marks[-1].x))
    assert "Slider slice: 2" == repr(heat.x)


def test_without_bqplot_a_chart_says_so_once_and_opens_its_table(monkeypatch):
    monkeypatch.setitem(sys.modules, "bqplot", None)
    counts = counter_chart(Machine("two-guests").run())
    charts = [*chart_of_each(), counts]
    parts = [[str(getattr(part, "value", "")) for part in chart.children] for chart in charts]

    assert [1] * 4 == [sum(NOTE in part for part in each) for each in parts]
    assert ["<details open>"] * 4 == [each[-1][:14] for each in parts]


def test_the_heat_map_answers_without_a_figure_as_well(monkeypatch):
    monkeypatch.setitem(sys.modules, "bqplot", None)
    heat = chart_of_each()[-1]
    heat.x.index = 1

    assert "slice 2, rate 10: late 20" == heat.sentence()


def test_colours_go_from_the_smallest_to_the_largest():
    grid = [[1, 2], [3, 1000]]

    assert list(COLOURS) == [shade(cell, grid) for line in grid for cell in line]
    assert COLOURS[0] == shade(5, [[5, 5]])


def test_two_heat_maps_of_one_scale_can_be_compared():
    assert [COLOURS[0], COLOURS[-1]] == [shade(value, [], 40) for value in (0, 50)]
    assert shade(9, [], 40) < shade(8, [], 40) < shade(0, [], 40)


@pytest.mark.parametrize(
    "build",
    [
        lambda: against_private({}),
        lambda: against_private({"a": []}),
        lambda: costs({}),
        lambda: costs({"exits": []}),
        lambda: heat_map(max, ("slice", []), ("rate", [1])),
    ],
)
def test_no_data_is_refused(build):
    with pytest.raises(ValueError, match="at least one"):
        build()


def test_costs_follow_the_slider_in_the_chart_and_in_both_twins():
    desk = costs_by(lambda price: {"cycles": [("a", 2 * price, price)]}, ("a price", (10, 20)), 20)
    before = desk.to_text(), desk.to_html()
    desk.slider.index = 0

    assert "a price: 20" in before[0]
    assert "40" in before[1]
    assert "a price: 10" in desk.to_text()
    assert "20" in desk.chart.rows[0]
    assert [desk.slider, desk.chart] == list(desk.children)
