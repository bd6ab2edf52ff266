"""Run the notebooks and store static outputs only, so that an unopened notebook shows its tables.

    python tests/render_notebooks.py [--check] [NOTEBOOK ...]

What is stored is the same on every machine: text/plain, text/html and printed text; no widget
view, no widget state, no times. (A widget view without its state shows an error in every cell, and
with its state a chart that does nothing.) --check writes nothing and exits 1 where a notebook would
change.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parent.parent
KEPT = ("text/plain", "text/html", "text/markdown")
# Not the exact Python, which differs from one machine to the next.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}>")


def main(words=None):
    """Render the notebooks named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on a change")
    options = parser.parse_args(words)
    paths = options.notebooks or sorted(ROOT.glob("notebooks/*.ipynb"))
    changed = [path for path in paths if update(path, write=not options.check)]
    return int(options.check and bool(changed))


def update(path, write):
    """Render one notebook; say whether it changed."""
    before = path.read_text(encoding="utf-8")
    try:
        after = render(before, path.parent)
    except (CellExecutionError, ValueError) as error:
        sys.exit(f"{path}: {error}")
    changed = before != after
    if write and changed:
        path.write_text(after, encoding="utf-8")
    verdict = ("written" if write else "would change") if changed else "unchanged"
    print(f"{path}: {verdict}")
    return changed


def render(source, folder):
    """Run a notebook's text in its folder and return the text to store."""
    notebook = nbformat.reads(with_ids(source), as_version=4)
    notebook.metadata = nbformat.from_dict(METADATA)
    resources = {"metadata": {"path": str(folder)}}
    settings = {"kernel_name": "python3", "timeout": 60, "record_timing": False}
    NotebookClient(notebook, resources=resources, store_widget_state=False, **settings).execute()
    return nbformat.writes(make_static(notebook), indent=1) + "\n"


def with_ids(source):
    """Give each cell that has none an id made of its text; nbformat would take a random one."""
    notebook, used = json.loads(source), set()
    for cell in notebook["cells"]:
        text = "".join(cell["source"]).encode()
        cell.setdefault("id", hashlib.sha256(text).hexdigest()[:8])
        while cell["id"] in used:
            cell["id"] += "x"
        used.add(cell["id"])
    notebook.update(nbformat=4, nbformat_minor=5)
    return json.dumps(notebook)


def make_static(notebook):
    """Remove from an executed notebook all that differs between runs or needs a live kernel."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        # What the author set (tags, folded source), not what a front end noted.
        kept = {key: cell.metadata[key] for key in ("jupyter", "tags") if cell.metadata.get(key)}
        cell.metadata = nbformat.from_dict(kept)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate((cell for cell in code if cell.source.strip()), 1):
        cell.execution_count = number
        outputs = [static_output(output, number) for output in merged(cell.outputs)]
        cell.outputs = [output for output in outputs if output.get("data", True)]
    return notebook


def merged(outputs):
    """Join neighbouring pieces of one stream; where a kernel splits its text is chance."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def static_output(output, number):
    """Keep the static forms of one output."""
    if "data" in output:
        output.metadata = nbformat.from_dict({})
        kept = {mime: output.data[mime] for mime in KEPT if mime in output.data}
        output.data = nbformat.from_dict(kept)
    if output.output_type == "execute_result":
        output.execution_count = number
    found = ADDRESS.search(json.dumps(output))
    if found:
        why = "an address differs from run to run; give the object a __repr__"
        raise ValueError(
            f"the output of code cell {number} has {found.group().strip('> ')!r}, {why}"
        )
    return output


if __name__ == "__main__":
    # A kernel under Python 3.11+ warns about its debugger and frozen modules; nobody debugs here.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    sys.exit(main())
