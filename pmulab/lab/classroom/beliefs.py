"""What a class believes: exercises by failure, laws broken, known mistakes, guesses.

It is made of marks and of files of progress, and holds numbers and names, no page.

Not modelled: who is right; a guess that many share may be a question that is badly put.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pmulab.lab.classroom.marks import POINTS, Grade
from pmulab.lab.classroom.parcel import SUFFIX, newest
from pmulab.lab.classroom.quizzes import answered, in_zip
from pmulab.lab.course.predictions import Prediction, predictions
from pmulab.lab.course.progress import Progress, opened
from pmulab.lab.course.self_tests import Question, self_tests
from pmulab.lab.exercises.rows import GRADED
from pmulab.lab.gallery.gallery import gallery
from pmulab.sim.laws import LAWS

# Who has fewer than this share of the exercises that most have.
BEHIND = 0.5
ANONYMOUS = "learner {}"


class Tally(NamedTuple):
    """How an exercise went: by learners, not by attempts."""

    exercise: str
    right: int
    wrong: int
    missing: int


class Belief(NamedTuple):
    """A known mistake, and who has made it."""

    id: str
    about: str
    exercise: str
    learners: tuple[str, ...]


class Guesses(NamedTuple):
    """What was guessed, the most often first, and whether each is the answer."""

    id: str
    question: str
    answer: str
    made: tuple[tuple[str, int, bool], ...]

    @property
    def wrong(self) -> int:
        """Return how many guesses were not the answer."""
        return sum(n for _, n, right in self.made if not right)


class Histories(NamedTuple):
    """What learners said of their own history of an exercise: right, and not."""

    exercise: str
    right: int
    wrong: int


class Beliefs(NamedTuple):
    """What a class believes."""

    learners: int
    exercises: tuple[Tally, ...]
    laws: tuple[tuple[str, int], ...]
    mistakes: tuple[Belief, ...]
    guesses: tuple[Guesses, ...]
    stuck: tuple[tuple[str, int, int], ...]
    histories: tuple[Histories, ...] = ()


def beliefs(grades: Sequence[Grade], kept: Sequence[Progress], anonymous: bool = False) -> Beliefs:
    """Count what marks and files of progress say."""
    named = {
        grade.learner: ANONYMOUS.format(n) if anonymous else grade.learner
        for n, grade in enumerate(grades, 1)
    }
    wrong = [(grade, mark) for grade in grades for mark in grade.marks if mark.law]
    # What a table of cases says is no law, and what is raised breaks none.
    broken = {(one.learner, mark.law) for one, mark in wrong if mark.law in LAWS}
    laws = Counter(law for _, law in broken)
    return Beliefs(
        learners=max(len(grades), len(kept)),
        exercises=tuple(sorted(_tallies(grades), key=lambda row: (-row.wrong, row.exercise))),
        laws=tuple(sorted(laws.items(), key=_most)),
        mistakes=tuple(_mistakes(grades, named)),
        guesses=tuple(_guesses(kept)),
        stuck=tuple(_stuck(grades, named)),
        histories=tuple(_histories(kept)),
    )


def _most(row: tuple[Any, int]) -> tuple[int, str]:
    """Sort what is more often to the front, and by its name."""
    return -row[1], str(row[0])


def _tallies(grades: Sequence[Grade]) -> Iterable[Tally]:
    verdicts = {id: Counter[str]() for id in (*GRADED, *POINTS)}
    for grade in grades:
        for mark in grade.marks:
            verdicts[mark.exercise][mark.verdict] += 1
    for id, found in verdicts.items():
        if found:
            right, missing = found["right"], found["not attempted"]
            yield Tally(id, right, found.total() - right - missing, missing)


def _mistakes(grades: Sequence[Grade], named: dict[str, str]) -> Iterable[Belief]:
    """List the known mistakes that were made, by those who made them."""
    made: dict[str, dict[str, str]] = {}
    for grade in grades:
        for mark in grade.marks:
            if mark.nearest in gallery():
                made.setdefault(mark.nearest, {})[named[grade.learner]] = mark.exercise
    for id in sorted(made, key=lambda id: (-len(made[id]), id)):
        # The project asks for a hook again, so one mistake may be in two exercises.
        exercises = ", ".join(sorted({*made[id].values()}))
        yield Belief(id, gallery()[id].what, exercises, tuple(made[id]))


def _guesses(kept: Sequence[Progress]) -> Iterable[Guesses]:
    """Pool the guesses of all, the questions that most got wrong first."""
    said: dict[str, Counter[str]] = {}
    for one in kept:
        for row in one.predictions:
            said.setdefault(row["question"], Counter())[row["guess"].strip()[:60]] += 1
    asked: dict[str, Prediction | Question] = {**predictions()}
    asked |= {row.key: row for row in self_tests().values()}
    rows = [
        Guesses(
            *(id, asked[id].question, asked[id].answer),
            tuple((g, n, asked[id].fits(g)) for g, n in sorted(found.items(), key=_most)),
        )
        for id, found in said.items()
        if id in asked and asked[id].answer
    ]
    return sorted(rows, key=lambda row: (-row.wrong, row.id))


def _histories(kept: Sequence[Progress]) -> Iterable[Histories]:
    """Count what was said of own histories, the exercises that most got wrong first."""
    said: dict[str, list[bool]] = {}
    for one in kept:
        for id, right in answered(one).items():
            said.setdefault(id, []).append(right)
    rows = [Histories(id, sum(one), len(one) - sum(one)) for id, one in said.items()]
    return sorted(rows, key=lambda row: (-row.wrong, row.exercise))


def _stuck(grades: Sequence[Grade], named: dict[str, str]) -> Iterable[tuple[str, int, int]]:
    """Name who has less than half of what the middle of the class has; with what is wrong."""
    scores = sorted(grade.score for grade in grades)
    middle = scores[len(scores) // 2] if scores else 0
    rows = [(named[grade.learner], grade.score, _failed(grade)) for grade in grades]
    return sorted((row for row in rows if row[1] < BEHIND * middle), key=lambda row: row[1:])


def _failed(grade: Grade) -> int:
    return sum(mark.verdict not in ("right", "not attempted") for mark in grade.marks)


def progress_in(folder: Path) -> tuple[list[Progress], list[str]]:
    """Read the files of progress in a folder and in its zips; with what is to be said of others.

    Of a learner's zips in one folder the newest counts.
    """
    kept: list[Progress] = []
    remarks: list[str] = []
    for path in _files(folder, "*.json"):
        try:
            kept.append(opened(path))
        except ValueError as error:
            remarks.append(str(error))
    zips: dict[Path, list[Path]] = {}
    for path in _files(folder, f"*{SUFFIX}"):
        zips.setdefault(path.parent, []).append(path)
    for paths in zips.values():
        for first, *_ in newest(paths).values():
            try:
                kept += in_zip(first)
            except ValueError as error:
                remarks.append(str(error))
    return kept, remarks


def _files(folder: Path, pattern: str) -> list[Path]:
    """List files, but for those of hidden folders."""
    found = sorted(folder.rglob(pattern)) if folder.is_dir() else []
    hidden = [any(p.startswith(".") for p in path.relative_to(folder).parts) for path in found]
    return [path for path, hides in zip(found, hidden, strict=True) if not hides and path.is_file()]
