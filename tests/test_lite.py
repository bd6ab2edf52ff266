"""What the builder of the site is made of, and what it says where it cannot work.

The site itself is tested in tests/browser/test_site.py.
"""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent


@pytest.fixture
def lite(tmp_path, monkeypatch):
    """Load .ci/lite.py with an empty cache."""
    spec = importlib.util.spec_from_file_location("lite", ROOT / ".ci" / "lite.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "CACHE", tmp_path)
    return module


def last_words(function, *words):
    """Call a function that gives up; return its one line."""
    with pytest.raises(SystemExit) as stopped:
        function(*words)
    line = str(stopped.value)

    assert re.fullmatch("pmulab: .+", line)
    return line


def test_without_npm_it_names_what_to_install(lite, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert last_words(lite.main, []).endswith(
        "npm is not on the PATH, and Pyodide comes from it; install Node"
    )


@pytest.mark.parametrize("sign", ["npm error code EAI_AGAIN", "NewConnectionError"])
def test_without_a_network_it_says_so(lite, sign):
    step = [sys.executable, "-c", f"exit('{sign}')"]

    assert "packages cannot be fetched; check the network" in last_words(lite.run, *step)


def test_another_failure_is_kept_in_a_log(lite, tmp_path):
    line = last_words(lite.run, sys.executable, "-c", "exit('no such wheel')")

    assert f"see {tmp_path / 'log.txt'}" in line
    assert "no such wheel" in (tmp_path / "log.txt").read_text()


@pytest.mark.parametrize("words", [["--help"], ["a", "b"], ["--from"], ["a", "--from", "b"]])
def test_a_command_line_that_it_does_not_know(lite, words):
    assert lite.USAGE in last_words(lite.main, words)


def test_a_folder_without_notebooks_is_no_class(lite, tmp_path):
    assert f"no notebooks in {tmp_path}" in last_words(lite.main, ["--from", str(tmp_path)])


def test_the_site_of_a_class_has_its_notebooks_and_no_other(lite, tmp_path, monkeypatch):
    for name in ("01-a.ipynb", "notes.ipynb"):
        (tmp_path / "class").mkdir(exist_ok=True)
        (tmp_path / "class" / name).write_text("{}")
    (tmp_path / "package").mkdir()
    for name in lite.CORE:
        (tmp_path / "package" / name).write_text("{}")
    for step in ("build_wheel", "write_list"):
        monkeypatch.setattr(lite, step, lambda core: None)
    made = lite.prepare(tmp_path / "lite", tmp_path / "class")

    assert ["01-a.ipynb"] == [path.name for path in (made / "files").iterdir()]


def test_the_site_has_the_widgets_of_the_lab(lite):
    packages = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())["dependencies"]
    lab = packages[-1]["pip"]
    site = {f"{name}=={row[0]}" for name, row in lite.ADDED.items()} | set(lite.EXTENSIONS)

    assert {"anywidget", "ipywidgets"} <= {line.split("==")[0] for line in site}
    assert [] == [line for line in site if line not in lab and line.split("==")[0] in str(lab)]


def test_the_list_is_cut_to_what_is_asked_for_and_what_that_needs(lite, tmp_path):
    row = {"version": "1", "depends": []}
    packages = {
        "a": {**row, "depends": ["b_c"]},
        "b_c": row,
        "numpy": row,
    }
    (tmp_path / "package").mkdir()
    text = json.dumps({"packages": packages})
    (tmp_path / "package" / "pyodide-lock.json").write_text(text)

    assert {"a", "b-c"} == set(lite.read_list(needed=["a"]))
