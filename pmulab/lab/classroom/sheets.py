"""What was handed in: files of Python, notebooks, zips and folders of them; read, and not run.

In a notebook an answer is a class with the hook of an exercise, whatever its name and its tag. Of
the course's notebooks each answers its own exercises alone, for others use hooks again. What looks
like an answer and cannot be graded is named with its cell.

Not modelled: who handed it in, but for the name of a folder or file; a zip in a zip.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from pmulab.lab.classroom.asked import EXAM, Made, made_of, seed_of, values_in
from pmulab.lab.classroom.cells_in_c import ids_in_c
from pmulab.lab.classroom.parcel import SUFFIX, Member, members
from pmulab.lab.classroom.participants import file_in
from pmulab.lab.classroom.slices import Statement, is_deed, joined, statements
from pmulab.lab.exercises.rows import BY_HOOK, GRADED

KINDS = (".py", ".ipynb")
TAKEN = (*KINDS, SUFFIX)
MOST = 1 << 22
CLASS, METHOD = re.compile(r"^class\s+\w+", re.M), re.compile(r"^\s+def\s+(\w+)\s*\(", re.M)
COURSE = re.compile(r"\d\d\w?-")
HYPERVISOR = "from pmulab.kvm.hypervisor import Hypervisor\n"
# Folders that programs keep beside what somebody wrote.
SKIPPED = re.compile(r"^[._]|-checkpoint\.ipynb$")


class Answer(NamedTuple):
    """An answer to one exercise, as a file of Python; `empty` where there is only the starter."""

    exercise: str
    name: str
    source: str
    where: str
    empty: bool = False
    # The seed of the exam that it is a part of.
    exam: int | None = None


class Sheet(NamedTuple):
    """What one learner handed in.

    `whole` are files that may answer any exercise: no Python, or without a class that one can see.
    `remarks` say what was found and is not graded, `exams` which pmulab wrote an exam.
    """

    learner: str
    answers: tuple[Answer, ...]
    whole: tuple[Answer, ...] = ()
    remarks: tuple[str, ...] = ()
    exams: tuple[Made, ...] = ()


def sheet_of_cells(
    learner: str, name: str, cells: Iterable[dict[str, Any]], lesson: str = ""
) -> Sheet:
    """Read the cells of a notebook that is open somewhere."""
    answers: dict[str, Answer] = {}
    remarks: list[str] = []
    for answer in _answers(name, [*cells], lesson, remarks):
        _take(answers, answer, remarks)
    return Sheet(learner, tuple(answers.values()), (), tuple(remarks))


def sheet_of(learner: str, paths: Iterable[Path | Member]) -> Sheet:
    """Read what a learner handed in; of two answers to one exercise the last one counts.

    A single file with a number for its name is perhaps no lesson: then it answers what it has.
    """
    paths = [*paths]
    found = _read(learner, paths, by_lesson=True)
    alone = len(paths) == 1 and not found.answers and not found.whole
    return _read(learner, paths, by_lesson=False) if alone else found


def _read(learner: str, paths: Iterable[Path | Member], by_lesson: bool) -> Sheet:
    answers: dict[str, Answer] = {}
    whole: list[Answer] = []
    remarks: list[str] = []
    exams: tuple[Made, ...] = ()
    for path in _inside(paths, remarks):
        try:
            text = _text(path)
            if path.suffix == ".py":
                found = _of_file(path.name, text)
                whole += [] if found else [Answer("", path.name, text, path.name)]
            else:
                notebook = _notebook(text)
                lesson = lesson_of(path.name, notebook) if by_lesson else ""
                exams += made_of(lesson, notebook)
                found = [*_answers(path.name, _cells(notebook), lesson, remarks)]
                remarks += _missing(path.name, lesson, {one.exercise for one in found})
        except ValueError as error:
            remarks.append(f"{path.name}: {error}")
            continue
        for answer in found:
            _take(answers, answer, remarks)
    return Sheet(learner, tuple(answers.values()), tuple(whole), tuple(remarks), exams)


def _missing(name: str, lesson: str, found: set[str]) -> list[str]:
    """Say which exercises of a lesson have no cell in its notebook."""
    own = [id for id, row in GRADED.items() if row.notebook == lesson.lstrip("0")]
    gone = ", ".join(id for id in own if id not in found)
    return [f"{name} has no cell for {gone}: deleted, or of another edition"] if gone else []


def _take(answers: dict[str, Answer], answer: Answer, remarks: list[str]) -> None:
    """Take an answer; one that is empty never stands for one that is not."""
    known = answers.get(answer.exercise)
    if known and not known.empty and not answer.empty:
        remarks.append(f"{answer.exercise} is answered in {known.where}, too; the last one counts")
    if known is None or known.empty or not answer.empty:
        answers[answer.exercise] = answer


def only_exams(sheet: Sheet, seeds: Sequence[int]) -> Sheet:
    """Leave out the answers to an exam that was not set: its key may be known."""
    other = sorted({one.exam for one in sheet.answers if one.exam is not None} - {*seeds})
    kept = tuple(one for one in sheet.answers if one.exam not in other)
    said = tuple(f"exam {seed} was not set, so it is not graded" for seed in other)
    return sheet._replace(answers=kept, remarks=(*sheet.remarks, *said))


# ---- a file


def _inside(paths: Iterable[Path | Member], remarks: list[str]) -> Iterator[Path | Member]:
    """Yield each file, and in place of a zip the files in it."""
    for path in paths:
        if isinstance(path, Path) and path.suffix == SUFFIX:
            try:
                yield from members(path, KINDS, MOST)
            except ValueError as error:
                remarks.append(str(error))
        else:
            yield path


def _text(path: Path | Member) -> str:
    if _size(path) > MOST:
        raise ValueError(f"it is larger than {MOST >> 20} MB")
    try:
        content = path.content if isinstance(path, Member) else path.read_bytes()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8: byte {error.start}") from None


def _size(path: Path | Member) -> int:
    return len(path.content) if isinstance(path, Member) else path.stat().st_size


def _of_file(name: str, text: str) -> list[Answer]:
    """Find the answers of a file; none where it is no Python, or makes its classes by a call."""
    try:
        nodes = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    rows = [(BY_HOOK[hook].id, empty) for node in nodes for hook, empty in hooks_of(node)]
    in_c = chain(*map(ids_in_c, nodes))
    return [Answer(id, name, text, name, empty) for id, empty in (*rows, *in_c)]


def _notebook(text: str) -> dict[str, Any]:
    """Read a notebook; raises `ValueError` for what is none."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        notebook = None
    if not isinstance(notebook, dict):
        raise ValueError("it is no notebook, but another text")
    return notebook


