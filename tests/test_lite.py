"""What the builder of the site is made of, and what it says where it cannot work.

The site itself is tested in tests/browser/test_site.py.
"""

import gzip
import importlib.util
import json
import re
import struct
import sys
import zipfile
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
    monkeypatch.setattr(lite, "kernel_wheels", list)
    made = lite.prepare(tmp_path / "lite", tmp_path / "class")

    assert ["01-a.ipynb"] == [path.name for path in (made / "files").iterdir()]


def test_the_site_has_the_widgets_of_the_lab(lite):
    packages = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())["dependencies"]
    lab = packages[-1]["pip"]
    site = {f"{name}=={row[0]}" for name, row in lite.ADDED.items()} | set(lite.EXTENSIONS)

    assert {"anywidget", "ipywidgets"} <= {line.split("==")[0] for line in site}
    assert [] == [line for line in site if line not in lab and line.split("==")[0] in str(lab)]


def test_a_wheel_is_thinned_and_its_list_says_so(lite, tmp_path):
    path = tmp_path / "pygments-1-py3-none-any.whl"
    files = {f"pygments/lexers/{name}.py": "x = 1" for name in ("python", "lisp", "__init__")}
    record = "pygments-1.dist-info/RECORD"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(record, "".join(f"{name},,\n" for name in files))
    lite.THIN["thinned"](path, "pygments")
    with zipfile.ZipFile(path) as wheel:
        left = sorted(wheel.namelist())
        listed = wheel.read(record).decode().split()

    kept = ["pygments/lexers/__init__.py", "pygments/lexers/python.py"]
    assert [record, *kept] == left
    assert kept == sorted(line.strip(",") for line in listed)


def test_compiled_code_is_packed(lite, tmp_path):
    path = tmp_path / "pyodide.asm.wasm"
    path.write_bytes(b"wasm" * 100)
    lite.THIN["gzipped"](path)

    (packed,) = tmp_path.iterdir()
    assert "pyodide.asm.wasm.packed" == packed.name
    assert b"wasm" * 100 == gzip.decompress(packed.read_bytes())


def test_an_icon_keeps_its_smallest_picture_of_a_tab(lite, tmp_path):
    path, sizes = tmp_path / "favicon.ico", (16, 32, 64)
    rows, at = b"", 6 + 16 * len(sizes)
    for n in sizes:
        rows += struct.pack("<BBBBHHII", n, n, 0, 0, 1, 32, n, at)
        at += n
    pictures = b"".join(bytes([n]) * n for n in sizes)
    path.write_bytes(struct.pack("<HHH", 0, 1, len(sizes)) + rows + pictures)
    lite.THIN["small_icon"](path)

    assert bytes([32]) * 32 == path.read_bytes()[22:]
    assert (0, 1, 1) == struct.unpack("<HHH", path.read_bytes()[:6])


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
