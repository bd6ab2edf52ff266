"""`bench`: the moves of a small world as buttons, with undo, lamps for the laws, and a short path.

Not modelled: how it looks; `pmulab.view.bench` shows it, `to_text` prints it.
"""

import random
from collections.abc import Sequence
from functools import partial
from html import escape
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from pmulab.explain.history import retell
from pmulab.explorer.moves import given
from pmulab.explorer.result import accused
from pmulab.explorer.stage import stage_of
from pmulab.explorer.worlds import WORLDS
from pmulab.hw.sysregs import REGS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.bench.stand import Seen, Stand, State
from pmulab.lab.gallery.gallery import gallery
from pmulab.lab.submission.guard import guard_all
from pmulab.lab.submission.limits import Limit, limited, pieces
from pmulab.sim.laws import LAWS, OF_AN_EL2
from pmulab.sim.meaning import explained
from pmulab.sim.phrases import changed
from pmulab.sim.tables import columns
from pmulab.sim.trace import Trace

# One letter for each move of a world; none has more.
LETTERS = digits + ascii_lowercase + ascii_uppercase
SECONDS = 20
FEW = 4
# What only says which accesses trap.
TRAPS = ("HDFG", "ICH_HCR")
HOSTS = ("enter", "load", "exit", "irq", "perf_add", "perf_remove", "host_work", "change")


