"""What is better than last time: histories that broke an earlier answer, tried on this one.

Not modelled: histories of wide cases; their machine is not kept.
"""

from collections.abc import Sequence

from pmulab.explorer.moves import Move
from pmulab.explorer.stage import play, stage_of
from pmulab.explorer.worlds import WORLDS
from pmulab.lab.submission.limits import limited

SECONDS = 2


def better(broke: Sequence[dict], mine: type, now: str = "") -> str:
    """Say which laws hold in all the histories that have broken them; empty where none does.

    `now` is the law that the answer breaks: of that nothing is said, wherever it holds.
    """
    with limited(SECONDS):
        known = [row for row in broke if row["world"] in WORLDS and row["law"] != now]
        failing = {row["law"] for row in known if not holds(row, mine)}
        laws = dict.fromkeys(row["law"] for row in known if row["law"] not in failing)
        return _said(list(laws))
    return ""


def _said(laws: list[str]) -> str:
    if not laws:
        return ""
    how = "One law holds" if len(laws) == 1 else f"{len(laws)} laws hold"
    return f"Better than before: {how} where it broke earlier: {', '.join(laws)}."


def holds(row: dict, mine: type) -> bool:
    """Do a kept history again; tell whether no law breaks in it."""
    try:
        stage = stage_of(WORLDS[row["world"]], mine)
        moves = _moves(stage.moves, row["history"])
        return len(moves) == len(row["history"]) and play(stage, moves) is None
    except Exception:
        return False


def _moves(known: Sequence[Move], texts: Sequence[str]) -> list[Move]:
    by_text = {move.text: move for move in known}
    return [by_text[text] for text in texts if text in by_text]
