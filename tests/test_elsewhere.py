"""What a learner runs where there is no POSIX; see `elsewhere`. No real Windows was tried."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pmulab.lab.classroom import apart

ROOT = Path(__file__).parent.parent
WRONG = """from pmulab import Hypervisor


class Mine(Hypervisor):
    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        self.cpu.msr("PMCNTENSET_EL0", vcpu.regs["PMCNTENSET_EL0"])
"""
LEARNS = """from pmulab import check, progress
from pmulab.lab.submission.load import load_class
from pmulab.lab.course.lock import LOCKS, fcntl
assert LOCKS and not fcntl
check("swap.put", load_class("mine.py"))
print(progress())
"""
LOOKS = """from pmulab.view import player
from pmulab import Machine
print(type(player(Machine("two-guests").run())).__name__)
"""


COMMANDS = {
    "run": ["run", "two-guests"],
    "explore": ["explore", "--world", "small", "--hypervisor", "mine.py:Mine"],
    "check": ["check", "mine.py", "--exercise", "swap.put"],
    "learn": ["-c", LEARNS],
    "join": ["join"],
    "lab": ["lab", "--no-start"],
    "grade": ["grade", "mine.py"],
    "report": ["report", "."],
}


def elsewhere(folder, *commands):
    """Run some commands in a folder; return (exit status, output, errors) of each."""
    (folder / "mine.py").write_text(WRONG)
    words = [sys.executable, str(ROOT / "tests" / "elsewhere.py"), json.dumps(commands)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)

    assert (0, "") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a learner's folder."""
    return tmp_path_factory.mktemp("learner")


@pytest.fixture(scope="module")
def said(folder):
    """Run each command once, in one process; give (exit status, output, errors) by its name."""
    return dict(zip(COMMANDS, elsewhere(folder, *COMMANDS.values())))


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("run", 0, "263 records"),
        ("explore", 1, "The law quiet_when_put is broken."),
        ("check", 1, "swap.put: not yet. The law quiet_when_put is broken."),
        ("learn", None, "swap.put"),
        # Its marks are not in the encoding that Windows gives a pipe.
        ("join", 1, "\n? written: its check said right. ? missing."),
        ("lab", 0, "17 notebooks written to pmulab-lab"),
    ],
)
def test_a_learner_s_commands_work(said, name, code, text):
    found, output, errors = said[name]

    assert (code, "") == (found, errors)
    assert text in output


def test_what_they_write_is_there(said, folder):
    assert "swap.put" in (folder / "pmulab-progress.json").read_text(encoding="utf-8")
    assert (folder / "pmulab-lab" / "00-start-here.ipynb").exists()


@pytest.mark.parametrize("name", ["grade", "report"])
def test_marking_is_refused_in_one_line(said, name):
    assert [2, "", f"pmulab: {apart.ELSEWHERE}\n"] == said[name]


@pytest.mark.slow
def test_the_player_shows_itself(tmp_path):
    assert [[None, "Player\n", ""]] == elsewhere(tmp_path, ["-c", LOOKS])


@pytest.mark.slow
def test_an_answer_is_judged_where_messages_have_no_ends(monkeypatch):
    """As on macOS, whose local sockets know no other kind."""
    monkeypatch.setattr(apart, "KIND", apart.socket.SOCK_STREAM)
    with apart.Apart() as process:
        for _ in range(2):
            link = process.job("mine.py", WRONG, "swap.put", 20)
            said = link.receive()

            assert ("broken", "quiet_when_put") == (said["verdict"], said["law"])
            assert "" == process.done(link)
