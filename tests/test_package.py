"""What a pip user gets: the command `pmulab`, the notebooks, a long description.

`make package` builds and installs it all; here are the parts.
"""

import importlib.util
import json
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

import pmulab
from pmulab import completion, opening
from pmulab.cli import main
from pmulab.lab.classroom.merge import edition_of
from pmulab.lab.course import shipped

ROOT = Path(__file__).parent.parent
FIRST = "00-start-here.ipynb"


# ---- the command


def test_alone_it_says_what_there_is(capsys):
    assert 0 == main([])
    said = capsys.readouterr().out

    assert said.startswith("usage: pmulab ")
    assert all(f"\n    {name} " in said for name in ("lab", "run", "check", "explore"))
    assert "pmulab --print-completion bash" in said


def test_it_says_its_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])

    assert (0, f"pmulab {pmulab.__version__}\n") == (stopped.value.code, capsys.readouterr().out)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not on the PATH")
def test_the_script_for_a_shell_completes_commands_and_names(tmp_path, capsys):
    assert 0 == main(["--print-completion", "bash"])
    script = tmp_path / "pmulab"
    script.write_text(capsys.readouterr().out)
    ask = 'source "$0"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_pmulab'
    ask += '; printf "%s " "${COMPREPLY[@]}"'

    def completed(*words):
        command = ["bash", "-c", ask, str(script), "-", "pmulab", *words]
        return subprocess.run(command, capture_output=True, text=True).stdout.split()

    assert ["explore", "exercises"] == completed("ex")
    assert {"swap.put", "swap.load"} <= {*completed("check", "--exercise", "swap.")}


def test_without_shtab_it_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr(completion, "find_spec", lambda name: None)

    assert 2 == main(["--print-completion", "zsh"])
    assert "not installed: pip install shtab\n" in capsys.readouterr().err


# ---- the notebooks


def test_the_notebooks_are_inside_the_package_or_beside_it(monkeypatch, tmp_path):
    assert ROOT / "notebooks" == shipped.notebooks()
    monkeypatch.setattr(shipped, "PACKAGE", tmp_path / "pmulab")
    with pytest.raises(FileNotFoundError, match="came without notebooks"):
        shipped.notebooks()
    for folder in (tmp_path / "notebooks", tmp_path / "pmulab" / "notebooks"):
        folder.mkdir(parents=True)
        (folder / FIRST).write_text("{}")

        assert folder == shipped.notebooks()


def test_a_pmulab_without_notebooks_says_so_in_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(shipped, "PACKAGE", tmp_path)

    assert 2 == main(["update", str(tmp_path)])
    assert "pmulab: this pmulab came without notebooks; name a folder" in capsys.readouterr().err


@pytest.fixture
def edition(tmp_path, monkeypatch):
    """Make an edition of two lessons, which this pmulab came with."""
    folder = tmp_path / "edition"
    folder.mkdir()
    for name in (FIRST, "04-preemption.ipynb"):
        (folder / name).write_bytes((ROOT / "notebooks" / name).read_bytes())
    monkeypatch.setattr(opening, "notebooks", lambda: folder)
    return folder


def lay_out(*words):
    """Run `pmulab lab` without a start."""
    return main(["lab", "--no-start", *map(str, words)])


def test_the_notebooks_are_copied_once_and_never_over_a_file(edition, tmp_path, capsys):
    here = tmp_path / "mine"
    assert 0 == lay_out(here)
    assert "2 notebooks written to" in capsys.readouterr().out
    assert sorted(path.read_bytes() for path in edition.iterdir()) == sorted(
        path.read_bytes() for path in here.iterdir()
    )
    (here / FIRST).write_text("mine")
    (here / "04-preemption.ipynb").rename(here / "04-done.ipynb")
    assert 0 == lay_out(here)

    assert "are as they were" in capsys.readouterr().out
    assert "mine" == (here / FIRST).read_text()
    assert ["00-start-here.ipynb", "04-done.ipynb"] == sorted(path.name for path in here.iterdir())


