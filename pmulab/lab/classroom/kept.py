"""Marks that are kept in a file, a line each as it is made, so that another run goes on from them.

A line is good for the same answer, limit of time, and edition: the library's files, Python, z3. A
mark "not finished" is written and never read: whatever was in the way may be gone.

Not modelled: whether answers ran in a sandbox; two runs that ask for different exercises share.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from platform import python_version_tuple
from typing import Any

from pmulab.lab.classroom.marks import Mark
from pmulab.lab.classroom.own import digest as own_digest
from pmulab.lab.classroom.sheets import Answer

LIBRARY = Path(__file__).resolve().parents[2]
# What a verdict depends on; widgets only draw it.
READ, UNREAD = (".py", ".toml", ".json"), "view"
# How every line begins; what ends without a newline and does not begin so is no mark of ours.
HEAD = '{"learner": '
DIGITS = 32
OWN = "marks are kept in a file of their own"


@cache
def edition() -> str:
    """Name what judges here: a digest of the library's files, and versions of Python and of z3."""
    found = hashlib.sha256()
    for path in sorted(LIBRARY.rglob("*")):
        name = path.relative_to(LIBRARY)
        if path.suffix in READ and name.parts[0] != UNREAD:
            found.update(f"{name.as_posix()}\n".encode() + path.read_bytes())
    try:
        z3 = metadata.version("z3-solver")
    except metadata.PackageNotFoundError:
        z3 = "none"
    # Its minor release changes what Python says of an error.
    python = ".".join(python_version_tuple()[:2])
    own = f", with {taken}" if (taken := own_digest()) else ""
    return f"{found.hexdigest()[:12]}, Python {python}, z3 {z3}{own}"


def digest(id: str, answer: Answer, seconds: float) -> str:
    """Name what is judged: the exercise, the answer to the letter, the time that it has."""
    of = [answer.exercise, answer.exam]
    text = json.dumps([id, of, answer.name, answer.source, float(seconds)])
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def mark_of(said: dict[str, Any]) -> Mark:
    """Read a mark from plain data; raises `TypeError` for what is none."""
    return Mark(**{**said, "history": tuple(said["history"])})


@dataclass(frozen=True)
class Kept:
    """A file of marks, and those of a run before that are still good; without a file, nothing."""

    path: Path | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict)

    def mark(self, id: str, answer: Answer | None, seconds: float) -> Mark | None:
        """Return the mark of an answer that was judged before."""
        found = answer and self.marks.get(digest(id, answer, seconds))
        return replace(found, where=answer.where) if answer and found else None

    def part(self, answers: Mapping[str, Answer | None], seconds: float) -> "Kept":
        """Return the same file with the marks of some answers alone."""
        found = {
            digest(id, answer, seconds): mark
            for id, answer in answers.items()
            if answer and (mark := self.mark(id, answer, seconds))
        }
        return Kept(self.path, found)

    def add(self, learner: str, answer: Answer | None, mark: Mark, seconds: float) -> None:
        """Write a mark at the end of the file, at once; none where nothing was judged."""
        if self.path is None or answer is None or answer.empty:
            return
        about = {"learner": learner, "exercise": mark.exercise, "edition": edition()}
        about["answer"] = digest(mark.exercise, answer, seconds)
        line = json.dumps({**about, "mark": asdict(mark)}) + "\n"
        # One write at the end of the file: processes that mark side by side mix no lines.
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)


UNKEPT = Kept()


def kept_in(path: Path) -> Kept:
    """Read a file of marks, or begin one; a last line that was not written to its end is dropped.

    Raises `ValueError` for a file that has anything else in it, `OSError` where none can be.
    """
    text = path.read_bytes() if path.exists() else b""
    whole = text.rfind(b"\n") + 1
    marks = dict(_lines(path, text[:whole]))
    rest = text[whole:]
    if rest[: len(HEAD)] != HEAD.encode()[: len(rest)]:
        raise ValueError(f"{path}: its end is no mark; {OWN}")
    if rest:
        os.truncate(path, whole)
    path.open("ab").close()
    return Kept(path, marks)


def _lines(path: Path, text: bytes) -> Iterator[tuple[str, Mark]]:
    """Yield the marks that are good now, by what was judged."""
    for n, line in enumerate(text.splitlines(), 1):
        try:
            said = json.loads(line)
            # Another edition's marks may have other parts.
            mark = mark_of(said["mark"]) if said["edition"] == edition() else None
            answer = said["answer"]
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"{path}: line {n} is no mark; {OWN}") from None
        if mark and mark.verdict != "not finished":
            yield answer, mark
