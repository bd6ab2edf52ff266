"""What a learner has guessed, what the checks said and which answers passed, kept in a file.

It is JSON, `pmulab-progress.json` in the kernel's folder, and never sent anywhere. The environment
variable PMULAB_PROGRESS names another file, or is `off`. A file that is damaged is set aside under
another name, not lost; one of a newer pmulab is left alone. Kernels that write at once take turns.
What was written is read back before anybody says that it is kept; where a browser's Python has no
folder that lasts, that is the browser's store. What goes wrong here never stops a lesson.

Not modelled: time; a merge of two files.
"""

import errno
import json
import os
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from html import escape
from pathlib import Path

from pmulab.lab.course.browser import Told, shelf_for
from pmulab.lab.course.lock import locked
from pmulab.lab.course.predictions import predictions
from pmulab.lab.course.self_tests import questions
from pmulab.lab.course.shape import FORMAT, Newer, fits, parsed
from pmulab.lab.exercises.rows import EXERCISES, IN_C
from pmulab.sim.tables import columns, html_table

NAME = "pmulab-progress.json"
MOST_PREDICTIONS = 1000
# Histories of an exercise that have broken a law, to be tried on the next answer.
MOST_HISTORIES = 8


def _nobody(why: str) -> None:
    """Hear whether something is kept, and do nothing."""


def keep_guess(question: str, guess: object, told: Told = _nobody) -> None:
    """Keep what a learner expects; the last guess counts, and an empty one is none.

    `told` hears when it has been read back, with an empty text, or with why it is not kept.
    """
    change(lambda data: _add_guess(data, str(question), str(guess)), told)


def guess_of(question: str) -> str:
    """Return what has been guessed, empty where nothing was."""
    rows = progress().predictions
    return next((row["guess"] for row in rows if row["question"] == question), "")


def record(verdict, answer: str = "", first: dict | None = None):
    """Keep the kind of a verdict, with an answer that is right, and give the verdict back.

    `first` is what the history of a first wrong answer has; an empty attempt leaves no trace.
    """
    if verdict.kind != "not attempted":
        change(lambda data: _add_verdict(data, verdict, answer, first))
    return verdict


def progress(notebook: int | str = "") -> "Progress":
    """Return what has been kept, as something that shows itself; of a notebook as a line."""
    where = place()
    return Progress(where, read(where) if where else empty(), str(notebook))


