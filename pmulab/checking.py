"""Check an answer: a card in a notebook, the same as text elsewhere.

The lab judges and says what there is to show, as plain data (`lab.course.scene`); `view.card` draws
that and asks back through functions. Neither knows the other; they are joined here.

Not modelled: a cell that is edited and not run; nobody tells the kernel of it, but the page knows.
"""

import sys
from dataclasses import replace

from pmulab.asking import in_notebook
from pmulab.lab.course import check as judging
from pmulab.lab.course.better import better
from pmulab.lab.course.progress import broken_before
from pmulab.lab.course.scene import Scene
from pmulab.lab.exercises.judge import SECONDS, Ticker, isolate
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.exercises.verdict import Verdict


def check(id: str, submission: type, seconds: float = SECONDS) -> Verdict:
    """Judge a class that replaces one hook of `Hypervisor`, and keep the verdict as progress.

    One call of the hook may take 5 s, all of it `seconds`. A `KeyError` lists the exercises where
    there is none of that name.
    """
    if not in_notebook():
        plain: Verdict = judging.check(id, submission, seconds)
        return plain
    from pmulab.view.card import Waiting

    with Waiting(id) as waiting:
        scene = scene_of(id, submission, seconds, waiting)
    verdict: Verdict = replace(scene.verdict, show=lambda verdict: Shown(scene, seconds).card)
    return verdict


def scene_of(id: str, submission: type, seconds: float, ticker: Ticker) -> Scene:
    """Judge an answer and make its scene."""
    broke = broken_before(id)
    verdict = judging.check(id, submission, seconds, ticker)
    wrong = verdict.kind in ("broken", "error") and verdict.result
    mine = isolate(exercise(id), submission) if wrong and broke else None
    return Scene(verdict, submission, better(broke, mine, verdict.law) if mine else "")


class Shown:
    """A card and the answer that it is about; it asks for the class anew by its name."""

    def __init__(self, scene: Scene, seconds: float):
        from pmulab.view.card import card

        self.scene, self.seconds = scene, seconds
        self.card = card(scene, self.again)
        if self.scene.verdict.kind != "not attempted":
            sys.modules["IPython"].get_ipython().events.register("post_run_cell", self.look)

    @property
    def current(self) -> type:
        """Return the class that has the answer's name in the notebook now."""
        known = vars(sys.modules["__main__"])
        found = known.get(getattr(self.scene.submission, "__name__", ""))
        return found if isinstance(found, type) else self.scene.submission

    def look(self, *_: object) -> None:
        """Tell the card whether the answer is another one by now."""
        self.card.set_stale(self.current is not self.scene.submission)

    def again(self, ticker: Ticker) -> Scene:
        """Check what stands in the notebook now."""
        id = self.scene.verdict.exercise
        self.scene = scene_of(id, self.current, self.seconds, ticker)
        return self.scene
