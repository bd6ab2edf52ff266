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
# What each may have; no more than it has. The aim is 1,400, and 18,000 in all: not reached.
MOST = dict(
    zip(
        [f"{n:02}" for n in range(14)],
        [1200, 1310, 1390, 1610, 1825, 1380, 1790, 2380, 1610, 1400, 1930, 1180, 1875, 310],
        strict=True,
    )
)


def texts(path):
    """List the Markdown cells of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def words(path):
    """Count what a reader reads."""
    plain = (CODE.sub("", LIST.sub("", NOTE.sub("", text))) for text in texts(path))
    return sum(len(text.split()) for text in plain)


def test_a_notebook_grows_no_longer():
    found = {path.name[:2]: words(path) for path in NOTEBOOKS}
    print(found, sum(found.values()))

    assert set(found) == set(MOST)
    assert {} == {name: count for name, count in found.items() if count > MOST[name]}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notes_are_the_list_at_the_end(path):
    notes = {(int(n.translate(FIGURES)), says) for t in texts(path) for n, says in NOTE.findall(t)}
    listed = LIST.search(texts(path)[-1])
    lines = re.findall(r"^(\d+)\. (.+)$", listed[1], re.M) if listed else []

    assert sorted(notes) == [(int(n), says) for n, says in lines]
    assert [n for n, _ in sorted(notes)] == list(range(1, len(notes) + 1))


# What moves or asks, and how many words may stand before the first of it.
ALIVE = re.compile(
    r"^(?:predict|player|turns|bits|lines|bench|catch|check|heat_map|ownership_map|filter_board|share)"
    r"\(",
    re.M,
)
BEFORE = {"00": 60, "01": 100, "09": 100}


def words_before(path):
    """Count what a reader reads before something moves or asks."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    first = next(k for k, (kind, s) in enumerate(sources) if kind == "code" and ALIVE.search(s))
    read = [NOTE.sub("", source) for kind, source in sources[:first] if kind == "markdown"]
    return sum(len(text.split()) for text in read)


def test_something_moves_or_asks_before_many_words():
    found = {path.name[:2]: words_before(path) for path in NOTEBOOKS if path.name[:2] in BEFORE}
    print(found)

    assert {} == {name: count for name, count in found.items() if count > BEFORE[name]}
