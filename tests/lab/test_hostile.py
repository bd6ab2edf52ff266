"""Submissions that mean harm: none passes, harms another's mark or file, or stops the run."""

import os

import pytest
from lab.hostile import HOSTILE, WRONG, Hostile

from pmulab.lab.classroom import apart
from pmulab.lab.classroom.grading import grade, graded
from pmulab.lab.classroom.submissions import sheets

GOOD = """from pmulab.kvm.hypervisor import Hypervisor
class Mine(Hypervisor):
    def kick(self, vcpu):
        vcpu.request = True
"""
# Some of each kind: what they do where there is no sandbox must not help them either.
BARE = ("replaces the judge", "shouts and ends", "crashes", "is deaf to the clock", "recurses")

needs_bubblewrap = pytest.mark.skipif(not apart.bubblewrap(), reason="bubblewrap is not here")
pytestmark = pytest.mark.slow


def hand_in(folder, hostile):
    path = folder / "mine.py"
    path.write_text(hostile.text)
    return str(path)


@needs_bubblewrap
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_none_passes(hostile, tmp_path):
    found = grade(hand_in(tmp_path, hostile), ["swap.put"], hostile.seconds)

    assert 0 == found.points
    assert hostile.says in repr(found)


@pytest.mark.parametrize("name", BARE)
def test_none_passes_without_a_sandbox(name, tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "bubblewrap", lambda: "")
    hostile = next(hostile for hostile in HOSTILE if hostile.name == name)

    assert 0 == grade(hand_in(tmp_path, hostile), ["swap.put"], hostile.seconds).points
    assert "install bubblewrap" in apart.kept_out()


def test_a_wrong_hook_is_wrong_without_any_tricks(tmp_path):
    found = grade(hand_in(tmp_path, Hostile("plain")), ["swap.put"])

    assert "broken" == found.marks[0].verdict
    assert WRONG in Hostile("plain").text


@needs_bubblewrap
def test_what_is_outside_cannot_be_read_or_written(tmp_path):
    secret = tmp_path / "gradebook.txt"
    secret.write_text("SECRET")
    for body in (
        f"raise RuntimeError(open({str(secret)!r}).read())",
        f"open({str(secret)!r}, 'w').write('mine')",
        "import pmulab\nopen(pmulab.__file__, 'a').write('# mine')",
        "import os\nraise RuntimeError(' '.join(os.environ))",
    ):
        found = grade(hand_in(tmp_path, Hostile("reads", body=body)), ["swap.put"])

        assert "SECRET" not in repr(found)
        assert "PATH" not in repr(found).replace("PYTHONPATH", "")
        assert "Error" in repr(found)
    assert "SECRET" == secret.read_text()


@needs_bubblewrap
def test_those_beside_it_keep_their_marks(tmp_path):
    for n, name in enumerate(("kills all it can", "leaves a daemon", "crashes", "shouts and ends")):
        hostile = next(hostile for hostile in HOSTILE if hostile.name == name)
        folder = tmp_path / f"learner-{n}"
        folder.mkdir()
        # One file for both, so that they run in one process after another of the same sandbox.
        (folder / "a.py").write_text(hostile.text)
        (folder / "b.py").write_text(GOOD)
    found = [*graded(sheets([tmp_path]), ["swap.put", "irq.wake"], 20, jobs=2)]

    assert [f"learner-{n}" for n in range(4)] == [grade.learner for grade in found]
    assert [[0, 1]] * 4 == [[mark.points for mark in grade.marks] for grade in found]


@needs_bubblewrap
def test_nothing_stays_behind(tmp_path, monkeypatch):
    hostile = next(hostile for hostile in HOSTILE if hostile.name == "leaves a daemon")
    # All that runs there has this home, and nobody else on this machine.
    home = f"/tmp/{tmp_path.name}-{os.getpid()}"
    monkeypatch.setattr(apart, "HOME", home)
    apart.bubblewrap.cache_clear()
    found = grade(hand_in(tmp_path, hostile), ["swap.put"])
    monkeypatch.undo()
    apart.bubblewrap.cache_clear()

    assert 0 == found.points
    assert "swap.put: not yet." in repr(found)
    assert [] == [pid for pid in os.listdir("/proc") if home in environment_of(pid)]


def environment_of(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
