"""Completion of the Tab key: a script for a shell, made of the parser by shtab, where it is there.

A script costs nothing at the key; asking pmulab itself would start Python at each press.

Not modelled: what a user has written; the names are the library's.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec

from pmulab.explorer.worlds import WORLDS
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery.gallery import gallery
from pmulab.lab.submission.load import InputError
from pmulab.sim import scenario

SHELLS = ("bash", "zsh", "tcsh")
HOW = """the Tab key: pip install shtab, then once, and open a new terminal:
  bash  pmulab --print-completion bash > ~/.local/share/bash-completion/completions/pmulab
  zsh   pmulab --print-completion zsh > DIR/_pmulab, for a DIR of your $fpath"""
# What an argument may be, by its name in the parser.
NAMES: dict[str, Callable[[], Iterable[str]]] = {
    "exercise": lambda: EXERCISES,
    "ids": gallery,
    "scenario": scenario.names,
    "world": lambda: WORLDS,
}


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script for a shell; an `InputError` where shtab is missing."""
    if not find_spec("shtab"):
        raise InputError("completion is made by shtab, which is not installed: pip install shtab")
    import shtab

    for action in _actions(parser):
        if action.dest in NAMES:
            action.choices = sorted(NAMES[action.dest]())
        elif "FILE" in str(action.metavar) or "DIR" in str(action.metavar):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    # However it was called: there is no such command as `python -m pmulab` to be completed.
    parser.prog = "pmulab"
    return str(shtab.complete(parser, shell))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser and of its commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
        else:
            yield action
