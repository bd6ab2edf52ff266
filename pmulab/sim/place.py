"""Reading plain data with care: each error names the place and what was possible there.

Not modelled: a schema language; the reader of each part of a scenario is its schema.
"""

import json

from pmulab.hw import events
from pmulab.sim.program import Instruction, ProgramError, parse


class ScenarioError(ValueError):
    """A scenario that cannot be used: the place and what is wrong there."""


class Place:
    """Reads one object of the file and knows where it is, so that errors can say so."""

    def __init__(self, data, where: str, keys: str):
        self.where, self.known = where, keys.split()
        if not isinstance(data, dict):
            raise ScenarioError(f"{where}: an object is needed, not {short(data)}")
        for key in data:
            if key not in self.known:
                raise ScenarioError(f"{where}: no key {short(key)}; there are {keys}")
        self.data = data

    def fail(self, key: str, why: str) -> ScenarioError:
        """Make an error about one key."""
        return ScenarioError(f"{self.where}.{key}: {why}")

    def need(self, key: str):
        """Return a value that must be there."""
        if key not in self.data:
            raise ScenarioError(f"{self.where}: {key!r} is missing")
        return self.data[key]

    def number(self, key: str, default: int | None = None, low: int = 0, high: int = 10**15) -> int:
        """Return a whole number between two bounds."""
        value = self.need(key) if default is None else self.data.get(key, default)
        return self._between(value, key, low, high)

    def item(self, key: str, n: int, low: int, high: int) -> int:
        """Return a whole number out of a list."""
        return self._between(self.data[key][n], f"{key}[{n}]", low, high)

    def _between(self, value, place: str, low: int, high: int) -> int:
        found = whole(value)
        if found is None:
            raise self.fail(place, f"a whole number is needed, not {short(value)}")
        if not low <= found <= high:
            raise self.fail(place, f"{short(value)} is out of range; possible is {low} to {high}")
        return found

    def text(self, key: str, default: str | None = None) -> str:
        """Return a line of text."""
        value = self.need(key) if default is None else self.data.get(key, default)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.fail(key, f"a line of text is needed, not {short(value)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, f"true or false is needed, not {short(value)}")
        return value

    def rows(self, key: str, default=None) -> list:
        """Return a list."""
        value = self.need(key) if default is None else self.data.get(key, default)
        if not isinstance(value, list):
            raise self.fail(key, f"a list is needed, not {short(value)}")
        return value

    def event(self, key: str) -> int:
        """Return an event, given as a number or a mnemonic."""
        value = self.need(key)
        if whole(value) is not None:
            return self._between(value, key, 0, 0xFFFF)
        if not isinstance(value, str) or value not in events.BY_NAME:
            known = " ".join(events.BY_NAME)
            raise self.fail(key, f"no event {short(value)}; a number, or {known}")
        return events.number(value)

    def program(self, key: str) -> tuple[Instruction, ...]:
        """Return a compiled program."""
        try:
            return parse(self.rows(key, []))
        except ProgramError as error:
            raise ScenarioError(f"{self.where}.{key}{error}") from None


def whole(value) -> int | None:
    """Read a whole number, or text such as "0x10"; None for anything else."""
    if isinstance(value, str):
        try:
            return int(value, 0)
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def short(value) -> str:
    """Print a value, cut to one short line."""
    try:
        text = json.dumps(value, default=str)
    except (ValueError, RecursionError):
        # More digits or more levels than Python prints.
        return f"an enormous {type(value).__name__}"
    return text if len(text) <= 40 else text[:37] + "..."
