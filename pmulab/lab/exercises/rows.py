"""The exercises as rows, read from `exercises.toml`.

Not modelled: an order; the notebooks give one.
"""

from pathlib import Path

from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.row_file import read_rows

ROWS: tuple[Exercise, ...] = read_rows(Path(__file__).parent / "exercises.toml", Exercise)
EXERCISES: dict[str, Exercise] = {row.id: row for row in ROWS}


def exercise(id: str) -> Exercise:
    """Return an exercise; a `KeyError` lists those that exist."""
    if id not in EXERCISES:
        raise KeyError(f"no exercise {id}; there are {' '.join(EXERCISES)}")
    return EXERCISES[id]
