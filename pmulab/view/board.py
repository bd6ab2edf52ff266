"""A sheet as a widget: its rows over time above, its table at one position below.

A column of the picture is a position at which some row changes, so a long trace in which little
changes is short. All is drawn in the browser, from facts that Python worked out once.

Does not show: the records between two changes, except as steps of the slider.
"""

import json

from pmulab.sim.trace import Trace
from pmulab.view.assets import script, style
from pmulab.view.sheet import Beside, Sheet
from pmulab.view.stepper import Stepper
from pmulab.view.steps import sentence
from pmulab.view.words import AT_CYCLE, CHANGED, HEADING, SHEET

FORMAT = 2
WORDS = {"heading": HEADING, "cycle": AT_CYCLE, "caption": SHEET, "changed": CHANGED}


class Board(Stepper):
    """A sheet and a position in its trace, as a widget."""

    _esm = script("board")
    _css = style("palette", "player", "board")

    def __init__(self, sheet: Sheet, at: int = 0, **more):
        self.sheet, self.what = sheet, sheet.title
        super().__init__(sheet.trace, wire(sheet, **more), at)

    def beside(self, n: int) -> Beside | None:
        """Return a column to put beside the table at position n; a plain board has none."""
        return None

    def to_text(self, n: int | None = None) -> str:
        """Print what is shown at position n, or where it is now."""
        n = self.index if n is None else n
        return self.sheet.to_text(n, self.beside(n))

    def to_html(self, n: int | None = None) -> str:
        """Write position n as a static table."""
        n = self.index if n is None else n
        return self.sheet.to_html(n, self.beside(n))


def wire(sheet: Sheet, **more) -> str:
    """Write a sheet for the browser, as JSON; each text is sent once."""
    texts: dict[str, int] = {}
    trace: Trace = sheet.trace
    data = {
        "format": FORMAT,
        "words": WORDS,
        "title": sheet.title,
        "scenario": trace.scenario,
        "length": len(trace),
        "times": [record.time for record in trace],
        "sentences": [texts.setdefault(sentence(r), len(texts)) for r in (None, *trace)],
        "columns": sheet.columns,
        "rows": [
            {"name": row.name, "kind": row.kind, "points": [[n, *shown] for n, shown in row.points]}
            for row in sheet.rows
        ],
        "says": sheet.says,
        "names": sheet.names,
        "boundary": sheet.boundary,
        "legend": sheet.legend,
    }
    return json.dumps(data | more | {"texts": list(texts)}, separators=(",", ":"))
