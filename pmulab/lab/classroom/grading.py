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
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pmulab.lab.classroom.apart import Apart
from pmulab.lab.classroom.exam import exam, number
from pmulab.lab.classroom.link import Cut, Link
from pmulab.lab.classroom.marks import POINTS, Grade, Mark, due
from pmulab.lab.classroom.referee import FORGED, confirmed
from pmulab.lab.classroom.sheets import Answer, Sheet
from pmulab.lab.classroom.submissions import sheets
from pmulab.lab.exercises.rows import BY_HOOK, EXERCISES, GRADED
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
) -> Iterator[Grade]:
    """Grade what was handed in together, in its order, by so many processes.

    All are graded out of the named exercises, or those that anybody answers, or the whole course.
    """
    asked = due(exercises or _answered(handed_in, seconds)) or [*EXERCISES]
    with TemporaryDirectory(prefix="pmulab-") as known:
        work = partial(mark_sheet, asked=tuple(asked), seconds=seconds, known=known)
        if jobs <= 1 or len(handed_in) <= 1:
            yield from map(work, handed_in)
            return
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(work, handed_in)


def _answered(handed_in: Sequence[Sheet], seconds: float) -> set[str]:
    """Return the exercises that are answered; only a file that hides its classes is asked."""
    found = {answer.exercise for sheet in handed_in for answer in sheet.answers}
    for answer in () if found else (one for sheet in handed_in for one in sheet.whole):
        with Apart() as apart:
            link = apart.job(answer.name, answer.source, "", seconds)
            try:
                listed = link.receive().get("exercises")
                found |= {id for id in listed if id in GRADED} if listed else set()
            except (Cut, TypeError):
                pass
            apart.done(link)
    return found


def mark_sheet(sheet: Sheet, asked: Sequence[str], seconds: float, known: str) -> Grade:
    """Grade one learner's answers, one after another, in a process of that learner.

    The folder `known` keeps what was found right, for whoever has written the same.
    """
    answers = {answer.exercise: answer for answer in sheet.answers}
    whole = sheet.whole[-1] if sheet.whole else None
    with Desk(seconds, Path(known)) as desk:
        marks = tuple(_marked(desk, id, answers, whole) for id in asked)
    none = [f"{one.name}: no class in it replaces a hook of an exercise" for one in sheet.whole]
    idle = all(mark.verdict == "not attempted" for mark in marks)
    return Grade(sheet.learner, marks, (*sheet.remarks, *(none if idle else ())))


def _marked(desk: "Desk", id: str, answers: dict[str, Answer], whole: Answer | None) -> Mark:
    """Mark an answer; what the project leaves to an earlier notebook's answer is that one's."""
    if id in POINTS:
        return _examined(desk, id, answers.get(id))
    own, earlier = answers.get(id), BY_HOOK[GRADED[id].hook].id
    if own and own.empty and id != earlier and earlier in answers:
        return replace(desk.mark(earlier, answers[earlier]), exercise=id)
    return desk.mark(id, own or whole)


def _examined(desk: "Desk", id: str, answer: Answer | None) -> Mark:
    """Mark a part of an exam: a number that the model gives, or a method as its exercise is."""
    if answer is None or answer.exam is None or answer.empty:
        return Mark(
            id, "not attempted", f"{id}: nothing is written", answer.where if answer else ""
        )
    found = exam(answer.exam)
    if id == "exam.repair":
        return replace(desk.mark(found.suspect.row.id, answer), exercise=id)
    said, due = number(answer.source), found.due(id)
    if said is None:
        text = f"{id}: {answer.source[:60]} is no number"
        return Mark(id, "error", text, answer.where)
    kind, is_it = ("right", "is right") if said in due else ("broken", "is not")
    return Mark(id, kind, f"{id} of exam {found.seed}: {said} ({said:#x}) {is_it}", answer.where)


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
            return Mark(id, "not attempted", _not_attempted(id), answer.where if answer else "")
        place = self.known / _key(id, answer.source)
        if place.exists():
            return Mark(id, "right", place.read_text(encoding="utf-8"), answer.where)
        began = time.perf_counter()
        said = self.broken.get(answer.source) or self._judged(id, answer)
        mark = Mark(id, where=answer.where, seconds=round(time.perf_counter() - began, 2), **said)
        if mark.verdict == "right":
            _keep(place, mark.text)
        return mark

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


def _not_attempted(id: str) -> str:
    return repr(Verdict(id, "not attempted", GRADED[id].starter))


def _key(id: str, source: str) -> str:
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
