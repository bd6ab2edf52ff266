"""Write what the book is made of: chapters, pages of reference, the gallery.

python -m making NOTEBOOKS SOURCES [SITE]     SITE: the address of the site, from the book
"""

import json
import sys
from pathlib import Path

from making import cases, chapters, reference
from making.bars import bar

MEASURED = json.loads((Path(__file__).parent.parent / "measured.json").read_text())
# The first widget of the course is on the front page as well.
FIRST = "00/0"


def main(words: list[str]) -> None:
    """Write everything below the folder of sources."""
    notebooks, sources = map(Path, words[:2])
    site = "".join(words[2:])
    live = sources / "_static" / "live"
    size = MEASURED["site_first_visit_megabytes"]
    reference.write(sources / "reference")
    n = cases.write_all(sources / "gallery", live, bar(site, size, 1))
    rows = chapters.write_all(notebooks, sources, live, bar(site, size, 0))
    front = sources / "index.md"
    box = next(row["box"] for row in rows if row["name"] == FIRST)
    front.write_text(front.read_text(encoding="utf-8").replace("<!-- first -->", box), "utf-8")
    answers = sum(row["answers"] for row in rows)
    print(f"{len(rows)} widgets, which know {answers:,} answers; {n} pages of the gallery")


if __name__ == "__main__":
    main(sys.argv[1:])
