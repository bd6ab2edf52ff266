"""The glossary: words, laws, limits, hooks, registers, fields, events, from their own tables.

Nothing is written twice: a register's line is its row in `hw`, a law's its docstring, a hook's the
method's. Only `course/words.toml` is written for the glossary.

Not modelled: links; a name finds its row.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from html import escape
from inspect import getdoc
from typing import NamedTuple

from pmulab.hw.events import EVENTS
from pmulab.hw.sysreg import Reg
from pmulab.hw.sysregs import REGS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.words import words
from pmulab.sim.laws import LAWS
from pmulab.sim.limits import LIMITS
from pmulab.sim.tables import Html, columns, html_table


class Entry(NamedTuple):
    """A row that the glossary shows; `also` says where it is explained or defined."""

    section: str
    name: str
    meaning: str
    also: str


# Front ends set tables flush right; sentences read from the left.
LEFT = 'style="text-align:left"'
SECTIONS = ("words", "laws", "limits", "hooks", "registers", "fields", "events")


def glossary(name: str = "") -> "Glossary":
    """Look up a section, or a name; without one, return everything."""
    entries = tuple(_entries())
    if not name:
        return Glossary(entries)
    wanted = name.lower()
    found = [e for e in entries if wanted in (e.section, *_names(e))]
    if not found:
        known = {n for e in entries for n in _names(e) if len(n) > 2}
        near = get_close_matches(wanted, sorted(known), 4, 0.5)
        hint = f"near are: {', '.join(near)}" if near else f"sections are {' '.join(SECTIONS)}"
        raise KeyError(f"no {name} in the glossary; {hint}")
    return Glossary(tuple(found))


class Glossary:
    """Entries that show themselves as text or as a table."""

    def __init__(self, entries: tuple[Entry, ...]):
        self.entries = entries

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return self.text()

    def text(self) -> str:
        """Print the entries, aligned, section by section."""
        lines = []
        for section in SECTIONS:
            rows = [e for e in self.entries if e.section == section]
            cells = [("", e.name, f"{e.meaning}{_bracket(e.also)}") for e in rows]
            lines += ["", section] if rows and len(self.entries) > 1 else []
            lines += [columns(cells)] if rows else []
        return "\n".join(lines).strip("\n")

    def _repr_html_(self) -> str:
        lines = []
        for section in SECTIONS:
            rows = [e for e in self.entries if e.section == section]
            if rows:
                titles = [title for title in (NAMED[section], "meaning", ALSO[section]) if title]
                cells = [[_code(e.name), *map(_marked, e[2:])][: len(titles)] for e in rows]
                lines.append(html_table(section, titles, cells, LEFT))
        return "\n".join(lines)


NAMED = {section: section.removesuffix("s") for section in SECTIONS}
ALSO = dict.fromkeys(SECTIONS, "source") | {
    "words": "notebook, source",
    "laws": "",
    "limits": "",
    "events": "number",
}


def _entries() -> Iterator[Entry]:
    for word in sorted(words(), key=lambda w: w.name.lower()):
        where = f"notebook {word.chapter}"
        yield Entry("words", word.name, word.meaning, "; ".join(filter(None, (where, word.source))))
    for name in sorted(LAWS):
        yield Entry("laws", name, LAWS[name].splitlines()[0], "")
    for name in sorted(LIMITS):
        yield Entry("limits", name, LIMITS[name], "")
    yield from _hooks()
    yield from _registers()
    for event in EVENTS.values():
        yield Entry("events", event.name, event.meaning, f"{event.number:#x}")


def _hooks() -> Iterator[Entry]:
    """List the methods of `Hypervisor` with the first line and the kernel's name."""
    names = {name for name in dir(Hypervisor) if not name.startswith("_")} - {"clone", "this_cpu"}
    for name in sorted(names):
        text = " ".join((getdoc(getattr(Hypervisor, name)) or "").split())
        meaning, _, linux = text.partition(" Linux: ")
        meaning = re.split(r"(?<=\.) ", meaning)[0]
        yield Entry(
            "hooks", name, meaning, f"Linux: {linux.split(' (')[0].rstrip('.')}" if linux else ""
        )


def _registers() -> Iterator[Entry]:
    """List the registers, one row for those that differ by a number, then their named fields."""
    rows: dict[str, Reg] = {}
    for row in REGS.values():
        rows.setdefault(_numbered(row.name) if row.index is not None else row.name, row)
    for name, row in sorted(rows.items()):
        meaning = row.meaning.replace("counter 0", "counter n").replace("register 0", "register n")
        yield Entry("registers", name, meaning, row.source)
    for name, row in sorted(rows.items()):
        for field in row.fields:
            if field.meaning and len(row.fields) > 1:
                bits = f"bit{'s' * (field.msb > field.lsb)} {field.bits}"
                yield Entry("fields", f"{name}.{field.name}", field.meaning, bits)


def _numbered(name: str) -> str:
    return re.sub(r"\d+(?=_EL|$)", "<n>", name, count=1)


def _names(entry: Entry) -> tuple[str, ...]:
    """Return all that an entry is called: a field by its own name, a hook by the kernel's, too."""
    name = entry.name.lower()
    short = name.removesuffix("_el0").removesuffix("_el1").removesuffix("_el2")
    linux = re.findall(r"(\w+)\(\)", entry.also) if entry.section == "hooks" else ()
    return name, short, name.rpartition(".")[2], *name.split(", "), *linux


def _code(text: str) -> Html:
    return Html(f"<code>{escape(text)}</code>")


def _marked(text: str) -> Html:
    """Return text as HTML; what stands between backticks is code."""
    return Html(re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)))


def _bracket(text: str) -> str:
    return f"  [{text}]" if text else ""
