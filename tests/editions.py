"""Give each notebook that has changed a new edition: its date in the first cell, its cells listed.

    python tests/editions.py [DATE]     today's by default

Run it before notebooks are handed out; `test_editions.py` says when it is due.
"""

import json
import re
import sys
from datetime import date
from pathlib import Path

from pmulab.lab.course.editions import digest, histories, history_of

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "pmulab" / "lab" / "course" / "editions.json"
LESSON = re.compile(r"^(lesson\([^,)\n]*)(,[^)\n]*)?\)$", re.M)


def main(words):
    """Write what is due."""
    today = words[0] if words else date.today().isoformat()
    table = {}
    for path in sorted(ROOT.glob("notebooks/*.ipynb")):
        number, cells = number_of(path), cells_of(path)
        history = history_of(number)
        if history.cells(history.latest) != cells:
            history = history.on(today, cells)
            print(f"{path.name}: {today}, {len(history.editions[-1].changed)} cells")
        table[number] = [one._asdict() for one in history.editions]
        put_date(path, history.latest)
    TABLE.write_text(json.dumps(table, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    histories.cache_clear()


def number_of(path):
    """Return what a notebook is called by: "4" of 04-preemption, "7b" of 07b-the-list-registers."""
    return path.name.split("-")[0].lstrip("0") or "0"


def cells_of(path):
    """Return the digest of each cell of a notebook, by its id."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: digest("".join(cell["source"])) for cell in cells}


def put_date(path, edition):
    """Write the date of an edition into the cell that begins the lesson."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and LESSON.search("".join(cell["source"])):
            dated = LESSON.sub(rf'\1, "{edition}")', "".join(cell["source"]))
            cell["source"] = dated.splitlines(keepends=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
