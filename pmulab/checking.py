"""Check an answer, or a whole hypervisor: a card in a notebook, the same as text elsewhere.

The lab judges and says what there is to show, as plain data (`lab.course.scene`); `view.card` draws
that and asks back through functions. Neither knows the other; they are joined here.

Not modelled: a cell that is edited and not run; nobody tells the kernel of it, but the page knows.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pmulab.asking import in_notebook
from pmulab.lab.course import check as judging
from pmulab.lab.course import project
from pmulab.lab.course.better import better
from pmulab.lab.course.progress import broken_before, record
from pmulab.lab.course.scene import Scene
from pmulab.lab.course.whole import WholeScene
from pmulab.lab.exercises.judge import SECONDS, Ticker, isolate
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.exercises.verdict import Verdict

# Judges a class, and tells how far it is.
Judge = Callable[[type, Ticker], Scene]
# What is shown of a known mistake takes a second or two, and is kept in a notebook as it is shown.
SHORT = 10


def check(id: str, submission: type, seconds: float = SECONDS) -> Verdict:
    """Judge a class that replaces one hook of `Hypervisor`, and keep the verdict as progress.

    One call of the hook may take 5 s, all of it `seconds`. A `KeyError` lists the exercises where
    there is none of that name.
    """
    if not in_notebook():
        plain: Verdict = judging.check(id, submission, seconds)
        return plain
    return _as_card(id, submission, partial(scene_of, id, seconds))


def look(id: str, submission: type, seconds: float = SECONDS) -> Verdict:
    """Judge a class that is nobody's answer, so that no progress is kept of it."""
    if not in_notebook():
        plain: Verdict = judging.judged(id, submission, seconds)
        return plain
    return _as_card(id, submission, partial(_looked, id, seconds), SHORT)


def certify(hypervisor: type) -> Verdict:
    """Judge a whole hypervisor in all worlds of the exercises, and keep the verdict as progress."""
    if not in_notebook():
        plain: Verdict = record(project.certify(hypervisor))
        return plain
    return _as_card("your hypervisor", hypervisor, _certified)


def so_far(hypervisor: type, world: str = "small") -> Verdict:
    """Judge the hooks that a class was asked for; the library lends what is not written."""
    if not in_notebook():
        return project.so_far(hypervisor, world)
    return _as_card("your hypervisor so far", hypervisor, partial(_so_far, world))


def scene_of(id: str, seconds: float, submission: type, ticker: Ticker) -> Scene:
    """Judge an answer and make its scene."""
    broke = broken_before(id)
    verdict = judging.check(id, submission, seconds, ticker)
    wrong = verdict.kind in ("broken", "error") and verdict.result
    mine = isolate(exercise(id), submission) if wrong and broke else None
    return Scene(verdict, submission, better(broke, mine, verdict.law) if mine else "")


def _looked(id: str, seconds: float, submission: type, ticker: Ticker) -> Scene:
    return Scene(judging.judged(id, submission, seconds, ticker), submission)


def _certified(hypervisor: type, ticker: Ticker) -> Scene:
    return WholeScene(record(project.certify(hypervisor, ticker=ticker)), hypervisor)


def _so_far(world: str, hypervisor: type, ticker: Ticker) -> Scene:
    return WholeScene(project.so_far(hypervisor, world, ticker), hypervisor)


def _as_card(what: str, submission: type, judge: Judge, after: float = 0) -> Verdict:
    """Judge with a bar while it takes, and give a verdict that shows itself as a card."""
    from pmulab.view.card import Waiting

    with Waiting(what, after) as waiting:
        scene = judge(submission, waiting)
    verdict: Verdict = replace(scene.verdict, show=lambda verdict: Shown(scene, judge).card)
    return verdict


class Shown:
    """A card and the answer that it is about; it asks for the class anew by its name."""

    def __init__(self, scene: Scene, judge: Judge):
        from pmulab.view.card import card

        self.scene, self.judge = scene, judge
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
        self.scene = self.judge(self.current, ticker)
        return self.scene
