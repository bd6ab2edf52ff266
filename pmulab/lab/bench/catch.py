"""Catch them first: one history that the reference survives and that convicts hidden wrong ones.

The wrong ones are of the gallery, or the reference without a line. Examples before code: who has
convicted them knows what the method is for.

Not modelled: marks.
"""

from functools import cached_property
from typing import Any, NamedTuple

from pmulab.explorer.result import accused
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.bench.bench import Bench
from pmulab.lab.bench.stand import convicts
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.gallery.gallery import gallery
from pmulab.lab.lines.method import Method


class Hunt(NamedTuple):
    """Who hides where: ids of the gallery, and lines of the reference that are left out."""

    world: str
    bugs: tuple[str, ...]
    lines: tuple[int, ...]


FLAGS = ("put-loses-flags", "put-leaves-flags", "put-assigns-flags")
HUNTS = {
    "swap.put": Hunt("small", ("put-keeps-enables", *FLAGS, "put-forgets-control"), (4, 6, 9)),
    "swap.fold": Hunt("small", FLAGS, (3, 4)),
    "vgic.flush": Hunt("interrupts", ("flush-nothing", "kick-never-sent"), (4, 8, 12)),
}


class Catch(Bench):
    """A bench with the reference on it; `path` are moves to begin with.

    A `KeyError` names the exercises that have hidden ones. `reference` is who must survive.
    """

    def __init__(self, id: str, path: str = "", reference: type = Hypervisor) -> None:
        if id not in HUNTS:
            raise KeyError(f"nobody hides in {id}; in {', '.join(HUNTS)} somebody does")
        self.hunt, self.row = HUNTS[id], exercise(id)
        super().__init__(f"{self.hunt.world}:{path}", reference)
        self.called = f"the reference, {len(self.hidden)} wrong ones beside it"

    @cached_property
    def hidden(self) -> dict[str, type]:
        """Return the wrong ones, by what is told of each once it is convicted."""
        method, hook = Method(getattr(Hypervisor, self.row.hook)), self.row.hook
        found = {id: gallery()[id].hypervisor for id in self.hunt.bugs}
        for n in self.hunt.lines:
            own = {hook: method.made(method.switched(method.untouched, n))}
            # Not the line itself: the learner is to write it.
            found[f"one without its line {n}"] = type("Wrong", (Hypervisor,), own)
        return found

    def caught(self) -> list[str]:
        """Name those whom the path convicts: nobody where it accuses the reference as well."""
        if self.now.breach:
            return []
        world = WORLDS[self.hunt.world]
        return [name for name, wrong in self.hidden.items() if convicts(world, wrong, self.path)]

    def solved(self) -> str:
        """Say whom the path convicts; that it accuses the reference too, where it does."""
        if self.now.breach:
            law = accused(self.now.breach)[0].law
            return f"This accuses the reference too ({law}): undo. It convicts nobody."
        names = self.caught()
        all_of = f"{len(names)} of {len(self.hidden)}"
        told = f": {'; '.join(names)}" if names else ""
        laws = sorted({gallery()[id].law for id in self.hunt.bugs if id not in names})
        lead = f" Of the others some break {', '.join(laws)}." if names and laws else ""
        return f"Convicted {all_of}{told}.{lead}"

    def cell(self) -> str:
        """Return the path as a line to paste into a cell."""
        path = self.share().partition(":")[2]
        return f'catch("{self.row.id}", "{path}")'

    def facts(self) -> dict[str, Any]:
        """Return all that a page shows; without a search for breaks, which would find none."""
        return super().facts() | {"hunting": True}
