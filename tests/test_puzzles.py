"""What a notebook asks for on a bench can be done: a goal in its clicks, all hidden ones caught."""

import json
import re
from pathlib import Path

import pytest

from pmulab import bench, catch
from pmulab.lab.bench.catch import HUNTS

NOTEBOOKS = sorted(Path(__file__).parent.parent.glob("notebooks/*.ipynb"))
GOAL = re.compile(r'^bench\("(\S+)", "(\S+)", goal="(\w+)", clicks=(\d+)\)$', re.M)
HUNT = re.compile(r'^catch\("([\w.]+)"\)$', re.M)
# Histories that convict all who hide; found by chance, and kept from the notebooks.
ALL_CAUGHT = {
    "swap.put": "02467aeg1jm0e3g1",
    "swap.fold": "0267aeg0a5og1m1",
    "vgic.flush": "01a433552e37eb",
}


def found(pattern):
    """List what cells of the notebooks ask for, each with its notebook."""
    return [
        (path.name.split("-")[0], *asked)
        for path in NOTEBOOKS
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for asked in (match.groups() for match in pattern.finditer("".join(cell["source"])))
    ]


@pytest.mark.one_in(5)
@pytest.mark.parametrize("chapter, world, bug, goal, clicks", found(GOAL))
def test_a_puzzle_is_solved_in_its_clicks_and_no_fewer(chapter, world, bug, goal, clicks):
    desk = bench(world, bug, goal=goal, clicks=int(clicks))
    for _ in desk.find_break():
        pass
    desk.follow()

    assert f"Solved: {goal} is broken in {clicks} clicks." == desk.solved()


def test_lessons_4_to_8_have_a_puzzle_and_15():
    assert ["04", "05", "06", "07", "08", "15"] == [chapter for chapter, *_ in found(GOAL)]


def test_all_hidden_ones_can_be_caught():
    assert sorted(ALL_CAUGHT) == sorted(id for _, id in found(HUNT)) == sorted(HUNTS)
    assert [] == [id for id, path in ALL_CAUGHT.items() if not all_caught(catch(id, path))]


def all_caught(desk):
    """Say whether a history convicts all who hide."""
    return set(desk.hidden) == set(desk.caught())
