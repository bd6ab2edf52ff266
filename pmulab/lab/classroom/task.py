"""A task for a worker of a cluster: one answer to one exercise, judged in a process of its own.

    python -m pmulab.lab.classroom.task        judge the task that comes as a line of JSON

A worker runs its tasks in threads, where no clock can end a hook, so each has a process, and the
answer a sandbox made for it alone: a task that another worker begins anew finds what the first did.

Not modelled: a worker's memory; an answer may take as much as `there` lets it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pmulab.lab.classroom.apart import PACKAGE, START_SECONDS, kept_out
from pmulab.lab.classroom.grading import Desk, listed
from pmulab.lab.classroom.kept import edition
from pmulab.lab.classroom.sheets import Answer

# A desk reads, judges, and judges from outside, each within its time, and starts once or twice.
DESK, STARTS = 4, 2 * START_SECONDS


class OtherEdition(Exception):
    """A worker would judge by other files, or with another Python or z3."""


class Lost(Exception):
    """The process that judges an answer has ended without a word."""


def here() -> tuple[str, str]:
    """Say what a worker judges with, and what it keeps an answer from."""
    return edition(), kept_out()


def task_of(id: str, answer: Answer, seconds: float) -> dict[str, Any]:
    """Write a task; without an exercise it is to list those that a file answers."""
    return {"id": id, "answer": [*answer], "seconds": seconds, "edition": edition()}


def judged(task: dict[str, Any]) -> dict[str, Any]:
    """Do a task on a worker; returns a mark as plain data.

    Raises `OtherEdition`, and `Lost` where a try on another worker may end better.
    """
    if task["edition"] != edition():
        raise OtherEdition(edition())
    path = os.pathsep.join(filter(None, (PACKAGE, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", __name__]
    own = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=own
    ) as process:
        assert process.stdin and process.stdout
        late = threading.Timer(DESK * task["seconds"] + STARTS, process.kill)
        late.start()
        try:
            # Its input stays open as long as this worker lives.
            process.stdin.write(json.dumps(task).encode() + b"\n")
            process.stdin.flush()
            said = process.stdout.readline()
        except BrokenPipeError:
            said = b""
        finally:
            late.cancel()
    if not said.endswith(b"\n"):
        raise Lost("the process that judges it was lost")
    return dict(json.loads(said))


def done(task: dict[str, Any]) -> dict[str, Any]:
    """Do a task in this process."""
    answer, seconds = Answer(*task["answer"]), task["seconds"]
    if not task["id"]:
        return {"exercises": sorted(listed(answer, seconds))}
    with TemporaryDirectory(prefix="pmulab-") as known, Desk(seconds, Path(known)) as desk:
        return asdict(desk.mark(task["id"], answer))


def end_with(worker: int) -> None:
    """Wait until a worker is gone, or is done with this process, and end."""
    os.read(worker, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Do the one task that comes."""
    line = sys.stdin.buffer.readline()
    # So that the sandbox and its folder go, too, when the worker is killed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    threading.Thread(target=end_with, args=(sys.stdin.fileno(),), daemon=True).start()
    said = json.dumps(done(json.loads(line)))
    sys.stdout.write(said + "\n")
    sys.stdout.flush()
    # The worker may be done with us from here on.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    main()
