"""A folder of files that is written again for each edition, and keeps what somebody has edited.

A list beside the files says what was written, so what differs from it is a teacher's own work.

Not modelled: joining an edit and an update; both are there to be compared.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

LIST = ".pmulab-class.json"


class Update(NamedTuple):
    """What became of each file: written, as it was already, kept though the edition has another."""

    written: tuple[str, ...]
    same: tuple[str, ...]
    kept: tuple[str, ...]


def update(folder: Path, files: Mapping[str, str]) -> Update:
    """Write files by their names in a folder; what was edited there since the last time is kept.

    Raises `ValueError` where the list of a folder cannot be read.
    """
    known = _known(folder)
    outcome: dict[str, list[str]] = {"written": [], "same": [], "kept": []}
    for name, text in files.items():
        there = _hash_of(folder / name)
        new = _hash(text.encode())
        if there == new or (there is not None and new == known.get(name)):
            # An edit is no news where the edition has not changed.
            outcome["same"].append(name)
        elif there is None or there == known.get(name):
            write(folder / name, text)
            outcome["written"].append(name)
        else:
            outcome["kept"].append(name)
            continue
        known[name] = new
    write(folder / LIST, json.dumps(known, indent=1, sort_keys=True) + "\n")
    return Update(*(tuple(names) for names in outcome.values()))


def _known(folder: Path) -> dict[str, str]:
    """Return what was written last, by name."""
    place = folder / LIST
    if not place.exists():
        return {}
    try:
        known = json.loads(place.read_text(encoding="utf-8"))
    except ValueError:
        known = None
    if not isinstance(known, dict):
        raise ValueError(f"{place} is damaged; without it all files there count as edited")
    return known


def _hash_of(path: Path) -> str | None:
    return _hash(path.read_bytes()) if path.is_file() else None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(path: Path, text: str) -> None:
    """Write a file that is there whole, or as it was; what was written is read back.

    Raises `OSError` where it reads otherwise.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        part.write_bytes(text.encode())
        if part.read_bytes() != text.encode():
            raise OSError(f"{path}: it reads otherwise than it was written")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
