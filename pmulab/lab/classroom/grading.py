"""Runs submissions apart, within limits of time and memory, and reports scores.

A submission is a file with classes that replace one hook each. Every exercise is judged in a fresh
process, which sends one verdict back; whatever the process prints or leaves behind counts nothing.

Not modelled: a sandbox. A submission runs as you do, and one that is written to deceive the process
that judges it can: keep strangers' files in a container.
"""

import builtins
import contextlib
import importlib
import json
import os
import pkgutil
import secrets
import signal
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path

from pmulab.lab.course.check import changed_hook, judged
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.limits import limited
from pmulab.lab.submission.load import InputError, classes_in, load_module

PACKAGE = Path(__file__).resolve().parents[2]
MEMORY = 2 << 30
FILE_BYTES = 1 << 20
TEXT = 4000
# Starting a process and importing everything takes about a second where the machine is busy.
START_SECONDS = 15


@dataclass(frozen=True)
class Mark:
    """The verdict on one exercise."""

    exercise: str
    verdict: str
    text: str


@dataclass(frozen=True)
class Grade:
    """The verdicts on one file."""

    path: str
    marks: tuple[Mark, ...]

    @property
    def score(self) -> int:
        """Return how many exercises are right."""
        return sum(mark.verdict == "right" for mark in self.marks)

    @property
    def full(self) -> bool:
        """Tell whether every exercise is right, and there is one."""
        return 0 < len(self.marks) == self.score

    def __repr__(self) -> str:
        lines = [f"{self.path}: {self.score} of {len(self.marks)}"]
        return "\n".join([*lines, *(mark.text for mark in self.marks)])

    def as_dict(self) -> dict:
        """Return the grade as plain data."""
        marks = [vars(mark) for mark in self.marks]
        return {"file": self.path, "score": self.score, "of": len(marks), "marks": marks}


def grade(path: str, exercises: list[str] | None = None, seconds: float = 60) -> Grade:
    """Grade one file: the named exercises, or all whose hook it replaces."""
    path = str(Path(path).resolve())
    ids = list(exercises or [])
    if not ids:
        answer = _apart(path, "", seconds)
        if "exercises" not in answer:
            return Grade(path, (Mark("-", answer["verdict"], answer["text"]),))
        ids = [id for id in answer["exercises"] if id in EXERCISES]
    if not ids:
        text = "no class in it replaces a hook of an exercise"
        return Grade(path, (Mark("-", "not attempted", text),))
    return Grade(path, tuple(_mark(path, id, seconds) for id in ids))


def _mark(path: str, id: str, seconds: float) -> Mark:
    answer = _apart(path, id, seconds)
    return Mark(id, answer["verdict"], answer["text"])


# ---- the parent


def _apart(path: str, id: str, seconds: float) -> dict:
    """Judge one exercise in a process of its own; returns its answer or what became of it."""
    token = secrets.token_hex(16)
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "pmulab.lab.classroom.grading"]
    own = {"PYTHONDONTWRITEBYTECODE": "1", "PMULAB_PROGRESS": "off"}
    own |= {"PYTHONPATH": str(PACKAGE.parent)}
    with subprocess.Popen(
        [*command, path, id, str(seconds), str(writer)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[writer],
        start_new_session=True,
        env={**os.environ, **own},
        cwd=os.path.dirname(path),
    ) as process:
        os.close(writer)
        what = _wait(process, token, seconds + START_SECONDS)
    os.set_blocking(reader, False)
    with open(reader, "rb") as stream:
        sent = stream.read(1 << 20) or b""
    return _read(sent, token) or _error(id, what)


def _wait(process, token: str, seconds: float) -> str:
    """Wait for a child, then end whatever it has started; says what became of it."""
    try:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(token.encode())
            process.stdin.close()
        status = process.wait(seconds)
        what = f"it ended the process that judges it (status {status})"
    except subprocess.TimeoutExpired:
        what = f"it did not end within {seconds:g} s"
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    return what


def _read(sent: bytes, token: str) -> dict | None:
    for line in sent.splitlines():
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict) and answer.pop("token", None) == token:
            return answer
    return None


def _error(id: str, what: str) -> dict:
    return _answer(Verdict(id or "-", "error", what))


def _answer(verdict: Verdict) -> dict:
    return {"verdict": verdict.kind, "text": repr(verdict)[:TEXT]}


# ---- the child


