"""A newer edition in a page, without the page; tests/browser/test_site.py has it."""

import json
import sys

import pytest

from pmulab.lab.classroom.renewal import renewal
from pmulab.lab.course.editions import history_of
from pmulab.view.guess import Lesson

NAME = "02-set-and-clr.ipynb"


@pytest.fixture
def page(monkeypatch):
    """Run as in a page."""
    monkeypatch.setattr(sys, "platform", "emscripten")


@pytest.fixture
def new(root):
    return json.loads((root / "notebooks" / NAME).read_text(encoding="utf-8"))


def test_a_page_offers_a_newer_edition_and_nobody_else_does(page, monkeypatch):
    latest = history_of("2").latest

    assert renewal("2", "1999-01-01").says.startswith("This notebook is of 1999-01-01, the site")
    assert [None] * 3 == [renewal("2", latest), renewal("2", ""), renewal("2", "2999-01-01")]
    monkeypatch.setattr(sys, "platform", "linux")
    assert renewal("2", "1999-01-01") is None


def test_what_is_joined_has_the_new_text_and_the_answers(page, new):
    mine = json.loads(json.dumps(new))
    gone = mine["cells"].pop(0)
    answered = next(c for c in mine["cells"] if "exercise" in c["metadata"].get("tags", []))
    answered["source"] = "class Mine: pass"
    line = Lesson("Nothing yet.", renewal=renewal("2", "1999-01-01"))
    line._hear(line, {"do": "join", "mine": json.dumps(mine), "new": json.dumps(new)}, [])
    text, *changes = line.joined
    made = json.loads(text)["cells"]

    assert len(new["cells"]) == len(made)
    assert "".join(gone["source"]) == "".join(made[0]["source"])
    assert any(cell["source"] == "class Mine: pass" for cell in made)
    assert changes
    assert "the site of" in line.to_text()
