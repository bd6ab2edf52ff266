"""What a learner is told when `make lab` cannot work: one line that says what to do.

The starter itself runs before there is a .venv, so it is loaded here from its file.
"""

import errno
import fcntl
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def starter(tmp_path, monkeypatch):
    """Load .ci/venv.py with an empty folder as the checkout."""
    spec = importlib.util.spec_from_file_location("starter", ROOT / ".ci" / "venv.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01-first.ipynb").write_text("{}")
    for name in ("VENV", "PYTHON", "STAMP", "LOCK", "LOG"):
        path = tmp_path / getattr(module, name).relative_to(module.ROOT)
        monkeypatch.setattr(module, name, path)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def last_words(starter, *words):
    """Run a command of the starter that fails; return its one line."""
    with pytest.raises(SystemExit) as stopped:
        starter.main(list(words))
    line = str(stopped.value)

    assert line.startswith("pmulab: ")
    assert "\n" not in line
    return line


def start(tmp_path, pythons=(), **variables):
    """Run .ci/start with only these fake Pythons on the PATH: {name: version that it reports}."""
    for name, version in dict(pythons).items():
        fake = tmp_path / name
        old = int(version.split(".")[1]) < 11
        fake.write_text(
            f'#!/bin/sh\n[ "$1" = -c ] && echo {version} || echo "$0 $@"\nexit {old:d}\n'
        )
        fake.chmod(0o755)
    env = {"PATH": str(tmp_path), **variables}
    return subprocess.run(
        ["/bin/sh", str(ROOT / ".ci" / "start"), "lab"], env=env, capture_output=True, text=True
    )


# ---- Python


def test_no_python_at_all(tmp_path):
    result = start(tmp_path)

    assert 1 == result.returncode
    assert result.stderr.startswith("pmulab: no python3 on the PATH; install Python 3.11 or newer")
    assert 1 == result.stderr.count("\n")


def test_only_an_old_python(tmp_path):
    result = start(tmp_path, {"python3": "3.9.2"})

    assert 1 == result.returncode
    assert "Python 3.11 or newer is needed, python3 is 3.9.2;" in result.stderr
    assert 1 == result.stderr.count("\n")


def test_a_newer_python_beside_an_old_one_is_taken(tmp_path):
    result = start(tmp_path, {"python3": "3.9.2", "python3.12": "3.12.1"})

    assert 0 == result.returncode
    assert "python3.12" in result.stdout


def test_a_python_that_is_named_and_does_not_run(tmp_path):
    result = start(tmp_path, {"python3": "3.12.1"}, PYTHON="python9")

    assert 1 == result.returncode
    assert "PYTHON=python9 does not run" in result.stderr


def test_no_venv_module(starter, monkeypatch):
    monkeypatch.setattr(
        starter.importlib.util, "find_spec", lambda name: name != "ensurepip" or None
    )

    assert "has no venv module; install it (Debian, Ubuntu: apt" in last_words(starter, "install")


# ---- the installation


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("ERROR: ... [Errno 28] No space left on device", "the disk is full; make room, 700 MB"),
        ("... NewConnectionError('<pip...>: Failed to", "the package index cannot be reached"),
        (
            "... after connection broken by 'ReadTimeoutError(",
            "the package index cannot be reached",
        ),
        ("... after connection broken by 'SSLError(", "the package index cannot be reached"),
        ("... ProxyError('Cannot connect to proxy.'", "the package index cannot be reached"),
        ('... NameResolutionError("... Failed to resolve', "the package index cannot be reached"),
        ("x\nERROR: No matching distribution for y\nz", "failed (ERROR: No matching distribution"),
        ("", "failed (no reason given); see .venv.log"),
    ],
)
def test_the_installer_s_reason_in_one_line(starter, output, reason):
    assert reason in starter.why_failed(output)


def test_a_full_disk_gets_its_space_back(starter):
    starter.VENV.mkdir()
    (starter.VENV / "half").write_text("made")
    starter.why_failed("[Errno 28]")

    assert not starter.VENV.exists()


