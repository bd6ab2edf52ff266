"""One file that a learner hands in: a zip of notebooks and progress, written and read here.

Nothing of a zip is ever unpacked to a folder: its files are read into memory, each within a limit,
so a name cannot lead anywhere and a bomb ends at its limit.

Not modelled: zips with a password, in several volumes, or in any other compression than deflate.
"""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pmulab.lab.classroom.participants import is_of_moodle, learner_in

SUFFIX = ".zip"
# Of the zip, of all that is in it, and how many files.
MOST, MOST_INSIDE, MOST_FILES = 8 << 20, 32 << 20, 200
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# As ours are named, "ada-2026-11-30.zip", and as browsers name a second one.
NAMED = re.compile(r"-(\d{4}-\d\d-\d\d)(?:\s*\((\d+)\))?$")
# What nobody wrote: what programs keep beside a file.
SKIPPED = re.compile(r"(?:^|/)(?:__MACOSX/|[._])|-checkpoint\.ipynb$")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
STRANGE = (ValueError, OverflowError)


class Member(NamedTuple):
    """A file in a zip, as far as a reader of submissions looks at one."""

    name: str
    content: bytes

    @property
    def suffix(self) -> str:
        """Return how its name ends, with the dot."""
        return PurePosixPath(self.name).suffix


def members(path: Path, kinds: Iterable[str], most: int) -> list[Member]:
    """Read the files of these kinds in a zip, `most` bytes of each; a `ValueError` says why not.

    A file that is longer comes with a byte more than `most`.
    """
    if path.stat().st_size > MOST:
        raise ValueError(f"{path}: it is larger than {MOST >> 20} MB")
    try:
        return read(path.read_bytes(), tuple(kinds), most)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def read(content: bytes, kinds: tuple[str, ...], most: int) -> list[Member]:
    """Read the files of these kinds in the content of a zip; see `members`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive, kinds, most)
    except BROKEN as error:
        raise ValueError(f"it is no zip that can be read: {_one_line(error)}") from None
    except STRANGE as error:
        raise ValueError(_one_line(error)) from None


def _read(archive: zipfile.ZipFile, kinds: tuple[str, ...], most: int) -> list[Member]:
    rows = [row for row in archive.infolist() if not row.is_dir()]
    if len(rows) > MOST_FILES:
        raise ValueError(f"there are more than {MOST_FILES} files in it")
    found, left = [], MOST_INSIDE
    for row in rows:
        _refuse(row)
        if SKIPPED.search(row.filename) or not row.filename.endswith(kinds):
            continue
        with archive.open(row) as file:
            text = file.read(most + 1)
        left -= len(text)
        if left < 0:
            raise ValueError(f"there is more than {MOST_INSIDE >> 20} MB in it")
        found.append(Member(PurePosixPath(row.filename).name, text))
    return found


def _refuse(row: zipfile.ZipInfo) -> None:
    """Raise `ValueError` for what no learner's zip has."""
    name = row.filename
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
        raise ValueError(f"a name in it leads out of it: {name[:60]!r}")
    if stat.S_ISLNK(row.external_attr >> 16):
        raise ValueError(f"a link is in it: {name[:60]!r}")
    if row.flag_bits & 1:
        raise ValueError("it has a password")
    if row.compress_type not in PACKED:
        raise ValueError("it is packed in a way that is not read here")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def packed(files: Mapping[str, str]) -> bytes:
    """Make a zip of texts by their names; the same texts make the same zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            row = zipfile.ZipInfo(name)
            row.compress_type, row.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(row, text)
    return out.getvalue()


def name_for(learner: str, day: str) -> str:
    """Name a file after its learner and a day; letters of every script stay."""
    plain = re.sub(r"[^\w.-]+", "-", learner).strip("-._")[:60]
    return f"{plain or 'learner'}-{day}{SUFFIX}"


def learner_of(path: Path) -> str:
    """Return whose a file is, by its name."""
    return learner_in(path.stem if is_of_moodle(path.stem) else NAMED.sub("", path.stem))


def newest(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """Sort zips by learner, and each learner's by the day in their names, the newest first."""
    found: dict[str, list[Path]] = {}
    for path in sorted(paths, key=_when, reverse=True):
        found.setdefault(learner_of(path), []).append(path)
    return found


def _when(path: Path) -> tuple[str, int]:
    said = NAMED.search(path.stem)
    return (said[1], int(said[2] or 0)) if said else ("", 0)
