"""The class that is judged: the library's hypervisor with a submission's hook and its helpers.

Not modelled: a submission's other hooks; those are the library's.
"""

from types import CellType, FunctionType

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.submission.guard import guarded


def isolate(row: Exercise, submission: type) -> type:
    """Make a hypervisor of the reference, the submission's helpers and its hook, guarded."""
    return guarded(own_class(row, submission), row.hook)


def own_class(row: Exercise, submission: type) -> type:
    """Make a hypervisor of the reference, the submission's helpers and its hook.

    Where that is all there is, it is a class below the submission: whatever its helpers are, and
    whatever they call by `super()`, is as it was written.
    """
    own, name = members(row.hook, submission), submission.__name__
    written = [cls for cls in submission.__mro__ if cls not in Hypervisor.__mro__]
    named = {key for cls in written for key in vars(cls) if key not in OF_ANY_CLASS}
    if named == own.keys():
        return type(name, (submission,), {})
    return with_members(Hypervisor, name, own)


# What a class statement puts into a class by itself.
OF_ANY_CLASS = {
    *vars(type("Empty", (), {})),
    *"__module__ __qualname__ __annotations__ __firstlineno__ __static_attributes__".split(),
}


def members(hook: str, submission: type) -> dict[str, object]:
    """Return a submission's hook and its helpers, by name; other hooks are the reference's."""
    return {
        name: value
        for cls in reversed(submission.__mro__)
        if cls not in Hypervisor.__mro__
        for name, value in vars(cls).items()
        if name == hook or (not hasattr(Hypervisor, name) and not name.startswith("__"))
    }


def with_members(base: type, name: str, own: dict[str, object]) -> type:
    """Make a class of these members, to which their `super()` belongs, too."""
    made = type(name, (base,), {})
    for key, value in own.items():
        setattr(made, key, _bound_to(made, value))
    return made


def _bound_to(cls: type, value):
    """Give a function the class that its `super()` begins from."""
    cells = value.__closure__ if isinstance(value, FunctionType) else None
    if not cells or "__class__" not in value.__code__.co_freevars:
        return value
    at = value.__code__.co_freevars.index("__class__")
    closure = (*cells[:at], CellType(cls), *cells[at + 1 :])
    code, scope, name = value.__code__, value.__globals__, value.__name__
    twin = FunctionType(code, scope, name, value.__defaults__, closure)
    twin.__kwdefaults__ = value.__kwdefaults__
    return twin
