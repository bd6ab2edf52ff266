"""Carry progress by hand: down as a file and up again, since a page may lose it.

Not modelled: which of two guesses is the newer one; a file that is brought counts.
"""

import json

from pmulab.lab.course.browser import Shelf, in_a_page, shelf_for
from pmulab.lab.course.progress import NAME, change, place, progress
from pmulab.lab.course.shape import Newer, parsed

# A page cannot tell in which window it is.
FORGETS = "A private window forgets it when it is closed: download it there before you leave."
HERE = f"Your progress is kept in this browser. {FORGETS}"
KEPT = (
    "This page came over plain http, so Python has no folder here that lasts. Your progress is kept"
    " in this browser instead: come back with the same browser, or take it with you as a file."
    f" {FORGETS}"
)
LOST = (
    "Your progress cannot be kept in this page: {why}. Download it before you leave, and bring it"
    " back when you return."
)
BROUGHT = "Brought. Exercises: {exercises}. Guesses: {guesses}. Run the cells anew to see them."


class Carry:
    """What a page says of where progress is; without a shelf it has a folder that lasts.

    `alarm` where nothing is kept.
    """

    name = NAME

    def __init__(self, shelf: Shelf | None):
        why = shelf.why if shelf else ""
        self.alarm = bool(why)
        self.notice = LOST.format(why=why) if why else KEPT if shelf else HERE

    def text(self) -> str:
        """Return all progress as the text of a file."""
        return json.dumps(progress().as_dict(), indent=1) + "\n"

    def bring(self, text: str) -> str:
        """Add what a file has to what is here; say how much that was, or why nothing."""
        try:
            brought = parsed(text, "This file")
        except Newer as error:
            return str(error)
        if brought is None:
            return "This is not a file of progress."
        change(lambda data: _joined(data, brought))
        counts = {"exercises": len(brought["exercises"]), "guesses": len(brought["predictions"])}
        return BROUGHT.format(**counts)


def carry() -> Carry | None:
    """Return what a page says of its progress; None where Python is no page's, or it is off."""
    path = place()
    shelf = shelf_for(path) if path else None
    return Carry(shelf) if shelf or (path and in_a_page()) else None


def _joined(data: dict, brought: dict) -> dict:
    """Add what was brought: what is right stays right; of two guesses the file's counts."""
    for id, row in brought["exercises"].items():
        mine = data["exercises"].get(id)
        if mine is None or (row["right"], row["attempts"]) > (mine["right"], mine["attempts"]):
            data["exercises"][id] = row
    asked = {row["question"] for row in brought["predictions"]}
    left = [row for row in data["predictions"] if row["question"] not in asked]
    data["predictions"] = [*left, *brought["predictions"]]
    return data
