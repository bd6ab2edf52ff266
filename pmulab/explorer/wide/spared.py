"""Which drawn cases can tell nothing of a hook: those in which the library never calls it.

Up to the first call of its hook an answer's run is the library's. Where no call comes it is the
library's to the end, and no law accuses that: so the case need not be run again.

Not modelled: a class that replaces more than the hook.
"""

import json
from functools import cache
from pathlib import Path

from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI

# For each hook: of how many cases, own ones and those beside, and a bit for each such seed, as hex
# text. `python tests/explorer/never_called.py` writes it, and a test finds it again.
FILE = Path(__file__).with_name("never_called.json")


def spared(hook: str) -> frozenset[int]:
    """Return the seeds of a hook's cases in which the library never calls it, as far as known."""
    focus = FOCI.get(hook, PLAIN)
    own, beside, never = _rows().get(hook, (0, 0, "0"))
    if (own, beside) != (focus.cases, focus.beside):
        # Another number of cases makes other draws of those seeds.
        return frozenset()
    bits = int(never, 16)
    return frozenset(seed for seed in range(own + beside) if bits >> seed & 1)


@cache
def _rows() -> dict[str, tuple[int, int, str]]:
    rows: dict[str, tuple[int, int, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows
