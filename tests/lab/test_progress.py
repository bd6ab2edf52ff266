"""The file of a learner's progress: it survives restarts, damage and full folders."""

import copy
import json
import os
import re
import subprocess
import sys

import pytest

import pmulab
from pmulab.asking import predict
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course import lock
from pmulab.lab.course import progress as module
from pmulab.lab.course.progress import guess_of, keep_guess, progress, record
from pmulab.lab.course.shape import SHAPE, fits
from pmulab.lab.exercises.verdict import Verdict
from pmulab.sim.accusation import Accusation

needs_locks = pytest.mark.skipif(not lock.LOCKS, reason="no locks here")


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "pmulab-progress.json"
    monkeypatch.setenv("PMULAB_PROGRESS", str(path))
    return path


def right(id="swap.put"):
    return Verdict(id, "right", proof="so")


def wrong(id="swap.put"):
    return Verdict(id, "error", "it raised")


def test_a_guess_is_printed_and_kept(file, capsys):
    predict("how many?", 42)

    assert "Your guess: 42\n" == capsys.readouterr().out
    assert [{"question": "how many?", "guess": "42"}] == progress().predictions


def test_no_guess_is_none(file, capsys):
    predict("how many?")

    assert "Your guess: none yet\n" == capsys.readouterr().out
    assert not file.exists()


def test_a_second_guess_replaces_the_first(file):
    predict("how many?", 1)
    predict("how many?", 2)

    assert ["2"] == [row["guess"] for row in progress().predictions]
    assert ("2", "") == (guess_of("how many?"), guess_of("how few?"))


def test_record_gives_the_verdict_back(file):
    verdict = right()

    assert record(verdict) is verdict


def test_an_empty_attempt_leaves_no_trace(file):
    record(Verdict("swap.put", "not attempted", "def pmu_put"))

    assert not file.exists()


def test_right_stays_right_and_attempts_are_counted(file):
    flags = Accusation("own_flags", "A", "PMOVSSET_EL0", 0, 1)
    lost = Verdict("swap.put", "broken", accusation=flags)
    for verdict, row in ((lost, ("broken", "1", "own_flags")), (right(), ("right", "2", ""))):
        record(verdict)
        assert [("swap.put", *row)] == progress().rows()
    record(lost)

    assert [("swap.put", "right", "3", "")] == progress().rows()


def test_another_process_finds_what_was_kept(file):
    record(right())
    code = "from pmulab.lab.course.progress import progress; print(progress())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "swap.put" in done.stdout


@pytest.mark.slow
def test_a_check_is_recorded(file):
    from pmulab.lab.course.check import check

    class Mine(Hypervisor):
        def write_pair(self, set_name, clr_name, bits, mask):
            self.cpu.msr(set_name, bits)

    check("swap.write_pair", Mine)

    assert [("swap.write_pair", "broken", "1", "write_pair")] == progress().rows()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"pmulab_progress": 1}', '{"exercises": {"a": 1}}', "[" * 100_000],
)
def test_a_damaged_file_is_set_aside_and_not_lost(file, text, capsys):
    file.write_text(text)
    record(right())
    record(right())

    assert "damaged-1" in capsys.readouterr().out
    assert text == file.with_name(file.name + ".damaged-1").read_text()
    assert [("swap.put", "right", "2", "")] == progress().rows()


ROW = {"attempts": 1, "right": True, "last": "right", "law": ""}
GUESS = {"question": "how many?", "guess": "1"}
GOOD = {"pmulab_progress": 1, "exercises": {"swap.put": ROW}, "predictions": [GUESS]}


def changed(*path, to):
    """Return a good file with one thing in it that is another."""
    data = copy.deepcopy(GOOD)
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return data


def test_a_good_file_fits():
    assert fits(GOOD, SHAPE)
    assert fits(module.empty(), SHAPE)
    assert fits({**GOOD, "more": 1}, SHAPE)


