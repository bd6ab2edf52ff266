"""A small world by hand: buttons for what may happen now, the machine, the laws as lamps.

Takes any desk with `facts`, the moves of a bench and a `trace`, so that views need nothing of the
lab.

Does not show: what a hypervisor keeps elsewhere than in registers.
"""

from typing import Any

from pmulab.view.assets import script, style
from pmulab.view.switches import Desk, Panel

PLAIN = ("do", "undo", "redo", "restart", "surprise", "follow")


class BenchPanel(Panel):
    """The bench."""

    _esm = script("bench")
    _css = style("palette", "player", "lines", "bench")


class BenchDesk(Desk):
    """A bench, as a widget; `do` does a move as the button does."""

    panel_of = BenchPanel

    def orders(self) -> dict[str, Any]:
        """Return what can be done on a bench."""
        acts = {name: self._act(name) for name in PLAIN}
        finds = {name: self._find(name) for name in ("find_break", "find_overflow")}
        return super().orders() | acts | finds

    def _act(self, name: str) -> Any:
        def act(*words: Any) -> None:
            self.worker.stop()
            self.close_player()
            getattr(self.desk, name)(*words)
            self.draw()

        return act

    def _find(self, name: str) -> Any:
        return lambda: self.worker.start(getattr(self.desk, name)(), self.draw)

    def do(self, move: int | str) -> None:
        """Do a move by its number or its text; a `ValueError` says what is possible."""
        self.obey({"do": "do", "with": [move]})

    def told(self) -> Any:
        """Return the trace of the path, or None where nothing was done."""
        return self.desk.trace if self.desk.path else None

    def __repr__(self) -> str:
        return f"Bench {self.desk.share()}"
