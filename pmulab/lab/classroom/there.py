"""The other end: a process in which a submission runs, a fork of its own for each exercise.

    python -m pmulab.lab.classroom.there FD

It judges as `check` does and says what came of it; then it answers calls of the hook, for a judge
who believes no verdict that was made where a submission ran.

Not modelled: keeping a submission from what this process can reach; see `apart`.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

from pmulab.explorer.result import describe
from pmulab.hw.sysreg import MASK64
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.classroom.crossing import Crossing
from pmulab.lab.classroom.far import raised, told
from pmulab.lab.classroom.link import Cut, Link
from pmulab.lab.classroom.own import take_again
from pmulab.lab.course.check import judged
from pmulab.lab.course.scene import Scene
from pmulab.lab.exercises.own import members, own_class, with_members
from pmulab.lab.exercises.rows import EXERCISES, exercise
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.answers import plain
from pmulab.lab.submission.limits import limited
from pmulab.lab.submission.load import InputError, classes_in, load_module

HOOKS = frozenset(name for name in dir(Hypervisor) if not name.startswith("__"))
LIBRARY = str(Path(__file__).resolve().parents[2])
MEMORY = 2 << 30
FILE_BYTES = 1 << 20
# Also those of others who are graded at the same time.
PROCESSES = 256
NOBODY = 65534
# A message of one job, with its two pipes.
JOB = 1 << 16
TEXT = 4000


class FarCpu:
    """A CPU whose registers are at the other end of a link."""

    def __init__(self, n: int, link: Link, features: list[str], counter_bits: int) -> None:
        self.n, self.link = n, link
        self.features, self.counter_bits = frozenset(features), counter_bits

    def mrs(self, name: str) -> int:
        """Read a register."""
        return self._ask("mrs", name)

    def msr(self, name: str, value: int) -> None:
        """Write a register."""
        self._ask("msr", name, int(value & MASK64))

    def _ask(self, op: str, *args: Any) -> Any:
        self.link.send({"do": op, "cpu": self.n, "args": args})
        reply = self.link.receive()
        if "raised" in reply:
            raised(reply)
        return reply["value"]


class There:
    """Answers the calls of hooks, on one host after another."""

    def __init__(self, hypervisor: type, link: Link) -> None:
        self.hypervisor, self.link = hypervisor, link
        self.hyp: Any = None
        self.crossing: Any = None

    def serve(self) -> None:
        """Answer until nobody asks any more."""
        while True:
            message = self.link.receive()
            if message["do"] == "host":
                self._meet(message["cpus"])
            else:
                self._answer(message)

    def _meet(self, cpus: list[Any]) -> None:
        """Begin with another host."""
        self.hyp = object.__new__(self.hypervisor)
        self.hyp.cpus = [FarCpu(n, self.link, *cpu) for n, cpu in enumerate(cpus)]
        names: dict[int, str] = {}
        known: dict[str, Any] = {}

        def callback(name: str) -> Any:
            if name not in known:
                known[name] = lambda *args: self._call_back(name, args)
                names[id(known[name])] = name
            return known[name]

        self.crossing = Crossing(self.hyp, callback, names)

    def _answer(self, message: dict[str, Any]) -> None:
        args = tuple(self.crossing.received(message))
        self.hyp.cpu = self.hyp.cpus[message["cpu"]]
        try:
            answer = plain(getattr(self.hyp, message["hook"])(*args))
        except Cut:
            raise
        except BaseException as error:
            self.link.send({"do": "raise", **told(error), **self.crossing.sent((), args)})
            return
        cpu = self.hyp.cpus.index(self.hyp.cpu)
        self.link.send({"do": "answer", "cpu": cpu, **self.crossing.sent((answer,), args)})

    def _call_back(self, name: str, args: tuple[Any, ...]) -> Any:
        """Ask for what stands in a hook's place at the other end."""
        self.link.send({"do": "hook", "name": name, **self.crossing.sent(args)})
        reply = self.link.receive()
        values = self.crossing.received(reply)
        if "raised" in reply:
            raised(reply)
        return values[0]


# ---- one job


