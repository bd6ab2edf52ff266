"""Reads files of rows: TOML, a table for each row, whose title is the row's first field.

What a row may have, and of which type, is said once: by the class that the rows become.

Not modelled: references from one row to another.
"""

import inspect
import tomllib
from pathlib import Path
from typing import get_args


def read_rows(path: Path, kind: type) -> tuple:
    """Read every table of a file as a `kind`; a `ValueError` names the row and the key."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: {error}") from None
    return tuple(_row(kind, f"{path.name}, {title}", title, row) for title, row in tables.items())


def _row(kind: type, where: str, title: str, row: object):
    _, *fields = inspect.signature(kind).parameters.values()
    known = [field.name for field in fields]
    if not isinstance(row, dict):
        raise ValueError(f"{where}: a table is needed, not {row!r}")
    for key in row:
        if key not in known:
            raise ValueError(f"{where}: no key {key}; there are {' '.join(known)}")
    for field in fields:
        _check(where, field, row)
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return kind(title, **values)


def _check(where: str, field: inspect.Parameter, row: dict) -> None:
    if field.name not in row:
        if field.default is field.empty:
            raise ValueError(f"{where}: {field.name} is missing")
    elif not _fits(row[field.name], field.annotation):
        due = getattr(field.annotation, "__name__", "")
        due = str(field.annotation) if get_args(field.annotation) else due
        raise ValueError(f"{where}: {field.name} must be {due}, not {row[field.name]!r}")


def _fits(value: object, due: type) -> bool:
    """Compare a value of the file with an annotation: a class, or a tuple of some of them."""
    kinds = get_args(due)
    if not kinds:
        return type(value) is due
    if not isinstance(value, list):
        return False
    kinds = kinds[:1] * len(value) if kinds[-1] is ... else kinds
    return [type(item) for item in value] == list(kinds)
