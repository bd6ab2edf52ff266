"""The table of right hooks: a row each, entered by the decorator of its class."""

from collections.abc import Callable
from typing import NamedTuple


class Right(NamedTuple):
    """A right hook: what it is for, and why nobody can notice what is odd about it."""

    exercise: str
    why: str
    hypervisor: type


RIGHT: list[Right] = []


def right(exercise: str, why: str) -> Callable[[type], type]:
    """Enter a class whose one hook looks wrong and is right."""

    def enter(hypervisor: type) -> type:
        RIGHT.append(Right(exercise, why, hypervisor))
        return hypervisor

    return enter
