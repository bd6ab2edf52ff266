"""A Sphinx extension: a name in the prose leads to where it is explained, and says so in a tooltip.

A notebook's cells are Python to Sphinx; it is told here which are C.

Not done: a name inside a cell of code, or in a heading.
"""

import re

from docutils import nodes
from making.names import place_of


def setup(app) -> dict[str, bool]:
    """Let Sphinx call us with each page whose references are known."""
    app.connect("doctree-resolved", link)
    app.connect("doctree-resolved", in_c)
    app.connect("autodoc-process-docstring", plain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def link(app, doctree, page: str) -> None:
    """Make a link of each name that the book explains, where it is not a link already."""
    for literal in list(doctree.findall(nodes.literal)):
        place = place_of(literal.astext())
        outside = not isinstance(literal.parent, (nodes.reference, nodes.title))
        if place and outside and page != place.page and literal.astext() != page:
            to = app.builder.get_relative_uri(page, place.page)
            uri = f"{to}#{place.anchor}" if place.anchor else to
            reference = nodes.reference("", "", internal=True, refuri=uri, reftitle=place.says)
            literal.replace_self(reference)
            reference += literal


def in_c(app, doctree, page: str) -> None:
    """Say of a cell in C that it is: read as Python it would be a warning, which ends the build."""
    for block in doctree.findall(nodes.literal_block):
        if block.astext().startswith("%%kernel_c"):
            block["language"] = "c"


def plain(app, what, name, obj, options, lines: list[str]) -> None:
    """Keep what a docstring says: ours are plain text, in which a star or a bar is no mark-up."""
    parts = "\n".join(lines).split("\n\n")
    lines[:] = "\n\n".join(map(_paragraph, parts)).split("\n")


def _paragraph(text: str) -> str:
    """Write a paragraph for Sphinx; one with an indented line is a table or a piece of code."""
    rows = text.strip("\n").split("\n")
    if any(row.startswith(" ") for row in rows):
        return "\n".join(["::", "", *(f"    {row}" for row in rows)])
    parts = "\n".join(rows).split("`")
    even = len(parts) % 2
    parts[:: 2 if even else 1] = [escape(part) for part in parts[:: 2 if even else 1]]
    return ("``" if even else "\\`").join(parts)


def escape(text: str) -> str:
    """Escape what reStructuredText would read as a mark."""
    return re.sub(r"([\\*|_])", r"\\\1", text)
