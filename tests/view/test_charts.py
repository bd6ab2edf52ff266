"""Charts of numbers that are passed in, and the verdict with its player."""

import sys
from xml.etree import ElementTree

import pytest

from pmulab import Machine
from pmulab.view import (
    against_private,
    costs,
    costs_by,
    counter_chart,
    heat_map,
    plotting,
)
from pmulab.view.heat import COLOURS, shade
from pmulab.view.svg import Picture, spaced, written

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


@pytest.fixture
def without_bqplot(monkeypatch):
    """Take bqplot away, as in a browser that is offline."""
    monkeypatch.setitem(sys.modules, "bqplot", None)


def pictures(chart):
    """Return the SVG of a chart's figures."""
    return [ElementTree.fromstring(p.value) for p in chart.children if isinstance(p, Picture)]


def names(picture):
    """Return all texts of a picture."""
    return [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]


def test_without_bqplot_a_chart_is_drawn_all_the_same(without_bqplot):
    counts = counter_chart(Machine("two-guests").run())
    private, both, heat = chart_of_each()

    assert [1, 2, 1, 1] == [len(pictures(chart)) for chart in (private, both, heat, counts)]
    (lines,) = pictures(private)
    assert {"private PMU", "here", "cycle", "count", "0", "100"} <= {*names(lines)}
    assert {"reads", "idle", "900", "12"} <= {*names(pictures(both)[0])}
    assert {"slice", "rate", "60"} <= {*names(pictures(heat)[0])}
    assert {"cpu0", "A", "B", "PMEVCNTR0_EL0"} <= {*names(pictures(counts)[0])}
    assert "A chart of count over cycle. Its numbers are in the table." == lines.get("aria-label")


def test_beside_ipywidgets_7_a_chart_is_drawn_without_bqplot(monkeypatch):
    monkeypatch.setattr(plotting.ipywidgets, "__version__", "7.8.5")

    with pytest.raises(ImportError, match="ipywidgets 7"):
        plotting.load_bqplot()


def test_a_picture_has_the_points_of_the_data(without_bqplot):
    (drawn,) = pictures(against_private({"alone": [(0, 0), (50, 100), (100, 50)]}))
    path = next(iter(drawn.iter("{http://www.w3.org/2000/svg}path"))).get("d")
    points = [tuple(map(float, pair.split(","))) for pair in path[1:].split("L")]
    (x0, y0), (x1, y1), (x2, y2) = points

    assert (2, 2) == (round((x2 - x0) / (x1 - x0), 2), round((y0 - y1) / (y0 - y2), 2))
    assert x0 < x1 < x2 and y1 < y2 < y0


def test_lines_differ_in_more_than_colour(without_bqplot):
    (drawn,) = pictures(counter_chart(Machine("two-guests").run()))
    paths = drawn.iter("{http://www.w3.org/2000/svg}path")
    looks = [
        (p.get("stroke-dasharray"), p.get("style")) for p in paths if p.get("stroke-dasharray")
    ]

    assert 2 == len({dash for dash, _ in looks}) == len({*looks})


def test_the_heat_map_answers_without_bqplot_as_well(without_bqplot):
    heat = chart_of_each()[-1]
    before = heat.figure.value
    heat.x.index = 1

    assert "slice 2, rate 10: late 20" == heat.sentence()
    assert before != heat.figure.value


@pytest.mark.parametrize(
    ("ends", "due"),
    [
        ((0, 10), [0, 2, 4, 6, 8, 10]),
        ((0, 118), [0, 50, 100]),
        ((-0.5, 1.5), [-0.5, 0, 0.5, 1, 1.5]),
        ((0, 0), [0]),
    ],
)
def test_an_axis_has_round_values(ends, due):
    assert due == spaced(ends)


@pytest.mark.parametrize(
    ("value", "form", "due"),
    [
        (1234567, ",d", "1,234,567"),
        (0.25, "", "0.25"),
        (1_500_000, ".3s", "1.5M"),
        (0, ".3~s", "0"),
        (450, ".3~s", "450"),
        (2.0**64, ".3s", "18.4E"),
    ],
)
def test_a_number_is_written_as_d3_does(value, form, due):
    assert due == written(value, form)


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
