"""Mutation test of the checker: `make mutants`. Machine-made mutants of the reference's hooks.

Each is judged by the exercises of its hook: caught, or equivalent (every world closed with it).
The equivalents are explained in `EXPLAINED`; one that is not there is a survivor, exit status 1.
"""

import ast
import copy
import inspect
import os
import sys
import textwrap
import time

os.environ["PMULAB_PROGRESS"] = "off"

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.check import check
from pmulab.lab.exercises.rows import EXERCISES

PAIRS = {"SET": "CLR", "CLR": "SET"}
COMPARED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.LtE,
    ast.GtE: ast.Gt,
}
ONE_STEP = "a hook is one step: nothing counts at EL2 and no interrupt comes between its lines"
FREE_ORDER = "two neighbours whose order is free, also where each access takes a moment"
SAME_STATE = "the SET and the CLR name read the same state"
EMULATED = "only for a VM without a partition; no small world has one"
# (hook, part of the mutation, why no law can tell it from the reference).
EXPLAINED = (
    ("write_pair", "swap", "the two writes touch different bits, so their order is free"),
    ("", "emulated", EMULATED),
    ("", "is_partitioned", EMULATED),
    ("guest_counter_mask", "return 0", EMULATED),
    ("guest_counter_mask", "constant 0", EMULATED),
    ("write_type", "constant 1", EMULATED),
    ("resync_event_filter", "compare self.host.loaded", EMULATED),
    *((hook, "swap", FREE_ORDER) for hook in ("pmu_load", "pmu_put")),
    ("fold_overflow", "swap", ONE_STEP),
    *((hook, "swap", ONE_STEP) for hook in ("handle_host_irq", "handle_guest_irq")),
    *((hook, "swap", ONE_STEP) for hook in ("take_ownership", "set_guest_counters")),
    *((hook, "swap", ONE_STEP) for hook in ("vgic_populate", "vgic_flush", "vgic_fold")),
    ("update_state", "swap", ONE_STEP),
    ("pmu_put", "name PM", SAME_STATE),
    ("fold_overflow", "name PM", SAME_STATE),
    ("handle_host_irq", "name PM", SAME_STATE),
    ("pmu_load", "operator mask | (1 <<", "differs only for a guest without counters, no HPMN0"),
    ("pmu_load", "constant 1", "the same: HPMN and the guest's counters are one number else"),
    ("set_guest_counters", "not self.config.dynamic", "lends what was reserved: no law forbids it"),
    ("set_guest_counters", "drop return", "the same"),
    ("set_guest_counters", "waiting", "more is rescheduled, or less: each event has a place again"),
    ("set_guest_counters", "self.host.used_mask & mask", "the same"),
    ("set_guest_counters", "compare event.idx", "the same"),
    ("set_guest_counters", "invert not mask", "the same"),
    (
        "handle_host_irq",
        "drop self.driver_stop",
        "the handler takes no time, so nothing counts in it",
    ),
    ("handle_host_irq", "operator overflow & ~own", "one more call with no flag: it does nothing"),
    ("handle_guest_irq", "drop overflow &=", "the split hands it nothing but the guest's flags"),
    ("vgic_flush", "irqs.sort", "the list is sorted by its chosen part, or not at all"),
)


def explained(hook, mutation):
    """Return why a mutant is equivalent, or nothing."""
    found = [why for on, part, why in EXPLAINED if on in ("", hook) and part in mutation]
    return found[0] if found else ""


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
    return " ".join(ast.unparse(node).split())[:60]


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


def judge(hook, tree):
    """Return the law or error that catches a mutant, or nothing where no world does."""
    submission = compiled(hook, tree)
    for row in EXERCISES.values():
        if row.hook == hook:
            verdict = check(row.id, submission, seconds=60)
            if not verdict.right:
                return verdict.law or verdict.kind
    return ""


def main(hooks):
    """Judge every mutant of the hooks that have an exercise; print the score."""
    began, total, equivalent, survivors = time.perf_counter(), 0, [], []
    for hook in dict.fromkeys(row.hook for row in EXERCISES.values()):
        if hooks and hook not in hooks:
            continue
        caught = 0
        for mutation, tree in mutants(hook):
            total += 1
            law = judge(hook, tree)
            caught += bool(law)
            if not law:
                reason = explained(hook, mutation)
                print(f"    not caught: {mutation}", flush=True)
                (equivalent if reason else survivors).append((hook, mutation, reason))
        print(f"{hook:<22} {caught:>4} caught", flush=True)
    print(f"\n{total} mutants: {total - len(equivalent) - len(survivors)} caught, ", end="")
    print(f"{len(equivalent)} equivalent, {len(survivors)} survive unexplained", end="")
    print(f"; {time.perf_counter() - began:.0f} s")
    for title, rows in (("equivalent", equivalent), ("SURVIVES", survivors)):
        for hook, mutation, reason in rows:
            print(f"{title}: {hook}: {mutation}" + (f"\n    {reason}" if reason else ""))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