@pytest.mark.parametrize(
    "data",
    [
        changed("pmulab_progress", to="1"),
        changed("pmulab_progress", to=True),
        changed("exercises", to=[]),
        changed("exercises", "swap.put", to=None),
        changed("exercises", "swap.put", "attempts", to=True),
        changed("exercises", "swap.put", "attempts", to=1.5),
        changed("exercises", "swap.put", "right", to=1),
        changed("exercises", "swap.put", "last", to=None),
        changed("exercises", "swap.put", "law", to=3),
        changed("predictions", to={}),
        changed("predictions", 0, to=[]),
        changed("predictions", 0, "guess", to=1),
        {"pmulab_progress": 1, "exercises": {}},
    ],
)
def test_a_file_of_another_shape_is_damaged(file, data, capsys):
    file.write_text(json.dumps(data))
    record(right())

    assert "damaged-1" in capsys.readouterr().out
    assert data == json.loads(file.with_name(file.name + ".damaged-1").read_text())


def test_a_mark_at_the_beginning_is_no_damage(file, capsys):
    file.write_text(json.dumps(GOOD), encoding="utf-8-sig")
    record(right())

    assert "" == capsys.readouterr().out
    assert [("swap.put", "right", "2", "")] == progress().rows()


@pytest.mark.parametrize("use", [lambda: record(right()), progress, lambda: predict("so?", 1)])
def test_a_file_of_a_newer_format_is_left_alone(file, use, capsys):
    text = json.dumps({"pmulab_progress": 2, "exercises": "of another kind"})
    file.write_text(text)
    use()
    said = [line for line in capsys.readouterr().out.splitlines() if "Your guess" not in line]

    assert 1 == len(said)
    assert "pmulab-progress.json is of format 2, of a newer pmulab; this one knows 1" in said[0]
    assert "damaged" not in said[0]
    assert [file.name] == os.listdir(file.parent)
    assert text == file.read_text()


def test_a_file_that_cannot_be_read_is_not_overwritten(file, monkeypatch, capsys):
    file.write_text(json.dumps(GOOD))

    def refuse(*args, **named):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(module.Path, "read_text", refuse)
        record(right())
        shown = repr(progress())

    assert "Nothing yet" in shown
    assert "progress is not kept" in capsys.readouterr().out
    assert GOOD == json.loads(file.read_text())


def test_a_folder_in_its_place_stays(file, capsys):
    file.mkdir()
    record(right())

    assert "Nothing yet" in repr(progress())
    assert "progress is not kept" in capsys.readouterr().out
    assert [file.name] == os.listdir(file.parent)


# ---- several kernels

EACH, KERNELS = 12, 2
KERNEL = f"""
import sys
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.course.progress import keep_guess, record
for n in range({EACH}):
    record(Verdict("swap.put", "right", proof="so"))
    keep_guess(f"{{sys.argv[1]}}-{{n}}", n)
"""


def run(code, *words):
    """Start a kernel."""
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@needs_locks
@pytest.mark.slow
def test_kernels_that_write_at_once_lose_nothing(file):
    kernels = [run(KERNEL, str(n)) for n in range(KERNELS)]
    said = [kernel.communicate()[0] for kernel in kernels]

    assert [""] * KERNELS == said
    assert EACH * KERNELS == progress().exercises["swap.put"]["attempts"]
    assert EACH * KERNELS == len({row["question"] for row in progress().predictions})
    assert [file.name] == os.listdir(file.parent)


KILLED = """
import os
from pmulab.lab.course import progress
def die(*args):
    os._exit(9)
progress.os.replace = die
progress.keep_guess("how many?", 1)
"""


def test_what_a_kill_leaves_behind_goes_with_the_next_write(file):
    for _ in range(2):
        assert 9 == run(KILLED).wait()
        assert len(os.listdir(file.parent)) <= 2
    record(right())

    assert [file.name] == os.listdir(file.parent)
    assert [("swap.put", "right", "1", "")] == progress().rows()


