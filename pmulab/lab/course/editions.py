"""The editions of each notebook: which of its cells are new or changed since the one before.

An edition is a date. The cell that begins a lesson says its own, and `lesson` compares. Of a cell
only a digest of its text is kept, so a text that no edition had is somebody's own.

Not modelled: outputs, and the order of cells.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

# What no edition is about: its own date, and a call that copies for a class leave out.
DATED = re.compile(r"^(\s*lesson\([^,)\n]*?)\s*,[^)\n]*\)", re.M)
REVEAL = re.compile(r"^\s*#?\s*reveal\(.*\n?", re.M)
DATE = re.compile(r"""^\s*lesson\([^,)\n]*,\s*["']([^"'\n]*)["']\s*\)""", re.M)
DIGITS = 8


class Edition(NamedTuple):
    """An edition: its date, and the digest of each cell that it changed; empty for one left out."""

    date: str
    changed: Mapping[str, str]


class History(NamedTuple):
    """The editions of a notebook, the first one at the front."""

    editions: tuple[Edition, ...]

    @property
    def latest(self) -> str:
        """Return the date of the last edition, empty where there is none."""
        return self.editions[-1].date if self.editions else ""

    def cells(self, date: str) -> dict[str, str]:
        """Return the digest of each cell in the edition of a date, or the last one before it."""
        found: dict[str, str] = {}
        for edition in self.editions:
            if edition.date <= date:
                found |= edition.changed
        return {id: digest for id, digest in found.items() if digest}

    def known(self, id: str) -> frozenset[str]:
        """Return the digests that a cell had in any edition; none for a cell of nobody's."""
        had = [edition.changed.get(id, "") for edition in self.editions]
        return frozenset(filter(None, had))

    def since(self, date: str) -> int:
        """Count the cells that have changed, come or gone since the edition of a date."""
        then, now = self.cells(date), self.cells(self.latest)
        return sum(then.get(id) != now.get(id) for id in {*then, *now})

    def on(self, date: str, cells: Mapping[str, str]) -> "History":
        """Return the history with an edition of a date, whose cells these are."""
        before = History(tuple(one for one in self.editions if one.date < date))
        then = before.cells(before.latest)
        changed = {id: digest for id, digest in cells.items() if then.get(id) != digest}
        changed |= {id: "" for id in then if id not in cells}
        return History((*before.editions, Edition(date, changed))) if changed else before


def digest(source: str) -> str:
    """Return the digest of a cell's text, without what belongs to no edition."""
    text = REVEAL.sub("", DATED.sub(r"\1)", source)).strip()
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def date_of(source: str) -> str:
    """Return the edition that the text of a cell says, empty where it says none."""
    found = DATE.search(source)
    return found[1] if found else ""


@cache
def histories() -> Mapping[str, History]:
    """Return the history of each notebook by its number, "1" or "7b"."""
    text = files("pmulab.lab.course").joinpath("editions.json").read_text(encoding="utf-8")
    return {
        number: History(tuple(Edition(**one) for one in editions))
        for number, editions in json.loads(text).items()
    }


def history_of(number: str) -> History:
    """Return the history of a notebook; an empty one where there is no such notebook."""
    return histories().get(number.lstrip("0") or "0", History(()))


def notice(number: str, date: str) -> str:
    """Say how a notebook's edition differs from the library's; empty where it does not."""
    history = history_of(number)
    if not date or not history.editions or date == history.latest:
        return ""
    if date > history.latest:
        return (
            f"This notebook is of {date}, your pmulab knows the edition of {history.latest}: "
            "update pmulab, or what you read may not be what runs."
        )
    n = history.since(date)
    return (
        f"This notebook is of {date}, your pmulab of {history.latest}, in which {n} "
        f"{'cell differs' if n == 1 else 'cells differ'}. `python -m pmulab update HERE` takes its "
        "text into your folder HERE and keeps your answers; of a class's copy, with `--from THERE`."
    )
