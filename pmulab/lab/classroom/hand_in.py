"""What a learner hands in: the notebooks with answers, and progress, as one file with a name.

What is said of it is read from the file as it is, by the reader that grades.

Not modelled: who receives it; it goes where the learner takes it. Outputs stay at home.
"""

import base64
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from pmulab.lab.classroom.parcel import name_for, packed, read
from pmulab.lab.classroom.sheets import (
    KINDS,
    MOST,
    Sheet,
    lesson_of,
    sheet_of,
    sheet_of_cells,
    source_of,
)
from pmulab.lab.course.browser import shelf_for
from pmulab.lab.course.progress import NAME, Progress, progress, version
from pmulab.lab.exercises.rows import EXERCISES


class HandIn(NamedTuple):
    """A file to hand in: its name, its content, and what is to be said of it, a line each."""

    name: str
    content: bytes
    says: tuple[str, ...]


def hand_in_of(notebooks: Mapping[str, str], kept: Progress, learner: str = "") -> HandIn:
    """Put notebooks that answer something, as texts by name, and progress into one file."""
    day = date.today().isoformat()
    about = {"learner": learner, "date": day, "edition": version()}
    texts = {name: _bare(name, text) for name, text in sorted(notebooks.items())}
    files = {name: text for name, text in texts.items() if text}
    files[NAME] = json.dumps({**kept.as_dict(), **about}, indent=1) + "\n"
    content = packed(files)
    # As the reader finds it, and not as it was meant.
    sheet = sheet_of(learner, read(content, KINDS, MOST))
    return HandIn(name_for(learner, day), content, (*_says(sheet, kept), *_missing(sheet, kept)))


def notebooks_in(folder: Path) -> dict[str, str]:
    """Read the notebooks of a folder, as texts by name; what cannot be read is left out."""
    found = {}
    for path in sorted(folder.glob("*.ipynb")):
        try:
            if path.stat().st_size <= MOST * 4:
                found[path.name] = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            continue
    return found


def _bare(name: str, text: str) -> str:
    """Return a notebook without outputs; empty where it answers nothing and is no exercise's."""
    try:
        notebook = json.loads(text)
        cells = [_bare_cell(cell) for cell in notebook["cells"]]
        lesson = lesson_of(name, notebook)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""
    sheet = sheet_of_cells("", name, cells, lesson)
    answered = any(not answer.empty for answer in sheet.answers)
    return json.dumps({**notebook, "cells": cells}, indent=1) if answered or sheet.remarks else ""


def _bare_cell(cell: dict[str, Any]) -> dict[str, Any]:
    bare = {**cell, "source": source_of(cell)}
    if cell.get("cell_type") == "code":
        bare |= {"outputs": [], "execution_count": None}
    return bare


def _says(sheet: Sheet, kept: Progress) -> list[str]:
    """Say what the file has."""
    answered = [answer for answer in sheet.answers if not answer.empty]
    says = [f"{answer.exercise}: {answer.where}" for answer in answered]
    return [f"Answers: {len(answered)}. Guesses: {len(kept.predictions)}.", *says]


def _missing(sheet: Sheet, kept: Progress) -> list[str]:
    """Say what would not be found in it."""
    answered = {answer.exercise for answer in sheet.answers if not answer.empty}
    lost = [id for id in EXERCISES if id in kept.right and id not in answered]
    says = [f"Not found: {id} was right, and no notebook here has its class." for id in lost]
    return [*(f"Not graded: {remark}." for remark in sheet.remarks), *says]


class HandInDesk:
    """Makes the file for a button; `sees` tells whether Python finds the notebooks itself."""

    @property
    def sees(self) -> bool:
        """Tell whether the notebooks are in the folder of the kernel."""
        return shelf_for(Path(NAME)) is None

    def made(self, learner: str, notebooks: str = "") -> HandIn:
        """Make the file; `notebooks` are those that the page has, as JSON of texts by name."""
        found = notebooks_in(Path.cwd()) if self.sees else json.loads(notebooks or "{}")
        return hand_in_of(found, progress(), learner)

    def said(self, notebooks: str = "") -> list[str]:
        """Say what the file would have, and what would not be found in it."""
        return [*self.made("", notebooks).says]

    def file(self, learner: str, notebooks: str = "") -> list[str]:
        """Return the file's name, its content in base 64, and what it has."""
        made = self.made(learner, notebooks)
        return [made.name, base64.b64encode(made.content).decode(), *made.says]
