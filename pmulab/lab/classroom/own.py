"""A teacher's own: worlds, exercises, wrong hypervisors and sentences of verdicts, from a folder.

`take` puts the rows of a folder into the library's tables, for this process and those that it
starts to judge. So a command takes a folder before it does anything else, and takes one alone.

    worlds.toml       a table for each world: `like` another one, and what differs
    exercises.toml    a table for each exercise, with the keys of the library's
    *.py              wrong hypervisors: classes under `@bug(id, hook, law, world)`
    sentences.toml    [plain], [laws], [said], [frame]: sentences of a verdict in other words

Not modelled: hooks, laws and tables of cases of a teacher's own; a hint in another language is that
of an exercise of one's own.
"""

import hashlib
import importlib.util
import os
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter
from typing import Any, get_args, get_origin, get_type_hints

from pmulab.explorer.result import PASSING, describe
from pmulab.explorer.stage import stage_of
from pmulab.explorer.world import World
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.rows import BY_HOOK, EXERCISES, GRADED, OWN
from pmulab.lab.exercises.verdict import SAID
from pmulab.lab.gallery.gallery import Bug, Story, gallery, ids, stories
from pmulab.lab.row_file import read_rows
from pmulab.lab.submission.load import InputError
from pmulab.sim.laws import LAWS
from pmulab.sim.meaning import FRAME, PLAIN

# What tells processes that judge for this one which folder was taken.
VARIABLE = "PMULAB_WITH"
SENTENCES: dict[str, dict[str, str]] = {
    "plain": PLAIN,
    "laws": LAWS,
    "said": SAID,
    "frame": FRAME,
}


def folder() -> Path | None:
    """Return the folder that this process has taken, if any."""
    return TAKEN[0] if TAKEN else None


def take(place: str | Path) -> list[str]:
    """Take a folder and say what is in it; an `InputError` names the file and the row."""
    place = Path(place).resolve()
    if not place.is_dir():
        raise InputError(f"{place}: no such folder; --with takes one")
    modules = sorted(place.glob("*.py"))
    here = [place / name for name in TAKES if (place / name).is_file()]
    if not modules and not here:
        raise InputError(f"{place}: nothing of a teacher's in it: no *.py, {', no '.join(TAKES)}")
    if TAKEN:
        raise InputError(f"{TAKEN[0]} was taken already; a process takes one folder")
    TAKEN.append(place)
    found = [_taken(path, TAKES[path.name]) for path in here]
    found += [_taken(path, _bugs) for path in modules]
    os.environ[VARIABLE] = f"{place}"
    return [f"{path.name}: {', '.join(names)}" for path, names in found if names]


# The folder that this process has taken; one that was forked has its tables already.
TAKEN: list[Path] = []


def take_again() -> None:
    """Take the folder that the process which has started this one had taken."""
    if (place := os.environ.get(VARIABLE)) and not TAKEN:
        take(place)


def digest() -> str:
    """Name what is in the folder that was taken; empty where none was."""
    if (place := folder()) is None:
        return ""
    found = hashlib.sha256()
    for path in (*sorted(place.glob("*.py")), *(place / name for name in TAKES)):
        if path.is_file():
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:12]


def _taken(path: Path, act: Callable[[Path], list[str]]) -> tuple[Path, list[str]]:
    try:
        return path, act(path)
    except InputError:
        raise
    except (ValueError, OSError) as error:
        said = f"{error}".removeprefix(f"{path.name}").lstrip(":, ")
        raise InputError(f"{path}: {said}") from None


def _one_of(what: str, name: object, known: Any) -> None:
    """Raise `ValueError` for a name that does not exist; it lists those that do."""
    if name not in known:
        raise ValueError(f"no {what} {name}; there are {' '.join(known)}")


# ---- worlds


def _worlds(path: Path) -> list[str]:
    made = []
    for name, row in _tables(path):
        try:
            WORLDS[name] = _world(name, row)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        made.append(name)
    return made


