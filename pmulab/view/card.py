"""A verdict as a card: what is wrong in one sentence, both values, the history as steps.

Takes anything with the parts of a scene (`lab.course.scene`), so that views need nothing of the
lab. One piece of HTML is the static card and the inside of the live one, which adds buttons to it:
a step opens the player below, at what the learner's own method did there.

Does not show: that a cell is edited and not run, in a page that has no cells of Jupyter's.
"""

import time
from collections.abc import Callable
from html import escape
from typing import Any

import anywidget
import ipywidgets
from IPython.display import display
from traitlets import Bool, List, Unicode

from pmulab.sim.tables import Html, html_table
from pmulab.view.assets import script, style
from pmulab.view.play import Player, player
from pmulab.view.twins import Twins

# Sign, words, and the look of the border: an outcome is never told by its colour alone.
LOOKS = {
    "right": ("✓", "right", "6px solid #009e73"),
    "broken": ("✗", "not yet", "6px double #d55e00"),
    "not finished": ("…", "not finished", "6px dashed #0072b2"),
    "not attempted": ("○", "not attempted yet", "6px dotted #808080"),
    # A hypervisor to look at, which is not the learner's.
    "case": ("✗", "a law is broken", "6px double #d55e00"),
}
STALE = "Older than your answer: the class has changed since this check."
SAME = "Judged again at %H:%M:%S: it is the same class as before."
# As many differences of a step as can be read at a glance.
MOST = 3


# Makes a scene anew, and takes who hears how far it is.
Again = Callable[[Callable], Any]


def card(scene: Any, again: Again | None = None) -> "Card":
    """Show a scene; with `again` it can be made anew."""
    return Card(scene, again)


class Face(anywidget.AnyWidget):
    """The card itself; `asked` is what a learner asked for last, and a number that grows."""

    _esm = script("card")
    _css = style("palette", "player", "card")

    label = Unicode().tag(sync=True)
    # The name of the class: a page sees whether its cell is edited.
    answer = Unicode().tag(sync=True)
    html = Unicode().tag(sync=True)
    buttons = List(Unicode()).tag(sync=True)
    told = Unicode().tag(sync=True)
    said = List(Unicode()).tag(sync=True)
    busy = Bool(False).tag(sync=True)
    asked: List[Any] = List().tag(sync=True, echo_update=False)


class Card(Twins, ipywidgets.VBox):
    """A card and, once a step is asked for, the player below it."""

    def __init__(self, scene: Any, again: Again | None):
        self.scene, self.again, self.hinted = scene, again, 0
        self.face = Face()
        self.player: Player | None = None
        super().__init__([self.face])
        self.face.observe(lambda change: self.act(*change["new"][:2]), "asked")
        self.draw()

    def draw(self) -> None:
        """Show the scene from its beginning."""
        self.hinted, self.player, self.children = 0, None, [self.face]
        scene, face = self.scene, self.face
        with face.hold_sync():
            what = "Case" if scene.outcome == "case" else "Verdict on"
            face.label, face.html = f"{what} {scene.title}", card_html(scene)
            face.answer = getattr(scene.submission, "__name__", "")
            face.told, face.said, face.busy = "", [], False
            asked = {
                "Check again": self.again,
                "Hint": scene.outcome == "broken",
                "Show": scene.trace,
            }
            face.buttons = [name for name, there in asked.items() if there]

    def act(self, what: str, step: int) -> None:
        """Do what a button asks for."""
        if what == "Check again" and self.again:
            self.face.busy, self.face.told = True, "Checking."
            before = self.scene.submission
            self.scene = self.again(lambda done, seconds: self.tell(progress(done, seconds)))
            self.draw()
            if self.scene.submission is before:
                self.tell(time.strftime(SAME))
        elif what == "Hint":
            hints = self.scene.hints
            self.hinted = min(self.hinted + 1, len(hints))
            self.face.said = [f"{n}. {hint}" for n, hint in enumerate(hints[: self.hinted], 1)]
        elif self.scene.trace is not None:
            self.open_player(self.scene.opens_at(step if what == "step" else None))

    def open_player(self, at: int) -> None:
        """Open the player below the card, or move the one that is open."""
        if self.player is None:
            self.player = player(self.scene.trace, at)
            self.children = [self.face, self.player]
        self.player.index = at

    def tell(self, told: str) -> None:
        """Say something on the card."""
        self.face.told = told

    def set_stale(self, stale: bool) -> None:
        """Say that the card is older than its answer, or that it is not."""
        if stale != (self.face.told == STALE):
            self.tell(STALE if stale else "")

    def to_text(self) -> str:
        """Print the verdict."""
        return repr(self.scene.verdict)

    def to_html(self) -> str:
        """Write the card as static HTML."""
        return card_html(self.scene)

    def __repr__(self) -> str:
        return f"Card: {self.scene.title}, {self.scene.outcome}"


