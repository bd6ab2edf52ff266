"""The names that the book explains, each with the page and the place that explain it.

Not modelled: a name that means two things; the first section that has it wins.
"""

import re
from functools import cache
from typing import NamedTuple

from pmulab.explorer.worlds import WORLDS
from pmulab.lab.course.glossary import Entry, glossary
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery.gallery import gallery

# What a name with a number in it is written as in the tables.
NUMBERED = re.compile(r"\d+(?=_EL|$)")


class Place(NamedTuple):
    """Where a name is explained, and in which words."""

    page: str
    anchor: str
    says: str


def entries(section: str) -> list[Entry]:
    """List the entries of a section of the glossary."""
    return [entry for entry in glossary(section).entries if entry.section == section]


def anchor(section: str, name: str) -> str:
    """Return the anchor of an entry, as Sphinx writes it."""
    return re.sub(r"[^a-z0-9]+", "-", f"{section}-{name}".lower()).strip("-")


@cache
def places() -> dict[str, Place]:
    """Return where each name is explained, by the name as code is written."""
    found: dict[str, Place] = {}
    for section in ("registers", "hooks", "fields", "laws", "events"):
        for entry in entries(section):
            place = Place(f"reference/{section}", anchor(section, entry.name), entry.meaning)
            found.setdefault(entry.name, place)
    for id, row in EXERCISES.items():
        found.setdefault(id, Place("reference/exercises", anchor("exercises", id), row.about))
    for name, world in WORLDS.items():
        found.setdefault(name, Place("reference/worlds", anchor("worlds", name), world.about))
    for id, bug in gallery().items():
        found.setdefault(id, Place(f"gallery/{id}", "", bug.what))
    return found


def place_of(code: str) -> Place | None:
    """Return where a piece of code is explained, if it is a name that the book knows."""
    name = code.removesuffix("()").rpartition(" ")[2] if code.endswith("()") else code
    known = places()
    return known.get(name) or known.get(NUMBERED.sub("<n>", name, count=1))
