"""Make .venv, and start JupyterLab in it, with the standard library only.

    python .ci/venv.py lab                   make .venv where needed, open the first notebook
    python .ci/venv.py install [EXTRA ...]   make .venv where needed, with extras of pyproject.toml
    python .ci/venv.py settings              write JupyterLab's settings for this Python (Binder)

The last act of an installation is a stamp. A .venv whose stamp fits is used at once; one without a
stamp was interrupted and is made anew. Every failure is one line that says what to do. For `lab`
the environment variables PORT and NO_BROWSER=1 count.
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
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "pmulab-stamp.json"
LOCK = ROOT / ".venv.lock"
LOG = ROOT / ".venv.log"

# The news pop-up covers the corner of every first session, and without a default kernel "Run All"
# may open a dialog and run nothing.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"autoStartDefaultKernel": True},
}

# What pip and uv print when the disk is full, and when the index cannot be reached.
NO_SPACE = ("Errno 28", "os error 28", "No space left on device")
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
        stop(full_disk() if error.errno == errno.ENOSPC else str(error))


def stop(reason):
    """End with one line for the user."""
    sys.exit(f"pmulab: {reason}")


def say(text):
    """Tell the user what is going on."""
    print(f"pmulab: {text}", file=sys.stderr, flush=True)


# ---- .venv


def install(extras):
    """Make .venv hold these extras; return at once where it does already."""
    if is_ready(extras):
        return
    with one_at_a_time():
        if not is_ready(extras):
            make(extras)


def is_ready(extras):
    """Say whether .venv has a stamp that fits, and these extras."""
    stamp = read_stamp()
    return fits(stamp, wanted()) and set(extras) <= set(stamp["extras"])


def fits(stamp, keys):
    """Say whether the stamp agrees with the present state in these keys."""
    return all(stamp.get(key) == wanted()[key] for key in keys)


def wanted():
    """Describe the .venv that fits; with another root the checkout was moved or copied."""
    return {
        "python": list(sys.version_info[:2]),
        "root": str(ROOT),
        "needs": hashlib.sha256(json.dumps(needs()).encode()).hexdigest(),
    }


def needs():
    """Read what bears on the installation; a new lint rule must not cost a learner a download."""
    # Not at the top: an old Python has no tomllib, and shall hear from main() what is wrong.
    import tomllib

    data = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [data["build-system"], data["project"], data["tool"]["setuptools"]]


def read_stamp():
    """Read the stamp, or nothing where there is none or where .venv lost its Python."""
    try:
        return json.loads(STAMP.read_text()) if os.access(PYTHON, os.X_OK) else {}
    except (OSError, ValueError):
        return {}


@contextlib.contextmanager
def one_at_a_time():
    """Keep a second `make` in another window from building the same .venv."""
    # Not at the top: Binder's settings need no lock, and Windows has no fcntl.
    import fcntl

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
    extras = sorted({*extras, *stamp.get("extras", ())})
    packages = ["-e", f".[{','.join(extras)}]"]
    if fits(stamp, ("python", "root")):
        # Without a network this stops here, and leaves the .venv that was good until now.
        run([*installer(uv), "--dry-run", *packages])
    else:
        make_empty(with_pip=not uv, what_for=" and ".join(extras))
    STAMP.unlink(missing_ok=True)
    run([*installer(uv), *packages])
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
    # A .venv that uv made has no pip.
    if not any(VENV.glob("lib/python*/site-packages/pip")):
        run([PYTHON, "-Im", "ensurepip", "--upgrade", "--default-pip"])
    return [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]


def make_empty(with_pip, what_for):
    """Make an empty .venv over whatever is there."""
    needed = ("venv", "ensurepip") if with_pip else ("venv",)
    if not all(importlib.util.find_spec(module) for module in needed):
        what = f"{sys.executable} has no venv module"
        stop(f"{what}; install it (Debian, Ubuntu: apt install python3-venv) and try again")
    say(f"making .venv for {what_for} (once: a minute or two, 700 MB)")
    # The base Python, because the one that runs this may live in the very .venv that is cleared.
    # pip comes in a step of its own, because venv would hide why it could not be installed.
    run([sys._base_executable, "-m", "venv", "--clear", "--without-pip", VENV])


def run(step):
    """Run one step of the installation, or stop with the reason why it failed."""
    # What the user's shell sets for other projects must not leak into this one.
    foreign = ("PYTHONPATH", "PYTHONHOME", "PIP_USER")
    process = subprocess.Popen(
        [str(word) for word in step],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in foreign},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
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
    """Find the reason in the installer's output; keep the output where the reason is unknown."""
    if any(sign in output for sign in NO_SPACE):
        return full_disk()
    if any(sign in output for sign in NO_NETWORK):
        where = "the package index cannot be reached"
        return f"{where}; check the network, the proxy and PIP_INDEX_URL, and try again"
    LOG.write_text(output)
    errors = [line.strip() for line in output.splitlines() if "error" in line.lower()]
    return f"the installation failed ({(errors or ['no reason given'])[-1]}); see {LOG.name}"


def full_disk():
    """Give back the space of a half-made .venv, and say how much is needed where."""
    shutil.rmtree(VENV, ignore_errors=True)
    places = dict.fromkeys((ROOT, Path(tempfile.gettempdir())))
    free = " and ".join(f"{p} has {shutil.disk_usage(p).free // 10**6} MB" for p in places)
    return f"the disk is full: .venv needs 700 MB and installing it 300 MB, {free}; make room"


# ---- JupyterLab


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
    options = [*choose_port(os.environ.get("PORT", "")), "--log-level=WARN", "-y"]
    # In this way also the address that is printed, for NO_BROWSER, leads to the notebook.
    options.append(f"--ServerApp.root_dir={ROOT / 'notebooks'}")
    options.append(f"--LabApp.default_url=/lab/tree/{notebooks[0].name}")
    install(["lab"])
    if os.environ.get("NO_BROWSER"):
        options.append("--no-browser")
    if os.geteuid() == 0:
        options.append("--allow-root")
    say("JupyterLab starts; Ctrl-C ends it")
    # In place of this process, so that Ctrl-C reaches JupyterLab and nobody else.
    os.execv(PYTHON, [str(PYTHON), "-m", "jupyterlab", *options])


def choose_port(asked):
    """Give JupyterLab the port that was asked for and no other, or the first free one."""
    if not asked:
        # The server looks further by itself if somebody takes this one meanwhile.
        return [f"--port={next((p for p in range(8888, 8988) if not why_busy(p)), 8888)}"]
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        stop(f"PORT={asked} is no port; take a number from 1024 to 65535, or leave PORT out")
    reason = why_busy(int(asked))
    if reason:
        stop(f"{reason}; take another one, make lab PORT=8900, or leave PORT out")
    return [f"--port={asked}", "--ServerApp.port_retries=0"]


def why_busy(port):
    """Say why no server can listen on this port of localhost, or None."""
    kind = socket.SOCK_STREAM
    for family, _, _, _, address in socket.getaddrinfo("localhost", port, type=kind):
        try:
            with socket.socket(family, kind) as probe:
                # As the server does; without it a port that was left a minute ago looks busy.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} is busy, another program listens there"
            if error.errno == errno.EACCES:
                return f"port {port} is for the administrator only"
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
