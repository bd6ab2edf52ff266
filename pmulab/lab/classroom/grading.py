"""Grades submissions: each answer in a process apart, and each right one judged again from outside.

Whatever was handed in together is graded out of the same exercises, so an answer that is missing,
or a file that is no Python, costs its points and no others.

Not modelled: who may see what; a platform. What a sandbox does not keep out is said in `apart`.
"""

import ast
import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pmulab.lab.classroom.apart import Apart
from pmulab.lab.classroom.exam import exam, number
from pmulab.lab.classroom.kept import UNKEPT, Kept
from pmulab.lab.classroom.link import Cut, Link
from pmulab.lab.classroom.marks import POINTS, Grade, Mark, due
from pmulab.lab.classroom.own import take_again
from pmulab.lab.classroom.referee import FORGED, confirmed
from pmulab.lab.classroom.sheets import Answer, Sheet
from pmulab.lab.classroom.submissions import sheets
from pmulab.lab.exercises.rows import AGAIN, EXERCISES, GRADED
from pmulab.lab.exercises.verdict import KINDS, Verdict

SECONDS = 60
TEXT = 4000


def grade(path: str, exercises: Sequence[str] = (), seconds: float = SECONDS) -> Grade:
    """Grade one file or a learner's folder: the named exercises, or all that it answers."""
    (found,) = graded(sheets([Path(path).resolve()]), exercises, seconds)
    return found


def graded(
    handed_in: Sequence[Sheet],
    exercises: Sequence[str] = (),
    seconds: float = SECONDS,
    jobs: int = 1,
    kept: Kept = UNKEPT,
) -> Iterator[Grade]:
    """Grade what was handed in together, in its order, by so many processes.

    All are graded out of the named exercises, or those that anybody answers, or the whole course.
    """
    asked = asked_of(handed_in, exercises, partial(listed, seconds=seconds))
    with TemporaryDirectory(prefix="pmulab-") as known:
        work = partial(_mark_kept, asked=tuple(asked), seconds=seconds, known=known)
        # Each process gets those marks alone that it may need.
        pairs = ((one, kept.part(answers_of(one, asked), seconds)) for one in handed_in)
        if jobs <= 1 or len(handed_in) <= 1:
            yield from map(work, pairs)
            return
        with ProcessPoolExecutor(jobs, initializer=take_again) as pool:
            yield from pool.map(work, pairs)


def asked_of(
    handed_in: Sequence[Sheet], exercises: Sequence[str], ask: Callable[[Answer], set[str]]
) -> list[str]:
    """Return what all are graded out of; only a file that hides its classes is asked."""
    found = {*exercises} or {one.exercise for sheet in handed_in for one in sheet.answers}
    if not found:
        found = set().union(*(ask(one) for sheet in handed_in for one in sheet.whole))
    return due(found) or [*EXERCISES]


def listed(answer: Answer, seconds: float) -> set[str]:
    """Return the exercises that a file answers, as it says itself when it runs."""
    with Apart() as apart:
        link = apart.job(answer.name, answer.source, "", seconds)
        found: set[str] = set()
        with contextlib.suppress(Cut, TypeError):
            said = link.receive().get("exercises")
            found = {id for id in said if id in GRADED} if said else found
        apart.done(link)
    return found


def answers_of(sheet: Sheet, asked: Sequence[str]) -> dict[str, Answer | None]:
    """Return what answers each exercise: its answer, or else the last file that may answer any.

    A hook that the project leaves empty is what an earlier notebook has.
    """
    answers = {answer.exercise: answer for answer in sheet.answers}
    whole = sheet.whole[-1] if sheet.whole else None
    found = {id: answers.get(id) or whole for id in asked}
    for id, answer in found.items():
        if id in AGAIN and not AGAIN[id].scenario and answer and answer.empty:
            first = next(row.id for row in EXERCISES.values() if row.hook == AGAIN[id].hook)
            found[id] = answers.get(first, answer)
    return found


def mark_sheet(
    sheet: Sheet,
    asked: Sequence[str],
    seconds: float,
    known: str,
    kept: Kept = UNKEPT,
) -> Grade:
    """Grade one learner's answers, one after another, in a process of that learner.

    The folder `known` keeps what was found right, for whoever has written the same.
    """
    marks = []
    with Desk(seconds, Path(known)) as desk:
        for id, answer in answers_of(sheet, asked).items():
            mark = kept.mark(id, answer, seconds)
            marks.append(mark or desk.mark(id, answer))
            if mark is None:
                kept.add(sheet.learner, answer, marks[-1], seconds)
    return grade_of(sheet, marks)


def _mark_kept(pair: tuple[Sheet, Kept], **rest: Any) -> Grade:
    return mark_sheet(pair[0], kept=pair[1], **rest)


