"""What came of a posting as a page for a review mail, 72 columns, and as data.

Not modelled: which of two findings matters more; the order is that of the text.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from pmulab.explorer.result import Result, describe
from pmulab.explorer.worlds import WORLDS
from pmulab.lab.gallery.nearest import SAME, Mistake
from pmulab.lab.posting.functions import Texts
from pmulab.lab.posting.judging import Finding, Judged, Report, Together
from pmulab.native.posted import Posted
from pmulab.sim.trace import Record

WIDTH = 72
# What a compiler says of a mistake, and not what it adds or warns of.
MISTAKE = r"^(?!.*\b(?:note|warning): )(?!cc1: )"
ABOUT = (
    "Each function below was compiled with pmulab's own header and put in the place of one "
    "function of a model of KVM's partitioned PMU (pmulab's library, in Python); all others are "
    "the model's, also where they were posted. What several of them do together is at the end. "
    "A law is a promise, for example that a guest's counts are its own (own_counts). Small "
    "machines (worlds) were searched in every order of moves; of larger ones some cases were "
    "drawn. A law that breaks may be a defect "
    "of the text or of the model: the history is what to check. At a > the function runs; A and B "
    "are guests. The gallery is a list of known mistakes: python -m pmulab gallery ID shows one."
)
REGISTER = re.compile(r"\b(?:PM|MDCR_|HDFG)[A-Z0-9_]+\b")
TABLE = (
    "Called alone beside the model's function, it leaves something else behind, or does something "
    "else. (Where a text keeps the same in another place, as the host's PMCR_EL0, it may be right "
    "all the same.)"
)
OF_ABOVE = " Most likely it is a mistake that is told above."
LACKS = re.compile(r"KeyError: '(PM(?:EVCNTR|EVTYPER)\d+_EL0)'")
# The structure's copy, which the caller writes to the register.
INTO = re.compile(r"\barch\.mdcr_el2\s*[|&]?=[^=]")
IN_PART = (
    "Not judged, since the patches show only a part of it: {}. Name the tree that they are made "
    "for first, and the rest is read there: python -m pmulab kernel TREE SERIES.mbx"
)
NONE = "No function in it has the name of a hook. pmulab knows: {}"


TOGETHER = (
    "They stand in their places at once, and the model's others beside them. Told is a law that "
    "breaks here and, in the same history, for none of them alone: a mistake that needs two."
)


def page(report: Report, texts: Texts, known: tuple[str, ...]) -> str:
    """Write the page."""
    found = report.each
    files = ", ".join(sorted({one.function.file for one in found})) or ", ".join(texts.texts)
    broken = sum(len(one.broken) + bool(one.table) for one in found)
    broken += sum(len(one.broken) for one in report.together)
    failed = sum(bool(one.why) for one in found)
    lines = [f"pmulab on {files}", "", *_wrapped(ABOUT), ""]
    lines += _wrapped(
        f"{_n(len(found), 'function')}: {len(found) - failed} compiled, {failed} did not; "
        f"{_n(broken, 'finding')}; one mistake may be found several times. In a "
        "finding, yours is what a guest or the host gets with the posted function, entitled what "
        "it would get if each guest had a PMU of its own."
    )
    if not found:
        lines += ["", *_wrapped(NONE.format(" ".join(known)))]
    if texts.in_part:
        lines += ["", *_wrapped(IN_PART.format(", ".join(texts.in_part)))]
    numbers = count(1)
    for one in found:
        lines += ["", *_section(one, numbers)]
    for some in report.together:
        lines += ["", *_several(some, numbers)]
    if broken:
        lines += ["", *_worlds(report)]
    return "\n".join(line.rstrip() for line in lines)


def _n(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def _worlds(report: Report) -> Iterator[str]:
    """Say what the worlds are in which something broke."""
    named = {found.result.certificate.world for one in report.parts for found in one.broken}
    yield "The worlds of these histories:"
    for name in sorted(named & WORLDS.keys()):
        yield from _wrapped(f"{name}: {WORLDS[name].about}", "  ", "    ")


def _section(one: Judged, numbers: Iterator[int]) -> Iterator[str]:
    at = f"{one.function.name}()  [{one.function.file}:{one.function.line}]"
    yield at
    yield "-" * min(len(at), WIDTH)
    if one.why:
        yield "Not compiled."
        if one.missing:
            yield "It needs, in a side file (--shim FILE.h):"
            for what in one.missing:
                yield from _wrapped(what, "  - ", "    ")
        yield "The compiler says:"
        for line in filter(re.compile(MISTAKE).search, one.why.splitlines()):
            yield from _wrapped(line, "  | ", "  |   ")
        return
    yield from _wrapped(f"Compiled; in the place of the model's {one.hook}.")
    names = {one.hook: one.function.name}
    for result, near, others in _by_mistake(one.broken):
        yield ""
        yield from _finding(result, next(numbers), names)
        yield from _wrapped(_line(result, one), "  ", "    ")
        if near:
            yield from _known(near)
        if others:
            yield "  Most likely of the same mistake:"
        for other in others:
            yield from _shortly(other, next(numbers))
    if one.table:
        yield ""
        above = OF_ABOVE if one.broken else ""
        yield from _wrapped(f"[{next(numbers)}] {TABLE}{above}", "", "    ")
        for line in one.table.splitlines():
            yield from _wrapped(line.strip(), "  ", "    ")
    yield ""
    yield from _wrapped(_tried(one))


def _several(some: Together, numbers: Iterator[int]) -> Iterator[str]:
    """Say what some functions do together."""
    right = not any(one.wrong for one in some.each)
    which = "that are right alone" if right else "that compile and go on"
    at = f"The {_n(len(some.each), 'function')} {which}, together"
    yield at
    yield "-" * len(at)
    yield from _wrapped(f"{', '.join(f'{one.function.name}()' for one in some.each)}. {TOGETHER}")
    names = {one.hook: one.function.name for one in some.each}
    for result, _ in some.broken:
        yield ""
        yield from _finding(result, next(numbers), names)
        for said in filter(None, (_part_of(result, one) for one in some.each)):
            yield from _wrapped(said, "  ", "    ")
    yield ""
    yield from _wrapped(_tried(some))


def _by_mistake(
    findings: Iterable[Finding],
) -> Iterator[tuple[Result, Mistake | None, list[Result]]]:
    """Join the findings that are like one known mistake: the first, and the others."""
    joined: dict[str, list[Finding]] = {}
    for n, one in enumerate(findings):
        joined.setdefault(_name(one.near) or f"unlike any, {n}", []).append(one)
    for first, *others in joined.values():
        yield *first, [one.result for one in others]


def _shortly(result: Result, number: int) -> Iterator[str]:
    """Say a finding in a few lines: the first of its mistake tells a history."""
    yield from _wrapped(f"[{number}] {_what(result)}", "  ", "      ")
    for line in result.breach()[1:2]:
        yield from _wrapped(line.strip(), "      ", "        ")
    seen, steps = result.certificate, _n(len(result.history), "step")
    given = f" after what is given there: {result.given}" if result.given else ""
    yield from _wrapped(f"world {seen.world}, {steps}{given}", "      ", "        ")


def _known(near: Mistake) -> Iterator[str]:
    """Say which known mistake it is like, and what repairs that one."""
    same = "does the same in this history; its cause may be another one"
    how = same if near.likeness == SAME else "is the nearest known mistake"
    named = f"{near.id} of the gallery {how}: {near.about}"
    yield from _wrapped(named if near.id else f"It fails {near.about}", "  ", "    ")
    yield from _wrapped(f"What repairs that one: {near.repair}", "  ", "    ")


def _finding(result: Result, nth: int, names: dict[str, str]) -> Iterator[str]:
    """Tell a history; hooks are called as the posted functions are."""
    hooks = re.compile(rf"\b({'|'.join(names)})\b")

    def posted(text: str) -> str:
        return hooks.sub(lambda found: f"{names[found[0]]}()", text)

    yield from _wrapped(f"[{nth}] {_what(result)}", "", "    ")
    for line in result.breach()[1:]:
        # What the two values are is said once, above.
        if not line.strip().startswith("("):
            yield from _wrapped(line.strip(), "  ", "    ")
    seen = result.certificate
    yield from _wrapped(
        f"Shortest history, world {seen.world}, counters of {seen.bits}:", "  ", "  "
    )
    for line in result.story():
        mark, text = line[:8], line[8:]
        number = mark.replace(">", "").strip()
        yield from _wrapped(text, f"  {'>' if '>' in mark else ' '}{number:>3}  ", " " * 8)
    for line in map(posted, result.end()):
        yield from _wrapped(line.strip(), " " * 8, " " * 10)


def _line(result: Result, one: Judged) -> str:
    """Name the line of the text that last wrote what broke, or what is said of its history."""
    records = result.telling.trace.records if result.telling else ()
    own = [record for record in records if ".c:" in record.at and record.hook == one.hook]
    # What the host finds broken is in the hardware; a guest's is there or in memory.
    of_host = bool(result.accusation and result.accusation.who.startswith(("host", "cpu")))
    wrote = [record for record in own if record.op == "msr" or not (record.op or of_host)]
    said = " ".join(line for line in result.end() if f" {one.hook} " in line)
    subject = REGISTER.findall(result.accusation.subject) if result.accusation else []
    for about in (subject, REGISTER.findall(said)):
        last = next((record for record in reversed(wrote) if record.reg in about), None)
        if last:
            return _written(last, one.function)
        if about and of_host and own:
            return f"In this history it does not write the hardware's {about[0]}."
    return ""


def _part_of(result: Result, one: Judged) -> str:
    """Say what one of several functions did about what broke, if it ran."""
    records = result.telling.trace.records if result.telling else ()
    own = [record for record in records if record.hook == one.hook and record.op == "msr"]
    about = REGISTER.findall(result.accusation.subject) if result.accusation else []
    if own and about and not {record.reg.replace("CLR", "SET") for record in own} & {*about}:
        return f"In this history {one.function.name}() does not write the hardware's {about[0]}."
    said = _line(result, one)
    return f"{one.function.name}(): {said}" if said else ""


def _written(record: Record, function: Posted) -> str:
    line = int(record.at.rpartition(":")[2])
    if line == function.line:
        rows = enumerate(function.text.split("\n"), function.line)
        into = [(n, row) for n, row in rows if INTO.search(row)]
        where = f", here from {function.file}:{into[-1][0]}: {into[-1][1].strip()}" if into else ""
        return f"{record.reg} is written for it when it returns{where}"
    return f"The last line that writes {record.reg}, {function.file}:{line}: {record.code}"


def _what(result: Result) -> str:
    """Say which law breaks, or why the model cannot go on."""
    if not result.error:
        return f"Breaks {result.law}:"
    call = result.telling.call if result.telling else None
    inside = result.accusation and result.accusation.line
    after = f" after {call}" if call and not inside else ""
    said = describe(result.error)
    none = LACKS.match(said)
    why = f". No vCPU there has {none[1]}, whose VM has fewer counters" if none else ""
    return f"It cannot go on{after}: {said}{why}"


def _tried(one: Judged | Together) -> str:
    worlds = ", ".join(one.worlds) or "no world"
    cases = ""
    if isinstance(one, Judged):
        last = ", the last of which breaks a law" if one.drawn else ""
        cases = f", and in {_n(one.cases, 'drawn case')}{last}"
    said = f"Tried in {worlds}{cases}."
    if one.unfinished:
        said += f" Not searched to the end: {', '.join(one.unfinished)}."
    if one.wrong:
        return said
    if isinstance(one, Together):
        ends = "broke in the time there was" if one.unfinished else "breaks"
        return f"Nothing more {ends}. {said}"
    return f"{'No law broke in the time there was' if one.unfinished else 'No law breaks'}. {said}"


def _wrapped(text: str, first: str = "", later: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False
    )


def as_data(report: Report) -> dict[str, Any]:
    """Return what came of a posting as plain data."""
    return {
        "functions": _each_as_data(report.each),
        "together": [
            {
                "functions": [one.function.name for one in some.each],
                "findings": [_as_data(*finding) for finding in some.broken],
                "worlds": list(some.worlds),
                "unfinished": list(some.unfinished),
            }
            for some in report.together
        ],
    }


def _each_as_data(found: list[Judged]) -> list[dict[str, Any]]:
    return [
        {
            "function": one.function.name,
            "file": one.function.file,
            "line": one.function.line,
            "hook": one.hook,
            "compiled": not one.why,
            "why": one.why,
            "missing": list(one.missing),
            "findings": [_as_data(*finding) for finding in one.broken],
            "table": one.table,
            "nearest": next((_name(near) for _, near in one.broken), ""),
            "worlds": list(one.worlds),
            "cases": one.cases,
            "unfinished": list(one.unfinished),
        }
        for one in found
    ]


def _name(near: Mistake | None) -> str:
    return (near.id or near.about) if near else ""


def _as_data(result: Result, near: Mistake | None) -> dict[str, Any]:
    return {
        "nearest": _name(near),
        "law": result.law,
        "accusation": str(result.accusation) if result.accusation else "",
        "error": describe(result.error) if result.error else "",
        "world": result.certificate.world,
        "history": list(result.history),
    }
