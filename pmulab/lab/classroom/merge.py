"""A learner's notebook and a new edition of it, joined: the new text, the learner's answers.

What is the edition's and what is somebody's own is told by `editions`: a text that no edition had
is their own. Nothing of theirs is left out; where an edition has changed a cell that they had
changed too, theirs stands below it.

Not modelled: joining two texts of one cell line by line; outputs of cells that have changed.
"""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from pmulab.lab.classroom.sheets import exercises_in, is_exercise, source_of
from pmulab.lab.course.editions import History, date_of, digest

Cell = dict[str, Any]
# Where a copy says which texts it was given: it may be of an edition of a teacher's own.
TEXTS = "pmulab_texts"


class Change(NamedTuple):
    """What became of a cell: the heading above it, its first line, and how it differs."""

    heading: str
    line: str
    what: str

    def __str__(self) -> str:
        return f"{self.what}: {self.line}" + (f" (in: {self.heading})" if self.heading else "")


class Merged(NamedTuple):
    """A joined notebook, and what an update changes in the learner's."""

    notebook: dict[str, Any]
    changes: tuple[Change, ...]


def merged(mine: dict[str, Any], new: dict[str, Any], history: History) -> Merged:
    """Join a learner's notebook and a new edition's."""
    return _Merge(mine, new, history).merged()


class _Merge:
    """Two notebooks while they are joined."""

    def __init__(self, mine: dict[str, Any], new: dict[str, Any], history: History) -> None:
        self.new, self.history = new, history
        self.mine = _named([*mine["cells"]], new["cells"])
        self.about, self.base = mine.get("metadata", {}), cells_of(mine, history)
        self.changes: list[Change] = []
        self.heading = ""

    def merged(self) -> Merged:
        """Join them."""
        by_id = {cell.get("id"): cell for cell in self.mine}
        joined: list[Cell] = []
        for cell in self.new["cells"]:
            self.heading = _heading(cell) or self.heading
            joined += self._joined(by_id.get(cell["id"]), cell)
        for place, cell in self._own({cell["id"] for cell in self.new["cells"]}):
            joined.insert(_after(joined, place), cell)
        made = {**copy.deepcopy(self.new), "cells": joined}
        # Which lesson it is may stand in the learner's alone, as in a copy for a class.
        made["metadata"] = {**self.about, **made["metadata"], TEXTS: texts_of(self.new)}
        return Merged(made, tuple(self.changes))

    def _joined(self, mine: Cell | None, new: Cell) -> Iterator[Cell]:
        """Give what stands in a cell's place: the learner's, the edition's, or both."""
        changed = self.base.get(new["id"]) != digest(source_of(new))
        if mine is None:
            self._note(new, "new" if changed else "was deleted, and is back")
            yield copy.deepcopy(new)
        elif digest(source_of(mine)) == digest(source_of(new)):
            yield {**copy.deepcopy(mine), **_of_the_edition(new)}
        elif not self._is_own(mine) or _is_locked(new) or not (self.base or is_exercise(new)):
            # Of a notebook that says no edition only answers are known to be somebody's own.
            self._note(new, "changed")
            yield copy.deepcopy(new)
        elif not changed or is_exercise(new):
            if changed:
                self._note(new, "changed, and your answer is kept")
            yield {**copy.deepcopy(mine), "metadata": copy.deepcopy(new["metadata"])}
        else:
            self._note(new, "changed, and yours is kept below it")
            yield copy.deepcopy(new)
            yield {**copy.deepcopy(mine), "id": self._beside(new["id"])}

    def _own(self, ids: set[str]) -> Iterator[tuple[str, Cell]]:
        """Yield the learner's own cells, each with the cell that stood above it."""
        above = ""
        for cell in self.mine:
            if cell["id"] not in ids:
                if self._is_own(cell):
                    yield above, copy.deepcopy(cell)
                else:
                    self._note(cell, "left out")
                    continue
            above = cell["id"]

    def _beside(self, id: str) -> str:
        """Name the cell below another; one of an earlier update has a name already."""
        names = {cell["id"] for cell in self.mine}
        free = (f"{id}-mine{n}" for n in ("", *range(2, len(names) + 3)))
        return next(name for name in free if name not in names)

    def _is_own(self, cell: Cell) -> bool:
        """Tell whether a text is the learner's: no edition had it."""
        known = self.history.known(cell["id"]) | {self.base.get(cell["id"], "")}
        return digest(source_of(cell)) not in known

    def _note(self, cell: Cell, what: str) -> None:
        line = source_of(cell).strip().partition("\n")[0].lstrip("# ")
        self.changes.append(Change(self.heading, line, what))


def texts_of(notebook: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each cell's text."""
    return {cell["id"]: digest(source_of(cell)) for cell in notebook["cells"]}


def cells_of(notebook: dict[str, Any], history: History) -> dict[str, str]:
    """Return what the edition had that a notebook is of: as it says itself, or by its date."""
    said = notebook.get("metadata", {}).get(TEXTS)
    if isinstance(said, dict) and all(isinstance(one, str) for one in said.values()):
        return said
    return history.cells(edition_of(notebook))


def edition_of(notebook: dict[str, Any]) -> str:
    """Return the edition that a notebook says, empty where it says none."""
    return next(filter(None, (date_of(source_of(cell)) for cell in notebook["cells"])), "")


def _named(mine: list[Cell], new: list[Cell]) -> list[Cell]:
    """Give the learner's cells their names again, where a front end has lost or doubled them."""
    names = {cell["id"] for cell in new}
    by_text = {digest(source_of(cell)): cell["id"] for cell in reversed(new)}
    by_exercise = {id: cell["id"] for cell in new for id in exercises_in(cell)}
    free = names - {cell.get("id") for cell in mine}
    used: set[str] = set()
    for n, cell in enumerate(mine):
        id = cell.get("id") or f"own-{n}"
        if id not in names or id in used:
            theirs = [by_text.get(digest(source_of(cell)))]
            theirs += [by_exercise.get(one) for one in exercises_in(cell)]
            found = next((one for one in theirs if one in free), None)
            id = found or (f"{id}-{n}" if id in names | used else id)
        free.discard(id)
        used.add(id)
        mine[n] = {**cell, "id": id}
    return mine


def _of_the_edition(new: Cell) -> dict[str, Any]:
    """Give what is the edition's in a cell of the same text: that text, with the date in it."""
    return {"source": new["source"], "metadata": copy.deepcopy(new["metadata"])}


def _is_locked(cell: Cell) -> bool:
    """Tell whether a cell is a test of nbgrader's, which is nobody's to change."""
    graded = cell["metadata"].get("nbgrader")
    return isinstance(graded, dict) and graded.get("locked") is True


def _heading(cell: Cell) -> str:
    text = source_of(cell).strip() if cell["cell_type"] == "markdown" else ""
    return text.partition("\n")[0].lstrip("# ") if text.startswith("#") else ""


def _after(cells: list[Cell], id: str) -> int:
    """Return the place behind a cell and what belongs to it; the front for none."""
    places = [n for n, cell in enumerate(cells) if cell["id"].partition("-mine")[0] == id]
    places = places or [n for n, cell in enumerate(cells) if cell["id"] == id]
    return places[-1] + 1 if places else 0
