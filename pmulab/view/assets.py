"""JavaScript and style of the widgets, from files below this one.

A widget has to be one file for anywidget. `static/` has one for each, which `make bundle` writes
from the ES modules in `js/`; it is committed, so that nobody needs npm to use pmulab. Style sheets
are joined as they are.

Does not show: anything. There is no network.
"""

from pathlib import Path

HERE = Path(__file__).parent


def script(widget: str) -> str:
    """Read the one file that draws a widget."""
    return (HERE / "static" / f"{widget}.js").read_text(encoding="utf-8")


def style(*names: str) -> str:
    """Join style sheets; a later one adds to those before it."""
    return "".join((HERE / "css" / f"{name}.css").read_text(encoding="utf-8") for name in names)
