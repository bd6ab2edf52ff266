"""Things to try by hand: widgets in a notebook, printed text elsewhere.

Not modelled: anything; `pmulab.lab` answers and `pmulab.view` shows.
"""

from typing import Any

from pmulab.asking import in_notebook
from pmulab.lab.lines.lines import Lines


def lines(id: str, submission: type | None = None) -> Any:
    """Show an exercise's method with a switch at each line, and say who notices what is off.

    The reference's method, or a learner's: then each line is tried. A `KeyError` lists the
    exercises; a class that cannot be judged has a sentence instead.
    """
    try:
        desk = Lines(id, submission)
    except ValueError as error:
        return Said(str(error))
    if not in_notebook():
        return desk
    from pmulab.view.switches import Switches

    return Switches(desk, survey=desk.mine)


class Said(str):
    """A sentence that shows itself without quotes."""

    def __repr__(self) -> str:
        return str(self)
