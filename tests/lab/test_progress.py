"""The file of a learner's progress: it survives restarts, damage and full folders."""

import json
import os
import subprocess
import sys

import pytest

from pmulab.asking import predict
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab import progress as module
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.progress import guess_of, progress, record


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
    for verdict in (wrong(), right(), wrong()):
        record(verdict)

    assert [("swap.put", "right", "3", "")] == progress().rows()


def test_another_process_finds_what_was_kept(file):
    record(right())
    code = "from pmulab.lab.progress import progress; print(progress())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "swap.put" in done.stdout


def test_a_check_is_recorded(file):
    from pmulab.lab.exercises.judge import check

    class Mine(Hypervisor):
        def write_pair(self, set_name, clr_name, bits, mask):
            self.cpu.msr(set_name, bits)

    check("swap.write_pair", Mine)

    assert [("swap.write_pair", "broken", "1", "write_pair")] == progress().rows()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"pmulab_progress": 2}', '{"exercises": {"a": 1}}', "[" * 100_000],
)
def test_a_damaged_file_is_set_aside_and_not_lost(file, text, capsys):
    file.write_text(text)
    record(right())
    record(right())

    assert "damaged-1" in capsys.readouterr().out
    assert text == file.with_name(file.name + ".damaged-1").read_text()
    assert [("swap.put", "right", "2", "")] == progress().rows()


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
    copy = progress().export(tmp_path / "copy.json")

    assert json.loads(file.read_text()) == json.loads(copy.read_text())


def test_html_is_escaped(file):
    predict("<b>", "<script>")
    record(right())

    assert "<script>" not in progress()._repr_html_()
    assert "&lt;script&gt;" in progress()._repr_html_()
