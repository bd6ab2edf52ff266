"""Wrong hooks in C as rows, read from `mistakes.toml`.

Not modelled: mistakes of other kinds; those of the swap itself are in `pmulab.lab.gallery`.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Mistake(NamedTuple):
    """A wrong hook: which exercise it would answer, what C makes of it, what repairs it."""

    id: str
    exercise: str
    about: str
    repair: str
    source: str


@cache
def mistakes() -> dict[str, Mistake]:
    """Return the mistakes by id."""
    text = (Path(__file__).parent / "mistakes.toml").read_text(encoding="utf-8")
    return {
        id: Mistake(id, row["exercise"], row["about"], row["repair"], row["source"].lstrip())
        for id, row in tomllib.loads(text).items()
    }
