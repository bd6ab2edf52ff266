"""What a test of nbgrader calls in a learner's notebook: the answer, judged in another process.

Not modelled: a learner who changes the notebook's own process; nbgrader's marks are made by
`autograde`, where no cell runs.
"""

from collections.abc import Sequence
from tempfile import TemporaryDirectory

from pmulab.lab.classroom.grading import SECONDS, mark_sheet
from pmulab.lab.classroom.sheets import sheet_of_cells
from pmulab.lab.exercises.rows import AGAIN


def mark(id: str, cells: Sequence[str], seconds: float = SECONDS) -> None:
    """Judge the last answer among some cells that have run (IPython calls them `In`).

    Prints the verdict; raises `AssertionError` unless it is right.
    """
    lesson = AGAIN[id].notebook if id in AGAIN else ""
    found = [{"cell_type": "code", "source": one} for one in cells]
    sheet = sheet_of_cells("you", "In", found, lesson)
    with TemporaryDirectory(prefix="pmulab-") as known:
        (made,) = mark_sheet(sheet, [id], seconds, known).marks
    print(made)
    if made.verdict != "right":
        raise AssertionError(made.text.split("\n")[0])
