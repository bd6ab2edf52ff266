"""Words of a notebook: its Markdown without code; folded answers count, sources do not.

Sources are notes, `[¹](#Sources "Arm DDI 0487, D13.3")`; the list at the end names them once more,
for those who point at nothing. What a prediction says after the guess is in its row.
"""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted(Path(__file__).parent.parent.glob("notebooks/*.ipynb"))
NOTE = re.compile(r'\[([⁰¹²³⁴-⁹]+)\]\(#Sources "([^"]*)"\)')
LIST = re.compile(r"^### Sources\n\n(.*)", re.M | re.S)
CODE = re.compile(r"```.*?```", re.S)
FIGURES = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
MOST, IN_ALL = 1400, 18000
# A view: something to see that moves. Each lesson has three.
VIEW = re.compile(
    r"^(?:\w+ = )?(?:turns|player|ownership_map|counter_chart|filter_board|interrupt_path|heat_map"
    r"|costs|costs_by|against_private|bits|lines|bench|catch|case)\(",
    re.M,
)
# What a lesson may ask to read before there is a view or a question.
FIRST = {"00": 60}
SECTION = re.compile(r"^## (?:(\d+\. (?!\w+ questions).+)|.+)$", re.M)
QUESTION = re.compile(r"^predict\(", re.M)
LESSONS = [path for path in NOTEBOOKS if path.name < "10"]
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def texts(path, kind="markdown"):
    """List the cells of a notebook of one kind."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def words(path):
    """Count what a reader reads."""
    return sum(counted(text) for text in texts(path))


def counted(text):
    """Count the words of a cell."""
    return len(CODE.sub("", LIST.sub("", NOTE.sub("", text))).split())


def test_a_notebook_grows_no_longer():
    found = {path.stem: words(path) for path in NOTEBOOKS}
    print(found, sum(found.values()))

    assert {} == {name: n for name, n in found.items() if n > MOST}
    assert sum(found.values()) <= IN_ALL


@each_lesson
def test_a_lesson_has_three_views(path):
    assert len(VIEW.findall("\n".join(texts(path, "code")))) >= 3


@pytest.mark.parametrize("path", LESSONS[1:], ids=lambda path: path.stem)
def test_each_section_of_a_lesson_has_something_that_moves(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found, section = {}, ""
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            section = (SECTION.findall(text) or [section])[-1]
        if section:
            found[section] = found.get(section, 0) + len(VIEW.findall(text))

    assert len(found) > 2
    assert [] == [section for section, views in found.items() if not views]


@each_lesson
def test_a_lesson_soon_has_something_to_touch(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    kinds = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    asks = [VIEW.search(text) or QUESTION.search(text) for kind, text in kinds]
    first = next(n for n, found in enumerate(asks) if found)

    assert sum(counted(text) for kind, text in kinds[:first] if kind == "markdown") <= FIRST.get(
        path.name[:2], 100
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notes_are_the_list_at_the_end(path):
    notes = {(int(n.translate(FIGURES)), says) for t in texts(path) for n, says in NOTE.findall(t)}
    listed = LIST.search(texts(path)[-1])
    lines = re.findall(r"^(\d+)\. (.+)$", listed[1], re.M) if listed else []

    assert sorted(notes) == [(int(n), says) for n, says in lines]
    assert [n for n, _ in sorted(notes)] == list(range(1, len(notes) + 1))
