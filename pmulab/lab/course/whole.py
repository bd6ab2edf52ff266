"""The verdict on a whole hypervisor as a scene: which hook is guilty, and what that one does.

Not modelled: two hooks that break a law together, and neither alone. Nobody is named then.
"""

from functools import cached_property

from pmulab.explain.beside import Pair
from pmulab.lab.course.project import ROW_OF
from pmulab.lab.course.scene import Scene
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.exercises.verdict import Verdict

GUILTY = "Your {hook} does it, alone beside the library's other hooks."
TOGETHER = (
    "None of your hooks alone, beside the library's others, breaks this in this history: it takes "
    "two of yours or more. Play it, and look which of them wrote what is named."
)


class WholeScene(Scene):
    """A verdict on many hooks: the scene of the one that breaks the law alone, if there is one."""

    def __init__(self, verdict: Verdict, submission: type):
        # Without a guilty hook no row is looked at.
        row = ROW_OF.get(verdict.hook, next(iter(EXERCISES.values())))
        self.verdict, self.submission, self.better, self.row = verdict, submission, "", row

    @property
    def headline(self) -> str:
        """Return one plain sentence, and whose doing it is."""
        hook, said = self.verdict.hook, super().headline
        return f"{said} {GUILTY.format(hook=hook)}" if hook else said

    @cached_property
    def pairs(self) -> list[Pair]:
        """Return the history's steps, the guilty hook beside the library's."""
        return super().pairs if self.verdict.hook else []

    @cached_property
    def entry(self):
        """Return the gallery's entry that the guilty hook is."""
        return super().entry if self.verdict.hook else None

    @cached_property
    def nearest(self):
        """Return the known mistake that does most of the same."""
        return super().nearest if self.verdict.hook else None

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """Return hints to the guilty hook."""
        return super().hints if self.verdict.hook else (TOGETHER,) * bool(self.trace)

    def opens_at(self, step: int | None = None) -> int:
        """Return where a step begins, the guilty hook first ran, or what breaks."""
        if self.verdict.hook or step or self.trace is None:
            return super().opens_at(step)
        return len(self.trace)

    @property
    def reference(self) -> tuple[str, str]:
        """Show no sources: there are too many."""
        return "", ""
