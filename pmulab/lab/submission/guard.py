"""Stands between a submission's hook and whoever calls it.

What comes back is plain data, what is raised is safe to handle, what is left behind is of its kind.

Not modelled: a sandbox.
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import reduce
from traceback import extract_tb

from pmulab.explorer.result import GUARD, LIBRARY, PASSING, traceback_of
from pmulab.kvm.nested import Nested
from pmulab.lab.submission.answers import plain, tame
from pmulab.lab.submission.left import Left, Watch


def guarded(hypervisor: type, hook: str, calls: list[str] | None = None) -> type:
    """Make a hypervisor whose hook gives and leaves plain data, and raises what can be handled.

    Guards that share `calls`, the hooks that run now, look at what the outermost call leaves.
    """
    running = [] if calls is None else calls
    watch = Watch()

    def _answer(hyp, *args, **named):
        if running:
            return plain(getattr(super(guard, hyp), hook)(*args, **named))
        things = watch.noted(hyp, (*args, *named.values()))
        running.append(hook)
        try:
            answer = plain(getattr(super(guard, hyp), hook)(*args, **named))
        except PASSING:
            raise
        except BaseException as error:
            # What was raised is told, not what cannot stay.
            with suppress(Left):
                watch.settle(things)
            twin = tame(error)
            if twin is error:
                raise
            raise twin.with_traceback(traceback_of(error)) from None
        finally:
            running.clear()
        watch.settle(things)
        return answer

    guard = type(hypervisor.__name__, (hypervisor,), {hook: _answer})
    setattr(guard, TWIN, _brisk(brisk(hypervisor), hook))
    return guard


# The attribute of a guarded class that holds the class that is quick.
TWIN = "__brisk__"


def brisk(hypervisor: type) -> type:
    """Return the same hypervisor without a look at what its hooks leave, which is dear.

    Where that matters the laws accuse it or raise; then the guarded one is to do the same again.
    """
    return vars(hypervisor).get(TWIN, hypervisor)


def _brisk(hypervisor: type, hook: str) -> type:
    def _answer(hyp, *args, **named):
        return plain(getattr(super(twin, hyp), hook)(*args, **named))

    twin = type(hypervisor.__name__, (hypervisor,), {hook: _answer})
    return twin


def is_of_an_object(error: BaseException) -> bool:
    """Tell whether an exception came from what a hook had left, and not from a hook that ran."""
    paths = [row.filename for row in extract_tb(error.__traceback__)]
    return not paths[-1].startswith(LIBRARY) and not any(GUARD in path for path in paths)


def guard_all(hypervisor: type) -> type:
    """Guard every hook that a class and its bases replace."""
    own = [cls for cls in hypervisor.__mro__ if cls not in Nested.__mro__]
    hooks = {name for cls in own for name, value in vars(cls).items() if _is_hook(name, value)}
    return guard_each(hypervisor, sorted(hooks))


def guard_each(hypervisor: type, hooks: Iterable[str]) -> type:
    """Guard some hooks together."""
    calls: list[str] = []
    return reduce(lambda cls, hook: guarded(cls, hook, calls), hooks, hypervisor)


def _is_hook(name: str, value: object) -> bool:
    return callable(value) and not name.startswith("_") and hasattr(Nested, name)
