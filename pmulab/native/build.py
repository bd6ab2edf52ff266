"""Compile a hook in C with the system's compiler, or say why that cannot be.

Not modelled: a compiler that does not take gcc's options, as clang does.
"""

import os
import shutil
import subprocess
import tempfile
import weakref
from functools import cache, lru_cache
from pathlib import Path

from pmulab.native.words import Hook, declarations, entry

HERE = Path(__file__).parent
# -fwrapv and -fno-strict-aliasing: as the kernel is compiled.
OPTIONS = ("-std=gnu11", "-O1", "-Wall", "-Werror", "-fwrapv", "-fno-strict-aliasing")
# gcc's: a mistake in what a macro is given stands where it was given.
AT_THE_CALL = "-ftrack-macro-expansion=0"
SECONDS = 30
# A screenful; a missing brace can make a thousand lines.
LONGEST = 4000
# In a sandbox `cc` may be a link to what is not there.
COMPILERS = ("cc", "gcc", "clang")
NO_COMPILER = "no C compiler here: a hook in C needs a program `cc`, `gcc` or `clang`"
NO_PROCESSES = "no C compiler here: a hook in C needs Linux or macOS, not a browser or Windows"


class NotBuilt(Exception):
    """A text in C that could not be compiled; what it says is the compiler's."""


def missing() -> str:
    """Say why nothing can be compiled here; empty where it can."""
    if os.name != "posix" or not hasattr(os, "fork"):
        return NO_PROCESSES
    return "" if compiler() else NO_COMPILER


def compiler() -> str:
    """Return where the compiler is; empty where there is none."""
    return next(filter(None, map(shutil.which, COMPILERS)), "")


def unit(own: Hook, source: str, name: str, first: int = 1) -> str:
    """Return all that is compiled: our words, the text under its own name and lines, the entry."""
    head = f'#line 1 "words.py"\n#include "kernel.h"\n{declarations(own)}\n'
    # The entry has no name of its own: where a brace is missing the text ends with it.
    return f'{head}#line {first} "{name}"\n{source}\n{entry(own)}'


@cache
def _options() -> tuple[str, ...]:
    """Return the options that this compiler takes."""
    words = [compiler(), AT_THE_CALL, "-E", "-x", "c", os.devnull]
    tried = subprocess.run(words, capture_output=True, check=False, timeout=SECONDS)
    return OPTIONS if tried.returncode else (*OPTIONS, AT_THE_CALL)


@lru_cache(maxsize=64)
def built(text: str, shown: str, options: tuple[str, ...] = ()) -> Path:
    """Compile what is to run; returns the program. `NotBuilt` has what the compiler says."""
    if why := missing():
        raise NotBuilt(why)
    folder = Path(tempfile.mkdtemp(prefix="pmulab-c-"))
    weakref.finalize(built, _remove, folder, os.getpid())
    program = folder / "hook"
    words = [
        compiler(),
        *_options(),
        *options,
        "-I",
        str(HERE),
        "-x",
        "c",
        "-",
        str(HERE / "runner.c"),
    ]
    try:
        made = subprocess.run(
            [*words, "-o", str(program)],
            input=text.encode("utf-8", "backslashreplace"),
            cwd=folder,
            # It looks for its linker on the path, which a sandbox may not have.
            env={"PATH": os.defpath, **os.environ, "LC_ALL": "C"},
            capture_output=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NotBuilt(f"{shown}: the compiler did not end within {SECONDS} s") from None
    if made.returncode:
        raise NotBuilt(_said(made.stderr.decode("utf-8", "replace")))
    return program


def _remove(folder: Path, of: int) -> None:
    """Remove a folder at the end of the process that made it, and of none that was forked."""
    if os.getpid() == of:
        shutil.rmtree(folder, ignore_errors=True)


def _said(text: str) -> str:
    """Return what the compiler says, without what is ours: where our own files lie."""
    text = text.replace(f"{HERE}{os.sep}", "").rstrip()
    text = "\n".join(row for row in text.splitlines() if not row.startswith("In file included"))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n... and more"
