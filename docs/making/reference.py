"""Write the pages of reference from the rows: words, laws, hooks, registers, exercises, worlds.

Nothing is written twice: each table is made of the rows that the library itself reads.

Not done: what an autodoc page does, which Sphinx makes of the docstrings.
"""

import re
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from pathlib import Path
from pkgutil import walk_packages

from making.names import anchor, entries

import pmulab
from pmulab.explorer.worlds import WORLDS
from pmulab.lab.course.glossary import Entry
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.sim.laws import LAWS

TITLES = {
    "words": ("Words of the field", "Each where it is explained first."),
    "laws": ("Laws", "What a guest and its host are entitled to: what `check` holds a hook to."),
    "limits": ("Limits", "What a run may not do for longer than this."),
    "hooks": ("Hooks", "The methods of `Hypervisor`, each with the kernel's function."),
    "registers": ("Registers", "Each register of the model, with where Arm defines it."),
    "fields": ("Fields", "The named fields of the registers."),
    "events": ("Events", "What a counter can count, with the event's number."),
}
# The packages whose modules have a page; what only the lab's own machinery uses has none.
LIBRARY = ("hw", "kvm", "sim", "explorer", "explain", "evidence", "cost", "prove", "view")
PAGE = """# {title}

{about}

{body}
"""
MODULE = """## {name}

```{{eval-rst}}
.. automodule:: {name}
   :members:
   :member-order: bysource
```
"""


def write(folder: Path) -> None:
    """Write all pages of reference below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {section: tabled(section) for section in TITLES}
    pages |= {"laws": laws(), "worlds": worlds(), "exercises": exercises()}
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    for package in LIBRARY:
        (folder / f"pmulab-{package}.md").write_text(library(package), encoding="utf-8")


def tabled(section: str) -> str:
    """Write a section of the glossary as a list of terms."""
    title, about = TITLES[section]
    body = terms(section, ((e.name, [said(e)]) for e in entries(section)))
    return PAGE.format(title=title, about=about, body=body)


def said(entry: Entry) -> str:
    """Return what an entry says, with its source."""
    return f"{entry.meaning} ({entry.also})" if entry.also else entry.meaning


def laws() -> str:
    """Write each law with all that its docstring says."""
    title, about = TITLES["laws"]
    rows = ((name, cleandoc(LAWS[name]).split("\n\n")) for name in sorted(LAWS))
    return PAGE.format(title=title, about=about, body=terms("laws", rows))


def worlds() -> str:
    """Write each small world with its size."""
    rows = (
        (
            name,
            [
                world.about,
                f"Guests {' and '.join(world.guests)}; counters of "
                f"{world.counter_bits} bits; {world.cpus} CPU{'s' * (world.cpus > 1)}.",
            ],
        )
        for name, world in WORLDS.items()
    )
    about = "The small worlds that `explore` closes: every order of what may happen in them."
    return PAGE.format(title="Worlds", about=about, body=terms("worlds", rows))


def exercises() -> str:
    """Write each exercise: the hook, where it is taught, where it is judged."""
    rows = (
        (
            id,
            [
                row.about,
                f"Notebook {row.notebook}; `{row.hook}`, {row.lines} lines; judged in "
                f"{', '.join(f'`{world}`' for world in row.worlds)}, in wide cases and in tables.",
            ],
        )
        for id, row in EXERCISES.items()
    )
    about = "Each hook that a notebook asks for. `python -m pmulab check FILE.py --exercise ID`."
    return PAGE.format(title="Exercises", about=about, body=terms("exercises", rows))


def terms(section: str, rows: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Write rows as a list of terms, each with an anchor of its own."""
    return "\n".join(_term(section, name, filter(None, said)) for name, said in rows)


def _term(section: str, name: str, said: Iterable[str]) -> str:
    first, *more = (escaped(" ".join(text.split())) for text in said)
    rest = "".join(f"\n\n  {text}" for text in more)
    return f"[`{name}`]{{#{anchor(section, name)}}}\n: {first}{rest}\n"


MARKED = re.compile(r"(`[^`]+`)")


def escaped(text: str) -> str:
    """Escape what Markdown would read as a mark, outside of code."""
    parts = MARKED.split(text)
    parts[::2] = [re.sub(r"([\\*_<>\[\]{}|])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def library(package: str) -> str:
    """Write the page of a package: each module's names, from their docstrings."""
    body = "\n".join(MODULE.format(name=name) for name in _modules(package))
    about = (
        f"Made of the docstrings of `pmulab.{package}`. Each module begins with what it leaves out."
    )
    return PAGE.format(title=f"pmulab.{package}", about=about, body=body)


def _modules(package: str) -> Iterator[str]:
    folder = [str(Path(path) / package) for path in pmulab.__path__]
    yield f"pmulab.{package}"
    for found in walk_packages(folder, f"pmulab.{package}."):
        yield found.name
