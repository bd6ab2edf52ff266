"""What learners have answered in self-tests, from the files of progress that they hand in.

Not modelled: who has looked an answer up; each is in the library, as every solution is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pmulab.lab.classroom.marks import Grade
from pmulab.lab.classroom.participants import learner_in
from pmulab.lab.classroom.sheets import COURSE, SKIPPED
from pmulab.lab.course.progress import Newer, opened
from pmulab.lab.course.self_tests import Question, self_tests


def answers_in(paths: Iterable[Path]) -> dict[str, dict[str, str]]:
    """Return the guesses and answers of each learner, by the name that `grade` gives them."""
    found: dict[str, dict[str, str]] = {}
    for folder in (path for path in paths if path.is_dir()):
        alone = any(COURSE.match(path.name) for path in folder.iterdir() if path.is_file())
        for path in sorted(folder.rglob("*.json")):
            parts = path.relative_to(folder).parts
            if any(SKIPPED.search(part) for part in parts):
                continue
            learner = folder.name if alone else parts[0] if len(parts) > 1 else path.stem
            found.setdefault(learner_in(learner), {}).update(_answers(path))
    return found


def _answers(path: Path) -> dict[str, str]:
    try:
        return opened(path).guesses
    except (ValueError, Newer, OSError):
        # Another file of JSON, or of a newer pmulab; it has no answers that we know.
        return {}


def asked_of(answers: Iterable[Mapping[str, str]]) -> list[Question]:
    """Return the questions of each notebook in which anybody has answered one."""
    said = {key for one in answers for key in one}
    notebooks = {id.split(".")[0] for id, row in self_tests().items() if row.key in said}
    return [row for id, row in self_tests().items() if id.split(".")[0] in notebooks]


def with_tests(grade: Grade, answers: Mapping[str, Mapping[str, str]]) -> Grade:
    """Count the right answers of a learner; all are counted out of the same questions."""
    asked, said = asked_of(answers.values()), answers.get(grade.learner, {})
    right = sum(row.fits(said.get(row.key, "")) for row in asked)
    return replace(grade, tests=(right, len(asked)))
