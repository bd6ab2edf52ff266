"""What all commands have in common: how they end, and how a name that does not exist is told.

Not modelled: the commands; they are in `cli` and `teaching`.
"""

from collections.abc import Iterable

from pmulab.lab.submission.load import InputError

RIGHT, WRONG, BAD_INPUT, NOT_FINISHED = range(4)


def status(right: bool, not_finished: bool = False) -> int:
    """Return the exit status of a command that judges."""
    if right:
        return RIGHT
    return NOT_FINISHED if not_finished else WRONG


def one_of(kind: str, name: str, known: Iterable[str]) -> str:
    """Return a name that exists; an error lists those that do."""
    if name not in known:
        raise InputError(f"no {kind} {name}; there are {' '.join(known)}")
    return name
