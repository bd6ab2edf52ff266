"""The player without a browser: traits, fallbacks, what is sent; and states.js where Node is."""

import json
import random
import shutil
import subprocess

import pytest
from traitlets import TraitError
from view.traces import random_trace

from pmulab.view import player, to_text
from pmulab.view.assets import HERE
from pmulab.view.play import Player
from pmulab.view.steps import locations, signs
from pmulab.view.wire import wire
from pmulab.view.words import SIGNS


def test_it_is_built_at_a_position(two_guests):
    shown = player(two_guests, at=7)

    assert isinstance(shown, Player)
    assert (7, []) == (shown.index, shown.bookmarks)
    assert f"Player of two-guests: step 7 of {len(two_guests)}" == repr(shown)
    assert to_text(two_guests, 7) == shown.to_text()
    assert to_text(two_guests, 3) == shown.to_text(3)


@pytest.mark.parametrize("n", [-1, 10_000])
def test_a_position_outside_the_trace_is_refused(two_guests, n):
    shown = player(two_guests)
    with pytest.raises(TraitError, match=f"no step {n}; this trace has steps 0 to"):
        shown.index = n
    with pytest.raises(TraitError):
        player(two_guests, at=n)


def test_its_static_forms_are_the_same_each_time(two_guests):
    first, second = (player(two_guests, 20).twins() for _ in range(2))

    assert first["text/html"] == second["text/html"]
    assert first["text/plain"] == second["text/plain"] == to_text(two_guests, 20)


def test_the_static_table_escapes_what_a_trace_says():
    html = player(random_trace(1, 12), 5).to_html()

    assert "random &amp; &lt;odd&gt;" in html
    assert "<b>" not in html
    assert 2 == html.count("<caption>")
    assert '<th scope="row">PMCR_EL0</th>' in html


def test_the_static_table_signs_what_the_last_record_did(two_guests):
    html = player(two_guests, 3).to_html()

    assert "<strong>◂ written</strong> <code>0xfffffff0</code> 4294967280, was 0" in html


# ---- what is sent


def test_what_is_sent_holds_every_state():
    trace = random_trace(2, 300)
    sent = json.loads(wire(trace))
    state = [sent["values"][k] for k in sent["initial"]]
    for i in range(len(trace) + 1):
        assert {at: hex(v) for at, v in trace.snapshot(i).items()} == dict(
            zip(sent["locations"], state, strict=True)
        )
        for _, location, value in (row for row in sent["changes"] if row[0] == i):
            state[location] = sent["values"][value]


def test_what_is_sent_names_what_every_record_did(two_guests):
    sent, known = json.loads(wire(two_guests)), locations(two_guests)
    for i, record in enumerate(two_guests):
        rows = {
            sent["locations"][at]: (sent["signs"][sign], sent["texts"][says])
            for n, at, sign, says in sent["signed"]
            if n == i
        }
        assert rows == {
            at: ([sign, SIGNS[sign]], says) for at, (sign, says) in signs(record, known).items()
        }


def test_values_are_sent_as_text_because_javascript_rounds_large_integers(two_guests):
    assert "0xfffffffffffff000" in json.loads(wire(two_guests))["values"]


# ---- the JavaScript

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node found: apt nodejs")

DRIVER = """
import { readFileSync } from 'node:fs';
import { Story } from './states.js';
const story = new Story(readFileSync(process.argv[2], 'utf8'));
const show = (n) => [...story.state(n)].map((value) => story.sent.values[value]);
const positions = JSON.parse(process.argv[3]);
console.log(JSON.stringify({
  states: positions.map(show),
  next: positions.map((n) => story.jump(0, n, 1) ?? null),
  previous: positions.map((n) => story.jump(0, n, -1) ?? null),
}));
"""


@needs_node
def test_states_in_javascript_equal_those_in_python_in_any_order(tmp_path):
    trace, dice = random_trace(4, 500), random.Random(4)
    positions = [0, 500, 63, 64, 65, *(dice.randrange(501) for _ in range(60))]
    (tmp_path / "trace.json").write_text(wire(trace))
    shutil.copytree(HERE / "js", tmp_path, dirs_exist_ok=True)
    (tmp_path / "run.mjs").write_text(DRIVER)
    words = ["node", "run.mjs", "trace.json", json.dumps(positions)]
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    marked = [i + 1 for i in trace.marked("overflow")]

    assert found["states"] == [[hex(v) for v in trace.snapshot(n).values()] for n in positions]
    assert found["next"] == [min([p for p in marked if p > n], default=None) for n in positions]
    assert found["previous"] == [max([p for p in marked if p < n], default=None) for n in positions]
