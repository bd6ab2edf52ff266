"""The reference's hooks with one small edit each: a line dropped, two swapped, an operator changed.

A hint looks among them for the one that does what a wrong answer does; the test of the checker
judges them all.

Not modelled: two edits at once.
"""

import ast
import copy
import inspect
import textwrap

from pmulab.kvm.hypervisor import Hypervisor

PAIRS = {"SET": "CLR", "CLR": "SET"}
COMPARED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.LtE,
    ast.GtE: ast.Gt,
}


def function_of(hook):
    """Return the syntax tree of a hook of the reference."""
    return ast.parse(textwrap.dedent(inspect.getsource(getattr(Hypervisor, hook)))).body[0]


def mutants(hook):
    """Yield (description, tree) for every mutant of a hook."""
    tree = function_of(hook)
    for n, node in enumerate(ast.walk(tree)):
        for kind, change in CHANGES.items():
            for what, mutate in change(node):
                twin = copy.deepcopy(tree)
                mutate(list(ast.walk(twin))[n])
                yield f"{kind} {what}", ast.fix_missing_locations(twin)


def shown(node):
    """Show some code on one line."""
    return " ".join(ast.unparse(node).split())[:160]


def is_docstring(node):
    """Tell a docstring from a statement."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def drop(node):
    """Drop a statement."""
    body = getattr(node, "body", None)
    for k, statement in enumerate(body if isinstance(body, list) else []):
        if not is_docstring(statement):
            yield (
                shown(statement),
                lambda twin, k=k: twin.body.__setitem__(k, ast.Pass()),
            )


def swap(node):
    """Swap two neighbouring statements."""
    body = getattr(node, "body", None)
    for k in range(len(body) - 1 if isinstance(body, list) else 0):
        if not is_docstring(body[k]):

            def exchange(twin, k=k):
                twin.body[k : k + 2] = twin.body[k + 1], twin.body[k]

            yield f"{shown(body[k])} <-> {shown(body[k + 1])}", exchange


def operator(node):
    """Write & for | and | for &, and for or and."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(
        node.op, (ast.BitAnd, ast.BitOr)
    ):
        other = ast.BitOr() if isinstance(node.op, ast.BitAnd) else ast.BitAnd()
        yield shown(node), lambda twin: setattr(twin, "op", other)
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield shown(node), lambda twin: setattr(twin, "op", other)


def invert(node):
    """Drop a ~ or a not."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Invert, ast.Not)):
        yield shown(node), lambda twin: setattr(twin, "op", ast.UAdd())


def assign(node):
    """Assign where the reference adds bits."""
    if isinstance(node, ast.AugAssign):

        def plain(twin):
            target = copy.deepcopy(twin.target)
            twin.__class__ = ast.Assign
            twin.targets, twin.type_comment = [target], None

        yield shown(node), plain


def name(node):
    """Write SET for CLR in a register's name, and CLR for SET."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for old, new in PAIRS.items():
            if old in node.value and node.value.startswith("PM") and " " not in node.value:
                other = node.value.replace(old, new)
                yield node.value, lambda twin, other=other: setattr(twin, "value", other)


def constant(node):
    """Add one to a number; take the opposite of a truth value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, bool)):
        other = not node.value if isinstance(node.value, bool) else node.value + 1
        yield repr(node.value), lambda twin: setattr(twin, "value", other)


def compare(node):
    """Turn a comparison around."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        other = COMPARED[type(node.ops[0])]
        yield shown(node), lambda twin: twin.ops.__setitem__(0, other())


CHANGES = {
    "drop": drop,
    "swap": swap,
    "operator": operator,
    "invert": invert,
    "assign": assign,
    "name": name,
    "constant": constant,
    "compare": compare,
}


def compiled(hook, tree):
    """Make a submission of a mutant."""
    module = inspect.getmodule(getattr(Hypervisor, hook))
    scope = {}
    exec(compile(ast.Module([tree], []), f"<mutant of {hook}>", "exec"), vars(module), scope)
    return type("Mutant", (Hypervisor,), {hook: scope[hook]})
