"""Grades on a cluster of dask.distributed: each answer to an exercise is a task for any worker.

What was lost with its worker goes to another, as often as the scheduler allows (three times, if it
was not told otherwise); then once more by itself, after all others, for one of them may have ended
the worker; then it is not finished. Marks come in any order; grades are in that of the sheets.

Not modelled: who may use a cluster: dask has TLS for that. How far a scheduler is believed: what
it sends is unpickled here, so it must be one's own.
"""

import asyncio
import contextlib
import logging
import queue
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pmulab.explorer.result import describe
from pmulab.lab.classroom.grading import answers_of, asked_of, grade_of, key_of, not_attempted
from pmulab.lab.classroom.kept import Kept, edition, mark_of
from pmulab.lab.classroom.marks import Grade, Mark
from pmulab.lab.classroom.sheets import Answer, Sheet
from pmulab.lab.classroom.task import OtherEdition, here, judged, task_of
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.load import InputError

EXTRA = "--dask needs dask.distributed, the extra `cluster` of pyproject.toml; here it is missing"
# Waiting for an answer of the scheduler, for a first worker, for another when the last is gone.
KNOCK, FIRST, GONE = 5, 5, 60
# Tasks that the scheduler knows of at a time: enough for hundreds of workers.
AHEAD = 1000
# What ended on a worker otherwise than with a mark is tried so often again.
RETRIES = 2
SILENT = "the scheduler was lost"
MUTE = f"a worker has not said within {GONE} s what it judges with; end it, or start it again"
NOBODY = f"no worker is left, and none has come within {GONE} s"
LOST = "each worker that had it was lost, the last time it was the only one; look at it alone"


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler that has workers; raises `InputError` where there is none."""
    try:
        from distributed import Client
    except ImportError:
        raise InputError(EXTRA) from None
    # What it logs of lost workers is said in marks.
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distrib")]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        kind = asyncio.run(_kind_of(address))
    except Exception as error:
        # An address that is none, or TLS that is not set up, is many kinds of error there.
        raise InputError(f"no scheduler at {address}: {error or 'no answer'}") from None
    if kind != "Scheduler":
        raise InputError(f"no scheduler at {address}: it is a {kind}")
    with Client(address, timeout=KNOCK, set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=FIRST)
        except TimeoutError:
            raise InputError(f"no worker has come to {address} within {FIRST} s") from None
        yield client


async def _kind_of(address: str) -> str:
    """Ask a server of dask's what it is; a client would wait for whoever is silent."""
    from distributed import rpc
    from distributed.security import Security

    secure = Security().get_connection_args("client")
    there = rpc(address, timeout=KNOCK, connection_args=secure)
    try:
        return str((await asyncio.wait_for(there.identity(), KNOCK))["type"])
    finally:
        await there.close_rpc()


def kept_out_there(client: Any) -> str:
    """Say what answers are kept from on the workers; raises `InputError` where one is not alike."""

    async def ask() -> Any:
        return await asyncio.wait_for(client.run(here, on_error="return"), GONE)

    try:
        said = client.sync(ask)
    except TimeoutError:
        raise InputError(MUTE) from None
    for worker, words in said.items():
        if isinstance(words, Exception):
            raise InputError(f"the worker {worker} has no pmulab like this one: {words}")
        _alike(words[0], f"the worker {worker}")
    count = Counter(words[1] for words in said.values())
    return "; ".join(f"on {n} of {len(said)} workers with {words}" for words, n in count.items())


def _alike(there: str, who: str) -> None:
    if there != edition():
        raise InputError(f"{who} has another edition of pmulab ({there}); here is {edition()}")


def graded(
    client: Any,
    handed_in: Sequence[Sheet],
    exercises: Sequence[str],
    seconds: float,
    kept: Kept,
) -> Iterator[Grade]:
    """Grade what was handed in together, in its order, as `grading.graded` does.

    Raises `InputError` where the scheduler is lost, or all its workers.
    """

    def ask(answer: Answer) -> set[str]:
        # Whoever asks in vain, here as there, has found nothing.
        with contextlib.suppress(Exception):
            return {*client.submit(judged, task_of("", answer, seconds)).result()["exercises"]}
        return set()

    asked = asked_of(handed_in, exercises, ask)
    marks: list[dict[str, Mark]] = [{} for _ in handed_in]
    jobs = []
    for n, sheet in enumerate(handed_in):
        for id, answer in answers_of(sheet, asked).items():
            if answer is None or answer.empty:
                marks[n][id] = not_attempted(id, answer)
            elif mark := kept.mark(id, answer, seconds):
                marks[n][id] = mark
            else:
                jobs.append(Job(n, id, answer))
    coming = Run(client, jobs, seconds).marks()
    for n, sheet in enumerate(handed_in):
        while len(marks[n]) < len(asked):
            job, mark = next(coming)
            kept.add(handed_in[job.sheet].learner, job.answer, mark, seconds)
            marks[job.sheet][job.id] = mark
        yield grade_of(sheet, [marks[n][id] for id in asked])


