"""Make .venv, and start JupyterLab in it, with the standard library only.

    python .ci/venv.py lab                     make .venv where needed, open the first notebook
    python .ci/venv.py install [EXTRA ...]     make .venv where needed, with these extras of pyproject.toml
    python .ci/venv.py settings                write JupyterLab's settings for the Python that runs this (Binder)

The last act of an installation is a stamp. A .venv whose stamp fits is used at once; one without a stamp was
interrupted and is made anew. Every failure is one line that says what to do. The environment variables PORT and
NO_BROWSER=1 are for `lab`.
"""

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "pmulab-stamp.json"
LOCK = ROOT / ".venv.lock"
LOG = ROOT / ".venv.log"

# The news pop-up covers the corner of every first session, and without a default kernel "Run All" may open a
# dialog and run nothing.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True},
}

# What pip and uv print when they cannot reach the index.
NO_NETWORK = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "ConnectTimeout",
    "Read timed out",
    "ProxyError",
    "SSLError",
    "error sending request",
    "Network connectivity is disabled",
)
NO_SPACE = ("Errno 28", "os error 28", "No space left on device")


def main(words):
    """Carry out one command line."""
    if sys.version_info < (3, 11):
        stop(f"Python 3.11 or newer is needed, {sys.executable} is {sys.version.split()[0]}")
    command, extras = (words or ["help"])[0], words[1:]
    commands = {"lab": lab, "install": lambda: install(extras or ["lab"]), "settings": settings}
    if command not in commands:
        stop(f"no command {command!r}; there are: {', '.join(commands)}")
    try:
        commands[command]()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        stop(full_disk() if error.errno == errno.ENOSPC else f"{error.strerror}: {error.filename}")


def stop(reason):
    """End with one line for the user."""
    sys.exit(f"pmulab: {reason}")


def say(text):
    """Tell the user what is going on."""
    print(f"pmulab: {text}", file=sys.stderr, flush=True)


# ---- .venv ----------------------------------------------------------------------------------------------------


def install(extras):
    """Make .venv hold these extras; return at once where it does already."""
    if is_ready(extras):
        return
    with one_at_a_time():
        if not is_ready(extras):
            make(extras)


def is_ready(extras):
    """Say whether the stamp in .venv fits this checkout, this Python and these extras."""
    stamp = read_stamp()
    return fits(stamp, wanted()) and set(extras) <= set(stamp["extras"])


def fits(stamp, keys):
    """Say whether the stamp agrees with the present state in these keys."""
    return all(stamp.get(key) == value for key, value in wanted().items() if key in keys)


def wanted():
    """Describe the .venv that fits; another root means that the checkout was moved or copied."""
    return {
        "python": list(sys.version_info[:2]),
        "root": str(ROOT),
        "pyproject": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
    }


def read_stamp():
    """Read the stamp, or nothing where there is none or where .venv lost its Python."""
    try:
        return json.loads(STAMP.read_text()) if os.access(PYTHON, os.X_OK) else {}
    except (OSError, ValueError):
        return {}


