"""A new edition for the notebooks of a folder; what somebody wrote there stays.

Beside a notebook that changes its old text is kept, under a name that no program takes for a
notebook's.

Not modelled: where the new notebooks come from.
"""

import contextlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from pmulab.lab.classroom.folder import write
from pmulab.lab.classroom.merge import Change, edition_of, merged
from pmulab.lab.classroom.sheets import lesson_of
from pmulab.lab.course.editions import history_of


class Updated(NamedTuple):
    """What became of a notebook: its changes; where the old text is; or why it stays as it is."""

    path: Path
    changes: tuple[Change, ...] = ()
    before: Path | None = None
    error: str = ""
    is_new: bool = False


def update_folder(here: Path, there: Path) -> list[Updated]:
    """Take the edition of one folder, or of one notebook, into another.

    Raises `FileNotFoundError` where there is no edition, or nothing to take it into.
    """
    for place in (here, there):
        if not place.exists():
            raise FileNotFoundError(f"{place}: no such folder")
    mine = _by_lesson(here)
    if not mine:
        raise FileNotFoundError(
            f"{here}: no notebook of the course in it; name the folder that has them, as `student`"
        )
    found = []
    for lesson, new in _by_lesson(there).items():
        if here.suffix == ".ipynb":
            found += [_update(here, new)] if lesson in mine else []
        else:
            found.append(_update(mine.get(lesson, here / new.name), new))
    if not found:
        raise FileNotFoundError(f"{there}: no notebook of the course for {here}")
    return found


def lay_out(here: Path, there: Path) -> list[Path]:
    """Copy the notebooks whose lesson a folder does not have; returns those that are new.

    What is there stays as it is. Raises `NotADirectoryError` where a file has the folder's name.
    """
    if here.exists() and not here.is_dir():
        raise NotADirectoryError(f"{here} is a file; name a folder for the notebooks")
    mine = _by_lesson(here) if here.exists() else {}
    missing = [path for lesson, path in _by_lesson(there).items() if lesson not in mine]
    new = {here / path.name: path for path in missing if not (here / path.name).exists()}
    for path, ours in new.items():
        write(path, ours.read_text(encoding="utf-8"))
    return [*new]


def older(here: Path, there: Path) -> list[Path]:
    """List the notebooks of a folder that are of an older edition than another folder's."""
    mine, found = _by_lesson(here), []
    for lesson, path in _by_lesson(there).items():
        with contextlib.suppress(KeyError, ValueError):
            texts = [one.read_text(encoding="utf-8-sig") for one in (mine[lesson], path)]
            dates = [edition_of(notebook_in(text)) for text in texts]
            found += [mine[lesson]] * (dates[0] < dates[1])
    return found


def _by_lesson(place: Path) -> dict[str, Path]:
    paths = sorted(place.glob("*.ipynb")) if place.is_dir() else [place]
    found: dict[str, Path] = {}
    for path in paths:
        try:
            lesson = lesson_of(path.name, notebook_in(path.read_text(encoding="utf-8-sig")))
        except ValueError:
            lesson = lesson_of(path.name, {})
        if lesson:
            found.setdefault(lesson, path)
    return found


def _update(path: Path, new: Path) -> Updated:
    try:
        text = new.read_text(encoding="utf-8")
        theirs = notebook_in(text)
    except ValueError:
        return Updated(path, error=f"the new one, {new}, is no notebook that can be read")
    if not path.exists():
        write(path, text)
        return Updated(path, is_new=True)
    old = path.read_bytes()
    try:
        mine = notebook_in(old.decode("utf-8-sig"))
    except ValueError as error:
        return Updated(path, error=str(error))
    dates = edition_of(mine), edition_of(theirs)
    if dates[0] > dates[1]:
        return Updated(path, error=f"it is of {dates[0]}, the other one of {dates[1]}")
    made = merged(mine, theirs, history_of(lesson_of(new.name, theirs)))
    if made.notebook["cells"] == mine["cells"]:
        return Updated(path)
    before = _aside(path, edition_of(mine))
    before.write_bytes(old)
    write(path, json.dumps(made.notebook, indent=1, ensure_ascii=False) + "\n")
    return Updated(path, made.changes, before)


def _aside(path: Path, edition: str) -> Path:
    """Return a free name for what was there; it ends in no way that a program knows."""
    name, n = f"{path.name}.of-{edition or 'before'}", 1
    while (aside := path.with_name(name if n == 1 else f"{name}-{n}")).exists():
        n += 1
    return aside


def changes_in(path: Path, text: str) -> tuple[Change, ...]:
    """List what a new text changes in a notebook that is there; nothing where none is."""
    try:
        mine, new = notebook_in(path.read_text(encoding="utf-8")), notebook_in(text)
    except (OSError, ValueError):
        return ()
    return merged(mine, new, history_of(lesson_of(path.name, new))).changes


def notebook_in(text: str) -> dict[str, Any]:
    """Read a notebook whose cells have a type and a text; raises `ValueError` for what is none."""
    try:
        notebook = json.loads(text)
        fits = all(
            isinstance(cell["source"], str | list)
            and isinstance(cell["cell_type"], str)
            and isinstance(cell.setdefault("metadata", {}), dict)
            for cell in notebook["cells"]
        )
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise ValueError("it is no notebook that can be read")
    made: dict[str, Any] = notebook
    return made