def lesson_of(name: str, notebook: dict[str, Any]) -> str:
    """Return which lesson of the course a notebook is, by its metadata or else its name."""
    metadata = notebook.get("metadata")
    said = metadata.get("pmulab") if isinstance(metadata, dict) else None
    if isinstance(said, str):
        return said
    name = file_in(name)
    course, exam = COURSE.match(name), EXAM.match(name)
    return course[0][:-1] if course else exam[0] if exam else ""


def of_lesson(id: str, lesson: str) -> str:
    """Return what an exercise is called in a lesson that asks for its hook, too."""
    hook, own = GRADED[id].hook, lesson.lstrip("0")
    rows = [row for row in reversed(GRADED.values()) if not row.prototype]
    return next((r.id for r in rows if hook in r.hooks and r.notebook == own), id)


def _is_of(id: str, lesson: str) -> bool:
    """Tell whether an exercise belongs to a lesson; to a notebook of somebody's own all do."""
    return not lesson or GRADED[id].notebook == lesson.lstrip("0")


def _cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cells of a notebook; raises `ValueError` where there are none."""
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise ValueError("it is no notebook: there is no list of cells")
    return [cell if isinstance(cell, dict) else {} for cell in cells]


def source_of(cell: dict[str, Any]) -> str:
    """Return the text of a cell; a list of lines is one, too."""
    source = cell.get("source", "")
    parts = source if isinstance(source, list) else [source]
    return "".join(part for part in parts if isinstance(part, str))


def is_exercise(cell: dict[str, Any]) -> bool:
    """Tell whether a cell is marked as one to be written."""
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict):
        return False
    tags, graded = metadata.get("tags"), metadata.get("nbgrader")
    solution = isinstance(graded, dict) and graded.get("solution") is True
    return solution or (isinstance(tags, list) and "exercise" in tags)


def _answers(
    name: str, cells: list[dict[str, Any]], lesson: str, remarks: list[str]
) -> Iterator[Answer]:
    """Find the answers of a notebook, from top to bottom."""
    before: list[Statement] = []
    seed = seed_of(lesson)
    for n, cell in enumerate(cells, 1):
        source, where = source_of(cell), f"{name}, cell {n}"
        if cell.get("cell_type") != "code":
            if is_exercise(cell) or _looks_like_one(source):
                remarks.append(f"{where}{_for(source)} is no code cell, so it is not graded")
            continue
        try:
            own = statements(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            found = _wounded(name, where, source, error, is_exercise(cell), lesson, remarks)
            for one in found:
                if seed is not None:
                    yield one._replace(exercise="exam.repair", exam=seed)
                elif _is_of(one.exercise, lesson):
                    yield one
            continue
        for id, value in values_in(own, where, remarks) if seed is not None else ():
            yield Answer(id, "", value, where, value in ("...", "None"), seed)
        for id, answer in _of_cell(own, lesson):
            if seed is not None:
                id = "exam.repair"
            elif not _is_of(id, lesson):
                continue
            text = joined(before, [one for one in own if not is_deed(one)])
            head = "" if "Hypervisor" in _bound(before, own) else HYPERVISOR
            yield Answer(id, _file(name, n), head + text, where, answer, seed)
        if is_exercise(cell) and not [*_of_cell(own)]:
            remarks.append(f"{where} is an exercise's, and no class in it has an exercise's hook")
        before += own


def _file(name: str, n: int) -> str:
    """Name the file that an answer becomes, so that a message says where it is from."""
    return f"{Path(name).stem}_cell_{n}.py"


def _bound(before: list[Statement], own: list[Statement]) -> frozenset[str]:
    return frozenset().union(*(one.binds for one in [*before, *own]))


def _of_cell(own: list[Statement], lesson: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the exercises that the classes of a cell answer, and whether a hook is empty."""
    for one in own:
        yield from ids_in_c(one.node)
        found: dict[str, bool] = {}
        for hook, empty in hooks_of(one.node):
            # What asks for several hooks is empty where all of them are.
            id = of_lesson(BY_HOOK[hook].id, lesson)
            found[id] = found.get(id, True) and empty
        yield from found.items()


