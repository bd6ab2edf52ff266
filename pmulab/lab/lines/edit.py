"""Lines that can be switched off and moved: what is the same in whatever language they are.

Not modelled: what a line is; `method` reads Python, `c_method` C.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

# A block is the statement that it is in, 0 for the method, and which of its lists.
Block = tuple[int, str]


class Line(NamedTuple):
    """A statement: its number, from 1 on, its block, how deep it is, and its text."""

    n: int
    block: Block
    depth: int
    comment: str
    text: str
    opens: bool


class Edit(NamedTuple):
    """Which lines are off, and the order of the lines of each block."""

    off: frozenset[int]
    blocks: tuple[tuple[Block, tuple[int, ...]], ...]


class Lined:
    """A function as lines in blocks; a subclass reads them, and makes a function of an edit."""

    name: str
    about: str
    head: str
    untouched: Edit

    def __init__(self) -> None:
        self.lines: dict[int, Line] = {}
        self.blocks: dict[Block, tuple[int, ...]] = {}

    def made(self, edit: Edit, ran: set[int] | None = None) -> Any:
        """Make an edited function; `ran` collects the lines that have run.

        Raises `SyntaxError` where it is none any more.
        """
        raise NotImplementedError

    def otherwise(self, n: int) -> str:
        """Write what stands before what is done where the condition of line n is false."""
        return "else:"

    def closes(self, n: int, following: Line | None) -> tuple[int, ...]:
        """Return how deep the braces are that close after a line."""
        return ()

    def shown(self, edit: Edit) -> Iterator[Line]:
        """Yield the lines in the order of an edit, those of a block after what opens it."""
        blocks = dict(edit.blocks)

        def walk(block: Block) -> Iterator[Line]:
            for n in blocks.get(block, ()):
                yield self.lines[n]
                yield from walk((n, "body"))
                yield from walk((n, "orelse"))

        return walk((0, "body"))

    def is_off(self, n: int, edit: Edit) -> bool:
        """Tell whether a line is off, or inside of one that is."""
        return n > 0 and (n in edit.off or self.is_off(self.lines[n].block[0], edit))

    def _empty(self, block: Block, edit: Edit) -> bool:
        return all(n in edit.off for n in dict(edit.blocks).get(block, ()))

    # ---- edits

    def switched(self, edit: Edit, n: int) -> Edit:
        """Switch a line off, or on again."""
        return edit._replace(off=edit.off ^ {n})

    def moved(self, edit: Edit, n: int, way: int) -> Edit:
        """Move a line up (-1) or down (1) in its block; at an end it stays where it is."""
        blocks = dict(edit.blocks)
        row = list(blocks[self.lines[n].block])
        place = row.index(n)
        if 0 <= place + way < len(row):
            row.insert(place + way, row.pop(place))
        blocks[self.lines[n].block] = tuple(row)
        return edit._replace(blocks=tuple(blocks.items()))
