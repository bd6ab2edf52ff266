"""Progress in a page whose Python has no folder that lasts, with a store made of Python.

The real store is JavaScript; tests/browser/test_site.py has it.
"""

import json

import pytest

from pmulab.lab.course import browser, carry, progress
from pmulab.lab.course.browser import Shelf
from pmulab.lab.course.progress import guess_of, keep_guess
from pmulab.view.guess import Lesson


class Promise:
    """Answers when it is told to, as a promise does."""

    def __init__(self, text, error=""):
        self.text, self.error = text, error

    def then(self, kept, failed):
        self.answer = lambda: failed(self.error) if self.error else kept(self.text)


class Store:
    """A store as `.ci/site/kernel.js` makes it."""

    def __init__(self, why="", error=""):
        self.why, self.error, self.added, self.text = why, error, [], ""

    def add(self, rows):
        self.added.append(json.loads(rows))
        self.promise = Promise(self.text, self.error)
        return self.promise


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Keep progress in a folder, and in a store beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PMULAB_PROGRESS", raising=False)
    made = Store()
    for module in (progress, carry):
        monkeypatch.setattr(module, "shelf_for", lambda path: Shelf(made))
    return made


def test_a_guess_is_kept_when_the_store_has_read_it_back_and_not_before(store):
    said = []
    keep_guess("how many?", 1, said.append)

    assert [] == said
    store.promise.answer()
    assert [""] == said
    assert [{"question": "how many?", "guess": "1"}] == store.added[0]["predictions"]


def test_a_store_that_fails_is_told_with_its_reason(store, capsys):
    store.error, said = "QuotaExceededError", []
    keep_guess("how many?", 1, said.append)
    store.promise.answer()

    assert ["QuotaExceededError"] == said
    assert "progress is not kept" in capsys.readouterr().out


def test_rows_of_another_kernel_come_with_the_answer(store):
    rows = [{"question": name, "guess": "1"} for name in ("here", "there")]
    store.text = json.dumps({**progress.empty(), "predictions": rows})
    keep_guess("here", 1)
    store.promise.answer()

    assert "1" == guess_of("there")


def test_an_answer_that_is_late_takes_nothing_back(store):
    keep_guess("here", 1)
    store.promise.answer()

    assert "1" == guess_of("here")


def test_a_page_with_a_store_says_so_and_one_without_is_an_alarm(store):
    kept, lost = carry.Carry(Shelf(store)), carry.Carry(Shelf(None))

    assert (False, True) == (kept.alarm, lost.alarm)
    assert "kept in this browser" in kept.notice
    assert "cannot be kept in this page: this page has no store for it" in lost.notice


def test_what_is_brought_joins_what_is_here(store):
    row = {"attempts": 3, "right": True, "last": "right", "law": ""}
    wrong = {**row, "attempts": 1, "right": False, "last": "error"}
    carried = carry.carry()
    brought = {**progress.empty(), "exercises": {"swap.put": row, "swap.load": wrong}}
    brought["predictions"] = [{"question": "how many?", "guess": "2"}]
    keep_guess("how many?", 1)
    keep_guess("how few?", 1)

    assert "Brought. Exercises: 2. Guesses: 1." in carried.bring(json.dumps(brought))
    assert ("2", "1") == (guess_of("how many?"), guess_of("how few?"))
    assert {"swap.put", "swap.load"} == set(json.loads(carried.text())["exercises"])
    brought["exercises"]["swap.put"] = wrong
    carried.bring(json.dumps(brought))
    assert progress.progress().exercises["swap.put"]["right"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pmulab_progress": 1}', '{"pmulab_progress": 2}']
)
def test_what_is_no_progress_is_not_taken(store, text):
    said = carry.carry().bring(text)

    assert said.startswith("This ")
    assert [] == store.added


def test_the_line_of_a_lesson_gives_and_takes_files(store):
    line = Lesson("Nothing yet.", carry.carry())
    keep_guess("how many?", 1)
    line.asked += 1
    name, text, _ = line.given
    line.brought = text

    assert "pmulab-progress.json" == name
    assert "Guesses: 1." in line.outcome
    assert "" == line.brought


def test_elsewhere_a_folder_lasts(tmp_path):
    assert browser.shelf_for(tmp_path / progress.NAME) is None
    assert carry.carry() is None


def test_a_page_whose_folder_lasts_warns_of_private_windows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PMULAB_PROGRESS", raising=False)
    monkeypatch.setattr(browser, "DRIVE", tmp_path)
    monkeypatch.setattr(browser.sys, "platform", "emscripten")
    told = carry.carry()

    assert browser.shelf_for(tmp_path / progress.NAME) is None
    assert "A private window forgets it" in told.notice and not told.alarm


def test_the_store_has_the_files_name(root):
    assert f'"{progress.NAME}"' in (root / ".ci" / "site" / "kernel.js").read_text()
