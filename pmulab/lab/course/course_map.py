"""The map of the course: the machine, and in its host the hooks that a learner writes.

A hook is written once its check has said right. `here` are those of a notebook.

Not modelled: hooks that no exercise asks for.
"""

from collections.abc import Collection
from typing import NamedTuple

from pmulab.lab.course.progress import progress
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.sim.tables import columns

# Rooms of the host by what an exercise's name begins with; each below the one of its column.
COLUMNS = (
    {"partition": "masks", "lazy": "ownership", "dynamic": "ownership"},
    {"swap": "the swap"},
    {"filter": "event filter", "trap": "traps"},
    {"irq": "interrupts"},
    {"vgic": "the vGIC", "user": "userspace"},
)
ROOMS = {prefix: (n, room) for n, rooms in enumerate(COLUMNS) for prefix, room in rooms.items()}
# The parts of the machine that a notebook is about.
LIT = {
    "1": ("guest counters", "put", "load"),
    "2": ("guest counters", "host counters"),
    "3": ("guest counters", "HPMN", "host counters"),
    "4": ("put", "load", "memory of A", "memory of B"),
    "5": ("load", "guest counters", "cycle counter"),
    "6": ("guest counters", "host counters", "memory of A", "memory of B"),
    "7": ("guest A", "guest B"),
    "7b": ("guest A", "guest B"),
    "8": ("guest counters", "HPMN", "put", "load"),
    "9": ("guest A", "guest B", "put", "load"),
    "15": ("guest A", "HPMN", "guest counters", "host counters"),
}
WRITTEN, HERE = "✓", "▸"
LEGEND = f"{WRITTEN} written: its check said right. {HERE} {{}}. A number: its notebook."
TITLES = ("in the host", "hooks")


class Place(NamedTuple):
    """A hook on the map: in which column and room, taught where, written, asked for here."""

    column: int
    room: str
    hook: str
    notebook: str
    written: bool
    here: bool

    @property
    def sign(self) -> str:
        """Return what says its state without colour."""
        return f"{WRITTEN * self.written}{HERE * self.here}" or self.notebook


class CourseMap:
    """Where a learner is, as data that a view draws, and as text."""

    def __init__(
        self,
        title: str,
        written: Collection[str],
        here: Collection[str],
        lit: Collection[str] = (),
        asks: str = "asked for in this notebook",
    ):
        self.title, self.lit, self.legend = title, tuple(lit), LEGEND.format(asks)
        self.places = [
            Place(*ROOMS[id.split(".")[0]], row.hook, row.notebook, id in written, id in here)
            for id, row in EXERCISES.items()
        ]

    @property
    def said(self) -> str:
        """Say in a line how much is written."""
        done = sum(place.written for place in self.places)
        return f"{done} of {len(self.places)} hooks are written."

    def rows(self) -> list[tuple[str, str]]:
        """List each room with its hooks and their signs."""
        rooms = dict.fromkeys(place.room for place in sorted(self.places))
        return [
            (room, ", ".join(f"{p.sign} {p.hook}" for p in self.places if p.room == room))
            for room in rooms
        ]

    def to_text(self) -> str:
        """Print the map."""
        lit = f"In the machine: {', '.join(self.lit)}." if self.lit else ""
        lines = [f"{self.title}. {self.said}", lit, self.legend, columns([TITLES, *self.rows()])]
        return "\n".join(filter(None, lines))

    def __repr__(self) -> str:
        return self.to_text()


def course_map(notebook: int | str) -> CourseMap:
    """Draw where a notebook is, and what this learner has written so far."""
    name = str(notebook)
    here = [row.id for row in EXERCISES.values() if row.notebook == name]
    written = [id for id, row in progress().exercises.items() if row["right"]]
    return CourseMap(f"The map: notebook {name}", written, here, LIT.get(name, ()))
