"""A hook in C as lines that can be switched off and moved, and compiled again.

What is off stays in the text, as a comment, so that a trace of the edited text shows it.

Not modelled: which lines have run; `switch`, `do` and what a preprocessor leaves out, which are one
line with all they hold; functions above the hook, which have no switches.
"""

import re
from collections.abc import Iterator
from textwrap import dedent, indent
from typing import Any

from pmulab.lab.lines.edit import Block, Edit, Line, Lined
from pmulab.native.build import unit
from pmulab.native.hook import CText, method
from pmulab.native.parser import NoParser, parse
from pmulab.native.words import BY_NAME

# A variable that nobody reads any more is no reason to refuse an edit.
OPTIONS = ("-Wno-error",)
OPEN = {"if_statement": "consequence", "for_statement": "body", "while_statement": "body"}
BRACES = "compound_statement"
STEP = "\t"
# What a parser that knows no macros reads instead: as long, so that every place stays.
LOOP = re.compile(r"\bfor_each_set_bit\b")
AS_WHILE = "while".ljust(len("for_each_set_bit"))
OPERATOR = re.compile(r"(?<=,)\s*(?:[|&^+-]|<<|>>)=(?=\s*,)")


class CMethod(Lined):
    """The lines of a hook in C; a `ValueError` where its text cannot be taken apart."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.name, self.own = function.__name__, BY_NAME[function.__name__]
        self.about = f"{self.own.python}, in C"
        self.source = function.c_text.source
        node = self._function()
        body = node.child_by_field_name("body")
        self.above = self._between(0, node.start_byte)
        self.head = f"{self._between(node.start_byte, body.start_byte).rstrip()}\n{{"
        self.below = self._between(node.end_byte, None)
        self.braced: set[Block] = set()
        self._read(body, (0, "body"), 1)
        self.untouched = Edit(frozenset(), tuple(self.blocks.items()))

    def _function(self) -> Any:
        plain = OPERATOR.sub(lambda at: "0".rjust(len(at[0])), LOOP.sub(AS_WHILE, self.source))
        try:
            found = parse(plain)
        except NoParser as error:
            raise ValueError(f"{error}") from None
        if found.has_error:
            raise ValueError(f"{self.name} cannot be taken apart: to a parser that is no C")
        for node in found.named_children:
            name = (
                node.child_by_field_name("declarator") if node.child_by_field_name("body") else None
            )
            if name and re.search(rf"\b{self.own.function}\b", name.text.decode()):
                return node
        raise ValueError(f"there is no {self.own.prototype} in it")

    def _between(self, start: int, end: int | None) -> str:
        return self.source.encode("utf-8")[start:end].decode("utf-8")

    # ---- reading

    def _read(self, node: Any, block: Block, depth: int) -> None:
        braces = node.type == BRACES
        if braces:
            self.braced.add(block)
        self.blocks[block] = ()
        numbers: list[int] = []
        comment = ""
        for child in node.named_children if braces else [node]:
            if child.type == "comment":
                comment = self._text(child.start_byte, child.end_byte)
                continue
            numbers.append(len(self.lines) + 1)
            self._line(child, block, depth, comment)
            comment = ""
        self.blocks[block] = tuple(numbers)

    def _line(self, node: Any, block: Block, depth: int, comment: str) -> None:
        n, body = len(self.lines) + 1, None
        if node.type in OPEN:
            body = node.child_by_field_name(OPEN[node.type])
        text = self._text(node.start_byte, body.start_byte if body else node.end_byte)
        braces = " {" if body and body.type == BRACES else ""
        self.lines[n] = Line(n, block, depth, comment, f"{text}{braces}", bool(body))
        if body:
            self._read(body, (n, "body"), depth + 1)
        other = node.child_by_field_name("alternative") if body else None
        if other:
            self._read(other.named_children[-1], (n, "orelse"), depth + 1)

    def _text(self, start: int, end: int) -> str:
        """Return a piece of the text as if it stood at the margin."""
        first = self._between(0, start).rpartition("\n")[2]
        margin = first[: len(first) - len(first.lstrip())]
        return dedent(f"{margin}{self._between(start, end)}").rstrip()

    # ---- an edit, as text and as a function

    def otherwise(self, n: int) -> str:
        """Write `else`, and the braces around it."""
        before = "} " if (n, "body") in self.braced else ""
        return f"{before}else{' {' if (n, 'orelse') in self.braced else ''}"

    def closes(self, n: int, following: Line | None) -> tuple[int, ...]:
        """Return how deep the braces are that close after a line."""
        found, line = [], self.lines[n]
        block = (n, "body") if line.opens else line.block
        while following is None or following.block != block:
            before_else = following and following.block == (block[0], "orelse")
            if block in self.braced and not (block[1] == "body" and before_else):
                found.append(self.lines[block[0]].depth if block[0] else 0)
            if before_else or not block[0]:
                break
            block = self.lines[block[0]].block
        return tuple(found)

    def written(self, edit: Edit) -> tuple[str, dict[int, int]]:
        """Write an edited text; returns where in it each line that is on begins."""
        rows, at = f"{self.above}{self.head}".split("\n"), dict[int, int]()
        shown = list(self.shown(edit))
        seen: set[Block] = set()
        for line, following in zip(shown, [*shown[1:], None]):
            off = self.is_off(line.n, edit)
            if line.block[1] == "orelse" and line.block not in seen:
                outer = self.lines[line.block[0]]
                rows += self._at(self.otherwise(outer.n), outer.depth, self.is_off(outer.n, edit))
            seen.add(line.block)
            rows += indent(line.comment, STEP * line.depth).splitlines()
            if not off:
                at[len(rows) + 1] = line.n
            rows += self._at(line.text, line.depth, off)
            # Without braces something has to be there.
            inside = line.block[0]
            if off and line.block not in self.braced and inside and not self.is_off(inside, edit):
                rows.append(f"{STEP * line.depth};")
            for depth in self.closes(line.n, following):
                rows += self._at("}", depth, self._brace_off(line, depth, edit))
        return "\n".join(rows) + self.below, at

    def _brace_off(self, line: Line, depth: int, edit: Edit) -> bool:
        """Tell whether the statement that a brace ends is off."""
        n = line.n
        while n and self.lines[n].depth > depth:
            n = self.lines[n].block[0]
        return bool(n) and self.is_off(n, edit)

    def _at(self, text: str, depth: int, off: bool) -> Iterator[str]:
        yield from indent(indent(text, "// off: ") if off else text, STEP * depth).splitlines()

    def made(self, edit: Edit, ran: set[int] | None = None) -> Any:
        """Compile an edited text; to `ran` all that is on is added, for nobody sees which runs."""
        text, at = self.written(edit)
        lined = CText(self.own.name, text, 1)
        shown = f"{self.own.name}.c"
        made: Any = method(self.own, lined, unit(self.own, text, shown), shown, OPTIONS)
        if made.fault:
            said = re.findall(r"error: (.*?)(?: \[-W.*)?$", made.fault, re.M)
            raise SyntaxError(said[0] if said else made.fault.splitlines()[0])
        if ran is not None:
            ran.update(at.values())
        return made
