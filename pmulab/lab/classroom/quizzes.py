"""What learners have answered in self-tests and of their own histories, by their files of progress.

Not modelled: who has looked an answer up; each is in the library, as every solution is.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from pmulab.lab.classroom.marks import Grade
from pmulab.lab.classroom.parcel import SUFFIX, learner_of, members, newest
from pmulab.lab.classroom.participants import learner_in
from pmulab.lab.classroom.sheets import COURSE, MOST, SKIPPED
from pmulab.lab.course.own_history import KNOWN, OWN, question
from pmulab.lab.course.progress import NAME, Newer, Progress, opened
from pmulab.lab.course.self_tests import Question, self_tests
from pmulab.lab.course.shape import parsed


def answers_in(paths: Iterable[Path]) -> dict[str, dict[str, str]]:
    """Return the guesses and answers of each learner, by the name that `grade` gives them."""
    found: dict[str, dict[str, str]] = {}
    for learner, one in _kept_in(paths):
        found.setdefault(learner, {}).update(one.guesses if one else {})
    return found


def histories_in(paths: Iterable[Path]) -> dict[str, dict[str, bool]]:
    """Return, by learner and exercise, whether what was said of their own history is right."""
    found: dict[str, dict[str, bool]] = {}
    for learner, one in _kept_in(paths):
        found.setdefault(learner, {}).update(answered(one) if one else {})
    return found


def answered(kept: Progress) -> dict[str, bool]:
    """Return whether the answers about a learner's own histories are right, by exercise."""
    said = {key.partition(" ")[2] for key in kept.guesses if key.startswith((OWN, KNOWN))}
    rows = {id: question(id, kept.exercises[id]) for id in said & kept.exercises.keys()}
    return {
        id: row.fits(kept.guesses[row.key])
        for id, row in sorted(rows.items())
        if row and row.key in kept.guesses
    }


def _kept_in(paths: Iterable[Path]) -> Iterator[tuple[str, Progress | None]]:
    """Yield each file of JSON, by learner; None for what is no progress."""
    for folder in (path for path in paths if path.is_dir()):
        alone = any(COURSE.match(path.name) for path in folder.iterdir() if path.is_file())
        for path in sorted(folder.rglob("*.json")):
            parts = path.relative_to(folder).parts
            if any(SKIPPED.search(part) for part in parts):
                continue
            learner = folder.name if alone else parts[0] if len(parts) > 1 else path.stem
            yield learner_in(learner), _opened(path)
        for learner, one in _zips_in(folder, alone):
            yield learner, one


def _zips_in(folder: Path, alone: bool) -> Iterator[tuple[str, Progress]]:
    """Yield the progress in zips, of each learner the newest one's, as `grade` takes answers."""
    own: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        parts = path.relative_to(folder).parts
        if not any(SKIPPED.search(part) for part in parts):
            learner = learner_in(parts[0]) if len(parts) > 1 else learner_of(path)
            own.setdefault(learner_in(folder.name) if alone else learner, []).append(path)
    for learner, paths in own.items():
        for first, *_ in newest(paths).values():
            with contextlib.suppress(ValueError):
                yield from ((learner, one) for one in in_zip(first))


def in_zip(path: Path) -> list[Progress]:
    """Read the progress in a zip, if there is one; a `ValueError` says what is wrong."""
    kept = []
    for member in members(path, (NAME,), MOST):
        data = parsed(member.content.decode("utf-8-sig", "replace"), f"{path}: {member.name}")
        if data is None or member.name != NAME:
            raise ValueError(f"{path}: {member.name} is not a file of progress")
        kept.append(Progress(path, data))
    return kept


def _opened(path: Path) -> Progress | None:
    try:
        return opened(path)
    except (ValueError, Newer, OSError):
        # Another file of JSON, or of a newer pmulab; it has no answers that we know.
        return None


def asked_of(answers: Iterable[Mapping[str, str]]) -> list[Question]:
    """Return the questions of each notebook in which anybody has answered one."""
    said = {key for one in answers for key in one}
    notebooks = {id.split(".")[0] for id, row in self_tests().items() if row.key in said}
    return [row for id, row in self_tests().items() if id.split(".")[0] in notebooks]


def with_tests(
    grade: Grade,
    answers: Mapping[str, Mapping[str, str]],
    histories: Mapping[str, Mapping[str, bool]] = MappingProxyType({}),
) -> Grade:
    """Count the right answers of a learner; all are counted out of the same questions.

    Of their own history each has a question of their own, for the same exercises.
    """
    asked, said = asked_of(answers.values()), answers.get(grade.learner, {})
    right = sum(row.fits(said.get(row.key, "")) for row in asked)
    exercises = {id for one in histories.values() for id in one}
    right += sum(histories.get(grade.learner, {}).values())
    return replace(grade, tests=(right, len(asked) + len(exercises)))