def grade_of(sheet: Sheet, marks: Sequence[Mark]) -> Grade:
    """Join the marks of one learner, and say what was not graded."""
    none = [f"{one.name}: no class in it replaces a hook of an exercise" for one in sheet.whole]
    idle = all(mark.verdict == "not attempted" for mark in marks)
    return Grade(sheet.learner, tuple(marks), (*sheet.remarks, *(none if idle else ())))


class Desk:
    """Where the answers of one learner are marked, one after another, in a process of theirs.

    The folder `known` has what was found right before.
    """

    def __init__(self, seconds: float, known: Path) -> None:
        self.seconds, self.known, self.apart = seconds, known, Apart()
        # What was said of a file that cannot be imported is said of all that it answers.
        self.broken: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *what: Any) -> None:
        self.apart.__exit__(*what)

    def mark(self, id: str, answer: Answer | None) -> Mark:
        """Mark one answer; one that was found right before, to the letter, is right again."""
        if answer is None or answer.empty:
            return not_attempted(id, answer)
        if id in POINTS:
            return self._examined(id, answer)
        if answer.exercise in EXERCISES and answer.exercise != id:
            return replace(self.mark(answer.exercise, answer), exercise=id)
        place = self.known / key_of(id, answer.source)
        if place.exists():
            return Mark(id, "right", place.read_text(encoding="utf-8"), answer.where)
        began = time.perf_counter()
        said = self.broken.get(answer.source) or self._judged(id, answer)
        if answer.source in self.broken:
            # Which exercise, and where, before what is wrong with the file that an answer became.
            said = said | {"text": f"{id}: {said['text'].replace(answer.name, answer.where)}"}
        mark = Mark(id, where=answer.where, seconds=round(time.perf_counter() - began, 2), **said)
        if mark.verdict == "right":
            _keep(place, mark.text)
        return mark

    def _examined(self, id: str, answer: Answer) -> Mark:
        """Mark a part of an exam: a number that the model gives, or a method as `check` does."""
        if answer.exam is None:
            return not_attempted(id, answer)
        found = exam(answer.exam)
        if id == "exam.repair":
            return replace(self.mark(found.suspect.row.id, answer), exercise=id)
        said, due = number(answer.source), found.due(id)
        if said is None:
            text = f"{id} of exam {found.seed}: {answer.source[:60]} is no number: digits, hex, "
            text += "binary, or a sum of those"
            return Mark(id, "error", text, answer.where)
        kind, is_it = ("right", "is right") if said in due else ("broken", "is not")
        text = f"{id} of exam {found.seed}: {said} ({said:#x}) {is_it}"
        return Mark(id, kind, text, answer.where)

    def _judged(self, id: str, answer: Answer) -> dict[str, Any]:
        """Judge one answer; returns the parts of its mark."""
        link = self.apart.job(answer.name, answer.source, id, self.seconds)
        try:
            message = link.receive()
            said, end = _part(message), ""
            if message.get("import") is True and said["verdict"] == "error":
                self.broken[answer.source] = said
            if said["verdict"] == "right":
                said = _from_outside(id, link, self.seconds, said)
        except Cut as cut:
            said, end = {}, str(cut)
        gone = self.apart.done(link)
        if said:
            return said
        return {"verdict": "error", "text": repr(Verdict(id, "error", gone or end))[:TEXT]}


def not_attempted(id: str, answer: Answer | None) -> Mark:
    """Return the mark of an exercise that nobody has answered."""
    asked = GRADED[id].starter if id in GRADED else "a part of an exam"
    text = repr(Verdict(id, "not attempted", asked))
    return Mark(id, "not attempted", text, answer.where if answer else "")


def key_of(id: str, source: str) -> str:
    """Name what an answer does: its text without comments and blanks."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        source = ast.dump(ast.parse(source))
    return hashlib.sha256(f"{id}\n{source}".encode("utf-8", "replace")).hexdigest()


def _keep(place: Path, text: str) -> None:
    """Write a file that is there whole, or not at all."""
    part = place.with_suffix(f".{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(place)


def _from_outside(id: str, link: Link, seconds: float, said: dict[str, Any]) -> dict[str, Any]:
    """Judge a right answer again; a mark is what both judges say."""
    verdict = confirmed(GRADED[id], link, seconds)
    if verdict.right:
        return said
    text = repr(verdict)[:TEXT]
    text += f"\n{FORGED}" if FORGED not in text and verdict.kind == "broken" else ""
    return {"verdict": verdict.kind, "text": text, "law": verdict.law}


def _part(message: dict[str, Any]) -> dict[str, Any]:
    """Take what is a part of a mark from a message that anybody may have written."""
    verdict, text = message.get("verdict"), message.get("text")
    if verdict not in KINDS or not isinstance(text, str):
        raise Cut("it says what is no verdict")
    history = message.get("history")
    steps = history if isinstance(history, list) else []
    return {
        "verdict": verdict,
        "text": text[:TEXT],
        "history": tuple(step[:TEXT] for step in steps[:100] if isinstance(step, str)),
        **{key: str(message.get(key) or "")[:100] for key in ("law", "nearest")},
    }
