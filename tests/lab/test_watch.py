"""The end of an endless hook where the system has no timer: a thread looks, as on Windows."""

import builtins
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pmulab.lab.submission.limits import limited

ELSEWHERE = Path(__file__).parents[1] / "elsewhere.py"
ENDLESS = """from pmulab import Hypervisor


class Mine(Hypervisor):
    def pmu_put(self, vcpu):
        while True:
            vcpu.regs["PMCNTENSET_EL0"]
"""


@pytest.fixture
def timerless(monkeypatch):
    """Take the system's timer away."""
    monkeypatch.delattr(signal, "setitimer")


def test_an_endless_loop_ends_and_the_watcher_with_it(timerless):
    threads = threading.active_count()
    with limited(0.1) as limit:
        while True:
            pass

    assert limit.expired
    assert limit.why == "no end within 0.1 s"
    assert threads == threading.active_count()


def test_what_ends_in_time_is_left_alone(timerless):
    with limited(20) as limit:
        done = sum(range(1000))

    assert (False, 499500) == (limit.expired, done)


def test_an_end_that_comes_with_the_limit_leaves_nothing_behind(timerless):
    ask, stream, threads = builtins.input, sys.stdout, threading.active_count()
    found = set()
    for k in range(24):
        with limited(0.005) as limit:
            # From well before the limit to well after it.
            end = time.perf_counter() + 0.001 * k
            while time.perf_counter() < end:
                pass
        found.add(limit.expired)
        time.sleep(0)

    assert {True, False} == found
    assert (ask, stream, threads) == (builtins.input, sys.stdout, threading.active_count())


@pytest.mark.slow
def test_a_check_of_an_endless_hook_ends_where_there_is_no_timer(tmp_path):
    (tmp_path / "mine.py").write_text(ENDLESS)
    words = json.dumps([["check", "mine.py", "--exercise", "swap.put"]])
    command = [sys.executable, str(ELSEWHERE), words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    ((code, said, errors),) = json.loads(done.stdout)

    assert (3, "") == (code, errors)
    assert "no end within 5 s, in pmu_put: " in said