class Progress:
    """Exercises and guesses, as text, as a table, or as a file to hand in."""

    def __init__(self, path: Path | None, data: dict, notebook: str = ""):
        self.path, self.exercises, self.predictions = path, data["exercises"], data["predictions"]
        self.notebook = notebook
        # Shows it in a notebook with what it asks; else its line is all there is.
        self.show: Callable[[], None] | None = None

    def _ipython_display_(self) -> None:
        if self.show is None:
            # IPython then prints the line.
            raise NotImplementedError
        self.show()

    def rows(self) -> list[tuple[str, str, str, str]]:
        """List each exercise: its state, its attempts, the law that broke unless it is right."""
        return [
            (id, *(("right", n, "") if row["right"] else (row["last"], n, row["law"])))
            for id, row in sorted(self.exercises.items())
            for n in [str(row["attempts"])]
        ]

    def export(self, path: str | Path, name: str = "") -> Path:
        """Write a copy to a file of your choice, with your name, today's date and the edition."""
        path = Path(path)
        about = {"learner": name, "date": date.today().isoformat(), "edition": version()}
        with locked(path):
            _write(path, {**self.as_dict(), **about})
        return path

    def as_dict(self) -> dict:
        """Return everything as plain data."""
        both = {"exercises": self.exercises, "predictions": self.predictions}
        return {"pmulab_progress": FORMAT, **both}

    def line(self, notebook: str) -> str:
        """Say in a line how far a notebook is, what is left of it, and how far the course is."""
        right = self.right
        own = [id for id, row in LEARNT.items() if row.notebook == notebook]
        left = ", ".join(id for id in own if id not in right)
        more = f" Left: {left}." if left else ""
        course = f"The course: {len(right & EXERCISES.keys())} of {len(EXERCISES)} exercises."
        whole = f" {self.certified}" if notebook == PROJECT else ""
        return f"Notebook {notebook}: {self.so_far(notebook)}{more}{whole} {course}"

    @property
    def certified(self) -> str:
        """Say whether the learner's own hypervisor has been certified."""
        done = self.exercises.get("project", {}).get("right", False)
        return f"Your hypervisor is{'' if done else ' not'} certified{'' if done else ' yet'}."

    def so_far(self, notebook: str) -> str:
        """Say in half a line how many exercises and predictions of a notebook are done."""
        own = [id for id, row in LEARNT.items() if row.notebook == notebook]
        asked = [id for id in predictions() if id.split(".")[0] == notebook]
        made = self.guesses.keys() & set(asked)
        said = [f"{len(self.right.intersection(own))} of {len(own)} exercises right"] if own else []
        said += [f"{len(made)} of {len(asked)} predictions made"] if asked else []
        test = questions(notebook)
        right = sum(row.fits(self.guesses.get(row.key, "")) for row in test)
        said += [f"{right} of {len(test)} questions of the self-test right"] if test else []
        return f"{', '.join(said) or 'nothing to check'}."

    @property
    def guesses(self) -> dict[str, str]:
        """Return what was guessed and answered, by its question."""
        return {row["question"]: row["guess"] for row in self.predictions}

    @property
    def right(self) -> set[str]:
        """Return the exercises that are right, in C too."""
        return {id for id, row in self.exercises.items() if row["right"]}.intersection(LEARNT)

    def __repr__(self) -> str:
        if self.notebook:
            return self.line(self.notebook)
        if self.path is None:
            return "Progress is off (PMULAB_PROGRESS=off)."
        if not self.exercises and not self.predictions:
            return "Nothing yet: no exercise has been checked and no guess made."
        lines = [columns([HEADING, *self.rows()], "<<><")] if self.exercises else []
        guesses = [f"  {row['question']}: {row['guess']}" for row in self.predictions]
        return "\n".join([*lines, *(["Your guesses:", *guesses] if guesses else [])])

    def _repr_html_(self) -> str:
        if self.path is None or not self.exercises or self.notebook:
            return f"<pre>{escape(repr(self))}</pre>"
        guesses = "".join(
            f"<li>{escape(row['question'])}: {escape(row['guess'])}</li>"
            for row in self.predictions
        )
        listed = f"<p>Your guesses:</p><ul>{guesses}</ul>" if guesses else ""
        return html_table("Exercises", HEADING, self.rows()) + listed


# Those in C are beside the course: who writes Python only has done it all the same.
LEARNT = {**EXERCISES, **IN_C}
# The notebook whose exercise is a whole hypervisor.
PROJECT = "11"
HEADING = ("exercise", "verdict", "attempts", "law")


def version() -> str:
    """Return the version of the library, as the edition of the course."""
    return str(sys.modules["pmulab"].__version__)


# ---- the data


def empty() -> dict:
    """Return the data of somebody who has not begun."""
    return {"pmulab_progress": FORMAT, "exercises": {}, "predictions": []}


def _add_guess(data: dict, question: str, guess: str) -> dict:
    kept = [row for row in data["predictions"] if row["question"] != question]
    kept += [{"question": question, "guess": guess}] if guess else []
    data["predictions"] = kept[-MOST_PREDICTIONS:]
    return {**empty(), "predictions": [{"question": question, "guess": guess}]}


def _add_verdict(data: dict, verdict, answer: str, first: dict | None) -> dict:
    row = data["exercises"].setdefault(verdict.exercise, {"attempts": 0, "right": False})
    row |= {"attempts": row["attempts"] + 1, "last": verdict.kind, "law": verdict.law}
    if first and not row["right"]:
        row.setdefault("first", first)
    row["right"] = row["right"] or verdict.kind == "right"
    row |= {"answer": answer} if answer else {}
    if verdict.law and verdict.history:
        world = verdict.result.certificate.world
        broke = {"world": world, "law": verdict.law, "history": list(verdict.history)}
        kept = [other for other in row.get("broke", []) if other != broke]
        row["broke"] = [*kept, broke][-MOST_HISTORIES:]
    return {**empty(), "exercises": {verdict.exercise: row}}


