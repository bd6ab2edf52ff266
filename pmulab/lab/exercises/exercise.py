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
    # How it begins in C, where C is asked for.
    prototype: str = ""

    @property
    def starter(self) -> str:
        """Return the line that a submission begins with."""
        size = "one line" if self.lines == 1 else f"{self.lines} lines"
        if self.prototype:
            return f"{self.prototype}, the same in C"
        return f"def {self.hook}({self.arguments}), roughly {size}"
