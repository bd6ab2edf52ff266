"""A field for a guess; what its cell shows below waits until there is one.

The waiting is done by style alone (`css/guess.css`), so a front end that does not know these
classes, or runs no widgets, shows everything at once.

Does not show: whether the guess is right.
"""

from collections.abc import Callable
from html import escape

import anywidget
from IPython.display import display
from traitlets import Bool, Unicode

from pmulab.view.assets import script, style
from pmulab.view.twins import Twins


def ask(question: str, kept: str, keep: Callable[[str, str], None]) -> None:
    """Show a field with what has been kept of an earlier guess; a new one goes to `keep`."""
    display(Guess(question, kept, keep))


class Guess(Twins, anywidget.AnyWidget):
    """A question's number and a learner's guess, as a field with a button."""

    _esm = script("guess")
    _css = style("player", "guess")

    label = Unicode("Your guess").tag(sync=True)
    question = Unicode().tag(sync=True)
    guess = Unicode().tag(sync=True, echo_update=False)
    waits = Bool(True).tag(sync=True, echo_update=False)

    def __init__(self, question: str, kept: str, keep: Callable[[str, str], None]):
        super().__init__(question=question, guess=kept, waits=not kept)
        self.observe(lambda change: keep(question, change["new"]), "guess")

    def __repr__(self) -> str:
        return f"{self.label}: {self.guess or 'none yet'}"

    def to_text(self) -> str:
        """Print the guess."""
        return repr(self)

    def to_html(self) -> str:
        """Write the guess, if there is one."""
        return f"<p>{escape(repr(self))}</p>" if self.guess else ""

    @property
    def beside(self) -> dict[str, str]:
        """Keep text alone: of a folded output JupyterLab shows the first line as written."""
        return {"text/plain": repr(self)}