def exercises_in(cell: dict[str, Any]) -> list[str]:
    """Return the exercises that the classes of a cell answer, by its words if it is no Python."""
    try:
        return [id for id, _ in _of_cell(statements(source_of(cell)))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [BY_HOOK[hook].id for hook in METHOD.findall(source_of(cell)) if hook in BY_HOOK]


def hooks_of(node: ast.stmt) -> Iterator[tuple[str, bool]]:
    """Yield the hooks of exercises that a class defines, and whether there is nothing in each."""
    for member in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and member.name in BY_HOOK:
            yield member.name, all(_is_nothing(line) for line in member.body)
        elif isinstance(member, ast.Assign):
            names = [target.id for target in member.targets if isinstance(target, ast.Name)]
            yield from ((name, False) for name in names if name in BY_HOOK)


def _is_nothing(line: ast.stmt) -> bool:
    """Tell whether a line is only dots, `pass`, a docstring, or says that it is not written."""
    if isinstance(line, ast.Raise):
        return "NotImplementedError" in ast.dump(line)
    constant = isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
    return constant or isinstance(line, ast.Pass)


def _looks_like_one(source: str) -> bool:
    return bool(CLASS.search(source)) and any(h in BY_HOOK for h in METHOD.findall(source))


def _for(source: str) -> str:
    ids = [BY_HOOK[hook].id for hook in METHOD.findall(source) if hook in BY_HOOK]
    return f" ({', '.join(ids)})" if ids else ""


def _wounded(
    name: str,
    where: str,
    source: str,
    error: Exception,
    marked: bool,
    lesson: str,
    remarks: list[str],
) -> Iterator[Answer]:
    """Take a cell that is no Python as it is: its verdict says which line."""
    ids = [BY_HOOK[hook].id for hook in METHOD.findall(source) if hook in BY_HOOK]
    ids = [*dict.fromkeys(of_lesson(id, lesson) for id in ids)]
    n = int(where.rpartition(" ")[2])
    for id in ids:
        yield Answer(id, _file(name, n), source, where)
    if marked and not ids:
        remarks.append(f"{where} is an exercise's, and no Python: {error}")
