"""Stands between a submission's hook and whoever calls it.

What comes back is plain data, what is raised is safe to handle, what is left behind is of its kind.

Not modelled: a sandbox.
"""

from collections.abc import Iterable
from contextlib import suppress
from functools import reduce

from pmulab.explorer.result import PASSING, traceback_of
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.submission.answers import plain, tame
from pmulab.lab.submission.left import Left, noted, settle


def guarded(hypervisor: type, hook: str, calls: list[str] | None = None) -> type:
    """Make a hypervisor whose hook gives and leaves plain data, and raises what can be handled.

    Guards that share `calls`, the hooks that run now, look at what the outermost call leaves.
    """
    running = [] if calls is None else calls

    def _answer(hyp, *args, **named):
        if running:
            return plain(getattr(super(guard, hyp), hook)(*args, **named))
        things = noted(hyp, (*args, *named.values()))
        running.append(hook)
        try:
            answer = plain(getattr(super(guard, hyp), hook)(*args, **named))
        except PASSING:
            raise
        except BaseException as error:
            # What was raised is told, not what cannot stay.
            with suppress(Left):
                settle(things)
            twin = tame(error)
            if twin is error:
                raise
            raise twin.with_traceback(traceback_of(error)) from None
        finally:
            running.clear()
        settle(things)
        return answer

    guard = type(hypervisor.__name__, (hypervisor,), {hook: _answer})
    return guard


def guard_all(hypervisor: type) -> type:
    """Guard every hook that a class and its bases replace."""
    own = [cls for cls in hypervisor.__mro__ if cls not in Hypervisor.__mro__]
    hooks = {name for cls in own for name, value in vars(cls).items() if _is_hook(name, value)}
    return guard_each(hypervisor, sorted(hooks))


def guard_each(hypervisor: type, hooks: Iterable[str]) -> type:
    """Guard some hooks together."""
    calls: list[str] = []
    return reduce(lambda cls, hook: guarded(cls, hook, calls), hooks, hypervisor)


def _is_hook(name: str, value: object) -> bool:
    return callable(value) and not name.startswith("_") and hasattr(Hypervisor, name)
