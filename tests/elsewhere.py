"""Run commands of pmulab, and code, where there is nothing of POSIX: on a Windows that is faked.

    python tests/elsewhere.py '[["run", "two-guests"], ["-c", "print(1)"]]'

Prints (exit status, output, errors) of each, as JSON. What Windows lacks is taken away before
pmulab is loaded: modules, functions, signals. Its encoding of a pipe is cp1252, as there.

Not faked: paths, files that are open and cannot be removed, how processes start; the standard
library, which is that of this system.
"""

import asyncio
import contextlib
import io
import json
import multiprocessing.pool
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from types import SimpleNamespace

MODULES = "fcntl grp posix pty pwd readline resource syslog termios tty".split()
NAMES = {
    os: "fork forkpty geteuid getegid getgid getgroups getpgid getppid getuid getpriority killpg "
    "mkfifo nice pidfd_open posix_spawn register_at_fork sched_getaffinity setgid setgroups "
    "setpgid setsid setuid statvfs sysconf uname wait waitid wait3 WNOHANG chown fchmod",
    select: "epoll poll",
    signal: "ITIMER_REAL SIGALRM SIGCHLD SIGHUP SIGKILL SIGQUIT SIGUSR1 SIGUSR2 alarm pause "
    "pidfd_send_signal pthread_kill pthread_sigmask setitimer sigwait",
    socket: "AF_UNIX SOCK_SEQPACKET recv_fds send_fds",
}
LOADED = (asyncio, multiprocessing.pool, subprocess)


def take_away():
    """Take away what Windows does not have, and give it its locks."""
    for name in MODULES:
        sys.modules[name] = None
    for module, names in NAMES.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    sys.modules["msvcrt"] = SimpleNamespace(LK_NBLCK=2, locking=lambda handle, mode, count: None)


def done(words):
    """Carry out one command, or code after -c; return its exit status, output and errors."""
    from pmulab.cli import main

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="cp1252") for _ in range(2)]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        try:
            code = exec(words[1], {"__name__": "__main__"}) if words[0] == "-c" else main(words)
        except SystemExit as error:
            code = error.code
        except BaseException:
            code = traceback.format_exc()
    for stream in streams:
        stream.flush()
    return code, *(stream.buffer.getvalue().decode("cp1252") for stream in streams)


if __name__ == "__main__":
    take_away()
    print(json.dumps([done(words) for words in json.loads(sys.argv[1])]))
