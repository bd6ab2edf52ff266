"""Things to try by hand: widgets in a notebook, printed text elsewhere.

Not modelled: anything; `pmulab.lab` answers and `pmulab.view` shows.
"""

from dataclasses import replace
from importlib import import_module
from typing import Any

from pmulab.asking import in_notebook
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.bench.bench import Bench
from pmulab.lab.bench.catch import Catch
from pmulab.lab.course import hunt
from pmulab.lab.course import joined as joining
from pmulab.lab.course.suspects import Breaking, Suspect
from pmulab.lab.course.turns import Turns
from pmulab.lab.lines.lines import Lines


def _shown(desk: Any, module: str, name: str, **options: Any) -> Any:
    """Return a widget of a desk in a notebook, and elsewhere the desk itself."""
    if not in_notebook():
        return desk
    return getattr(import_module(f"pmulab.view.{module}"), name)(desk, **options)


def lines(id: str, submission: type | None = None) -> Any:
    """Show an exercise's method with a switch at each line, and say who notices what is off.

    The reference's method, or a learner's: then each line is tried. A `KeyError` lists the
    exercises; a class that cannot be judged has a sentence instead.
    """
    try:
        desk = Lines(id, submission)
    except ValueError as error:
        return Said(str(error))
    return _shown(desk, "switches", "Switches", survey=desk.mine)


def bench(
    world: str, hypervisor: Any = Hypervisor, goal: str = "", clicks: int = 0, seed: int = 0
) -> Any:
    """Play a small world by hand, with a hypervisor: a class, or the id of a wrong one.

    `world` may be a path, "small:0267". `goal` is a law to break, in `clicks` at most. A `KeyError`
    where there is no such world or id, a `ValueError` where a path does not fit.
    """
    return _shown(Bench(world, hypervisor, goal, clicks, seed), "bench", "BenchDesk")


def catch(id: str, path: str = "") -> Any:
    """Look for one history that the reference survives and that convicts hidden wrong ones.

    A `KeyError` names the exercises where somebody hides.
    """
    return _shown(Catch(id, path), "bench", "BenchDesk")


def turns(swap: bool = False, turn: int = 1000, work: int = 600) -> Any:
    """Let two guests take turns on one counter, with a swap or without.

    `turn` is in cycles, `work` what B does, in instructions; a `ValueError` says what is possible.
    """
    return _shown(Turns(swap, turn, work), "turns", "TurnsDesk")


def case(what: int | str) -> hunt.Case:
    """Open a case of the hunt by its number, or an entry of the gallery by its id.

    A `ValueError` or a `KeyError` where there is none.
    """
    found = hunt.case(what)
    return replace(found, show=_case_card) if in_notebook() else found


def _case_card(found: hunt.Case) -> Any:
    from pmulab.view.card import card

    return card(hunt.CaseScene(found))


def guilty(seed: int, id: str = "") -> Any:
    """Show a method of the library with one wrong line, to be clicked; another seed, another one.

    `id` names an exercise whose method it is; a `KeyError` lists them.
    """
    return _shown(Suspect(seed, id), "hunt", "HuntDesk")


def break_it(id: str) -> Any:
    """Show an exercise's method as a text to edit, and say who notices an edit.

    A `KeyError` lists the exercises.
    """
    return _shown(Breaking(id), "hunt", "BreakDesk")


def joined() -> type:
    """Join this learner's answers that have passed, each tried anew, and show what is there.

    Returns a class to go on from; what it misses raises `NotImplementedError`.
    """
    if not in_notebook():
        made = joining.joined()
        print(made.map, *made.lines(), sep="\n")
        return made.hypervisor
    from pmulab.view.card import Waiting
    from pmulab.view.map_drawing import show_map

    with Waiting("your hypervisor") as waiting:
        made = joining.joined(ticker=waiting)
    show_map(made.map)
    print(*made.lines(), sep="\n")
    return made.hypervisor


class Said(str):
    """A sentence that shows itself without quotes."""

    def __repr__(self) -> str:
        return str(self)