class Bench:
    """A world played by hand with a hypervisor: a class, or the id of a wrong one of the gallery.

    `goal` is a law to break, in `clicks` at most. A `KeyError` where there is no such world, a
    `ValueError` where a path does not fit.
    """

    def __init__(
        self,
        world: str,
        hypervisor: type | str = Hypervisor,
        goal: str = "",
        clicks: int = 0,
        seed: int = 0,
    ) -> None:
        name, _, path = world.partition(":")
        self.world, self.seed = WORLDS[name], seed
        self.hypervisor = guard_all(
            gallery()[hypervisor].hypervisor if isinstance(hypervisor, str) else hypervisor
        )
        self.called = hypervisor if isinstance(hypervisor, str) else hypervisor.__name__
        self.goal, self.clicks = goal, clicks
        self.stand = Stand(self.world, self.hypervisor)
        self.path: list[int] = []
        self.undone: list[int] = []
        self.seen = [self.stand.first]
        self.said = ""
        self.ahead: list[int] = []
        self.moved: set[str] = set()
        self.go(path)

    # ---- moves

    @property
    def now(self) -> Seen:
        """Return where the machine is."""
        return self.seen[-1]

    def do(self, move: int | str) -> None:
        """Do a move by its number or its text, or by the beginning of it."""
        n = move if isinstance(move, int) else self._named(move)
        if n not in self.stand.possible(self.now):
            raise ValueError(f"not possible now: {self.stand.moves[n].text}")
        self._done(n)
        self.undone.clear()

    def _named(self, text: str) -> int:
        found = [n for n, move in enumerate(self.stand.moves) if move.text.startswith(text)]
        if not found:
            every = "; ".join(self.stand.moves[n].text for n in self.stand.possible(self.now))
            raise ValueError(f"no move {text!r}; possible now: {every}")
        return found[0]

    def _done(self, n: int) -> None:
        self.said, self.ahead = "", []
        with limited(SECONDS) as limit:
            after = self.stand.after(self.now, n)
        if limit.expired:
            self.said = f"no end within {SECONDS} s{limit.where}"
            return
        self.path.append(n)
        self.seen.append(after)

    def undo(self) -> None:
        """Take the last move back."""
        if self.path:
            self.undone.append(self.path.pop())
            self.seen.pop()
            self.said, self.ahead = "", []

    def redo(self) -> None:
        """Do again what was taken back."""
        if self.undone:
            self._done(self.undone.pop())

    def restart(self) -> None:
        """Take everything back."""
        while self.path:
            self.undo()

    def go(self, path: str) -> None:
        """Do the moves of a short path."""
        for letter in path:
            n = LETTERS.find(letter)
            if not 0 <= n < len(self.stand.moves) or n not in self.stand.possible(self.now):
                raise ValueError(f"{letter!r} of path {path!r} is not possible there")
            self._done(n)

    def surprise(self) -> None:
        """Do one of the moves that are possible, chosen by the seed and the path so far."""
        possible = self.stand.possible(self.now)
        if possible:
            self.do(random.Random(f"{self.seed}:{self.path}").choice(possible))

    def follow(self) -> None:
        """Do what a search has found."""
        for n in list(self.ahead):
            self.do(n)

    # ---- what is near

    def find_break(self) -> Any:
        """Search for the shortest break from here, piece by piece."""
        return self._find(None, "break", "No law can be broken from here")

    def find_overflow(self) -> Any:
        """Search for the nearest overflow of a guest's counter from here, piece by piece."""
        goal = None if self.now.breach else self.stand.overflows(self.now)
        return self._find(goal, "overflow", "No guest's counter can overflow from here")

    def _find(self, goal: Any, what: str, none: str) -> Any:
        if self.now.breach:
            self.said = "A law is broken: undo first."
            return self.said
        begin = list(self.path)
        found = yield from pieces(self.stand.nearest(self.now, goal), SECONDS)
        if begin != self.path:
            return self.said
        self.ahead = [] if found is None or isinstance(found, Limit) else found
        if isinstance(found, Limit):
            self.said = f"not finished: nothing found within {SECONDS} s{found.where}"
        elif found is None:
            self.said = f"{none}: every state was seen."
        else:
            n = len(found)
            self.said = f"The nearest {what} is {n} click{'s' * (n != 1)} away."
        return self.said

    # ---- what is shown

    def effect(self, n: int) -> tuple[str, ...]:
        """Say what a move would change, and what it would break."""
        after = self.stand.after(self.now, n)
        said = [
            changed(at, self.now.holds.get(at, 0), value)
            for at, value in after.holds.items()
            if at in self.now.holds
            and self.now.holds[at] != value
            and "due" not in at
            and not at.partition(".")[2].startswith(TRAPS)
        ]
        more = [f"and {len(said) - FEW} more"] if len(said) > FEW else []
        broken = [f"breaks {accused(after.breach)[0].law}"] if after.breach else []
        return (*broken, *(said[:FEW] or ["changes no register"]), *more)

    def verdict(self) -> list[str]:
        """Say what broke, in the words of a verdict; nothing while every law holds."""
        if self.now.breach is None:
            return []
        return [*explained(accused(self.now.breach)[0]), *self.told().witness]

    def told(self) -> Any:
        """Tell the path once more, with a recorder."""
        moves = [self.stand.moves[n] for n in self.path]
        make = partial(stage_of, self.world, record=True)
        return retell(make, self.hypervisor, moves, "")

    @property
    def trace(self) -> Trace:
        """Return the trace of the path, for the player."""
        trace: Trace = self.told().trace
        return trace

    def share(self) -> str:
        """Return the path as a short text that `bench` takes as its world."""
        return f"{self.world.name}:{''.join(LETTERS[n] for n in self.path)}"

    def cell(self) -> str:
        """Return the path as lines to paste into a cell."""
        who = self.called if self.called.isidentifier() else repr(self.called)
        moves = [f"b.do({self.stand.moves[n].text!r})" for n in self.path]
        return "\n".join([f'b = bench("{self.world.name}", {who})', *moves, "b"])

    def steps(self) -> list[str]:
        """Return what has been done."""
        return [self.stand.moves[n].text for n in self.path]

    def places(self) -> list[str]:
        """Name the places: the hardware, and of each guest what is saved and what is due."""
        cpus = [f"cpu{n}" for n in range(len(self.stand.machine.cpus))]
        return [*cpus, *(p for g in self.stand.machine.vcpus for p in (g, f"{g} is due"))]

    def table(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        """Return each register that has moved so far: by place its value, and if that is new."""
        first, now = self.seen[0].holds, self.now.holds
        before = self.seen[-2].holds if len(self.seen) > 1 else now
        for seen in self.seen:
            other = (at for at, value in seen.holds.items() if first.get(at, 0) != value)
            self.moved.update(at.partition(".")[2] for at in other)
        names = [n for n in REGS if n in self.moved and not n.startswith(TRAPS)]
        places = self.places()
        return [(n, [_shown(f"{p}.{n}", n, now, before) for p in places]) for n in names]

    def solved(self) -> str:
        """Say how far a puzzle is; nothing where there is none."""
        if not self.goal:
            return ""
        law, n = accused(self.now.breach)[0].law if self.now.breach else "", len(self.path)
        if law == self.goal and (not self.clicks or n <= self.clicks):
            return f"Solved: {law} is broken in {n} click{'s' * (n != 1)}."
        if law:
            return f"You have broken {law} in {n} clicks. The task is: {self._task()}. Undo."
        return f"Your task: {self._task()}.{self._used(n)}"

    def _used(self, n: int) -> str:
        if not self.clicks or not n:
            return ""
        spent = "not broken: undo" if n >= self.clicks else f"{self.clicks - n} left"
        return f" {n} of {self.clicks} used, {spent}."

    def _task(self) -> str:
        return f"break {self.goal}" + (f" in at most {self.clicks} clicks" if self.clicks else "")

    def facts(self) -> dict[str, Any]:
        """Return all that a page shows, as plain data."""
        possible = self.stand.possible(self.now)
        broken = accused(self.now.breach)[0].law if self.now.breach else ""
        moves = [self.stand.moves[n] for n in self.path]
        with limited(SECONDS):
            effects = {n: self.effect(n) for n in possible}
        return {
            "title": f"World {self.world.name}, {self.called}",
            "about": self.world.about,
            "given": given(self.world, moves),
            "task": self.solved(),
            "moves": [
                {
                    "n": n,
                    "who": "host" if move.do in HOSTS else move.vcpu,
                    "text": move.text,
                    "possible": n in effects,
                    "effect": list(effects.get(n, ())),
                }
                for n, move in enumerate(self.stand.moves)
            ],
            "places": self.places(),
            "table": self.table(),
            "lamps": [
                {"law": law, "says": says.splitlines()[0], "broken": law == broken}
                for law, says in LAWS.items()
                if self.world.has_el2 or law not in OF_AN_EL2
            ],
            "verdict": self.verdict(),
            "steps": self.steps(),
            "undone": len(self.undone),
            "said": self.said,
            "ahead": [self.stand.moves[n].text for n in self.ahead],
            "share": self.share(),
            "cell": self.cell(),
        }

    def __repr__(self) -> str:
        return self.to_text()

    def to_text(self) -> str:
        """Print what is possible, where the machine is, and which laws hold."""
        facts = self.facts()
        heads = ["register", *facts["places"]]
        cells = [[name, *(value for value, _ in row)] for name, row in facts["table"]]
        can = [
            f"  {LETTERS[m['n']]}  {m['text']}: {'; '.join(m['effect'])}"
            for m in facts["moves"]
            if m["possible"]
        ]
        steps = [f"  {n:>2}  {text}" for n, text in enumerate(facts["steps"], 1)]
        lamps = ", ".join(
            f"{la['law']} {'BROKEN' if la['broken'] else 'ok'}" for la in facts["lamps"]
        )
        parts: Sequence[Sequence[str]] = (
            [facts["title"], facts["about"], *filter(None, [facts["task"]])],
            ["Done:", *steps] if steps else [],
            [columns([heads, *cells])] if cells else [],
            [f"Laws: {lamps}", *facts["verdict"]],
            ["Possible now:", *can] if can else [],
            [*filter(None, [facts["said"]]), *(f"  {text}" for text in facts["ahead"])],
            [f"Path: {facts['share']}"],
        )
        return "\n\n".join("\n".join(part) for part in parts if part)

    def to_html(self) -> str:
        """Write the same as static HTML."""
        return f"<pre>{escape(self.to_text())}</pre>"


def _shown(at: str, name: str, now: State, before: State) -> tuple[str, bool]:
    """Say a value, without what no write changes, and whether the last move changed it."""
    if at not in now:
        return "", False
    mask = REGS[name].writable if name == "PMCR_EL0" else -1
    return hex(now[at] & mask), before.get(at, now[at]) != now[at]
