"""Grades on a cluster: lost workers, lost runs, killers, and marks that are the same all the same.

dask.distributed is in build/dask, where `make test` puts it; without it these tests are left out.
"""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
from lab.cluster import HOME, ROOT, STORED, Cluster, environment, judges, until
from lab.hostile import HOSTILE

from pmulab.cli import main

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HOME.is_dir(), reason="no dask.distributed; make build/dask"),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]
ASKED = ("--exercise", "swap.stop", "--seconds", "40")
HEAD = "from pmulab.kvm.hypervisor import Hypervisor\nclass Mine(Hypervisor):\n"
STOP = HEAD + "    def pmu_stop(self, vcpu):\n        "
KILLER = next(one for one in HOSTILE if one.name == "kills all it can").text
ANSWERS = {
    "ada": STOP + "super().pmu_stop(vcpu)\n",
    "cleo": KILLER.replace("pmu_put", "pmu_stop"),
    "eve": "def (",
    "fay": "# The same as Ada's.\n" + STOP + "super().pmu_stop(vcpu)  # as it is\n",
    "gus": STOP + "...\n",
}


def hand_in(folder, answers):
    for learner, text in answers.items():
        (folder / learner).mkdir(parents=True)
        (folder / learner / "mine.py").write_text(text)
    return folder


def grade(*words):
    """Begin a run of `grade`."""
    words = [sys.executable, "-m", "pmulab", "grade", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=environment())


