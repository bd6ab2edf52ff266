"""What an edited method does: who notices, or why nobody can.

Evidence is that of `check`: the exercise's worlds, wide cases, tables of cases.

Not modelled: who would notice in a world that the exercise does not have.
"""

from collections.abc import Generator
from typing import Any, NamedTuple

from pmulab.explain.history import told, told_wide
from pmulab.explorer.explorer import Explorer
from pmulab.explorer.numbering import PART, Numbering
from pmulab.explorer.result import Result
from pmulab.explorer.wide.search import steps as wide_steps
from pmulab.explorer.wide.spared import spared
from pmulab.explorer.worlds import WORLDS
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.judge import isolate, judge_units
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.lines.edit import Edit, Lined
from pmulab.sim.trace import Trace

NOTICED, NOBODY, HOLDS, UNFINISHED = "noticed", "nobody", "holds", "not finished"
Work = Generator[str, None, Any]
# Of 143 lines of the reference 104 are missed in a world, all within 14 pieces of each search.
EARLY = 14


class Answer(NamedTuple):
    """What came of an edit: one sentence, what belongs to it, the history's trace if it has one."""

    kind: str
    head: str
    more: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    law: str = ""
    who: str = ""
    trace: Trace | None = None

    def mark(self) -> str:
        """Say it in a few words, beside a line."""
        if self.kind == NOBODY:
            return f"nobody. {self.more[0]}" if self.more else "nobody"
        return self.head

    def facts(self) -> dict[str, Any]:
        """Return the answer as plain data, without the trace."""
        return self._asdict() | {"trace": self.trace is not None}

    def chip(self) -> str:
        """Say in two words who notices, and by which law."""
        words = {NOBODY: "nobody would notice", NOTICED: f"{self.who}: {self.law}"}
        return "host dies" if self.law == "host_survives" else words.get(self.kind, self.kind)

    def lines(self) -> list[str]:
        """Return the answer as lines of text."""
        return [self.head, *(f"  {line}" for line in self.more), *self.steps]


class Reached(NamedTuple):
    """What a closed search has reached: the states, and the numbering that tells what they are."""

    numbering: Numbering
    seen: frozenset[int]
    transitions: int

    def same(self, other: "Reached") -> bool:
        """Tell whether two searches have reached the same states, however they number parts."""
        if (len(self.seen), self.transitions) != (len(other.seen), other.transitions):
            return False
        mine = self.numbering.ids
        names = [mine.get(part, -1) for part in other.numbering.parts]
        shifts = self.numbering.shifts
        return -1 not in names and self.seen == {
            sum(names[state >> shift & PART] << shift for shift in shifts) for state in other.seen
        }


