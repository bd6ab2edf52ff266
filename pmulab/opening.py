"""`pmulab lab`: the notebooks in a folder of the learner's, and JupyterLab there.

It needs no make and no shell. What is in the folder is the learner's, so nothing is written over;
`--update` joins a new edition with it, as the command `update` does.

Not modelled: a server for others; see `hub/` in the repository.
"""

import os
import subprocess
import sys
from argparse import ArgumentTypeError, Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pmulab.commands import status
from pmulab.lab.classroom.updates import lay_out, older, update_folder
from pmulab.lab.course.shipped import JUPYTER, notebooks
from pmulab.lab.submission.load import InputError
from pmulab.teaching import list_updates

FOLDER = Path("pmulab-lab")
# What opens a notebook, and what its widgets are made of. Charts and proofs do without the rest.
NEEDED = ("jupyterlab", "ipywidgets", "anywidget")
# In place of this process where that can be done, so that Ctrl-C and a kill reach JupyterLab.
REPLACES = os.name == "posix"
TRUST = "from nbformat.sign import TrustNotebookApp; TrustNotebookApp.launch_instance()"


def cmd_lab(args: Namespace) -> int:
    """Lay the notebooks out in a folder, bring them up to date, open JupyterLab there."""
    missing = [name for name in NEEDED if args.start and not find_spec(name)]
    if missing:
        raise InputError(f'not installed here: {", ".join(missing)}; pip install "pmulab[lab]"')
    there, code = notebooks(), 0
    here = args.dir or folder(there)
    if args.update:
        code = list_updates(found := update_folder(here, there))
        new = [one.path for one in found if one.is_new]
    else:
        new = lay_out(here, there)
        say(here, len(new), len(older(here, there)))
    if not args.start:
        return code
    if new:
        trust(new)
    return start(here.resolve(), args.port, args.browser)


def folder(there: Path) -> Path:
    """Return the folder that is meant where none is said: this one, if it has our notebooks."""
    is_here = any(Path(path.name).exists() for path in there.glob("[0-9]*.ipynb"))
    return Path() if is_here else FOLDER


def say(here: Path, new: int, old: int) -> None:
    """Say what has become of a folder."""
    written = f"{new} notebooks written to {here}; they are yours: no start writes over one"
    print(written if new else f"the notebooks in {here} are as they were")
    if old:
        print(
            f"{old} notebooks in {here} are of an older edition than this pmulab; --update takes "
            "the new text and keeps your answers"
        )


def trust(paths: list[Path]) -> None:
    """Tell Jupyter that these are ours: else it hides their pictures until their cells have run."""
    subprocess.run([sys.executable, "-c", TRUST, *map(str, paths)], capture_output=True)


def start(here: Path, port: int, browser: bool) -> int:
    """Start JupyterLab on the first notebook; it takes a port near a busy one, and prints which."""
    options = [f"--port={port}", "--ServerApp.port_retries=50", "--log-level=WARN", "-y"]
    options += [f"--ServerApp.root_dir={here}"]
    # In this way also the address that is printed leads to the notebook.
    first = min(here.glob("[0-9]*.ipynb"), default=here)
    options += [f"--LabApp.default_url=/lab/tree/{first.name}"] * (first != here)
    options += ["--no-browser"] * (not browser)
    options += ["--allow-root"] * (hasattr(os, "geteuid") and os.geteuid() == 0)
    given = os.environ.get("JUPYTER_CONFIG_PATH")
    paths = os.pathsep.join([str(JUPYTER), *([given] if given else [])])
    env = {**os.environ, "JUPYTER_CONFIG_PATH": paths}
    command = [sys.executable, "-m", "jupyterlab", *options]
    print("JupyterLab starts; Ctrl-C ends it", file=sys.stderr, flush=True)
    sys.stdout.flush()
    if REPLACES:
        os.execve(sys.executable, command, env)
    return wait(subprocess.Popen(command, env=env))


def wait(process: Any) -> int:
    """Wait for JupyterLab, which hears a Ctrl-C itself, and return how it ended."""
    while True:
        try:
            return status(process.wait() == 0)
        except KeyboardInterrupt:
            continue


def port(text: str) -> int:
    """Read the number of a port."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65536):
        raise ArgumentTypeError(f"{text} is no port; take a number from 1024 to 65535")
    return int(text)


def add_opening(commands: Any) -> None:
    """Add the command `lab` to the argument parser."""
    sub = commands.add_parser("lab", help="lay out the notebooks and open them in JupyterLab")
    where = f"a folder of yours, {FOLDER} if it is not said; what is there stays"
    sub.add_argument("dir", nargs="?", metavar="DIR", type=Path, help=where)
    what = "take this pmulab's edition of the notebooks, keep answers"
    sub.add_argument("--update", action="store_true", help=what)
    sub.add_argument("--port", type=port, default=8888, metavar="N", help="8888; else one near it")
    no = {"action": "store_false"}
    sub.add_argument("--no-browser", dest="browser", **no, help="print the address, open nothing")
    sub.add_argument("--no-start", dest="start", **no, help="lay out or update the folder only")
    sub.set_defaults(run=cmd_lab)
