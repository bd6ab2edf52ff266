"""Files of rows: a slip in one is an error that names the row, the key and what was possible."""

import tomllib
from pathlib import Path

import pytest

import pmulab
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.row_file import read_rows

GOOD = """
["swap.put"]
notebook = "4"
hook = "pmu_put"
about = "Save."
lines = 3
worlds = ["small"]
hints = ["one", "two", "three"]
read_next = "a file"
"""


@pytest.fixture
def read(tmp_path):
    def write(text):
        path = tmp_path / "rows.toml"
        path.write_text(text)
        return read_rows(path, Exercise)

    return write


def test_a_row_becomes_an_exercise_with_its_defaults(read):
    (row,) = read(GOOD)

    hints = ("one", "two", "three")
    assert Exercise("swap.put", "4", "pmu_put", "Save.", 3, ("small",), hints, "a file") == row
    assert "def pmu_put(self, vcpu), roughly 3 lines" == row.starter


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hook =", "hok =", "rows.toml, swap.put: no key hok; there are notebook hook about lines"),
        ('about = "Save."', "", "rows.toml, swap.put: about is missing"),
        ("lines = 3", 'lines = "3"', "swap.put: lines must be int, not '3'"),
        ("lines = 3", "lines = true", "swap.put: lines must be int, not True"),
        (
            'worlds = ["small"]',
            'worlds = "small"',
            r"worlds must be tuple\[str, ...\], not 'small'",
        ),
        ('worlds = ["small"]', "worlds = [1]", r"worlds must be tuple\[str, ...\], not \[1\]"),
        (', "three"', "", r"hints must be tuple\[str, str, str\], not \['one', 'two'\]"),
        ('["swap.put"]', 'other = 1\n["swap.put"]', "rows.toml, other: a table is needed, not 1"),
        ("lines = 3", "lines =", "rows.toml: Invalid value"),
        ("lines = 3", "lines = 3\nlines = 4", "rows.toml: Cannot overwrite a value"),
    ],
)
def test_a_slip_in_a_file_is_one_clear_error(read, old, new, said):
    assert old in GOOD
    with pytest.raises(ValueError, match=said):
        read(GOOD.replace(old, new))


def test_an_exercise_may_have_no_world(read):
    assert () == read(GOOD.replace('["small"]', "[]"))[0].worlds


def test_every_file_of_rows_goes_into_the_package():
    package = Path(pmulab.__file__).parent
    project = tomllib.loads((package.parent / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["pmulab"]
    packed = {path for pattern in patterns for path in package.glob(pattern)}

    files = set(package.rglob("*.toml"))
    expected = {"words.toml", "exercises.toml", "stories.toml", "predictions.toml"}
    expected |= {"self_tests.toml", "own_history.toml", "mistakes.toml"}
    assert expected == {path.name for path in files}
    assert files <= packed
