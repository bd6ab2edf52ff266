"""The README is true: its code, its figures, its names."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from pmulab.cli import main, parser
from pmulab.evidence.replay import replay
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.hunt import POSTED
from pmulab.lab.gallery.gallery import gallery
from pmulab.sim import scenario

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "notebooks" / "images" / "player.png"


def section(title, text=README):
    """Return the text below a heading."""
    return text.split(f"\n## {title}")[1].split("\n## ")[0]


def table(title, text=README):
    """Return the rows of the table below a heading, as lists of cells."""
    lines = [line for line in section(title, text).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names_in(text):
    """Return what stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


CODE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_code_prints_what_its_comments_say():
    code, _ = CODE
    due = re.findall(r"# -> (.*)", code)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})

    assert due == printed.getvalue().splitlines()
    assert 10 == len([line for line in code.splitlines() if line.strip()])


def test_the_idea_is_found_wrong(tmp_path):
    _, code = CODE
    (tmp_path / "idea.py").write_text(code)
    command = "explore --world small --hypervisor idea.py:Idea".split()
    assert "    python -m pmulab " + " ".join(command) in README
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(io.StringIO()) as printed:
        assert 1 == main(command)

    assert "The law quiet_when_put is broken." in printed.getvalue()


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert {"lab", "test"} <= set(re.findall(r"^    make (\w+)", README, re.MULTILINE))
    assert [] == [t for t in ("lab", "test") if not re.search(rf"^{t}:", makefile, re.MULTILINE)]


def test_the_table_has_every_command():
    (choices,) = [a.choices for a in parser()._actions if isinstance(a.choices, dict)]
    rows = table("On the command line")
    named = [name.split()[0] for row in rows for name in names_in(row[0])]

    assert set(choices) == set(named)
    assert "two-guests" in scenario.names()


def test_the_repairs_are_where_the_table_says_and_the_gallery_has_the_defects():
    rows = table("The kernel patches")
    hooks = [name for row in rows for name in names_in(row[2])]
    bugs = [name for row in rows for name in re.findall(r"\[([\w-]+)\]", row[1])]

    assert [] == [name for name in hooks if not hasattr(Hypervisor, name)]
    assert [] == [name for name in bugs if name not in gallery() or gallery()[name].harmless]
    assert set(POSTED) <= set(bugs)


def test_the_map_has_every_package():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [name for row in table("The map", text) for name in names_in(row[0])]
    packages = {f"pmulab/{path.parent.name}/" for path in ROOT.glob("pmulab/*/__init__.py")}

    assert [] == [name for name in named if not (ROOT / name).is_dir()]
    assert packages <= set(named)


def test_the_picture_is_there_and_small():
    assert "notebooks/images/player.png" in README
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
    assert PICTURE.stat().st_size < 200_000


@pytest.mark.slow
def test_the_figures_of_the_replay_are_those_of_the_replay():
    files = sorted((ROOT / "tests" / "conformance").glob("*/*.gz"))
    reports = {path: replay(str(path)) for path in files}
    rows = {where: 0 for where in ("arch", "arm", "qemu")}
    for path, report in reports.items():
        rows[path.parent.name] += report.rows
    total, compared = sum(rows.values()), sum(r.compared for r in reports.values())
    said = re.findall(r"\b\d[\d,]*\b", re.sub(r"QEMU 7\.2", "", section("How do we know")))
    due = [total, len(files), 0, rows["arm"], rows["qemu"], rows["arch"], compared]
    due.append(total - compared)

    assert [f"{number:,}" for number in due] == said
    assert [] == [r for r in reports.values() if not r.ok]
