"""A question about a learner's own history: made of a replay, asked, kept, and counted."""

import json
import shutil

import pytest

from pmulab import progress
from pmulab.cli import main
from pmulab.explain.beside import with_reference
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.classroom.beliefs import beliefs
from pmulab.lab.classroom.page import page
from pmulab.lab.classroom.parcel import packed
from pmulab.lab.classroom.quizzes import answered, histories_in
from pmulab.lab.course import own_history
from pmulab.lab.course.check import check
from pmulab.lab.course.own_history import CHOICES, known, looked_at, question, questions_of
from pmulab.lab.course.progress import keep_guess, opened
from pmulab.lab.course.progress import progress as kept
from pmulab.lab.exercises.judge import judge
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.view.guess import Quiz

pytestmark = pytest.mark.slow
ID = "swap.put"


class LosesFlags(Hypervisor):
    def pmu_put(self, vcpu):
        self.pmu_stop(vcpu)
        for name in ("PMEVCNTR0_EL0", "PMCCNTR_EL0", "PMSELR_EL0"):
            vcpu.regs[name] = self.cpu.mrs(name)
        self.set_guest_counters(0)


class KeepsEnables(Hypervisor):
    def pmu_put(self, vcpu):
        enables = self.cpu.mrs("PMCNTENSET_EL0")
        super().pmu_put(vcpu)
        self.cpu.msr("PMCNTENSET_EL0", enables)


class Raises(Hypervisor):
    def pmu_put(self, vcpu):
        return vcpu.nobody


class Right(Hypervisor):
    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "pmulab-progress.json"
    monkeypatch.setenv("PMULAB_PROGRESS", str(path))
    return path


@pytest.mark.parametrize("answer", [LosesFlags, KeepsEnables])
def test_what_is_asked_is_what_the_replay_held(answer):
    """Counted again here, from both sides of the same moves."""
    verdict = judge(ID, answer)
    found = looked_at(verdict, answer)
    pairs = with_reference(verdict.result, answer, "pmu_put")
    first = next(pair for pair in pairs if pair.apart)

    assert (first.step, verdict.law) == (found["step"], found["law"])
    assert (found["place"], found["yours"], found["due"]) in first.apart
    assert not {name for name, *_ in first.apart} & {*found["others"]}
    assert [*verdict.history] == found["history"]
    row = question(ID, {"first": found})
    assert 1 == sum(row.fits(choice) for choice in row.choices) and len(row.choices) > 1
    assert len({*row.choices}) == len(row.choices)
    assert "your first wrong answer" in row.question


def test_of_a_hook_that_no_machine_calls_no_history_is_asked_about():
    assert known("user.attributes") is None
    assert question("user.attributes", {"right": True}) is None


@pytest.mark.parametrize("id", [id for id in EXERCISES if id != "user.attributes"])
def test_each_exercise_has_a_question_for_whose_first_answer_was_right(id):
    row = question(id, {"right": True})
    what, found = known(id)

    assert row.answer in row.choices and len(row.choices) > 1
    assert f"known {id}" == row.key and what in row.question
    assert found["yours"] != found["due"]


def test_the_first_history_stays_and_whose_answer_was_right_has_none(path):
    check(ID, Raises)
    assert "first" not in kept().exercises[ID]
    check(ID, LosesFlags)
    first = kept().exercises[ID]["first"]
    check(ID, KeepsEnables)
    check(ID, Right)

    assert first == kept().exercises[ID]["first"]
    assert f"own {ID}" == question(ID, kept().exercises[ID]).key


def test_after_a_right_answer_a_wrong_one_is_not_asked_about(path):
    check(ID, Right)
    check(ID, LosesFlags)

    assert "first" not in kept().exercises[ID]
    assert f"known {ID}" == question(ID, kept().exercises[ID]).key


