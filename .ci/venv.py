"""Make .venv, and start JupyterLab in it, with the standard library only.

    python .ci/venv.py lab                   make .venv where needed, open the first notebook
    python .ci/venv.py install [EXTRA ...]   make .venv where needed, with extras of pyproject.toml
    python .ci/venv.py settings              write JupyterLab's settings for this Python (Binder)

A .venv without its stamp was interrupted and is made anew. Every failure is one line that says what
to do. `lab` heeds the environment variables PORT and NO_BROWSER=1.
"""

import errno
import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV, LOCK, LOG = ROOT / ".venv", ROOT / ".venv.lock", ROOT / ".venv.log"
PYTHON, STAMP = VENV / "bin" / "python", VENV / "pmulab-stamp.json"

# The news pop-up covers the corner of every first session, and without a default kernel "Run All"
# may open a dialog and run nothing.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True},
}
# -I and --no-user: what the user's shell sets for other projects must not leak into this one.
PIP = [PYTHON, *"-Im pip install --no-user --no-input --disable-pip-version-check".split()]
# What pip prints when the disk is full, and when the index cannot be reached.
NO_SPACE = ("Errno 28", "No space left on device")
NO_NETWORK = ("NewConnectionError", "NameResolutionError", "TimeoutError", "timed out")
NO_NETWORK += ("ProxyError", "SSLError")
FULL = "the disk is full; make room, 700 MB for .venv and 300 MB in the folder for temporary files"
OFFLINE = "the package index cannot be reached; check the network, the proxy and PIP_INDEX_URL"


def main(words):
    """Carry out one command line."""
    commands = {"lab": lab, "install": lambda: install(words[1:]), "settings": settings}
    if not words or words[0] not in commands:
        stop(f"no command {' '.join(words[:1])!r}; there are: {', '.join(commands)}")
    try:
        commands[words[0]]()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        stop(FULL if error.errno == errno.ENOSPC else error)


def stop(reason):
    """End with one line for the user."""
    sys.exit(f"pmulab: {reason}")


def say(text):
    """Tell the user what is going on."""
    print(f"pmulab: {text}", file=sys.stderr, flush=True)


def install(extras):
    """Make .venv hold these extras; return at once where it does already."""
    if is_ready(extras):
        return
    with open(LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another make is at work on .venv; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_ready(extras):
            make(extras)


def is_ready(extras):
    """Say whether .venv has a stamp that fits, and these extras."""
    stamp = read_stamp()
    return stamp == {**stamp, **wanted()} and set(extras) <= set(stamp["extras"])


def wanted():
    """Describe the .venv that fits; with another root the checkout was moved or copied."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())
    # Not the whole file: a new lint rule must not cost a learner a download.
    needs = [data["build-system"], data["project"], data["tool"]["setuptools"]]
    return {"python": list(sys.version_info[:2]), "root": str(ROOT), "needs": needs}


def read_stamp():
    """Read the stamp, or nothing where there is none or where .venv lost its Python."""
    try:
        return json.loads(STAMP.read_text()) if os.access(PYTHON, os.X_OK) else {}
    except (OSError, ValueError):
        return {}


def make(extras):
    """Make .venv, or bring it up to date where only pyproject.toml or the extras changed."""
    stamp = read_stamp()
    extras = sorted({*extras, *stamp.get("extras", ())})
    if any(stamp.get(key) != wanted()[key] for key in ("python", "root")):
        make_empty(" and ".join(extras))
    # In a step of its own, because venv would hide why pip could not be installed.
    run([PYTHON, "-Im", "ensurepip", "--default-pip"])
    run([*PIP, "-e", f".[{','.join(extras)}]"])
    settings(VENV)
    # The last act; a .venv that was good until now keeps its stamp where pip finds no network.
    STAMP.write_text(json.dumps({**wanted(), "extras": extras}))


def make_empty(what_for):
    """Make an empty .venv over whatever is there."""
    if not importlib.util.find_spec("ensurepip"):
        what = f"{sys.executable} has no venv module"
        stop(f"{what}; install it (Debian, Ubuntu: apt install python3-venv) and try again")
    say(f"making .venv for {what_for} (once: a minute or two, 700 MB)")
    # The base Python, because the one that runs this may live in the very .venv that is cleared.
    run([sys._base_executable, "-Im", "venv", "--clear", "--without-pip", VENV])


def run(step):
    """Run one step of the installation, or stop with the reason why it failed."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    clear, output = "\r\033[K" if sys.stderr.isatty() else "", ""
    with subprocess.Popen(step, cwd=ROOT, text=True, errors="replace", **pipes) as process:
        for line in process.stdout:
            output += line
            # On a terminal, so that a slow network does not look like a hang.
            print(end=clear and clear + line[:70].strip(), file=sys.stderr, flush=True)
    print(end=clear, file=sys.stderr, flush=True)
    if process.returncode:
        stop(why_failed(output))


def why_failed(output):
    """Find the reason in the installer's output; keep the output where the reason is unknown."""
    if any(sign in output for sign in NO_SPACE):
        shutil.rmtree(VENV, ignore_errors=True)
        return FULL
    if any(sign in output for sign in NO_NETWORK):
        return OFFLINE
    LOG.write_text(output)
    errors = [line.strip() for line in output.splitlines() if "error" in line.lower()]
    return f"the installation failed ({(errors or ['no reason given'])[-1]}); see {LOG.name}"


def settings(prefix=sys.prefix):
    """Write JupyterLab's settings."""
    folder = Path(prefix, "share", "jupyter", "lab", "settings")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(json.dumps(SETTINGS, indent=2) + "\n")


def lab():
    """Open JupyterLab on the first notebook; it takes a port near a busy one, and prints which."""
    port, first = os.environ.get("PORT") or "8888", min(ROOT.glob("notebooks/[0-9]*.ipynb"))
    if not port.isdecimal() or not 0 < int(port) < 65536:
        stop(f"PORT={port} is no port; take a number from 1024 to 65535, or leave PORT out")
    install(["lab"])
    options = [f"--port={port}", "--ServerApp.port_retries=50", "--log-level=WARN", "-y"]
    options += [f"--ServerApp.root_dir={first.parent}"]
    # In this way also the address that is printed, for NO_BROWSER, leads to the notebook.
    options += [f"--LabApp.default_url=/lab/tree/{first.name}"]
    options += ["--no-browser"] * bool(os.environ.get("NO_BROWSER"))
    options += ["--allow-root"] * (os.geteuid() == 0)
    say("JupyterLab starts; Ctrl-C ends it")
    # In place of this process, so that Ctrl-C reaches JupyterLab and nobody else.
    os.execv(PYTHON, [str(PYTHON), "-m", "jupyterlab", *options])


if __name__ == "__main__":
    main(sys.argv[1:])
