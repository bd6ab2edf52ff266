"""`check`: judge an answer and keep the verdict as progress.

Not modelled: marks; see `pmulab.lab.classroom.grading`.
"""

from pmulab.lab.course.progress import recorded
from pmulab.lab.exercises.judge import SECONDS, judge
from pmulab.lab.exercises.verdict import Verdict


@recorded
def check(id: str, submission: type, seconds: float = SECONDS) -> Verdict:
    """Judge a class that replaces one hook of `Hypervisor`, and keep the verdict as progress.

    A `KeyError` lists the exercises where there is none of that name.
    """
    return judge(id, submission, seconds)
