"""Write what the book is made of: chapters, pages of reference, the gallery.

    python -m making NOTEBOOKS SOURCES
"""

import sys
from pathlib import Path

from making import cases, chapters, reference

if __name__ == "__main__":
    notebooks, sources = map(Path, sys.argv[1:])
    live = sources / "_static" / "live"
    reference.write(sources / "reference")
    n = cases.write_all(sources / "gallery", sources / "_static" / "notebooks", live)
    rows = chapters.write_all(notebooks, sources, live)
    answers = sum(row["answers"] for row in rows)
    print(f"{len(rows)} widgets, which know {answers:,} answers; {n} pages of the gallery")
