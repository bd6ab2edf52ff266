"""The reference's hooks with one small edit each: a line dropped, two swapped, an operator changed.

A hint looks among them for the one that does what a wrong answer does; the test of the checker
judges them all, and edits of values beside them.

Not modelled: two edits at once.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from pmulab.kvm.hypervisor import Hypervisor

# The code that is changed, and what changes it in a copy of the tree.
Change = tuple[str, Callable[[Any], None]]
PAIRS = {"SET": "CLR", "CLR": "SET"}
COMPARED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.LtE,
    ast.GtE: ast.Gt,
}


def function_of(hook: str) -> Any:
    """Return the syntax tree of a hook of the reference, without its docstring."""
    tree: Any = ast.parse(textwrap.dedent(inspect.getsource(getattr(Hypervisor, hook)))).body[0]
    tree.body = tree.body[bool(ast.get_docstring(tree)) :]
    return tree


def mutants(hook: str) -> Iterator[tuple[str, Any]]:
    """Yield (kind and code of the hook, tree) for every mutant of it."""
    for kind, code, tree in edited(function_of(hook), CHANGES):
        yield f"{kind} {code}", tree


def edited(tree: Any, changes: dict[str, Callable]) -> Iterator[tuple[str, str, Any]]:
    """Yield (kind, code, tree) for every change of a hook, each text once; `code` is the hook's."""
    seen = {ast.unparse(tree)}
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    # Those inside another one come after it.
    lines = {id(node): line for line in statements for node in ast.walk(line)}
    for n, node in enumerate(ast.walk(tree)):
        for kind, change in changes.items():
            for code, mutate in change(node):
                if isinstance(node, ast.expr):
                    # A number or a name alone says nothing: its line does.
                    code = ast.unparse(lines[id(node)]).splitlines()[0]
                twin = copy.deepcopy(tree)
                mutate(list(ast.walk(twin))[n])
                text = ast.unparse(ast.fix_missing_locations(twin))
                if text not in seen:
                    seen.add(text)
                    yield kind, code, ast.parse(text).body[0]


def compiled(hook: str, tree: ast.FunctionDef) -> type[Hypervisor]:
    """Make a submission of a mutant."""
    module = inspect.getmodule(getattr(Hypervisor, hook))
    scope: dict[str, Any] = {}
    exec(compile(ast.Module([tree], []), f"<mutant of {hook}>", "exec"), vars(module), scope)
    return type("Mutant", (Hypervisor,), {hook: scope[hook]})


def shown(node: Any) -> str:
    """Show some code on one line."""
    return " ".join(ast.unparse(node).split())[:160]


def becomes(text: str) -> Callable[[Any], None]:
    """Make the change that writes `text` for an expression, `@` in it being the expression."""

    def mutate(twin: Any) -> None:
        new = ast.parse(text.replace("@", f"({ast.unparse(twin)})"), mode="eval").body
        twin.__class__, twin.__dict__ = new.__class__, new.__dict__

    return mutate


def _set(field: str, k: int, new: ast.AST, twin: Any) -> None:
    getattr(twin, field)[k] = new


def drop(node: Any) -> Iterator[Change]:
    """Drop a statement."""
    body = getattr(node, "body", None)
    for k, statement in enumerate(body if isinstance(body, list) else []):
        yield shown(statement), partial(_set, "body", k, ast.Pass())


def swap(node: Any) -> Iterator[Change]:
    """Swap two neighbouring statements."""
    body = getattr(node, "body", None)
    for k, (one, other) in enumerate(pairwise(body if isinstance(body, list) else [])):

        def exchange(twin: Any, k: int = k) -> None:
            twin.body[k : k + 2] = twin.body[k + 1], twin.body[k]

        yield f"{shown(one)} <-> {shown(other)}", exchange


def operator(node: Any) -> Iterator[Change]:
    """Write & for | and | for &, and for or and."""
    bits = isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(
        node.op, (ast.BitAnd, ast.BitOr)
    )
    if bits or isinstance(node, ast.BoolOp):
        pairs = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And}
        yield shown(node), lambda twin: setattr(twin, "op", pairs[type(node.op)]())


def invert(node: Any) -> Iterator[Change]:
    """Drop a ~ or a not."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Invert, ast.Not)):
        yield shown(node), becomes(f"({ast.unparse(node.operand)})")


def assign(node: Any) -> Iterator[Change]:
    """Assign where the reference adds bits."""
    if isinstance(node, ast.AugAssign):

        def plain(twin: Any) -> None:
            twin.targets, twin.type_comment = [copy.deepcopy(twin.target)], None
            twin.__class__ = ast.Assign

        yield shown(node), plain


def name(node: Any) -> Iterator[Change]:
    """Write SET for CLR in a register's name, and CLR for SET."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for old, new in PAIRS.items():
            if old in node.value and node.value.startswith("PM") and " " not in node.value:
                yield node.value, becomes(repr(node.value.replace(old, new)))


def compare(node: Any, others: dict[Any, Any] = COMPARED) -> Iterator[Change]:
    """Turn a comparison around."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in others:
        yield shown(node), partial(_set, "ops", 0, others[type(node.ops[0])]())


def constant(node: Any) -> Iterator[Change]:
    """Add one to a number; take the opposite of a truth value."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, int):
        yield repr(value), becomes(repr(not value if isinstance(value, bool) else value + 1))


CHANGES = {
    change.__name__: change
    for change in (drop, swap, operator, invert, assign, name, compare, constant)
}
