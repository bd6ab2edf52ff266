"""The shape of a file of progress, and whether some data has it.

Not modelled: what a value means; a law may have any name.
"""

import json
from typing import Any

FORMAT = 1
# A type, a list of rows, an object with these keys, or with any.
SHAPE = {
    "pmulab_progress": int,
    "exercises": {str: {"attempts": int, "right": bool, "last": str, "law": str}},
    "predictions": [{"question": str, "guess": str}],
}


class Newer(ValueError):
    """A file of progress that a newer pmulab wrote: not ours to read or to write."""


def fits(data: Any, shape: Any) -> bool:
    """Compare data with a shape; see `SHAPE`."""
    if isinstance(shape, type) or type(data) is not type(shape):
        return type(data) is shape
    if isinstance(shape, list):
        parts = [(item, shape[0]) for item in data]
    elif str in shape:
        parts = [(item, shape[str]) for item in data.values()]
    else:
        parts = [(data.get(key), part) for key, part in shape.items()]
    return all(fits(item, part) for item, part in parts)


def parsed(text: str, name: str) -> dict | None:
    """Return what a text holds; None if it is no progress, and `Newer` if a newer pmulab's."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = data.get("pmulab_progress") if isinstance(data, dict) else None
    if type(found) is int and found > FORMAT:
        what = f"{name} is of format {found}, of a newer pmulab; this one knows {FORMAT}"
        raise Newer(f"{what}. It is left as it is, and nothing is kept")
    return data if found == FORMAT and fits(data, SHAPE) else None
