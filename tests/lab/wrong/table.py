"""The table of wrong hooks: a row each, entered by the decorator of its class."""

from collections.abc import Callable
from typing import NamedTuple


class Wrong(NamedTuple):
    """A wrong hook: what it is for, and which dimension a small world would need to show it."""

    exercise: str
    dimension: str
    hypervisor: type


WRONG: list[Wrong] = []


def wrong(exercise: str, dimension: str) -> Callable[[type], type]:
    """Enter a class whose one hook is wrong."""

    def enter(hypervisor: type) -> type:
        WRONG.append(Wrong(exercise, dimension, hypervisor))
        return hypervisor

    return enter
