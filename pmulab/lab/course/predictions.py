"""The predictions of the course: a row each, and what a guess is beside it.

A row is the only source of an answer: `predict` shows it, and the teacher's page lists it.

Not modelled: a guess in words. A question asks for numbers or offers choices.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pmulab.lab.row_file import read_rows

NUMBER = re.compile(r"(?<![\w.])(?:0x[0-9a-f]+|0b[01]+|\d+(?:\.\d+)?)(?![\w])")
WORDS = "none one two three four five six seven eight nine ten".split()
ALSO = {"zero": 0, "nothing": 0, "never": 0, "once": 1, "twice": 2}
NAMED = {word: n for n, word in enumerate(WORDS)} | ALSO
RIGHT = "Right: {answer}."
WRONG = "You said {guess}; {it_is} {answer}. Good: what surprises is remembered."
UNSAID = "{it_is} {answer}."
OPEN = "You will see."


class Judged(NamedTuple):
    """What a guess is, `right`, `wrong` or `none`, and a sentence that says so."""

    kind: str
    says: str


class Prediction(NamedTuple):
    """A question, its answer, why it is so, and choices where it asks for no number.

    A bet on the learner's own work has no answer. `also` are other ways to say it: "both", "0b11".
    """

    id: str
    question: str
    answer: str
    why: str
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    def judge(self, guess: object) -> Judged:
        """Compare a guess with the answer: the same choice, or the same numbers in any order."""
        said = str(guess).strip()
        if not self.answer:
            return Judged("none", OPEN)
        if not said:
            return Judged("none", UNSAID.format(it_is=self.it_is.capitalize(), answer=self.answer))
        right = self.fits(said)
        words = RIGHT if right else WRONG
        says = words.format(guess=said, it_is=self.it_is, answer=self.answer)
        return Judged("right" if right else "wrong", says)

    @property
    def it_is(self) -> str:
        """Return what leads to the answer: a choice of several words is no end of a sentence."""
        return "the answer:" if self.choices and " " in self.answer else "it is"

    def fits(self, said: str) -> bool:
        """Tell whether what was said is the answer."""
        if self.choices:
            return said.casefold() == self.answer.casefold()
        if said.casefold() in self.also or bitmap(said) in self.also:
            return True
        due, exact = numbers(self.answer), places(self.answer)
        # A guess may be more exact than an answer that has decimal places.
        told = {round(n, exact) if exact else n for n in numbers(said)}
        return bool(due) and told == due


@cache
def predictions() -> Mapping[str, Prediction]:
    """Return every prediction by its number."""
    rows = read_rows(Path(__file__).with_name("predictions.toml"), Prediction)
    return {row.id: row for row in rows}


def numbers(text: str) -> set[float]:
    """Read the numbers of a text, in figures of any base or in words."""
    text = text.lower().replace(",", " ")
    written = {value(figures) for figures in NUMBER.findall(text)}
    return written | {NAMED[word] for word in re.findall(r"[a-z]+", text) if word in NAMED}


def bitmap(text: str) -> str:
    """Return the one binary number that a text is, without zeros at its left; else nothing."""
    figures = text.strip().casefold()
    return f"{int(figures, 2):#b}" if re.fullmatch("0b[01]+", figures) else ""


def places(text: str) -> int:
    """Return how many decimal places the numbers of a text have."""
    return max((len(found.partition(".")[2]) for found in NUMBER.findall(text)), default=0)


def value(figures: str) -> float:
    """Return what figures mean: hex, binary, or decimal with or without a fraction."""
    if figures.startswith(("0x", "0b")):
        return int(figures, 0)
    return float(figures)


def teachers_table() -> str:
    """Write the answers as the table of the teacher's page."""
    rows = [f"| {row.id} | {row.question} | {row.answer} |" for row in predictions().values()]
    return "\n".join(["| | question | answer |", "|---|---|---|", *rows])
