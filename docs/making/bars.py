"""The line below a page's title: what works here, and where the same notebook runs.

Not done: a look whether an address answers.
"""

from collections.abc import Mapping
from html import escape

BAR = (
    '<p class="lv-bar">Each cell has run, and what you see moves; what needs a Python for that '
    "says so. To write code, {ways}.</p>"
)
SITE = '<a class="lv-go" href="{address}">make it live</a> ({megabytes:.0f} MB to load)'
OTHER = 'open it in <a href="{address}">{name}</a>'
INSTALL = '<code>pip install "pmulab[lab]"</code> and then <code>pmulab lab</code>'
# Stands in an address for the name of a notebook.
NOTEBOOK = "NOTEBOOK"


def bar(ways: Mapping[str, str], megabytes: float, notebook: str, up: int = 0) -> str:
    """Write the line of a page that is `up` folders below the book.

    `ways` are addresses by name; the one called Site may be relative to the book.
    """
    said = []
    for name, address in ways.items():
        there = address if "://" in address else "../" * up + address
        to = escape(there.replace(NOTEBOOK, notebook))
        said.append(
            (SITE if name == "Site" else OTHER).format(address=to, name=name, megabytes=megabytes)
        )
    return BAR.format(ways=", or ".join([*said, INSTALL]))
