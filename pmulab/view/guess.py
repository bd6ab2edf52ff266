"""A field for a guess; what its cell shows below waits until there is one.

The waiting is done by style alone (`css/guess.css`), so a front end that does not know these
classes, or runs no widgets, shows everything at once. The answer is sent after the guess.

Takes anything with `id`, `question`, `choices`, `why` and `judge(guess)`, so that views need
nothing of the lab. A guess counts as kept when `keep` has told so, and not before.

Does not show: more of the reason than text, code and emphasis.
"""

import re
from collections.abc import Callable
from html import escape
from typing import Any

import anywidget
from IPython.display import display
from traitlets import Bool, Int, List, Unicode

from pmulab.view.assets import script, style
from pmulab.view.twins import Twins

# In this order: what stands between backticks is no longer looked at.
MARKS = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*")
TAGS = ("code", "strong", "em")
KEPT, KEEPING = "kept", "keeping it …"


# Hears whether a guess is kept: an empty text, or why it is not.
Told = Callable[[str], None]
Keep = Callable[[str, str, Told], None]


def ask(row: Any, kept: str, keep: Keep) -> None:
    """Show a field with what has been kept of an earlier guess; a new one goes to `keep`."""
    display(Guess(row, kept, keep))


def quiz(row: Any, kept: str, keep: Keep) -> None:
    """Show a question of a self-test; the next one waits for its answer."""
    display(Quiz(row, kept, keep))


def begin(says: str, carry: Any = None, desk: Any = None, renewal: Any = None) -> None:
    """Show a line, with which the page learns to hold keys for a field that is on its way.

    `carry` is there where a page may lose what is kept: `notice`, `alarm`, `name`, `text()` and
    `bring(text)`, which a learner can use. `desk` hands in: `sees`, `said` and `file`. `renewal` is
    there where the page has a newer edition: `says`, `number`, `date`, `joined(mine, new)`.
    """
    display(Lesson(says, carry, desk, renewal))


class Guess(Twins, anywidget.AnyWidget):
    """A question and a learner's guess, as a field or choices with a button."""

    _esm = script("guess")
    _css = style("palette", "player", "guess")

    label = Unicode("Your guess").tag(sync=True)
    # A question that stands nowhere else, as HTML.
    asks = Unicode().tag(sync=True)
    question = Unicode().tag(sync=True)
    choices = List(Unicode()).tag(sync=True)
    guess = Unicode().tag(sync=True, echo_update=False)
    waits = Bool(True).tag(sync=True, echo_update=False)
    kind = Unicode().tag(sync=True)
    says = Unicode().tag(sync=True)
    why = Unicode().tag(sync=True)
    # What has been read back, in words.
    kept = Unicode().tag(sync=True)

    def __init__(self, row: Any, kept: str, keep: Keep):
        choices = list(row.choices)
        super().__init__(question=row.question, choices=choices, guess=kept, waits=not kept)
        self.row, self.keep, self.kept = row, keep, KEPT if kept else ""
        self.observe(self._keep, "guess")
        self.observe(self._judge, ["guess", "waits"])
        self._judge()

    def _keep(self, change: Any) -> None:
        guess, self.kept = change["new"], KEEPING

        def told(why: str) -> None:
            # Of two guesses the later one is shown.
            if guess == self.guess:
                self.kept = f"not kept: {why}" if why else KEPT

        self.keep(self.row.id, guess, told)

    def _judge(self, _=None) -> None:
        if self.waits:
            return
        kind, says = self.row.judge(self.guess)
        with self.hold_sync():
            self.kind, self.says, self.why = kind, says, to_html(self.row.why)

    def __repr__(self) -> str:
        return f"{self.label}: {self.guess or 'none yet; run this cell to make one'}"

    def to_text(self) -> str:
        """Print the guess and what it is beside the answer."""
        return "\n".join([repr(self), *([self.says, self.row.why] if self.says else [])])

    def to_html(self) -> str:
        """Write the same, if there is a guess."""
        says = f"{escape(repr(self))}. {escape(self.says)}"
        return f"<p>{says}</p>{self.why}" if self.says else ""

    @property
    def kept_live(self) -> dict[str, str]:
        """Keep text alone: of a folded output JupyterLab shows the first line as written."""
        return {"text/plain": repr(self)}