def test_a_disk_that_fills_up_under_the_starter_itself(starter, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(starter, "make", fail)

    assert "the disk is full" in last_words(starter, "install")


def test_a_checkout_that_may_not_be_written(starter, monkeypatch):
    def fail(*_):
        raise PermissionError(errno.EACCES, "Permission denied", str(starter.VENV))

    monkeypatch.setattr(starter, "make", fail)

    assert "Permission denied: '" in last_words(starter, "install")


def finish(starter, **changes):
    """Leave a .venv as a finished installation does, with these changes to its stamp."""
    starter.PYTHON.parent.mkdir(parents=True)
    starter.PYTHON.symlink_to(os.path.realpath("/bin/sh"))
    starter.STAMP.write_text(json.dumps({**starter.wanted(), "extras": ["lab"], **changes}))


def test_a_finished_venv_is_used_at_once(starter):
    finish(starter)

    assert starter.is_ready(["lab"])
    assert not starter.is_ready(["lab", "test"])


@pytest.mark.parametrize("change", [{"python": [3, 10]}, {"root": "/elsewhere"}, {"needs": "old"}])
def test_a_venv_that_was_made_for_something_else_is_not_trusted(starter, change):
    finish(starter, **change)

    assert not starter.is_ready(["lab"])


@pytest.mark.parametrize("damage", ["no stamp", "half a stamp", "no python"])
def test_a_half_made_venv_is_not_trusted(starter, damage):
    finish(starter)
    if damage == "no stamp":
        starter.STAMP.unlink()
    elif damage == "half a stamp":
        starter.STAMP.write_text('{"python": [3')
    else:
        starter.PYTHON.unlink()

    assert not starter.is_ready(["lab"])


@pytest.fixture
def steps(starter, monkeypatch):
    """List the steps that an installation takes, and take none; `venv` is made as a folder."""
    taken = []

    def take(step):
        words = " ".join(map(str, step))
        taken.append(next(name for name in ("ensurepip", "pip install", "venv") if name in words))
        starter.VENV.mkdir(exist_ok=True)

    monkeypatch.setattr(starter, "run", take)
    monkeypatch.setattr(starter, "settings", lambda prefix: None)
    return taken


def test_a_half_made_venv_is_made_anew(starter, steps):
    finish(starter)
    starter.STAMP.unlink()
    starter.install(["lab"])

    assert ["venv", "ensurepip", "pip install"] == steps
    assert starter.is_ready(["lab"])


@pytest.mark.parametrize("change", [{}, {"needs": "old"}])
def test_a_stale_venv_is_brought_up_to_date_and_keeps_its_extras(starter, steps, change):
    finish(starter, **change)
    starter.install(["test"])

    assert ["ensurepip", "pip install"] == steps
    assert starter.is_ready(["lab", "test"])


def test_a_stale_venv_outlives_a_missing_network(starter, monkeypatch):
    monkeypatch.setattr(starter, "run", lambda step: starter.stop(starter.why_failed("ProxyError")))
    finish(starter, needs="old")
    before = starter.STAMP.read_text()

    assert "cannot be reached" in last_words(starter, "install", "lab")
    assert before == starter.STAMP.read_text()


def test_a_step_that_fails_ends_with_the_reason_that_it_printed(starter):
    with pytest.raises(
        SystemExit, match=r"^pmulab: the .* failed \(error: no wheel\); see \.venv\.log"
    ):
        starter.run([sys.executable, "-c", "print('error: no wheel'); exit(2)"])

    assert "error: no wheel\n" == starter.LOG.read_text()


def test_a_second_make_waits_for_the_first_and_then_has_nothing_to_do(starter, steps, monkeypatch):
    said = []
    with open(starter.LOCK, "w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)

        def hear(text):
            said.append(text)
            finish(starter)
            fcntl.flock(first, fcntl.LOCK_UN)

        monkeypatch.setattr(starter, "say", hear)
        starter.install(["lab"])

    assert ["another make is at work on .venv; waiting for it"] == said
    assert [] == steps


# ---- JupyterLab


@pytest.fixture
def lab(starter, monkeypatch):
    """Return the arguments of the JupyterLab that `lab` would turn into."""
    started = []
    monkeypatch.setattr(starter, "install", lambda extras: None)
    monkeypatch.setattr(starter.os, "execv", lambda program, words: started.append(words[1:]))

    def start_with(**variables):
        for name in ("PORT", "NO_BROWSER"):
            monkeypatch.setenv(name, variables.get(name, ""))
        starter.main(["lab"])
        return started.pop()

    return start_with


def test_the_first_notebook_is_opened(starter, lab):
    (starter.ROOT / "notebooks" / "02-second.ipynb").write_text("{}")

    assert "--LabApp.default_url=/lab/tree/01-first.ipynb" in lab()


def test_the_port_that_was_asked_for_or_jupyter_s_own(lab):
    assert "--port=9000" in lab(PORT="9000")
    assert "--port=8888" in lab()


def test_a_browser_window_unless_there_shall_be_none(lab):
    assert "--no-browser" in lab(NO_BROWSER="1")
    assert "--no-browser" not in lab()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8888.5"])
def test_a_port_that_is_none(starter, port, monkeypatch):
    monkeypatch.setenv("PORT", port)

    assert f"PORT={port} is no port; take a number" in last_words(starter, "lab")


@pytest.mark.slow
def test_jupyterlab_prints_a_free_port_where_the_asked_one_is_busy(lab):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        command = [sys.executable, *lab(PORT=str(port), NO_BROWSER="1")]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            address = next((line for line in server.stderr if "/lab/tree/" in line), "")
            server.terminate()

    assert re.search(r":\d+/lab/tree/01-first\.ipynb", address)
    assert f":{port}/" not in address


# ---- the rest


def test_an_unknown_command(starter):
    assert "no command 'labs'; there are: lab, install, settings" in last_words(starter, "labs")
    assert "no command ''; there are: lab, install, settings" in last_words(starter)


def test_the_settings_stop_the_pop_ups(starter, tmp_path):
    starter.settings(tmp_path)
    text = (tmp_path / "share/jupyter/lab/settings/overrides.json").read_text()

    assert starter.SETTINGS == json.loads(text)
