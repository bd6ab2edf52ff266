"""Marks that were made before: nbgrader's gradebook.db, and the JSON and CSV that `grade` writes.

A gradebook has points and no law; a table does not tell a missing answer from a wrong one, which is
said. What is no exercise of the course is left out.

Not modelled: points that somebody has given by hand, but for all of them or not all.

Source: nbgrader 0.9, its tables in nbgrader/api.py, preprocessors/saveautogrades.py.
"""

import csv
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pmulab.lab.classroom.marks import POINTS, WORKSHEET, Grade, Mark, worth
from pmulab.lab.exercises.rows import GRADED
from pmulab.lab.exercises.verdict import KINDS

NAME = "gradebook.db"
# What nbgrader says itself of an answer that is as it was handed out.
EMPTY = "No response."
ASKED = """
SELECT submitted_assignment.student_id, base_cell.name, grade_cells.max_score,
       COALESCE(grade.manual_score, grade.auto_score), grade.notebook_id
FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN grade_cells ON grade_cells.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
ORDER BY 1, 2
"""
COMMENTS = """
SELECT comment.notebook_id, base_cell.name FROM comment
JOIN base_cell ON base_cell.id = comment.cell_id
WHERE comment.auto_comment = ?
"""
NO_LAW = "{}: {}, in nbgrader's gradebook"
ONLY_POINTS = "a table does not tell a missing answer from a wrong one: both are called wrong"
LEARNER = ("learner", "username", "SIS Login ID", WORKSHEET[1])
Marks = Iterable[tuple[str, Mark]]


def is_gradebook(path: Path) -> bool:
    """Tell whether a path has marks: a file of them, or a course of nbgrader's."""
    return path.suffix in READ if path.is_file() else (path / NAME).is_file()


def grades_in(path: Path) -> tuple[list[Grade], list[str]]:
    """Read marks, and what is to be said of them; a `ValueError` says why they cannot be read."""
    path = path / NAME if path.is_dir() else path
    marks: dict[str, dict[str, Mark]] = {}
    try:
        for learner, mark in READ[path.suffix](path):
            marks.setdefault(learner, {}).setdefault(mark.exercise, mark)
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error, sqlite3.Error) as error:
        what = " ".join(f"{error}".split())[:100]
        raise ValueError(f"{path}: no marks of `grade` or nbgrader in it: {what}") from None
    found = [Grade(learner, tuple(own.values())) for learner, own in marks.items()]
    if not found:
        raise ValueError(f"{path}: no mark of an exercise of the course in it")
    return found, [f"{path.name}: {ONLY_POINTS}"] if path.suffix == ".csv" else []


def joined(grades: Iterable[Grade]) -> list[Grade]:
    """Join the marks of each learner; of two on one exercise the first counts."""
    found: dict[str, Grade] = {}
    for grade in grades:
        known = found.setdefault(grade.learner, replace(grade, marks=()))
        had = {mark.exercise for mark in known.marks}
        more = tuple(mark for mark in grade.marks if mark.exercise not in had)
        found[grade.learner] = replace(known, marks=(*known.marks, *more))
    return [*found.values()]


def _of_nbgrader(path: Path) -> Marks:
    by_slug = {id.replace(".", "-").replace("_", "-"): id for id in GRADED}
    with sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True) as book:
        empty = set(book.execute(COMMENTS, (EMPTY,)))
        rows = book.execute(ASKED).fetchall()
    book.close()
    for learner, cell, most, score, notebook in rows:
        lesson, _, slug = cell.removesuffix("-test").partition("-")
        id = by_slug.get(slug)
        if id is None:
            continue
        kind = "broken" if score is not None else "not finished"
        if score is not None and score >= most:
            kind = "right"
        elif (notebook, f"{lesson}-{slug}-answer") in empty:
            kind = "not attempted"
        yield learner, Mark(id, kind, NO_LAW.format(id, kind))


def _of_json(path: Path) -> Marks:
    known = {field.name for field in fields(Mark)}
    for row in json.loads(path.read_text(encoding="utf-8-sig")):
        for one in row["marks"]:
            said = {key: value for key, value in one.items() if key in known}
            mark = Mark(**{**said, "history": tuple(said.get("history", ()))})
            if mark.verdict not in KINDS or not isinstance(row["learner"], str):
                raise ValueError(f"a verdict {mark.verdict}")
            if mark.exercise in (*GRADED, *POINTS):
                yield row["learner"], mark


def _of_table(path: Path) -> Marks:
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = [*csv.DictReader(file)]
    own = [id for id in (*GRADED, *POINTS) if rows and id in rows[0]]
    (column,) = (name for name in LEARNER if rows and name in rows[0])
    for row in rows:
        if row[column]:
            for id in own:
                kind = "right" if float(row[id] or 0) >= worth(id) else "broken"
                yield _learner(row, column), Mark(id, kind, f"{id}: {kind}, in a table")


def _learner(row: dict[str, Any], column: str) -> str:
    """Name a learner as `grade` does: Moodle's participants by their number, too."""
    number = (row.get(WORKSHEET[0]) or "").removeprefix("Participant ")
    # A table writes a quotation mark before what a spreadsheet would run.
    name = str(row[column]).removeprefix("'")
    return f"{name} (participant {number})" if number else name


READ = {".db": _of_nbgrader, ".json": _of_json, ".csv": _of_table}
