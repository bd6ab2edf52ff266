"""Each hook of a posting, judged alone beside the library's others; then what they do together.

Not modelled: variables of a file that several functions share; wide cases of several hooks.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

from pmulab.explain.history import explore, widely
from pmulab.explorer.result import Result
from pmulab.explorer.stage import play, stage_of
from pmulab.explorer.world import World
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.cases import Raised
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.judge import judge_units
from pmulab.lab.exercises.rows import BY_HOOK
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.gallery.gallery import bugs_on
from pmulab.lab.gallery.nearest import Mistake, nearest, told_by
from pmulab.lab.posting.functions import Texts
from pmulab.lab.submission.guard import guard_each, guarded
from pmulab.lab.submission.limits import limited
from pmulab.native.posted import KNOWN, Posted, posted_class
from pmulab.sim.laws import LAWS

# Seconds for one world, and for the search of a known mistake.
WORLD, NEAREST = 20, 20
# Of hooks that are no exercise.
ELSEWHERE = ("small", "host-event", "no-fgt", "cycles-el2", "dynamic-lazy")
# A text of others is seldom the library's but for one line.
LEAD = 0.5
# Whose work the kernel's function does, too, or whose mistake shows in it.
ALSO = {
    "apply_event_filter": ("hardware_type",),
    "handle_guest_irq": ("kick", "handle_host_irq"),
    "overflow_status": ("handle_host_irq",),
    "pmu_load": ("owns_counters", "apply_event_filter"),
    "pmu_put": ("owns_counters", "pmu_stop", "fold_overflow"),
}
MISSING = (
    ("function", re.compile(r"implicit declaration of function '(\w+)'")),
    ("register", re.compile(r"'PMULAB_REG_(?:SYS_)?(\w+)' undeclared")),
    ("name", re.compile(r"'(?!PMULAB_REG_)(\w+)' undeclared")),
    ("field", re.compile(r"has no member named '(\w+)'")),
    ("type", re.compile(r"unknown type name '(\w+)'")),
    ("type", re.compile(r"(?:incomplete type|undefined type) '([^']+)'")),
)


class Finding(NamedTuple):
    """A law that breaks, its history, and the known mistake that is nearest."""

    result: Result
    near: Mistake | None

    @property
    def law(self) -> str:
        """Name the law; where the model cannot go on it is that the host survives."""
        return _law(self.result)


class Judged(NamedTuple):
    """A function, and what came of it.

    `why` is the compiler's text where it did not compile, `missing` what it lacks, each with what
    would supply it. `made` is the class whose hook it is. `broken` has what breaks, `table` what a
    case says; of `cases` that were drawn the last one breaks a law where `drawn` says so.
    """

    function: Posted
    hook: str
    made: type | None = None
    why: str = ""
    missing: tuple[str, ...] = ()
    broken: tuple[Finding, ...] = ()
    table: str = ""
    worlds: tuple[str, ...] = ()
    cases: int = 0
    drawn: bool = False
    unfinished: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        """Tell whether it did not compile, or something was found."""
        return bool(self.why or self.broken or self.table)


class Together(NamedTuple):
    """Some functions in their places at once: what breaks that none of them breaks alone."""

    each: tuple[Judged, ...]
    broken: tuple[Finding, ...]
    worlds: tuple[str, ...]
    unfinished: tuple[str, ...]

    @property
    def wrong(self) -> bool:
        """Tell whether something was found."""
        return bool(self.broken)


class Report(NamedTuple):
    """What came of a posting: of each function alone, and of those that compile together."""

    each: list[Judged]
    together: tuple[Together, ...] = ()

    @property
    def parts(self) -> list[Judged | Together]:
        """List what came of each function, then of several."""
        return list[Judged | Together](self.each) + list(self.together)

    @property
    def wrong(self) -> bool:
        """Tell whether something was found, or there was nothing to judge."""
        return not self.each or any(one.wrong for one in self.parts)

    @property
    def unfinished(self) -> bool:
        """Tell whether a world was not searched to its end."""
        return any(one.unfinished for one in self.parts)


def judged(texts: Texts, shim: str = "", ticker: Callable[[str], None] = print) -> Report:
    """Judge each function that takes the place of a hook; `ticker` hears what is next."""
    each = []
    for function in texts.hooks():
        ticker(function.name)
        each.append(_judged(texts, function, shim))
    return Report(each, tuple(_together(each, ticker)))


def _together(each: list[Judged], ticker: Callable[[str], None]) -> Iterator[Together]:
    """Try what compiles in its places at once: first what is right alone, then all of it.

    So what two functions break that are right alone is not behind what a third one breaks. A law
    that breaks for one alone is not asked again, nor told where one alone breaks it in the same
    history; what cannot go on alone stays out. Worlds are those that two of them were tried in, or
    all where they share none.
    """
    goes_on = [one for one in each if one.made and not any(f.result.error for f in one.broken)]
    right = [one for one in goes_on if not one.wrong]
    told: set[str] = set()
    for some in (right, goes_on if len(goes_on) > len(right) else []):
        if len(some) < 2:
            continue
        ticker(f"{len(some)} functions together")
        known = {f.law for one in some for f in one.broken} | told
        yield (found := _at_once(some, known))
        told |= {one.law for one in found.broken}


def _at_once(some: list[Judged], known: set[str]) -> Together:
    hooks = {one.hook: vars(one.made)[one.hook] for one in some}
    mine = guard_each(type("Posted", (Hypervisor,), hooks), hooks)
    named = Counter(name for one in some for name in one.worlds)
    worlds = tuple(name for name, times in named.items() if times > 1) or tuple(named)
    found: list[Finding] = []
    unfinished = [name for name in worlds if not _all_in_world(name, some, mine, known, found)]
    return Together(tuple(some), tuple(found), worlds, tuple(unfinished))


def _all_in_world(
    name: str, some: list[Judged], mine: type, known: set[str], found: list[Finding]
) -> bool:
    """Add each law that breaks in a world and is not known; False where the time was short."""
    silent = known | {one.law for one in found}
    while True:
        world = replace(WORLDS[name], silent=tuple(silent))
        result = explore(world, mine, seconds=WORLD)
        if result.holds:
            return result.certificate.closed
        if not any(_repeats(result, world, one) for one in some):
            found.append(Finding(result, None))
        if result.error:
            return True
        silent |= {_law(result)}


def _repeats(result: Result, world: World, one: Judged) -> bool:
    """Tell whether the same law breaks in a history with one function alone, too."""
    law = _law(result)
    asked = replace(world, silent=tuple(set(LAWS) - {law}))
    try:
        stage = stage_of(asked, guarded(one.made or Hypervisor, one.hook))
    except Exception:
        # It does not start: that is a law of its own.
        return law == "host_survives"
    broke = stage.machine.laws.accusation or play(stage, result.moves)
    return bool(broke) and getattr(broke, "law", "host_survives") == law


def _judged(texts: Texts, function: Posted, shim: str) -> Judged:
    own = KNOWN[function.name]
    parts = texts.needs(function)
    whole = texts.texts[function.file]
    made = posted_class(own, parts, texts.head(parts), shim, whole)
    why = getattr(made, own.name).fault
    if why:
        return Judged(function, own.name, why=why, missing=tuple(missing(why, texts)))
    return _tried(function, own.name, made)


def _tried(function: Posted, hook: str, made: type) -> Judged:
    """Try a hook in its worlds, in wide cases and in tables.

    A law is told once, and again where another entry of the gallery explains it.
    """
    also, mine = ALSO.get(hook, ()), guarded(made, hook)
    row = BY_HOOK.get(hook) or Exercise(hook, "", hook, "", 1, ELSEWHERE, ("", "", ""), "")
    named = [bug.world for name in (hook, *also) for bug in bugs_on(name) if bug.law]
    worlds = tuple(dict.fromkeys((*row.worlds, *named)))
    found: list[Finding] = []
    unfinished = [name for name in worlds if not _in_world(name, mine, row, found)]
    wide = widely(mine, hook)
    if wide.result and _law(wide.result) not in {one.law for one in found}:
        found.append(_finding(wide.result, row, mine))
    table = _in_tables(row, mine) if row.id else ""
    return Judged(
        *(function, hook, made),
        broken=tuple(found),
        table=table,
        worlds=worlds,
        cases=wide.coverage.cases,
        drawn=wide.result is not None,
        unfinished=tuple(unfinished),
    )


def _in_world(name: str, mine: type, row: Exercise, found: list[Finding]) -> bool:
    """Add what breaks in a world and is not known yet; False where the time was short."""
    silent: tuple[str, ...] = ()
    while True:
        world = replace(WORLDS[name], silent=silent)
        result = explore(world, mine, row.hook, seconds=WORLD)
        if result.holds:
            return result.certificate.closed
        known = {one.law for one in found}
        if _law(result) not in known:
            found.append(_finding(result, row, mine))
        elif near := _told_by(result, row, mine, {one.near.id for one in found if one.near}):
            found.append(Finding(result, near))
        if result.error:
            # Where it cannot go on, nothing else is found.
            return True
        silent = (*known, _law(result))


def _law(result: Result) -> str:
    return result.law or "host_survives"


def _finding(result: Result, row: Exercise, mine: type) -> Finding:
    near = None
    with limited(NEAREST):
        near = nearest(_verdict(result, row), row, mine, ALSO.get(row.hook, ()), LEAD)
    return Finding(result, near)


def _told_by(result: Result, row: Exercise, mine: type, known: set[str]) -> Mistake | None:
    near = None
    with limited(NEAREST):
        near = told_by(_verdict(result, row), row, mine, ALSO.get(row.hook, ()))
    return near if near and near.id not in known else None


def _verdict(result: Result, row: Exercise) -> Verdict:
    kind = "error" if result.error else "broken"
    return Verdict(row.id, kind, result=result, hook=row.hook)


def _in_tables(row: Exercise, mine: type) -> str:
    with suppress(Raised):
        verdict = judge_units(row, mine)
        return "\n".join(verdict.lines()[1:]) if verdict else ""
    return "it raises an exception in a table of cases"


# ---- what is missing


def missing(why: str, texts: Texts) -> list[str]:
    """Say of each thing that the compiler does not know what would supply it."""
    found: dict[str, str] = {}
    for kind, pattern in MISSING:
        for name in pattern.findall(why):
            found.setdefault(name, SAYS[kind](name, texts))
    return list(found.values())


def _function(name: str, texts: Texts) -> str:
    call = texts.calls.get(name)
    if call is None:
        return f"{name}(): a function"
    given = ", ".join("abcdefgh"[: call.arguments])
    does = "0" if call.used else "((void)0)"
    value = "whose value is used" if call.used else "for what it does"
    takes = f"{call.arguments} argument{'s' * (call.arguments != 1)}"
    return (
        f"{name}(): a function of {takes}, {value}, {call.file}:{call.line}: {call.text}; "
        f"for example: #define {name}({given}) {does}"
    )


SAYS: dict[str, Callable[[str, Any], str]] = {
    "function": _function,
    "name": lambda name, _: f"{name}: a constant or a variable; for example: #define {name} 0",
    "register": lambda name, _: (
        f"{name}: a system register that the lab has not; for example, in the place of one that "
        f"it has: #define PMULAB_REG_{name} PMULAB_REG_pmselr_el0"
    ),
    "field": lambda name, _: (
        f"{name}: a field that no structure of the lab has; where its value does not matter it can "
        f"be another one's name, for example: #define {name} id"
    ),
    "type": lambda name, _: f"{name}: a type; for example: struct {name.split()[-1]} {{ int x; }};",
}
