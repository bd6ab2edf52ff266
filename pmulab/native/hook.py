"""A class with a hook in C: for whoever takes a class it is one like any other.

Each access is done inside of a Python frame that has the hook's name and the C text's line. So a
trace, an exception and a limit name that line without knowing of C.

Not modelled: what a C line's names were; a trace shows the line and what it did.
"""

import ast
import inspect
import linecache
import re
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.native.build import NotBuilt, built, unit
from pmulab.native.child import RETURN, Child
from pmulab.native.words import BY_NAME, Hook

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
# Runs what it is given, on a line of a text in C.
Frame = Callable[..., Any]


class CText:
    """A text in C under a name and with line numbers of its own, known to whoever shows lines."""

    def __init__(self, hook: str, source: str, first: int) -> None:
        self.source, self.first = source, first
        self.path = f"{hook}~{zlib.crc32(source.encode('utf-8', 'replace')):08x}.c"
        rows = [*([""] * (first - 1)), *source.splitlines()]
        self.last = max(len(rows), 1)
        linecache.cache[self.path] = (len(source), None, [f"{row}\n" for row in rows], self.path)

    @property
    def empty(self) -> bool:
        """Tell whether there is no statement in it: nothing was written yet."""
        return is_empty(self.source)

    def frame(self, name: str, line: int) -> Frame:
        """Return a function of one line, where that line is in the text."""
        return _frame(self.path, name, self.first, min(max(line, self.first), self.last), self.last)


def is_empty(source: str) -> bool:
    """Tell whether the first function of a text has no statement."""
    return not re.search(r"\w", COMMENT.sub("", source).partition("{")[2])


@lru_cache(maxsize=4096)
def _frame(path: str, name: str, first: int, line: int, last: int) -> Frame:
    """Make a function whose call stands on a line, and which is as long as the whole text."""
    tree = ast.parse(f"def {name}(self, act, row):\n _\n return act(self, row)")
    own: Any = tree.body[0]
    for node, at in zip((own, *own.body), (first, first, line)):
        part: Any
        for part in ast.walk(node):
            part.lineno = part.end_lineno = at
    # Where the function ends is where the text ends, for whoever shows all of it.
    own.body[-1].end_lineno = last
    scope: dict[str, Any] = {"_": None}
    exec(compile(tree, path, "exec"), scope)
    made: Frame = scope[name]
    return made


def c_class(hook: str, source: str, first: int = 1, shown: str = "", name: str = "") -> type:
    """Make a class of `Hypervisor` whose hook is a text in C; `KeyError` where C has no such hook.

    `first` is the line at which the text begins in what the compiler calls `shown`. A text that
    cannot be compiled makes a class, too: its hook has the reason as `fault`, and raises it.
    """
    own = BY_NAME[hook]
    text = CText(hook, source, first)
    shown = shown or text.path
    answer = method(own, text, unit(own, source, shown, first), shown)
    return type(name or f"C_{hook}", (Hypervisor,), {hook: answer})


def method(
    own: Hook, text: CText, whole: str, shown: str, options: tuple[str, ...] = ()
) -> Callable[..., Any]:
    """Make a hook of a text; `whole` is what is compiled, with these options."""
    fault, child = "", None
    try:
        child = Child(built(whole, shown, options))
    except NotBuilt as why:
        fault = str(why)
        if not re.search(rf"\b{own.function}\b", text.source):
            fault = f"there is no {own.prototype} in it\n{fault}"

    def call(self: Hypervisor, *given: Any) -> Any:
        if child is None:
            raise NotBuilt(fault)
        try:
            child.begin(0, given)
            row = text.frame(own.name, text.first)(self, _wait, child)
            while row[0] != RETURN:
                row = text.frame(own.name, row[1])(self, child.turn, row)
        except BaseException:
            # Whatever it was: the process may still be in the midst of the call.
            child.stop()
            raise
        return _returned(own, row[2])

    reference: Any = getattr(Hypervisor, own.name)
    answer: Any = call
    answer.__name__, answer.__qualname__ = own.name, own.name
    answer.__signature__ = inspect.signature(reference)
    answer.__doc__ = reference.__doc__
    answer.fault, answer.c_text = fault, text
    return call


def _wait(hyp: Hypervisor, child: Child) -> tuple[int, ...]:
    return child.wait()


def _returned(own: Hook, value: int) -> Any:
    """Return what the library would: nothing, a truth value or a number."""
    if own.returns == "void":
        return None
    return bool(value) if own.returns in ("bool", "irqreturn_t") else value
