"""A method as lines that can be switched off and moved, and made into a function again.

A line is a statement with the comment above it. What is off stays in the text, as a comment, so
that a trace of the edited method shows it.

Not modelled: changes inside a statement; `try` and `match`, which are one line with all they hold.
"""

import ast
import inspect
import linecache
import zlib
from textwrap import dedent, indent
from types import CellType, FunctionType
from typing import Any

from pmulab.lab.lines.edit import Block, Edit, Line, Lined

OPEN = (ast.If, ast.For, ast.While, ast.With)
MARK = "_pmulab_ran"
STEP = "    "


class Method(Lined):
    """The lines of a function; a `ValueError` where nobody knows its source."""

    def __init__(self, function: FunctionType) -> None:
        super().__init__()
        self.function, self.name = function, function.__name__
        try:
            self.source = dedent(inspect.getsource(function))
        except (OSError, TypeError):
            raise ValueError(
                f"the source of {self.name} is not known: define it in a cell"
            ) from None
        node: Any = ast.parse(self.source).body[0]
        self.rows = self.source.splitlines()
        first = 1 if ast.get_docstring(node) else 0
        self.about = (ast.get_docstring(node) or "").split("\n")[0]
        self.head = _header(self.rows, node)
        self._read(node.body[first:], (0, "body"), 1, node.body[0].end_lineno if first else 0)
        self.untouched = Edit(frozenset(), tuple(self.blocks.items()))

    def _read(self, nodes: list[ast.stmt], block: Block, depth: int, after: int) -> None:
        numbers: list[int] = []
        self.blocks[block] = ()
        for node in nodes:
            n = len(self.lines) + 1
            numbers.append(n)
            opens = isinstance(node, OPEN) and node.body[0].lineno > node.lineno
            text = _header(self.rows, node) if opens else self._text(node)
            comment = self._comment(max(after, 1), node.lineno - 1)
            self.lines[n] = Line(n, block, depth, comment, text, opens)
            for field in ("body", "orelse") if opens else ():
                if getattr(node, field, None):
                    self._read(getattr(node, field), (n, field), depth + 1, node.lineno)
            after = node.end_lineno or after
        self.blocks[block] = tuple(numbers)

    def _text(self, node: ast.stmt) -> str:
        alone = self.rows[node.lineno - 1][: node.col_offset].strip() == ""
        rows = self.rows[node.lineno - 1 : node.end_lineno]
        shared = ";" in self.rows[(node.end_lineno or 1) - 1][node.end_col_offset :]
        if alone and not shared:
            return dedent("\n".join(rows))
        return ast.get_source_segment(self.source, node) or ""

    def _comment(self, first: int, last: int) -> str:
        """Return the comment that ends above a statement."""
        found: list[str] = []
        for row in reversed(self.rows[first:last]):
            if not row.strip().startswith("#"):
                break
            found.insert(0, row.strip())
        return "\n".join(found)

    # ---- an edit, as text and as a function

    def written(self, edit: Edit) -> tuple[str, dict[int, int]]:
        """Write an edited method; returns where in the text each line that is on begins."""
        rows, at = [self.head], dict[int, int]()
        open_blocks: set[Block] = set()
        for line in self.shown(edit):
            if line.block[1] == "orelse" and line.block not in open_blocks:
                rows += self._else(line, edit)
            open_blocks.add(line.block)
            pad, off = STEP * line.depth, self.is_off(line.n, edit)
            rows += indent(line.comment, pad).splitlines()
            if not off:
                at[len(rows) + 1] = line.n
            text = indent(line.text, "# off: ") if off else line.text
            rows += indent(text, pad).splitlines()
            if line.opens and not off and self._empty((line.n, "body"), edit):
                rows.append(f"{pad}{STEP}pass")
        if self._empty((0, "body"), edit):
            rows.append(f"{STEP}pass")
        return "\n".join(rows) + "\n", at

    def _else(self, line: Line, edit: Edit) -> list[str]:
        pad, off = STEP * (line.depth - 1), self.is_off(line.block[0], edit)
        rows = [f"{pad}{'# off: ' * off}else:"]
        return rows + ([f"{pad}{STEP}pass"] if self._empty(line.block, edit) and not off else [])

    def made(self, edit: Edit, ran: set[int] | None = None) -> FunctionType:
        """Make an edited method; `ran` collects the lines that have run."""
        text, at = self.written(edit)
        tree = ast.parse(text)
        own: Any = tree.body[0]
        own.returns, own.decorator_list = None, []
        for arg in ast.walk(own.args):
            if isinstance(arg, ast.arg):
                arg.annotation = None
        if ran is not None:
            _mark(own, at)
        path = f"{self.name}~{zlib.crc32(text.encode()):08x}.py"
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        return self._compiled(tree, own, path, ran)

    def _compiled(self, tree: ast.Module, own: Any, path: str, ran: set[int] | None) -> Any:
        """Compile inside of a function that has what the original closes over."""
        cells = dict(zip(self.function.__code__.co_freevars, self.function.__closure__ or ()))
        around: Any = ast.parse(f"def make({', '.join([*cells, MARK])}): return {self.name}").body[
            0
        ]
        around.body.insert(0, own)
        tree.body = [around]
        scope: dict[str, Any] = {}
        code = compile(ast.fix_missing_locations(tree), path, "exec")
        exec(code, self.function.__globals__, scope)
        return scope["make"](*map(_content, cells.values()), ran)


def _content(cell: CellType) -> Any:
    """Return what a cell holds; one that is still empty gets its value later, or never."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _header(rows: list[str], node: Any) -> str:
    """Return a statement's text up to its block, comments below it left out."""
    found = rows[node.lineno - 1 : node.body[0].lineno - 1] or [rows[node.lineno - 1]]
    while len(found) > 1 and (not found[-1].strip() or found[-1].strip().startswith("#")):
        found.pop()
    text = dedent("\n".join(found))
    # `elif` is an `if` alone in an `else`.
    return text[2:] if text.startswith("elif ") else text


def _mark(own: ast.FunctionDef, at: dict[int, int]) -> None:
    """Put before each line a statement that says that it runs."""
    for node in list(ast.walk(own)):
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if isinstance(block, list):
                setattr(node, field, [part for s in block for part in (*_said(s, at), s)])


def _said(node: ast.stmt, at: dict[int, int]) -> list[ast.stmt]:
    return ast.parse(f"{MARK}.add({at[node.lineno]})").body if node.lineno in at else []
