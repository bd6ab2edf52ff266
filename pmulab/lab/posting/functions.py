"""The functions of a text in C, found by a parser; and what one of them needs of the others.

What our headers have is ours where the text has it in a header, its own where it is in a C file.

Not modelled: what the preprocessor would leave out; both sides of an `#ifdef` are read, the first
one counts.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from pmulab.lab.posting.texts import GAP
from pmulab.lab.submission.load import InputError
from pmulab.native import build
from pmulab.native.hook import COMMENT
from pmulab.native.parser import NoParser, parse
from pmulab.native.posted import KNOWN, Posted
from pmulab.native.words import HELPERS, SAVED

# What else than a function a text may define at its margin.
OTHERS = ("preproc_def", "preproc_function_def", "enum_specifier", "type_definition", "declaration")
WORD = re.compile(r"\b[A-Za-z_]\w*\b")
# The first line of a function, as the kernel writes it.
BEGINS = re.compile(r"[A-Za-z_][\w *]*\b(\w+)\([^;]*$")
ENDS = re.compile(r"^}\Z|\A.*}\Z", re.M)
GAPS = re.compile(rf"^{GAP}.*$", re.M)


class Call(NamedTuple):
    """A call: its text, its file and line, how many arguments it has, whether it is used."""

    text: str
    file: str
    line: int
    arguments: int
    used: bool


class Texts:
    """All functions and other definitions of some texts, by name."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = {file: GAPS.sub("", text) for file, text in texts.items()}
        self.functions: dict[str, Posted] = {}
        self.others: dict[str, str] = {}
        self.calls: dict[str, Call] = {}
        # A header has what is for a kernel without KVM, and arch/arm what is for 32 bits.
        wanted = [file for file in texts if not file.startswith("arch/arm/")]
        for file in sorted(wanted, key=lambda file: file.endswith(".h")):
            for piece in _pieces(texts[file]):
                for node in _walk(_parsed(piece)):
                    self._take(file, node)
        self.in_part = [*_in_part(texts, self.functions)]

    def _take(self, file: str, node: Any) -> None:
        if node.type == "function_definition":
            found = _function(file, node)
            if found and not (file.endswith(".h") and found.name in known()):
                self.functions.setdefault(found.name, found)
        elif node.type == "call_expression":
            function, given = (node.child_by_field_name(x) for x in ("function", "arguments"))
            used = node.parent is not None and node.parent.type != "expression_statement"
            call = Call(_text(node), file, _line(node), given.named_child_count, used)
            self.calls.setdefault(_text(function), call)
        elif node.type in OTHERS and _is_outside(node):
            for name in _names(node):
                self.others.setdefault(name, _text(node) + ";" * (node.type == OTHERS[2]))

    def hooks(self) -> list[Posted]:
        """List the functions that take the place of a hook, in the order of their text."""
        return [found for name, found in self.functions.items() if name in KNOWN]

    def needs(self, main: Posted) -> tuple[Posted, ...]:
        """Return the functions that one calls, those that are called first; itself at the end.

        What the lab has under that name is the lab's, also a hook that was posted too: so a mistake
        is told where it is.
        """
        found: dict[str, Posted] = {}

        def add(one: Posted) -> None:
            for name in sorted(one.uses & self.functions.keys() - LIBRARY):
                if name not in found and name not in (main.name, one.name):
                    add(self.functions[name])
            found[one.name] = one

        add(main)
        return tuple(found.values())

    def head(self, parts: Iterable[Posted]) -> str:
        """Return the other definitions that some functions use and our headers do not have."""
        wanted = frozenset().union(*(part.uses for part in parts))
        chosen: dict[str, str] = {}
        while True:
            new = {n: t for n, t in self.others.items() if n in wanted - chosen.keys() - known()}
            if not new:
                return "\n".join(
                    dict.fromkeys(t for t in self.others.values() if t in chosen.values())
                )
            chosen |= new
            wanted = wanted.union(*(WORD.findall(text) for text in new.values()))


LIBRARY = frozenset(row.function for row in HELPERS)


@cache
def known() -> frozenset[str]:
    """Return the names that our headers define."""
    text = "".join((build.HERE / name).read_text() for name in ("kernel.h", "posting.h"))
    return LIBRARY | set(SAVED) | set(re.findall(r"(?:#define|[{,])\s*(\w+)", text))


def _parsed(text: str) -> Any:
    try:
        return parse(text)
    except NoParser as error:
        raise InputError(f"kernel: {error}") from None


def _walk(node: Any) -> Iterator[Any]:
    """Yield the nodes below one, in the order of the text, however deep they are."""
    left = [node]
    while left:
        node = left.pop()
        yield node
        left += reversed(node.named_children)


def _text(node: Any) -> str:
    return str(node.text.decode("utf-8", "replace")).rstrip("\n")


def _line(node: Any) -> int:
    return int(node.start_point[0]) + 1


def _pieces(text: str) -> Iterator[str]:
    """Yield what is known of a text in one piece, each behind as many empty lines as are before it.

    So a function that begins or ends where nothing is known spoils no other.
    """
    piece: list[str] = []
    lines = text.split("\n")
    for n, line in enumerate([*lines, GAP]):
        if not line.startswith(GAP):
            piece.append(line)
        elif piece:
            yield "\n" * (n - len(piece)) + "\n".join(piece)
            piece = []


def _in_part(texts: dict[str, str], whole: Iterable[str]) -> Iterator[str]:
    """Name the hooks of which a patch shows some lines, and where the first ones are."""
    seen = set(whole)
    for file, text in texts.items():
        for n, line in enumerate(text.split("\n"), 1):
            name = BEGINS.match(line.removeprefix(GAP)) if GAP in text else None
            if name and name[1] in KNOWN and name[1] not in seen and file.endswith(".c"):
                seen.add(name[1])
                yield f"{name[1]}() [{file}:{n}]"


def _is_outside(node: Any) -> bool:
    """Tell whether a node is at the margin of its file, as the kernel writes what is outside."""
    return node.start_point[1] == 0


def _names(node: Any) -> Iterator[str]:
    """Yield the names that a definition gives: its own, and those of an enum's numbers."""
    if node.type in ("declaration", "type_definition"):
        found = [n for n in _walk(node) if n.type in ("identifier", "type_identifier")]
        yield from ([_text(found[-1])] if found and "(" not in _text(node) else [])
        return
    own = node.child_by_field_name("name")
    if own is not None:
        yield _text(own)
    for inner in _walk(node) if node.type == "enum_specifier" else ():
        if inner.type == "enumerator":
            yield _text(inner.child_by_field_name("name"))


def _function(file: str, node: Any) -> Posted | None:
    """Make a row of a function; none of what the parser could not name."""
    declarator = node.child_by_field_name("declarator")
    star = ""
    while declarator is not None and declarator.type == "pointer_declarator":
        declarator, star = declarator.child_by_field_name("declarator"), "*"
    if declarator is None or declarator.type != "function_declarator":
        return None
    name, given = (declarator.child_by_field_name(x) for x in ("declarator", "parameters"))
    takes = tuple(_text(one) for one in given.named_children if _text(one) != "void")
    returns = f"{_text(node.child_by_field_name('type'))}{star}"
    text = _text(node)
    # Of another one the patches do not show the end.
    if node.child_by_field_name("body") is None or not ENDS.search(text):
        return None
    return Posted(
        *(_text(name), file, _line(node), text, returns, takes),
        frozenset(WORD.findall(COMMENT.sub(" ", text))),
    )
