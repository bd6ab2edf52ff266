"""Machine-made mutants of the reference's hooks: every small change of their syntax trees.

The edits among which hints look, and of values (widths, single bits, signs), conditions, indices
(off by one, some of several, another CPU's or another vCPU's) and fields of a register.
"""

import ast
from collections.abc import Iterator
from difflib import ndiff

from pmulab.hw.sysregs import REGS
from pmulab.lab.gallery import edits
from pmulab.lab.gallery.edits import Change, becomes, function_of


def mutants(hook: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield (description, tree) for every mutant of a hook, each text once."""
    tree = function_of(hook)
    whole = ast.unparse(tree)
    mark(tree)
    for kind, _, twin in edits.edited(tree, CHANGES):
        yield f"{kind}: {difference(whole, ast.unparse(twin))}", twin


def difference(whole: str, text: str) -> str:
    """Say in which lines two texts differ."""
    lines = [line.strip() for line in ndiff(whole.splitlines(), text.splitlines())]
    old, new = (
        "; ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return f"{old or 'nothing'}  =>  {new or 'nothing'}"


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


# ---- conditions


def operator(node: ast.AST) -> Iterator[Change]:
    """Exchange an operator; take one side of a BoolOp away."""
    yield from edits.operator(node)
    if isinstance(node, ast.BoolOp) and len(node.values) > 1:
        rest = " and " if isinstance(node.op, ast.And) else " or "
        for k, value in enumerate(node.values):
            text = rest.join(f"({ast.unparse(v)})" for n, v in enumerate(node.values) if n != k)
            yield f"without {shown(value)} in {shown(node)}", becomes(text)


OTHERS = {ast.In: ast.NotIn, ast.NotIn: ast.In, ast.LtE: ast.Lt, ast.Gt: ast.GtE}


def compare(node: ast.AST) -> Iterator[Change]:
    """Turn a comparison around, of any kind."""
    yield from edits.compare(node, edits.COMPARED | OTHERS)


def constant(node: ast.AST) -> Iterator[Change]:
    """Add or take one; take the opposite of a truth value."""
    yield from edits.constant(node)
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield repr(node.value), becomes(f"({node.value - 1})")


def invert(node: ast.AST) -> Iterator[Change]:
    """Drop a ~ or a not; decide a condition beforehand."""
    yield from edits.invert(node)
    test = getattr(node, "test", None)
    for value in ("True", "False") if test is not None else ():
        yield f"{shown(test)} is {value}", lambda twin, value=value: becomes(value)(twin.test)


# ---- values


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


CHANGES = edits.CHANGES | {
    change.__name__: change
    for change in (operator, invert, compare, constant, cut, bit, sign, some, index, other, field)
}
