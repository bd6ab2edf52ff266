"""The functions of a text in C, found by a parser; and what one of them needs of the others.

Not modelled: what the preprocessor would leave out; both sides of an `#ifdef` are read, the first
one counts.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from pmulab.lab.submission.load import InputError
from pmulab.native import build
from pmulab.native.posted import KNOWN, Posted
from pmulab.native.words import HELPERS, SAVED

EXTRA = "kernel needs tree-sitter and tree-sitter-c, the extra `kernel` of pyproject.toml"
# What else than a function a text may define at its margin.
OTHERS = ("preproc_def", "preproc_function_def", "enum_specifier", "type_definition", "declaration")
WORD = re.compile(r"\b[A-Za-z_]\w*\b")


class Call(NamedTuple):
    """A call: its text, its line in the file, how many arguments it has, whether it is used."""

    text: str
    line: int
    arguments: int
    used: bool


class Texts:
    """All functions and other definitions of some texts, by name."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.functions: dict[str, Posted] = {}
        self.others: dict[str, str] = {}
        self.calls: dict[str, Call] = {}
        for file, text in texts.items():
            source = text.encode("utf-8")
            for node in _walk(_parser().parse(source).root_node):
                self._take(file, node)

    def _take(self, file: str, node: Any) -> None:
        if node.type == "function_definition":
            found = _function(file, node)
            if found:
                self.functions.setdefault(found.name, found)
        elif node.type == "call_expression":
            function, given = (node.child_by_field_name(x) for x in ("function", "arguments"))
            used = node.parent is not None and node.parent.type != "expression_statement"
            call = Call(_text(node), node.start_point[0] + 1, given.named_child_count, used)
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
    return LIBRARY | set(SAVED) | set(re.findall(r"(?:#define|[{,]) *(\w+)", text))


@cache
def _parser() -> Any:
    if not (find_spec("tree_sitter") and find_spec("tree_sitter_c")):
        raise InputError(EXTRA)
    import tree_sitter
    import tree_sitter_c

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


def _walk(node: Any) -> Iterator[Any]:
    """Yield the nodes below one, in the order of the text, however deep they are."""
    left = [node]
    while left:
        node = left.pop()
        yield node
        left += reversed(node.named_children)


def _text(node: Any) -> str:
    return str(node.text.decode("utf-8", "replace")).rstrip("\n")


def _is_outside(node: Any) -> bool:
    """Tell whether a node is at the margin of its file, not in a function."""
    while node is not None:
        if node.type == "compound_statement":
            return False
        node = node.parent
    return True


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
    body = node.child_by_field_name("body")
    uses = frozenset(WORD.findall(_text(node)))
    if body is None:
        return None
    line = int(node.start_point[0]) + 1
    return Posted(_text(name), file, line, _text(node), returns, takes, uses)
