"""The final project: a hypervisor whose hooks are empty, a checklist, and the certificate.

Not modelled: the hooks that the course does not ask for; they are those of `Hypervisor`.
"""

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from pmulab.explain.beside import side
from pmulab.explain.history import retell, widely
from pmulab.explorer.result import Result
from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI
from pmulab.explorer.wide.search import Wide, breaks
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.cases import tables_of
from pmulab.lab.exercises.judge import (
    SECONDS,
    SOON,
    Ticker,
    is_empty,
    isolate,
    judge_units,
    judge_values,
    search,
    verdict_of,
)
from pmulab.lab.exercises.rows import BY_HOOK, EXERCISES, PROJECT
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.guard import brisk, guard_each
from pmulab.lab.submission.limits import limited

# In the order of notebook 11, each with the notebook that taught it.
HOOKS = {hook: BY_HOOK[hook].notebook for hook in PROJECT}
ROWS = [row for row in EXERCISES.values() if row.hook in HOOKS]
ROW_OF = {row.hook: row for row in ROWS}
# All that the exercises are judged in, each once.
WORLDS = tuple(dict.fromkeys(world for row in ROWS for world in row.worlds))


def _empty(hook: str):
    def method(self, *args):
        raise NotImplementedError(f"{hook} is empty")

    method.__name__ = hook
    method.__doc__ = f"Raise: {hook} is yours to write."
    return method


class Empty(Hypervisor):
    """The hypervisor with the hooks of the course taken out.

    A class on top of it may leave a hook as it is asked for, `...`: then it keeps what it had.
    """

    left: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        """Take out what is left empty, and note it."""
        cls.left = tuple(hook for hook in HOOKS if is_empty(vars(cls).get(hook)))
        for hook in cls.left:
            delattr(cls, hook)


for _hook in HOOKS:
    setattr(Empty, _hook, _empty(_hook))


class Checklist:
    """Which hooks a hypervisor has written."""

    def __init__(self, hypervisor: type):
        self.hypervisor = hypervisor
        self.written = [hook for hook in HOOKS if _is_written(hypervisor, hook)]

    def __repr__(self) -> str:
        lines = [
            f"[{'x' if hook in self.written else ' '}] {hook:<20} notebook {notebook}"
            for hook, notebook in HOOKS.items()
        ]
        return "\n".join([*lines, f"{len(self.written)} of {len(HOOKS)} hooks are written."])


def _is_written(hypervisor: type, hook: str) -> bool:
    mine = getattr(hypervisor, hook)
    return mine is not getattr(Empty, hook) and not is_empty(mine)


def checklist(hypervisor: type) -> Checklist:
    """List the hooks of the project and tick those that are written."""
    return Checklist(hypervisor)


def so_far(hypervisor: type, world: str = "small", ticker: Ticker | None = None) -> Verdict:
    """Judge the hooks that a class was asked for; the library lends what is not written.

    A world sees all that is written, also in the classes below; wide cases and tables take these.
    `ticker` hears how far it is.
    """
    written = [hook for hook in HOOKS if _is_written(hypervisor, hook)]
    left = vars(hypervisor).get("left", ())
    asked = [hook for hook in HOOKS if hook in left or hook in vars(hypervisor)]
    empty = [hook for hook in asked if hook not in written]
    if empty or not asked:
        return Verdict("project", "not attempted", (empty or [*HOOKS])[0])
    return _certified(lent(hypervisor), (world,), asked, ticker)


def lent(hypervisor: type) -> type:
    """Lend a hypervisor the library's hooks for those that are not written."""
    missing = [hook for hook in HOOKS if not _is_written(hypervisor, hook)]
    own = {hook: getattr(Hypervisor, hook) for hook in missing}
    return type(hypervisor.__name__, (hypervisor,), own)


def certify(
    hypervisor: type, worlds: tuple[str, ...] = WORLDS, ticker: Ticker | None = None
) -> Verdict:
    """Judge a whole hypervisor: worlds, wide cases, tables, and each hook for every value.

    `ticker` hears how far it is.
    """
    missing = [hook for hook in HOOKS if not _is_written(hypervisor, hook)]
    if missing:
        return Verdict("project", "not attempted", f"{missing[0]}: {len(missing)} hooks are empty")
    return _certified(hypervisor, worlds, HOOKS, ticker, prove=True)