def broken_before(exercise: str) -> list[dict]:
    """Return the histories that have broken a law in earlier answers, the last one at the end."""
    row = progress().exercises.get(exercise, {})
    rows = row.get("broke", [])
    return rows if fits(rows, [{"world": str, "law": str, "history": [str]}]) else []


def kept_answers(kept: "Progress") -> dict[str, str]:
    """Return the answers that were right, by exercise."""
    rows = {id: row.get("answer") for id, row in kept.exercises.items()}
    return {id: text for id, text in rows.items() if isinstance(text, str)}


# ---- the file


def place() -> Path | None:
    """Return where progress is kept, or None where it is off."""
    said = os.environ.get("PMULAB_PROGRESS", "")
    return None if said == "off" else Path(said or NAME)


def opened(path: Path) -> Progress:
    """Open somebody's file, and leave it as it is; a `ValueError` says that it is none."""
    data = _parse(path) if path.is_file() else None
    if data is None:
        raise ValueError(f"{path} is not a file of progress")
    return Progress(path, data)


def read(path: Path) -> dict:
    """Read a file of progress; one that is damaged is set aside and a new one begun."""
    try:
        data = _parse(path)
        if data is None:
            with locked(path):
                data = _whole(path)
        return data
    except Newer as error:
        print(error)
    except OSError as error:
        print(f"progress cannot be read: {path}: {error.strerror}")
    return empty()


def _parse(path: Path) -> dict | None:
    """Return what a file holds, nothing yet if there is none; None if it is damaged."""
    try:
        # Editors of Windows begin a file with a mark, which is not part of the text.
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return empty()
    except ValueError:
        return None
    return parsed(text, path.name)


def _whole(path: Path) -> dict:
    """Read a file whose lock is held: what is damaged is damaged, nobody is about to write it."""
    data = _parse(path)
    if data is None:
        set_aside(path)
        return empty()
    return data


def set_aside(path: Path) -> None:
    """Rename a file that cannot be read, so that nothing in it is lost."""
    n = 1
    while (aside := path.with_name(f"{path.name}.damaged-{n}")).exists():
        n += 1
    path.rename(aside)
    print(f"{path.name} could not be read; it is kept as {aside.name}")


def change(act: Callable[[dict], dict], told: Told = _nobody) -> None:
    """Change what is kept; `act` does it to the data and gives what is new of it.

    `told` hears when it has been read back, with an empty text, or with why it is not kept.
    """
    path = place()
    if path is None:
        told("progress is off")
        return
    try:
        with locked(path):
            data = _whole(path)
            new = act(data)
            _write(path, data)
    except Newer as error:
        print(error)
        told("its file is of a newer pmulab")
    except OSError as error:
        _not_kept(path, told, f"{error.strerror}")
    else:
        _shelve(path, new, told)


def _shelve(path: Path, new: dict, told: Told) -> None:
    """Keep what is new in the browser's store, too, where the folder of a file does not last."""
    shelf = shelf_for(path)
    if shelf is None:
        told("")
    else:
        failed = partial(_not_kept, path, told)
        shelf.add(new, partial(_shelved, path, told), failed)


def _not_kept(path: Path, told: Told, why: str) -> None:
    print(f"progress is not kept: {path}: {why}")
    told(why)


def _shelved(path: Path, told: Told, text: str) -> None:
    """Take over what the browser's store has now: rows of other kernels are among it."""
    data = parsed(text, path.name)
    if data:
        _write(path, data)
    told("")


def _write(path: Path, data: dict) -> None:
    """Replace a file in one step, under its lock: a reader finds the old one or the new one, whole.

    The name on the way is always the same, so that one left over after a kill is used again. An
    `OSError` says also that what can be read there is another thing.
    """
    new, text = path.with_name(f".{path.name}.new"), json.dumps(data, indent=1) + "\n"
    try:
        with open(new, "w", encoding="utf-8", opener=_private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    if path.read_text(encoding="utf-8") != text:
        raise OSError(errno.EIO, "what was written is not what is there")


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
