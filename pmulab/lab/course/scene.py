"""A verdict as a scene: what a card shows of it, as plain data.

It runs the answer again, beside the reference and beside known mistakes, under the same limits as
the check. Whoever draws it needs nothing of the lab.

Not modelled: how it looks; `pmulab.view.card` draws it.
"""

import inspect
from functools import cached_property
from textwrap import dedent

from pmulab.explain.beside import Pair, parts_at, with_reference
from pmulab.explain.calls import noted
from pmulab.explorer.result import Telling
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.judge import isolate
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.gallery.nearest import SAME, Mistake, entry, nearest
from pmulab.lab.submission.limits import limited
from pmulab.sim.meaning import both, plain
from pmulab.sim.trace import Trace

# What a card looks like; "not attempted" is none of the three outcomes of a check.
OUTCOMES = {"right": "right", "not finished": "not finished", "not attempted": "not attempted"}
SECONDS = 5
# What is nearer to a cause than the registers that follow from it.
CAUSES = ("cntr_mask", *(noted("", name) for name in ("request", "access")))
# So many changes of a step are told in a hint.
MOST = 2
WIDE = (
    "Small worlds find nothing wrong with yours, so this is not all of it: what has the machine of "
    "this history that they have not?"
)


class Scene:
    """What a verdict shows; parts that take a search are made when they are asked for.

    Each of them has so many `seconds`.
    """

    seconds: float = SECONDS

    def __init__(
        self, verdict: Verdict, submission: type, better: str = "", seconds: float = SECONDS
    ):
        self.verdict, self.submission, self.better = verdict, submission, better
        self.seconds = seconds
        self.row = exercise(verdict.exercise)

    @property
    def title(self) -> str:
        """Name what was judged."""
        return self.verdict.exercise

    @property
    def outcome(self) -> str:
        """Return `right`, `broken`, `not finished` or `not attempted`."""
        return OUTCOMES.get(self.verdict.kind, "broken")

    @property
    def headline(self) -> str:
        """Return one plain sentence."""
        verdict = self.verdict
        if verdict.right:
            return "In all that was tried, no guest and no host can tell yours from the library's."
        if verdict.accusation and not (verdict.result and verdict.result.error):
            return plain(verdict.accusation)
        if verdict.kind == "not attempted":
            return f"Nothing to check yet. Write {verdict.message}."
        if verdict.result and verdict.result.error and verdict.result.telling:
            return self._after_the_call(verdict.breach()[0], verdict.result.telling)
        if verdict.kind == "not finished":
            return f"It did not come to an end, so nothing is said of it: {verdict.message}"
        return verdict.message or verdict.breach()[0]

    def _after_the_call(self, raised: str, telling: Telling) -> str:
        """Say what was raised; in the library it is what the answer returned that does not fit."""
        call = telling.call
        inside = self.verdict.accusation and self.verdict.accusation.line
        if inside or call is None or call.nothing:
            return f"{raised}."
        knows = "".join(f" {line.partition(';')[0]}." for line in telling.witness[:1])
        return f"{call}, and the library cannot go on with that. {raised}.{knows}"

    @property
    def values(self) -> tuple[str, str, str]:
        """Return what is wrong with yours and entitled, in one base; empty where nothing is."""
        found = self.verdict.accusation
        if found is None or (self.verdict.result and self.verdict.result.error):
            return "", "", ""
        return (found.subject, *both(found))

    @property
    def rest(self) -> tuple[str, ...]:
        """Return what else the verdict says: certificates, or the law and what is held."""
        return (*self.verdict.said(), *self.verdict.end())

    @property
    def trace(self) -> Trace | None:
        """Return the trace of the history, if there is one."""
        result = self.verdict.result
        return result.trace if result and result.telling else None

    @cached_property
    def pairs(self) -> list[Pair]:
        """Return the history's steps, yours beside the reference's; empty without a history."""
        result = self.verdict.result
        if not (result and result.telling and result.telling.make):
            return []
        with limited(self.seconds):
            return with_reference(result, self.mine, self.row.hook)
        return []

    @property
    def parted(self) -> int | None:
        """Return the place in `pairs` of the first step that differs."""
        return parts_at(self.pairs)

    def opens_at(self, step: int | None = None) -> int:
        """Return where in the trace a step begins, or the answer's method first ran."""
        trace, hook = self.trace, self.row.hook
        if trace is None:
            return 0
        notes = [n for n, record in enumerate(trace.records) if record.kind == "note"]
        begin = notes[step - 1] if step and step <= len(notes) else 0
        ran = (n for n in range(begin, len(trace)) if trace.records[n].hook == hook)
        end = notes[step] if step and step < len(notes) else len(trace)
        first = next(ran, len(trace))
        return first + 1 if first < end else (begin + 1 if step else len(trace))

    @cached_property
    def mine(self) -> type:
        """Return the answer as it was judged."""
        return isolate(self.row, self.submission)

    # ---- what helps

    @cached_property
    def entry(self) -> Mistake | None:
        """Return the gallery's entry that does the same in the worlds of the exercise."""
        if self.outcome != "broken":
            return None
        with limited(self.seconds):
            return entry(self.verdict, self.row, self.mine)
        return None

    @cached_property
    def nearest(self) -> Mistake | None:
        """Return the known mistake that does most of the same."""
        if self.outcome != "broken":
            return None
        with limited(self.seconds):
            return self.entry or nearest(self.verdict, self.row, self.mine)
        return None

    @property
    def named(self) -> str:
        """Name the gallery's entry that this answer is; empty where it is none."""
        found = self.entry
        said = "In these worlds it does the same as {} of the gallery: {}"
        return said.format(found.id, found.about) if found else ""

    @property
    def doubt(self) -> str:
        """Say of a right answer in what it may differ all the same; empty where it is proven."""
        left = self.verdict.unnoticed
        said = (
            "Nobody notices, yet it is not the same as the library's: for some values {} differs."
        )
        return said.format(left) if left else ""

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """Return hints, of this mistake first, then of the exercise."""
        return (*self._of_this_mistake(), *self.row.hints)

    def _of_this_mistake(self) -> list[str]:
        hints = [said] if (said := self.first_difference()) else []
        found = self.nearest
        if found is None:
            return hints
        how = "does" if found.likeness == SAME else "does nearly"
        what = found.about if not found.id else f"as {found.id} of the gallery: {found.about}"
        seen = self.verdict.result.certificate.world if self.verdict.result else ""
        part = f" {WIDE}" if seen.startswith("wide") else ""
        like = f"In this history yours {how} {what}".rstrip(".")
        return [*hints, f"{like}.{part}", f"What repairs that: {found.repair}."]

    def first_difference(self) -> str:
        """Say where the answer parts from the reference, and by which line of its own."""
        # Where an exception ends a step in its middle, states say little.
        if self.parted is None or (self.verdict.result and self.verdict.result.error):
            return ""
        pair = self.pairs[self.parted]
        subject = self.values[0]
        name, yours, due = min(
            pair.apart,
            key=lambda row: (not row[0].endswith(f".{subject}"), not row[0].endswith(CAUSES)),
        )
        where = f"After step {pair.step} ({pair.text})" if pair.text else "Before step 1"
        said = f"{where} {name} is {yours} with your {self.row.hook}, {due} with the library's"
        return " ".join(filter(None, (f"{said}.", self.line_of(name), self._instead(pair))))

    def line_of(self, location: str) -> str:
        """Name the answer's own line that changed a register last, or say that none did."""
        trace, hook = self.trace, self.row.hook
        if trace is None or location not in trace.initial:
            return ""
        own = [r for r in trace.records if r.hook == hook and r.code]
        changed = [r for r in own if location in r.changes]
        if changed:
            return f"Your line that changed it last: `{changed[-1].code.strip()}`."
        wrote = [r for r in own if r.reg and location.endswith(f".{r.reg}") and r.op == "msr"]
        if wrote:
            return f"Your line wrote there what it held before: `{wrote[-1].code.strip()}`."
        # What it has called may have; and who is asked for an answer need not change anything.
        called = any(location in r.changes for r in trace if r.who == "host")
        asked = not any(pair.reference for pair in self.pairs)
        return "" if called or asked else f"No line of your {hook} has changed it."

    def _instead(self, pair: Pair) -> str:
        """Say what the answer changed where the library changed something else."""
        both = (pair.yours, pair.reference), (pair.reference, pair.yours)
        mine, due = ([line for line in made if line not in other] for made, other in both)
        if mine == due:
            return ""
        told = (", ".join(lines[:MOST]) or "nothing" for lines in (mine, due))
        return "There yours changed {}; the library's {}.".format(*told)

    @property
    def reference(self) -> tuple[str, str]:
        """Return the sources of the answer and of the reference, once the answer is right."""
        if not self.verdict.right:
            return "", ""
        return source(self.submission, self.row.hook), source(Hypervisor, self.row.hook)


def source(hypervisor: type, hook: str) -> str:
    """Return a hook's source; empty where there is none, of code typed at a prompt."""
    if written := getattr(getattr(hypervisor, hook), "c_text", None):
        return str(written.source)
    try:
        return dedent(inspect.getsource(getattr(hypervisor, hook)))
    except (OSError, TypeError):
        return ""
