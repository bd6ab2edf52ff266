"""Processes in which submissions run, apart from the one that judges.

Where bubblewrap is installed they are in a sandbox: no network, the library read-only, an empty
home, a small folder in memory, no other process in sight. Elsewhere only time, memory and the size
of files are limited, and `kept_out` says so.

Windows has no such processes, and there `demand` says so.

Not modelled: what the kernel lets out of its namespaces; who must be sure takes a machine for it.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from pmulab.lab.classroom.link import Cut, Link
from pmulab.lab.classroom.own import VARIABLE, folder

PACKAGE = str(Path(__file__).resolve().parents[3])
WORKER = "pmulab.lab.classroom.there"
# Starting a process and importing everything takes some seconds where the machine is busy.
START_SECONDS = 60
# A job reads the file, judges and looks for a known mistake, each within its time; what ends at
# its limit takes some more.
JOBS, END_SECONDS = 3, 8
ROOM = 16 << 20
# Where a submission is at home in a sandbox: a folder in memory, empty at the beginning.
HOME = "/tmp"
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache")
SANDBOXED = (
    "no network, no files but their own and the library, which they cannot change, no process but "
    "their own"
)
# What a process apart is made of.
NEEDED = ((os, "fork"), (os, "killpg"), (os, "setsid"), (socket, "send_fds"), (socket, "AF_UNIX"))
ELSEWHERE = (
    "this system has no processes apart, in which answers are graded: use Linux, macOS or, on "
    "Windows, WSL"
)
# macOS has the one, where messages have no ends; here each waits for the answer to the one before.
KIND = socket.SOCK_STREAM if sys.platform == "darwin" else getattr(socket, "SOCK_SEQPACKET", 0)
BARE = (
    "limits of time, memory and size of files alone: they can read what you can read and use the "
    "network; install bubblewrap, or grade in a container"
)


def demand() -> None:
    """Raise an `OSError` where no process apart can be had."""
    if not all(hasattr(module, name) for module, name in NEEDED):
        raise OSError(ELSEWHERE)


@cache
def bubblewrap() -> str:
    """Return where a bubblewrap is that works here, or nothing."""
    found = shutil.which("bwrap") or ""
    if found:
        tried = subprocess.run([*_walls(found), "true"], capture_output=True, check=False)
        found = "" if tried.returncode else found
    return found


def _walls(bwrap: str) -> list[str]:
    """Write the options that make a sandbox in which there is nothing but the system's programs."""
    walls = [bwrap, "--die-with-parent", "--new-session", "--clearenv"]
    walls += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    walls += ["--unshare-cgroup-try", "--hostname", "pmulab"]
    walls += [word for path in SYSTEM for word in _bound(path)]
    return [*walls, "--proc", "/proc", "--dev", "/dev", "--perms", "0777", *_room(HOME)]


def _room(path: str) -> list[str]:
    return ["--size", str(ROOM), "--tmpfs", path]


def _bound(path: str) -> list[str]:
    """Show a folder read-only, or make the link that it is."""
    if os.path.islink(path):
        return ["--symlink", os.readlink(path), path]
    return ["--ro-bind-try", path, path]


def kept_out() -> str:
    """Say what a submission is kept from."""
    return SANDBOXED if bubblewrap() else BARE


def _way_to(path: str) -> list[str]:
    """Make the folders above one; else only root could pass them."""
    above = [str(folder) for folder in reversed(Path(path).parents)][1:]
    return [word for folder in above for word in ("--perms", "0755", "--dir", folder)]


def _first(info: int) -> int | None:
    """Return a file descriptor of a sandbox's first process, as bubblewrap names it."""
    said = b""
    while piece := os.read(info, 1 << 12):
        said += piece
    with contextlib.suppress(ValueError, KeyError, ProcessLookupError):
        return os.pidfd_open(json.loads(said)["child-pid"])
    return None


class Apart:
    """A process that does the jobs of one submission."""

    def __init__(self) -> None:
        demand()
        self.home = tempfile.TemporaryDirectory(prefix="pmulab-")
        self.sandboxed = bool(bubblewrap())
        self.process: subprocess.Popen[bytes] | None = None
        # The first process of the sandbox: the last to go when all in it are gone.
        self.first: int | None = None
        self.control: socket.socket | None = None

    def job(self, name: str, source: str, id: str, seconds: float) -> Link:
        """Begin a job on some source; returns the link to the process that does it."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        assert self.control is not None
        words = {"id": id, "seconds": seconds, "sandboxed": self.sandboxed}
        there, mine = os.pipe(), os.pipe()
        with contextlib.suppress(OSError):
            text = json.dumps(words).encode()
            socket.send_fds(self.control, [text], [there[0], mine[1]])
        os.close(there[0])
        os.close(mine[1])
        link = Link(mine[0], there[1], JOBS * seconds + END_SECONDS)
        with contextlib.suppress(Cut):
            link.send({"name": name, "source": source})
        return link

    def done(self, link: Link) -> str:
        """End a job; returns what is to be said of how the process has ended, if it has."""
        os.close(link.writer)
        os.close(link.reader)
        assert self.control is not None
        self.control.settimeout(2)
        with contextlib.suppress(OSError):
            if self.control.recv(100):
                return ""
        self.stop()
        return "it ended the process that judges it"

    def start(self) -> None:
        """Start the process."""
        self.stop()
        self.control, other = socket.socketpair(socket.AF_UNIX, KIND)
        command = [sys.executable, "-m", WORKER, str(other.fileno())]
        info, told = os.pipe()
        own = {"PYTHONDONTWRITEBYTECODE": "1", "PMULAB_PROGRESS": "off"}
        own |= {VARIABLE: f"{folder() or ''}"}
        own |= {"HOME": HOME if self.sandboxed else self.home.name, "PYTHONPATH": PACKAGE}
        self.process = subprocess.Popen(
            [*self._sandbox(own, told), *command] if self.sandboxed else command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[other.fileno(), told],
            start_new_session=True,
            env={**os.environ, **own},
            cwd=self.home.name,
        )
        other.close()
        os.close(told)
        self.first = _first(info) if self.sandboxed else None
        os.close(info)
        self.control.settimeout(START_SECONDS)
        with contextlib.suppress(OSError):
            self.control.recv(100)

    def _sandbox(self, own: dict[str, str], told: int) -> list[str]:
        walls = [*_walls(bubblewrap()), "--info-fd", str(told)]
        # The interpreter, where it is none of the system's, and the library, nothing beside it.
        taken = [own[VARIABLE]] if own[VARIABLE] else []
        for path in dict.fromkeys((sys.base_prefix, sys.prefix, f"{PACKAGE}/pmulab", *taken)):
            if not path.startswith("/usr/"):
                walls += [*_way_to(path), "--ro-bind", path, path]
        walls += ["--chdir", HOME]
        return [*walls, *(word for name, v in own.items() for word in ("--setenv", name, v))]

    def stop(self) -> None:
        """End the process and what it has started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
        if self.first is not None:
            # What a daemon leaves is gone with the sandbox, but not at once.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.first, signal.SIGKILL)
            select.select([self.first], [], [], END_SECONDS)
            os.close(self.first)
            self.first = None
        if self.control is not None:
            self.control.close()
            self.control = None

    def __enter__(self) -> "Apart":
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()
        self.home.cleanup()