def _certified(
    hypervisor: type,
    worlds: tuple[str, ...],
    hooks: Collection[str],
    ticker: Ticker | None,
    prove: bool = False,
) -> Verdict:
    # All hooks together: an answer to one has as long as this, alone.
    seconds = SECONDS * 5
    done: list[str] = []
    with limited(seconds, partial(ticker, done) if ticker else None) as limit:
        verdict = _search(hypervisor, worlds, hooks, done)
        if prove and verdict.right:
            verdict = _for_every_value(hypervisor, verdict, done)
    if limit.expired:
        return Verdict("project", "not finished", limit.why)
    return verdict


def _search(
    hypervisor: type, worlds: tuple[str, ...], hooks: Collection[str], done: list[str]
) -> Verdict:
    whole = guard_each(hypervisor, hooks)
    seen, failed = search(worlds, whole, done=done)
    if failed:
        return _blamed(failed, hypervisor, whole, hooks)
    wide = []
    for hook in hooks:
        found = _drawn(whole, hook)
        if found.result:
            return _blamed(found.result, hypervisor, whole, hooks)
        wide.append(found.coverage)
        done.append(f"wide cases of {hook}")
    rows = [row for row in ROWS if row.hook in hooks]
    tables = sum(len(tables_of(row.hook)) for row in rows)
    # Each hook beside the library's others: a wrong one must not be blamed on its caller.
    refused = (
        replace(verdict, exercise="project", hook=row.hook)
        for row in rows
        if (verdict := judge_units(row, isolate(row, hypervisor)))
    )
    proof = (
        f"Every case of {tables} table{'s' * (tables != 1)} gave what was due." if tables else ""
    )
    return next(refused, None) or Verdict(
        "project", "right", certificates=seen, proof=proof, wide=tuple(wide)
    )


def _drawn(whole: type, hook: str) -> Wide:
    """Try a hook's wide cases; only the first, and what breaks, with a look at each call."""
    focus = FOCI.get(hook, PLAIN)
    end = focus.cases + focus.beside
    found = widely(whole, hook, range(min(SOON, end)), ())
    if found.result is None:
        later = breaks(brisk(whole), hook, range(SOON, end), (), found.coverage)
        if later is not None:
            return widely(whole, hook, range(later, end), ())
    return found


def _blamed(failed: Result, hypervisor: type, whole: type, hooks: Collection[str]) -> Verdict:
    """Tell a history with the hook in mind that breaks the same law there alone, if one does."""
    telling = failed.telling
    if telling is None or telling.make is None:
        return verdict_of("project", failed)
    broken = _law(failed, whole, "")
    for row in ROWS:
        if row.hook in hooks and broken == _law(failed, isolate(row, hypervisor), row.hook):
            told = retell(telling.make, whole, failed.moves, row.hook)
            return verdict_of("project", replace(failed, telling=told), row.hook)
    return verdict_of("project", failed)


def _law(failed: Result, hypervisor: type, hook: str) -> tuple[object, ...]:
    """Return what another hypervisor breaks in a history: a law, or what it raises."""
    assert failed.telling is not None
    return side(failed.telling, failed.moves, hypervisor, hook).accusation[:1]


def _for_every_value(hypervisor: type, right: Verdict, done: list[str]) -> Verdict:
    """Compare each hook with the library's for every value, and say which are the same."""
    proven: list[str] = []
    others: list[str] = []
    for row in ROWS:
        proof, found = judge_values(row, hypervisor)
        if found:
            return verdict_of("project", found, row.hook)
        (proven if proof.kind == "proven" else others).append(row.hook)
        done.append(f"every value of {row.hook}")
    said = f"{len(proven)} of {len(ROWS)} hooks equal the library's for every value"
    rest = f"; not proven: {', '.join(others)}" if others else ""
    return replace(right, values=f"{said}, at up to 31 counters{rest}")