def _world(name: str, row: dict[str, Any]) -> World:
    """Make a world of another one; what the model cannot be made of is said."""
    if name in WORLDS:
        raise ValueError("the library has a world of this name")
    if "like" not in row:
        raise ValueError("`like` is missing: the world that this one is like")
    _one_of("world", row["like"], WORLDS)
    kinds = {key: kind for key, kind in get_type_hints(World).items() if key != "name"}
    changes = {key: _tuples(value) for key, value in row.items() if key != "like"}
    for key, value in changes.items():
        _one_of("key", key, kinds)
        if not _fits(value, kinds[key]):
            kind = getattr(kinds[key], "__name__", "")
            kind = f"{kinds[key]}" if get_args(kinds[key]) else kind
            said = kind.replace("tuple", "list")
            raise ValueError(f"{key} must be {said}, not {row[key]!r}")
    world = WORLDS[row["like"]].variant(name, **changes)
    try:
        stage_of(world, Hypervisor)
    except PASSING:
        raise
    except Exception as error:
        raise ValueError(f"no machine can be made of it: {error}") from None
    return world


def _fits(value: Any, kind: Any) -> bool:
    """Compare a value with an annotation of `World`: a type, one of some, a list of such."""
    parts = get_args(kind)
    if not parts:
        return type(value) is kind
    if get_origin(kind) is not tuple:
        return any(_fits(value, part) for part in parts)
    if not isinstance(value, tuple):
        return False
    parts = parts[:1] * len(value) if parts[-1] is ... else parts
    return len(parts) == len(value) and all(map(_fits, value, parts))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


# ---- exercises


def _exercises(path: Path) -> list[str]:
    rows: tuple[Exercise, ...] = read_rows(path, Exercise)
    for row in rows:
        try:
            _one_of("hook", row.hook, BY_HOOK)
            for world in row.worlds:
                _one_of("world", world, WORLDS)
            if row.id in GRADED or not row.worlds or row.also or row.scenario:
                raise ValueError("an id of its own and at least one world are needed, no more")
        except ValueError as error:
            raise ValueError(f"{row.id}: {error}") from None
        EXERCISES[row.id] = GRADED[row.id] = OWN[row.id] = row
        BY_HOOK[row.hook] = row
    return [row.id for row in rows]


# ---- wrong hypervisors


def _bugs(path: Path) -> list[str]:
    before = {*gallery()}
    name = f"pmulab_own_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    except PASSING:
        raise
    except BaseException as error:
        raise ValueError(f"it cannot be read: {describe(error)}") from None
    made = [id for id in ids() if id not in before]
    for id in made:
        stories()[id] = Story(id, f"{path.parent.name}/{path.name}", "what the library has there")
        _check(gallery()[id])
    return made


def _check(bug: Bug) -> None:
    try:
        _one_of("world", bug.world, WORLDS)
        _one_of("law", bug.law, (*LAWS, ""))
        _one_of("hook", bug.hook, dir(Hypervisor))
        if bug.hook not in vars(bug.hypervisor) or not bug.what:
            raise ValueError(f"its class needs a docstring and def {bug.hook}(...)")
    except ValueError as error:
        raise ValueError(f"{bug.id}: {error}") from None


# ---- sentences


def _sentences(path: Path) -> list[str]:
    for part, row in _tables(path):
        _one_of("part", part, SENTENCES)
        known = SENTENCES[part]
        for key, text in row.items():
            _one_of(f"sentence in [{part}]", key, known)
            if not (isinstance(text, str) and text.strip()):
                raise ValueError(f"{part}.{key} is no text")
            if part != "laws":
                _check_places(f"{part}.{key}", text, known[key])
            known[key] = text
    return [f"{len(row)} of {part}" for part, row in _tables(path)]


def _check_places(where: str, text: str, ours: str) -> None:
    """Raise `ValueError` for a name between braces that our sentence has not."""
    mine, due = (
        {f"{{{name}}}" for _, name, _, _ in Formatter().parse(one) if name is not None}
        for one in (text, ours)
    )
    if odd := sorted(mine - due):
        there = " ".join(sorted(due)) or "none"
        raise ValueError(f"{where} has {odd[0]}; there is {there}")


def _tables(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
        if not isinstance(row, dict):
            raise ValueError(f"{name}: a table is needed, [{name}]")
        yield name, row


# In this order: an exercise names worlds.
TAKES = {"worlds.toml": _worlds, "exercises.toml": _exercises, "sentences.toml": _sentences}
