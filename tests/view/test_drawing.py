"""The drawing of the machine: all parts have words, and what is lit is so without colour."""

import xml.etree.ElementTree as ET

import pytest

from pmulab.view import machine_drawing
from pmulab.view.drawing import PARTS, svg


def test_each_part_is_drawn_inside_the_picture_and_has_its_row():
    root = ET.fromstring(svg(()))
    titles = [title.text for title in root.iter("title")]
    _, _, width, height = map(int, root.get("viewBox").split())

    assert [part.is_a for part in PARTS] == titles
    assert len(PARTS) == len(machine_drawing().rows())
    assert [] == [p.name for p in PARTS if p.box[0] + p.box[2] > width or p.box[1] > height]


def test_what_is_lit_has_a_sign_in_the_picture_and_in_both_twins():
    drawing = machine_drawing("put", "load")

    assert svg(("put", "load")).count("▸") == 2
    assert drawing.to_text().count("▸") == drawing.to_html().count("▸") == 2
    assert "▸" not in machine_drawing().to_text()


def test_an_unknown_part_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match="no part 'putt'; there are guest A, guest B, host, put,"):
        machine_drawing("putt")