def main(path: str, id: str, seconds: str, writer: str) -> None:
    """Judge one exercise and send the answer, signed with what came in on standard input."""
    token = sys.stdin.read()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    judge, out = os.getpid(), int(writer)
    _limit(float(seconds))
    try:
        answer = _verdict_on(path, id, float(seconds))
    except MemoryError:
        answer = _error(id, f"it needs more memory than {MEMORY >> 20} MB")
    except BaseException as error:
        answer = _error(id, f"{type(error).__name__}: {str(error)[:200]}")
    if os.getpid() == judge:
        os.write(out, json.dumps({**answer, "token": token}).encode() + b"\n")
    os._exit(0)


def _limit(seconds: float) -> None:
    """Bound memory, time and files, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        cpu = int(seconds + START_SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _verdict_on(path: str, id: str, seconds: float) -> dict:
    before = snapshot()
    try:
        with limited(seconds) as limit:
            found = classes_in(load_module(path))
        if limit.expired:
            return _error(id, f"its import did not end within {seconds:g} s{limit.where}")
        by_hook = {hook: cls for cls in found.values() for hook in vars(cls)}
        if not id:
            return {"exercises": [row.id for row in EXERCISES.values() if row.hook in by_hook]}
        submission = by_hook.get(EXERCISES[id].hook)
        answer = _answer(
            judged(id, submission, seconds)
            if submission
            else Verdict(id, "not attempted", EXERCISES[id].starter)
        )
    except InputError as error:
        answer = _error(id, str(error))
    changed = changed_hook() or tampered(before)
    return _error(id, f"it changes {changed}") if changed else answer


# ---- has the submission changed the judge?

# Each package imports only from its left; what lies above them all comes last.
FLOORS = ("hw", "kvm", "sim", "explorer", "explain", "evidence", "cost", "lab")
WATCHED = ("builtins", "inspect", "json", "os", "signal", "sys", "time", "dataclasses")


def snapshot() -> dict[str, object]:
    """Return every function, class attribute and table of the library, by place."""
    found: dict[str, object] = {}
    every = [info.name for info in pkgutil.walk_packages([str(PACKAGE)], "pmulab.")]
    mine = [name for name in every if ".view" not in name and not name.endswith("__main__")]
    modules = []
    for name in sorted(mine, key=_floor):
        # A module that cannot be imported is nobody's judge.
        with contextlib.suppress(ImportError):
            modules.append(importlib.import_module(name))
    for module in modules:
        found |= _of_module(module)
    for name in WATCHED[1:]:
        functions = (types.FunctionType, types.BuiltinFunctionType)
        rows = vars(sys.modules[name]).items()
        found |= {f"{name}.{key}": value for key, value in rows if isinstance(value, functions)}
    found |= {f"builtins.{k}": v for k, v in vars(builtins).items() if k != "_"}
    return found


def _floor(name: str) -> int:
    """Say how far up a module is: what changes is named where it lives, not where it is met."""
    package = name.split(".")[1]
    return FLOORS.index(package) if package in FLOORS else len(FLOORS)


def _of_module(module) -> dict[str, object]:
    found = {}
    for name, value in vars(module).items():
        if name.startswith("__"):
            continue
        place = f"{module.__name__}.{name}"
        found[place] = value
        if isinstance(value, type) and value.__module__.startswith("pmulab"):
            found |= {
                f"{place}.{key}": item for key, item in vars(value).items() if key[:2] != "__"
            }
        elif isinstance(value, dict | list):
            found[f"{place}[]"] = tuple(value.items() if isinstance(value, dict) else value)
    codes = {}
    for place, value in found.items():
        function = getattr(value, "fget", None) or getattr(value, "__func__", value)
        if isinstance(function, types.FunctionType):
            defaults = function.__defaults__, function.__kwdefaults__
            codes[f"{place}()"] = (function.__code__, *defaults)
    return found | codes


def tampered(before: dict[str, object]) -> str:
    """Name something that is no longer what it was, or nothing."""
    after = snapshot()
    added = [place for place in after if place not in before]
    for place, value in before.items():
        now = after.get(place)
        same = value is now or (place[-1] in ")]" and _same(value, now))
        if not same:
            return place.rstrip("()[]")
    return added[0].rstrip("()[]") if added else ""


def _same(old: object, new: object) -> bool:
    """Compare tuples, and those inside them, by the objects that they hold."""
    if not (isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new)):
        return False
    return all(a is b or _same(a, b) for a, b in zip(old, new))


if __name__ == "__main__":
    main(*sys.argv[1:])