def test_in_a_folder_that_has_them_no_other_one_is_made(edition, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lay_out()
    monkeypatch.chdir(tmp_path / "pmulab-lab")
    lay_out()

    assert ["00-start-here.ipynb", "04-preemption.ipynb"] == sorted(
        p.name for p in Path().iterdir()
    )


def test_a_notebook_that_was_thrown_away_comes_back(edition, tmp_path):
    lay_out(tmp_path / "mine")
    (tmp_path / "mine" / FIRST).unlink()
    lay_out(tmp_path / "mine")

    assert (edition / FIRST).read_bytes() == (tmp_path / "mine" / FIRST).read_bytes()


def test_a_new_edition_is_told_and_taken_and_the_answer_stays(edition, tmp_path, capsys):
    here = tmp_path / "mine"
    lay_out(here)
    mine = json.loads((here / FIRST).read_text())
    mine["cells"].insert(1, {**mine["cells"][1], "id": "own", "source": "answer = 42"})
    (here / FIRST).write_text(json.dumps(mine))
    date = edition_of(mine)
    assert date
    (edition / FIRST).write_text((edition / FIRST).read_text().replace(date, "2199-01-01"))
    capsys.readouterr()
    assert 0 == lay_out(here)
    assert "1 notebooks in" in capsys.readouterr().out
    assert date == edition_of(json.loads((here / FIRST).read_text()))
    assert 0 == lay_out(here, "--update")
    new = json.loads((here / FIRST).read_text())

    assert "2199-01-01" == edition_of(new)
    assert "answer = 42" in ["".join(cell["source"]) for cell in new["cells"]]
    assert f"as it was: {FIRST}.of-{date}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["a-file"], ["nowhere", "--update"], ["a-file/below"]])
def test_where_no_folder_can_be_it_is_one_line(edition, tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    Path("a-file").write_text("mine")

    assert 2 == lay_out(*words)
    assert re.fullmatch("pmulab: .+\n", capsys.readouterr().err)
    assert "mine" == Path("a-file").read_text()


# ---- JupyterLab


@pytest.fixture
def started(edition, monkeypatch, tmp_path):
    """List the JupyterLabs that would be started, as (words, environment)."""
    found = []

    def never_comes_back(path, words, env):
        found.append((words, env))
        raise SystemExit

    monkeypatch.setattr(opening, "trust", lambda paths: None)
    monkeypatch.setattr(opening.os, "execve", never_comes_back)
    monkeypatch.setattr(opening, "wait", lambda process: 0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "theirs")
    return found


def test_jupyterlab_is_started_in_the_folder_on_the_first_notebook(started, tmp_path):
    with pytest.raises(SystemExit):
        main(["lab", "--port", "9000", "--no-browser"])
    (words, env) = started.pop()

    assert [sys.executable, "-m", "jupyterlab"] == words[:3]
    assert {"--port=9000", "--no-browser", f"--LabApp.default_url=/lab/tree/{FIRST}"} <= {*words}
    assert f"--ServerApp.root_dir={tmp_path / 'pmulab-lab'}" in words
    assert [str(shipped.JUPYTER), "theirs"] == env["JUPYTER_CONFIG_PATH"].split(opening.os.pathsep)
    with pytest.raises(SystemExit):
        main(["lab"])
    assert {"--port=8888"} == {"--port=8888", "--no-browser"} & {*started.pop()[0]}
    assert [*shipped.JUPYTER.glob("labconfig/default_setting_overrides.json")]


def test_where_a_process_cannot_be_replaced_it_waits_for_jupyterlab(started, monkeypatch):
    monkeypatch.setattr(opening, "REPLACES", False)
    monkeypatch.setattr(opening.subprocess, "Popen", lambda words, env: started.append(words))
    monkeypatch.delattr(opening.os, "geteuid")

    assert 0 == main(["lab"])
    assert "jupyterlab" in started[0]
    assert "--allow-root" not in started[0]


def test_a_ctrl_c_is_jupyterlab_s():
    class Process:
        ends = iter([KeyboardInterrupt(), 0])

        def wait(self):
            if end := next(self.ends):
                raise end
            return 0

    assert 0 == opening.wait(Process())


@pytest.mark.slow
def test_jupyterlab_prints_a_free_port_where_the_asked_one_is_busy(tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        command = [sys.executable, "-m", "pmulab", "lab", "--no-browser", f"--port={port}"]
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, cwd=tmp_path, **pipes) as server:
            address = next((line for line in server.stderr if "/lab/tree/" in line), "")
            server.terminate()

    assert re.search(rf":\d+/lab/tree/{re.escape(FIRST)}", address)
    assert f":{port}/" not in address


@pytest.mark.parametrize("name", ["jupyterlab", "anywidget"])
def test_without_jupyterlab_it_says_how_to_get_it(monkeypatch, tmp_path, capsys, name):
    monkeypatch.setattr(opening, "find_spec", lambda wanted: wanted != name or None)

    assert 2 == main(["lab", str(tmp_path / "mine")])
    line = f'pmulab: not installed here: {name}; pip install "pmulab[lab]"\n'
    assert line == capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8888.5"])
def test_a_port_that_is_none(port, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["lab", "--port", port])

    assert 2 == stopped.value.code
    assert "no port" in capsys.readouterr().err or port == "-1"


# ---- the long description


@pytest.fixture(scope="module")
def setup():
    """Load setup.py, which sets up nothing then, without setuptools, which takes a second."""
    spec = importlib.util.spec_from_file_location("setup_of_pmulab", ROOT / "setup.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("setuptools", "setuptools.command", "setuptools.command.build_py"):
            patch.setitem(sys.modules, name, SimpleNamespace(setup=None, build_py=object))
        spec.loader.exec_module(module)
    return module


TEXT = """![A](a.png) [one](b/c.md), [two](https://x.org), [three](#below)

<img src="images/p.png" width="7" alt="It
goes on">

    code


    more
"""


def test_with_an_address_links_and_pictures_lead_there(setup):
    made = setup.long_description(TEXT, {"Repository": "https://h.org/a/b/"})

    assert "![A](https://h.org/a/b/raw/HEAD/a.png)" in made
    assert (
        "[one](https://h.org/a/b/blob/HEAD/b/c.md), [two](https://x.org), [three](#below)" in made
    )
    assert '<img src="https://h.org/a/b/raw/HEAD/images/p.png" width="7"' in made


def test_without_an_address_they_are_left_out(setup):
    for urls in ({}, {"Repository": ""}, {"Book": "https://x.org"}):
        made = setup.long_description(TEXT, urls)

        assert " one, [two](https://x.org), [three](#below)\n\n    code\n\n\n    more\n" == made


@pytest.mark.parametrize("urls", [{}, {"Repository": "https://h.org/a/b"}])
def test_of_the_readme_nothing_relative_is_left(setup, urls):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    made = setup.long_description(readme, urls)
    leads = re.findall(r"\]\(([^)]*)\)|(?:src|href)=\"([^\"]*)\"", made)
    targets = [a or b for a, b in leads]

    assert re.search(r"\]\([A-Z]+\.md\)", readme)
    assert [] == [target for target in targets if not target.startswith(("https://", "#"))]
    assert bool(urls) == ("https://h.org/a/b/blob/HEAD/CONTRIBUTING.md" in targets)


# ---- the extras


@pytest.mark.parametrize(
    "beside",
    ["jupyterlab 4.5.0", "notebook 7.5.0", "ipywidgets 7.8.5", "ipywidgets 8.1.9"],
)
def test_the_lab_fits_in_beside_what_somebody_has(beside):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    needs = {one.name: one for one in map(Requirement, extras["lab"] + extras["widgets"])}
    name, version = beside.split()

    assert version in needs[name].specifier
    assert not [one for one in needs.values() if "==" in str(one.specifier)]
