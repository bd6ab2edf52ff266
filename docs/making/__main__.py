"""Write what the book is made of: chapters, pages of reference, the gallery.

    python -m making NOTEBOOKS SOURCES WAYS

WAYS is JSON: where a notebook runs, as addresses by name; the Site's may be relative to the book.
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from making import cases, chapters, reference
from making.bars import bar

MEASURED = json.loads((Path(__file__).parent.parent / "measured.json").read_text(encoding="utf-8"))
# The first widget of the course is on the front page as well.
FIRST = "00/0"


def main(words: list[str]) -> None:
    """Write everything below the folder of sources; each notebook runs in a process of its own."""
    notebooks, sources = map(Path, words[:2])
    ways, size = json.loads(words[2]), MEASURED["site_first_visit_megabytes"]
    # The site alone has a notebook for each case.
    site = {name: address for name, address in ways.items() if name == "Site"}
    live, one = sources / "_static" / "live", partial(bar, ways, size)
    reference.write(sources / "reference")
    with ProcessPoolExecutor(max_tasks_per_child=1) as pool:
        gallery = partial(bar, site, size, up=1)
        pages = pool.submit(cases.write_all, sources / "gallery", live, gallery)
        paths = sorted(notebooks.glob("[0-9]*.ipynb"))
        work = [pool.submit(chapters.chapter, path, sources, live, one) for path in paths]
        rows = [row for made in work for row in made.result()]
    front = sources / "index.md"
    box = next(row["box"] for row in rows if row["name"] == FIRST)
    front.write_text(front.read_text(encoding="utf-8").replace("<!-- first -->", box), "utf-8")
    answers, n = sum(row["answers"] for row in rows), pages.result()
    print(f"{len(rows)} widgets, which know {answers:,} answers; {n} pages of the gallery")


if __name__ == "__main__":
    main(sys.argv[1:])
