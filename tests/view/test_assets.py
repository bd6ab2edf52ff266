"""The widgets' JavaScript and style: the committed bundles are what their modules make now."""

import fnmatch
import re
import runpy
import shutil
import subprocess
import sys
import tomllib

import pytest

from pmulab.view.assets import HERE, script, style
from pmulab.view.bench import BenchPanel
from pmulab.view.board import Board
from pmulab.view.card import Face
from pmulab.view.guess import Guess, Lesson
from pmulab.view.hunt import HuntPanel
from pmulab.view.play import Player
from pmulab.view.registers import Bits
from pmulab.view.slider import Slider
from pmulab.view.switches import SwitchPanel
from pmulab.view.turns import TurnsPanel

WIDGETS = {"bits": Bits, "board": Board, "guess": Guess, "lesson": Lesson, "player": Player}
WIDGETS |= {"card": Face, "slider": Slider, "lines": SwitchPanel, "bench": BenchPanel}
WIDGETS |= {"turns": TurnsPanel, "hunt": HuntPanel}
each_widget = pytest.mark.parametrize("name", WIDGETS)


@pytest.fixture(scope="module")
def js(root):
    """Give the tools of `make bundle`, with folders that a test may point elsewhere."""
    return runpy.run_path(str(root / ".ci" / "js.py"))


def need(js, *tools):
    """Skip where npm's tools cannot be had."""
    why = js["missing"](*tools)
    if why:
        pytest.skip(f"{' and '.join(tools)} cannot be had: {why}")


def test_each_widget_has_a_module_and_a_bundle(js):
    bundles = {path.stem for path in (HERE / "static").iterdir()}

    assert set(WIDGETS) == {path.stem for path in js["entries"]()} == bundles


@each_widget
def test_a_bundle_was_made_of_what_its_modules_are_now(js, name):
    assert js["is_current"](HERE / "static" / f"{name}.js"), "a module has changed: make bundle"


@each_widget
def test_a_changed_module_makes_its_bundles_old(tmp_path, root, name):
    shutil.copytree(HERE / "js", tmp_path / "pmulab" / "view" / "js")
    (tmp_path / ".ci").mkdir()
    copy = runpy.run_path(shutil.copy(root / ".ci" / "js.py", tmp_path / ".ci"))
    bundle = HERE / "static" / f"{name}.js"
    assert copy["is_current"](bundle)

    with (copy["SOURCES"] / "dom.js").open("a") as module:
        module.write("// One line more.\n")
    assert not copy["is_current"](bundle)


@pytest.mark.slow
def test_the_bundles_are_what_esbuild_makes_of_the_modules(js, tmp_path):
    need(js, "esbuild")

    assert 0 == js["bundle"](tmp_path)
    for name in WIDGETS:
        assert (tmp_path / f"{name}.js").read_text() == script(name), "make bundle"


@each_widget
def test_a_bundle_imports_nothing_and_exports_the_widget(name):
    text = script(name)

    assert [] == re.findall(r"^\s*import\b.*", text, re.M)
    assert 1 == len(re.findall(r"^export\b", text, re.M))
    assert text == WIDGETS[name]._esm


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node found: apt nodejs")
@pytest.mark.one_in(5)
@each_widget
def test_a_bundle_is_valid_javascript(tmp_path, name):
    (tmp_path / "widget.mjs").write_text(script(name))

    subprocess.run(["node", "--check", "widget.mjs"], cwd=tmp_path, check=True)


def test_a_module_is_small_and_used(js):
    modules = {path.name: path.read_text(encoding="utf-8") for path in js["SOURCES"].glob("*.js")}
    heads = [js["HEADED"].fullmatch(script(name).split("\n", 1)[0] + "\n") for name in WIDGETS]

    assert set(modules) == {name for head in heads for name in head[2].split()}
    assert max(len(text.splitlines()) for text in modules.values()) <= 350


def test_the_wheel_has_every_bundle_and_style_sheet(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["pmulab"]
    files = [
        f"view/{p.parent.name}/{p.name}" for f in ("static", "css") for p in HERE.glob(f"{f}/*")
    ]

    assert len(files) > len(WIDGETS)
    assert [] == [f for f in files if not any(fnmatch.fnmatch(f, p) for p in patterns)]


def test_style_sheets_are_joined_in_their_order():
    assert style("player", "guess") == style("player") + style("guess")


def test_a_view_without_its_extra_says_what_to_install():
    code = "import sys; sys.modules['anywidget'] = None; import pmulab.view as v; v.bits"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stderr.splitlines()[-1] == (
        "ImportError: bits needs anywidget: pip install 'pmulab[lab]'"
    )
