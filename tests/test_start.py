"""How `make venv` makes .venv, and what a user is told where it cannot: one line.

.ci/start runs here in an empty checkout, with a Python that takes note of what it is asked for.
"""

import subprocess
import sys
from pathlib import Path

import pytest

# .ci/start is for systems with make and sh.
fcntl = pytest.importorskip("fcntl")

ROOT = Path(__file__).parent.parent
TOOLS = "sh sed cat cksum grep tail sort paste rm mkdir cp chmod".split()
# It says its version, makes a .venv with itself in it, and installs as the test says.
FAKE = """#!/bin/sh
case "$*" in
*version_info*) echo {version}; exit {old} ;;
*_base_executable*) echo "$0" ;;
*flock*) exec {python} "$@" ;;
*"venv --clear"*)
    echo venv >>steps; {venv}
    rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
*"pip install"*) echo "pip $*" >>steps; {pip} ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    """Give a checkout with .ci/start, and no Python but those that a test makes."""
    folder = tmp_path / "a checkout"
    (folder / ".ci").mkdir(parents=True)
    for name in (".ci/start", "pyproject.toml", "environment.yml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        found = next(p for p in (Path(f"/usr/bin/{name}"), Path(f"/bin/{name}")) if p.exists())
        (tmp_path / "bin" / name).symlink_to(found)
    return folder


def python(checkout, name="python3", version="3.12.1", venv="", pip=""):
    """Put a Python on the PATH."""
    fake = checkout.parent / "bin" / name
    old = int(version.split(".")[1]) < 11
    more = {"old": int(old), "python": sys.executable, "venv": venv, "pip": pip}
    fake.write_text(FAKE.format(version=version, **more))
    fake.chmod(0o755)


def start(checkout, *extras, **variables):
    """Run .ci/start; return what came of it."""
    env = {"PATH": str(checkout.parent / "bin"), **variables}
    words = ["/bin/sh", str(checkout / ".ci" / "start"), *(extras or ["lab"])]
    return subprocess.run(words, env=env, capture_output=True, text=True)


def last_words(checkout, *extras, **variables):
    """Run .ci/start where it fails; return its last line."""
    done = start(checkout, *extras, **variables)

    assert 1 == done.returncode
    line = done.stderr.splitlines()[-1]
    assert line.startswith("pmulab: ")
    return line


def steps(checkout):
    """Return what was done since the last time, each by its first word."""
    path = checkout / "steps"
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [line.split()[0] for line in lines]


# ---- Python


def test_no_python_at_all(checkout):
    line = last_words(checkout)

    assert line.startswith("pmulab: no python3 on the PATH; install Python 3.11 or newer")


def test_only_an_old_python(checkout):
    python(checkout, version="3.9.2")

    assert "Python 3.11 or newer is needed, python3 is 3.9.2;" in last_words(checkout)


def test_a_newer_python_beside_an_old_one_is_taken(checkout):
    python(checkout, version="3.9.2")
    python(checkout, "python3.12")

    assert 0 == start(checkout).returncode
    assert (checkout / ".venv" / "pmulab-stamp").read_text().startswith("3.12 ")


def test_a_python_that_is_named_and_does_not_run(checkout):
    python(checkout)

    assert "PYTHON=python9 does not run" in last_words(checkout, PYTHON="python9")


# ---- the installation


def test_it_installs_once_what_was_tested_together(checkout):
    python(checkout)
    done = start(checkout, "lab", "test")
    words = (checkout / "steps").read_text()

    assert (0, ["venv", "pip"]) == (done.returncode, steps(checkout))
    assert done.stderr.startswith("pmulab: making .venv for lab,test (once: ")
    assert words.endswith("-c .venv/tested.txt -e .[lab,test]\n")
    pins = (checkout / ".venv" / "tested.txt").read_text().split()
    assert "- " + "\n      - ".join(pins) in (ROOT / "environment.yml").read_text()
    assert (0, "", "") == (start(checkout).returncode, start(checkout).stderr, done.stdout)
    assert [] == steps(checkout)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("change", ["no stamp", "half a stamp", "another folder", "no python"])
def test_a_venv_that_is_half_made_or_for_something_else_is_made_anew(checkout, change):
    python(checkout)
    start(checkout)
    stamp = checkout / ".venv" / "pmulab-stamp"
    if change == "no python":
        (checkout / ".venv" / "bin" / "python").unlink()
    elif change == "no stamp":
        stamp.unlink()
    else:
        stamp.write_text(stamp.read_text()[:3] if change == "half a stamp" else "3.12 /else\n")
    steps(checkout)

    assert 0 == start(checkout).returncode
    assert ["venv", "pip"] == steps(checkout)


def test_another_python_is_another_venv(checkout):
    python(checkout)
    start(checkout)
    python(checkout, version="3.13.0")
    steps(checkout)
    start(checkout)

    assert ["venv", "pip"] == steps(checkout)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("what", ["an extra more", "environment.yml", "pyproject.toml"])
def test_a_stale_venv_is_brought_up_to_date_and_keeps_its_extras(checkout, what):
    python(checkout)
    start(checkout)
    steps(checkout)
    if what != "an extra more":
        path = checkout / what
        path.write_text(f"# new\n{path.read_text()}")
    start(checkout, "test")

    assert ["pip"] == steps(checkout)
    assert "lab,test" == (checkout / ".venv" / "pmulab-stamp").read_text().splitlines()[2]


def test_a_new_rule_of_a_tool_costs_no_download(checkout):
    python(checkout)
    start(checkout)
    steps(checkout)
    path = checkout / "pyproject.toml"
    path.write_text(f"{path.read_text()}\n# new\n")
    start(checkout)

    assert [] == steps(checkout)


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("ERROR: ... [Errno 28] No space left on device", "the disk is full; make room, 700 MB"),
        ("... NewConnectionError(<pip...>: Failed to", "the package index cannot be reached"),
        ("... broken by ReadTimeoutError(", "the package index cannot be reached"),
        ("... broken by SSLError(", "the package index cannot be reached"),
        ("... ProxyError(Cannot connect to proxy.", "the package index cannot be reached"),
        ("... NameResolutionError(... Failed to resolve", "the package index cannot be reached"),
        ("ERROR: ... (from versions: none)", "the package index cannot be reached"),
        ("x\nERROR: y has no 9\nnote: this error is pip's", "failed (ERROR: y has no 9); see"),
        ("", "failed (); see .venv.log"),
    ],
)
def test_the_installer_s_reason_in_one_line(checkout, output, reason):
    (checkout / "said").write_text(f"{output}\n")
    python(checkout, pip="cat said; exit 1")

    assert reason in last_words(checkout)
    assert output in (checkout / ".venv.log").read_text()
    assert ("disk" in reason) != (checkout / ".venv").exists()


def test_no_venv_module(checkout):
    python(checkout, venv="echo The venv was not created: ensurepip is not available.; exit 1")

    assert "has no venv module; install it (Debian, Ubuntu: apt" in last_words(checkout)


def test_a_stale_venv_outlives_a_missing_network(checkout):
    python(checkout)
    start(checkout)
    stamp = checkout / ".venv" / "pmulab-stamp"
    before = stamp.read_text()
    fake = checkout / ".venv" / "bin" / "python"
    fake.write_text("#!/bin/sh\necho ProxyError; exit 1\n")

    assert "cannot be reached" in last_words(checkout, "test")
    assert before == stamp.read_text()


def test_a_second_make_waits_for_the_first_and_then_has_nothing_to_do(checkout):
    python(checkout)
    start(checkout)
    steps(checkout)
    stamp = checkout / ".venv" / "pmulab-stamp"
    done = stamp.read_text()
    stamp.unlink()
    env = {"PATH": str(checkout.parent / "bin")}
    words = ["/bin/sh", str(checkout / ".ci" / "start"), "lab"]
    with open(checkout / ".venv.lock", "w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True) as second:
            assert "pmulab: another make is at work" in second.stderr.readline()
            stamp.write_text(done)
            fcntl.flock(first, fcntl.LOCK_UN)

            assert 0 == second.wait(timeout=60)
    assert [] == steps(checkout)
