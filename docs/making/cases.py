"""Write a page for each wrong hypervisor of the gallery: a link that a reviewer can send.

The page has the code, what it breaks, the shortest history in a player that needs no kernel, and
where it comes from. A notebook of one cell opens the same case where a Python is.

Not done: a history of one that is harmless; its page says in how many states nothing broke.
"""

import json
from pathlib import Path
from typing import Any

from making.chapters import Bar, save, write
from making.freeze import Texts
from making.reference import escaped

from pmulab.lab.course.hunt import Case
from pmulab.lab.gallery.gallery import Bug, gallery
from pmulab.view.play import accused_at, player

PAGE = """# {id}

{bar}

{what}

:Hook: `{hook}`
:Law: {law}
:World: `{world}`
:Who found it: {origin}
:Repair: {fix}
:Again: `python -m pmulab gallery {id}`

## The code

```python
{code}
```

## {heading}

{story}

{live}
"""
INDEX = """# The gallery

Wrong hypervisors, most of them from the review of the patches, each with the shortest history that
shows it. The last ones look wrong and are harmless: no order of events shows them.

{rows}

```{{toctree}}
:hidden:

{names}
```
"""
CELL = """from pmulab import case

case("{id}")"""


def write_all(folder: Path, live: Path, bar: Bar) -> int:
    """Write the page of each case, and their index; return how many there are."""
    texts, bugs = Texts(), gallery()
    for bug in bugs.values():
        save(folder / f"{bug.id}.md", page(bug, live, texts, bar))
    for name, text in texts.items():
        save(live / "texts" / f"{name}.txt", text)
    rows = "\n".join(f"- [{bug.id}]({bug.id}.md): {escaped(bug.what)}" for bug in bugs.values())
    save(folder / "index.md", INDEX.format(rows=rows, names="\n".join(bugs)))
    return len(bugs)


def page(bug: Bug, live: Path, texts: Texts, bar: Bar) -> str:
    """Write the page of a case; its player's record goes below `live`."""
    found = Case(bug.id, bug, bug.explore())
    shown = {
        "bar": bar(f"gallery/{bug.id}.ipynb"),
        "what": escaped(bug.what),
        "law": f"`{bug.law}`" if bug.law else "none: it only looks wrong",
        "origin": escaped(bug.origin),
        "fix": escaped(bug.fix),
        "code": str(found.code).rstrip(),
    }
    return PAGE.format(
        id=bug.id, hook=bug.hook, world=bug.world, **shown, **_story(found, live, texts)
    )


def _story(found: Case, live: Path, texts: Texts) -> dict[str, str]:
    result = found.result
    if result.accusation is None:
        said = {"heading": "No history shows it", "story": escaped(f"{result.certificate}")}
        return said | {"live": ""}
    trace = result.trace
    accused, steps = result.accusation, len(result.history or ())
    told = "\n".join(f"{n}. {escaped(step)}" for n, step in result.numbered())
    story = f"{escaped(accused.who)}: {escaped(accused.values())}.\n\n{told}"
    shown: Any = player(trace, accused_at(trace))
    row = write(shown, f"gallery/{found.bug.id}", live, texts)
    return {
        "heading": f"The shortest history: {steps} steps",
        "story": story,
        "live": f"```{{raw}} html\n{row['box']}\n```",
    }


def notebooks(folder: Path) -> None:
    """Write a notebook for each case."""
    for bug in gallery().values():
        save(folder / f"{bug.id}.ipynb", json.dumps(notebook(bug), indent=1))


def notebook(bug: Bug) -> dict:
    """Return a notebook that opens a case: one press of Run, so its cell is the first."""
    cell = {"id": "case", "metadata": {}, "source": CELL.format(id=bug.id)}
    code = {"cell_type": "code", "execution_count": None, "outputs": [], **cell}
    text = {
        "cell_type": "markdown",
        "id": "head",
        "metadata": {},
        "source": f"# {bug.id}\n\n{bug.what}",
    }
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": [code, text], "metadata": about, "nbformat": 4, "nbformat_minor": 5}
