"""The first minute: two guests take turns on one counter, with a swap or without.

Not modelled: anything here; `Machine` runs each answer anew.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Any

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.gallery.swap import NoSwap
from pmulab.sim.machine import Machine
from pmulab.sim.program import parse
from pmulab.sim.scenario import VmSpec, load
from pmulab.sim.tables import columns, html_table

TURN = range(250, 3001, 250)
WORK = range(0, 1201, 100)
# Of the guests of `two-guests`, B takes three cycles for an instruction.
CYCLES = 3
COUNTER = "PMEVCNTR0_EL0"
TITLE = "Two guests, one counter"
TITLES = ["turn of", "cycles", "counter 0 in the hardware"]


class Turns:
    """Two guests and one counter: whether the host swaps, a turn in cycles, B's instructions."""

    def __init__(self, swap: bool = False, turn: int = 1000, work: int = 600):
        self.put(swap, turn, work)

    def put(self, swap: bool, turn: int, work: int) -> None:
        """Choose; a `ValueError` says what is possible."""
        for name, value, row in (("a turn", turn, TURN), ("B's work", work, WORK)):
            if value not in row:
                says = f"{name} is {value}; possible is {row[0]} to {row[-1]}, by {row.step}"
                raise ValueError(says)
        self.swap, self.turn, self.work = bool(swap), turn, work
        self.__dict__.pop("machine", None)

    @cached_property
    def machine(self) -> Machine:
        """Run the machine that was chosen, once."""
        world = load("two-guests")
        a, b = world.vms
        world = replace(world, slice_cycles=self.turn, vms=(a, busy(b, self.work)))
        machine = Machine(world, Hypervisor if self.swap else NoSwap, laws=False)
        machine.run()
        return machine

    def turns(self) -> Iterator[tuple[str, int, int, int, int]]:
        """Yield for each turn whose it is, its first and last cycle, and counter 0 at both."""
        start = 0
        for record in self.machine.trace:
            if record.kind == "load":
                start = record.time
            elif record.kind == "work":
                before, after = record.changes.get(f"cpu0.{COUNTER}", (0, 0))
                yield record.who, start, record.time, before, after
                # Where nobody waits the guest goes on without a load.
                start = record.time

    def saved(self) -> list[tuple[str, int, int]]:
        """List what put has saved: whose, at which cycle, the count."""
        places = {f"{vm.name}.{COUNTER}": vm.name for vm in self.machine.scenario.vms}
        changes = [(at, r.time, r.changes[at][1]) for r in self.machine.trace for at in r.changes]
        return [(places[at], time, new) for at, time, new in changes if at in places]

    def did(self, name: str) -> int:
        """Count what a guest's own turns added."""
        return sum(after - before for who, _, _, before, after in self.turns() if who == name)

    def read(self, name: str) -> int:
        """Return what a guest read in the end."""
        return self.machine.guests[name].x["x0"]

    def read_at(self, name: str) -> int:
        """Return the cycle at which it read."""
        return max(r.time for r in self.machine.trace if r.who == name and r.reg == COUNTER)

    def says(self, name: str, other: str) -> str:
        """Say what is wrong with what a guest reads."""
        read = self.read(name)
        if more := read - self.did(name):
            return f"{more:,} of the {read:,} are {other}'s work."
        if self.swap:
            return "Its own work, and nothing else."
        return "By luck: nobody else had counted."

    def facts(self) -> dict[str, Any]:
        """Return what is shown."""
        return {
            "title": TITLE,
            "chosen": [self.swap, self.turn, self.work],
            "turn": list(TURN),
            "work": list(WORK),
            "turns": list(self.turns()),
            "saved": self.saved(),
            "guests": [
                [name, self.read(name), self.did(name), self.says(name, other), self.read_at(name)]
                for name, other in ("AB", "BA")
            ],
        }

    def lines(self) -> list[str]:
        """Say what was chosen and what came of it, a line each."""
        chosen = f"Swap: {'on' if self.swap else 'off'}. A turn: {self.turn:,} cycles."
        guests = self.facts()["guests"]
        found = [f"{n} reads {read:,}; {n} did {did:,}. {says}" for n, read, did, says, _ in guests]
        return [f"{chosen} B's work: {self.work:,} instructions.", *found]

    def rows(self) -> list[list[str]]:
        """Write the turns as rows of a table."""
        return [
            [who, f"{start:,} to {end:,}", f"{before:,} to {after:,}"]
            for who, start, end, before, after in self.turns()
        ]

    def to_text(self) -> str:
        """Print what is shown."""
        return "\n".join([TITLE, *self.lines(), "", columns([TITLES, *self.rows()])])

    def to_html(self) -> str:
        """Write what is shown as static HTML."""
        said = "".join(f"<p>{line}</p>\n" for line in self.lines())
        return said + html_table(TITLE, TITLES, self.rows())

    def __repr__(self) -> str:
        return self.to_text()


def busy(vm: VmSpec, instructions: int) -> VmSpec:
    """Give a guest other work to do; with none it has no `work`."""
    amount = f"work CPU_CYCLES={CYCLES * instructions} INST_RETIRED={instructions}"
    work = parse([amount] if instructions else [])
    pieces = [work if i.op == "work" else (i,) for i in vm.program]
    return replace(vm, program=tuple(chain.from_iterable(pieces)))
