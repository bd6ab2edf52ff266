"""A cluster of this machine's own: a scheduler and workers as processes, which end with it.

dask.distributed is in build/dask, where `make test` puts it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HOME = ROOT / "build" / "dask"
STORED = Path(__file__).parent / "stored.py"
HERE = "--host 127.0.0.1 --no-dashboard".split()


def environment(library=ROOT, **more):
    """Return the environment of a process that finds dask, and pmulab in a folder."""
    path = os.pathsep.join([str(library), str(HOME)])
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **more}


def until(holds, seconds=30):
    """Wait until something holds; returns it."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it has not come about"
        time.sleep(0.05)
    return found


def judges(worker):
    """List the processes in which a worker judges."""
    found = []
    # A process may be gone before it is looked at.
    with contextlib.suppress(OSError):
        for path in Path(f"/proc/{worker.pid}/task").glob("*/children"):
            found += [
                int(pid)
                for pid in path.read_text().split()
                if b"classroom.task" in Path(f"/proc/{pid}/cmdline").read_bytes()
            ]
    return found


class Cluster:
    """A scheduler, and the workers that were asked for."""

    def __init__(self, folder, **more):
        self.folder, self.processes, self.workers = Path(folder), [], 0
        there = self.folder / "scheduler.json"
        options = [*HERE, "--port", "0", "--scheduler-file", str(there)]
        self._start("scheduler", options, environment(**more))
        self.address = until(lambda: there.exists() and json.loads(there.read_text()))["address"]

    def worker(self, *options, library=ROOT, threads=1, **more):
        """Start a worker, without waiting for it."""
        self.workers += 1
        folder = ["--local-directory", str(self.folder), "--nthreads", str(threads)]
        words = [self.address, *HERE, *folder, *options]
        return self._start("worker", words, environment(library, **more))

    def ready(self):
        """Wait until the scheduler knows the workers that were started."""
        log = self.folder / "scheduler.log"
        until(lambda: log.read_text().count("Register worker") == self.workers)

    def _start(self, what, options, own):
        words = [sys.executable, "-m", f"distributed.cli.dask_{what}", *options]
        # What it leaves when it is killed is left here.
        own["TMPDIR"] = str(self.folder)
        with open(self.folder / f"{what}.log", "a") as log:
            # A session of its own, so that what a nanny starts ends with it.
            process = subprocess.Popen(
                words, env=own, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        self.processes.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