def test_progress_asks_it_and_the_widget_has_its_twin(path, capsys):
    assert repr(progress(4)).startswith("Notebook 4: 0 of")
    check(ID, LosesFlags)
    capsys.readouterr()
    line = repr(progress(4))
    said = capsys.readouterr().out
    (row,) = questions_of(kept().exercises, "4")

    assert row.question in said and f"(a) {row.choices[0]}" in said
    assert row.answer not in line
    told = []
    widget = Quiz(row, "", lambda *guess: told.append(guess[:2]))
    assert row.why not in widget.to_text() and f"(b) {row.choices[1]}" in widget.to_text()
    widget.guess, widget.waits = row.answer, False
    assert [(row.key, row.answer)] == told
    assert "right" == widget.kind and row.why in widget.to_text()


def write(folder, learner, answer, guess=None):
    """Write a learner's file of progress, with an answer to what is asked."""
    rows = {ID: {"attempts": 1, "right": answer is None, "last": "broken", "law": ""}}
    if answer:
        rows[ID]["first"] = looked_at(judge(ID, answer), answer)
    asked = question(ID, rows[ID])
    said = guess(asked) if guess else None
    guesses = [{"question": asked.key, "guess": said}] if said else []
    own = folder / learner
    own.mkdir()
    data = {"pmulab_progress": 1, "exercises": rows, "predictions": guesses}
    (own / "pmulab-progress.json").write_text(json.dumps(data))
    (own / "mine.py").write_text("x = 1\n")


def right(row):
    return row.answer


def wrong(row):
    return next(choice for choice in row.choices if choice != row.answer)


def test_grade_and_report_count_it(tmp_path, capsys):
    write(tmp_path, "ada", LosesFlags, right)
    write(tmp_path, "bob", KeepsEnables, wrong)
    write(tmp_path, "cyd", None, right)
    write(tmp_path, "dan", LosesFlags)
    due = {"ada": {ID: True}, "bob": {ID: False}, "cyd": {ID: True}, "dan": {}}

    assert due == histories_in([tmp_path])
    assert 1 == main(["grade", str(tmp_path), "--exercise", "irq.wake", "--self-tests"])
    said = capsys.readouterr().out
    scores = [f"self-tests: {n} of 1 questions right" for n in (1, 0, 1, 0)]
    assert scores == [line for line in said.splitlines() if line.startswith("self-tests")]
    files = [opened(path) for path in sorted(tmp_path.rglob("*.json"))]
    (row,) = beliefs((), files).histories
    assert (ID, 2, 1) == row
    assert f"<code>{ID}</code></th><td>2</td><td>1</td>" in page(beliefs((), files), "x")


def test_it_counts_from_what_the_button_hands_in(tmp_path):
    write(tmp_path, "ada", LosesFlags, right)
    text = (tmp_path / "ada" / "pmulab-progress.json").read_text()
    shutil.rmtree(tmp_path / "ada")
    old = text.replace("predictions", "nothing")
    for name, content in {"Ada-2026-11-29.zip": old, "Ada-2026-11-30.zip": text}.items():
        (tmp_path / name).write_bytes(packed({"pmulab-progress.json": content}))
    (tmp_path / "Bob-2026-11-30.zip").write_bytes(b"no zip")

    assert {"Ada": {ID: True}} == histories_in([tmp_path])


@pytest.mark.parametrize("first", [None, 3, {}, {"step": 1}, {"law": [], "history": "x"}])
def test_a_file_that_was_changed_asks_nothing_of_it(tmp_path, first):
    write(tmp_path, "ada", LosesFlags, right)
    path = tmp_path / "ada" / "pmulab-progress.json"
    data = json.loads(path.read_text())
    data["exercises"][ID]["first"] = first
    path.write_text(json.dumps(data))

    assert {} == answered(opened(path))


@pytest.mark.parametrize("change", [{"step": 99}, {"step": -1}, {"line": "x", "others": []}])
def test_numbers_that_do_not_fit_are_no_error(change):
    found = looked_at(judge(ID, LosesFlags), LosesFlags)
    row = question(ID, {"first": {**found, **change}})

    assert row is None or row.answer in row.choices


def test_each_form_asks_and_tells():
    assert [*own_history.forms()] == [*CHOICES]


def test_a_guess_of_another_exercise_is_no_answer(path):
    check(ID, LosesFlags)
    keep_guess("own swap.load", "x")
    keep_guess("own nosuch", "x")

    assert {} == answered(kept())
