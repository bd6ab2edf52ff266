"""Tables of cases for one hook each: what does a case, the cases, and the sentence that says one.

A case is done twice, once with the reference and once with the submission; what each leaves behind
must be the same, name by name.

Not modelled: how a hook gets there. Only what it returns and what it leaves counts.
"""

import inspect
from collections.abc import Callable, Iterable
from string import Formatter
from typing import NamedTuple

from pmulab.explorer.result import name_of
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.cases.setting import host_of
from pmulab.lab.submission.answers import plain
from pmulab.sim.accusation import Accusation


class Sentence(Formatter):
    """Fills in a sentence: `{due:low|high}` chooses by truth, `{idx:evcntr}` asks a function."""

    def __init__(self, words: dict[str, Callable]):
        self.words = words

    def format_field(self, value, spec: str) -> str:
        """Say one value."""
        if spec in self.words:
            return self.words[spec](value)
        return spec.split("|")[bool(value)] if "|" in spec else super().format_field(value, spec)


class Table(NamedTuple):
    """A table of cases: `run` does one on a small host and names what comes of it."""

    about: str
    cases: tuple[tuple, ...]
    run: Callable[..., dict]
    sentence: str
    words: dict[str, Callable]

    def outcome(self, hypervisor: type, case: tuple) -> dict:
        """Do a case on a host of this class."""
        return {what: plain(v) for what, v in self.run(host_of(hypervisor), *case).items()}

    def said(self, case: tuple) -> str:
        """Say a case in words."""
        _, *names = inspect.signature(self.run).parameters
        return Sentence(self.words).format(self.sentence, **dict(zip(names, case)))


class Raised(Exception):
    """A hypervisor raised an exception in a case: `error` is what, `where` the case in words."""

    def __init__(self, error: Exception, where: str):
        super().__init__(f"{name_of(type(error))}, where {where}")
        self.error, self.where = error, where


TABLES: dict[str, Table] = {}


def table(cases: Iterable[tuple], *, says: str, name: str = "", **words: Callable):
    """Make a table of the function that does a case; its docstring says what all cases show.

    It is named after the hook that it is about, with a point and more where that has two. `says`
    has fields for the function's parameters, and `words` are what they may ask for.
    """

    def register(run: Callable) -> Callable:
        key = name or run.__name__
        if key in TABLES:
            raise ValueError(f"two tables are called {key}")
        TABLES[key] = Table(inspect.getdoc(run) or "", tuple(cases), run, says, words)
        return run

    return register


def tables_of(hook: str) -> list[str]:
    """Name the tables of a hook: one of its own name, and those with a point behind it."""
    return [name for name in TABLES if name.partition(".")[0] == hook]


def judge(name: str, hypervisor: type) -> Accusation | None:
    """Return what differs from the reference first, or nothing; `Raised` if a case raises."""
    chosen = TABLES[name]
    for case in chosen.cases:
        due = chosen.outcome(Hypervisor, case)
        try:
            yours = chosen.outcome(hypervisor, case)
        except Exception as error:
            raise Raised(error, chosen.said(case)) from error
        for what in due:
            if yours[what] != due[what]:
                values = _shown(yours[what]), _shown(due[what])
                return Accusation(name, "host", what, *values, case=chosen.said(case))
    return None


def _shown(value) -> int | str:
    return value if type(value) is int else str(value)
