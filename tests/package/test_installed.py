"""Wheel and archive of the source, as a pip user gets them: built, installed, opened in a browser.

`make package` runs this, and no other run does: it needs the index of packages, or pip's cache.
What it builds with, and in, is build/package.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from browser.conftest import Lab, browser, errors, page

pytestmark = pytest.mark.package
__all__ = ["browser", "errors", "page"]

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "package"
TOOLS = ("build==1.*", "check-wheel-contents==0.6.*", "setuptools>=77,<90", "twine==6.*")
FIRST = "00-start-here.ipynb"
# What pytest runs in the archive: its own files, traces, golden texts, notebooks, tools of .ci.
QUICK = "test_cli.py test_house.py test_package.py test_start.py evidence lab/test_editions.py"
PIP = "-Im pip install --no-input --disable-pip-version-check --no-compile -q".split()


def run(*words, cwd=BUILD, **more):
    """Run a program; return what it prints, or fail with it."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON"))}
    done = subprocess.run(
        [*map(str, words)],
        cwd=cwd,
        env=env | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        pytest.fail(f"{words} ended with {done.returncode}:\n{done.stdout[-3000:]}", pytrace=False)
    return done.stdout


@pytest.fixture(scope="module")
def tools():
    """Make a venv with what builds and checks, once; give its folder of programs."""
    stamp, made = BUILD / "tools.stamp", BUILD / "tools"
    if not stamp.exists() or stamp.read_text() != " ".join(TOOLS):
        BUILD.mkdir(parents=True, exist_ok=True)
        run(sys.executable, "-m", "venv", "--clear", made)
        run(made / "bin" / "python", *PIP, *TOOLS)
        stamp.write_text(" ".join(TOOLS))
    return made / "bin"


@pytest.fixture(scope="module")
def built(tools):
    """Build the archive of the source, and of that the wheel; give both."""
    dist = BUILD / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    run(tools / "python", "-m", "build", "--no-isolation", "--outdir", dist, ROOT)
    (source,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    return source, wheel


@pytest.fixture(scope="module")
def programs(built):
    """Install the wheel with what the lab needs, in a fresh venv; give its folder of programs."""
    made = BUILD / "venv"
    run(sys.executable, "-m", "venv", "--clear", made)
    run(made / "bin" / "python", *PIP, f"{built[1]}[lab]")
    return made / "bin"


@pytest.fixture
def empty(tmp_path):
    """Give an empty folder."""
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def answered(path):
    """Write an answer into a notebook; return its text."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    own = {"cell_type": "code", "id": "own", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"].insert(2, {**own, "source": "mine = 42"})
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def test_an_index_takes_both(tools, built):
    run(tools / "twine", "check", "--strict", *built)
    run(tools / "check-wheel-contents", built[1])


def test_the_command_is_there(programs, empty):
    said = run(programs / "pmulab", cwd=empty)

    assert said.startswith("usage: pmulab ")
    assert re.fullmatch(r"pmulab \d+\.\d+\.\d+\n", run(programs / "pmulab", "--version", cwd=empty))
    assert [] == [*empty.iterdir()]


def test_a_second_start_and_a_new_edition_leave_an_answer(programs, empty):
    lab = [programs / "pmulab", "lab", "--no-start"]
    run(*lab, cwd=empty)
    mine = empty / "pmulab-lab" / FIRST
    names = sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))
    assert names == sorted(path.name for path in mine.parent.iterdir())
    text = answered(mine)
    run(*lab, cwd=empty)
    assert text == mine.read_text(encoding="utf-8")

    (shipped,) = BUILD.glob(f"venv/lib/*/site-packages/pmulab/notebooks/{FIRST}")
    ours = shipped.read_text(encoding="utf-8")
    date = re.search(r'lesson\(0, \\"(\d{4}-\d\d-\d\d)\\"', ours)[1]
    newer = ours.replace(date, "2199-01-01").replace("## ", "## Newer: ")
    try:
        shipped.write_text(newer, encoding="utf-8")
        assert "--update takes the new text" in run(*lab, cwd=empty)
        assert text == mine.read_text(encoding="utf-8")
        said = run(*lab, "--update", cwd=empty)
    finally:
        shipped.write_text(ours, encoding="utf-8")

    assert f"as it was: {FIRST}.of-{date}" in said
    cells = ["".join(cell["source"]) for cell in json.loads(mine.read_text())["cells"]]
    assert "mine = 42" in cells
    assert any("## Newer: " in cell for cell in cells)
    assert text == mine.with_name(f"{FIRST}.of-{date}").read_text(encoding="utf-8")


def test_the_archive_has_what_git_knows(built):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    with tarfile.open(built[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert [] == sorted({name for name in listed.stdout.split("\0") if name} - names)


@contextlib.contextmanager
def served(programs, folder, home):
    """Start `pmulab lab` in a folder; give the address that it prints."""
    config = home / "JUPYTER_CONFIG_DIR"
    config.mkdir(parents=True)
    # By this name the test asks the page what its kernel does.
    app = {"LabApp": {"expose_app_in_browser": True}}
    (config / "jupyter_lab_config.json").write_text(json.dumps(app))
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    env = {k: v for k, v in os.environ.items() if k not in ("JUPYTER_CONFIG_PATH", "PYTHONPATH")}
    env |= {name: str(home / name) for name in names}
    words = [programs / "pmulab", "lab", "--no-browser", "--port=18888"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=folder, env=env, **pipes) as process:
        try:
            yield next((line.strip() for line in process.stderr if "/lab/tree/" in line), "")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def test_the_first_notebook_runs_in_a_browser(programs, empty, tmp_path, page, errors):
    with served(programs, empty, tmp_path / "home") as address:
        assert address.startswith("http://localhost:") or address.startswith("http://127.0.0.1:")
        page.goto(address.replace("localhost", "127.0.0.1"))
        lab = Lab(page, address, errors)
        lab.wait_for_kernel()
        assert page.url.split("?")[0].endswith(f"/lab/tree/{FIRST}")
        lab.run_all()
        lab.show_all()

        assert [] == lab.tracebacks()
        assert page.locator(".jp-OutputArea-output .pl-root, .pmulab-guess").count()
        assert 0 == page.get_by_text("Would you like to get notified").count()
        lab.screenshot("package-first-notebook")
        assert [] == errors


def test_pytest_works_in_the_archive(built, tmp_path):
    with tarfile.open(built[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    names = [f"tests/{name}" for name in QUICK.split()]
    fast = "not slow and not notebook and not browser"
    words = [sys.executable, "-m", "pytest", "-q", "-m", fast, *names]
    said = run(*words, cwd=folder, PYTHONPATH=str(folder))
    where = run(sys.executable, "-c", "import pmulab; print(pmulab.__file__)", cwd=folder)

    assert str(folder) in where
    assert int(re.search(r"(\d+) passed", said)[1]) > 250