class Quiz(Guess):
    """A question with its choices, of which nothing stands in the notebook."""

    label = Unicode("Your answer").tag(sync=True)

    def __init__(self, row: Any, kept: str, keep: Keep):
        super().__init__(row._replace(id=row.key), kept, keep)
        self.asks = f"<p>{marked(row.question)}</p>"

    def to_text(self) -> str:
        """Print the question, its choices, and what has been answered."""
        choices = [f"  {self.row.named(choice)}" for choice in self.row.choices]
        return "\n".join([self.row.question, *choices, super().to_text()])

    def to_html(self) -> str:
        """Write the same."""
        choices = "".join(f"<li>{escape(choice)}</li>" for choice in self.row.choices)
        return f'{self.asks}<ol type="a">{choices}</ol>{super().to_html()}'


class Lesson(Twins, anywidget.AnyWidget):
    """A line that says how far a notebook is, and what a page must say of what it keeps."""

    _esm = script("lesson")
    _css = style("palette", "player", "guess")
    says = Unicode().tag(sync=True)
    notice = Unicode().tag(sync=True)
    alarm = Bool().tag(sync=True)
    # How often the file was asked for, and what was given: a name and a text.
    asked = Int().tag(sync=True)
    given = List(Unicode()).tag(sync=True)
    # What a file had that was brought, and what came of it.
    brought = Unicode().tag(sync=True, echo_update=False)
    outcome = Unicode().tag(sync=True)

    # Whether there is a button to hand in, and whether the page has the notebooks, not Python.
    hands = Bool().tag(sync=True)
    asks = Bool().tag(sync=True)
    found = List(Unicode()).tag(sync=True)
    # A file's name, its content in base 64, and what it has.
    file = List(Unicode()).tag(sync=True)

    # What is said of a newer edition, of which notebook, and what is joined: a text, what changes.
    renews = Unicode().tag(sync=True)
    number = Unicode().tag(sync=True)
    date = Unicode().tag(sync=True)
    joined = List(Unicode()).tag(sync=True)

    def __init__(self, says: str, carry: Any = None, desk: Any = None, renewal: Any = None):
        super().__init__(says=says)
        if renewal is not None:
            self.renews, self.number, self.date = renewal.says, renewal.number, renewal.date
            self.renewal = renewal
        if desk is not None:
            self.desk, self.hands, self.asks = desk, True, not desk.sees
            self.on_msg(self._hear)
        if carry is not None:
            self.notice, self.alarm, self.carry = carry.notice, carry.alarm, carry
            self.observe(self._give, "asked")
            self.observe(self._bring, "brought")

    def _hear(self, _: Any, order: dict, __: Any) -> None:
        """Look what would be handed in, make the file of it, or join two editions."""
        if order.get("do") == "join":
            self.joined = []
            self.joined = self.renewal.joined(order["mine"], order["new"])
        elif order.get("do") == "look":
            self.found = []
            self.found = self.desk.said(order["notebooks"])
        elif order.get("do") == "file":
            self.file = []
            self.file = self.desk.file(order["learner"], order["notebooks"])

    def _give(self, change: Any) -> None:
        # With the number: the same text again is no change that the page would hear of.
        self.given = [self.carry.name, self.carry.text(), f"{change['new']}"]

    def _bring(self, change: Any) -> None:
        if change["new"]:
            self.outcome = self.carry.bring(change["new"])
            self.brought = ""

    def __repr__(self) -> str:
        return self.says

    def to_text(self) -> str:
        """Print the line."""
        return "\n".join(filter(None, [self.says, self.notice, self.renews]))

    def to_html(self) -> str:
        """Write the line."""
        return f"<p>{escape(self.says)}</p>"


def to_html(text: str) -> str:
    """Write a text with code and emphasis, as Markdown marks them, as paragraphs of HTML."""
    return "".join(f"<p>{marked(part)}</p>" for part in text.split("\n\n") if part)


def marked(text: str) -> str:
    """Escape a paragraph and put tags where it has marks."""

    def tag(found: re.Match) -> str:
        name, inner = next((t, g) for t, g in zip(TAGS, found.groups(), strict=True) if g)
        return f"<{name}>{inner}</{name}>"

    return MARKS.sub(tag, escape(text, quote=False))