@needs_locks
def test_a_kernel_that_does_not_let_go_does_not_stop_a_lesson(file, monkeypatch, capsys):
    monkeypatch.setattr(lock, "PATIENCE", 0.05)
    with lock.locked(file):
        record(right())

    assert "progress is not kept" in capsys.readouterr().out
    record(right())
    assert [("swap.put", "right", "1", "")] == progress().rows()


@pytest.mark.parametrize("name", ["LOCKS", "fcntl"])
def test_where_there_are_no_locks_progress_is_kept(file, monkeypatch, name, capsys):
    """As in a browser; and on a file system that refuses."""

    class Refuses:
        LOCK_EX = LOCK_NB = 0

        def flock(self, *args):
            raise OSError(38, "Function not implemented")

    monkeypatch.setattr(lock, name, False if name == "LOCKS" else Refuses())
    record(right())
    record(right())

    assert "" == capsys.readouterr().out
    assert [("swap.put", "right", "2", "")] == progress().rows()
    assert [file.name] == os.listdir(file.parent)


def test_a_file_of_progress_is_the_learners_own(file):
    record(right())

    assert 0 == file.stat().st_mode & 0o077


def test_bytes_that_are_no_text_are_set_aside_too(file):
    file.write_bytes(b"\xff\xfe\x00")
    record(right())

    assert b"\xff\xfe\x00" == file.with_name(file.name + ".damaged-1").read_bytes()


def test_a_second_damage_does_not_overwrite_the_first(file):
    for text in ("one", "two"):
        file.write_text(text)
        record(right())

    kept = [file.with_name(f"{file.name}.damaged-{n}").read_text() for n in (1, 2)]
    assert ["one", "two"] == kept


def test_a_write_that_fails_leaves_the_old_file_whole(file, monkeypatch, capsys):
    record(right())
    before = file.read_text()

    def refuse(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "replace", refuse)
    record(right("swap.load"))

    assert before == file.read_text()
    assert "progress is not kept" in capsys.readouterr().out
    assert [file.name] == os.listdir(file.parent)


def test_kept_is_told_when_it_has_been_read_back(file, monkeypatch, capsys):
    said = []
    keep_guess("how many?", 1, said.append)
    # A disk that takes everything and has nothing.
    monkeypatch.setattr(module.os, "replace", lambda new, path: new.unlink())
    keep_guess("how many?", 2, said.append)
    monkeypatch.setenv("PMULAB_PROGRESS", "off")
    keep_guess("how many?", 3, said.append)

    assert ["", "what was written is not what is there", "progress is off"] == said


def test_a_folder_that_is_missing_does_not_stop_a_lesson(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PMULAB_PROGRESS", str(tmp_path / "no" / "such" / "folder.json"))
    record(right())

    assert "progress is not kept" in capsys.readouterr().out


def test_off_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PMULAB_PROGRESS", "off")
    predict("how many?", 1)
    record(right())

    assert [] == os.listdir(tmp_path)
    assert "off" in repr(progress())


def test_the_file_is_in_the_folder_of_the_kernel(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PMULAB_PROGRESS", raising=False)
    predict("how many?", 1)

    assert ["pmulab-progress.json"] == os.listdir(tmp_path)


def test_an_export_can_be_read_again(file, tmp_path):
    record(right())
    predict("how many?", 1)
    copy = json.loads(progress().export(tmp_path / "copy.json", name="Ada").read_text())

    assert "Ada" == copy.pop("learner")
    assert copy.pop("edition") == pmulab.__version__
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", copy.pop("date"))
    assert json.loads(file.read_text()) == copy


def test_html_is_escaped(file):
    predict("<b>", "<script>")
    record(right())

    assert "<script>" not in progress()._repr_html_()
    assert "&lt;script&gt;" in progress()._repr_html_()
