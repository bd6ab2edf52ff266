"""The self-tests of the course: questions with choices, and why each choice is right or wrong.

Not modelled: points. `grade` counts the last answer of each, where a teacher asks for it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pmulab.lab.course.predictions import Judged
from pmulab.lab.row_file import read_rows


class Question(NamedTuple):
    """A question of a notebook's self-test; `why` names the choices by their letters."""

    id: str
    question: str
    choices: tuple[str, ...]
    answer: str
    why: str

    @property
    def key(self) -> str:
        """Return the name under which an answer is kept, beside those of predictions."""
        return f"self-test {self.id}"

    def fits(self, said: str) -> bool:
        """Tell whether what was said is the answer."""
        return said.strip().casefold() == self.answer.casefold()

    def judge(self, said: str) -> Judged:
        """Compare a choice with the answer."""
        if self.fits(said):
            return Judged("right", f"Right: {self.named(self.answer)}")
        if not said.strip():
            return Judged("none", f"The answer: {self.named(self.answer)}")
        return Judged("wrong", f"Not {self.named(said)}, but {self.named(self.answer)}")

    def named(self, choice: str) -> str:
        """Return a choice with its letter."""
        fits = (n for n, one in enumerate(self.choices) if one.casefold() == choice.casefold())
        letter = next((f"({chr(ord('a') + n)}) " for n in fits), "")
        return f"{letter}{choice}"


@cache
def self_tests() -> Mapping[str, Question]:
    """Return every question by its number."""
    rows = read_rows(Path(__file__).with_name("self_tests.toml"), Question)
    return {row.id: row for row in rows}


def questions(notebook: str) -> list[Question]:
    """Return the questions of a notebook, in their order."""
    return [row for id, row in self_tests().items() if id.split(".")[0] == notebook]


def right_in(answers: Mapping[str, str]) -> int:
    """Count the right answers among what has been kept, by its name."""
    return sum(row.fits(answers.get(row.key, "")) for row in self_tests().values())
