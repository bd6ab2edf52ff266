"""The lab on the command line: `check`, `explore`, `gallery`, `grade`, `glossary`, two lists.

Exit status: 0 where all is right, 1 where something is not, 2 for bad input.

Not modelled: an editor; a submission is a file.
"""

import importlib.util
import json
import os
import sys
import time
from difflib import get_close_matches
from pathlib import Path

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab import gallery, grading
from pmulab.lab.exercises.judge import check
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.glossary import glossary
from pmulab.lab.limits import limited
from pmulab.sim.explorer import Explorer
from pmulab.sim.outcome import Result, describe
from pmulab.sim.worlds import WORLDS


class InputError(ValueError):
    """Something that was asked for and does not exist: what, and what was possible."""


# ---- reading somebody's file


def load_module(path: str):
    """Run a file of Python as a module."""
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    spec = importlib.util.spec_from_file_location("submission", path)
    if spec is None:
        raise InputError(f"{path}: not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["submission"] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise InputError(f"{path}, line {error.lineno}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        raise InputError(f"{path} cannot be imported: {describe(error)}") from None
    return module


def classes_in(module) -> dict[str, type]:
    """List the hypervisors that a module defines itself."""
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Hypervisor)
        and value.__module__ == module.__name__
    }


def load_class(place: str, hook: str | None = None) -> type:
    """Load FILE.py:Class; without a name, the one class that there is (or that has the hook)."""
    path, _, name = place.partition(".py:")
    found = classes_in(load_module(path + ".py" if name else place))
    names = ", ".join(found) or "none"
    if name:
        if name not in found:
            raise InputError(f"{path}.py: no hypervisor {name}; it has {names}")
        return note_near_names(found[name])
    fitting = [c for c in found.values() if hook is None or hook in vars(c)] or [*found.values()]
    if len(fitting) != 1:
        which = "name one with FILE.py:Class" if fitting else "write class Mine(Hypervisor)"
        raise InputError(f"{place}: {which}; it has {names}")
    return note_near_names(fitting[0])


def note_near_names(hypervisor: type) -> type:
    """Say on standard error which methods look like a hook misspelt: nothing would call them."""
    hooks = [name for name in dir(Hypervisor) if not name.startswith("_")]
    for name in set(vars(hypervisor)) - set(hooks):
        near = get_close_matches(name, hooks, 1, 0.85)
        if near and near[0] not in vars(hypervisor):
            where = f"{hypervisor.__name__}.{name}"
            print(f"note: {where} replaces nothing; there is {near[0]}", file=sys.stderr)
    return hypervisor


def one_of(kind: str, name: str, known) -> str:
    """Return a name that exists; an error lists those that do."""
    if name not in known:
        raise InputError(f"no {kind} {name}; there are {' '.join(known)}")
    return name


# ---- the commands


def cmd_check(args) -> int:
    """Judge a file for an exercise."""
    # Progress is kept beside notebooks; a command leaves no file behind.
    os.environ.setdefault("PMULAB_PROGRESS", "off")
    row = EXERCISES[one_of("exercise", args.exercise, EXERCISES)]
    verdict = check(row.id, load_class(args.file, row.hook), seconds=args.seconds)
    print(json.dumps(verdict.as_dict(), indent=1) if args.json else verdict)
    return 0 if verdict.right else 1


def cmd_explore(args) -> int:
    """Search a world; Ctrl-C ends it with what is certain so far."""
    hypervisor = load_class(args.hypervisor) if args.hypervisor else Hypervisor
    world = one_of("world", args.world, WORLDS)
    # The search looks at the clock itself; a second more is for a hook that never comes back.
    with limited(args.seconds + 1 if args.seconds else 0) as limit:
        found = Explorer(world, hypervisor).run(seconds=args.seconds, progress=Progress())
    if limit.expired:
        raise InputError(f"{args.hypervisor}: no end within {args.seconds:g} s{limit.place}")
    print(json.dumps(result_dict(found), indent=1) if args.json else "\n".join(result_lines(found)))
    return 0 if found.holds else 1


class Progress:
    """Says on standard error how far a long search is, every second or so."""

    def __init__(self):
        self.next = time.perf_counter() + 2

    def __call__(self, depth: int, states: int) -> None:
        """Take note of a new layer."""
        if time.perf_counter() > self.next:
            self.next += 1
            print(f"depth {depth}, {states} states", file=sys.stderr, flush=True)


