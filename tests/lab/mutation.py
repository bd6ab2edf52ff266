"""Machine-made mutants of the reference's hooks: every small change of their syntax trees.

Statements and operators; values (constants, widths, single bits, signs), indices (off by one, some
of several, another CPU's or another vCPU's) and bits (the fields of a register dropped or set).
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from difflib import ndiff

from pmulab.hw.sysregs import REGS
from pmulab.kvm.hypervisor import Hypervisor

Change = tuple[str, Callable[[ast.AST], None]]


def function_of(hook: str) -> ast.FunctionDef:
    """Return the syntax tree of a hook of the reference, without its docstring."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(Hypervisor, hook)))).body[0]
    tree.body = [node for node in tree.body if not is_docstring(node)]
    return tree


def is_docstring(node: ast.AST) -> bool:
    """Tell a docstring from a statement."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def mutants(hook: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield (description, tree) for every mutant of a hook, each text once."""
    tree = function_of(hook)
    whole = ast.unparse(tree)
    seen = {whole}
    mark(tree)
    for n, node in enumerate(ast.walk(tree)):
        for kind, change in CHANGES.items():
            for _, mutate in change(node):
                twin = copy.deepcopy(tree)
                mutate(list(ast.walk(twin))[n])
                text = ast.unparse(ast.fix_missing_locations(twin))
                if text not in seen:
                    seen.add(text)
                    yield f"{kind}: {difference(whole, text)}", ast.parse(text).body[0]


def difference(whole: str, text: str) -> str:
    """Say in which lines two texts differ."""
    lines = [line.strip() for line in ndiff(whole.splitlines(), text.splitlines())]
    old, new = (
        "; ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return f"{old or 'nothing'}  =>  {new or 'nothing'}"


def compiled(hook: str, tree: ast.FunctionDef) -> type[Hypervisor]:
    """Make a submission of a mutant."""
    scope = dict(vars(inspect.getmodule(getattr(Hypervisor, hook))))
    exec(compile(ast.Module([tree], []), f"<mutant of {hook}>", "exec"), scope)
    return type("Mutant", (Hypervisor,), {hook: scope[hook]})


def shown(node: ast.AST) -> str:
    """Show some code on one line."""
    return " ".join(ast.unparse(node).split())[:60]


# ---- what an expression is

READS = set("mrs read_home guest_counter_mask host_counter_mask virtual_counter_mask hpmn".split())
READS |= {"hardware_type", "vgic_populate", "vgic_maintenance", "put", "counter_of"}
NUMBERS = set("implemented cntr_mask used_mask pmcr intid priority group used_lrs writable".split())
OBJECTS = {"cpu": "cpus", "host": "hosts"}
BITWISE = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift, ast.Sub, ast.Add)
LISTS = ("counters", "range")


def mark(tree: ast.FunctionDef) -> None:
    """Mark each expression of a hook that is a number, and name the register that it is for."""
    takes = (arg for arg in tree.args.args if arg.annotation and shown(arg.annotation) == "int")
    known = {arg.arg for arg in takes}
    for node in ast.walk(tree):
        for parent_field in ast.iter_child_nodes(node):
            parent_field.parent = node
        loops = isinstance(node, ast.For) and shown(node.iter).startswith(LISTS)
        if loops and isinstance(node.target, ast.Name):
            known.add(node.target.id)
    for _ in range(3):
        for node in ast.walk(tree):
            node.number = is_number(node, known)
            for target, value in bound(node):
                if is_number(value, known):
                    known.add(target)


