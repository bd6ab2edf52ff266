"""The texts of a posting: a C file, a tree's files, or what a series of patches makes of its files.

Of a file that a series makes all is known; of one that it changes only what its patches show.

Not modelled: renames, binary patches, a base that the patches do not show.
"""

import mailbox
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pmulab.lab.submission.load import InputError

MAILS = (".mbx", ".mbox", ".patch", ".diff", ".eml")
# Where a tree has the functions that the lab knows.
IN_A_TREE = (
    *(f"arch/arm64/kvm/{name}.c" for name in ("pmu-direct", "pmu", "pmu-emul", "debug")),
    *("drivers/perf/arm_pmuv3.c", "arch/arm64/include/asm/arm_pmuv3.h"),
)
HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
MOST = 16 << 20

# The pieces of a file that are known, each a list of lines.
Pieces = dict[str, list[list[str]]]


def texts_of(paths: Sequence[str]) -> dict[str, str]:
    """Read all texts, by the name of their file; `InputError` for what is none."""
    found: dict[str, str] = {}
    pieces: Pieces = {}
    for name in paths:
        path = Path(name)
        if not path.exists():
            raise InputError(f"{path}: no such file")
        if path.is_dir():
            found |= _tree(path)
        elif path.suffix in MAILS:
            for mail in _mails(path):
                _apply(mail, pieces)
        else:
            found[path.name] = _read(path)
    found |= {file: "\n\n".join("\n".join(p) for p in known) for file, known in pieces.items()}
    # A name goes into what is compiled, between quotation marks.
    named = {file.replace('"', "").replace("\\", "/"): text for file, text in found.items()}
    return {file: text for file, text in named.items() if file.endswith((".c", ".h"))}


def _read(path: Path) -> str:
    if path.stat().st_size > MOST:
        raise InputError(f"{path} is larger than {MOST >> 20} MB")
    return path.read_text(encoding="utf-8", errors="replace")


def _tree(path: Path) -> dict[str, str]:
    """Read a tree's files, or those of a folder that is none."""
    inside = [path / name for name in IN_A_TREE if (path / name).is_file()]
    inside = inside or sorted(path.glob("*.c"))
    if not inside:
        raise InputError(f"{path} has no {IN_A_TREE[0]}, and no file in C")
    return {str(one.relative_to(path)): _read(one) for one in inside}


def _mails(path: Path) -> Iterator[str]:
    """Yield the text of each mail, or that of a patch alone."""
    text = _read(path)
    if not text.startswith("From "):
        yield text
        return
    box = mailbox.mbox(path, create=False)
    try:
        for mail in box:
            for part in mail.walk():
                body = part.get_payload(decode=True)
                if isinstance(body, bytes):
                    yield body.decode("utf-8", "replace").replace("\r\n", "\n")
    finally:
        box.close()


# ---- patches


def _apply(mail: str, pieces: Pieces) -> None:
    """Do what a patch says to what is known of its files."""
    lines = mail.split("\n")
    file, at = "", 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("+++ "):
            file = line[4:].split("\t")[0].strip().removeprefix("b/")
        elif file and (hunk := HUNK.match(line)):
            old, new, at = _hunk(lines, at, int(hunk[1] or 1), int(hunk[2] or 1))
            _replace(pieces.setdefault(file, []), old, new)


def _hunk(lines: list[str], at: int, n: int, m: int) -> tuple[list[str], list[str], int]:
    """Read a hunk; returns its lines before and after, and where it ends."""
    old: list[str] = []
    new: list[str] = []
    while at < len(lines) and (len(old) < n or len(new) < m):
        sign, text = lines[at][:1], lines[at][1:]
        at += 1
        if sign in ("-", " ", ""):
            old.append(text)
        if sign in ("+", " ", ""):
            new.append(text)
    return old, new, at


def _replace(pieces: list[list[str]], old: list[str], new: list[str]) -> None:
    """Put a hunk's new lines in the place of its old ones, or beside what is known."""
    for piece in pieces:
        for k in range(len(piece) - len(old) + 1) if old else ():
            if piece[k : k + len(old)] == old:
                piece[k : k + len(old)] = new
                return
    pieces.append(new)
