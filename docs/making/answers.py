"""Ask widgets in advance what a reader may ask of them; a page keeps the answers.

Each kind of widget has a row here: what it can be asked without Python, as long as that is finite.
The bench and a field for code are not: they need a Python, and say so.

Not modelled: two lines off at once, or one moved twice; a hint that is asked for after a step.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, product
from typing import Any

import ipywidgets
from making.freeze import START, Frozen, packed

from pmulab.lab.course.predictions import NAMED, NUMBER, numbers, places
from pmulab.lab.lines.lines import Lines
from pmulab.view.bench import BenchDesk
from pmulab.view.card import Card
from pmulab.view.charts import CostDesk
from pmulab.view.guess import Guess, Lesson
from pmulab.view.heat import HeatMap
from pmulab.view.hunt import BreakDesk, HuntDesk
from pmulab.view.ownership import OwnershipMap
from pmulab.view.slider import Slider
from pmulab.view.switches import Switches
from pmulab.view.turns import TurnsDesk

# What a page can say of a guess; it keeps none. (A text that begins "not kept" is an alarm.)
KEPT = "kept for this visit"
SAID = "{guess}"
ALL = "all"
# Exercises about the order of their lines.
IN_ORDER = ("swap.stop", "swap.put")
# What they are asked has no end: an order of moves, a text.
NEED_PYTHON = (BenchDesk, BreakDesk)


def ask(frozen: Frozen) -> None:
    """Collect the answers of a widget, whatever kind it is."""
    frozen.needs = isinstance(frozen.widget, NEED_PYTHON)
    for kind, act in ASKED.items():
        if isinstance(frozen.widget, kind):
            act(frozen, frozen.widget)


def order(frozen: Frozen, panel: Any, what: str, *given: Any) -> str:
    """Write a message as the page sends it, with the model that sends it."""
    return f"{frozen.id(panel)} {packed({'do': what, 'with': list(given)})}"


# ---- the first minute


def _turns(frozen: Frozen, desk: TurnsDesk) -> None:
    facts = desk.desk.facts()
    for chosen in product((False, True), facts["turn"], facts["work"]):
        desk.choose(*chosen)
        frozen.answer(order(frozen, desk.panel, "choose", *chosen))


# ---- a guess


def _guess(frozen: Frozen, guess: Guess) -> None:
    row = guess.row
    frozen.watch, frozen.guess = [[frozen.id(guess), "guess"]], row.id
    said = list(row.choices) or [row.answer, ""]
    for one in dict.fromkeys([*said, "", SAID]):
        guess.waits, guess.guess = False, one
        guess._judge()
        guess.kept = KEPT
        frozen.answer(packed([one]), but=("guess", "waits"))
    if not row.choices:
        frozen.reads = {
            "model": frozen.id(guess),
            "answer": row.answer,
            "due": sorted(numbers(row.answer)),
            "places": places(row.answer),
            "also": list(row.also),
            "named": NAMED,
            "figures": NUMBER.pattern,
        }


# ---- a verdict, a case


def _card(frozen: Frozen, card: Card) -> None:
    face, scene = card.face, card.scene
    face.buttons = [name for name in face.buttons if name == "Show"]
    frozen.models = frozen.now()
    if not scene.trace:
        return
    frozen.watch = [[frozen.id(face), "asked"]]
    steps = {int(n) for n in re.findall(r'<th scope="row">\D*(\d+)', face.html)} - {0}
    for what, step in [("Show", 0), *(("step", n) for n in sorted(steps))]:
        card.act(what, step)
        frozen.answer(packed([[what, step]]), but=("asked",))


# ---- lines to switch off, a line to find


def _lines(frozen: Frozen, desk: Switches) -> None:
    """Ask of each edit alone, before each line has been tried and after it."""
    lines = desk.desk
    edits, known, found = [*_edits(lines)], dict(lines.known), dict(lines.known)
    for n, (there, back) in enumerate(edits):
        # What was asked of one edit is no answer to another one.
        lines.known = dict(known)
        _edit(frozen, desk, START, f"{n}", there, back)
        found |= lines.known
    lines.known = found
    desk.survey()
    survey = order(frozen, desk.panel, "survey")
    frozen.answer(survey, START, ALL)
    for n, (there, back) in enumerate(edits):
        _edit(frozen, desk, ALL, f"{n}", there, back, survey)


Order = tuple[Any, ...]


def _edits(lines: Lines) -> Iterator[tuple[list[Order], list[Order]]]:
    """Yield what leads to each edit of one line, and what leads back."""
    for n in lines.method.lines:
        yield [("switch", n)], [("switch", n)]
    # To ask of an order costs a search; where it is the lesson it has been asked.
    ordered = lines.row.id in IN_ORDER
    for _, block in lines.method.untouched.blocks if ordered else ():
        for n, below in pairwise(block):
            yield [("move", n, 1), ("move", below, -1)], [("move", n, -1), ("move", below, 1)]


def _edit(
    frozen: Frozen,
    desk: Switches,
    state: str,
    name: str,
    there: list[Order],
    back: list[Order],
    survey: str = "",
) -> None:
    now, first = f"{state}-{name}", there[0]
    desk.obey({"do": first[0], "with": [*first[1:]]})
    if desk.desk.answer:
        for one in there:
            frozen.answer(order(frozen, desk.panel, *one), state, now)
        if survey:
            frozen.answer(survey, f"{START}-{name}", now)
        _play(frozen, desk, now)
    desk.obey({"do": "reset"})
    for one in (*back, ("reset",)):
        for shown in (now, f"{now}-played"):
            frozen.answer(order(frozen, desk.panel, *one), shown, state)


def _play(frozen: Frozen, desk: Any, state: str) -> None:
    play, closed = order(frozen, desk.panel, "play"), len(desk.children)
    desk.play()
    if len(desk.children) > closed:
        frozen.answer(play, state, f"{state}-played")
        desk.play()
        frozen.answer(play, f"{state}-played", state)


def _hunt(frozen: Frozen, desk: HuntDesk) -> None:
    _play(frozen, desk, START)
    for row in desk.desk.facts()["rows"]:
        desk.desk.clicked.clear()
        desk.accuse(row["n"])
        frozen.answer(order(frozen, desk.panel, "accuse", row["n"]), then=f"{row['n']}")
        _play(frozen, desk, f"{row['n']}")


# ---- sliders, a handle


def _sliders(frozen: Frozen, box: ipywidgets.Box, sliders: Iterable[Slider]) -> None:
    sliders = list(sliders)
    frozen.watch = [[frozen.id(slider), "index"] for slider in sliders]
    for chosen in product(*(range(len(slider.values)) for slider in sliders)):
        for slider, index in zip(sliders, chosen):
            slider.index = index
        frozen.answer(packed(list(chosen)))


def _map(frozen: Frozen, board: OwnershipMap) -> None:
    if board.again is None:
        return
    frozen.watch = [[frozen.id(board), "hpmn"]]
    for hpmn in (*range(board.size + 1), None):
        board.hpmn = hpmn
        frozen.answer(packed([hpmn]))


def _lesson(frozen: Frozen, line: Lesson) -> None:
    """Ask nothing, and hand nothing in: a page keeps no answers."""
    line.hands, line.notice, line.renews = False, "", ""
    frozen.models = frozen.now()


ASKED: dict[type, Callable[[Frozen, Any], None]] = {
    TurnsDesk: _turns,
    Guess: _guess,
    Card: _card,
    Switches: _lines,
    HuntDesk: _hunt,
    CostDesk: lambda frozen, desk: _sliders(frozen, desk, [desk.slider]),
    HeatMap: lambda frozen, heat: _sliders(frozen, heat, [heat.x, heat.y]),
    OwnershipMap: _map,
    Lesson: _lesson,
}
