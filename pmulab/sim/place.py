"""Reading plain data with care: each error names the place and what was possible there.

Not modelled: a schema language; the reader of each part of a scenario is its schema.
"""

import json

from pmulab.hw import events
from pmulab.sim.program import Instruction, ProgramError, number, parse


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
                raise ScenarioError(f"{where}: no key {key!r}; there are {keys}")
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
        try:
            found = -1 if value == -1 and value is not True else number(value, "it")
        except ProgramError:
            raise self.fail(key, f"a whole number is needed, not {short(value)}") from None
        if not low <= found <= high:
            raise self.fail(key, f"{found} is out of range; possible is {low} to {high}")
        return found

    def text(self, key: str, default: str | None = None) -> str:
        """Return some text."""
        value = self.need(key) if default is None else self.data.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, f"text is needed, not {short(value)}")
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
        try:
            hexadecimal = isinstance(value, str) and value[:1].isdigit()
            return events.number(int(value, 0) if hexadecimal else value)
        except (KeyError, ValueError, TypeError) as error:
            raise self.fail(key, str(error.args[0])) from None

    def program(self, key: str) -> tuple[Instruction, ...]:
        """Return a compiled program."""
        try:
            return parse(self.rows(key, []))
        except ProgramError as error:
            raise ScenarioError(f"{self.where}.{key}{error}") from None


def short(value) -> str:
    """Print a value, cut to one short line."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else text[:37] + "..."