def result_lines(found: Result) -> list[str]:
    """Print the outcome of a search."""
    lines = [str(found.certificate)]
    if found.error:
        lines += ["", f"It raised {describe(found.error)}"]
    elif found.accusation:
        lines += ["", *found.accusation.lines()]
    if not found.holds:
        seen = found.replay() if found.replay else None
        lines += ["The shortest history:", *found.steps(seen)]
    elif found.certificate.closed:
        lines.append("Every law holds in every state.")
    else:
        lines.append("Every law holds in the states that were seen.")
    return lines


def result_dict(found: Result) -> dict:
    """Return the outcome of a search as plain data."""
    return {
        **vars(found.certificate),
        "holds": found.holds,
        "law": found.accusation.law if found.accusation else "",
        "accusation": str(found.accusation) if found.accusation else "",
        "error": describe(found.error) if found.error else "",
        "history": list(found.history),
    }


def cmd_gallery(args) -> int:
    """Print the table of the gallery as it goes; 1 where an entry breaks another law."""
    rows = gallery.gallery()
    chosen = [one_of("bug", id, rows) for id in args.ids] or list(rows)
    print(gallery.HEADING, flush=True)
    wrong = 0
    for id in chosen:
        result = rows[id].explore()
        law = result.accusation.law if result.accusation else ""
        wrong += law != rows[id].law or (not law and not result.certificate.closed)
        print(gallery.line(rows[id], result), flush=True)
    return 1 if wrong else 0


def cmd_exercises(args) -> int:
    """List the exercises."""
    for row in EXERCISES.values():
        print(f"{row.id:<24} {row.hook:<20} {row.about}")
    return 0


def cmd_worlds(args) -> int:
    """List the worlds."""
    for world in WORLDS.values():
        print(f"{world.name:<20} {world.about}")
    return 0


def cmd_glossary(args) -> int:
    """Print the glossary, a section of it or a name."""
    try:
        print(glossary(args.name))
    except KeyError as error:
        raise InputError(error.args[0]) from None
    return 0


def cmd_grade(args) -> int:
    """Grade submissions, each apart and within limits; 1 where one is not all right."""
    chosen = [one_of("exercise", id, EXERCISES) for id in args.exercise]
    for path in args.files:
        if not Path(path).is_file():
            raise InputError(f"{path}: no such file")
    grades = []
    for path in args.files:
        grades.append(grading.grade(path, chosen, args.seconds))
        if not args.json:
            print(grades[-1], flush=True)
    if args.json:
        print(json.dumps([grade.as_dict() for grade in grades], indent=1))
    return 0 if all(grade.full for grade in grades) else 1


def add_to(commands) -> None:
    """Add these commands to the argument parser."""
    sub = commands.add_parser("check", help="judge a file for an exercise")
    sub.add_argument("file", metavar="FILE.py[:Class]")
    sub.add_argument("--exercise", required=True, metavar="ID")
    sub.add_argument("--seconds", type=float, default=60, help="give up after so many")
    sub.add_argument("--json", action="store_true")
    sub.set_defaults(run=cmd_check)
    sub = commands.add_parser("explore", help="search a small world, every order of actions")
    sub.add_argument("--world", required=True)
    sub.add_argument("--hypervisor", metavar="FILE.py:Class")
    sub.add_argument("--seconds", type=float, help="stop after so many")
    sub.add_argument("--json", action="store_true")
    sub.set_defaults(run=cmd_explore)
    sub = commands.add_parser("gallery", help="judge the wrong hypervisors of the gallery")
    sub.add_argument("ids", nargs="*", metavar="ID")
    sub.set_defaults(run=cmd_gallery)
    sub = commands.add_parser("exercises", help="list the exercises")
    sub.set_defaults(run=cmd_exercises)
    sub = commands.add_parser("worlds", help="list the small worlds")
    sub.set_defaults(run=cmd_worlds)
    sub = commands.add_parser("glossary", help="say what a word, register, law or hook is")
    sub.add_argument("name", nargs="?", default="", metavar="NAME")
    sub.set_defaults(run=cmd_glossary)
    sub = commands.add_parser("grade", help="grade submissions, each apart and within limits")
    sub.add_argument("files", nargs="+", metavar="FILE.py")
    sub.add_argument("--exercise", action="append", default=[], metavar="ID")
    sub.add_argument("--seconds", type=float, default=60, help="for each exercise")
    sub.add_argument("--json", action="store_true")
    sub.set_defaults(run=cmd_grade)
