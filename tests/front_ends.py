"""What a front end that knows no widgets finds in a notebook: what is shown, and what is missing.

Such are GitHub, nbconvert, a reader of mail. They take text/html or text/plain out of an output and
pass over the rest; some refuse a whole notebook whose `metadata.widgets` has no `state`.
"""

import re
from html.parser import HTMLParser
from itertools import pairwise

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
# What a page may not need: programs, and files of other places.
NEEDS = re.compile(
    r"<(?:script|link|iframe|object|embed)\b|@import\b|(?:\b(?:src|href)=|\burl\()[\"']?(?:https?:)?//",
    re.IGNORECASE,
)


class Words(HTMLParser):
    """Collects the words that are shown, and those that stand for a picture."""

    def __init__(self):
        super().__init__()
        self.hidden, self.found = 0, []

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style")
        self.found += [said for name, said in attrs if name in ("alt", "aria-label") and said]

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data):
        if not self.hidden:
            self.found.append(data)


def words(html):
    """Return the text of some HTML, one space between words."""
    reader = Words()
    reader.feed(html)
    reader.close()
    return " ".join(" ".join(reader.found).split())


def text_of(value):
    """Join a text that a notebook keeps as lines."""
    return value if isinstance(value, str) else "".join(value)


def shown(output):
    """Return what a front end without widgets shows of an output, as text."""
    if output["output_type"] == "stream":
        return text_of(output["text"])
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    data = output["data"]
    return words(text_of(data["text/html"])) if "text/html" in data else plain(output)


def plain(output):
    """Return the text/plain of an output's data."""
    return text_of(output["data"].get("text/plain", ""))


def outputs_of(notebook):
    """List the outputs of a notebook as (cell's number, output)."""
    cells = enumerate(notebook["cells"])
    return [(n, output) for n, cell in cells for output in cell.get("outputs", ())]


def twin_below(notebook):
    """List the numbers of the outputs that are a widget alone, with its twin right below."""
    outputs = outputs_of(notebook)
    return {
        k
        for k, ((n, one), (below, twin)) in enumerate(pairwise(outputs))
        if n == below and VIEW in one.get("data", ()) and "text/html" in twin.get("data", ())
    }


def faults(notebook):
    """List what a front end without widgets would miss, or refuse, in a notebook."""
    found = []
    widgets = notebook["metadata"].get("widgets")
    if widgets is not None and not widgets.get(STATE, {}).get("state"):
        found.append("metadata.widgets has no state")
    told = twin_below(notebook)
    for k, (n, output) in enumerate(outputs_of(notebook)):
        found += [f"cell {n}: {fault}" for fault in faults_of(output, k in told)]
    return found


def faults_of(output, told):
    """List the faults of an output; `told`: its twin is the next one."""
    # Without any data: a line of progress that was taken back.
    if output.get("data") == {} or (told and "text/html" not in output["data"]):
        return []
    if not shown(output).strip():
        return ["an output that shows nothing"]
    if "data" not in output:
        return []
    found = [] if plain(output).strip() else ["an output without text/plain"]
    if VIEW in output["data"] and "text/html" not in output["data"]:
        found.append("a widget without text/html")
    if needs := NEEDS.search(text_of(output["data"].get("text/html", ""))):
        found.append(f"HTML that needs {needs.group()}")
    return found
