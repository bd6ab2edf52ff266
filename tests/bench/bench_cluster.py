"""Measure what a scheduler costs: 10,000 answers whose verdicts are stored, with dask and without.

    make bench-cluster (ARGS=1000: so many answers)

Both sides write the same tasks, take the same verdicts, and write the same marks; with dask two
workers of this machine do it. A real judge takes seconds for an answer; one is asked beside it.
"""

import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.cluster import STORED, Cluster
from lab.stored import judged as stored

from pmulab.lab.classroom import cluster, grading, task
from pmulab.lab.classroom.kept import Kept, mark_of
from pmulab.lab.classroom.marks import table
from pmulab.lab.classroom.sheets import Answer, Sheet

ASKED, SECONDS, ROUNDS, WORKERS = "irq.wake", 60, 3, 2
KICK = "from pmulab.kvm.hypervisor import Hypervisor\nclass Mine(Hypervisor):\n"
KICK += "    def kick(self, vcpu):\n        vcpu.request = {}\n"


def handed_in(count):
    """Make submissions, all different, a third of them wrong."""
    for n in range(count):
        source = f"# {'right' if n % 3 else 'broken'}\n{KICK.format(n)}"
        yield Sheet(f"{n:05}", (Answer(ASKED, "mine.py", source, "mine.py"),))


def alone(sheets, file):
    """Do what a run with a cluster does, without one."""
    kept = Kept(file)
    for sheet in sheets:
        (answer,) = sheet.answers
        # Answers that do the same are found here, too.
        grading.key_of(ASKED, answer.source)
        mark = mark_of(stored(task.task_of(ASKED, answer, SECONDS)))
        kept.add(sheet.learner, answer, mark, SECONDS)
        yield grading.grade_of(sheet, [mark])


def timed(make):
    """Return the seconds that grades take, and the table of them."""
    began = time.perf_counter()
    grades = [*make]
    return time.perf_counter() - began, table(grades)


def rounds(sheets, client, folder):
    """Measure both, one after the other, so that both meet the same machine."""
    for n in range(ROUNDS):
        without, expected = timed(alone(sheets, folder / f"alone-{n}"))
        there = cluster.graded(client, sheets, [ASKED], SECONDS, Kept(folder / f"dask-{n}"))
        within, found = timed(there)
        assert expected == found
        yield without, within


def real():
    """Return the seconds of a real judge on the shortest answer, in a sandbox of its own."""
    answer = Answer(ASKED, "mine.py", KICK.format(False), "mine.py")
    began = time.perf_counter()
    task.judged(task.task_of(ASKED, answer, SECONDS))
    return time.perf_counter() - began


def main(count):
    """Print the table."""
    sheets = [*handed_in(count)]
    with TemporaryDirectory() as name, Cluster(name) as there:
        for _ in range(WORKERS):
            there.worker("--preload", str(STORED), "--no-nanny")
        there.ready()
        with cluster.connected(there.address) as client:
            found = [*rounds(sheets, client, Path(name))]
    without, within = (statistics.median(seconds) for seconds in zip(*found))
    cost, judge = (within - without) / count, real()
    print(f"{count:,} answers, stored verdicts: median of {ROUNDS} rounds\n")
    print(f"{'':28} {'seconds':>8} {'tasks/s':>9}")
    for what, seconds in (("without dask", without), (f"dask, {WORKERS} workers", within)):
        print(f"{what:28} {seconds:8.2f} {count / seconds:9,.0f}")
    print(f"\ndask / without {within / without:18.1f}")
    print(f"the scheduler's cost {1000 * cost:12.2f} ms a task")
    print(f"a real, wrong answer {judge:12.2f} s: the cost is {100 * cost / judge:.2f} % of it")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
