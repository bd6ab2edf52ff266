"""Wrong hypervisors from real review threads, each a few lines, with the law that each breaks.

The classes are in the modules that `PARTS` names; a row here is a class with its story, which
`stories.toml` tells.

Not modelled: bugs that need a race inside a hook, a 32-bit kernel, or the build system.

Source: the review of "ARM64 PMU Partitioning", v1 to v8, and our own reading of the posted text.
Only those who found a bug on the list are named.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from pmulab.explain.history import explore
from pmulab.explorer.result import Result
from pmulab.kvm.nested import Nested
from pmulab.lab.row_file import read_rows
from pmulab.sim.tables import aligned


class Story(NamedTuple):
    """Where a wrong hypervisor was seen, and what repairs it."""

    id: str
    origin: str
    fix: str


@dataclass(frozen=True)
class Bug:
    """A wrong hypervisor: `law` is what it breaks in `world`, or empty where it is harmless."""

    id: str
    hook: str
    law: str
    world: str
    origin: str
    what: str
    fix: str
    hypervisor: type

    @property
    def harmless(self) -> bool:
        """Tell whether it only looks wrong."""
        return not self.law

    def explore(self, **limits) -> Result:
        """Search its world for the shortest history that shows it."""
        return explore(self.world, self.hypervisor, **limits)


PARTS = "masks swap filter traps lazy irq nested harmless".split()
# What makes a row once its story is known.
_ROWS: dict[str, Callable[..., Bug]] = {}


def bug(id: str, hook: str, law: str, world: str):
    """Give a wrong hypervisor its row in the gallery; `stories.toml` has its story."""

    def register(hypervisor: type) -> type:
        if id in _ROWS:
            raise ValueError(f"two bugs are called {id}")
        # What goes wrong is the class's docstring: it stands beside the code that does it.
        what = inspect.cleandoc(hypervisor.__doc__ or "").replace("\n\n", " ").replace("\n", " ")
        _ROWS[id] = partial(Bug, id, hook, law, world, what=what, hypervisor=hypervisor)
        return hypervisor

    return register


@cache
def stories() -> dict[str, Story]:
    """Read the stories once, when somebody asks for the gallery."""
    return {row.id: row for row in read_rows(Path(__file__).parent / "stories.toml", Story)}


def story(id: str) -> Story:
    """Return the story of a wrong hypervisor; a `ValueError` says that there is none."""
    if id not in stories():
        raise ValueError(f"stories.toml has no table [{id}]; it needs an origin and a fix")
    return stories()[id]


def ids() -> list[str]:
    """List what was registered so far, whether its story is told or not."""
    return [*_ROWS]


def gallery() -> dict[str, Bug]:
    """Return every wrong hypervisor, by id."""
    for part in PARTS:
        import_module(f"pmulab.lab.gallery.{part}")
    told = {id: story(id) for id in _ROWS}
    return {id: row(origin=told[id].origin, fix=told[id].fix) for id, row in _ROWS.items()}


def bugs_on(hook: str) -> list[Bug]:
    """List the wrong hypervisors that replace a hook; no exercise is about a guest's own EL2."""
    rows = [row for row in gallery().values() if row.hook == hook and not row.harmless]
    return [row for row in rows if not issubclass(row.hypervisor, Nested)]


WIDTHS = (22, 16, 18, 5, 8, 7)


def _line(*cells: object) -> str:
    # Of fixed widths: a search may take long, so each line is printed when it is there.
    return aligned(map(str, cells), WIDTHS, "<<<>>>", gap=1)


HEADING = _line("id", "law", "world", "steps", "states", "ms")


def table(ids: list[str] | None = None):
    """Yield a line for each bug: id, law, world, length of the shortest history, states, ms."""
    yield HEADING
    for row in gallery().values():
        if ids and row.id not in ids:
            continue
        yield line(row, row.explore())


def line(row: Bug, result: Result) -> str:
    """Print the outcome of one bug as a line of the table."""
    steps = len(result.history) if result.history else "-"
    seen = result.certificate
    return _line(
        row.id, result.law or "-", row.world, steps, seen.states, round(seen.seconds * 1000)
    )