class Attempt:
    """One edit of a method, judged; `reached` is kept of each world that was closed."""

    def __init__(self, row: Exercise, base: type, method: Lined, edit: Edit) -> None:
        self.row, self.method, self.edit = row, method, edit
        self.ran: set[int] = set()
        self.hypervisor = self._class(base, None)
        self.marked = self._class(base, self.ran)
        self.reached: dict[str, Reached] = {}
        self.at_once: Answer | None = None

    def _class(self, base: type, ran: set[int] | None) -> type:
        own = {self.row.hook: self.method.made(self.edit, ran)}
        return isolate(self.row, type(base.__name__, (base,), own))

    def judged(self) -> Work:
        """Search until somebody notices; returns the answer, None where nobody does.

        A world that tells does so early. So the wide cases and the tables need not wait until the
        worlds are closed.
        """
        worlds = self._worlds()
        for _ in range(EARLY * len(self.row.worlds)):
            try:
                yield next(worlds)
            except StopIteration as end:
                if end.value:
                    return end.value
        if not self.at_once:
            found = (yield from self._wide()) or _refused(judge_units(self.row, self.hypervisor))
            return found or (yield from worlds)
        return self.at_once

    def _worlds(self) -> Work:
        """Search the worlds in turns: what one shows at its first step need not wait for others."""
        works = {name: self.searched(name, self.hypervisor) for name in self.row.worlds}
        while works:
            for name, work in list(works.items()):
                try:
                    yield next(work)
                except StopIteration as end:
                    del works[name]
                    if end.value.holds and not end.value.certificate.closed:
                        return Answer(UNFINISHED, f"Not finished: {end.value.certificate}.")
                    if end.value.holds:
                        continue
                    # What breaks while a world is set up shows less than another one's history.
                    self.at_once = self._told(end.value)
                    if end.value.moves:
                        return self.at_once
        return self.at_once

    def _told(self, result: Result) -> Answer:
        world = WORLDS[result.certificate.world]
        return _noticed(told(result, world, self.hypervisor, self.row.hook))

    def _wide(self) -> Work:
        hook = self.row.hook
        work = wide_steps(self.hypervisor, hook, spared=spared(hook))
        while True:
            try:
                yield f"wide case {next(work)}"
            except StopIteration as end:
                wide = told_wide(end.value, self.hypervisor, self.row.hook)
                return _noticed(wide.result) if wide.result else None

    def searched(self, world: str, hypervisor: type) -> Work:
        """Search a world; returns the result, and keeps what was reached."""
        explorer = Explorer(world, hypervisor)
        work = explorer.steps()
        while True:
            try:
                depth, states = next(work)
                yield f"world {world}: {states:,} states, histories of {depth} steps"
            except StopIteration as end:
                result: Result = end.value
                break
        if result.holds:
            seen, numbering = frozenset(explorer.visitor.seen), explorer.successors.numbering
            self.reached[world] = Reached(numbering, seen, result.certificate.transitions)
        return result

    def closed(self) -> Work:
        """Search every world with the lines marked: `ran` has those that run in any of them."""
        for name in self.row.worlds:
            yield from self.searched(name, self.marked)
        return None

    def nobody(self, before: "Attempt") -> Answer:
        """Say why nobody notices this edit, beside the method as it was, closed and marked."""
        worlds = ", ".join(self.row.worlds)
        where = f"in every state of {worlds}" if worlds else "in every case of its tables"
        return Answer(
            NOBODY, f"Nobody can notice: every law holds {where}.", (f"Why: {self._why(before)}",)
        )

    def _why(self, before: "Attempt") -> str:
        off = sorted(self.edit.off)
        if off and not before.ran.intersection(off) and self.row.worlds:
            return "it never runs in these worlds."
        inside = [n for n in self.method.lines if self.method.lines[n].block[0] in off]
        if inside and self.row.worlds and not before.ran.intersection(inside):
            return "its condition is never true in these worlds, so it changes nothing."
        pairs = [(mine, before.reached[world]) for world, mine in self.reached.items()]
        if pairs and all(mine.same(other) for mine, other in pairs):
            states = sum(len(mine.seen) for mine, _ in pairs)
            return f"with this edit and without it, all {states:,} states are the same."
        if pairs:
            return "states differ, but in nothing that a law speaks of."
        return "no table has a case in which it matters."


def _noticed(result: Result) -> Answer:
    """Say who notices, after how many steps, and in which world."""
    law, who = result.law, result.accusation.who if result.accusation else "host"
    n, world = len(result.history), result.certificate.world
    steps = f"after {n} step{'s' * (n != 1)}" if result.moves else "at once"
    if law == "host_survives":
        head = f"The host dies {steps} (world {world})."
    else:
        head = f"{_subject(who)} notices {steps} (world {world}, law {law})."
    more = [line.strip() for line in result.breach()[0 if result.error else 1 :]]
    trace = result.telling.trace if result.telling else None
    return Answer(NOTICED, head, tuple(more), tuple(result.steps()), law, who, trace)


def _subject(who: str) -> str:
    """Name who notices; what a law finds on a CPU is the next owner's trouble."""
    if who.startswith("cpu"):
        return f"Whoever is next on {who}"
    return "The host" if who == "host" else who


def _refused(verdict: Verdict | None) -> Answer | None:
    """Say which case of a table comes out wrong, if one does."""
    if verdict is None:
        return None
    more = tuple(line.strip() for line in verdict.lines()[1:])
    law = verdict.law
    return Answer(
        NOTICED, f"A case of the table {law} comes out otherwise.", more, law=law, who="table"
    )