class Job(NamedTuple):
    """One answer to one exercise, and the number of its sheet."""

    sheet: int
    id: str
    answer: Answer


class Run:
    """Hands jobs to the workers; of those that do the same, one at a time."""

    def __init__(self, client: Any, jobs: Iterable[Job], seconds: float):
        self.client, self.seconds = client, seconds
        self.alike: dict[str, list[Job]] = {}
        for job in jobs:
            asked = f"{job.id} {job.answer.exercise} {job.answer.exam}"
            self.alike.setdefault(key_of(asked, job.answer.source), []).append(job)
        self.waiting = deque(self.alike)
        # What each task at the cluster is about; the cluster forgets what nobody holds.
        self.out: dict[Any, str] = {}
        self.ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        # What was lost with its workers, and which of it is tried by itself.
        self.lost: deque[str] = deque()
        self.alone = ""

    def marks(self) -> Iterator[tuple[Job, Mark]]:
        """Yield the mark of each job, as they come."""
        while self.alike:
            self._send()
            ended = self._ended()
            said = self._said(ended)
            for future in ended:
                key = self.out.pop(future)
                mark = self._mark_of(key, future, said.get(future))
                if mark:
                    yield from self._told(key, mark)

    def _send(self) -> None:
        """Give the scheduler more to do; what was lost comes last, and by itself."""
        if not self.waiting and not self.out:
            self.alone = self.lost.popleft()
            self.waiting.append(self.alone)
        if len(self.out) > AHEAD // 2:
            return
        keys = [self.waiting.popleft() for _ in range(min(AHEAD // 2, len(self.waiting)))]
        firsts = [self.alike[key][0] for key in keys]
        tasks = [task_of(job.id, job.answer, self.seconds) for job in firsts]
        futures = self.client.map(judged, tasks, pure=False, retries=RETRIES)
        for key, future in zip(keys, futures):
            self.out[future] = key
            future.add_done_callback(self.ended.put)

    def _ended(self) -> list[Any]:
        """Wait until tasks have ended, and return all of those."""
        until = time.monotonic() + GONE
        while True:
            with contextlib.suppress(queue.Empty):
                found = [self.ended.get(timeout=KNOCK)]
                while not self.ended.empty():
                    found.append(self.ended.get())
                return found
            if self._workers():
                until = time.monotonic() + GONE
            elif time.monotonic() > until:
                raise InputError(NOBODY)

    def _said(self, ended: list[Any]) -> dict[Any, dict[str, Any]]:
        """Fetch at once what came of many tasks; any that cannot be had is asked for again."""
        good = [future for future in ended if future.status == "finished"]

        async def fetch() -> list[dict[str, Any]]:
            # What was lost after it was done is done again, if there is anybody to do it.
            return await asyncio.wait_for(self.client.gather(good, asynchronous=True), GONE)

        try:
            return dict(zip(good, self.client.sync(fetch)))
        except Exception:
            if not self._workers():
                raise InputError(NOBODY) from None
            return {}

    def _workers(self) -> int:
        """Count the workers; raises `InputError` where there is nobody to ask."""
        workers = self.client.scheduler_info().get("workers", {})
        if self.client.status != "running":
            raise InputError(SILENT)
        return len(workers)

    def _mark_of(self, key: str, future: Any, said: dict[str, Any] | None) -> Mark | None:
        """Return what came of a task; nothing where it is to be tried by itself."""
        from distributed import CancelledError, KilledWorker

        job = self.alike[key][0]
        try:
            return replace(mark_of(said or future.result()), where=job.answer.where)
        except CancelledError:
            raise InputError(SILENT) from None
        except OtherEdition as error:
            _alike(str(error), "a worker")
            raise
        except ImportError as error:
            raise InputError(f"a worker has no pmulab like this one: {error}") from None
        except KilledWorker:
            if key != self.alone:
                self.lost.append(key)
                return None
            why = LOST
        except Exception as error:
            why = describe(error)
        return Mark(job.id, "not finished", repr(Verdict(job.id, "not finished", why)))

    def _told(self, key: str, mark: Mark) -> Iterator[tuple[Job, Mark]]:
        """Yield a mark, and those of the answers of which it says the same."""
        first, *others = self.alike.pop(key)
        mark = replace(mark, where=first.answer.where)
        yield first, mark
        left = []
        for job in others:
            where = job.answer.where
            # What is wrong is told with names and lines, so of the same text alone.
            if mark.verdict == "right" or job.answer[1:3] == first.answer[1:3]:
                yield job, replace(mark, where=where, seconds=0.0)
            else:
                left.append(job)
        if left:
            self.alike[key] = left
            self.waiting.append(key)