def bound(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield the names that an assignment binds, each with its value."""
    for target in node.targets if isinstance(node, ast.Assign) else ():
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts)
            yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))
        elif isinstance(target, ast.Name):
            yield target.id, node.value


def is_number(node: ast.AST, known: set[str]) -> bool:
    """Tell whether an expression is a number; a constant has its own change."""
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return False
    if isinstance(node, ast.Name):
        return node.id in known
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", "") in READS
    if isinstance(node, ast.Subscript):
        return shown(node.value).endswith("regs")
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, BITWISE) and "[" not in shown(node)
    return isinstance(node, ast.Attribute) and node.attr in NUMBERS


def becomes(text: str) -> Callable[[ast.AST], None]:
    """Make the change that writes `text` for an expression, `@` in it being the expression."""

    def mutate(twin: ast.AST) -> None:
        new = ast.parse(text.replace("@", f"({ast.unparse(twin)})"), mode="eval").body
        twin.__class__, twin.__dict__ = new.__class__, new.__dict__

    return mutate


# ---- statements and operators


def drop(node: ast.AST) -> Iterator[Change]:
    """Drop a statement."""
    body = getattr(node, "body", None)
    for k, statement in enumerate(body if isinstance(body, list) else []):
        yield shown(statement), lambda twin, k=k: twin.body.__setitem__(k, ast.Pass())


def swap(node: ast.AST) -> Iterator[Change]:
    """Swap two neighbouring statements."""
    body = getattr(node, "body", None)
    for k in range(len(body) - 1 if isinstance(body, list) else 0):

        def exchange(twin: ast.AST, k: int = k) -> None:
            twin.body[k : k + 2] = twin.body[k + 1], twin.body[k]

        yield f"{shown(body[k])} <-> {shown(body[k + 1])}", exchange


def operator(node: ast.AST) -> Iterator[Change]:
    """Write & for | and | for &, and for or and; one side alone."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(
        node.op, (ast.BitAnd, ast.BitOr)
    ):
        other = ast.BitOr() if isinstance(node.op, ast.BitAnd) else ast.BitAnd()
        yield shown(node), lambda twin: setattr(twin, "op", other)
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield shown(node), lambda twin: setattr(twin, "op", other)
        for k, value in enumerate(node.values if len(node.values) > 1 else ()):
            rest = " and " if isinstance(node.op, ast.And) else " or "
            text = rest.join(f"({ast.unparse(v)})" for n, v in enumerate(node.values) if n != k)
            yield f"without {shown(value)} in {shown(node)}", becomes(text)


def invert(node: ast.AST) -> Iterator[Change]:
    """Drop a ~ or a not; turn a condition round."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Invert, ast.Not)):
        yield shown(node), becomes(f"({ast.unparse(node.operand)})")
    for name in ("test",):
        test = getattr(node, name, None)
        for value in ("True", "False") if test is not None else ():
            yield f"{shown(test)} is {value}", _in_field(name, value)


def _in_field(name: str, text: str) -> Callable[[ast.AST], None]:
    return lambda twin: becomes(text)(getattr(twin, name))


def assign(node: ast.AST) -> Iterator[Change]:
    """Assign where the reference adds bits."""
    if isinstance(node, ast.AugAssign):

        def plain(twin: ast.AST) -> None:
            twin.targets, twin.type_comment = [copy.deepcopy(twin.target)], None
            twin.__class__ = ast.Assign

        yield shown(node), plain


PAIRS = {"SET": "CLR", "CLR": "SET"}
COMPARED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.GtE: ast.Gt,
    ast.Gt: ast.GtE,
}


def name(node: ast.AST) -> Iterator[Change]:
    """Write SET for CLR in a register's name, and CLR for SET."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        for old, new in PAIRS.items():
            if old in node.value and node.value.startswith("PM") and " " not in node.value:
                yield node.value, becomes(repr(node.value.replace(old, new)))


