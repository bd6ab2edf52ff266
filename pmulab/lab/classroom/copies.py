"""Copies of the notebooks for a class: for students, for instructors, for nbgrader.

    python -m pmulab class DIR [--notebooks FOLDER]

A notebook has no solution inside; the library is the solution. So the instructor's copy is made by
putting the library's source into the exercise cells, and nobody keeps two versions by hand.

Not modelled: other graders. The three copies differ only in exercise cells, outputs and metadata.

Source: nbgrader 0.9, its metadata schema 3 and its markers for solutions.
"""

import ast
import builtins
import copy
import inspect
import json
import re
import textwrap
from collections.abc import Container
from pathlib import Path
from typing import NamedTuple

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.classroom.folder import Update, update
from pmulab.lab.classroom.merge import TEXTS, Change, texts_of
from pmulab.lab.classroom.sheets import exercises_in, of_lesson
from pmulab.lab.classroom.updates import changes_in
from pmulab.lab.course.editions import REVEAL
from pmulab.lab.exercises.rows import AGAIN, EXERCISES, GRADED

CHECK = re.compile(r"""^\s*check\(["']([\w.]+)["'],\s*(\w+)\)\s*$""", re.M)
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
KINDS = ("student", "instructor", "nbgrader")
# What a test says; `autograde` reads the exercise from it.
MARK = """from pmulab.lab.classroom.cell import mark
# The cells above are judged in a process of their own; `In` has what has run.
mark("{id}", In)"""
CONFIG = """c = get_config()
c.CourseDirectory.course_id = "pmulab"
# Answers are judged in processes apart; no cell of a submission runs in a kernel of yours.
from pmulab.lab.classroom.autograde import configure
configure(c)
c.Judge.seconds = 60
# A notebook with tests of your own is run in a kernel, where a cell may take longer than a judge.
c.ExecutePreprocessor.timeout = 600
"""


# An editor that writes the answer teaches nothing: no suggestions of a language model as one types.
QUIET = {
    "editor.inlineSuggest.enabled": False,
    "github.copilot.enable": {"*": False},
}
EDITOR = ".vscode/settings.json"


# ---- one exercise cell


def filled(source: str, marks: bool = False, known: Container[str] = ()) -> str:
    """Put the library's source into the empty hooks of a cell; `marks` adds nbgrader's markers.

    What it needs and is not `known` is imported: above the class, or between the markers, for there
    must be one place to write and no other.
    """
    lines = source.split("\n")
    needed: dict[str, str] = {}
    for hook in reversed(_hooks(source)):
        if not _is_empty(hook):
            continue
        reference = getattr(Hypervisor, hook.name)
        body = _body(reference).split("\n")
        own = {n: m for n, m in _globals_of(reference).items() if n not in known}
        _replace(lines, hook, [BEGIN, *_imports(own), *body, END] if marks else body)
        needed |= {} if marks else own
    head = _imports(needed)
    return "\n".join([*head, *([""] if head else []), *lines])


def emptied(source: str) -> str:
    """Take the body of each hook out of a cell; one that is empty already stays as it is."""
    lines = source.split("\n")
    for hook in reversed(_hooks(source)):
        if not _is_empty(hook):
            _replace(lines, hook, ["..."])
    return "\n".join(lines)


def _replace(lines: list[str], hook: ast.FunctionDef, body: list[str]) -> None:
    """Put another body below a hook's first line, on which the old one may stand as well."""
    first, pad = hook.body[0], " " * (hook.col_offset + 4)
    start = first.lineno - 1
    head = [lines[start][: first.col_offset].rstrip()] if first.lineno == hook.lineno else []
    lines[start : hook.end_lineno] = [*head, *(f"{pad}{line}".rstrip() for line in body)]


def _hooks(source: str) -> list[ast.FunctionDef]:
    """List the hooks that a cell defines in Python, from top to bottom."""
    if source.startswith("%%"):
        return []
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    methods = [node for cls in classes for node in cls.body if isinstance(node, ast.FunctionDef)]
    return [node for node in methods if hasattr(Hypervisor, node.name)]


def _is_empty(hook: ast.FunctionDef) -> bool:
    """Tell whether a body is only dots, `pass` or a docstring."""
    return all(
        isinstance(n, ast.Pass) or (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
        for n in hook.body
    )


def _body(function) -> str:
    """Return a function's source without its first line and its docstring."""
    source = textwrap.dedent(inspect.getsource(function))
    node = next(n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef))
    first = node.body[0]
    start = first.end_lineno if ast.get_docstring(node) else first.lineno - 1
    return textwrap.dedent("\n".join(source.split("\n")[start:])).strip("\n")


def _globals_of(function) -> dict[str, str]:
    """Return the names that a function takes from its module, each with that module."""
    names = {n.id for n in ast.walk(ast.parse(_body_as_code(function))) if isinstance(n, ast.Name)}
    known = function.__globals__
    return {n: function.__module__ for n in names if n in known and not hasattr(builtins, n)}


def _body_as_code(function) -> str:
    return "def f():\n" + textwrap.indent(_body(function), "    ")


def _imports(needed: dict[str, str]) -> list[str]:
    """Write the imports that a solution needs."""
    modules: dict[str, list[str]] = {}
    for name, module in needed.items():
        modules.setdefault(module, []).append(name)
    return [f"from {m} import {', '.join(sorted(n))}" for m, n in sorted(modules.items())]


# ---- one notebook


def student(notebook: dict) -> dict:
    """Return the copy for students: exercises empty, no outputs, no call that prints the answer."""
    return _copy(notebook, lambda cell, _: emptied(cell))


