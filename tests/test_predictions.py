"""Each prediction asks one question, and the teacher's page has its answer."""

import json
import re
from itertools import pairwise
from pathlib import Path

NOTEBOOKS = sorted(Path(__file__).parent.parent.glob("notebooks/*.ipynb"))
PAGE = NOTEBOOKS[0].parent / "teacher" / "README.md"
PREDICT = re.compile(r'^predict\("([\d.]+)"\)', re.M)
# Their answers stand in the notebook, folded or right below.
ANSWERED_THERE = ("10.", "12.")


def predictions(path):
    """List (id, the last line of the cell above) of a notebook's predictions."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        (found[1], "".join(above["source"]).strip().splitlines()[-1])
        for above, cell in pairwise(cells)
        if cell["cell_type"] == "code" and (found := PREDICT.search("".join(cell["source"])))
    ]


ALL = [row for path in NOTEBOOKS for row in predictions(path)]


def test_a_prediction_follows_its_question():
    asks = re.compile(r"\*\*Predict\.\*\* .+\?")

    assert ALL
    assert [] == [(id, line) for id, line in ALL if not asks.fullmatch(line)]


def test_the_predictions_of_a_notebook_are_numbered_from_one():
    for path in NOTEBOOKS:
        number = int(path.name[:2])
        found = [id for id, _ in predictions(path)]

        assert found == [f"{number}.{n}" for n in range(1, len(found) + 1)], path.name


def test_the_teachers_page_has_an_answer_to_each_question():
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d.]+) \| (.+\?) \| (.+) \|$", page, re.M)
    asked = [row for row in ALL if not row[0].startswith(ANSWERED_THERE)]

    assert [id for id, _ in asked] == [id for id, *_ in rows]
    assert [] == [id for (id, line), row in zip(asked, rows, strict=True) if row[1] not in line]
