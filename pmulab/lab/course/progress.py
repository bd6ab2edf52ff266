"""What a learner has guessed and what the checks said, kept in a file beside the notebooks.

The file is JSON, `pmulab-progress.json` in the kernel's folder; it is never sent anywhere. The
environment variable PMULAB_PROGRESS names another file, or is `off`. A file that cannot be read is
set aside under another name, not lost. What goes wrong here never stops a lesson.

Not modelled: time; two notebooks that record in the same millisecond (the later one wins).
"""

import json
import os
import tempfile
from functools import wraps
from html import escape
from pathlib import Path

NAME = "pmulab-progress.json"
FORMAT = 1
MOST_PREDICTIONS = 1000


def keep_guess(question: str, guess: object) -> None:
    """Keep what a learner expects; the last guess counts, and an empty one is none."""
    _change(lambda data: _add_guess(data, str(question), str(guess)))


def guess_of(question: str) -> str:
    """Return what has been guessed, empty where nothing was."""
    rows = progress().predictions
    return next((row["guess"] for row in rows if row["question"] == question), "")


def record(verdict):
    """Keep the kind of a verdict and give the verdict back; an empty attempt leaves no trace."""
    if verdict.kind != "not attempted":
        _change(lambda data: _add_verdict(data, verdict.exercise, verdict.kind, verdict.law))
    return verdict


def recorded(check):
    """Make a function that returns a verdict also keep it."""

    @wraps(check)
    def keep(*args, **options):
        return record(check(*args, **options))

    return keep


def progress() -> "Progress":
    """Return what has been kept, as something that shows itself."""
    where = place()
    return Progress(where, read(where) if where else empty())


class Progress:
    """Exercises and guesses, as text, as a table, or as a file to hand in."""

    def __init__(self, path: Path | None, data: dict):
        self.path, self.exercises, self.predictions = path, data["exercises"], data["predictions"]

    def rows(self) -> list[tuple[str, str, str, str]]:
        """List each exercise with its state, its attempts and the law that broke last."""
        return [
            (id, "right" if row["right"] else row["last"], str(row["attempts"]), row["law"])
            for id, row in sorted(self.exercises.items())
        ]

    def export(self, path: str | Path) -> Path:
        """Write a copy to a file of your choice."""
        _write(Path(path), self.as_dict())
        return Path(path)

    def as_dict(self) -> dict:
        """Return everything as plain data."""
        both = {"exercises": self.exercises, "predictions": self.predictions}
        return {"pmulab_progress": FORMAT, **both}

    def __repr__(self) -> str:
        if self.path is None:
            return "Progress is off (PMULAB_PROGRESS=off)."
        if not self.exercises and not self.predictions:
            return "Nothing yet: no exercise has been checked and no guess made."
        lines = [_line(HEADING), *map(_line, self.rows())] if self.exercises else []
        guesses = [f"  {row['question']}: {row['guess']}" for row in self.predictions]
        return "\n".join([*lines, *(["Your guesses:", *guesses] if guesses else [])])

    def _repr_html_(self) -> str:
        if self.path is None or not self.exercises:
            return f"<pre>{escape(repr(self))}</pre>"
        head = "".join(f'<th scope="col">{title}</th>' for title in HEADING)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self.rows()
        )
        guesses = "".join(
            f"<li>{escape(row['question'])}: {escape(row['guess'])}</li>"
            for row in self.predictions
        )
        listed = f"<p>Your guesses:</p><ul>{guesses}</ul>" if guesses else ""
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"{table}{listed}"


HEADING = ("exercise", "verdict", "attempts", "law")


def _line(cells) -> str:
    id, verdict, attempts, law = cells
    return f"{id:<22} {verdict:<8} {attempts:>8}  {law}".rstrip()


# ---- the data


def empty() -> dict:
    """Return the data of somebody who has not begun."""
    return {"pmulab_progress": FORMAT, "exercises": {}, "predictions": []}


def _add_guess(data: dict, question: str, guess: str) -> None:
    kept = [row for row in data["predictions"] if row["question"] != question]
    kept += [{"question": question, "guess": guess}] if guess else []
    data["predictions"] = kept[-MOST_PREDICTIONS:]


def _add_verdict(data: dict, id: str, kind: str, law: str) -> None:
    row = data["exercises"].setdefault(id, {"attempts": 0, "right": False})
    row |= {"attempts": row["attempts"] + 1, "last": kind, "law": law}
    row["right"] = row["right"] or kind == "right"


def is_valid(data: object) -> bool:
    """Tell whether data read from a file has the form that is written here."""
    try:
        rows = data["exercises"].values()
        typed = all(
            type(row["attempts"]) is int and type(row["right"]) is bool for row in rows
        ) and all(isinstance(row[key], str) for row in rows for key in ("last", "law"))
        guesses = data["predictions"]
        told = all(isinstance(row[k], str) for row in guesses for k in ("question", "guess"))
        return data["pmulab_progress"] == FORMAT and isinstance(guesses, list) and typed and told
    except (KeyError, TypeError, AttributeError):
        return False


# ---- the file


def place() -> Path | None:
    """Return where progress is kept, or None where it is off."""
    said = os.environ.get("PMULAB_PROGRESS", "")
    return None if said == "off" else Path(said or NAME)


def read(path: Path) -> dict:
    """Read a file of progress; one that is damaged is set aside and a new one begun."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return empty()
    except (ValueError, RecursionError):
        data = None
    if is_valid(data):
        return data
    set_aside(path)
    return empty()


def set_aside(path: Path) -> None:
    """Rename a file that cannot be read, so that nothing in it is lost."""
    n = 1
    while (aside := path.with_name(f"{path.name}.damaged-{n}")).exists():
        n += 1
    try:
        path.rename(aside)
        print(f"{path.name} could not be read; it is kept as {aside.name}")
    except OSError as error:
        print(f"{path.name} could not be read, nor set aside: {error.strerror}")


def _change(change) -> None:
    path = place()
    if path is None:
        return
    data = read(path)
    change(data)
    try:
        _write(path, data)
    except OSError as error:
        print(f"progress is not kept: {path}: {error.strerror}")


def _write(path: Path, data: dict) -> None:
    """Replace a file in one step: whoever reads it finds the old one or the new one, whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(data, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
