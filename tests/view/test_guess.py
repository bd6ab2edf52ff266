"""The field for a guess, without a browser: what it keeps and what it says as text."""

import pytest

from pmulab.lab.course.predictions import Prediction
from pmulab.lab.course.progress import guess_of, keep_guess
from pmulab.view.guess import Guess, to_html

ROW = Prediction("0.1", "How many?", "2000", "As *each* has `x0 < 1`.")


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", str(tmp_path / "progress.json"))


def field(kept=""):
    return Guess(ROW, kept, keep_guess)


def test_nothing_of_the_answer_is_in_the_page_before_the_guess():
    made = field()

    assert (True, "Your guess: none yet; run this cell to make one") == (made.waits, repr(made))
    assert "2000" not in f"{made.get_state()}"


def test_what_is_typed_is_kept_and_judged():
    made = field()
    made.guess, made.waits = "2600", False

    assert ("2600", "wrong") == (guess_of("0.1"), made.kind)
    assert "You said 2600; it is 2000. Good: what surprises is remembered." == made.says
    assert "<p>As <em>each</em> has <code>x0 &lt; 1</code>.</p>" == made.why


def test_an_earlier_guess_is_shown_with_its_answer_and_nothing_waits_for_another():
    made = field("2000")

    assert (False, "2000", "right") == (made.waits, made.guess, made.kind)


def test_it_is_kept_when_that_was_told_and_lost_with_a_reason():
    told = []
    made = Guess(ROW, "", lambda question, guess, tell: told.append(tell))
    made.guess = "2000"

    assert "keeping it …" == made.kept
    told[0]("the disk is full")
    assert "not kept: the disk is full" == made.kept
    made.guess = "2600"
    told[0]("")
    assert "keeping it …" == made.kept
    told[1]("")
    assert "kept" == made.kept


def test_who_looks_without_a_guess_sees_the_answer():
    made = field()
    made.waits = False

    assert ("", "none", "It is 2000.") == (guess_of("0.1"), made.kind, made.says)


def test_an_emptied_field_is_no_guess():
    keep_guess("0.1", "2000")
    field("2000").guess = ""

    assert "" == guess_of("0.1")


def test_a_folded_output_begins_with_text_and_the_twin_escapes_the_guess():
    made = field("<b>")

    assert {"text/plain": "Your guess: <b>"} == made.kept_live
    assert "Your guess: &lt;b&gt;" in made.twins()["text/html"]


def test_text_between_backticks_is_left_alone_and_nothing_else_is_markup():
    assert "<p><code>a * b * c</code> &lt;i&gt;</p><p>*</p>" == to_html("`a * b * c` <i>\n\n*")
