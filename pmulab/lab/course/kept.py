"""An answer that passed, as a text that stands alone: imports, constants, helpers, the class.

The text is made of what the hook uses, wherever in a notebook that was written, and is read back
into a module of its own. So helpers of two answers may have one name.

Not modelled: classes of the learner's own, and what a hook takes from an enclosing function; such
an answer is not kept.
"""

import ast
import builtins
import dis
import inspect
import linecache
import sys
import types
from collections.abc import Iterator
from textwrap import dedent, indent

from pmulab.explorer.result import describe
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.own import members

# As many characters as an answer may have; an honest one has some hundred.
MOST = 20_000
WRAPPED = (staticmethod, classmethod)
# What a text of ours has at its margin.
STATEMENTS = (ast.Import, ast.ImportFrom, ast.Assign, ast.FunctionDef, ast.ClassDef)
# How a function takes a name from its module.
GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")
# Where a name of several modules is taken from: hardware and software first.
FIRST = ("pmulab.hw.", "pmulab.kvm.")


class NotKept(ValueError):
    """What cannot be written down, or read back, and why."""


# ---- written down


def text_of(row: Exercise, submission: type) -> str:
    """Write an answer down as a text that stands alone; `NotKept` says what cannot be."""
    if hasattr(getattr(submission, row.hook), "c_text"):
        raise NotKept("it is in C, and answers are joined in Python")
    writer = Writer(submission)
    body = [writer.member(name, value) for name, value in members(row.hook, submission).items()]
    own = indent("\n\n".join(body), "    ")
    text = writer.text(f"class {submission.__name__}(Hypervisor):\n{own}\n")
    if len(text) > MOST:
        raise NotKept(f"it has {len(text)} characters, more than {MOST}")
    class_in(text, row.id)
    return text


class Writer:
    """Collects what the functions of an answer use: a line or a definition for each name."""

    def __init__(self, submission: type):
        self.submission = submission
        self.lines = {"Hypervisor": "from pmulab.kvm.hypervisor import Hypervisor"}
        self.helpers: dict[str, str] = {}

    def text(self, own: str) -> str:
        """Join all that was collected, and the class."""
        parts = ["\n".join(sorted(self.lines.values(), key=_imports_first))]
        return "\n\n\n".join([*parts, *self.helpers.values(), own])

    def member(self, name: str, value: object) -> str:
        """Write down a member of the class."""
        function = value.__func__ if isinstance(value, WRAPPED) else value
        function = value.fget if isinstance(value, property) else function
        if not isinstance(function, types.FunctionType):
            return f"{name} = {literal(name, value)}"
        source = self.function(function)
        if function.__name__ == name:
            return source
        self.helpers[function.__name__] = source
        return f"{name} = {function.__name__}"

    def function(self, function: types.FunctionType) -> str:
        """Return a function's source, and collect what it uses."""
        try:
            source = dedent(inspect.getsource(function)).strip("\n")
            tree = ast.parse(source)
        except (OSError, SyntaxError):
            raise NotKept(f"the source of {function.__name__} is nowhere to be read") from None
        if set(function.__code__.co_freevars) - {"__class__"}:
            raise NotKept(f"{function.__name__} uses variables of the function around it")
        names = {*_globals(function.__code__), *_of_the_head(tree)}
        for name in sorted(names & function.__globals__.keys()):
            self.use(name, function.__globals__[name])
        return source

    def use(self, name: str, value: object) -> None:
        """Collect what a name stands for, once."""
        known = (self.submission, getattr(builtins, name, self))
        if name in self.lines or name in self.helpers or any(value is it for it in known):
            return
        if place := found_in(name, value):
            self.lines[name] = place
        elif isinstance(value, types.FunctionType) and value.__name__ == name:
            # Before its text, which may name it again.
            self.helpers[name] = ""
            self.helpers[name] = self.function(value)
        else:
            self.lines[name] = f"{name} = {literal(name, value)}"


def _globals(code: types.CodeType) -> Iterator[str]:
    """Yield the names that some code takes from its module; a variable of its own is none."""
    yield from (step.argval for step in dis.get_instructions(code) if step.opname in GLOBALS)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _globals(inner)


def _of_the_head(tree: ast.Module) -> Iterator[str]:
    """Yield the names that are looked up when a function is defined: annotations, defaults."""
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            head = [function.args, *function.decorator_list, function.returns]
            for node in filter(None, head):
                yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def _imports_first(line: str) -> tuple[bool, str]:
    return not line.startswith(("from", "import")), line


def found_in(name: str, value: object) -> str:
    """Write the import that gives a value this name; empty where no module has it."""
    if isinstance(value, types.ModuleType):
        return f"import {value.__name__} as {name}" if value.__spec__ else ""
    home, own = getattr(value, "__module__", None), getattr(value, "__name__", name)
    if home in sys.modules and _is_library(home) and vars(sys.modules[home]).get(own) is value:
        return f"from {home} import {own}" + (f" as {name}" if own != name else "")
    ours = [module for module in [*sys.modules] if module.startswith("pmulab.")]
    for module in sorted(ours, key=lambda module: (not module.startswith(FIRST), module)):
        if vars(sys.modules[module]).get(name, ours) is value:
            return f"from {module} import {name}"
    return ""


def _is_library(module: str) -> bool:
    """Tell whether a module can be imported in another process: it is no learner's."""
    return module.partition(".")[0] in (*sys.stdlib_module_names, "pmulab") and module != "__main__"


def literal(name: str, value: object) -> str:
    """Write a value as Python does, where that says it all."""
    try:
        if ast.literal_eval(repr(value)) == value:
            return repr(value)
    except (ValueError, SyntaxError):
        pass
    raise NotKept(f"it uses {name}, {_kind(value)}")


def _kind(value: object) -> str:
    return f"a {type(value).__name__}" if not isinstance(value, type) else "a class of your own"


# ---- read back


def class_in(text: str, id: str) -> type:
    """Run a text in a module of its own and return its class; `NotKept` if it is none of ours."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotKept("it is no Python") from None
    if odd := next(_odd(tree), None):
        raise NotKept(f"line {odd.lineno} is not of the kind that `check` keeps")
    module = types.ModuleType(f"kept_{id.replace('.', '_')}")
    place = f"<kept {id}>"
    # Where tracebacks, the player and `inspect` look for the source.
    linecache.cache[place] = len(text), None, text.splitlines(keepends=True), place
    try:
        exec(compile(text, place, "exec"), vars(module))
    except Exception as error:
        raise NotKept(f"it cannot be read back: {describe(error)}") from None
    found = vars(module).get(tree.body[-1].name)  # type: ignore[attr-defined]
    if not (isinstance(found, type) and issubclass(found, Hypervisor)):
        raise NotKept("it has no hypervisor at its end")
    return found


def _odd(tree: ast.Module) -> Iterator[ast.stmt]:
    """Find what would do something as soon as it is read, but to define."""
    yield from (node for node in tree.body if not isinstance(node, STATEMENTS))
    yield from (
        node for node in tree.body if isinstance(node, ast.Assign) and not _is_plain(node.value)
    )
    if not tree.body or not isinstance(tree.body[-1], ast.ClassDef):
        yield ast.Pass(lineno=1)


def _is_plain(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True
