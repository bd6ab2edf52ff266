"""A browser's store, for progress where a page's Python has no folder that lasts.

JupyterLite gives Python a folder by a service worker, which no page over plain http has; then files
are gone with the page. `.ci/site/kernel.js` is the store's other side: it keeps progress by rows,
for each notebook has a Python of its own, and reads back what it wrote.

Not modelled: a browser that forgets when it is closed, as a private window does. No page can
tell, so that `carry.py` says it in each.
"""

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# Hears whether something is kept: an empty text, or why it is not.
Told = Callable[[str], None]
# Where JupyterLite puts the folder that lasts.
DRIVE = Path("/drive")
NO_STORE = "this page has no store for it"


class Shelf:
    """What a page has in place of a folder; `why` says why it has nothing."""

    def __init__(self, store: Any):
        self.store = store

    @property
    def why(self) -> str:
        """Return why nothing can be kept, empty where it can."""
        return str(self.store.why) if self.store else NO_STORE

    def add(self, rows: dict, kept: Callable[[str], None], failed: Told) -> None:
        """Keep rows; `kept` gets all that is there now, or an empty text if more is on its way."""
        if self.why:
            failed(self.why)
        else:
            said = self.store.add(json.dumps(rows))
            said.then(lambda text: kept(str(text)), lambda error: failed(str(error)))


def in_a_page() -> bool:
    """Tell whether this Python is a page's, and keeps progress where the page has its store."""
    named = os.environ.get("PMULAB_PROGRESS")
    return sys.platform == "emscripten" and not named


def shelf_for(path: Path) -> Shelf | None:
    """Return the shelf for a file in a page's Python; None where its folder lasts."""
    if not in_a_page() or path.resolve().is_relative_to(DRIVE):
        return None
    return Shelf(getattr(import_module("js"), "pmulabStore", None))
