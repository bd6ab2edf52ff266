"""The words of the glossary that are neither a register nor a hook: `course/words.toml`.

Not modelled: words that only this library uses and that one docstring explains.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from pmulab.lab.row_file import read_rows


class Word(NamedTuple):
    """A row of the glossary; `chapter` is the notebook that explains it."""

    name: str
    chapter: str
    meaning: str
    source: str = ""


@cache
def words() -> tuple[Word, ...]:
    """Read the words once, when somebody asks for them."""
    return read_rows(Path(__file__).parent / "words.toml", Word)
