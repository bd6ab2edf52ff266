"""A widget is two outputs: a live one without a static form, and a static one without a widget."""

import pytest

from pmulab.lab.course.predictions import predictions
from pmulab.view import bits, counter_chart, player, twins
from pmulab.view.guess import Guess, Lesson

LIVE = "application/vnd.jupyter.widget-view+json"
EACH = {
    "player": lambda trace: player(trace, 20),
    "chart": lambda trace: counter_chart(trace),
    "bits": lambda trace: bits("PMCNTENSET_EL0", 1),
    "lesson": lambda trace: Lesson("so far"),
}


def shown(widget, monkeypatch):
    """Return what a front end is sent for a widget."""
    sent = []
    monkeypatch.setattr(twins, "display", lambda data, **_: sent.append(data))
    widget._ipython_display_()
    return sent


@pytest.mark.parametrize("name", EACH)
def test_a_widget_and_its_twin_are_two_outputs(two_guests, monkeypatch, name):
    live, static = shown(EACH[name](two_guests), monkeypatch)

    assert [LIVE] == list(live)
    assert {"text/html", "text/plain"} == set(static)
    assert twins.NOTE in static["text/html"]


def test_a_guess_has_text_beside_it_for_a_folded_output(monkeypatch):
    live, static = shown(Guess(predictions()["1.5"], "", lambda *_: None), monkeypatch)

    assert "Your guess: none yet; run this cell to make one" == live["text/plain"]
    assert "2500" not in f"{live} {static}"


def test_beside_ipywidgets_7_the_live_output_is_a_view_of_the_model(monkeypatch):
    """There a widget has no bundle."""

    class Old(twins.Twins):
        model_id = "m"

        def to_text(self):
            return "text"

        to_html = to_text

    live, static = shown(Old(), monkeypatch)

    assert {LIVE: {"version_major": 2, "version_minor": 0, "model_id": "m"}} == live
    assert "text" == static["text/plain"]
