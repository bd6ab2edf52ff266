"""Write a widget down as a page draws it without Python: its models, answers to what it asks.

A model is an anywidget (its module and its traits), a box of others, or a piece of HTML. What the
page asks Python for is a trait that is set or a message; `answers.py` asks the same in advance and
keeps what changes. An answer holds in one state or, under `ANY`, in all.

Not done: what is asked of Python and was not foreseen. The page says then where Python is.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets

from pmulab.view.assets import script

STATIC = sorted(Path(script.__globals__["HERE"], "static").glob("*.js"))
MODULES = {script(path.stem): path.stem for path in STATIC}
# A trait as long as this is a file of its own: the same trace is sent once.
LONG = 1500
ANY = "*"
START = "0"
NOT_SENT = {"layout", "tabbable", "tooltip"}


class Texts(dict[str, str]):
    """Long texts, each by a name made of what it says."""

    def place(self, text: str) -> str:
        """Keep a text; return its name."""
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        self[name] = text
        return name


class Frozen:
    """A widget with all models in it, and the answers that were collected.

    An answer is a list: what differs from the beginning, and the state that holds then. Of `reads`
    a page reads a guess; `watch` lists the traits that it asks with, in their order; `guess` is the
    question's name in a file of progress; `needs` tells that it can do nothing without Python.
    """

    def __init__(self, widget: Any, texts: Texts):
        self.widget, self.texts = widget, texts
        self.ids: dict[str, str] = {}
        self.watch: list[list[str]] = []
        self.reads: dict[str, Any] = {}
        self.guess = ""
        self.needs = False
        self.answers: dict[str, list] = {}
        self.models = self.now()

    def id(self, widget: Any) -> str:
        """Return the short name of a model."""
        return self.ids.setdefault(widget.model_id, f"m{len(self.ids)}")

    def now(self) -> dict[str, dict]:
        """Write down every model as it is."""
        return {self.id(widget): self._model(widget) for widget in _all(self.widget)}

    def answer(self, key: str, state: str = ANY, then: str = "", but: Sequence[str] = ()) -> None:
        """Keep what is shown now as an answer; `but` are traits that the page has set itself."""
        found = {}
        for id, now in self.now().items():
            first = self.models.get(id, {"traits": {}})
            new = {k: v for k, v in now["traits"].items() if first["traits"].get(k) != v}
            new = {key: value for key, value in new.items() if key not in but}
            if new:
                found[id] = new if id in self.models else now
        self.answers[f"{state} {key}"] = [found, then]

    def record(self) -> dict:
        """Return what the page gets at first; answers come when somebody asks."""
        more = {"watch": self.watch, "reads": self.reads, "guess": self.guess}
        more |= {"asks": bool(self.answers), "needs": self.needs}
        shown = {"root": self.id(self.widget), "models": self.models}
        return shown | {key: value for key, value in more.items() if value}

    def _model(self, widget: Any) -> dict:
        if isinstance(widget, anywidget.AnyWidget):
            names = [key for key in widget.keys if key[0] != "_" and key not in NOT_SENT]
            traits = {key: self._short(getattr(widget, key)) for key in names}
            return {"module": MODULES[str(widget._esm)], "traits": traits}
        if isinstance(widget, ipywidgets.Box):
            inside = [self.id(child) for child in widget.children]
            return {"traits": {"children": inside}, "classes": list(widget._dom_classes)}
        if isinstance(widget, ipywidgets.HTML):
            return {"traits": {"html": self._short(widget.value)}}
        raise TypeError(f"a page cannot draw {type(widget).__name__}")

    def _short(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) >= LONG:
            return {"text": self.texts.place(value)}
        return value


def _all(widget: Any):
    """Yield a widget and all that it holds, innermost first."""
    for child in getattr(widget, "children", ()):
        yield from _all(child)
    yield widget


def packed(value: Any) -> str:
    """Write JSON as a page's own `JSON.stringify` does."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
