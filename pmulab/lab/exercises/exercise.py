"""What an exercise is: a hook to write, worlds to judge it in, hints.

Not modelled: an order; the notebooks give one.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """An exercise: where it is taught, which hook to write, where it is judged, what helps."""

    id: str
    notebook: str
    hook: str
    about: str
    lines: int
    worlds: tuple[str, ...]
    hints: tuple[str, str, str]
    read_next: str
    arguments: str = "self, vcpu"
    # Hooks that are asked for in the same class, and the scenario that is run where no world is
    # searched.
    also: tuple[str, ...] = ()
    scenario: str = ""
    # How it begins in C, where C is asked for.
    prototype: str = ""

    @property
    def hooks(self) -> tuple[str, ...]:
        """Return every hook that the exercise asks for."""
        return (self.hook, *self.also)

    @property
    def starter(self) -> str:
        """Return the line that a submission begins with."""
        size = "one line" if self.lines == 1 else f"{self.lines} lines"
        if self.prototype:
            return f"{self.prototype}, the same in C"
        hooks = " and ".join(f"def {hook}({self.arguments})" for hook in self.hooks)
        return f"{hooks}, roughly {size}"