@contextlib.contextmanager
def one_at_a_time():
    """Keep a second `make` in another window from building the same .venv."""
    import fcntl  # not at the top: Binder's settings need no lock, and Windows has no fcntl

    with open(LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another make is at work on .venv; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(extras):
    """Make .venv, or bring it up to date where only pyproject.toml or the extras changed."""
    start, uv, stamp = time.monotonic(), find_uv(), read_stamp()
    in_place = fits(stamp, ("python", "root"))
    extras = sorted({*extras, *stamp.get("extras", ())}) if in_place else sorted(extras)
    STAMP.unlink(missing_ok=True)
    if not in_place:
        say(f"making .venv with {' and '.join(extras)} (once, about a minute and 700 MB)")
        make_empty(with_pip=not uv)
    elif not uv and not has_pip():
        run([PYTHON, "-Im", "ensurepip", "--upgrade", "--default-pip"])
    run([*installer(uv), "-e", f".[{','.join(extras)}]"])
    settings(VENV)
    STAMP.write_text(json.dumps({**wanted(), "extras": extras}))
    say(f".venv is ready ({time.monotonic() - start:.0f} s)")


def find_uv():
    """Find a uv that runs; a shim on the PATH may not."""
    uv = shutil.which("uv")
    works = uv and subprocess.run([uv, "--version"], capture_output=True).returncode == 0
    return uv if works else None


def installer(uv):
    """Say how packages are installed: uv is quicker, pip is always there."""
    if uv:
        return [uv, "pip", "install", "--python", PYTHON]
    return [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]


def make_empty(with_pip):
    """Make an empty .venv over whatever is there."""
    needed = ("venv", "ensurepip") if with_pip else ("venv",)
    if not all(importlib.util.find_spec(module) for module in needed):
        stop(f"{sys.executable} has no venv module; install it (Debian, Ubuntu: apt install python3-venv)")
    # The base Python: the one that runs this may live in the very .venv that is cleared.
    run([sys._base_executable, "-m", "venv", "--clear", "--without-pip", VENV])
    # A step of its own, because venv would hide why pip could not be installed.
    if with_pip:
        run([PYTHON, "-Im", "ensurepip", "--upgrade", "--default-pip"])


def has_pip():
    """Say whether .venv has pip; one made by uv has not."""
    return any(VENV.glob("lib/python*/site-packages/pip"))


def run(step):
    """Run one step of the installation, or stop with the reason why it failed."""
    step = [str(word) for word in step]
    # What the user's shell adds for other projects must not leak into this one.
    env = {key: os.environ[key] for key in os.environ if key not in ("PYTHONPATH", "PYTHONHOME", "PIP_USER")}
    process = subprocess.Popen(
        step, cwd=ROOT, env=env, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output = []
    for line in process.stdout:
        output.append(line)
        show_progress(line)
    show_progress("")
    if process.wait():
        stop(why_failed("".join(output)))


def show_progress(line):
    """Show the package at hand on a terminal, so that a slow network does not look like a hang."""
    if sys.stderr.isatty():
        words = line.split() if line.startswith(("Collecting", "Building", "Installing")) else []
        print("\r\033[K" + " ".join(words[:2]), end="", file=sys.stderr, flush=True)


def why_failed(output):
    """Name the reason that the installer's output gives; keep the output where the reason is unknown."""
    if any(sign in output for sign in NO_SPACE):
        return full_disk()
    if any(sign in output for sign in NO_NETWORK):
        return "the package index cannot be reached; check the network (or proxy, or PIP_INDEX_URL) and try again"
    LOG.write_text(output)
    errors = [line for line in output.splitlines() if "error" in line.lower()]
    return f"the installation failed, all of its output is in {LOG.name}: {(errors or ['no error given'])[-1].strip()}"


def full_disk():
    """Give the space of a half-made .venv back and say how much is needed."""
    shutil.rmtree(VENV, ignore_errors=True)
    free = shutil.disk_usage(ROOT).free // 10**6
    tmp = os.environ.get("TMPDIR", "/tmp")
    return f"the disk is full: .venv needs 700 MB, {ROOT} has {free} MB free (and {tmp} needs 200 MB); make room, try again"


# ---- JupyterLab -----------------------------------------------------------------------------------------------


def settings(prefix=sys.prefix):
    """Write JupyterLab's settings."""
    folder = Path(prefix, "share", "jupyter", "lab", "settings")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(json.dumps(SETTINGS, indent=2) + "\n")


def lab():
    """Open JupyterLab on the first notebook."""
    notebooks = sorted(ROOT.glob("notebooks/[0-9][0-9]-*.ipynb"))
    if not notebooks:
        stop(f"no notebook like 01-name.ipynb in {ROOT / 'notebooks'}; is the checkout complete?")
    # Before the installation: who named a busy port should not wait a minute to hear of it.
    port = choose_port(os.environ.get("PORT", ""))
    install(["lab"])
    options = [f"--port={port}", "--log-level=WARN", "-y"]
    if os.environ.get("PORT"):
        options.append("--ServerApp.port_retries=0")
    if os.environ.get("NO_BROWSER"):
        options.append("--no-browser")
    if os.geteuid() == 0:
        options.append("--allow-root")
    say(f"JupyterLab starts on port {port}; Ctrl-C ends it")
    # In place of this process, so that Ctrl-C reaches JupyterLab and nobody else.
    os.execv(PYTHON, [str(PYTHON), "-m", "jupyterlab", *options, str(notebooks[0])])


def choose_port(asked):
    """Take the port that was asked for, or the first free one from 8888 up."""
    if not asked:
        free = next((port for port in range(8888, 8988) if not why_busy(port)), None)
        return free or stop("no free port from 8888 to 8987; name one: make lab PORT=9999")
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        stop(f"PORT={asked} is no port; take a number from 1024 to 65535")
    reason = why_busy(int(asked))
    return stop(f"{reason}; take another (make lab PORT={int(asked) % 65535 + 1}) or leave PORT out") if reason else asked


def why_busy(port):
    """Try to listen on the port at every address of localhost; say why it cannot be had, or None."""
    for family, kind, _, _, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        try:
            with socket.socket(family, kind) as probe:
                # As the server does; without it a port that was left a minute ago looks busy.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} is busy: another program listens there"
            if error.errno == errno.EACCES:
                return f"port {port} is for the administrator only"
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