def compare(node: ast.AST) -> Iterator[Change]:
    """Turn a comparison around."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        other = COMPARED[type(node.ops[0])]
        yield shown(node), lambda twin: twin.ops.__setitem__(0, other())


# ---- values


def constant(node: ast.AST) -> Iterator[Change]:
    """Add or take one; take the opposite of a truth value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield repr(node.value), becomes(repr(not node.value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        for step in (1, -1):
            yield f"{node.value} {step:+}", becomes(f"({node.value + step})")


def cut(node: ast.AST) -> Iterator[Change]:
    """Cut a number to some bits."""
    for bits in (32, 31, 16, 10, 8) if getattr(node, "number", False) else ():
        yield f"{shown(node)} to {bits} bits", becomes(f"@ & {(1 << bits) - 1:#x}")


def bit(node: ast.AST) -> Iterator[Change]:
    """Force a bit of a number to 0 or to 1."""
    for n in FORCED if getattr(node, "number", False) else ():
        yield f"{n} of {shown(node)} is 0", becomes(f"@ & ~{1 << n:#x}")
        yield f"{n} of {shown(node)} is 1", becomes(f"@ | {1 << n:#x}")


FORCED = (0, 1, 2, 30, 31, 63)


def sign(node: ast.AST) -> Iterator[Change]:
    """Turn the sign of a number, and fill it up with the sign of 32 bits."""
    if getattr(node, "number", False):
        yield shown(node), becomes("-@")
        yield f"of 32 bits, {shown(node)}", becomes("((@ & 0xffffffff) ^ 0x80000000) - 0x80000000")


# ---- indices

SOME = {
    "first": "tuple(@)[:1]",
    "last": "tuple(@)[-1:]",
    "all but the first": "tuple(@)[1:]",
    "all but the last": "tuple(@)[:-1]",
    "the first eight": "tuple(@)[:8]",
    "the last first": "tuple(@)[::-1]",
}
BELOW = {"up to 7": "< 8", "0 alone": "== 0", "not 30": "!= 30", "not 31": "!= 31", "not 0": "> 0"}


def some(node: ast.AST) -> Iterator[Change]:
    """Take some of several."""
    loop = node.iter if isinstance(node, (ast.For, ast.comprehension)) else None
    chosen = [*SOME.items()] if loop is not None else []
    if loop is not None and shown(loop).startswith(LISTS):
        chosen += [(what, f"[n for n in @ if n {test}]") for what, test in BELOW.items()]
    for what, text in chosen:
        yield f"{what} of {shown(loop)}", lambda twin, text=text: becomes(text)(twin.iter)


NEAR = ("@ + 1", "max(@ - 1, 0)", "@ & 7", "@ & 15", "min(@, 30)", "0", "31")


def index(node: ast.AST) -> Iterator[Change]:
    """Take a neighbour of an index, or one of few."""
    if isinstance(node, ast.Name) and node.id in ("idx", "lr") and isinstance(node.ctx, ast.Load):
        parent = node.parent
        where = shown(parent) if not isinstance(parent, ast.FormattedValue) else "a name"
        for text in NEAR:
            yield f"{text.replace('@', node.id)} in {where}", becomes(text)


def other(node: ast.AST) -> Iterator[Change]:
    """Take another CPU's object, or another vCPU."""
    if isinstance(node, ast.Attribute) and shown(node) in ("self.cpu", "self.host"):
        for n in (0, -1):
            text = f"self.{OBJECTS[node.attr]}[{n}]"
            yield f"{text} for {shown(node)} in {shown(node.parent)}", becomes(text)
    if isinstance(node, ast.Name) and node.id == "vcpu" and isinstance(node.ctx, ast.Load):
        yield f"loaded for vcpu in {shown(node.parent)}", becomes("(self.host.loaded or vcpu)")


# ---- bits


def field(node: ast.AST) -> Iterator[Change]:
    """Drop or set a field of a register that is read, written or kept."""
    row = register_of(node)
    for part in row.fields if row else ():
        mask = part.mask
        yield f"{part.name} of {shown(node)} is 0", becomes(f"@ & ~{mask:#x}")
        yield f"{part.name} of {shown(node)} is 1", becomes(f"@ | {mask:#x}")


FAMILIES = {"evcntr": "PMEVCNTR0_EL0", "evtyper": "PMEVTYPER0_EL0", "ICH_LR": "ICH_LR0_EL2"}


def register_of(node: ast.AST):
    """Return the row of the register that a number is for, if that is plain to see."""
    if not getattr(node, "number", False):
        return None
    text = ""
    parent = node.parent
    if isinstance(parent, ast.Call) and getattr(parent.func, "attr", "") == "msr":
        text = shown(parent.args[0]) if node in parent.args[1:] else ""
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("mrs", "read_home"):
        text = shown(node.args[-1])
    elif isinstance(node, ast.Subscript):
        text = shown(node.slice)
    known = next((row for stem, row in FAMILIES.items() if stem in text), text.strip("'\""))
    return REGS.get(known)


CHANGES = {
    change.__name__: change
    for change in (
        *(drop, swap, operator, invert, assign, name, compare),
        *(constant, cut, bit, sign, some, index, other, field),
    )
}
