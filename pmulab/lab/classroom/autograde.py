"""Marks in nbgrader: no cell of a submission runs in the process that grades it.

`Judge` stands in nbgrader's row of preprocessors where a kernel would run the notebook. It reads
the answers as `grade` does, and writes each verdict into the output of the locked test.

Not modelled: cells that a teacher grades by tests of their own; a notebook that has any is run in a
kernel, as nbgrader does without us.

Source: nbgrader 0.9, nbgrader/converters/autograde.py, nbgrader/utils.py: determine_grade().
"""

import re
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

from nbformat.v4 import new_code_cell, new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters.autograde import Autograde
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Float

from pmulab.lab.classroom.grading import SECONDS, mark_sheet
from pmulab.lab.classroom.marks import Mark
from pmulab.lab.classroom.sheets import Sheet, lesson_of, sheet_of_cells
from pmulab.lab.exercises.rows import GRADED

TEST = re.compile(r"""^mark\(["']([\w.]+)["'],""", re.M)


class Judge(Execute):
    """Judges the answers of a notebook apart, and writes what comes of it below the tests."""

    seconds = Float(SECONDS, help="give up on an exercise after so many").tag(config=True)

    def preprocess(self, nb: Any, resources: Any, km: Any = None) -> tuple[Any, Any]:
        """Judge a notebook that was handed in."""
        restore(nb, resources["nbgrader"])
        tests = {id: cell for cell in nb.cells if (id := exercise_of(cell))}
        graded = [cell for cell in nb.cells if utils.is_grade(cell) and cell.cell_type == "code"]
        if any(exercise_of(cell) is None for cell in graded):
            nb, resources = super().preprocess(nb, resources, km)
        about = resources["nbgrader"]
        lesson = lesson_of(about["notebook"], nb)
        sheet = sheet_of_cells(about["student"], "notebook", nb.cells, lesson)
        for remark in sheet.remarks:
            self.log.warning("%s: %s", sheet.learner, remark)
        for mark in mark_sheet(sheet, [*tests], self.seconds, known().name).marks:
            tests[mark.exercise].outputs = [said(mark, sheet)]
        return nb, resources


@cache
def known() -> TemporaryDirectory[str]:
    """Make the folder of what was found right, for all that nbgrader grades in one go."""
    return TemporaryDirectory(prefix="pmulab-")


class OnePlace(NbGraderPreprocessor):
    """Leaves each mark of nbgrader's in one cell, and none that this edition does not know.

    A cell that was copied has its marks twice; nbgrader's own way of it leaves an empty mark, which
    it then takes for one of an old version. Answers are found without their marks.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Take the marks off all but the last of the cells that have the same, and off odd ones."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
            left = {cell.name for cell in notebook.source_cells}
        for cell in reversed(nb.cells):
            mark = cell.metadata.get("nbgrader")
            name = mark.get("grade_id") if isinstance(mark, dict) else None
            if mark is not None and name not in left:
                del cell.metadata["nbgrader"]
            left.discard(name)
        return nb, resources


def exercise_of(cell: Any) -> str | None:
    """Return the exercise that a locked test is about; nbgrader has put its text back."""
    found = TEST.search(cell.source) if utils.is_grade(cell) and utils.is_locked(cell) else None
    return found.group(1) if found and found.group(1) in GRADED else None


def said(mark: Mark, sheet: Sheet) -> Any:
    """Write a verdict as the output of a cell: an error is what nbgrader gives no points for."""
    if mark.verdict == "right":
        return new_output("stream", name="stdout", text=f"{mark}\n")
    lines = [str(mark), *(f"note: {remark}" for remark in sheet.remarks)]
    first = mark.text.split("\n")[0]
    return new_output("error", ename="NotYet", evalue=first, traceback=["\n".join(lines)])


def restore(nb: Any, about: dict[str, str]) -> None:
    """Put back the tests that a notebook no longer has: deleted, or of another edition."""
    with Gradebook(about["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(about["notebook"], about["assignment"])
        cells = {cell.name: cell for cell in notebook.source_cells}
        worth = {cell.name: cell.max_score for cell in notebook.grade_cells}
        there = {cell.metadata.nbgrader["grade_id"] for cell in nb.cells if utils.is_grade(cell)}
        for name in [name for name in worth if name in cells and name not in there]:
            source = cells[name]
            if not TEST.search(source.source or ""):
                continue
            cell = new_code_cell(source.source)
            cell.metadata["nbgrader"] = {
                **{"schema_version": 3, "grade_id": name, "points": worth[name]},
                **{"grade": True, "solution": False, "locked": True, "task": False},
                **{"cell_type": "code", "checksum": source.checksum},
            }
            nb.cells.append(cell)


def configure(config: Any) -> None:
    """Put the judge in the kernel's place in what nbgrader does with a submission."""
    before = Autograde.sanitize_preprocessors.default()
    _, *after = Autograde.autograde_preprocessors.default()
    config.Autograde.sanitize_preprocessors = [OnePlace, *before]
    config.Autograde.autograde_preprocessors = [Judge, *after]
