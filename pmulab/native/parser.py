"""Read C with tree-sitter, where it is installed.

Not modelled: macros; what one is given may be no C to a parser.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any


class NoParser(Exception):
    """tree-sitter is not installed; the message says what to install."""


@cache
def _parser() -> Any:
    if not (find_spec("tree_sitter") and find_spec("tree_sitter_c")):
        raise NoParser(
            "to read C needs tree-sitter and tree-sitter-c: pip install 'pmulab[kernel]'"
        )
    import tree_sitter
    import tree_sitter_c

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


def parse(text: str) -> Any:
    """Return the root of a text's tree; `NoParser` says why there is none."""
    return _parser().parse(text.encode("utf-8")).root_node
