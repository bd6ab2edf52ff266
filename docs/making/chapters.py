"""Make the book's chapters of the notebooks: outputs as they are stored, widgets to be brought alive.

Each widget's output is its static form in a box that names its record; `live/live.js` puts the live
one in its place. Records, answers and long texts are files of their own below LIVE, which a page
fetches when they come into sight or are asked for.

Not done: cells that are only there for a kernel (`check` of an empty answer) are shown as stored.
"""

import json
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from making.answers import ask
from making.freeze import Frozen, Texts, packed
from making.run import WIDGET, run

BOX = '<div class="pmulab-live" data-live="{name}" data-kind="{kind}">{still}</div>'
# A heading's anchor: JupyterLab keeps its capitals, Sphinx does not.
ANCHOR = re.compile(r"\]\(#[^) ]+")
KEPT = ("text/plain", "text/html", "text/markdown")


def chapter(path: Path, sources: Path, live: Path, bar: str) -> list[dict]:
    """Write one notebook's chapter and its records; return a row for each widget in it."""
    name = path.stem.split("-")[0]
    notebook, texts, rows = json.loads(path.read_text(encoding="utf-8")), Texts(), []
    with TemporaryDirectory() as place:
        ran = run(path, Path(place))
    for n, widget in enumerate(ran.widgets):
        rows.append(write(widget, f"{name}/{n}", live, texts))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = ANCHOR.sub(lambda found: found[0].lower(), "".join(cell["source"]))
    for n, outputs in ran.outputs.items():
        cell = notebook["cells"][n]
        cell["outputs"] = [shown(output, rows) for output in outputs]
        cell["execution_count"] = None
    notebook["cells"] = [cell for cell in notebook["cells"] if is_read(cell)]
    head = notebook["cells"][0]
    title, _, rest = head["source"].partition("\n")
    head["source"] = f"{title}\n\n{bar.format(notebook=path.name)}\n{rest}"
    for text_name, text in texts.items():
        save(live / "texts" / f"{text_name}.txt", text)
    save(sources / path.name, json.dumps(notebook))
    return rows


def write(widget: Any, name: str, live: Path, texts: Texts) -> dict:
    """Write a widget's record and its answers; return what there is, in numbers."""
    frozen = Frozen(widget, texts)
    ask(frozen)
    save(live / "records" / f"{name}.json", packed(frozen.record()))
    if frozen.answers:
        save(live / "records" / f"{name}.answers.json", packed(frozen.answers))
    kind, still = type(widget).__name__, widget.twins()["text/html"]
    box = BOX.format(name=name, kind=kind, still=still)
    return {"name": name, "kind": kind, "answers": len(frozen.answers), "box": box}


def is_read(cell: dict) -> bool:
    """Tell whether a cell is for a reader: help that is commented out, and progress, are not."""
    lines = "".join(cell["source"]).splitlines()
    shown = [line for line in lines if not line.startswith("#")]
    return cell["cell_type"] != "code" or (bool(shown) and not shown[-1].startswith("progress("))


def shown(output: dict, rows: list[dict]) -> dict:
    """Return an output as a page has it."""
    data = output.get("data")
    if data is None:
        return output
    if WIDGET not in data:
        kept = {mime: data[mime] for mime in KEPT if mime in data}
        return {**output, "data": kept}
    box = rows[data[WIDGET]]["box"]
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": box}}


def save(path: Path, text: str) -> None:
    """Write a file and the folders that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_all(notebooks: Path, sources: Path, live: Path, bar: str) -> list[dict]:
    """Write all chapters, each in a process of its own; return a row for each widget."""
    paths = sorted(notebooks.glob("[0-9]*.ipynb"))
    with ProcessPoolExecutor(max_tasks_per_child=1) as pool:
        work = [pool.submit(chapter, path, sources, live, bar) for path in paths]
        return [row for made in work for row in made.result()]
