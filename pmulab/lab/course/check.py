"""`check`: judge an answer and keep the verdict as progress.

Not modelled: marks; see `pmulab.lab.classroom.grading`.
"""

from pmulab.explorer.result import Fault
from pmulab.lab.course.progress import recorded
from pmulab.lab.exercises.judge import SECONDS, judge
from pmulab.lab.exercises.verdict import Verdict


@recorded
def check(id: str, submission: type, seconds: float = SECONDS, prove: bool = False) -> Verdict:
    """Judge a class that replaces one hook of `Hypervisor`, and keep the verdict as progress.

    With `prove` a right answer is compared with the library's for every value, too. Raises
    `KeyError`, which lists the exercises, where there is none of that name.
    """
    return judged(id, submission, seconds, prove)


def judged(id: str, submission: type, seconds: float = SECONDS, prove: bool = False) -> Verdict:
    """Judge a class; where pmulab itself is at fault that is said, and nothing of the class."""
    try:
        return judge(id, submission, seconds, prove)
    except Fault as fault:
        return Verdict(id, "not finished", str(fault))