def graded(*words, seconds=60):
    """Run `grade`; returns its status and what it says."""
    process = grade(*words)
    try:
        return process.wait(seconds), *process.communicate()
    finally:
        process.kill()


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def learners(path):
    return [json.loads(line)["learner"] for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    return hand_in(tmp_path_factory.mktemp("class"), ANSWERS)


@pytest.fixture(scope="module")
def here(handed_in, tmp_path_factory):
    """Grade on this machine: the table and the text that a cluster has to give."""
    table = tmp_path_factory.mktemp("here") / "marks.csv"
    status, said, _ = graded(handed_in, *ASKED, "--jobs", 1, "--csv", table)

    assert 1 == status
    assert "ada: 1 of 1" in said
    return table.read_bytes(), said


def test_a_lost_worker_and_a_lost_run_change_no_mark(handed_in, here, tmp_path):
    keep, table = tmp_path / "marks.jsonl", tmp_path / "marks.csv"
    with Cluster(tmp_path) as cluster:
        words = [handed_in, *ASKED, "--csv", table, "--keep", keep, "--dask", cluster.address]
        lost, _ = cluster.worker("--no-nanny"), cluster.worker("--no-nanny")
        cluster.ready()
        run = grade(*words)
        # In the middle of its first answer.
        (judge,) = until(lambda: judges(lost))
        lost.kill()
        # Nothing of it is left, and nothing goes on for nobody.
        until(lambda: not os.path.exists(f"/proc/{judge}"), seconds=5)
        until(lambda: lines(keep) >= 2)
        run.kill()
        run.communicate()
        before = keep.read_text()
        assert before.count("\n") < 4
        with keep.open("a") as file:
            file.write('{"learner": "ada", "exer')
        status, said, _ = graded(*words)

        assert (1, here[1]) == (status, said)
        assert here[0] == table.read_bytes()
        # Whatever was marked before was not judged again.
        assert keep.read_text().startswith(before)
        assert sorted(set(ANSWERS) - {"gus"}) == sorted(learners(keep))


def test_the_order_in_which_marks_come_changes_nothing(tmp_path):
    answers = {
        f"{n:03}": f"# waits {'right' if n % 3 else 'broken'}\n{STOP}return {n}" for n in range(60)
    }
    handed_in = hand_in(tmp_path / "class", answers)
    found = []
    with Cluster(tmp_path) as cluster:
        for n in (1, 3):
            cluster.worker("--preload", str(STORED), "--no-nanny", threads=n, STORED_SECONDS="0.1")
        cluster.ready()
        for run in ("one.csv", "two.csv"):
            table = tmp_path / run
            words = ["--csv", table, "--json", "--dask", cluster.address]
            status, said, _ = graded(handed_in, *ASKED, *words)
            data = json.loads(said)
            assert [60, 40] == [len(data), sum(grade["score"] for grade in data)]
            seconds = [mark.pop("seconds") for grade in data for mark in grade["marks"]]
            assert any(seconds)
            found.append((status, table.read_bytes(), json.dumps(data)))

    assert found[0] == found[1]


def test_an_answer_that_ends_its_workers_is_not_finished_and_nobody_else_is_harmed(tmp_path):
    answers = {"ada": "# right waits", "bob": "# kills", "cleo": "# right waits too"}
    full = {name: f"{text}\n{STOP}return '{name}'" for name, text in answers.items()}
    handed_in = hand_in(tmp_path / "class", full)
    # One death is too many here, so that those beside it come under suspicion, too.
    with Cluster(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as cluster:
        cluster.worker("--preload", str(STORED), threads=3, STORED_SECONDS="2")
        cluster.ready()
        words = ["--exercise", "swap.stop", "--dask", cluster.address]
        status, said, _ = graded(handed_in, *words)

    assert 3 == status
    assert "ada: 1 of 1" in said
    assert "bob: 0 of 1" in said
    assert "swap.stop: not finished" in said
    assert "look at it alone" in said
    assert "cleo: 1 of 1" in said


def test_what_is_no_cluster_is_told_in_one_line(handed_in, tmp_path):
    def told(*said_of):
        runs = [grade(handed_in, *ASKED, "--dask", address) for address, _ in said_of]
        for run, (_, words) in zip(runs, said_of):
            said, error = run.communicate(timeout=30)

            assert (2, "") == (run.returncode, said)
            assert words in error
            assert 1 == error.count("\n")

    with Cluster(tmp_path) as cluster:
        told(
            ("127.0.0.1:9", "no scheduler at 127.0.0.1:9: "),
            ("nowhere", "no scheduler at nowhere: missing port number"),
            ("tls://127.0.0.1:9", "no scheduler at tls://127.0.0.1:9: TLS expects"),
            (cluster.address, "no worker has come to tcp://127.0.0.1:"),
        )
        other = tmp_path / "other"
        shutil.copytree(ROOT / "pmulab", other / "pmulab")
        with (other / "pmulab" / "kvm" / "swap.py").open("a") as file:
            file.write("# Another edition.\n")
        worker = cluster.worker("--no-nanny", library=other)
        cluster.ready()
        told((cluster.address, "has another edition of pmulab ("))
        worker.kill()
        without = tmp_path / "without.py"
        without.write_text("import sys\nsys.modules['pmulab'] = None\n")
        cluster.worker("--no-nanny", "--preload", str(without))
        cluster.ready()
        told((cluster.address, "has no pmulab like this one: "))


def test_a_scheduler_that_is_lost_ends_the_run_and_keeps_its_marks(tmp_path):
    answers = {f"{n}": f"# waits right\n{STOP}return {n}" for n in range(9)}
    handed_in, keep = hand_in(tmp_path / "class", answers), tmp_path / "marks.jsonl"
    with Cluster(tmp_path) as cluster:
        cluster.worker("--preload", str(STORED), "--no-nanny", STORED_SECONDS="1")
        cluster.ready()
        run = grade(handed_in, "--dask", cluster.address, "--keep", keep)
        until(lambda: lines(keep) >= 2)
        cluster.processes[0].send_signal(signal.SIGKILL)
        _, error = run.communicate(timeout=20)

    assert 2 == run.returncode
    assert "pmulab: the scheduler was lost" == error.splitlines()[-1]
    assert 2 == len(error.splitlines())
    assert 2 <= lines(keep) < 9


def test_without_the_extra_one_line_names_it(handed_in, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)

    assert 2 == main(["grade", str(handed_in), *ASKED, "--dask", "127.0.0.1:9"])
    assert "the extra `cluster`" in capsys.readouterr().err


def test_it_is_loaded_for_nobody_else():
    code = "import sys, pmulab.cli, pmulab.lab.classroom.task; print('distributed' in sys.modules)"
    words = [sys.executable, "-c", code]

    assert (
        "False\n" == subprocess.run(words, env=environment(), capture_output=True, text=True).stdout
    )
