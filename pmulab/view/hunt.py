"""Two desks for hunters: a method whose guilty line is to be clicked, and one to be broken.

Takes any suspect with `title`, `row`, `lines`, `told`, `judge`, `fresh`, a `result`, and any method
with `title`, `text` and `judge`, so that views need nothing of the lab.

Does not show: how an edit was drawn.
"""

from html import escape
from typing import Any

import ipywidgets

from pmulab.view.assets import style
from pmulab.view.play import player
from pmulab.view.twins import Twins

RIGHT, WRONG = "✓", "✗"


class HuntDesk(Twins, ipywidgets.VBox):
    """A method's lines as buttons; the guilty one is told from the others by a click."""

    children: Any

    def __init__(self, suspect: Any):
        self.told = ipywidgets.HTML()
        self.says = ipywidgets.HTML()
        self.play = ipywidgets.Button(description="Play it")
        self.more = ipywidgets.Button(description="A fresh bug")
        self.play.on_click(lambda _: self.replay())
        self.more.on_click(lambda _: self.show(self.suspect.fresh()))
        super().__init__()
        self.add_class("pmulab-hunt")
        self.show(suspect)

    def show(self, suspect: Any) -> None:
        """Put a suspect on the desk."""
        self.suspect = suspect
        head = f"<h4>{escape(suspect.title)}</h4><p>Click it.</p>"
        self.told.value = f"<style>{style('hunt')}</style>{head}"
        self.rows = [self._button(n, line) for n, line in enumerate(suspect.lines, 1)]
        history = ipywidgets.HTML(f"<pre>{escape(chr(10).join(suspect.told()))}</pre>")
        self._say("")
        bar = ipywidgets.HBox([self.play, self.more])
        self.children = (self.told, *self.rows, self.says, history, bar)

    def _button(self, n: int, line: str) -> ipywidgets.Button:
        button = ipywidgets.Button(description=f"{n:>2}  {line}", tooltip=f"Line {n} is guilty")
        button.add_class("pmulab-hunt-line")
        button.on_click(lambda _: self.accuse(n))
        return button

    def accuse(self, n: int) -> None:
        """Say whether a line is guilty, on it and below."""
        right, says = self.suspect.judge(n)
        sign = RIGHT if right else WRONG
        self.rows[n - 1].description = f"{n:>2}  {self.suspect.lines[n - 1]}   {sign}"
        self.rows[n - 1].add_class(f"pmulab-hunt-{'right' if right else 'wrong'}")
        self._say(f"{sign} {says}")

    def replay(self) -> None:
        """Open the history in the player, below, where the method first ran."""
        trace = self.suspect.result.trace
        ran = trace.where(lambda record: record.hook == self.suspect.row.hook)
        shown = player(trace, at=ran[0] + 1 if ran else 0)
        self.children = (*self.children[: len(self.rows) + 4], shown)

    def _say(self, text: str) -> None:
        self.says.value = f'<p role="status">{escape(text)}</p>'

    def to_text(self) -> str:
        """Print the method and what happens."""
        return self.suspect.to_text()

    def to_html(self) -> str:
        """Write the same."""
        return f"<pre>{escape(self.to_text())}</pre>"

    def __repr__(self) -> str:
        return self.suspect.title


class BreakDesk(Twins, ipywidgets.VBox):
    """A method as a text to edit, and who notices."""

    children: Any

    def __init__(self, method: Any):
        self.method = method
        rows = method.text.count("\n") + 1
        self.text = ipywidgets.Textarea(method.text, rows=rows, description="Edit")
        self.button = ipywidgets.Button(description="Who notices?")
        self.button.on_click(lambda _: self.ask())
        self.says = ipywidgets.HTML()
        head = f"<style>{style('hunt')}</style><h4>{escape(method.title)}</h4>"
        super().__init__([ipywidgets.HTML(head), self.text, self.button, self.says])
        self.add_class("pmulab-hunt")

    def ask(self) -> None:
        """Search with what stands in the field."""
        self.says.value = '<p role="status">Searching.</p>'
        says, verdict = self.method.judge(self.text.value)
        told = f"<pre>{escape(repr(verdict))}</pre>" if verdict else ""
        self.says.value = f'<p role="status">{escape(says)}</p>{told}'
        history = verdict is not None and verdict.result and verdict.result.telling
        shown = [player(verdict.trace, at=len(verdict.trace))] if history else []
        self.children = (*self.children[:4], *shown)

    def to_text(self) -> str:
        """Print the method."""
        return self.method.to_text()

    def to_html(self) -> str:
        """Write the same."""
        return f"<pre>{escape(self.to_text())}</pre>"

    def __repr__(self) -> str:
        return self.method.title
