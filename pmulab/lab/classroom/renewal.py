"""A new edition in a page: the browser keeps the learner's notebook, the site has the new one.

The page brings both and writes what comes of them; joining is `merge`'s.

Not modelled: a notebook from before there were editions; it says none.
"""

import json
import sys

from pmulab.lab.classroom.merge import merged
from pmulab.lab.course.editions import history_of

SAYS = (
    "This notebook is of {date}, the site of {latest}, in which {n} cells differ: your browser"
    " keeps the one that you have edited."
)
NOTHING = "No cell changes but the first, which says the edition."


class Renewal:
    """What a page offers where its notebook is older than the site."""

    def __init__(self, number: str, date: str):
        history = history_of(number)
        self.number, self.date, self.history = number, date, history
        self.says = SAYS.format(date=date, latest=history.latest, n=history.since(date))

    def joined(self, mine: str, new: str) -> list[str]:
        """Join two notebooks, as texts; return the text of what comes of it, and what changes."""
        made = merged(json.loads(mine), json.loads(new), self.history)
        changes = [f"{change}" for change in made.changes] or [NOTHING]
        return [json.dumps(made.notebook), *changes]


def renewal(number: str, date: str) -> Renewal | None:
    """Return what a page offers; None elsewhere, and where the notebook is as new as we are."""
    older = date and date < history_of(number).latest
    return Renewal(number, date) if older and sys.platform == "emscripten" else None
