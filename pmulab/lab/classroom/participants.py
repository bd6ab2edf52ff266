"""Who handed something in, by the name of a folder or file: as Moodle names them, or any other.

Moodle writes "Ada Byron_12345_assignsubmission_file_", where the number is the participant's in
this assignment; its grading worksheet finds them by that.

Not modelled: another platform's names; whoever has a name of their own keeps it.

Source: Moodle, mod/assign/locallib.php, download_submissions(); gradeimport in feedback/offline.
"""

import re
from typing import NamedTuple

MOODLE = re.compile(r"^(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?")
KNOWN = re.compile(r"(?P<name>.+) \(participant (?P<id>\d+)\)")


class Participant(NamedTuple):
    """A learner's name, and their number in an assignment of Moodle's; empty elsewhere."""

    name: str
    id: str = ""


def learner_in(name: str) -> str:
    """Return what a learner is called, whose folder or file has this name."""
    found = MOODLE.match(name)
    return f"{found['name']} (participant {found['id']})" if found else name


def is_of_moodle(name: str) -> bool:
    """Tell whether Moodle has named a folder or a file."""
    return bool(MOODLE.match(name))


def file_in(name: str) -> str:
    """Return a file's own name, behind what Moodle has put before it."""
    return MOODLE.sub("", name)


def participant(learner: str) -> Participant:
    """Return a learner's name and number."""
    found = KNOWN.fullmatch(learner)
    return Participant(found["name"], found["id"]) if found else Participant(learner)