def instructor(notebook: dict) -> dict:
    """Return the copy for instructors: exercises filled from the library, no outputs."""
    return _copy(notebook, lambda cell, _: filled(cell), reveal=True)


def nbgrader(notebook: dict) -> dict:
    """Return nbgrader's source: solutions between markers, a locked test after each exercise.

    A test is named after its exercise alone, so that it is the same in every edition.
    """
    known = _imported(notebook)
    made = _copy(notebook, lambda cell, graded: filled(emptied(cell), graded, known))
    name = made["metadata"].get("pmulab", "x")
    for cell, test, id in _exercises(made):
        slug = f"{name}-{id.replace('.', '-').replace('_', '-')}"
        cell["metadata"]["nbgrader"] = _tag(f"{slug}-answer", solution=True)
        test |= _test(slug, id)
    _test_again(made, name)
    return made


def _test(slug: str, id: str) -> dict:
    """Write what makes a cell the test of an exercise."""
    tag = _tag(f"{slug}-test", grade=True, points=GRADED[id].lines)
    return {"source": MARK.format(id=id), "metadata": {"nbgrader": tag}}


def _test_again(notebook: dict, name: str) -> None:
    """Put tests behind the cells that a lesson judges otherwise: a repair, the project."""
    cells: list[dict] = []
    waiting: list[dict] = []
    for cell in notebook["cells"]:
        cells.append(cell)
        if cell["cell_type"] != "code":
            continue
        if "exercise" not in cell["metadata"].get("tags", []):
            # Behind what the learner runs first.
            cells += waiting
            waiting = []
            continue
        ids = [*dict.fromkeys(of_lesson(id, name) for id in exercises_in(cell))]
        for id in (id for id in ids if id in AGAIN):
            slug = f"{name}-{id.replace('.', '-').replace('_', '-')}"
            cell["metadata"].setdefault("nbgrader", _tag(f"{slug}-answer", solution=True))
            new: dict = {"cell_type": "code", "execution_count": None, "outputs": [], "id": slug}
            waiting.append(new | _test(slug, id))
    notebook["cells"] = cells + waiting


def _imported(notebook: dict) -> set[str]:
    """Return the names that the first cell of a notebook imports."""
    first = next((c for c in notebook["cells"] if c["cell_type"] == "code"), None)
    nodes = ast.parse(_text(first)).body if first else []
    return {
        alias.asname or alias.name
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _copy(notebook: dict, change, reveal: bool = False) -> dict:
    made = copy.deepcopy(notebook)
    graded = [id(cell) for cell, _, _ in _exercises(made)]
    lesson = made["metadata"].get("pmulab", "").lstrip("0")
    if lesson in {row.notebook for row in AGAIN.values()}:
        graded = [id(cell) for cell in made["cells"]]
    for cell in made["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell["outputs"], cell["execution_count"] = [], None
        if "exercise" in cell["metadata"].get("tags", []):
            cell["source"] = change(_text(cell), id(cell) in graded)
        elif not reveal:
            cell["source"] = REVEAL.sub("", _text(cell)).rstrip("\n")
    made["cells"] = [c for c in made["cells"] if c["cell_type"] != "code" or _text(c).strip()]
    return made


def _exercises(notebook: dict) -> list[tuple[dict, dict, str]]:
    """List (exercise cell, check cell, id) for each exercise with a check after it."""
    found, last = [], None
    for cell in notebook["cells"]:
        if "exercise" in cell["metadata"].get("tags", []):
            last = cell
        check = CHECK.search(_text(cell)) if cell["cell_type"] == "code" else None
        if check and last is not None and check.group(1) in EXERCISES:
            found.append((last, cell, check.group(1)))
            last = None
    return found


def _tag(grade_id: str, grade=False, solution=False, points=None) -> dict:
    tag = {"schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution}
    tag |= {"locked": grade, "task": False}
    return tag | ({"points": points} if grade else {})


def _text(cell: dict) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


# ---- a folder of notebooks


def editor() -> str:
    """Write the settings of a folder for an editor that reads them there, VS Code."""
    return json.dumps(QUIET, indent=1) + "\n"


class Copies(NamedTuple):
    """What became of each file, and which cells are others than in the copy for students before."""

    files: Update
    changes: dict[str, tuple[Change, ...]]


def make_copies(target: Path, notebooks: Path) -> Copies:
    """Write all three copies of each notebook; nbgrader's in the folders that it expects.

    What was edited there is kept. Raises `FileNotFoundError` where there are no notebooks.
    """
    paths = sorted(notebooks.glob("[0-9]*.ipynb"))
    if not paths:
        raise FileNotFoundError(f"no notebooks in {notebooks}; say --notebooks FOLDER")
    files = {"nbgrader/nbgrader_config.py": CONFIG}
    files[f"student/{EDITOR}"] = editor()
    for path in paths:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["metadata"]["pmulab"] = path.stem.split("-")[0]
        for kind, make in zip(KINDS, (student, instructor, nbgrader), strict=True):
            folder = f"{kind}/source/{path.stem}" if kind == "nbgrader" else kind
            made = make(notebook)
            made["metadata"][TEXTS] = texts_of(made)
            text = json.dumps(made, indent=1, ensure_ascii=False)
            files[f"{folder}/{path.name}"] = text + "\n"
    changes = {
        name: found
        for name, text in files.items()
        if name.startswith("student/") and (found := changes_in(target / name, text))
    }
    return Copies(update(target, files), changes)
