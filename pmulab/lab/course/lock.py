"""A lock between processes that write the same file.

It is a file beside the other one, `.NAME.lock`, which the system unlocks when its owner ends in
whatever way. One that is left over after a kill does no harm, and goes with the next use.

Not modelled: a browser's Python and file systems without locks: there everybody may write. Where an
open file cannot be removed, as on Windows, the lock's file stays.

Source: flock(2).
"""

import contextlib
import errno
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def _module(name: str) -> Any:
    """Import a module that not every system has."""
    with contextlib.suppress(ImportError):
        return import_module(name)
    return None


fcntl, msvcrt = _module("fcntl"), _module("msvcrt")
PATIENCE, PAUSE = 5.0, 0.005
BUSY = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
# A browser's Python is one process, and says yes to a lock that it does not take.
LOCKS = bool(fcntl or msvcrt) and sys.platform != "emscripten"


@contextlib.contextmanager
def locked(path: Path):
    """Keep other processes from writing a file in a block; an `OSError` if one does not let go."""
    if not LOCKS:
        yield
        return
    name = path.with_name(f".{path.name}.lock")
    handle = _take(name)
    try:
        yield
    finally:
        # While it is still locked: whoever waits for it finds that it is no longer of that name.
        with contextlib.suppress(OSError):
            os.unlink(name)
        os.close(handle)


def _take(name: Path) -> int:
    """Open and lock the file of this name; it must still have that name when it is locked."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        handle = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        if _lock(handle) and _is_at(handle, name):
            return handle
        os.close(handle)
        time.sleep(PAUSE)
    raise TimeoutError(errno.ETIMEDOUT, "another process is writing it")


def _lock(handle: int) -> bool:
    """Lock a file if nobody has; a file system without locks refuses nobody."""
    try:
        if fcntl:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        return error.errno not in BUSY
    return True


def _is_at(handle: int, name: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(name))
    except FileNotFoundError:
        return False