# ---- the card as HTML


def card_html(scene: Any) -> str:
    """Write a scene: sentence, values, what is behind it, and the history beside the library's."""
    sign, words, border = LOOKS[scene.outcome]
    head = f'<span aria-hidden="true">{sign}</span> {escape(scene.title)}: {words}'
    parts = [
        f'<p class="pc-head"><strong>{head}</strong></p>',
        f'<p class="pc-says">{escape(scene.headline)}</p>',
        *(f"<p>{escape(said)}</p>" for said in (scene.named, scene.better, scene.doubt) if said),
        _values(*scene.values),
        _steps(scene),
        _folded(BEHIND[scene.outcome], f"<pre>{escape(chr(10).join(scene.rest))}</pre>"),
        _sources(*scene.reference),
    ]
    look = f"border-left:{border};padding:4px 16px"
    kind = scene.outcome.replace(" ", "-")
    return f'<div class="pmulab-card pc-{kind}" style="{look}">{"".join(filter(None, parts))}</div>'


BEHIND = {
    "right": "What was proven, and what was tried",
    "broken": "The law, and what the machine holds",
    "not finished": "As text",
    "not attempted": "As text",
    "case": "The law, and what the two values are",
}


def _values(subject: str, yours: str, entitled: str) -> str:
    if not subject:
        return ""
    return html_table(
        "Yours and entitled", ["of what", "yours", "entitled"], [[subject, yours, entitled]]
    )


def _steps(scene: Any) -> str:
    """Write the steps; the first that differs is marked, and so is each in which the hook runs."""
    if scene.outcome == "case":
        rows = [[str(n), text] for n, text in scene.steps]
        table = html_table("The shortest that shows it", ["step", "what happens"], rows)
        where = f"<p>{escape(scene.where)}</p>"
        return f"<details open><summary>The history</summary>{where}{table}</details>"
    if not scene.pairs:
        return ""
    rows = [_row(scene, n, pair) for n, pair in enumerate(scene.pairs)]
    hook = scene.row.hook
    titles = ["step", "what happens", f"your {hook} changed", "the library's changed"]
    table = html_table(f"▸ {hook} runs", titles, rows)
    begins = scene.verdict.result.certificate
    where = (
        f"<p>World {escape(begins.world)}: {escape(begins.about)} Counters of {begins.bits}.</p>"
    )
    return _folded("The history, yours beside the library's", where + table)


def _row(scene: Any, n: int, pair: Any) -> list[str]:
    lit = n == scene.parted
    number = f"{'▸ ' if pair.ran else ''}{pair.step}"
    text = escape(pair.text or "what has been before")
    if lit:
        apart = (f"<br>{escape(a)}: {escape(y)}, not {escape(r)}" for a, y, r in pair.apart[:MOST])
        text += f"<br><mark>◀ the first step that differs</mark>{''.join(apart)}"
    return [number, Html(text), *(_lines(made) for made in (pair.yours, pair.reference))]


def _lines(lines: tuple[str, ...]) -> str:
    # A browser breaks a line within "->".
    return Html("<br>".join(escape(line.replace(" -> ", "\u00a0→ ")) for line in lines))


def _sources(mine: str, reference: str) -> str:
    if not reference:
        return ""
    boxes = (("yours", mine), ("the library's", reference))
    both = (f"<p>{what}</p><pre>{escape(source)}</pre>" for what, source in boxes if source)
    return _folded("Yours, and the library's", "".join(both))


def _folded(title: str, inside: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


# ---- while it is checked


def progress(done: list[str], seconds: float) -> str:
    """Say how far a check is."""
    so_far = f"; done: {', '.join(done)}" if done else ""
    return f"Checking for {seconds:.1f} s{so_far}"


class Waiting:
    """Shows a bar for a check that takes longer, and takes it away when that ends."""

    def __init__(self, exercise: str, after: float = 0) -> None:
        self.exercise, self.after, self.shown = exercise, after, None

    def __enter__(self) -> "Waiting":
        return self

    def __call__(self, done: list[str], seconds: float) -> None:
        """Draw the bar with what is done, once it has taken as long as `after`."""
        if seconds < self.after and self.shown is None:
            return
        said = f"{self.exercise}. {progress(done, seconds)}"
        page = f'<progress aria-label="checking"></progress> {escape(said)}'
        self._draw({"text/html": page, "text/plain": said})

    def _draw(self, data: dict[str, str]) -> None:
        if self.shown is None:
            self.shown = display(data, raw=True, display_id=True)
        else:
            self.shown.update(data, raw=True)

    def __exit__(self, *_: object) -> None:
        if self.shown is not None:
            self._draw({})
