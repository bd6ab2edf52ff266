"""`lines`: a method with a switch at each line, and what is known of each.

Not modelled: how it looks; `pmulab.view.switches` shows it, `to_text` prints it.
"""

from html import escape
from typing import Any

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.judge import refuse
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.lines.attempt import HOLDS, NOTICED, UNFINISHED, Answer, Attempt, Work
from pmulab.lab.lines.c_method import CMethod
from pmulab.lab.lines.edit import Edit, Line, Lined
from pmulab.lab.lines.method import Method
from pmulab.lab.submission.limits import Limit, drained, pieces
from pmulab.sim.tables import columns

SECONDS = 60
UNTOUCHED = "Switch a line off, or move one: who notices?"
AS_IT_IS = Answer(HOLDS, "As it is, every law holds.")
# The reference's methods as they are, closed once for all desks.
CLOSED: dict[str, Attempt] = {}


class Lines:
    """A hook's method and one edit of it; a `ValueError` says why a class has none to show."""

    def __init__(self, id: str, submission: type | None = None, seconds: float = SECONDS) -> None:
        self.row, self.base, self.seconds = exercise(id), submission or Hypervisor, seconds
        refusal = refuse(self.row, self.base) if submission else None
        if refusal:
            raise ValueError(str(refusal))
        self.mine = submission is not None
        hook = getattr(self.base, self.row.hook)
        self.method: Lined = CMethod(hook) if hasattr(hook, "c_text") else Method(hook)
        self.edit = self.method.untouched
        # What is known of each edit: an edit is judged once.
        self.known: dict[Edit, Answer] = {} if self.mine else {self.edit: AS_IT_IS}
        self.own: dict[str, Attempt] = {}
        # What a search that was cut has said of an edit; with more time it may be known.
        self.cut: tuple[Edit, Answer] | None = None

    # ---- edits

    def switch(self, n: int) -> None:
        """Switch a line off, or on again."""
        self.edit = self.method.switched(self.edit, n)

    def move(self, n: int, way: int) -> None:
        """Move a line up (-1) or down (1) among those of its block."""
        self.edit = self.method.moved(self.edit, n, way)

    def reset(self) -> None:
        """Switch everything on, each line where it was."""
        self.edit = self.method.untouched

    @property
    def answer(self) -> Answer | None:
        """Return what is known of the edit."""
        if self.cut and self.cut[0] == self.edit:
            return self.cut[1]
        return self.known.get(self.edit)

    # ---- answers

    def ask(self, edit: Edit | None = None) -> Work:
        """Find out what an edit does, piece by piece; yields how far it is, returns the answer."""
        edit = edit or self.edit
        if edit not in self.known:
            found = yield from pieces(self._judged(edit), self.seconds)
            if isinstance(found, Limit):
                said = f"Not finished: no end within {self.seconds:g} s{found.where}."
                found = Answer(UNFINISHED, said)
            if found.kind == UNFINISHED:
                self.cut = edit, found
                return found
            self.known[edit] = found
        return self.known[edit]

    def _judged(self, edit: Edit) -> Work:
        try:
            attempt = Attempt(self.row, self.base, self.method, edit)
        except SyntaxError as error:
            said = f"The compiler refuses it: {error.msg}."
            return Answer(NOTICED, said, law="refused", who="compiler")
        noticed: Answer | None = yield from attempt.judged()
        if noticed or edit == self.method.untouched:
            return noticed or AS_IT_IS
        return attempt.nobody((yield from self._closed()))

    def _closed(self) -> Work:
        """Search every world with the method as it is; returns the attempt, made once."""
        known = self.own if self.mine else CLOSED
        if self.row.id not in known:
            before = Attempt(self.row, self.base, self.method, self.method.untouched)
            yield from before.closed()
            known[self.row.id] = before
        return known[self.row.id]

    def each(self) -> Work:
        """Find out about each line alone; if the method is wrong as it is, about that only."""
        untouched = self.method.untouched
        first: Answer = yield from self.ask(untouched)
        for n in self.method.lines if first.kind == HOLDS else ():
            for said in self.ask(self.method.switched(untouched, n)):
                yield f"line {n} of {len(self.method.lines)}: {said}"
        return None

    def alone(self, n: int) -> Answer | None:
        """Return what is known of one line switched off, and nothing else."""
        return self.known.get(self.method.switched(self.method.untouched, n))

    # ---- what is shown

    def facts(self) -> dict[str, Any]:
        """Return all that a page shows, as plain data."""
        untouched = self.edit == self.method.untouched
        answer = self.answer
        return {
            "title": f"{self.row.id}: {self.base.__name__}.{self.method.name}",
            "about": self.method.about,
            "head": self.method.head,
            "rows": self._rows(),
            "edited": not untouched,
            "answer": answer and answer.facts(),
            "asks": UNTOUCHED if untouched and not (answer and self.mine) else "",
        }

    def _rows(self) -> list[dict[str, Any]]:
        lines = [*self.method.shown(self.edit)]
        return [self._row(*pair) for pair in zip(lines, [*lines[1:], None])]

    def _row(self, line: Line, following: Line | None) -> dict[str, Any]:
        block = dict(self.edit.blocks)[line.block]
        before = dict(self.method.untouched.blocks)[line.block]
        alone, place = self.alone(line.n), block.index(line.n)
        return {
            **line._asdict(),
            "block": line.block[0],
            "otherwise": self._otherwise(line) if place == 0 else "",
            "closes": self.method.closes(line.n, following),
            "off": line.n in self.edit.off,
            "inside": self.method.is_off(line.block[0], self.edit),
            "up": place > 0,
            "down": place + 1 < len(block),
            "moved": before.index(line.n) != place,
            "kind": alone.kind if alone else "",
            "says": alone.mark() if alone else "",
            "chip": alone.chip() if alone else "",
        }

    def _otherwise(self, line: Line) -> str:
        return self.method.otherwise(line.block[0]) if line.block[1] == "orelse" else ""

    def to_text(self) -> str:
        """Print the method with its switches, what is known of each line, and of the edit."""
        facts = self.facts()
        rows = [[f"       {part}"] for part in facts["head"].splitlines()]
        for row in facts["rows"]:
            pad, off = "    " * row["depth"], row["off"] or row["inside"]
            if row["otherwise"]:
                rows.append([f"       {pad[4:]}{row['otherwise']}"])
            first, *rest = row["text"].splitlines()
            sign = "off" if off else " on"
            rows.append([f"{row['n']:>2} {sign} {pad}{first}", row["says"] and f"# {row['says']}"])
            rows += [[f"       {pad}{part}"] for part in rest]
            rows += [[f"       {'    ' * depth}}}"] for depth in row["closes"]]
        answer = [facts["asks"]] if facts["asks"] else self.answer.lines() if self.answer else []
        return "\n".join([facts["title"], columns(rows), "", *answer]).rstrip()

    def __repr__(self) -> str:
        return self.to_text()

    def to_html(self) -> str:
        """Write the same as static HTML; the library's method, which is an answer, is folded."""
        text = f"<pre>{escape(self.to_text())}</pre>"
        folded = f"<details><summary>The library's {escape(self.row.hook)}, line by line</summary>"
        return text if self.mine else f"{folded}{text}</details>"


def tried(id: str, submission: type | None = None, seconds: float = SECONDS) -> Lines:
    """Find out about each line at once."""
    found = Lines(id, submission, seconds)
    drained(found.each())
    return found
