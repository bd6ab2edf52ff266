"""A verdict with its proof: the text above, and a player opened where the law breaks.

Takes anything with `lines()` and `trace`, so that views need nothing of the lab.

Does not show: a player where a verdict has no history, which is when nothing is wrong.
"""

from html import escape

import ipywidgets

from pmulab.sim.trace import Trace
from pmulab.view.play import player
from pmulab.view.twins import Twins

# An inset keeps the text in line with the player's.
CARD = (
    "margin:0 0 8px;padding:12px 20px;border:1px solid var(--jp-border-color2);border-radius:8px;"
    "background:var(--jp-layout-color1)"
)
ACCUSED = f"{CARD};border-left:5px solid #D55E00"
STYLE = "margin:0 0 8px;padding:10px 20px;border-left:3px solid currentColor"


def verdict_view(verdict) -> "VerdictView":
    """Show a verdict; one with a history opens in the player at the step of the accusation."""
    return VerdictView(verdict)


class VerdictView(Twins, ipywidgets.VBox):
    """A verdict's lines and, where it has a history, a player."""

    def __init__(self, verdict):
        self.lines = list(verdict.lines())
        self.player = _player(verdict)
        shown = _text(self.lines, ACCUSED if self.player else CARD)
        text = ipywidgets.HTML(shown, layout=ipywidgets.Layout(margin="0"))
        super().__init__([text, *([self.player] if self.player else [])])

    def to_text(self) -> str:
        """Print the verdict and the step that the player opens at."""
        shown = ["", self.player.to_text()] if self.player else []
        return "\n".join([*self.lines, *shown])

    def to_html(self) -> str:
        """Write the verdict and that step as static HTML."""
        return _text(self.lines) + (self.player.to_html() if self.player else "")

    def __repr__(self) -> str:
        return f"Verdict: {self.lines[0]}" if self.lines else "Verdict without words"


def accused_at(trace: Trace) -> int:
    """Return the position of the first accusation, or the last position."""
    found = trace.marked("accusation")
    return found[0] + 1 if found else len(trace)


def _player(verdict):
    try:
        trace = verdict.trace
    except ValueError:
        # A verdict without a history says so.
        return None
    return None if trace is None else player(trace, accused_at(trace))


def _text(lines: list[str], style: str = STYLE) -> str:
    head, *rest = lines or [""]
    look = "margin:6px 0 0;word-break:normal"
    body = f'<pre style="{look}">{escape(chr(10).join(rest))}</pre>' if rest else ""
    return f'<div style="{style}"><strong>{escape(head)}</strong>{body}</div>'
