"""Marks: what each answer is worth, as text, as JSON, and as a table for a learning platform.

An exercise is worth as many points as its honest number of lines, whatever else is handed in.

Not modelled: deadlines, partial points, a scale of grades.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pmulab.lab.classroom.participants import participant
from pmulab.lab.exercises.rows import GRADED

# The parts of an exam: a repair is worth as much whatever the method.
POINTS = {"exam.1": 1, "exam.2": 1, "exam.3": 1, "exam.4": 1, "exam.line": 3, "exam.repair": 3}
# What is written before the marks, and of whom, where a platform wants it so.
PLATFORMS: dict[str, tuple[tuple[str, ...], int]] = {
    # Its columns, and which of them is the learner.
    "plain": (("learner",), 0),
    # Moodle matches any column to its own on import: Grades, Import, CSV file.
    "moodle": (("username",), 0),
    # Canvas wants these five, and a row of points possible. Learners are found by the login.
    "canvas": (("Student", "ID", "SIS User ID", "SIS Login ID", "Section"), 3),
}
# Moodle's own table of an assignment, whose folders say which participant's they are.
WORKSHEET = ("Identifier", "Full name")
# A spreadsheet takes a text that begins so for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def worth(id: str) -> int:
    """Return the points of an exercise, or of a part of an exam."""
    return GRADED[id].lines if id in GRADED else POINTS.get(id, 0)


@dataclass(frozen=True)
class Mark:
    """The verdict on one exercise; `law`, `history` and `nearest` say what a wrong answer does."""

    exercise: str
    verdict: str
    text: str
    where: str = ""
    law: str = ""
    history: tuple[str, ...] = ()
    nearest: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def of(self) -> int:
        """Return the points that the exercise is worth."""
        return worth(self.exercise)

    @property
    def points(self) -> int:
        """Return the points that the answer gets."""
        return self.of if self.verdict == "right" else 0

    def __str__(self) -> str:
        first, *more = self.text.split("\n")
        where = f"  ({self.where})" if self.where else ""
        # What was tried on a right answer is in the JSON.
        return "\n".join([f"{first}{where}", *(more if self.verdict != "right" else ())])

    def as_dict(self) -> dict[str, Any]:
        """Return the mark as plain data."""
        return {**asdict(self), "points": self.points, "of": self.of}


@dataclass(frozen=True)
class Grade:
    """The marks of one learner, one for each exercise that was asked; and what was not graded."""

    learner: str
    marks: tuple[Mark, ...]
    remarks: tuple[str, ...] = ()
    # Questions of self-tests: how many are right, and of how many; where they count.
    tests: tuple[int, int] | None = None

    @property
    def score(self) -> int:
        """Return how many exercises are right."""
        return sum(mark.verdict == "right" for mark in self.marks)

    @property
    def points(self) -> int:
        """Return the points that it gets."""
        return sum(mark.points for mark in self.marks) + (self.tests or (0, 0))[0]

    @property
    def of(self) -> int:
        """Return the points that it could get."""
        return sum(mark.of for mark in self.marks) + (self.tests or (0, 0))[1]

    @property
    def full(self) -> bool:
        """Tell whether every exercise is right, and there is one."""
        return 0 < len(self.marks) == self.score

    def __repr__(self) -> str:
        right = f"{self.score} of {len(self.marks)}"
        lines = [f"{self.learner}: {right}, {self.points} of {self.of} points"]
        lines += [str(mark) for mark in self.marks if mark.verdict != "not attempted"]
        left = [mark.exercise for mark in self.marks if mark.verdict == "not attempted"]
        lines += [f"not attempted: {', '.join(left)}"] if left else []
        if self.tests:
            lines.append("self-tests: {} of {} questions right".format(*self.tests))
        return "\n".join([*lines, *(f"note: {remark}" for remark in self.remarks)])

    def as_dict(self) -> dict[str, Any]:
        """Return the grade as plain data."""
        marks = [mark.as_dict() for mark in self.marks]
        return {
            **{"learner": self.learner, "score": self.score, "exercises": len(marks)},
            **{"points": self.points, "of": self.of, "self_tests": self.tests},
            **{"marks": marks, "remarks": [*self.remarks]},
        }


def table(grades: Sequence[Grade], platform: str = "plain") -> str:
    """Write grades as CSV: a row for each learner, a column for each exercise, then all of it."""
    heading, at = PLATFORMS[platform]
    people = [participant(grade.learner) for grade in grades]
    if platform == "moodle" and any(one.id for one in people):
        heading, at = WORKSHEET, 0
    ids = [mark.exercise for mark in grades[0].marks] if grades else []
    columns = dict.fromkeys(map(column_of, ids), 0)
    for id in ids:
        columns[column_of(id)] += worth(id)
    if grades and grades[0].tests:
        columns["self-test"] = grades[0].tests[1]
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    # Canvas takes a column that it does not know for an assignment, and counts it.
    last = [] if platform == "canvas" else ["total", "remarks"]
    write([*heading, *columns, *last])
    if platform == "canvas":
        most = columns.values()
        write(["Points Possible", *("",) * (len(heading) - 1), *most])
    for grade, one in zip(grades, people, strict=True):
        who = [""] * len(heading)
        who[0] = who[at] = _cell(grade.learner)
        if heading == WORKSHEET:
            who = [f"Participant {one.id}" if one.id else "", _cell(one.name)]
        points = dict.fromkeys(columns, 0)
        for mark in grade.marks:
            points[column_of(mark.exercise)] += mark.points
        if grade.tests:
            points["self-test"] = grade.tests[0]
        said = [grade.points, _cell(_remarks(grade))] if last else []
        write([*who, *points.values(), *said])
    return out.getvalue()


def column_of(id: str) -> str:
    """Return the column that an exercise's points are in: all of the project share one."""
    return "project" if id.startswith("project.") else id


def _remarks(grade: Grade) -> str:
    """Say in one line which answers somebody should look at, and what was not graded."""
    odd = [f"{m.exercise}: {m.verdict}" for m in grade.marks if m.verdict in LOOK]
    return "; ".join([*odd, *grade.remarks])


# Verdicts that are no answer's fault, or may be none.
LOOK = ("error", "not finished")


def _cell(text: str) -> str:
    """Write a text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(FORMULA) else text


def due(found: Iterable[str]) -> list[str]:
    """Put exercises in the order of the course, each once."""
    known = set(found)
    return [id for id in (*GRADED, *POINTS) if id in known]
