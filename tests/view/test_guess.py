"""The field for a guess, without a browser: what it keeps and what it says as text."""

import pytest

from pmulab.lab.course.progress import guess_of, keep_guess
from pmulab.view.guess import Guess


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", str(tmp_path / "progress.json"))


def test_what_is_typed_is_kept():
    field = Guess("0.1", "", keep_guess)
    assert (True, "Your guess: none yet") == (field.waits, repr(field))

    field.guess = "2000"
    assert ("2000", "Your guess: 2000") == (guess_of("0.1"), repr(field))


def test_an_earlier_guess_is_shown_and_nothing_waits_for_another():
    keep_guess("0.1", "2000")
    field = Guess("0.1", guess_of("0.1"), keep_guess)

    assert (False, "2000") == (field.waits, field.guess)


def test_an_emptied_field_is_no_guess():
    keep_guess("0.1", "2000")
    Guess("0.1", "2000", keep_guess).guess = ""

    assert "" == guess_of("0.1")


def test_a_folded_output_begins_with_text_and_the_twin_escapes_the_guess():
    field = Guess("0.1", "<b>", keep_guess)

    assert {"text/plain": "Your guess: <b>"} == field.beside
    assert "Your guess: &lt;b&gt;" in field.twins()["text/html"]
