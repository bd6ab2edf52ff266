"""Build the book: every notebook as a chapter whose widgets need no kernel, and the library's pages.

    python .ci/book.py [FOLDER]                 build it in FOLDER, by default in build/book
    python .ci/book.py --site ADDRESS [FOLDER]  its pages lead to the site there, for who wants to write

Without an address they lead to a site that is built beside the book. Any server of files can serve it, and it asks no other machine for anything. Sphinx and what it needs
are in build/sphinx (`make book` puts them there once); later builds need no network.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS, SPHINX = ROOT / "docs", ROOT / "build" / "sphinx"
SOURCES = ROOT / "build" / "book-sources"
BOOK = ROOT / "build" / "book"
VIEW = ROOT / "pmulab" / "view"
# What goes into the sources as it is; what makes it does not.
MAKERS = ("making", "live", "__pycache__", "measured.json")
ICONS = re.compile(r"\s*<script[^>]*fontawesome[^>]*></script>|\s*<link[^>]*fontawesome\.js[^>]*>")
USAGE = "python .ci/book.py [--site ADDRESS] [FOLDER]"


def main(words: list[str]) -> int:
    """Prepare the sources and let Sphinx write the pages; return what the shell gets."""
    site, words, said = "", [*words], " ".join(words)
    if words[:1] == ["--site"] and words[1:]:
        site, words = words[1], words[2:]
    if len(words) > 1 or any(word.startswith("-") for word in words):
        print(f"say where to, or nothing: {USAGE}, not {said}")
        return 1
    if not SPHINX.exists():
        print("Sphinx is not in build/sphinx: `make book` fetches it")
        return 1
    book, start = Path(*words).resolve() if words else BOOK, time.monotonic()
    if not site and (book.parent / "site" / "index.html").exists():
        site = "../site"
    prepare(SOURCES / "_static" / "live")
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (DOCS, ROOT, SPHINX)))}
    chapters = ("making", ROOT / "notebooks", SOURCES, *([site] if site else []))
    trees = SOURCES.with_name("book-doctrees")
    sphinx = ("sphinx", "-q", "-E", "-W", "--keep-going", "-j", "auto", "-d", trees, SOURCES, book)
    shutil.rmtree(book, ignore_errors=True)
    for module, *rest in (chapters, sphinx):
        done = subprocess.run([sys.executable, "-m", module, *map(str, rest)], env=environ)
        if done.returncode:
            return done.returncode
    thin(book)
    size = sum(path.stat().st_size for path in book.rglob("*") if path.is_file())
    print(f"{book} is ready ({time.monotonic() - start:.0f} s, {size / 1e6:.0f} MB)")
    print(f"look at it: python3 -m http.server --bind 127.0.0.1 --directory {book.parent}")
    return 0


def thin(book: Path) -> None:
    """Leave out the theme's script of icons, half a megabyte: its style sheet draws the same ones."""
    for page in book.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(ICONS.sub("", text), encoding="utf-8")
    for path in book.rglob("fontawesome.js*"):
        path.unlink()


def prepare(live: Path) -> None:
    """Lay out the pages' sources, the widgets' modules and their style."""
    shutil.rmtree(SOURCES, ignore_errors=True)
    shutil.copytree(DOCS, SOURCES, ignore=shutil.ignore_patterns(*MAKERS))
    shutil.copytree(VIEW / "static", live / "modules")
    for path in (DOCS / "live").iterdir():
        shutil.copy(path, live)
    sheets = sorted((VIEW / "css").glob("*.css"), key=lambda path: path.stem != "palette")
    own = [path for path in sheets if path.stem != "twins"]
    # What a notebook does with an output that waits, a page does in its own way.
    text = "\n".join(path.read_text(encoding="utf-8") for path in own)
    (live / "widgets.css").write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "notebooks" / "images", SOURCES / "images")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