def job(id: str, seconds: float, link: Link) -> None:
    """Do one job: name the hooks of a submission, or judge one exercise and answer for it."""
    message = link.receive()
    path = Path(tempfile.mkdtemp(dir=os.environ["HOME"]), message["name"])
    path.write_text(message["source"], encoding="utf-8")
    with limited(seconds) as limit:
        try:
            found = classes_in(load_module(str(path)))
        except InputError as error:
            # The folder is ours, and says nothing to whoever reads it.
            text = str(error).replace(str(path), path.name)
            link.send({"verdict": "error", "text": text, "import": True})
            return
    if limit.expired:
        said = f"its import did not end within {seconds:g} s{limit.where}"
        link.send({"verdict": "error", "text": said, "import": True})
        return
    by_hook = {hook: cls for cls in found.values() for hook in vars(cls)}
    if not id:
        link.send({"exercises": [row.id for row in EXERCISES.values() if row.hook in by_hook]})
        return
    row = exercise(id)
    mine = next((by_hook[hook] for hook in row.hooks if hook in by_hook), None)
    if mine is None:
        link.send(answer(Verdict(id, "not attempted", row.starter), None))
        return
    if not row.also and len([name for name in vars(mine) if name in HOOKS]) > 1:
        # Of a class with several hooks each is judged beside the library's others.
        mine = with_members(Hypervisor, mine.__name__, members(row.hook, mine))
    verdict = judged(id, mine, seconds)
    link.send(answer(verdict, mine, seconds))
    if verdict.right:
        There(mine if row.also else own_class(row, mine), link).serve()


def answer(verdict: Verdict, submission: type | None, seconds: float = 0) -> dict[str, Any]:
    """Say a verdict as data, and which known mistake it is about."""
    history = list(verdict.history)
    found = None
    if submission and verdict.kind == "broken":
        # As long as the check: a mark must not depend on how busy a machine is.
        found = Scene(verdict, submission, seconds=seconds).entry
    return {
        "verdict": verdict.kind,
        "text": repr(verdict)[:TEXT],
        "law": verdict.law,
        "history": history,
        "nearest": found.id if found else "",
    }


def bound(seconds: float) -> None:
    """Bound what the process that runs a submission may use, where the system can."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        limits = {
            resource.RLIMIT_CPU: int(2 * seconds) + 30,
            resource.RLIMIT_FSIZE: FILE_BYTES,
            resource.RLIMIT_AS: MEMORY,
            resource.RLIMIT_CORE: 0,
        }
        for what, most in limits.items():
            resource.setrlimit(what, (most, most))


def drop(sandboxed: bool) -> None:
    """Be nobody, where this process is root in a sandbox, and bound how many processes there are.

    Elsewhere the limit would count all that the teacher has, and the sandbox ends them anyway.
    """
    if not sandboxed or os.getuid():
        return
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))


def run(message: dict[str, Any], reader: int, writer: int) -> None:
    """Be the process of one job, and end."""
    os.setsid()
    seconds = message["seconds"]
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    link = Link(reader, writer)
    try:
        bound(seconds)
        drop(message["sandboxed"])
        job(message["id"], seconds, link)
    except Cut:
        pass
    except MemoryError:
        said = f"it needs more memory than {MEMORY >> 20} MB"
        link.send({"verdict": "error", "text": said})
    except BaseException as error:
        with contextlib.suppress(Cut):
            link.send({"verdict": "error", "text": describe(error)[:500]})
    os._exit(0)


def load_all() -> None:
    """Import the library once, for all jobs; what the machine has no package for is left out."""
    for name in ("z3", *(info.name for info in pkgutil.walk_packages([LIBRARY], "pmulab."))):
        if ".view" not in name and not name.endswith("__main__"):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


def main(fd: str) -> None:
    """Do the jobs that come, one after another."""
    load_all()
    take_again()
    control = socket.socket(fileno=int(fd))
    control.send(b"ready")
    while True:
        data, fds, _, _ = socket.recv_fds(control, JOB, 2)
        if not data:
            return
        message = json.loads(data)
        pid = os.fork()
        if not pid:
            control.close()
            run(message, *fds)
        for one in fds:
            os.close(one)
        os.waitpid(pid, 0)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, 9)
        control.send(b"done")


if __name__ == "__main__":
    main(sys.argv[1])
