"""JavaScript and style of the widgets, from the files beside this one.

Each .js file is an ES module of its own, so that an editor, a linter and Node can read it. A widget
has to be one file for anywidget; so the modules are joined here, in the order given, without their
`import` lines and the word `export`. They share one scope then: no two define the same name.

Does not show: anything. There is no build step and no network.
"""

import re
from pathlib import Path

HERE = Path(__file__).parent
IMPORT = re.compile(r"^import .*? from \"\./[\w-]+\.js\";\n", re.M | re.S)
EXPORT = re.compile(r"^export (?=(?:async )?function|class|const|let)", re.M)


def read(name: str) -> str:
    """Read a file that lies beside this module."""
    return (HERE / name).read_text(encoding="utf-8")


def joined(*names: str) -> str:
    """Join modules into one; the last exports the widget."""
    return "\n".join(EXPORT.sub("", IMPORT.sub("", read(name))) for name in names)
