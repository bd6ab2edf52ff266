"""The picture of the map: inside its frame, every hook once, each state told without colour."""

import re
import xml.etree.ElementTree as ET

import pytest

from pmulab.lab.course.course_map import CourseMap
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.view.map_drawing import show_map, svg, to_html

MAP = CourseMap("The map", ["swap.fold", "swap.load"], ["swap.load", "swap.put"], ["put"])


@pytest.fixture(scope="module")
def drawn():
    return ET.fromstring(svg(MAP))


def test_every_hook_is_drawn_once_and_inside(drawn):
    _, _, width, height = map(int, drawn.get("viewBox").split())
    groups = [g for g in drawn.iter("g") if "md-hook" in g.get("class", "")]
    boxes = [[float(g.find("rect").get(k)) for k in ("x", "y", "width", "height")] for g in groups]
    host = drawn.find("rect[@class='md-host']")
    floor = float(host.get("y")) + float(host.get("height"))

    assert sorted(row.hook for row in EXERCISES.values()) == sorted(
        g.findall("text")[1].text for g in groups
    )
    assert [] == [box for box in boxes if box[0] + box[2] > width or box[1] + box[3] > floor]
    assert floor < height


def test_a_state_has_a_sign_and_a_frame_of_its_own(drawn):
    groups = {
        g.findall("text")[1].text: g for g in drawn.iter("g") if "md-hook" in g.get("class", "")
    }
    states = {name: (g.get("class"), g.find("text").text) for name, g in groups.items()}

    assert ("md-hook md-written", "✓") == states["fold_overflow"]
    assert ("md-hook md-written md-here", "✓▸") == states["pmu_load"]
    assert ("md-hook md-here", "▸") == states["pmu_put"]
    assert ("md-hook md-later", "3") == states["owns_counters"]


def test_the_text_twin_is_with_it_twice():
    page = to_html(MAP)

    assert "✓ fold_overflow" in re.search('aria-label="([^"]*)"', page)[1]
    assert "<details><summary>The map as text</summary>" in page
    assert "✓ written: its check said right. ▸ asked for in this notebook." in page


def test_its_words_are_hidden_where_its_style_is_taken_out():
    page = to_html(MAP)

    assert '<div class="md-trusted" style="display:none"><svg' in page
    assert ".md-trusted {\n  display: block !important;" in page


def test_it_is_static(monkeypatch):
    shown = []
    monkeypatch.setattr("pmulab.view.map_drawing.display", lambda data, raw: shown.append(data))
    show_map(MAP)

    assert [{"text/html", "text/plain"}] == [set(data) for data in shown]
